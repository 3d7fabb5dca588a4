"""Report 举报: told, looked into, ended with an answer; no remedy in it, and who reported stays unknown."""

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Moved
from csdesk.domain.cases.kinds import MACHINES, sprout
from csdesk.domain.cases.report import SplitComplaint
from csdesk.domain.cases.track_events import Tracked
from tests.unit.domain.cases.play import BODY, HOUR, Play, an_order, on

FOUND = ["acknowledge", "investigate"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "lodged": ([], {"acknowledge", "split_complaint"}),
    "triage": (["acknowledge"], {"investigate", "ask_evidence", "find_unfounded", "split_complaint"}),
    "evidence": (["acknowledge", "ask_evidence"], {"investigate", "split_complaint"}),
    "investigating": (
        FOUND,
        {"ask_evidence", "take_down", "refer_report", "find_unfounded", "split_complaint"},
    ),
    "taken_down": ([*FOUND, "take_down", "reply"], {"refer_report", "tell_outcome", "split_complaint"}),
    "referred": ([*FOUND, "refer_report", "reply"], {"tell_outcome", "split_complaint"}),
    "unfounded": ([*FOUND, "find_unfounded", "reply"], {"tell_outcome", "split_complaint"}),
    "told": ([*FOUND, "find_unfounded", "reply", "tell"], {"close"}),
    "closed": ([*FOUND, "find_unfounded", "reply", "tell", "close"], {"reopen"}),
}


def reporting() -> Play:
    """A report about a line of an order."""
    return Play(Kind.REPORT, an_order((1, 100))).begin(reason="counterfeit")


def go(play: Play, *verbs: str) -> Play:
    """Verbs one after the other; `tell` names all that the notice must say."""
    for verb in verbs:
        play.do("tell_outcome", items=("result", "reasons")) if verb == "tell" else play.do(verb)
    return play


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = go(reporting(), *path)
    assert play.case.state == state
    assert on(play) - {"take"} == verbs


def test_a_report_knows_no_remedy_and_no_mediation():
    verbs = set(MACHINES[Kind.REPORT].verbs())
    assert not verbs & {"refund", "refund_payment", "compensate", "approve", "negotiate", "mediate", "rule"}


def test_it_is_acknowledged_within_a_day():
    play = reporting()
    (clock,) = play.case.clocks
    assert (clock.name, clock.basis, clock.due - play.now) == ("acknowledge", "policy", 24 * HOUR)


def test_a_referral_keeps_the_authority_and_its_number():
    play = go(reporting(), *FOUND)
    assert play.no("refer_report", ref=" ") == "field_empty"
    play.do("refer_report")
    (moved,) = [event for event in play.groups[-1][-1] if isinstance(event, Moved)]
    assert (moved.outcome, moved.ref) == ("referred", "西湖区市场监管局 移2026-118")


def test_no_report_ends_before_its_reporter_was_told_the_outcome_and_why():
    play = go(reporting(), *FOUND, "reply")
    play.now += 1
    play.do("find_unfounded", reason="no_lead")
    assert play.no("tell_outcome", items=("result", "reasons")) == "needs_notice"
    play.do("reply")
    assert play.no("tell_outcome", items=("result",)) == "notice_lacks"
    assert play.no("close") == "wrong_state"
    go(play, "tell", "close")
    assert (play.case.state, play.case.outcome) == ("closed", "unfounded")


def test_what_a_reporter_claims_becomes_a_complaint_of_its_own_linked_both_ways():
    play = reporting()
    before, ctx = play.case, play.context()
    command = SplitComplaint("counterfeit", "要求退一赔三")
    sprung = sprout(before, command, ctx, BODY)
    play.do(command)
    assert sprung is not None
    assert play.case.links == (("split_off", sprung.case.id),)
    assert sprung.case.links == (("split_from", before.id),)
    assert (sprung.case.kind, sprung.case.state, sprung.case.customer) == (Kind.COMPLAINT, "received", "p1")
    assert [line.asked for line in sprung.case.lines] == [1]
    assert play.case.state == "lodged"
    assert play.no(command) == "split_already"


def test_the_split_is_refused_for_a_reason_that_no_complaint_has():
    play = reporting()
    with pytest.raises(Refused, match="unknown_reason"):
        sprout(play.case, SplitComplaint("nonsense"), play.context(), BODY)


def test_a_question_to_the_merchant_holds_no_number_of_a_person():
    play = reporting()
    play.do("open_track", note="举报人电话 13812345678，请提供授权书")
    (tracked,) = [event for event in play.groups[-1][-1] if isinstance(event, Tracked)]
    assert "13812345678" not in tracked.note
    assert "授权书" in tracked.note
