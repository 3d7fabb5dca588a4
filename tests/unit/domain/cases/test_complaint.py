"""Complaint 投诉: heard, answered, negotiated, mediated, ruled on; never closed without a result."""

import pytest

from csdesk.domain.cases.case import Kind
from tests.unit.domain.cases.play import DAY, HOUR, SYSTEM, Play, an_order, on

TALK = ["acknowledge", "negotiate"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "received": ([], {"acknowledge", "withdraw"}),
    "acknowledged": (["acknowledge"], {"ask_evidence", "negotiate", "withdraw"}),
    "evidence": (["acknowledge", "ask_evidence"], {"negotiate", "mediate", "withdraw"}),
    "negotiating": (TALK, {"ask_evidence", "mediate", "rule", "withdraw"}),
    "platform_mediation": ([*TALK, "mediate"], {"rule", "withdraw"}),
    "decided": ([*TALK, "rule", "reply"], {"accept", "appeal", "close", "withdraw"}),
    "human_review": ([*TALK, "rule", "appeal"], {"rule"}),
    "accepted": ([*TALK, "rule", "accept", "reply"], {"close"}),
    "closed": ([*TALK, "rule", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def complaining() -> Play:
    """A complaint without an order."""
    return Play(Kind.COMPLAINT, None).begin(reason="service")


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = complaining()
    play.run(*path)
    assert play.case.state == state
    assert on(play) - {"take"} == verbs


def test_a_complaint_is_acknowledged_within_a_day_or_shows_as_late():
    play = complaining()
    (clock,) = play.case.clocks
    assert (clock.name, clock.due - play.now) == ("acknowledge", 24 * HOUR)
    play.now = clock.due
    play.do("breach", SYSTEM, clock=clock.name, due=clock.due)
    assert (play.case.state, play.case.clocks) == ("received", (clock,))


def test_the_days_of_negotiation_run_on_from_the_acknowledgement():
    play = complaining()
    play.do("acknowledge")
    (clock,) = play.case.clocks
    play.now += DAY
    play.do("negotiate")
    assert play.case.clocks == (clock,)


def test_a_ruling_needs_one_of_three_outcomes_and_an_article():
    play = complaining()
    play.run(*TALK)
    assert play.no("rule", outcome="won") == "unknown_outcome"
    assert play.no("rule", outcome="") == "unknown_outcome"
    assert play.no("rule", article="") == "needs_article"
    assert play.do("rule", outcome="partly_upheld").outcome == "partly_upheld"


def test_no_complaint_is_closed_before_the_consumer_was_told_the_result():
    play = complaining()
    play.run(*TALK, "reply")
    play.now += 1
    play.do("rule")
    assert play.no("close") == "needs_notice"
    play.do("reply")
    assert play.do("close").outcome == "upheld"


def test_an_appeal_goes_to_a_person_who_rules_again():
    play = complaining()
    play.run(*TALK, "rule", "appeal")
    play.do("rule", outcome="not_upheld")
    assert (play.case.state, play.case.outcome) == ("decided", "not_upheld")


def test_a_complaint_may_be_about_order_lines_without_claiming_them():
    play = Play(Kind.COMPLAINT, an_order((1, 100)))
    play.others(1, claimed=1)
    play.begin((1, 1), reason="counterfeit")
    assert play.case.lines[0].asked == 1
