"""The verbs every kind has: who works on it, how urgent it is, notes, tags, sleep, escalation, closing, reopening."""

from dataclasses import field

from csdesk.domain.cases.carriage import coming
from csdesk.domain.cases.case import UNDOABLE, Case, Clock
from csdesk.domain.cases.command import VERBS, Command, Undo, verb
from csdesk.domain.cases.context import Context, History, Refused
from csdesk.domain.cases.differences import held, merchant_owes
from csdesk.domain.cases.events import (
    Assigned,
    Breached,
    Escalated,
    Event,
    Moved,
    Noted,
    OrderChanged,
    Prioritised,
    ReplyHeld,
    ReplySettled,
    Snoozed,
    Tagged,
    Undone,
)
from csdesk.domain.cases.goods import awaited, on_the_way
from csdesk.domain.cases.homeward import for_home
from csdesk.domain.cases.machine import MACHINES, pledged
from csdesk.domain.cases.opening import check_claims
from csdesk.domain.cases.operations import AUTOMATIC
from csdesk.domain.cases.tracks import opened
from csdesk.domain.clocks.clock import in_order
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

DAY = 86_400_000


@verb("take", shared=True, bulk=True, example="csdesk case do RT-7K3M-9QX4 take")
@dataclass(frozen=True, slots=True)
class Take(Command):
    """Make the case mine; in a fresh case this also starts the review.

    `over`: also while somebody else has it open, for whoever may take over; their draft stays theirs.
    """

    over: bool = field(default=False, metadata={"asked": "held_by"})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.open:
            return Refused("case_closed", state=case.state)
        if case.assignee == ctx.actor.id:
            return Refused("already_yours")
        for who in (case.assignee, case.owner):
            if who not in ("", ctx.actor.id) and not ctx.actor.may(Right.TAKE_OVER):
                return Refused("held_by", who=who)
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        machine = MACHINES[case.kind]
        edge = machine.edge("take", case.state)
        taken = Assigned(ctx.actor.id)
        if edge is None:
            return (taken,)
        to = machine.state(edge.target)
        return (taken, Moved("take", to.name, to.phase))


@verb("release", shared=True, bulk=True, example="csdesk case do RT-7K3M-9QX4 release")
@dataclass(frozen=True, slots=True)
class Release(Command):
    """Give the case back to the queue; `because`: why the desk does it for its agent."""

    because: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.assignee:
            return Refused("held_by_nobody")
        if case.assignee != ctx.actor.id and not ctx.actor.may(Right.ASSIGN):
            return Refused("held_by", who=case.assignee)
        return None if case.open else Refused("case_closed", state=case.state)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (Assigned("", self.because),)


@verb(
    "assign",
    right=Right.ASSIGN,
    shared=True,
    bulk=True,
    example="csdesk case do RT-7K3M-9QX4 assign to_agent=li",
)
@dataclass(frozen=True, slots=True)
class Assign(Command):
    """Give the case to an agent of this desk (the desk checks that there is one); `because`: why the desk does it."""

    to_agent: str
    because: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.to_agent:
            raise Refused("no_agent")
        if self.to_agent == case.assignee:
            raise Refused("already_theirs", who=self.to_agent)
        return (Assigned(self.to_agent, self.because),)


@verb(
    "note",
    shared=True,
    undo=Undo.NONE,
    why="record",
    offline=True,
    example="csdesk case do RT-… note text=电话无人接听",
)
@dataclass(frozen=True, slots=True)
class Note(Command):
    """Write an internal note; it stays in the record, even of a closed case."""

    text: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.text.strip():
            raise Refused("empty_text")
        return (Noted(self.text),)


@verb("tag", shared=True, bulk=True, offline=True, example="csdesk case do RT-… tag add=破损 drop=待查")
@dataclass(frozen=True, slots=True)
class Tag(Command):
    """Put tags on and take tags off."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        new = dict.fromkeys(tag.strip() for tag in self.add)
        add = tuple(tag for tag in new if tag and tag not in case.tags)
        drop = tuple(tag for tag in self.drop if tag in case.tags)
        if not add and not drop:
            raise Refused("no_tags")
        if any(len(tag) > 30 for tag in add):
            raise Refused("tag_too_long", most=30)
        return (Tagged(add, drop),)


@verb("prioritise", shared=True, bulk=True, offline=True, example="csdesk case do RT-… prioritise priority=2")
@dataclass(frozen=True, slots=True)
class Prioritise(Command):
    """Set how urgent the case is: 0 normal, 1 raised, 2 high, 3 at once. Deadlines stay what the law says."""

    priority: int

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not 0 <= self.priority <= 3:
            raise Refused("bad_priority", priority=self.priority)
        if self.priority == case.priority:
            raise Refused("same_priority", priority=self.priority)
        return (Prioritised(self.priority),)


@verb("snooze", shared=True, bulk=True, example="csdesk case do RT-… snooze hours=4")
@dataclass(frozen=True, slots=True)
class Snooze(Command):
    """Put the case out of sight for some hours, never past its nearest deadline."""

    hours: int = 4
    reason: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not 1 <= self.hours <= 24 * 30:
            raise Refused("bad_hours", hours=self.hours, most=24 * 30)
        until = ctx.now + self.hours * 3_600_000
        if case.due and until >= case.due:
            raise Refused("snooze_past_due", due=case.due)
        return (Snoozed(until, self.reason),)


@verb("wake", shared=True, bulk=True, offline=True, example="csdesk case do RT-… wake")
@dataclass(frozen=True, slots=True)
class Wake(Command):
    """Bring a snoozed case back."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.snoozed_until else Refused("not_snoozed")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (Snoozed(0),)


@verb("escalate", shared=True, bulk=True, example="csdesk case do RT-… escalate note=要求主管回电")
@dataclass(frozen=True, slots=True)
class Escalate(Command):
    """Raise the case one level and give it back to the queue for a senior."""

    reason: str = "asked"
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if case.escalation >= 3:
            return Refused("escalated_fully", level=case.escalation)
        return None if case.open else Refused("case_closed", state=case.state)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (Escalated(case.escalation + 1, self.reason, self.note),)


@verb("withdraw", confirm=True, final=False, example="csdesk case do RT-… withdraw")
@dataclass(frozen=True, slots=True)
class Withdraw(Command):
    """The customer takes the request back; not once money is on its way or goods are with the merchant."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        # What was given on top was for no unit; but nobody leaves while any money is on its way.
        if any(refund.pending or (refund.live and refund.cause != "compensation") for refund in case.refunds):
            raise Refused("money_moving")
        # A request whose goods came back cannot be forgotten: they must go on, to the consumer or into stock.
        if any(line.here - line.given_up > case.home(line) for line in case.lines):
            raise Refused("goods_here")
        if on_the_way(case, "home"):
            raise Refused("goods_on_the_way")
        to = self.to(case)
        # Held like any reply: who takes the verb back recalls the notice with it.
        notice = ReplyHeld(ctx.fresh(1), case.way, ctx.now + ctx.policy.hold_ms, canned="notice.withdrawn")
        return (notice, Moved("withdraw", to.name, to.phase, outcome="withdrawn", note=self.note))


def unsettled(case: Case) -> Refused | None:
    """Why goods or a difference of prices still keep a case open, where its state lets somebody settle them."""
    machine = MACHINES[case.kind]
    if machine.edge("deliver", case.state) and (on_the_way(case, "out") or on_the_way(case, "home")):
        return Refused("goods_on_the_way")
    if machine.edge("send_home", case.state) and (units := for_home(case)):
        return Refused("goods_for_home", lines=tuple(one.line for one in units))
    if (
        machine.edge("inspect", case.state)
        and awaited(case)
        and any(line.refundable < 0 for line in case.lines)
    ):
        return Refused("goods_outstanding")
    if machine.edge("refund_difference", case.state) and (minor := merchant_owes(case)):
        return Refused("difference_owed", minor=minor, currency=case.currency)
    if machine.edge("return_difference", case.state) and (minor := held(case)):
        return Refused("difference_held", minor=minor, currency=case.currency)
    return None


@verb("close", bulk=True, final=True, example="csdesk case do RT-… close")
@dataclass(frozen=True, slots=True)
class Close(Command):
    """End the case; the consumer must have been told the result first."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is not None:
            return refused
        if any(line.refundable > 0 for line in case.lines):
            return Refused("units_owed", lines=tuple(line.line for line in case.lines if line.refundable > 0))
        if any(refund.pending for refund in case.refunds):
            return Refused("money_moving")
        inspects = MACHINES[case.kind].edge("inspect", case.state) is not None
        if inspects and any(line.received > line.inspected for line in case.lines):
            return Refused("not_inspected")
        if refused := unsettled(case):
            return refused
        if left := pledged(case):
            return Refused("clock_open", clock=left[0].name, ref=left[0].ref, due=left[0].due)
        return None if case.noticed else Refused("needs_notice")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        to = self.to(case)
        # What was allowed and then failed inspection to the last unit was refused in the end.
        failed = case.outcome == "approved" and any(line.return_to_consumer for line in case.lines)
        failed = failed and not any(line.accepted or line.conceded or line.sent_out for line in case.lines)
        # What was merged and taken up again is a case like any other.
        ended = case.outcome if case.outcome != "merged" else ""
        outcome = "rejected" if failed else ended or "resolved"
        return (Moved("close", to.name, to.phase, outcome=outcome),)


@verb("reopen", shared=True, example="csdesk case do RT-… reopen reason=customer_back")
@dataclass(frozen=True, slots=True)
class Reopen(Command):
    """Take a closed case up again inside the desk's window; later, open a new case that links to it."""

    reason: str = "customer_back"

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if case.open:
            return Refused("case_open", state=case.state)
        if ctx.now > case.closed_at + ctx.policy.reopen_days * DAY:
            return Refused("reopen_too_late", days=ctx.policy.reopen_days)
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        machine = MACHINES[case.kind]
        edge = machine.edge("reopen", case.state)
        to = machine.state(edge.target) if edge else machine.first
        check_claims(case, replace(case, phase=to.phase), ctx.order)
        return (Moved("reopen", to.name, to.phase, reason=self.reason),)


def clocks_before(now: tuple[Clock, ...], before: Case, after: Case | None) -> tuple[Clock, ...]:
    """The clocks with what a command did to them taken back; letters and calls recorded since stay as they are."""
    if after is None:
        return before.clocks
    old, new = ({clock.label: clock for clock in case.clocks} for case in (before, after))
    kept = [clock for clock in now if old.get(clock.label) == new.get(clock.label)]
    back = [clock for label, clock in old.items() if clock != new.get(label)]
    return tuple(sorted([*kept, *back], key=in_order))


def restored(case: Case, past: History) -> Case:
    """The case without what a command did: the fields it touched as they were, all others as they are now.

    Others may have put tags on since, recorded a letter, moved a track: what commutes stays.
    """
    before, after = past.before, past.after
    touched = [name for name in UNDOABLE if after is None or getattr(before, name) != getattr(after, name)]
    then = replace(case, **{name: getattr(before, name) for name in touched})
    return replace(then, clocks=clocks_before(case.clocks, before, after))


def recalled(case: Case, past: History) -> tuple[Event, ...]:
    """The notices that a verb sent by itself, called back with it; Refused `already_sent` once one has left."""
    known = {message.id for message in past.before.messages}
    sent = [message.id for message in past.after.messages if message.id not in known] if past.after else []
    now = [message for message in case.messages if message.id in sent and message.state != "recalled"]
    if any(message.state != "held" for message in now):
        raise Refused("already_sent")
    return tuple(ReplySettled(message.id, "recalled") for message in now)


@verb("undo", shared=True, undo=Undo.NONE, why="undo", example="csdesk case do RT-… undo")
@dataclass(frozen=True, slots=True)
class TakeBack(Command):
    """Take back my last verb on this case, if nothing that depends on it has happened since."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        past = ctx.undoes
        if past is None:
            raise Refused("undo_nothing")
        spec = VERBS[past.verb].verb
        if spec.undo is Undo.UNTIL_SENT:
            mine = (m for m in reversed(case.messages) if m.direction == "out" and m.author == ctx.actor.id)
            held = next(mine, None)
            if held is None or held.state != "held":
                raise Refused("already_sent")
            return (ReplySettled(held.id, "recalled"),)
        if spec.undo is Undo.NONE:
            raise Refused("undo_none", verb=past.verb, why=spec.why)
        had = past.before
        if len(case.order_asks) > len(had.order_asks) or len(case.carrier_asks) > len(had.carrier_asks):
            raise Refused("undo_none", verb=past.verb, why="outside")
        if past.later:
            raise Refused("undo_overtaken", verb=past.verb, by=past.later[-1])
        then = restored(case, past)
        check_claims(case, then, ctx.order)
        # What left the desk is no part of an undo: its records need not be kept twice.
        kept = replace(then, messages=(), parcels=(), refunds=())
        return (*recalled(case, past), Undone(cause=past.cause, verb=past.verb, before=kept))


@verb("breach", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class Breach(Command):
    """Time is up for a clock: record it, or do what its term says should then happen."""

    clock: str
    due: int

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        running = next((c for c in case.clocks if c.label == self.clock and c.due == self.due), None)
        if running is None or running.open_pause:
            raise Refused("clock_stopped", clock=self.clock)
        if ctx.now < running.due:
            raise Refused("clock_runs", clock=self.clock, due=running.due)
        terms = MACHINES[case.kind].state(case.state).terms
        then = next((term.then for term in terms if term.name == self.clock), "")
        if self.clock in AUTOMATIC.values():
            then = self.clock
        # The desk ends no case by itself while somebody must still answer a letter or call, a track runs, or a
        # carrier is booked to collect the goods.
        closes = then == AutoClose.verb.name
        if not then or (closes and (pledged(case) or opened(case) or coming(case, ctx.now))):
            return (Breached(running.name, self.due, running.ref),)
        return VERBS[then]().decide(case, ctx)


@verb("auto_close", right=Right.RUN, undo=Undo.NONE, why="outside")
@dataclass(frozen=True, slots=True)
class AutoClose(Command):
    """End a case in which the customer did not act in time, and tell the customer; reopening stays possible."""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        said = "no_evidence" if case.state == "evidence" else to.name
        notice = ReplyHeld(ctx.fresh(1), case.way, ctx.now, canned=f"notice.{said}")
        return (notice, Moved("auto_close", to.name, to.phase, outcome="auto_closed", decides=False))


@verb("tell_change", right=Right.LOAD, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class TellChange(Command):
    """Say in the case that its order's record changed at the source."""

    order: str
    fields: tuple[str, ...]

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (OrderChanged(self.order, self.fields),)
