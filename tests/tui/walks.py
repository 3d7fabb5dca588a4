"""Ways through the machine of a kind, found in memory: from the fresh case into every state, and out of it again."""

from collections import deque
from dataclasses import dataclass, replace
from functools import cache

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.kinds import MACHINES, run
from tests.unit.domain.cases.play import SYSTEM, Play, an_order
from tests.unit.domain.cases.ways import Step, settling, working

# So many cases of a state are gone on from: the first ones may lack what a later verb needs.
ENOUGH = 4
# Orders on which cases begin: signed for, on the road, not sent.
STATUSES = ("delivered", "shipped", "pending")


@dataclass(frozen=True, slots=True)
class Walk:
    """Steps from a fresh case on an order of `status`; `states` is where it stands before each, and at the end."""

    status: str
    steps: tuple[Step, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Here:
    case: Case
    now: int
    walk: Walk


def order(status: str) -> Order:
    """Two units that cost 398.00 together."""
    return an_order((2, 39_800), status=status)


@cache
def walks(kind: Kind) -> tuple[Walk, ...]:
    """As few walks as together enter every state of a kind and, unless it is done there, leave it by a verb."""
    entered, left = dict[str, Walk](), dict[str, Walk]()
    for status in STATUSES:
        try:
            play = Play(kind, order(status)).begin()
        except Refused:
            continue  # nothing can be returned that was not sent
        _explore(kind, play, status, entered, left)
    wanted = sorted((*entered.values(), *left.values()), key=lambda walk: -len(walk.steps))
    chosen: list[Walk] = []
    for walk in wanted:
        far = len(walk.steps)
        if not any(one.status == walk.status and one.steps[:far] == walk.steps for one in chosen):
            chosen.append(walk)
    return tuple(chosen)


def _explore(kind: Kind, play: Play, status: str, entered: dict[str, Walk], left: dict[str, Walk]) -> None:
    first = _Here(play.case, play.now, Walk(status, (), (play.case.state,)))
    entered.setdefault(play.case.state, first.walk)
    waiting, seen = deque([first]), dict[tuple[str, bool, bool], int]()
    while waiting:
        here = waiting.popleft()
        for there in _onward(play, here):
            step, case = there.walk.steps[-1], there.case
            if case.kind is not kind:
                continue
            if case.state != here.case.state:
                entered.setdefault(case.state, there.walk)
                if step.who is not SYSTEM:
                    left.setdefault(here.case.state, there.walk)
            # A customer who was told stands elsewhere than one who was not: only then may a case end.
            place = (case.state, case.noticed, any(refund.pending for refund in case.refunds))
            seen[place] = seen.get(place, 0) + 1
            if case.open and seen[place] <= ENOUGH:
                waiting.append(there)


def _onward(play: Play, here: _Here) -> list[_Here]:
    """Where the steps that are allowed now lead."""
    found: list[_Here] = []
    walk = here.walk
    for step in (
        *settling(here.case),
        *working(here.case, here.now, part=True),
        *working(here.case, here.now),
    ):
        now = here.now + step.later
        ctx = replace(play.context(step.who), now=now, request=f"walk-{len(walk.steps)}")
        try:
            case = run(here.case, step.command, ctx).case
        except Refused:
            continue
        found.append(_Here(case, now, Walk(walk.status, (*walk.steps, step), (*walk.states, case.state))))
    return found


def unreached(kind: Kind) -> set[str]:
    """The states that no walk enters."""
    return {state.name for state in MACHINES[kind].states} - {
        name for walk in walks(kind) for name in walk.states
    }


def unleft(kind: Kind) -> set[str]:
    """The states in which there is something to do and that no walk leaves by a person's verb."""
    left = {
        before
        for walk in walks(kind)
        for before, after, step in zip(walk.states, walk.states[1:], walk.steps, strict=False)
        if before != after and step.who is not SYSTEM
    }
    return {state.name for state in MACHINES[kind].states if state.phase is not Phase.DONE} - left


def by_the_desk(kind: Kind) -> set[str]:
    """The states that only the desk itself or the provider enters on these walks."""
    ways = [
        (after, step.who is SYSTEM)
        for walk in walks(kind)
        for before, after, step in zip(walk.states, walk.states[1:], walk.steps, strict=False)
        if before != after
    ]
    return {state for state, system in ways if system} - {state for state, system in ways if not system}
