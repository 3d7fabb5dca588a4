"""Verbs about money: what is owed for accepted units, by the payments that paid, once; and what came of it."""

from collections.abc import Mapping
from typing import Any

from csdesk.domain.cases.case import Case, Deduction, LineQty, Refund, RefundPart
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Order, Refused
from csdesk.domain.cases.events import Event, Noted, Stamp
from csdesk.domain.cases.ledger import fits, left, owed, part, split, standing
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.refund_events import RefundProposed, RefundSettled
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

# What a consumer may owe against a refund: freight of a return without reason and free shipping whose condition is
# gone (七日办法 §18), a gift that stays (§12), a discount settled anew (§17), a card fee (§16), use (三包 §11); and
# what reached the consumer already, since a provider paid twice: the payments lack just that for what is owed still.
DEDUCTIONS = (
    "return_freight",
    "outbound_freight",
    "gift",
    "bundle",
    "card_fee",
    "depreciation",
    "paid_already",
)
# The number of the payment that was found to be taken twice, or to stand for no order.
FOUND_PAYMENT = "found_payment"
# How the merchant pays what no payment of the order took: by a transfer of the provider's own.
TRANSFER = "transfer"


@verb(
    "refund",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    bulk=True,
    confirm=True,
    example="csdesk case do RT-… refund",
)
@dataclass(frozen=True, slots=True)
class PayBack(Deciding):
    """Pay back accepted units (all that are owed when no lines are named), by the payments that paid for them.

    Refund within 7 days of receiving the goods (消法 §25(3), 七日办法 §13), to the original payment method (§14).
    `freight`, in minor units: what the consumer's receipt says it cost to send the goods back, where the merchant
    bears it (消法 §24(2), or a promise). `outbound`: freight of the order itself given back. `less`: what the
    consumer owes against it, `name=minor`, never below nothing.
    """

    lines: tuple[LineQty, ...] = ()
    freight: int = 0
    outbound: int = 0
    less: tuple[str, ...] = ()

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not any(line.refundable > 0 for line in case.lines):
            return Refused("nothing_owed")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {
            "lines": tuple(LineQty(line.line, line.refundable) for line in case.lines if line.refundable > 0)
        }

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, order = self.to(case), ctx.order
        if order is None:
            raise Refused("order_unknown")
        units = self.lines or self.suggest(case)["lines"]
        if not units:
            raise Refused("nothing_owed")
        can = {line.line: line.refundable for line in case.lines}
        check_quantities(case, units, lambda number: can[number], "over_accepted")
        amounts = tuple(owed(case, order, unit) for unit in units)
        worth = sum(amounts)  # 0 for gifts: settled like all others, else their case could never end
        less = deducted(self.less, worth, order.currency)
        minor = worth - sum(one.minor for one in less)
        outbound, freight = self._outbound(case, order), self._freight()
        # One decision is one sum: its parts are let go together or not at all.
        state = standing(case, ctx, minor + outbound + freight)
        parts = split(case, order, minor, ctx.policy.tenders)
        refund = Refund(ctx.fresh(), minor, parts, units, amounts, state, ctx.now, by=ctx.actor.id, less=less)
        made = [refund]
        if outbound:
            so_far = replace(case, refunds=(*case.refunds, refund))
            parts = split(so_far, order, outbound, ctx.policy.tenders)
            made.append(_beside(ctx, 1, outbound, parts, state, "outbound"))
        if freight:
            seen = "awaiting" if freight > ctx.policy.freight_cap else state
            parts = (RefundPart(0, TRANSFER, freight),)
            made.append(_beside(ctx, 2, freight, parts, seen, "freight"))
        return tuple(RefundProposed(to.name, to.phase, one) for one in made)

    def _outbound(self, case: Case, order: Order) -> int:
        """The freight of the order that goes back: never more than was paid beyond its lines."""
        mine = sum(r.minor for r in case.refunds if r.live and r.cause == "outbound")
        paid = sum(p.captured for p in order.payments) - sum(line.paid for line in order.lines)
        most = max(0, paid - order.freight_back - mine)
        if not 0 <= self.outbound <= most:
            raise Refused("over_freight", minor=self.outbound, most_minor=most, currency=order.currency)
        return self.outbound

    def _freight(self) -> int:
        if self.freight < 0:
            raise Refused("bad_amount", field="freight", value=self.freight)
        return self.freight


def _beside(
    ctx: Context, n: int, minor: int, parts: tuple[RefundPart, ...], state: str, cause: str
) -> Refund:
    return Refund(ctx.fresh(n), minor, parts, (), (), state, ctx.now, cause, ctx.actor.id)


def deducted(asked: tuple[str, ...], worth: int, currency: str) -> tuple[Deduction, ...]:
    """What comes off `worth`, one after the other as they were named, until nothing is left to take."""
    taken: list[Deduction] = []
    rest = worth
    for said in asked:
        name, _, amount = said.partition("=")
        name, amount = name.strip(), amount.strip()
        if name not in DEDUCTIONS or any(one.name == name for one in taken):
            raise Refused("bad_choice", field="less", value=name, allowed=DEDUCTIONS)
        if not (amount.isascii() and amount.isdecimal() and 0 < len(amount) <= 15):
            raise Refused("bad_amount", field="less", value=said[:40], currency=currency)
        off = min(int(amount), rest)
        taken.append(Deduction(name, int(amount), off))
        rest -= off
    return tuple(taken)


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
class RefundPayment(Deciding):
    """Give back a payment that no order stands behind: taken twice, or taken and no order made (电商法 §55).

    `payment` 0 is the one that was found; another one needs a reason (`instead`), kept as a note. `minor` is in minor
    units; 0 gives back all that the payment has left.
    """

    payment: int = 0
    minor: int = 0
    instead: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        found = case.counters.get(FOUND_PAYMENT, 0)
        return {"payment": found} if found else {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, found = self.to(case), case.counters.get(FOUND_PAYMENT, 0)
        if ctx.order is None:
            raise Refused("order_unknown")
        number, why = self.payment or found, self.instead.strip()
        paid = next((p for p in ctx.order.payments if p.number == number), None)
        if paid is None:
            known = tuple(str(p.number) for p in ctx.order.payments)
            raise Refused("no_such_payment", payment=number, allowed=known)
        if number != found and not why:
            raise Refused("other_payment", payment=number, found=found, field="instead")
        most = left(case, paid)
        minor = self.minor or most
        if not 0 < minor <= most:
            raise Refused("over_captured", minor=minor, most=max(0, most), currency=ctx.order.currency)
        state = standing(case, ctx, minor, "payment")
        parts = (part(case, paid, minor, ctx.policy.tenders),)
        refund = Refund(ctx.fresh(), minor, parts, (), (), state, ctx.now, "payment", ctx.actor.id)
        said = (Noted(why),) if number != found else ()
        return (RefundProposed(to.name, to.phase, refund), *said)


@verb("settle_refund", right=Right.RUN, undo=Undo.NONE, why="money", shared=True)
@dataclass(frozen=True, slots=True)
class SettleRefund(Command):
    """What the payment provider said of a refund: confirmed or failed. The case is refunded when nothing is pending.

    A refund that had failed and is confirmed after all is taken as paid: what was proposed in its place and has
    not left is dropped, and what has left marks it as paid `twice`.
    """

    id: str
    state: str
    reference: str = ""
    reason: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refund = case.refund(self.id)
        late = refund is not None and refund.state == "failed" and self.state == "confirmed"
        asked = refund is not None and refund.state in ("proposed", "sent", "in_doubt")
        if refund is None or not (late or asked):
            raise Refused("already_settled", id=self.id)
        if late:
            return self._absorbed(case, refund, ctx)
        to = MACHINES[case.kind].state(after(case, refund, self.state == "confirmed"))
        return (RefundSettled(to.name, to.phase, self.id, self.state, self.reference, self.reason),)

    def _absorbed(self, case: Case, refund: Refund, ctx: Context) -> tuple[Event, ...]:
        here = MACHINES[case.kind].state(case.state)
        dropped: tuple[Event, ...] = ()
        rest = case
        for other in reversed([r for r in case.refunds if replaces(r, refund)]):
            if has_room(rest, refund, ctx.order):
                break
            if other.state in ("awaiting", "proposed"):
                gone = RefundSettled(here.name, here.phase, other.id, "failed", reason="paid_already")
                rest = gone.fold(rest, Stamp(ctx.now, ctx.actor.id))
                dropped += (gone,)
        twice = not has_room(rest, refund, ctx.order)
        to = here if twice else MACHINES[case.kind].state(after(rest, refund, confirmed=True))
        return (
            *(dropped if not twice else ()),
            RefundSettled(
                to.name, to.phase, self.id, "confirmed", self.reference, "paid_late", late=True, twice=twice
            ),
        )


def replaces(other: Refund, refund: Refund) -> bool:
    """Whether `other` pays what `refund`, which had failed, was to pay."""
    if not other.live or other.id == refund.id or other.cause != refund.cause or other.at < refund.at:
        return False
    if refund.units:
        return bool({units.line for units in other.units} & {units.line for units in refund.units})
    return {(p.payment, p.minor) for p in other.parts} == {(p.payment, p.minor) for p in refund.parts}


def has_room(case: Case, refund: Refund, order: Order | None) -> bool:
    """Whether a refund that had failed can count as paid: its units are owed still, and its payments have the money."""
    lines = {line.line: line for line in case.lines}
    units = all(lines[u.line].refundable >= u.qty for u in refund.units if u.line in lines)
    again = not refund.units and any(replaces(other, refund) for other in case.refunds)
    bought = {line.line: line for line in order.lines} if order else {}
    worth = all(
        bought[u.line].refunded + lines[u.line].refunded + minor <= bought[u.line].paid
        for u, minor in zip(refund.units, refund.amounts, strict=True)
        if u.line in bought and u.line in lines
    )
    return units and worth and not again and fits(case, order, refund)


def after(case: Case, refund: Refund, confirmed: bool) -> str:
    """The state a case is in when `refund` is settled: refunded when nothing pends, or where money is owed again."""
    if refund.cause == "compensation":
        return case.state
    machine = MACHINES[case.kind]
    pending = any(r.pending and r.cause != "compensation" for r in case.refunds if r.id != refund.id)
    again = machine.edge("refund_failed", case.state)
    # Freight that cannot be paid does not take the goods' refund back.
    lost = not confirmed and refund.cause in ("goods", "payment")
    units = {u.line: u.qty for u in refund.units} if not refund.live else {}
    owes = any(line.refundable > units.get(line.line, 0) for line in case.lines)
    if again and (lost or (owes and not pending)):
        return again.target
    done = machine.edge("settle_refund", case.state)
    paying = machine.edge("refund", case.state)
    # It came late, when the case waited to be paid anew; or last, where no case ends and nothing else is to do.
    leaves = not refund.live or machine.edge("close", case.state) is None
    if done is None and paying is not None and leaves and not owes:
        done = machine.edge("settle_refund", paying.target)
    return done.target if done and not lost and not pending else case.state
