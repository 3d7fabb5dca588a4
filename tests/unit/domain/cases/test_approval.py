"""Four eyes: who may let money go alone, who must be asked, and what happens while somebody is."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor, Payment, Policy
from csdesk.domain.cases.ledger import APPROVAL
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.roles import Role
from tests.unit.domain.cases.play import HOUR, LI, SYSTEM, Play, an_order, qty

CHEN = Actor("chen", Role.SENIOR)
ZHAO = Actor("zhao", Role.SUPERVISOR)
DEAR = 600_000  # an agent may refund 5,000 yuan alone, a senior 20,000
POLICY = Policy()


def accepted(*lines: tuple[int, int], policy: Policy = POLICY) -> Play:
    """A return whose units have all been accepted."""
    play = Play(Kind.RETURN, an_order(*lines), policy=policy).begin()
    play.run("approve", "receive", "inspect")
    return play


def clocks(play: Play) -> set[str]:
    return {clock.name for clock in play.case.clocks}


def test_a_refund_above_the_own_limit_waits_for_somebody_who_may_let_as_much_go():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    (refund,) = play.case.refunds
    assert (refund.state, refund.by, refund.minor) == ("awaiting", "li", DEAR)
    assert play.case.state == "refunding"
    play.do("approve_refund", CHEN)
    (refund,) = play.case.refunds
    assert (refund.state, refund.approved_by, refund.approved_at) == ("proposed", "chen", play.now)
    play.settle("confirmed")
    assert (play.case.state, play.case.refunded) == ("refunded", DEAR)


def test_nobody_approves_what_they_proposed_whatever_their_rank():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    assert play.no("approve_refund", LI) == "own_refund"
    risen = Actor("li", Role.SUPERVISOR)
    assert play.no("approve_refund", risen) == "own_refund"
    assert play.no("approve_refund", SYSTEM) == "no_right"


def test_an_approvers_own_limit_must_cover_it():
    play = accepted((1, 2_500_000))
    play.do("refund", LI)
    assert play.no("approve_refund", CHEN) == "over_limit"
    assert play.no("approve_refund", Actor("wu", Role.AGENT)) == "over_limit"
    play.do("approve_refund", ZHAO)
    assert play.case.refunds[0].state == "proposed"


def test_above_the_absolute_limit_two_people_are_needed_whoever_acts():
    play = accepted((1, 5_000_001))
    play.do("refund", ZHAO)
    assert play.case.refunds[0].state == "awaiting"
    assert play.no("approve_refund", ZHAO) == "own_refund"
    play.do("approve_refund", Actor("qian", Role.SUPERVISOR))
    assert play.case.refunds[0].state == "proposed"
    alone = accepted((1, 5_000_001), policy=replace(POLICY, two_people_over=0))
    alone.do("refund", ZHAO)
    assert alone.case.refunds[0].state == "proposed"


def test_what_nobody_may_let_go_is_refused_and_nothing_is_promised():
    play = accepted((1, 10_000_001))
    assert play.no("refund", ZHAO) == "over_every_limit"
    assert play.case.refunds == ()


def test_many_refunds_below_the_limit_are_one_above_it():
    play = accepted((3, 900_000))
    states = [play.do("refund", LI, lines=qty((1, 1))).refunds[-1].state for _ in range(3)]
    assert states == ["proposed", "awaiting", "awaiting"]


def test_while_it_waits_nobody_promises_the_same_money_again():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    assert play.no("refund", ZHAO) == "nothing_owed"
    assert play.no("withdraw") == "wrong_state"
    assert play.no(SettleRefund(play.case.refunds[0].id, "confirmed"), SYSTEM) == "already_settled"


def test_a_declined_refund_is_owed_again_and_shows_who_declined_it():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    assert play.no("decline_refund", CHEN, reason="whim") == "bad_choice"
    assert play.no("decline_refund", CHEN, reason="other") == "empty_text"
    play.do("decline_refund", CHEN, reason="wrong_amount")
    (refund,) = play.case.refunds
    assert (refund.state, refund.settled_by, refund.failure) == ("declined", "chen", "wrong_amount")
    assert (play.case.state, play.case.lines[0].refundable, play.case.refunded) == (
        "received_inspecting",
        1,
        0,
    )
    play.do("refund", ZHAO)
    play.settle("confirmed")
    assert play.case.refunded == DEAR


def test_whoever_proposed_it_may_take_it_back_but_a_colleague_needs_the_rank_to_decline():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    assert play.no("decline_refund", Actor("wu", Role.AGENT)) == "over_limit"
    play.do("decline_refund", LI)
    assert play.case.refunds[0].state == "declined"


def test_a_refund_that_waits_is_not_forgotten_and_its_clock_stops_with_the_answer():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    (clock,) = (clock for clock in play.case.clocks if clock.name == APPROVAL)
    assert (clock.basis, clock.due) == ("policy", play.now + 24 * HOUR)
    play.now += HOUR
    play.do("tag", add=("加急",))
    assert clock in play.case.clocks
    play.do("approve_refund", CHEN)
    assert APPROVAL not in clocks(play)
    assert "refund" in clocks(play)  # the law's seven days go on


def test_an_approval_sees_what_the_order_system_gave_back_meanwhile():
    play = accepted((1, DEAR))
    play.do("refund", LI)
    assert play.order is not None
    play.order = replace(play.order, payments=(Payment(1, "wechat", DEAR, elsewhere=1, returned=1),))
    assert play.no("approve_refund", CHEN) == "overtaken_refund"
    play.do("decline_refund", CHEN)
    assert play.no("refund", LI) == "over_captured"


@pytest.mark.parametrize("verb", ["approve_refund", "decline_refund", "clear_refund"])
def test_without_anything_that_waits_the_verbs_are_off(verb: str):
    play = accepted((1, 100))
    assert play.no(verb) in ("nothing_awaits", "no_doubt")


def test_a_case_does_not_end_while_money_waits():
    play = accepted((1, 100), (1, DEAR))
    play.do("refund", LI, lines=qty((1, 1)))
    play.settle("confirmed")
    play.do("refund", LI)
    play.do("reply")
    assert play.case.state == "refunding"
    assert play.no("close") == "wrong_state"
    play.do("compensate", LI, minor=6_000)
    play.do("approve_refund", ZHAO, id=play.case.refunds[1].id)
    play.settle("confirmed")
    assert play.case.state == "refunded"
    assert play.no("close") == "money_moving"  # the compensation
    play.do("decline_refund", LI)
    play.do("close")
