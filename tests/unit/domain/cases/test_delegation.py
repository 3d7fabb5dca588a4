"""Approving in somebody's place: how far it reaches, when it is over, and whose refunds it never covers."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.approval import ApproveRefund, ClearRefund, DeclineRefund, second
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Context, Delegation, Policy, Refused
from csdesk.domain.cases.delegation import MOST_DAYS, check_given
from csdesk.domain.cases.kinds import run
from csdesk.domain.cases.refund_events import RefundApproved, RefundDeclined
from csdesk.domain.roles import Role
from tests.unit.domain.cases.play import DAY, LI, NOW, Play, an_order

CHEN = Actor("chen", Role.SENIOR)
ZHAO = Actor("zhao", Role.SUPERVISOR)
WU = Actor("wu", Role.AGENT)
DEAR = 600_000  # an agent may refund 5,000 yuan alone, a senior 20,000, a supervisor 100,000
POLICY = Policy()


def waiting(minor: int = DEAR, by: Actor = LI) -> Play:
    """A return whose refund, proposed by `by`, waits for a second person."""
    play = Play(Kind.RETURN, an_order((1, minor)), policy=replace(POLICY, two_people_over=1))
    play.begin().run("approve", "receive", "inspect")
    play.do("refund", by)
    assert play.case.refunds[0].state == "awaiting"
    return play


def given(by: Actor = ZHAO, most: int = 0, until: int = NOW + DAY) -> Delegation:
    return Delegation(f"d-{by.id}", by, most, NOW - DAY, until)


def tried(
    play: Play, who: Actor, *held: Delegation, command: Command | None = None, now: int = NOW
) -> Case | str:
    """The case after `who` answered it with these delegations, or the code of the refusal."""
    ctx = Context(now, who, "k", play.order, play.policy, delegations=held)
    try:
        return run(play.case, command or ApproveRefund(), ctx).case
    except Refused as refused:
        return refused.code


def approved(play: Play, who: Actor, *held: Delegation, now: int = NOW) -> tuple[str, str]:
    """By whom it was approved, in whose place."""
    case = tried(play, who, *held, now=now)
    assert isinstance(case, Case), case
    refund = case.refunds[0]
    assert refund.state == "proposed"
    return refund.approved_by, refund.approved_for


def test_a_delegate_approves_up_to_the_givers_own_limit_and_it_stands_whose_place_it_was():
    assert tried(waiting(), WU) == "over_limit"
    assert approved(waiting(), WU, given()) == ("wu", "zhao")
    assert approved(waiting(2_000_000), WU, given(CHEN)) == ("wu", "chen")
    assert tried(waiting(2_000_001), WU, given(CHEN)) == "over_limit"


def test_a_limit_given_holds_to_the_fen_and_never_widens_the_givers_own():
    assert approved(waiting(), WU, given(most=DEAR)) == ("wu", "zhao")
    assert tried(waiting(), WU, given(most=DEAR - 1)) == "over_limit"
    assert tried(waiting(2_000_001), WU, given(CHEN, most=9_000_000)) == "over_limit"


def test_what_the_giver_lost_the_delegate_lost_too():
    fallen = given(Actor("zhao", Role.AGENT))
    assert tried(waiting(), WU, fallen) == "over_limit"
    assert tried(waiting(), WU, given(Actor("zhao", Role.ADMIN))) == "over_limit"


def test_at_the_very_end_it_is_over():
    assert approved(waiting(), WU, given(), now=NOW + DAY - 1) == ("wu", "zhao")
    assert tried(waiting(), WU, given(), now=NOW + DAY) == "delegation_over"
    # One that is over hides none that still runs.
    assert approved(waiting(), WU, given(until=NOW), given(CHEN)) == ("wu", "chen")


def test_nobody_approves_what_they_proposed_whoever_stands_behind_them():
    assert tried(waiting(by=LI), LI, given()) == "own_refund"


def test_nobody_approves_in_the_place_of_whoever_proposed_it():
    assert tried(waiting(by=ZHAO), WU, given()) == "giver_refund"
    # Another supervisor's place, or the own right, is a second pair of eyes.
    assert approved(waiting(by=ZHAO), WU, given(), given(Actor("qian", Role.SUPERVISOR))) == ("wu", "qian")
    assert approved(waiting(by=ZHAO), CHEN, given()) == ("chen", "")


def test_the_own_right_comes_before_anybodys_place():
    assert approved(waiting(), CHEN, given()) == ("chen", "")
    assert approved(waiting(2_500_000), CHEN, given()) == ("chen", "zhao")


def test_several_at_once_are_held_against_one_delegation_together():
    play = waiting()
    play.do("compensate", LI, minor=6_000)
    # A senior's place covers each of both; two limits of two givers are not added up.
    case = tried(play, WU, given(CHEN))
    assert isinstance(case, Case)
    assert {refund.approved_for for refund in case.refunds} == {"chen"}
    assert tried(play, WU, given(CHEN, most=5_999)) == "over_limit"


def test_a_delegate_declines_but_does_not_find_out_what_became_of_money():
    play = waiting()
    case = tried(play, WU, given(), command=DeclineRefund("wrong_amount"))
    assert isinstance(case, Case)
    assert case.refunds[0].settled_by == "wu"
    (refund,) = play.case.refunds
    doubtful = replace(play.case, refunds=(replace(refund, state="in_doubt"),))
    play.case = doubtful
    assert tried(play, WU, given(), command=ClearRefund("confirmed", "4200002026")) == "over_limit"


def test_events_keep_in_whose_place():
    play = waiting()
    ctx = Context(NOW, WU, "k", play.order, play.policy, delegations=(given(),))
    for command, cls in ((ApproveRefund(), RefundApproved), (DeclineRefund("not_owed"), RefundDeclined)):
        (event,) = (e for e in run(play.case, command, ctx).events if isinstance(e, cls))
        assert event.behalf == "zhao"
    assert second(play.case.refunds, play.case, replace(ctx, actor=ZHAO, delegations=())) == ""


@pytest.mark.parametrize(
    ("giver", "to", "most", "ends", "code"),
    [
        (WU, LI, 0, DAY, "cannot_delegate"),
        (Actor("gao", Role.ADMIN), LI, 0, DAY, "cannot_delegate"),
        (ZHAO, ZHAO, 0, DAY, "delegate_to_self"),
        (ZHAO, Actor("sun", Role.AUDITOR), 0, DAY, "delegate_cannot_work"),
        (ZHAO, Actor("gao", Role.ADMIN), 0, DAY, "delegate_cannot_work"),
        (CHEN, WU, 2_000_001, DAY, "delegate_over_limit"),
        (CHEN, WU, -1, DAY, "delegate_over_limit"),
        (ZHAO, WU, 0, 0, "delegate_until"),
        (ZHAO, WU, 0, MOST_DAYS * DAY + 1, "delegate_until"),
    ],
)
def test_what_cannot_be_given(giver: Actor, to: Actor, most: int, ends: int, code: str):
    with pytest.raises(Refused) as refused:
        check_given(giver, to, most, NOW + ends, NOW, POLICY)
    assert refused.value.code == code


def test_what_can_be_given():
    check_given(CHEN, WU, 2_000_000, NOW + MOST_DAYS * DAY, NOW, POLICY)
    check_given(ZHAO, CHEN, 0, NOW + 1, NOW, POLICY)
