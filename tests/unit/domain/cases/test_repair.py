"""Repair 维修: in, repaired, home, watched; the fault that comes back, and the right it opens."""

import pytest

from csdesk.domain.cases.case import Kind
from tests.unit.domain.cases.play import DAY, SYSTEM, Play, an_order, on, qty

IN = ["approve", "ship_back", "receive"]
HOME = [*IN, "finish_repair", "send_home", "deliver"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "submitted": ([], {"take", "approve", "reject", "withdraw"}),
    "diagnosing": (["take"], {"approve", "reject", "withdraw"}),
    "approved_wait_ship": (["approve"], {"take", "ship_back", "receive", "withdraw"}),
    "sent_in": (["approve", "ship_back"], {"take", "receive"}),
    "in_repair": (IN, {"take", "finish_repair", "wait_parts"}),
    "waiting_parts": ([*IN, "wait_parts"], {"take", "parts_arrived"}),
    "repaired": ([*IN, "finish_repair"], {"take", "send_home"}),
    "returned": ([*IN, "finish_repair", "send_home"], {"take", "deliver"}),
    "observing": ([*HOME, "reply"], {"take", "fail_again", "close"}),
    "rejected": (["reject"], {"take", "appeal", "withdraw"}),
    "platform_review": (["reject", "appeal"], {"take", "approve", "reject", "withdraw"}),
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
    assert play.case.counters == {"failed_repairs": 1}
    round_trip(play, 2)
    opened = play.now = play.now + DAY
    play.do("fail_again")
    assert play.case.counters == {"failed_repairs": 2, "exchange_right_open": opened}
    round_trip(play, 3)
    play.now += DAY
    play.do("fail_again")
    assert play.case.counters == {"failed_repairs": 3, "exchange_right_open": opened}


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
    assert {clock.name: clock.basis for clock in play.case.clocks} == {"repair": "law", "parts": "law"}
    play.do("parts_arrived")
    assert play.case.clocks == (repair,)


@pytest.mark.parametrize("waybill", ["", "SF1", "9" * 41])
def test_send_home_refuses_what_is_no_waybill(waybill: str):
    play = repairing()
    play.run(*IN, "finish_repair")
    assert play.no("send_home", waybill=waybill) == "bad_waybill"
