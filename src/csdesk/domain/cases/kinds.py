"""All kinds and all verbs, and the one way in which a command becomes events and a changed case."""

from csdesk.domain.cases import (
    approval,
    arriving,
    automation,
    callers,
    calls,
    carriage,
    clocks,
    compensation,
    complaint,
    consent,
    conversation,
    evidence,
    exchange,
    findings,
    goods,
    homeward,
    incident,
    inquiry,
    opening,
    parcels,
    payment_anomaly,
    persons,
    platform,
    pricing,
    privacy_request,
    privacy_rights,
    refund_only,
    refunds,
    reissue,
    repair,
    report,
    return_,
    sending,
    shared,
    splitting,
    telling,
    tracking,
    tracks,
    writeback,
)
from csdesk.domain.cases.automation import automatic_clocks
from csdesk.domain.cases.case import Case, Phase
from csdesk.domain.cases.command import VERBS, Command, Deciding, verbs_of
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import ClocksSet, Event, Stamp, Undone, evolve
from csdesk.domain.cases.kind import AUTHORITY
from csdesk.domain.cases.ledger import money_clocks
from csdesk.domain.cases.machine import MACHINES, clocks_after, pledged
from csdesk.domain.cases.offshoot import child
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

ROOMS = (
    return_,
    exchange,
    repair,
    reissue,
    refund_only,
    complaint,
    report,
    payment_anomaly,
    privacy_request,
    privacy_rights,
    inquiry,
    incident,
    opening,
    shared,
    findings,
    conversation,
    calls,
    callers,
    persons,
    platform,
    goods,
    parcels,
    homeward,
    carriage,
    pricing,
    consent,
    automation,
    refunds,
    approval,
    compensation,
    sending,
    clocks,
    telling,
    tracking,
    tracks,
    arriving,
    evidence,
    splitting,
    writeback,
)


# Nobody fills a form for these: the first opens a case, the others go with the content of a file.
_OTHER_DOORS = frozenset(
    {"open", "file_evidence", "take_out_evidence", "bundle_evidence", "hand_over_copy", "open_kept"}
)


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
        if command.verb.name in MACHINES[case.kind].without:
            raise Refused("not_of_kind", verb=command.verb.name, kind=case.kind)
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
    if case is not None:
        wishes = (*writeback.asked(case, after, events, ctx), *carriage.called_off(after, ctx))
        events += wishes
        for happened in wishes:
            after = evolve(after, happened, stamp)
    if case is not None and case.open and not after.open and (waits := tracks.hinders(case)):
        raise waits
    if case is not None and not after.open and (left := pledged(case)):
        raise Refused("clock_open", clock=left[0].name, ref=left[0].ref, due=left[0].due)
    # What was taken back has brought its clocks along: they need upkeep, and no new start.
    taken_back = any(isinstance(happened, Undone) for happened in events)
    ctx = persons.as_flagged(ctx, events)
    entered = clocks_after(MACHINES[after.kind], after if taken_back else case, after, ctx)
    running = automatic_clocks(after, money_clocks(after, entered, ctx), ctx)
    if running is not None:
        happened = ClocksSet(running)
        events = (*events, happened)
        after = evolve(after, happened, stamp)
    return Decided(events, after)


def offers(case: Case, ctx: Context) -> tuple[Offer, ...]:
    """Every verb of the case's kind for this actor, next best first, with the reason why one is off."""
    # The edges that leave this state come first, in the order in which its room names them.
    # What its parcels call for comes before them.
    here = [*tracking.urged(case), *(e.verb for e in MACHINES[case.kind].edges if case.state in e.sources)]
    ranks = {verb: rank for rank, verb in enumerate(dict.fromkeys(here))}
    found = []
    for cls in sorted(verbs_of(case.kind), key=lambda cls: ranks.get(cls.verb.name, len(ranks))):
        spec = cls.verb
        if spec.right in (Right.RUN, Right.LOAD) or spec.name in _OTHER_DOORS:
            continue
        if not ctx.actor.may(spec.right):
            found.append(Offer(spec.name, Refused("no_right", role=ctx.actor.role, right=spec.right)))
            continue
        found.append(Offer(spec.name, _off(cls, case, ctx)))
    return tuple(found)


def _off(cls: type[Command], case: Case, ctx: Context) -> Refused | None:
    """Why a verb is off: for its own reason, or because it would end a case that still waits for a track."""
    refused, machine = cls.off(case, ctx), MACHINES[case.kind]
    edge = machine.edge(cls.verb.name, case.state)
    if refused or not case.open or not edge or not edge.target:
        return refused
    return tracks.hinders(case) if machine.state(edge.target).phase is Phase.DONE else None


def sprout(case: Case, command: Command, ctx: Context, body: str) -> Decided | None:
    """The case that `command` opens beside `case` as it was, under the number `body`; usually none."""
    shoot = command.offshoot(case, ctx)
    if shoot is None:
        return None
    inner = child(ctx)
    begun = run(None, replace(shoot.begin, body=body, desk=case.desk, customer=case.customer), inner)
    stamp, after = Stamp(inner.now, inner.actor.id), begun.case
    for happened in shoot.events:
        after = evolve(after, happened, stamp)
    return Decided((*begun.events, *shoot.events), after)


def queue_of(case: Case) -> str:
    """The queue in which a case waits: its kind's, or with an authority's letter the one that only its owner works."""
    return AUTHORITY if case.owner else case.kind.queue


def hands(case: Case) -> str:
    """Whose case it is: the owner's of an authority's letter, else the assignee's, else nobody's."""
    return case.owner or case.assignee


__all__ = ["MACHINES", "VERBS", "Decided", "Offer", "offers", "queue_of", "run", "sprout"]
