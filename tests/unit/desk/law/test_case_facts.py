"""What a case already tells a decision, and what it leaves open."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.law.case_facts import facts_for, facts_of
from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.law.questions import Question, shipped
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Case, CaseLine, Kind, LineQty, Parcel, Phase, Refund
from csdesk.domain.cases.context import Order, OrderLine, Payment
from csdesk.domain.cases.opening import Open
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.kinds import HOME, decide
from tests.building import DeskFile, line

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOK = load_lawbook()
PACK = BOOK.packs[HOME]
DAY = 86_400_000
OPENED = 1_795_320_000_000  # 2026-11-22T12:00:00+08:00
SIGNED = OPENED - 5 * DAY
ITEM = CaseLine(1, "TEE", "白色圆领T恤", bought=2, paid=19_900, asked=1)
ORDER = Order(
    id="o",
    number="W1",
    customer="c",
    merchant="shop",
    currency="CNY",
    status="delivered",
    lines=(OrderLine(1, "TEE", "白色圆领T恤", 2, 19_900, "apparel"),),
    payments=(Payment(1, "wechat", 19_900),),
    paid_at=SIGNED - 4 * DAY,
    shipped_at=SIGNED - 2 * DAY,
    signed_at=SIGNED,
)


def case_of(kind: Kind, reason: str, **changes: Any) -> Case:
    made = Case(
        desk="d",
        id="c",
        body="7K3M9QX",
        kind=kind,
        state="submitted",
        phase=Phase.OURS,
        version=1,
        opened_at=OPENED,
        opened_by="wang",
        customer="c",
        channel="chat",
        reason=reason,
        lines=() if kind is Kind.COMPLAINT else (ITEM,),
    )
    return replace(made, **changes)


def facts(case: Case, order: Order | None = ORDER) -> dict[str, object]:
    return facts_of(case, order, next(iter(case.lines), None), SHANGHAI, PACK)


def decided(told: dict[str, object]) -> Decision:
    decision = decide(told, BOOK, now_ms=OPENED + DAY)
    assert isinstance(decision, Decision), decision
    assert decision.unknown == ()
    return decision


def verdict(desk_file: DeskFile, reason: str, signed_at: int) -> Decision:
    core = desk_file.core("wang")
    number = desk_file.order(line(1, 9_900, "TEE", "白色圆领T恤"))
    opened = core.do(Open(Kind.RETURN, number, (LineQty(1, 1),), reason))
    view = core.ask(ShowCase(opened.number))
    order = replace(view.order, signed_at=signed_at) if view.order else None
    told = facts_of(view.case, order, view.case.lines[0], SHANGHAI, PACK)
    decision = decide(told, BOOK, now_ms=core.now())
    assert isinstance(decision, Decision)
    return decision


def test_an_order_without_its_dates_needs_them_and_none_is_guessed(desk_file: DeskFile):
    decision = verdict(desk_file, "no_reason", signed_at=0)
    assert decision.outcome == "needs_info"
    assert "signed_at" in decision.missing


def test_a_parcel_signed_for_months_ago_is_past_the_seven_days(desk_file: DeskFile):
    months_ago = desk_file.core("wang").now() - 90 * DAY
    decision = verdict(desk_file, "no_reason", signed_at=months_ago)
    assert (decision.outcome, decision.reason) == ("ineligible", "expired")


def test_a_claim_of_quality_is_judged_as_one_and_never_as_a_change_of_mind(desk_file: DeskFile):
    months_ago = desk_file.core("wang").now() - 90 * DAY
    decision = verdict(desk_file, "quality", signed_at=months_ago)
    assert decision.kind == "quality_remedy"
    assert decision.reason != "expired"


@pytest.mark.parametrize("place", sorted(shipped()), ids="/".join)
@pytest.mark.parametrize("order", [ORDER, None], ids=["with order", "without"])
def test_whatever_the_reason_nothing_is_unknown_and_nothing_is_faulty(place, order):
    case = case_of(Kind(place[0]), place[1])
    told = facts(case, order)
    assert told.get("kind", "") == shipped()[place].asks
    if told:
        decided(told)
    else:
        assert not shipped()[place].asks


def test_an_inquiry_and_a_reason_without_a_question_tell_nothing():
    assert facts(case_of(Kind.INQUIRY, "where_is_parcel")) == {}
    assert facts(case_of(Kind.COMPLAINT, "other")) == {}


def test_a_cut_tag_is_stated_by_its_reason_and_decides():
    decision = decided(facts(case_of(Kind.RETURN, "tag_cut")))
    assert (decision.outcome, decision.reason) == ("ineligible", "not_intact")


def test_moments_stand_in_the_desks_zone_and_money_in_yuan():
    told = facts(case_of(Kind.REFUND_ONLY, "minor_flaw"))
    assert told["signed_at"] == "2026-11-17T12:00:00+08:00"
    assert (told["stage"], told["paid"]) == ("signed", "99.50")


def test_money_in_a_currency_that_the_law_does_not_reckon_in_stays_unsaid():
    told = facts(case_of(Kind.REFUND_ONLY, "minor_flaw", currency="USD"), replace(ORDER, currency="USD"))
    assert "paid" not in told
    decided(told)


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, "signed"),
        ({"signed_at": 0, "status": "shipped"}, "in_transit"),
        ({"signed_at": 0, "shipped_at": 0, "status": "pending"}, "not_shipped"),
        ({"signed_at": 0, "shipped_at": 0, "status": "cancelled"}, None),
    ],
)
def test_where_the_goods_are(changes, stage):
    told = facts(case_of(Kind.REFUND_ONLY, "cancel_before_dispatch"), replace(ORDER, **changes))
    assert told.get("stage") == stage


def test_a_request_that_came_before_the_goods_stands_on_the_day_they_came():
    told = facts(case_of(Kind.RETURN, "no_longer_wanted", opened_at=SIGNED - DAY))
    assert told["request_at"] == told["signed_at"]
    decided(told)


def test_goods_paid_on_delivery_do_not_say_when_they_were_bought():
    told = facts(case_of(Kind.RETURN, "no_reason"), replace(ORDER, paid_at=SIGNED + DAY))
    assert "purchased_at" not in told
    decided(told)


def test_an_inspection_that_took_all_back_says_intact_and_a_dispute_says_nothing():
    taken = replace(ITEM, received=1, restock=1)
    assert facts(case_of(Kind.RETURN, "no_reason", lines=(taken,)))["intact"] is True
    refused = replace(ITEM, received=1, return_to_consumer=1)
    assert "intact" not in facts(case_of(Kind.RETURN, "no_reason", lines=(refused,)))


def test_a_class_of_goods_that_the_pack_does_not_know_is_asked():
    strange = replace(ORDER, lines=(replace(ORDER.lines[0], category="星际装备"),))
    assert "product_class" not in facts(case_of(Kind.RETURN, "no_reason"), strange)


def test_a_quality_claim_is_not_turned_into_a_shortage_or_a_cancelled_order():
    told = facts(case_of(Kind.RETURN, "defect_on_arrival"))
    assert not {"ordered_qty", "order_state"} & set(told)
    assert decided(told).remedies == ("return", "exchange", "repair")


def test_a_shortage_knows_what_was_ordered_and_asks_what_came():
    told = facts(case_of(Kind.REISSUE, "missing_item"))
    assert told["ordered_qty"] == 2
    assert decided(told).missing == ("delivered_qty",)


def test_a_complaint_about_an_order_of_one_line_is_about_that_line():
    told = facts(case_of(Kind.COMPLAINT, "minor_recharge"))
    assert told["paid"] == "199.00"
    two = replace(ORDER, lines=(*ORDER.lines, replace(ORDER.lines[0], line=2)))
    assert "paid" not in facts(case_of(Kind.COMPLAINT, "minor_recharge"), two)


def test_a_complaint_does_not_date_the_request_that_it_complains_about():
    told = facts(case_of(Kind.COMPLAINT, "no_return_address"))
    assert "request_at" not in told
    assert decided(told).missing == ("request_at", "address_given")


def test_a_stay_with_the_repairer_runs_from_arrival_until_the_goods_go_home():
    back = Parcel("b", "back", "顺丰", "SF1", (), OPENED - 41 * DAY, OPENED - 40 * DAY)
    order = replace(ORDER, signed_at=OPENED - 90 * DAY, shipped_at=0, paid_at=0)
    phone = replace(order, lines=(replace(ORDER.lines[0], category="mobile"),))
    case = case_of(
        Kind.REPAIR,
        "repair_no_news",
        opened_at=OPENED - 42 * DAY,
        parcels=(back,),
        counters={"failed_repairs": 1},
    )
    told = facts(case, phone)
    assert decided(told).missing == ("cause",)
    decision = decided({**told, "cause": "repairer_own"})
    assert (decision.answers["days_in_repair"], decision.remedies) == (41, ("exchange",))
    waiting = decided(facts(replace(case, state="waiting_parts"), phone))
    assert waiting.remedies == ("repair",)  # 41 days of the 60 that missing parts may take
    home = Parcel("h", "out", "顺丰", "SF2", (), OPENED - 20 * DAY)
    back_home = facts(replace(case, parcels=(back, home)), phone)
    assert decided({**back_home, "cause": "repairer_own"}).answers["days_in_repair"] == 20


def test_failed_repairs_are_counted_by_the_case():
    phone = replace(ORDER, lines=(replace(ORDER.lines[0], category="mobile"),))
    told = facts(case_of(Kind.REPAIR, "repeated_fault", counters={"failed_repairs": 2}), phone)
    assert decided(told).remedies == ("exchange",)


def test_a_chosen_question_is_filled_from_the_same_case():
    back = Parcel("b", "back", "顺丰", "SF1", (), SIGNED + DAY, OPENED)
    case = case_of(Kind.RETURN, "no_reason", opened_at=SIGNED + DAY, parcels=(back,))
    question = Question("handling", {"duty": "refund"})
    told = facts_for(question, case, ORDER, ITEM, SHANGHAI, PACK)
    assert told["goods_back_at"] == "2026-11-22T12:00:00+08:00"
    assert decided(told).missing == ("refunded",)
    paid = replace(case, refunds=(Refund("r", 9_950, (), (), (), "confirmed", OPENED),))
    assert decided(facts_for(question, paid, ORDER, ITEM, SHANGHAI, PACK)).reason == "already_refunded"


def test_goods_of_which_a_part_is_still_on_the_road_are_not_back():
    parcels = (
        Parcel("a", "back", "顺丰", "SF1", (), SIGNED + DAY, OPENED),
        Parcel("b", "back", "顺丰", "SF2", (), SIGNED + DAY),
    )
    case = case_of(Kind.RETURN, "no_reason", opened_at=SIGNED + DAY, parcels=parcels)
    assert "goods_back_at" not in facts_for(Question("handling"), case, ORDER, ITEM, SHANGHAI, PACK)


def test_a_pack_that_does_not_answer_the_question_is_told_nothing():
    case = case_of(Kind.RETURN, "no_reason")
    assert facts_of(case, ORDER, ITEM, SHANGHAI, BOOK.packs["HK"]) == {}
