"""The machine every kind shares: its states, the edges between them, and the clocks that states start."""

from dataclasses import dataclass
from datetime import timedelta

from csdesk.domain.cases.case import Case, Clock, Kind, Phase
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.clocks.days import end_of_day_ms, local_day

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Term:
    """How long a state may last. unit: `hours` from the instant, or `days` (start day not counted, ends 24:00).

    `then` is the verb the desk runs by itself when time is up; without it a breach is only recorded.
    """

    name: str
    amount: int
    unit: str
    basis: str
    article: str = ""
    then: str = ""

    def start(self, now: int, ctx: Context) -> Clock:
        """The clock this term starts at `now` in the desk's zone (民法典 §§201, 203: day arithmetic)."""
        if self.unit == "hours":
            return Clock(self.name, self.basis, now, now + self.amount * HOUR, self.article)
        last = local_day(now, ctx.zone) + timedelta(days=self.amount)
        return Clock(self.name, self.basis, now, end_of_day_ms(last, ctx.zone), self.article)


@dataclass(frozen=True, slots=True)
class State:
    """A place a case can be in, whose turn it is there, and the terms that start on entering it."""

    name: str
    phase: Phase
    terms: tuple[Term, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A verb that may be used in `sources`; `target` is where it leads, or "" when it stays or decides itself."""

    verb: str
    sources: tuple[str, ...]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """All states and edges of one kind; edges in the order in which a person should be offered them."""

    kind: Kind
    letters: str
    queue: str
    states: tuple[State, ...]
    edges: tuple[Edge, ...]
    reasons: tuple[str, ...] = ()

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
    """Enter a kind's machine in the list of all; each room calls it once, at import."""
    MACHINES[machine.kind] = machine
    return machine


def step(machine: Machine, verb: str, case: Case, *, target: str = "") -> State:
    """The state that `verb` leads to from here; Refused names the states in which it may be used."""
    edge = machine.edge(verb, case.state)
    if edge is None:
        raise Refused("wrong_state", verb=verb, state=case.state, allowed=machine.sources(verb))
    return machine.state(target or edge.target or case.state)


def clocks_after(
    machine: Machine, before: Case | None, after: Case, ctx: Context
) -> tuple[Clock, ...] | None:
    """The clocks that should run in the state now reached, or None when they need not change."""
    if before is not None and before.state == after.state and before.kind == after.kind:
        return None
    if not after.open:
        return () if after.clocks else None
    state = machine.state(after.state)
    kept = tuple(clock for clock in after.clocks if clock.name in state.keeps)
    started = tuple(
        term.start(ctx.now, ctx) for term in state.terms if term.name not in {c.name for c in kept}
    )
    clocks = tuple(sorted(kept + started, key=lambda clock: (clock.due, clock.name)))
    return None if clocks == after.clocks else clocks
