"""Verbs of the second person: let money go that one person may not send alone, refuse it, or clear a doubt about it."""

from dataclasses import field

from csdesk.domain.cases.case import Case, Refund
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.delegation import in_place_of, most_minor, sums
from csdesk.domain.cases.events import Event, Stamp
from csdesk.domain.cases.ledger import fits, limits
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.refund_events import RefundApproved, RefundDeclined, RefundSettled
from csdesk.domain.cases.refunds import after
from csdesk.domain.roles import Right, Role
from csdesk.domain.value import dataclass, replace

DECLINE_REASONS = ("not_owed", "wrong_amount", "no_evidence", "fraud_suspected", "other")


def chosen(case: Case, said: str, state: str, none: str) -> tuple[Refund, ...]:
    """The refunds in `state` that `said` (an id) means, all of them when it says nothing; Refused `none`."""
    found = tuple(r for r in case.refunds if r.state == state and said in ("", r.id))
    if not found:
        raise Refused(none)
    return found


def second(refunds: tuple[Refund, ...], case: Case, ctx: Context) -> str:
    """In whose place the actor answers these as the second person, "" by their own right.

    Refuse whoever proposed one of them, the desk itself, and whoever may not let as much go.
    """
    if ctx.actor.role is Role.SYSTEM:
        raise Refused("no_right", role=ctx.actor.role, right=Right.REFUND)
    if any(refund.by == ctx.actor.id for refund in refunds):
        raise Refused("own_refund")
    over = next(
        (
            (cause, minor)
            for cause, minor in sums(refunds).items()
            if minor > limits(ctx.policy, cause).get(ctx.actor.role, 0)
        ),
        None,
    )
    if over is None:
        return ""
    if behalf := in_place_of(refunds, ctx):
        return behalf
    cause, minor = over
    raise Refused("over_limit", minor=minor, most_minor=most_minor(ctx, cause), currency=case.currency)


def waits(case: Case, state: str, none: str) -> Refused | None:
    """Why a verb about refunds in `state` is off: there is none."""
    return None if any(refund.state == state for refund in case.refunds) else Refused(none)


@verb(
    "approve_refund",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    confirm=True,
    shared=True,
    example="csdesk case do RT-… approve_refund",
)
@dataclass(frozen=True, slots=True)
class ApproveRefund(Command):
    """Let a refund or compensation go that needs a second person: `id`, or all that await one in this case.

    Never the one who proposed it, and only up to the approver's own limit, or one that was delegated to them by
    somebody who did not propose it either.
    """

    id: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return waits(case, "awaiting", "nothing_awaits")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refunds = chosen(case, self.id, "awaiting", "nothing_awaits")
        behalf = second(refunds, case, ctx)
        for refund in refunds:
            if not fits(case, ctx.order, refund):  # the order system gave it back meanwhile
                raise Refused("overtaken_refund", minor=refund.minor, currency=case.currency)
        return tuple(RefundApproved(refund.id, behalf) for refund in refunds)


@verb(
    "decline_refund",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    confirm=True,
    shared=True,
    example="csdesk case do RT-… decline_refund reason=wrong_amount note=运费应由顾客承担",
)
@dataclass(frozen=True, slots=True)
class DeclineRefund(Command):
    """Refuse a refund or compensation that awaits a second person; what it was to pay for is owed again.

    Whoever proposed it may take it back this way too.
    """

    reason: str = field(metadata={"choices": DECLINE_REASONS})
    note: str = ""
    id: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return waits(case, "awaiting", "nothing_awaits")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in DECLINE_REASONS:
            raise Refused("bad_choice", field="reason", value=self.reason, allowed=DECLINE_REASONS)
        if self.reason == "other" and not self.note.strip():
            raise Refused("empty_text")
        refunds = chosen(case, self.id, "awaiting", "nothing_awaits")
        others = tuple(refund for refund in refunds if refund.by != ctx.actor.id)
        behalf = second(others, case, ctx) if others else ""
        machine = MACHINES[case.kind]
        events: list[Event] = []
        rest = case
        for refund in refunds:
            to = machine.state(after(rest, refund, confirmed=False))
            gone = RefundDeclined(to.name, to.phase, refund.id, self.reason, self.note, behalf)
            rest = gone.fold(rest, Stamp(ctx.now, ctx.actor.id))
            events.append(gone)
        return tuple(events)


@verb(
    "clear_refund",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    confirm=True,
    shared=True,
    example="csdesk case do RT-… clear_refund state=confirmed reference=4200002026",
)
@dataclass(frozen=True, slots=True)
class ClearRefund(Command):
    """Say what became of a refund in doubt, after asking the provider: confirmed with its reference, or failed.

    A failed one is owed again. Not by who proposed it: whoever wants it paid is the last to see that it was.
    """

    state: str = field(metadata={"choices": ("confirmed", "failed")})
    reference: str = ""
    reason: str = ""
    id: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return waits(case, "in_doubt", "no_doubt")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.state not in ("confirmed", "failed"):
            raise Refused("bad_choice", field="state", value=self.state, allowed=("confirmed", "failed"))
        if not (self.reference if self.state == "confirmed" else self.reason).strip():
            missing = "reference" if self.state == "confirmed" else "reason"
            raise Refused("field_missing", verb="clear_refund", field=missing)
        refunds = chosen(case, self.id, "in_doubt", "no_doubt")
        if len(refunds) > 1:
            raise Refused("which_refund", ids=tuple(refund.id for refund in refunds))
        # What became of money is found out by whoever's own place it is: nobody stands in for that.
        second(refunds, case, replace(ctx, delegations=()))
        (refund,) = refunds
        to = MACHINES[case.kind].state(after(case, refund, self.state == "confirmed"))
        return (RefundSettled(to.name, to.phase, refund.id, self.state, self.reference.strip(), self.reason),)
