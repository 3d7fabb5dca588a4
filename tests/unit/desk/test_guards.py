"""Guards of canned replies: each is told from the case where it can be, asked where it cannot; none is unknown."""

from dataclasses import replace
from typing import Any

import pytest

from csdesk.desk.guards import CONFIRMED, GUARDS, Known, Money
from csdesk.desk.law.judging import Judged, judged
from csdesk.desk.law.packs import load_lawbook
from csdesk.domain.cases.case import Case, CaseLine, Fact, Kind, Message, Parcel, Phase, Refund
from csdesk.domain.cases.context import Order, OrderLine, Payment
from csdesk.domain.cases.events import Event, Moved, ReplyHeld, Undone
from csdesk.domain.clocks.clock import Clock
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.kinds import decide
from csdesk.interop import knowledge
from csdesk.resources import path
from csdesk.store.cases import Past

NOW = 1_000_000
BOOK = load_lawbook()
LINE = CaseLine(1, "EAR-2", "蓝牙耳机", 2, 39_800, 2)
CASE = Case(
    "d",
    "c",
    "7K3M9QX4",
    Kind.RETURN,
    "reviewing",
    Phase.OURS,
    1,
    1,
    "wang",
    "p",
    "app",
    "no_reason",
    lines=(LINE,),
)
ORDER = Order(
    "o",
    "W1",
    "p",
    "m",
    "CNY",
    "delivered",
    (OrderLine(1, "EAR-2", "蓝牙耳机", 3, 59_700),),
    (Payment(1, "wechat", 59_700),),
    paid_at=1,
    shipped_at=2,
    signed_at=3,
)
UNSIGNED = replace(ORDER, status="shipped", signed_at=0)
NO_REASON = {
    "kind": "no_reason_return",
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "clothing",
    "signed_at": "2026-03-01",
    "request_at": "2026-03-03",
    "intact": True,
}
QUALITY = {
    "kind": "quality_remedy",
    "received_at": "2026-03-01",
    "request_at": "2026-03-03",
    "nonconforming": True,
}
DEPOSIT = {"kind": "deposit", "deposit": 100, "request_at": "2026-03-03"}


def case(
    state: str = "reviewing", kind: Kind = Kind.RETURN, line: dict[str, Any] | None = None, **other: Any
) -> Case:
    lines = (replace(LINE, **line),) if line is not None else CASE.lines
    return replace(CASE, kind=kind, state=state, lines=lines, **other)


def refund(state: str) -> tuple[Refund, ...]:
    return (Refund("r", 39_800, (), (), (), state, 1),)


def past(verb: str, event: Event | None = None, cause: str = "k") -> Past:
    return Past(2, 1, "wang", cause, verb, event or Moved(verb, "x", Phase.OURS))


def known(
    on: Case = CASE,
    order: Order | None = ORDER,
    *facts: dict[str, object],
    happened: tuple[Past, ...] = (),
    price: Money | None = None,
    stock: dict[str, int] | None = None,
    address: str = "",
) -> Known:
    """What guards are told from, with the decisions on `facts`."""

    def judge() -> tuple[Judged, ...]:
        return tuple(judged(1, told, {}, decide(told, BOOK, now_ms=1_775_000_000_000)) for told in facts)

    left = stock or {}
    return Known(on, order, NOW, address, judge, lambda: happened, lambda: price, lambda skus: left)


def no_reason(**facts: object) -> Known:
    return known(CASE, ORDER, {**NO_REASON, **facts})


def stated(name: str, value: str | bool) -> Known:
    return known(replace(CASE, facts=(Fact(0, name, value),)))


def sent(*confirmed: str, state: str = "sent", on: Case = CASE) -> Known:
    """A case to which a reply went out with which this was confirmed."""
    message = Message("m1", "out", "app", state, 5, "wang")
    return known(
        replace(on, messages=(message,)),
        happened=(past("reply", ReplyHeld("m1", "app", 9, confirmed=confirmed)),),
    )


TOLD = Message("m1", "out", "app", "sent", 5, "wang")
OUT = (Parcel("x", "out", "顺丰", "SF1", (), 1),)
LATE = (Clock("refund", "law", 1, NOW),)
FRESH = {"product_class": "fresh_food"}
# code: (a case where it holds, one where it does not, one where only a person can know; None: always known)
EXAMPLES: dict[str, tuple[Known, Known, Known | None]] = {
    "signed_at": (known(), known(order=UNSIGNED), known(order=None)),
    "return_approved": (known(case("approved_wait_ship", line={"approved": 2})), known(), None),
    "return_address": (known(address="深圳"), known(), None),
    "received": (known(case(line={"received": 1})), known(), known(replace(CASE, lines=()))),
    "refund_decided": (
        known(case(refunds=refund("proposed"))),
        known(case(refunds=refund("awaiting"))),
        None,
    ),
    "refund_confirmed": (known(case(refunds=refund("confirmed"))), known(case(refunds=refund("sent"))), None),
    "refund_overdue": (
        known(case(clocks=LATE)),
        known(case(clocks=(Clock("refund", "law", 1, NOW + 1),))),
        known(case(reason="refund_late")),
    ),
    "not_quality_claim": (no_reason(), known(CASE, ORDER, QUALITY), known()),
    "quality_claim": (known(CASE, ORDER, QUALITY), no_reason(), known()),
    "rejected": (
        known(case("rejected", outcome="rejected")),
        known(case("platform_review", outcome="rejected")),
        None,
    ),
    "expired": (no_reason(request_at="2026-03-20"), no_reason(), known()),
    "excluded_custom_made": (no_reason(individual_specification=True), no_reason(), known()),
    "excluded_fresh": (no_reason(product_class="fresh"), no_reason(), known()),
    "excluded_digital_unsealed": (
        no_reason(product_class="av_software_media", unsealed_by_consumer=True),
        no_reason(),
        known(),
    ),
    "excluded_confirmed_unsuitable": (
        no_reason(
            unsuitable_confirmed="explicit_per_order", unsuitable_nature="opening_affects_health_or_quality"
        ),
        no_reason(),
        known(),
    ),
    "confirmation_record": (
        stated("unsuitable_confirmed", "explicit_per_order"),
        stated("unsuitable_confirmed", "page_notice"),
        known(),
    ),
    "not_intact": (no_reason(intact=False, tag_removed=True), no_reason(), known()),
    "inspection_photos": (
        known(
            case("dispute", line={"received": 2, "return_to_consumer": 2}),
            happened=(past("dispute", Moved("dispute", "dispute", Phase.WAITING, evidence=("IMG_1.jpg",))),),
        ),
        known(),
        known(case(line={"received": 2, "restock": 2})),
    ),
    "coupon_used": (
        known(order=replace(ORDER, payments=(Payment(1, "coupon", 1_000),))),
        known(price=Money(59_700, False)),
        known(price=Money(59_700, True)),
    ),
    "bundle_broken": (
        sent("guard.bundle_broken"),
        known(order=replace(ORDER, lines=(OrderLine(1, "EAR-2", "", 2, 39_800),)), price=Money(39_800, True)),
        known(price=Money(59_700, True)),
    ),
    "gift_missing": (
        known(case(line={"paid": 0, "approved": 2, "received": 1})),
        known(case(line={"paid": 0, "approved": 2, "received": 2})),
        known(case(line={"received": 2})),
    ),
    "merchant_pays_freight": (known(CASE, ORDER, QUALITY), no_reason(), known()),
    "exchange_completed": (
        known(case("delivered", Kind.EXCHANGE, counters={"warranty_from": 9})),
        known(case("reissue_shipped", Kind.EXCHANGE)),
        None,
    ),
    "repair_accepted": (
        known(case("sent_in", Kind.REPAIR, {"approved": 2})),
        known(case("diagnosing", Kind.REPAIR)),
        None,
    ),
    "two_failed_repairs": (
        known(case(kind=Kind.REPAIR, counters={"failed_repairs": 2})),
        known(case(kind=Kind.REPAIR, counters={"failed_repairs": 1})),
        known(case(kind=Kind.EXCHANGE, reason="two_repairs_failed")),
    ),
    "waiting_parts": (known(case("waiting_parts", Kind.REPAIR)), known(case("in_repair", Kind.REPAIR)), None),
    "shortage_verified": (
        known(case("verified", Kind.REISSUE, {"conceded": 1})),
        known(case("reported", Kind.REISSUE)),
        known(),
    ),
    "reissue_shipped": (
        known(case("reissue_shipped", Kind.REISSUE, parcels=OUT)),
        known(case("verified", Kind.REISSUE)),
        None,
    ),
    "order_paid": (known(), known(order=replace(ORDER, paid_at=0, payments=())), known(order=None)),
    "out_of_stock": (known(stock={"EAR-2": 0}), known(stock={"EAR-2": 4}), known()),
    "not_signed": (known(order=UNSIGNED), known(), known(order=None)),
    "tracking_signed": (known(), known(order=UNSIGNED), known(order=None)),
    "captured_no_order": (
        known(case("refund_orphan_capture", Kind.PAYMENT_ANOMALY), None, happened=(past("find_orphan"),)),
        known(case("explained", Kind.PAYMENT_ANOMALY), None, happened=(past("explain_payment"),)),
        known(order=None),
    ),
    "duplicate_capture": (
        known(
            order=replace(ORDER, payments=(Payment(1, "wechat", 59_700), Payment(2, "wechat", 59_700))),
            price=Money(59_700, False),
        ),
        known(price=Money(59_700, False)),
        known(order=None),
    ),
    "subscription_cancelled": (
        sent("guard.subscription_cancelled"),
        stated("subscription_cancelled", False),
        known(),
    ),
    "deposit_due": (
        known(CASE, ORDER, {**DEPOSIT, "goods_returned": True, "withheld_for": "nothing"}),
        known(CASE, ORDER, {**DEPOSIT, "goods_returned": False}),
        known(),
    ),
    "identity_verified": (
        known(case("scoping", Kind.PRIVACY_REQUEST), None, happened=(past("verify_identity"),)),
        known(case("requested", Kind.PRIVACY_REQUEST), None),
        known(case("acknowledged", Kind.COMPLAINT)),
    ),
    "decided": (
        known(case("decided", Kind.COMPLAINT, decided_at=4)),
        known(case("negotiating", Kind.COMPLAINT)),
        known(case("open", Kind.INQUIRY)),
    ),
    "result_notified": (
        known(case("decided", Kind.COMPLAINT, decided_at=4, messages=(TOLD,))),
        known(case("decided", Kind.COMPLAINT, decided_at=6, messages=(TOLD,))),
        None,
    ),
}


def test_every_declared_guard_is_told_and_no_other():
    declared = set(knowledge.load_canned(path("data/knowledge/canned.toml")).guards)
    assert set(GUARDS) == declared == set(EXAMPLES)


@pytest.mark.parametrize("code", GUARDS)
def test_each_guard_has_a_case_where_it_holds_one_where_it_does_not_and_what_nobody_knows_is_asked(code: str):
    holds, fails, unsure = EXAMPLES[code]
    assert (holds.holds(code), fails.holds(code)) == (True, False)
    assert unsure is None or unsure.holds(code) is None


def test_missing_facts_leave_a_verdict_open_and_a_verdict_on_another_ground_does_not():
    assert no_reason(intact=None).holds("not_intact") is None
    expired = no_reason(request_at="2026-03-20")
    assert (expired.holds("expired"), expired.holds("excluded_fresh")) == (True, False)


def test_the_examples_of_verdicts_are_decisions():
    for facts in (NO_REASON, QUALITY, {**DEPOSIT, "goods_returned": True, "withheld_for": "nothing"}):
        assert isinstance(decide(facts, BOOK), Decision)


def test_what_was_confirmed_in_a_reply_counts_from_then_on_unless_it_was_recalled():
    assert sent("guard.coupon_used").holds("coupon_used") is True
    assert sent("guard.coupon_used", state="recalled").holds("coupon_used") is None
    assert sent("personal.phone").holds("coupon_used") is None


def test_nobody_can_confirm_what_the_case_denies():
    assert sent(CONFIRMED + "refund_confirmed").holds("refund_confirmed") is False


def test_a_verb_that_was_taken_back_proves_nothing():
    verified = past("verify_identity")
    undone = past("undo", Undone("k", "verify_identity", CASE), "u")
    on = case("requested", Kind.PRIVACY_REQUEST)
    assert known(on, None, happened=(verified,)).holds("identity_verified") is True
    assert known(on, None, happened=(verified, undone)).holds("identity_verified") is False


def test_a_guard_of_somebody_elses_list_is_asked():
    assert known().holds("moon_is_full") is None
