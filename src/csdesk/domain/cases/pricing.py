"""Verbs about prices that differ: an exchange for something dearer or cheaper, a price reduced because of a flaw."""

from dataclasses import field

from csdesk.domain.cases.case import Case, LineQty, Refund
from csdesk.domain.cases.command import Command, Deciding, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.differences import (
    DIFFERENCE,
    PAID,
    REDUCTION,
    consumer_owes,
    held,
    merchant_owes,
    reduced,
)
from csdesk.domain.cases.events import Counted, Event, Moved
from csdesk.domain.cases.goods import check_free, checked_evidence
from csdesk.domain.cases.ledger import split, standing
from csdesk.domain.cases.refund_events import RefundProposed
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@verb(
    "difference_paid",
    undo=Undo.NONE,
    why="money",
    confirm=True,
    example="csdesk case do EX-… difference_paid reference=4200002026",
)
@dataclass(frozen=True, slots=True)
class DifferencePaid(Command):
    """The consumer paid the difference to the dearer goods; `reference` is the payment's."""

    reference: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_difference") if refused is None and consumer_owes(case) <= 0 else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.reference.strip():
            raise Refused("field_missing", verb="difference_paid", field="reference")
        to = self.to(case)
        paid = case.counters.get(PAID, 0) + consumer_owes(case)
        return (
            Moved("difference_paid", to.name, to.phase, article=self.reference.strip()),
            Counted(PAID, paid),
        )


@verb("waive_difference", example="csdesk case do EX-… waive_difference note=商家同意不补差价")
@dataclass(frozen=True, slots=True)
class WaiveDifference(Command):
    """The merchant asks nothing for the dearer goods."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_difference") if refused is None and consumer_owes(case) <= 0 else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        moved = Moved("waive_difference", to.name, to.phase, note=self.note)
        return (moved, Counted(DIFFERENCE, case.counters.get(PAID, 0)))


@verb(
    "return_difference",
    undo=Undo.NONE,
    why="money",
    confirm=True,
    example="csdesk case do EX-… return_difference reference=5000002026",
)
@dataclass(frozen=True, slots=True)
class ReturnDifference(Command):
    """What the consumer had paid for dearer goods went back, because they did not go out; `reference` proves it."""

    reference: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_difference") if refused is None and not held(case) else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.reference.strip():
            raise Refused("field_missing", verb="return_difference", field="reference")
        to = self.to(case)
        left = case.counters.get(PAID, 0) - held(case)
        moved = Moved("return_difference", to.name, to.phase, article=self.reference.strip())
        return (moved, Counted(PAID, left), Counted(DIFFERENCE, left))


@verb(
    "refund_difference",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    confirm=True,
    example="csdesk case do EX-… refund_difference",
)
@dataclass(frozen=True, slots=True)
class RefundDifference(Deciding):
    """Pay back what the goods that went out cost less, or what was agreed to be taken off the price."""

    def stance(self) -> Stance:
        return Stance.GRANTS

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not merchant_owes(case):
            return Refused("no_difference")
        # Units first: what a line gave back for no unit would be taken off theirs.
        if refused is None and any(line.refundable > 0 for line in case.lines):
            return Refused("units_owed", lines=tuple(line.line for line in case.lines if line.refundable > 0))
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        if ctx.order is None:
            raise Refused("order_unknown")
        to, minor = self.to(case), merchant_owes(case)
        units, amounts = [], []
        left = minor
        for line in case.lines:
            bought = next((one for one in ctx.order.lines if one.line == line.line), None)
            room = bought.paid - bought.refunded - line.refunded if bought else 0
            if left > 0 and room > 0:
                units.append(LineQty(line.line, 0))
                amounts.append(min(left, room))
                left -= amounts[-1]
        if left:
            raise Refused("over_captured", minor=minor, most=minor - left, currency=case.currency)
        state = standing(case, ctx, minor)
        parts = split(case, ctx.order, minor, ctx.policy.tenders)
        refund = Refund(
            ctx.fresh(), minor, parts, tuple(units), tuple(amounts), state, ctx.now, by=ctx.actor.id
        )
        return (RefundProposed(to.name, to.phase, refund),)


@verb(
    "agree_reduction",
    confirm=True,
    example="csdesk case do RO-… agree_reduction minor=1500 evidence=chat-1102",
)
@dataclass(frozen=True, slots=True)
class AgreeReduction(Deciding):
    """The merchant agrees to take `minor` (minor units) off the price because of a flaw; the goods stay."""

    minor: int
    evidence: tuple[str, ...] = field(default=())
    note: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        worth = sum(
            line.paid * line.asked // line.bought - line.refunded for line in case.lines if line.bought
        )
        if not 0 < self.minor <= worth:
            raise Refused("over_price", minor=self.minor, most_minor=max(0, worth), currency=case.currency)
        # What another case paid back since, while this one was closed, cannot cost less as well.
        check_free(tuple(LineQty(line.line, line.asked) for line in case.lines), case, ctx)
        evidence = checked_evidence(self.evidence, case, "needs_consent_evidence")
        to = self.to(case)
        moved = Moved(
            "agree_reduction",
            to.name,
            to.phase,
            outcome="approved",
            decides=True,
            note=self.note,
            evidence=evidence,
        )
        return (moved, Counted(REDUCTION, reduced(case) + self.minor))
