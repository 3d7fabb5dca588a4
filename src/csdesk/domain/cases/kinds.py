"""All kinds and all verbs, and the one way in which a command becomes events and a changed case."""

from dataclasses import dataclass

from csdesk.domain.cases import (
    complaint,
    conversation,
    exchange,
    findings,
    goods,
    inquiry,
    opening,
    refunds,
    repair,
    return_,
    shared,
)
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import VERBS, Command, Deciding, verbs_of
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import ClocksSet, Event, Stamp, Undone, evolve
from csdesk.domain.cases.machine import MACHINES, clocks_after
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Right, may

ROOMS = (
    return_,
    exchange,
    repair,
    complaint,
    inquiry,
    opening,
    shared,
    findings,
    conversation,
    goods,
    refunds,
)
QUEUES = tuple(dict.fromkeys(machine.queue for machine in MACHINES.values()))


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command came to: its events in order, and the case after them."""

    events: tuple[Event, ...]
    case: Case


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb a case can meet, and why it is off just now (None: it is on)."""

    verb: str
    off: Refused | None


def run(case: Case | None, command: Command, ctx: Context) -> Decided:
    """Decide `command` on `case` (None only for `Open`), fold its events, and set the clocks of the state reached.

    Pure. Raises Refused; the caller checks rights and who holds the case.
    """
    if case is None:
        if not isinstance(command, Open):
            raise Refused("no_such_case")
        events = command.begin(ctx)
    else:
        if refused := type(command).off(case, ctx):
            raise refused
        events = command.decide(case, ctx)
        if isinstance(command, Deciding):
            events += command.ruled(case, ctx)
    stamp = Stamp(ctx.now, ctx.actor.id)
    after = case
    for happened in events:
        after = evolve(after, happened, stamp)
    assert after is not None  # every command yields at least one event
    if not any(isinstance(happened, ClocksSet | Undone) for happened in events):
        clocks = clocks_after(MACHINES[after.kind], case, after, ctx)
        if clocks is not None:
            happened = ClocksSet(clocks)
            events = (*events, happened)
            after = evolve(after, happened, stamp)
    return Decided(events, after)


def offers(case: Case, ctx: Context) -> tuple[Offer, ...]:
    """Every verb of the case's kind for this actor, next best first, with the reason why one is off."""
    # The edges that leave this state come first, in the order in which its room names them.
    here = [edge.verb for edge in MACHINES[case.kind].edges if case.state in edge.sources]
    ranks = {verb: rank for rank, verb in enumerate(dict.fromkeys(here))}
    found = []
    for cls in sorted(verbs_of(case.kind), key=lambda cls: ranks.get(cls.verb.name, len(ranks))):
        spec = cls.verb
        if spec.right in (Right.RUN, Right.LOAD) or spec.name == "open":
            continue
        if not may(ctx.actor.role, spec.right):
            found.append(Offer(spec.name, Refused("no_right", role=ctx.actor.role, right=spec.right)))
            continue
        found.append(Offer(spec.name, cls.off(case, ctx)))
    return tuple(found)


def queue_of(kind: Kind) -> str:
    """The queue in which cases of `kind` wait."""
    return MACHINES[kind].queue


__all__ = ["MACHINES", "QUEUES", "VERBS", "Decided", "Offer", "offers", "queue_of", "run"]
