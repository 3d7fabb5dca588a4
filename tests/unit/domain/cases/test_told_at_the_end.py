"""No case of any kind ends before its customer was told a result, whichever way it ends."""

from dataclasses import replace
from random import Random

import pytest

from csdesk.domain.cases.arriving import AcknowledgeMessage, Arrive
from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.splitting import merged_into
from tests.unit.domain.cases.lives import ORDERS, Life
from tests.unit.domain.cases.play import BODY, SYSTEM, Play, make

ENDS = [
    pytest.param(kind, edge.verb, source, id=f"{kind.value}-{edge.verb}-{source}")
    for kind, machine in MACHINES.items()
    if kind is not Kind.INCIDENT  # nobody's request: its members are told
    for edge in machine.edges
    if edge.target and machine.state(edge.target).phase is Phase.DONE
    for source in edge.sources
]


def in_state(kind: Kind, state: str) -> tuple[Play, Case]:
    """A case that nobody has written a word in, wherever it stands."""
    play = Play(kind, None).begin()
    phase = MACHINES[kind].state(state).phase
    return play, replace(play.case, state=state, phase=phase, clocks=(), messages=())


@pytest.mark.parametrize(("kind", "verb", "source"), ENDS)
def test_an_edge_that_ends_a_case_tells_the_customer_or_is_refused(kind: Kind, verb: str, source: str):
    play, case = in_state(kind, source)
    try:
        decided = run(case, make(verb), play.context(SYSTEM))
    except Refused as refused:
        assert refused.code == "needs_notice"
    else:
        assert not decided.case.open
        assert decided.case.noticed


@pytest.mark.parametrize(("kind", "verb", "source"), [end for end in ENDS if end.values[1] == "close"])
def test_the_word_that_something_came_in_is_no_result(kind: Kind, verb: str, source: str):
    play, case = in_state(kind, source)
    told = run(case, AcknowledgeMessage(), play.context(SYSTEM)).case
    assert [message.receipt for message in told.messages] == [True]
    with pytest.raises(Refused, match="needs_notice"):
        run(told, make(verb), play.context())


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.INCIDENT])
def test_whatever_a_case_lives_through_its_end_was_told(kind: Kind):
    ended = 0
    for seed in range(12):
        life = Life(kind, ORDERS[seed % 3])
        life.live(Random(seed), 60)
        groups = [(verb, before) for _, verb, _, before, _ in life.play.groups]
        after = [before for _, before in groups[1:]] + [life.play.case]
        for (verb, before), then in zip(groups, after, strict=True):
            # A duplicate that was merged is no end: what was asked goes on, and is told, in the other case.
            if then is None or merged_into(then):
                continue
            if before is not None and before.open and not then.open and verb != "undo":
                ended += 1
                assert then.noticed, verb
            # Afterwards too: a notice that fails brings the case back, or a follow-up where that cannot be.
            if not then.open:
                assert then.told or any(how == "follow_up" for how, _ in then.links), verb
    assert ended


def test_a_reopened_case_needs_a_new_answer_before_it_ends():
    play = Play(Kind.INQUIRY).begin()
    play.run("reply", "close")
    play.now += 1_000
    play.do("hear")
    assert play.case.open
    assert play.no("close") == "needs_notice"
    play.now += 1_000
    play.run("reply", "close")
    assert not play.case.open


def test_a_withdrawal_that_is_taken_back_in_time_calls_its_notice_back():
    play = Play(Kind.RETURN).begin()
    play.do("withdraw")
    assert [message.state for message in play.case.messages] == ["held"]
    play.undo()
    assert play.case.open
    assert [message.state for message in play.case.messages] == ["recalled"]
    assert not play.case.noticed


def test_a_withdrawal_whose_notice_has_left_is_not_taken_back():
    play = Play(Kind.RETURN).begin()
    play.do("withdraw")
    play.do("settle_reply", SYSTEM, id=play.case.messages[-1].id, state="sent")
    with pytest.raises(Refused, match="already_sent"):
        play.undo()


def test_a_case_that_came_by_itself_is_acknowledged_without_being_answered():
    play = Play(Kind.INQUIRY, None)
    command = Arrive(Kind.INQUIRY, body=BODY, desk="main", customer="p0", channel="chat", source="gateway")
    case = run(None, command, play.context(SYSTEM)).case
    (message,) = case.messages
    assert (message.direction, message.state, message.channel, message.receipt) == (
        "out",
        "held",
        "chat",
        True,
    )
    assert message.until == play.now
    assert not case.noticed
