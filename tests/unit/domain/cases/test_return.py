"""Return 退货: which verbs each state has, what each refuses, and the traps that other desks fall into."""

import pytest

from csdesk.domain.cases.case import Disposition, Kind, LineQty
from csdesk.domain.cases.events import Graded, Moved
from csdesk.domain.cases.goods import REJECT_REASONS
from csdesk.domain.roles import Role
from tests.unit.domain.cases.play import DAY, HOUR, LI, NOW, SYSTEM, Play, an_order, on, qty

# How each state is reached, and the verbs that a return has there.
STATES: dict[str, tuple[list[str], set[str]]] = {
    "submitted": ([], {"take", "approve", "reject", "withdraw"}),
    "reviewing": (["take"], {"approve", "reject", "withdraw", "ask_evidence"}),
    "approved_wait_ship": (["approve"], {"ship_back", "receive", "withdraw", "take", "keep_goods"}),
    "return_in_transit": (["approve", "ship_back"], {"receive", "take", "parcel_lost"}),
    "received_inspecting": (["approve", "receive"], {"inspect", "dispute", "take"}),
    "dispute": (["approve", "receive", "dispute"], {"settle_dispute", "take"}),
    "refunding": (["approve", "ship_back", "receive", "inspect", "refund"], {"take"}),
    "refunded": (
        ["approve", "ship_back", "receive", "inspect", "refund", "paid", "reply"],
        {"close", "take"},
    ),
    "rejected": (["reject", "reply"], {"appeal", "close", "withdraw", "take"}),
    "platform_review": (["reject", "appeal"], {"approve", "reject", "withdraw", "take", "ask_evidence"}),
    "closed": (["reject", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def returning(*lines: tuple[int, int], asked: list[tuple[int, int]] | None = None) -> Play:
    """A return of everything in an order, or of what is asked."""
    return Play(Kind.RETURN, an_order(*(lines or ((2, 39_800),)))).begin(*(asked or []))


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = returning()
    play.run(*path)
    assert play.case.state == state
    assert on(play) == verbs


def test_a_return_that_nobody_ships_is_closed_by_the_desk_and_can_be_reopened():
    play = returning()
    play.do("approve")
    clock = play.case.clocks[0]
    assert play.no("breach", SYSTEM, clock="ship_back", due=clock.due) == "clock_runs"
    play.now = clock.due
    play.do("breach", SYSTEM, clock="ship_back", due=clock.due)
    assert (play.case.state, play.case.outcome) == ("auto_closed", "auto_closed")
    assert play.case.messages[-1].state == "held"  # the consumer is told
    play.do("reopen")
    assert play.case.state == "reviewing"


# The traps.


def test_two_receipts_of_one_and_one_of_two_add_up_to_two():
    play = returning((2, 39_800))
    play.run("approve", "ship_back")
    play.do("receive", lines=qty((1, 1)))
    play.now += DAY
    play.do("receive", lines=qty((1, 1)))
    assert play.case.lines[0].received == 2
    play.run("inspect", "refund", "paid")
    assert (play.case.refunded, play.case.state) == (39_800, "refunded")


def test_two_receipts_on_two_days_are_inspected_and_paid_in_two_parts_that_make_the_whole():
    play = returning((2, 39_801))
    play.do("approve")
    for waybill in ("SF1111111111", "SF2222222222"):
        play.do("ship_back", waybill=waybill, lines=qty((1, 1)))
        play.do("receive", waybill=waybill)
        play.run("inspect", "refund", "paid")
        play.now += DAY
    assert [refund.minor for refund in play.case.refunds] == [19_900, 19_901]
    assert play.case.state == "refunded"


def test_of_three_announced_units_of_which_two_arrive_two_are_paid():
    play = returning((3, 30_000))
    play.run("approve", "ship_back")
    assert play.case.parcels[0].lines == qty((1, 3))
    play.do("receive", waybill="SF1234567890", lines=qty((1, 2)))
    play.run("inspect", "refund", "paid")
    assert play.case.refunded == 20_000
    assert play.no("refund", lines=qty((1, 1))) == "wrong_state"
    play.do("inspect", graded=(Graded(1, 1, Disposition.MISSING),))
    assert play.no("refund") == "nothing_owed"


def test_a_missing_unit_that_turns_up_is_received_and_paid():
    play = returning((2, 20_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.do("inspect", graded=(Graded(1, 1, "restock"), Graded(1, 1, "missing")))
    assert play.case.lines[0].missing == 1
    play.do("receive", lines=qty((1, 1)))
    assert (play.case.lines[0].missing, play.case.lines[0].received) == (0, 2)
    play.run("inspect", "refund", "paid")
    assert play.case.refunded == 20_000


def test_no_receipt_passes_what_was_approved():
    play = returning((3, 30_000))
    play.do("approve", lines=qty((1, 2)))
    assert play.no("receive", lines=qty((1, 3))) == "over_approved"
    play.do("receive", lines=qty((1, 2)))
    assert play.no("receive") == "all_received"
    assert play.no("receive", lines=qty((1, 1))) == "all_received"


def test_units_that_go_back_to_the_consumer_are_not_paid():
    play = returning((3, 30_000))
    play.run("approve", "receive")
    play.do(
        "inspect",
        graded=(Graded(1, 1, "restock"), Graded(1, 1, "dispose"), Graded(1, 1, "return_to_consumer")),
    )
    play.run("refund", "paid")
    assert play.case.refunded == 20_000


def test_a_parcel_that_comes_after_the_refund_opens_the_inspection_again():
    play = returning((2, 20_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.run("inspect", "refund", "paid")
    assert play.case.state == "refunded"
    play.do("receive")
    assert play.case.state == "received_inspecting"
    play.run("inspect", "refund", "paid")
    assert play.case.refunded == 20_000


def test_money_for_a_part_leaves_the_case_where_the_rest_is_owed():
    play = returning((2, 20_000))
    play.run("approve", "receive", "inspect")
    play.do("refund", lines=qty((1, 1)))
    play.settle("confirmed")
    assert play.case.state == "received_inspecting"
    assert {clock.name for clock in play.case.clocks} == {"refund", "refund_refusal"}
    play.run("reply")
    assert play.no("close") == "units_owed"


# What each verb refuses.


def test_approve_refuses_more_than_was_asked_and_lines_that_are_not_there():
    play = returning((2, 20_000), asked=[(1, 1)])
    assert play.no("approve", lines=qty((1, 2))) == "over_asked"
    assert play.no("approve", lines=qty((2, 1))) == "no_such_line"
    assert play.no("approve", lines=qty((1, 1), (1, 1))) == "line_twice"
    assert play.no("approve", lines=qty((1, 0))) == "over_asked"
    assert play.no("approve", lines=(LineQty(1, -1),)) == "over_asked"


def test_approve_needs_the_merchants_address():
    play = Play(Kind.RETURN, an_order((1, 100), address=False)).begin()
    assert play.no("approve") == "no_return_address"
    play.order = an_order((1, 100))  # the shop has told it since
    assert play.do("approve").state == "approved_wait_ship"


def test_approve_refuses_units_that_another_case_has_claimed_since():
    play = returning((2, 20_000))
    play.run("reject", "appeal")
    play.others(1, claimed=1)
    assert play.no("approve") == "over_bought"
    assert play.do("approve", lines=qty((1, 1))).lines[0].approved == 1


def test_a_second_approval_replaces_the_first():
    play = returning((1, 100), (1, 200))
    play.do("approve")
    play.run("withdraw", "reopen")
    play.do("approve", lines=qty((2, 1)))
    assert [line.approved for line in play.case.lines] == [0, 1]


def test_goods_that_are_here_already_need_not_be_sent_again_after_an_appeal():
    play = returning((1, 100))
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    assert play.case.state == "rejected"
    play.run("appeal", "approve")
    assert play.case.state == "received_inspecting"
    play.run("inspect", "refund", "paid")
    assert play.case.refunded == 100


def test_reject_needs_a_reason_of_the_list_and_its_article():
    play = returning()
    assert play.no("reject", reason="", article="P02") == "unknown_reason"
    assert play.no("reject", reason="because", article="P02") == "unknown_reason"
    assert play.no("reject", reason="expired", article="") == "needs_article"
    assert play.do("reject", reason="other", article="").state == "rejected"
    assert "expired" in REJECT_REASONS


@pytest.mark.parametrize("waybill", ["", "SF1", "9" * 41, "    "])
def test_ship_back_refuses_what_is_no_waybill(waybill: str):
    play = returning()
    play.do("approve")
    assert play.no("ship_back", waybill=waybill) == "bad_waybill"


def test_ship_back_refuses_a_waybill_twice_and_more_than_was_approved():
    play = returning((2, 200))
    play.do("approve")
    play.do("ship_back", waybill="SF 1234 567890", lines=qty((1, 1)))
    assert play.case.parcels[0].waybill == "SF1234567890"
    assert play.no("ship_back", waybill="SF1234567890", lines=qty((1, 1))) == "waybill_twice"
    assert play.no("ship_back", waybill="SF1234567891", lines=qty((1, 2))) == "over_approved"
    play.do("ship_back", waybill="SF1234567891")
    assert play.no("ship_back", waybill="SF1234567892") == "all_sent"


def test_receive_by_waybill_takes_what_the_parcel_announced_and_marks_it():
    play = returning((2, 200))
    play.do("approve")
    play.do("ship_back", lines=qty((1, 1)))
    assert play.no("receive", waybill="SF0000000000") == "no_such_parcel"
    play.now += HOUR
    play.do("receive", waybill="SF1234567890")
    assert (play.case.lines[0].received, play.case.parcels[0].received_at) == (1, NOW + HOUR)


def test_inspect_refuses_more_than_arrived_unknown_lines_and_unknown_fates():
    play = returning((3, 300))
    play.do("approve")
    play.do("receive", lines=qty((1, 2)))
    assert play.no("inspect", graded=(Graded(1, 3, "restock"),)) == "over_received"
    assert play.no("inspect", graded=(Graded(1, 1, "restock"), Graded(1, 2, "dispose"))) == "over_received"
    assert play.no("inspect", graded=(Graded(1, 2, "missing"),)) == "over_received"
    assert play.no("inspect", graded=(Graded(1, 0, "restock"),)) == "over_received"
    assert play.no("inspect", graded=(Graded(2, 1, "restock"),)) == "no_such_line"
    assert play.no("inspect", graded=(Graded(1, 1, "stolen"),)) == "unknown_disposition"
    play.do("inspect", graded=(Graded(1, 2, "restock"), Graded(1, 1, "missing")))
    assert play.no("inspect") == "all_inspected"


def test_a_dispute_needs_evidence():
    play = returning()
    play.run("approve", "receive")
    assert play.no("dispute", note="吊牌被剪", evidence=(" ",)) == "needs_evidence"


def test_a_dispute_about_one_unit_takes_nothing_from_the_others():
    play = returning((2, 200))
    play.run("approve", "receive")
    play.do("inspect", graded=(Graded(1, 1, "restock"),))
    play.do("dispute")
    play.do("settle_dispute", accepted=False)
    assert play.case.state == "received_inspecting"
    play.do("inspect", graded=(Graded(1, 1, "return_to_consumer"),))
    play.run("refund", "paid")
    assert play.case.refunded == 100


def test_a_return_is_not_withdrawn_once_money_moves():
    play = returning()
    play.run("approve", "receive", "inspect", "refund", "paid", "reply", "close", "reopen")
    assert play.no("withdraw") == "money_moving"


def test_close_waits_for_inspection_money_and_notice():
    play = returning((2, 200))
    play.run("approve", "receive")
    assert play.no("close") == "not_inspected"
    play.do("inspect", graded=(Graded(1, 1, "restock"), Graded(1, 1, "return_to_consumer")))
    assert play.no("close") == "units_owed"
    play.do("refund")
    assert play.no("close") == "wrong_state"
    play.settle("confirmed")
    assert play.no("close") == "goods_for_home"
    play.run("send_home", "deliver")
    assert play.no("close") == "needs_notice"
    play.do("reply")
    assert play.do("close").outcome == "refunded"


def test_a_notice_from_before_the_decision_does_not_count():
    play = returning()
    play.do("reply")
    play.now += 1
    play.do("reject")
    assert play.no("close") == "needs_notice"


def test_reopening_ends_with_the_window_of_the_desk():
    play = returning()
    play.run("withdraw")
    play.now += 15 * DAY
    assert play.do("reopen").state == "reviewing"
    play.do("withdraw")
    play.now += 15 * DAY + 1
    assert play.no("reopen") == "reopen_too_late"


def test_a_case_is_not_reopened_on_units_that_another_case_has_taken():
    play = returning((1, 100))
    play.run("approve", "withdraw")
    play.others(1, claimed=1)
    assert play.no("reopen") == "over_bought"


def test_verbs_of_goods_need_an_order():
    play = Play(Kind.RETURN, None).begin()
    assert play.no("approve") == "order_unknown"


def test_a_refund_above_an_agents_limit_awaits_a_second_person():
    play = returning((1, 600_000))
    play.run("approve", "receive", "inspect")
    assert play.policy.refund_limits[Role.AGENT] == 500_000
    assert [refund.state for refund in play.do("refund", LI).refunds] == ["awaiting"]
    assert play.do("approve_refund").refunds[0].state == "proposed"


def test_the_legal_clock_of_the_refund_runs_from_the_receipt_and_survives_inspection_and_failure():
    play = returning()
    play.run("approve", "ship_back")
    play.now += 2 * DAY
    play.do("receive")
    (due,) = (clock.due for clock in play.case.clocks if clock.name == "refund")
    play.now += DAY
    play.run("inspect", "refund")
    play.settle("failed")
    assert play.case.state == "received_inspecting"
    assert [clock.due for clock in play.case.clocks if clock.name == "refund"] == [due]
    assert [clock.basis for clock in play.case.clocks if clock.name == "refund"] == ["law"]


# Parcels that do not come, goods that need not.


def test_a_dispute_names_its_photographs():
    play = returning()
    play.run("approve", "receive")
    play.do("dispute", evidence=("IMG_1.jpg", "IMG_2.jpg", "IMG_1.jpg"))
    moved = next(event for event, _ in reversed(play.stamps) if isinstance(event, Moved))
    assert moved.evidence == ("IMG_1.jpg", "IMG_2.jpg")


def test_a_return_parcel_lost_at_the_merchants_risk_is_paid_for():
    play = returning((2, 20_000))
    play.run("approve", "ship_back", "parcel_lost")
    assert play.case.state == "received_inspecting"
    assert play.no("receive") == "all_received"
    play.run("refund", "paid", "reply")
    assert play.case.refunded == 20_000
    assert play.do("close").state == "closed"


def test_a_return_parcel_lost_at_the_consumers_risk_is_disputed():
    for accepted, state, refunded in ((True, "received_inspecting", 20_000), (False, "rejected", 0)):
        play = returning((2, 20_000))
        play.run("approve", "ship_back")
        play.do("parcel_lost", risk="consumer")
        assert play.case.state == "dispute"
        play.do("settle_dispute", accepted=accepted)
        assert play.case.state == state
        if accepted:
            play.run("refund")
        assert play.case.refunded == refunded


def test_of_two_parcels_one_is_lost_and_the_other_comes():
    play = returning((2, 20_000))
    play.do("approve")
    play.do("ship_back", lines=qty((1, 1)))
    play.do("ship_back", waybill="SF1234567891")
    assert play.no("parcel_lost") == "which_parcel"
    play.do("parcel_lost", waybill="SF1234567890")
    play.run("receive", "inspect", "refund", "paid")
    assert play.case.refunded == 20_000
    assert play.no("parcel_lost") == "nothing_on_the_way"


def test_a_parcel_that_came_is_not_lost():
    play = returning()
    play.run("approve", "ship_back", "receive")
    assert play.no("parcel_lost") == "nothing_on_the_way"


def test_goods_stay_away_only_by_policy_or_when_they_are_worth_nothing():
    play = returning((2, 20_000))
    play.do("approve")
    assert play.no("keep_goods", reason="policy") == "no_such_policy"
    assert play.no("keep_goods", reason="worthless", evidence=()) == "needs_evidence_of_state"
    assert play.no("keep_goods", reason="worthless", article="") == "needs_article"
    play.do("keep_goods", lines=qty((1, 1)))
    assert play.case.state == "received_inspecting"
    play.run("refund")
    assert play.case.refunded == 10_000
    assert play.no("receive", lines=qty((1, 2))) == "over_approved"


def test_inspected_goods_have_one_of_the_desks_grades():
    play = returning()
    play.run("approve", "receive")
    assert play.no("inspect", graded=(Graded(1, 1, "restock", "Z"),)) == "unknown_grade"
    play.do("inspect", graded=(Graded(1, 1, "restock", "A"), Graded(1, 1, "dispose", "scrap")))
    assert (play.case.lines[0].restock, play.case.lines[0].dispose) == (1, 1)


def test_a_request_whose_goods_are_here_cannot_be_withdrawn():
    play = returning()
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    assert play.no("withdraw") == "goods_here"


def test_who_does_not_send_in_time_is_told_and_may_come_back_inside_the_window():
    play = returning()
    play.do("approve")
    clock = next(one for one in play.case.clocks if one.name == "ship_back")
    play.now = clock.due
    play.do("breach", SYSTEM, clock="ship_back", due=clock.due)
    assert play.case.state == "auto_closed"
    assert play.case.messages[-1].direction == "out"
    play.now += 15 * DAY
    assert play.do("reopen").state == "reviewing"


def test_after_the_window_a_case_stays_closed():
    play = returning()
    play.do("withdraw")
    play.now += 15 * DAY + 1
    assert play.no("reopen") == "reopen_too_late"
