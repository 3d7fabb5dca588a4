"""The machine every kind shares: its states, the edges between them, and the clocks that states start."""

from functools import cache
from typing import Literal

from csdesk.domain.cases.case import TRACKS, Case, Clock, Kind, Phase
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.targets import TARGETS, desk_clocks
from csdesk.domain.clocks.clock import UNPAUSABLE, Basis, in_order
from csdesk.domain.clocks.span import Roll, Span, SpanUnit
from csdesk.domain.value import dataclass

# Set by people, by tracks or by the desk's targets, not by states: they run on wherever the case goes.
NOTICE, CALLBACK = "notice", "callback"
BESIDE = frozenset({NOTICE, CALLBACK, *TARGETS, *(f"track_{kind}" for kind in TRACKS)})


@cache
def _span(amount: int, unit: SpanUnit, roll: Roll) -> Span:
    """The one span of all terms of this length."""
    return Span(amount, unit, roll)


@dataclass(frozen=True, slots=True)
class Term:
    """How long a state may last: `amount` of a `SpanUnit`; days do not count the day they start on and end at 24:00.

    `since`: what it counts from: entering the state, the customer's request, or the goods' arrival. `roll` moves a
    last day that is a day off. `then` is the verb the desk runs by itself when time is up; without it a breach is
    only recorded. `pauses_on` are the parties that waiting for pauses it; none for what the law set.
    """

    name: str
    amount: int
    unit: SpanUnit
    basis: Basis
    article: str = ""
    then: str = ""
    since: Literal["entered", "asked", "received"] = "entered"
    roll: Roll = "none"
    pauses_on: tuple[str, ...] = ()

    def start(self, case: Case, ctx: Context) -> Clock:
        """The clock this term starts in a case, in the desk's zone and calendar (民法典 §§201-203: day arithmetic)."""
        # The first clock loads what counts it, so that a console that starts need not.
        from csdesk.domain.clocks.counting import count

        span, since = _span(self.amount, self.unit, self.roll), self._since(case, ctx.now)
        counted = count(span, since, ctx.times, ctx.zone)
        if counted is None:
            raise Refused("never_open", clock=self.name)
        articles = tuple(filter(None, self.article.split("; ")))
        return Clock(
            self.name, self.basis, since, counted.due, articles, span, self.pauses_on, flags=counted.flags
        )

    def _since(self, case: Case, now: int) -> int:
        if self.since == "asked":
            return case.opened_at
        # Goods that came without a record of it count as come now.
        return case.counters.get("goods_here_since", now) if self.since == "received" else now


@dataclass(frozen=True, slots=True)
class State:
    """A place a case can be in, whose turn it is there, and the terms that start on entering it.

    `keeps` names clocks that run on from the state before; `waits` the party it waits for, which pauses the clocks
    that allow it.
    """

    name: str
    phase: Phase
    terms: tuple[Term, ...] = ()
    keeps: tuple[str, ...] = ()
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A verb that may be used in `sources`; `target` is where it leads, or "" when it stays or decides itself."""

    verb: str
    sources: tuple[str, ...]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """All states and edges of one kind; edges in the order in which a person should be offered them.

    `without`: the shared verbs that its cases never meet.
    """

    kind: Kind
    states: tuple[State, ...]
    edges: tuple[Edge, ...]
    reasons: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()

    @property
    def first(self) -> State:
        """Where a new case of this kind stands."""
        return self.states[0]

    def state(self, name: str) -> State:
        """The state with this name; KeyError when the kind has none such."""
        for state in self.states:
            if state.name == name:
                return state
        raise KeyError(f"{self.kind} has no state {name}")

    def edge(self, verb: str, state: str) -> Edge | None:
        """The edge by which `verb` leaves `state`, if any."""
        return next((edge for edge in self.edges if edge.verb == verb and state in edge.sources), None)

    def sources(self, verb: str) -> tuple[str, ...]:
        """All states in which `verb` may be used."""
        return tuple(source for edge in self.edges if edge.verb == verb for source in edge.sources)

    def verbs(self) -> tuple[str, ...]:
        """The kind's own verbs, best next one first."""
        return tuple(dict.fromkeys(edge.verb for edge in self.edges))


MACHINES: dict[Kind, Machine] = {}


def register(machine: Machine) -> Machine:
    """Enter a kind's machine in the list of all; each room calls it once, at import.

    ValueError for a term that would pause what the law set, or that has the name of a clock beside the states.
    """
    for term in (term for state in machine.states for term in state.terms):
        if term.name in BESIDE or (term.pauses_on and term.basis in UNPAUSABLE):
            raise ValueError(
                f"{machine.kind}: term {term.name} ({term.basis}) cannot be kept as it is written"
            )
    MACHINES[machine.kind] = machine
    return machine


def step(machine: Machine, verb: str, case: Case, *, target: str = "") -> State:
    """The state that `verb` leads to from here; Refused names the states in which it may be used."""
    edge = machine.edge(verb, case.state)
    if edge is None:
        raise Refused("wrong_state", verb=verb, state=case.state, allowed=machine.sources(verb))
    return machine.state(target or edge.target or case.state)


def pledged(case: Case) -> tuple[Clock, ...]:
    """The letters and calls that somebody must still answer for: no case ends on one of these."""
    return tuple(clock for clock in case.clocks if clock.name in (NOTICE, CALLBACK))


def clocks_after(
    machine: Machine, before: Case | None, after: Case, ctx: Context
) -> tuple[Clock, ...] | None:
    """The clocks that should run in the state now reached, or None when they need not change."""
    if not after.open:
        return () if after.clocks else None
    state, clocks = machine.state(after.state), after.clocks
    moved = before is None or before.state != after.state or before.kind != after.kind
    if moved:
        kept = tuple(clock for clock in clocks if clock.name in state.keeps or clock.name in BESIDE)
        running = {clock.name for clock in kept}
        clocks = kept + tuple(term.start(after, ctx) for term in state.terms if term.name not in running)
    clocks = desk_clocks(before, after, clocks, ctx)
    heard = before is not None and any(
        message.direction == "in" for message in after.messages[len(before.messages) :]
    )
    over = {"customer"} if heard else set()
    clocks = tuple(sorted((_waiting(clock, state, moved, over, ctx) for clock in clocks), key=in_order))
    return None if clocks == after.clocks else clocks


def _waiting(clock: Clock, state: State, moved: bool, over: set[str], ctx: Context) -> Clock:
    """A clock as the case now waits: a wait ends with its state, or when the customer it is for writes.

    What a state waits for, it waits for as long as it lasts, whoever writes.
    """
    pause = clock.open_pause
    if pause is not None and pause.reason != state.waits and (moved or pause.reason in over):
        from csdesk.domain.clocks.counting import resumed

        clock = resumed(clock, ctx.now, ctx.times, ctx.zone)
    return clock.paused(state.waits, ctx.now) if clock.pausable(state.waits, ctx.now) else clock
