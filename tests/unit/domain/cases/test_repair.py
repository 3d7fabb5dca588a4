"""Repair 维修: in, repaired, home, watched; the fault that comes back, and the right it opens."""

import pytest

from csdesk.domain.cases.case import Kind
from tests.unit.domain.cases.play import DAY, SYSTEM, Play, an_order, on, qty

IN = ["approve", "ship_back", "receive"]
HOME = [*IN, "finish_repair", "send_home", "deliver"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "submitted": ([], {"take", "approve", "reject", "withdraw"}),
    "diagnosing": (["take"], {"approve", "reject", "withdraw", "ask_evidence"}),
    "approved_wait_ship": (["approve"], {"take", "ship_back", "receive", "withdraw"}),
    "sent_in": (["approve", "ship_back"], {"take", "receive", "parcel_lost"}),
    "in_repair": (IN, {"take", "finish_repair", "wait_parts"}),
    "waiting_parts": ([*IN, "wait_parts"], {"take", "parts_arrived"}),
    "repaired": ([*IN, "finish_repair"], {"take", "send_home"}),
    "returned": ([*IN, "finish_repair", "send_home"], {"take", "deliver", "parcel_lost"}),
    "observing": ([*HOME, "reply"], {"take", "fail_again", "close"}),
    "rejected": (["reject"], {"take", "appeal", "withdraw"}),
    "platform_review": (["reject", "appeal"], {"take", "approve", "reject", "withdraw", "ask_evidence"}),
    "closed": ([*HOME, "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def repairing(*lines: tuple[int, int]) -> Play:
    """A repair of everything in an order."""
    return Play(Kind.REPAIR, an_order(*(lines or ((1, 99_900),)))).begin(reason="battery")


def round_trip(play: Play, n: int) -> None:
    """One whole repair: sent in, repaired, sent home, delivered."""
    play.do("approve")
    play.do("ship_back", waybill=f"SF100000000{n}")
    play.run("receive", "finish_repair")
    play.do("send_home", waybill=f"SF200000000{n}")
    play.do("deliver")


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = repairing()
    play.run(*path)
    assert play.case.state == state
    assert on(play) == verbs


def test_three_guarantees_two_failed_repairs_open_the_right_to_an_exchange():
    play = repairing()
    round_trip(play, 1)
    play.do("fail_again")
    assert play.case.counters["failed_repairs"] == 1
    assert "exchange_right_open" not in play.case.counters
    assert play.no("convert_to_exchange") == "right_not_open"
    round_trip(play, 2)
    opened = play.now = play.now + DAY
    play.do("fail_again")
    assert play.case.counters["failed_repairs"] == 2
    assert play.case.counters["exchange_right_open"] == opened
    assert "convert_to_exchange" in on(play)
    round_trip(play, 3)
    play.now += DAY
    play.do("fail_again")
    assert play.case.counters["failed_repairs"] == 3
    assert play.case.counters["exchange_right_open"] == opened


def test_what_went_home_can_come_in_again_and_nothing_else():
    play = repairing((2, 200_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.run("finish_repair", "send_home", "deliver", "fail_again")
    assert play.case.parcels[-1].lines == qty((1, 1))
    play.do("approve", lines=qty((1, 1)))
    assert play.no("receive", lines=qty((1, 2))) == "over_approved"
    play.do("receive")
    play.do("finish_repair")
    play.do("send_home", waybill="SF3234567891")
    assert play.case.parcels[-1].lines == qty((1, 1))


def test_a_repair_pays_nothing_back():
    play = repairing()
    round_trip(play, 1)
    assert play.no("refund") == "wrong_state"
    assert play.case.lines[0].refundable <= 0


def test_thirty_quiet_days_end_a_repair():
    play = repairing()
    round_trip(play, 1)
    (clock,) = play.case.clocks
    assert (clock.name, clock.basis) == ("observe", "law")
    play.now = clock.due
    play.do("breach", SYSTEM, clock=clock.name, due=clock.due)
    assert play.case.state == "closed"
    assert play.case.messages[-1].direction == "out"


def test_the_thirty_days_of_a_repair_run_on_while_parts_are_missing():
    play = repairing()
    play.run(*IN)
    (repair,) = play.case.clocks
    play.now += DAY
    play.do("wait_parts")
    assert {clock.name for clock in play.case.clocks} == {"repair", "parts_phone", "parts"}
    assert {clock.basis for clock in play.case.clocks} == {"law"}
    play.do("parts_arrived")
    assert play.case.clocks == (repair,)


@pytest.mark.parametrize("waybill", ["", "SF1", "9" * 41])
def test_send_home_refuses_what_is_no_waybill(waybill: str):
    play = repairing()
    play.run(*IN, "finish_repair")
    assert play.no("send_home", waybill=waybill) == "bad_waybill"


# Time, and the rights it opens.


def lapse(play: Play, clock: str, *, more: int = 0) -> None:
    """The clock of this name runs out, and the desk notes it."""
    running = next(one for one in play.case.clocks if one.name == clock)
    play.now = running.due + more
    play.do("breach", SYSTEM, clock=clock, due=running.due)


def test_days_in_repair_stand_still_while_the_goods_are_with_the_consumer():
    play = repairing()
    play.run(*IN)
    play.now += 5 * DAY
    play.run("finish_repair", "send_home")
    assert play.case.counters["days_in_repair"] == 5
    play.now += 9 * DAY
    play.run("deliver", "fail_again", "approve")
    play.do("ship_back", waybill="SF1000000009")
    play.do("receive")
    play.now += 2 * DAY
    play.do("finish_repair")
    play.do("send_home", waybill="SF2000000009")
    assert play.case.counters["days_in_repair"] == 7


def test_days_without_parts_are_counted_apart_from_the_repairers_own():
    play = repairing()
    play.run(*IN)
    play.now += 3 * DAY
    play.do("wait_parts")
    play.now += 10 * DAY
    play.do("parts_arrived")
    play.now += DAY
    play.run("finish_repair", "send_home")
    assert (play.case.counters["days_in_repair"], play.case.counters["waiting_parts_days"]) == (4, 10)


def test_thirty_days_in_the_workshop_are_in_time_and_the_next_opens_the_exchange():
    play = repairing()
    play.run(*IN)
    clock = next(one for one in play.case.clocks if one.name == "repair")
    play.now = clock.due - 1
    assert play.no("breach", SYSTEM, clock="repair", due=clock.due) == "clock_runs"
    lapse(play, "repair")
    assert play.case.counters["exchange_right_open"] == play.now
    assert play.case.state == "in_repair"


def test_sixty_days_without_parts_count_for_phones_and_ninety_for_other_goods():
    play = repairing()
    play.run(*IN, "wait_parts")
    lapse(play, "parts_phone")
    assert "exchange_right_open" not in play.case.counters
    lapse(play, "parts")
    assert play.case.counters["exchange_right_open"] == play.now
    phone = repairing()
    phone.run(*IN)
    phone.do("establish", facts=("product_class=mobile_phone",))
    phone.do("wait_parts")
    lapse(phone, "parts_phone")
    assert phone.case.counters["exchange_right_open"] == phone.now


def test_a_repair_with_the_right_goes_on_as_an_exchange_with_the_goods_that_are_here():
    play = repairing((2, 200_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    lapse(play, "repair")
    case = play.do("convert_to_exchange")
    assert (case.kind, case.state, case.lines[0].asked, case.lines[0].received) == (
        Kind.EXCHANGE,
        "reviewing",
        2,
        1,
    )
    assert play.do("approve").state == "received_inspecting"
    play.run("inspect")
    play.do("reissue")
    assert play.case.lines[0].sent_out == 1


def test_a_unit_that_comes_late_joins_the_repair():
    play = repairing((2, 200_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.do("receive")
    assert (play.case.state, play.case.lines[0].received) == ("in_repair", 2)
    assert play.no("receive") == "all_received"


def test_a_late_unit_brings_a_finished_repair_back_to_the_workshop():
    play = repairing((2, 200_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.run("finish_repair", "receive")
    assert play.case.state == "in_repair"
    play.run("finish_repair", "send_home")
    assert play.case.parcels[-1].lines == qty((1, 2))


@pytest.mark.parametrize(
    ("path", "risk", "opens"),
    [
        (["approve", "ship_back"], "merchant", True),
        (["approve", "ship_back"], "consumer", False),
        ([*IN, "finish_repair", "send_home"], "consumer", True),
    ],
)
def test_lost_goods_open_the_exchange_when_the_merchant_answers_for_them(
    path: list[str], risk: str, opens: bool
):
    play = repairing()
    play.run(*path)
    play.do("parcel_lost", risk=risk)
    assert play.case.state == "diagnosing"
    assert ("exchange_right_open" in play.case.counters) is opens
