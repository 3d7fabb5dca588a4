"""Verbs about money: what is owed for accepted units, by the payments that paid, once; and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csdesk.domain.cases.case import Case, LineQty, Refund, RefundPart
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Order, Refused
from csdesk.domain.cases.events import Event, RefundProposed, RefundSettled
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.money import Money, cumulative, share
from csdesk.domain.roles import Right


def owed(case: Case, order: Order, units: LineQty) -> int:
    """Minor units owed for `units`: what all units paid back by then are worth, less what the line gave back already.

    So no order of refunds, failures and retries, in this case and others, gives back a fen more than was paid.
    """
    line = case.line(units.line)
    bought = next((o for o in order.lines if o.line == units.line), None)
    if line is None or bought is None:
        raise Refused("no_such_line", line=units.line)
    by_then = bought.refunded_units + line.refunded_units + units.qty
    if by_then > bought.qty:
        raise Refused("over_bought", line=units.line, qty=by_then, most=bought.qty, bought=bought.qty)
    worth = cumulative(Money(bought.paid, order.currency), bought.qty, by_then).minor
    return max(0, worth - bought.refunded - line.refunded)


def given_back(case: Case) -> dict[int, int]:
    """Minor units that the case's refunds give back, by the number of the payment; failed ones give nothing."""
    back: dict[int, int] = {}
    for refund in case.refunds:
        if refund.state != "failed":
            for part in refund.parts:
                back[part.payment] = back.get(part.payment, 0) + part.minor
    return back


def split(case: Case, order: Order, minor: int) -> tuple[RefundPart, ...]:
    """`minor` over the order's payments, in proportion to what each has left; Refused when they have less than that."""
    mine = given_back(case)
    left = [(p, p.captured - p.elsewhere - mine.get(p.number, 0)) for p in order.payments]
    left = [(p, rest) for p, rest in left if rest > 0]
    if minor > (most := sum(rest for _, rest in left)):
        raise Refused("over_captured", minor=minor, most=most, currency=order.currency)
    shares = share(Money(minor, order.currency), [rest for _, rest in left])
    return tuple(
        RefundPart(payment.number, payment.method, part.minor)
        for (payment, _), part in zip(left, shares, strict=True)
        if part.minor
    )


@verb(
    "refund",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    confirm=True,
    example="csdesk case do RT-… refund",
)
@dataclass(frozen=True, slots=True)
class PayBack(Deciding):
    """Pay back accepted units (all that are owed when no lines are named), by the payments that paid for them.

    Refund within 7 days of receiving the goods (消法 §25(3), 七日办法 §13), to the original payment method (§14).
    """

    lines: tuple[LineQty, ...] = ()

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super(PayBack, cls).off(case, ctx)
        if refused is None and not any(line.refundable > 0 for line in case.lines):
            return Refused("nothing_owed")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {
            "lines": tuple(LineQty(line.line, line.refundable) for line in case.lines if line.refundable > 0)
        }

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        if ctx.order is None:
            raise Refused("order_unknown")
        units = self.lines or self.suggest(case)["lines"]
        if not units:
            raise Refused("nothing_owed")
        left = {line.line: line.refundable for line in case.lines}
        check_quantities(case, units, lambda number: left[number], "over_accepted")
        amounts = tuple(owed(case, ctx.order, unit) for unit in units)
        minor = sum(amounts)  # 0 for gifts: settled like all others, else their case could never end
        most = ctx.policy.refund_limits.get(ctx.actor.role, 0)
        if minor > most:
            raise Refused("over_limit", minor=minor, most=most, currency=ctx.order.currency)
        refund = Refund(
            ctx.fresh(), minor, split(case, ctx.order, minor), units, amounts, "proposed", ctx.now
        )
        return (RefundProposed(to.name, to.phase, refund),)


@verb(
    "refund_payment",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    confirm=True,
    example="csdesk case do PA-… refund_payment payment=2",
)
@dataclass(frozen=True, slots=True)
class RefundPayment(Command):
    """Give back a payment that no order stands behind: taken twice, or taken and no order made (电商法 §55).

    `minor` is in minor units; 0 gives back all that the payment has left.
    """

    payment: int
    minor: int = 0

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        if ctx.order is None:
            raise Refused("order_unknown")
        paid = next((p for p in ctx.order.payments if p.number == self.payment), None)
        if paid is None:
            known = tuple(str(p.number) for p in ctx.order.payments)
            raise Refused("no_such_payment", payment=self.payment, allowed=known)
        left = paid.captured - paid.elsewhere - given_back(case).get(paid.number, 0)
        minor = self.minor or left
        if not 0 < minor <= left:
            raise Refused("over_captured", minor=minor, most=left, currency=ctx.order.currency)
        most = ctx.policy.refund_limits.get(ctx.actor.role, 0)
        if minor > most:
            raise Refused("over_limit", minor=minor, most=most, currency=ctx.order.currency)
        part = RefundPart(paid.number, paid.method, minor)
        refund = Refund(ctx.fresh(), minor, (part,), (), (), "proposed", ctx.now, "payment")
        return (RefundProposed(to.name, to.phase, refund),)


@verb("settle_refund", right=Right.RUN, undo=Undo.NONE, why="money", shared=True)
@dataclass(frozen=True, slots=True)
class SettleRefund(Command):
    """What the payment provider said of a refund: confirmed or failed. The case is refunded when nothing is pending."""

    id: str
    state: str
    reference: str = ""
    reason: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refund = case.refund(self.id)
        if refund is None or refund.state in ("confirmed", "failed"):
            raise Refused("already_settled", id=self.id)
        machine = MACHINES[case.kind]
        pending = any(r.state in ("proposed", "sent") for r in case.refunds if r.id != self.id)
        done = machine.edge("settle_refund", case.state)
        # Money came back to us, or is still owed for other units: the case waits where it can be paid.
        again = machine.edge("refund_failed", case.state)
        owed = any(line.refundable > 0 for line in case.lines)
        target = case.state
        if again and (self.state == "failed" or (owed and not pending)):
            target = again.target
        elif done and self.state == "confirmed" and not pending:
            target = done.target
        to = machine.state(target)
        return (RefundSettled(to.name, to.phase, self.id, self.state, self.reference, self.reason),)
