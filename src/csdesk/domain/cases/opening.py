"""How a case begins: open on order lines, open provisionally, convert an inquiry, link the order found later."""

from collections.abc import Mapping
from typing import Any

from csdesk.domain.cases.case import Case, CaseLine, Kind, LineQty
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Order, Refused
from csdesk.domain.cases.differences import REDUCTION
from csdesk.domain.cases.events import Converted, Event, Opened, OrderLinked
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.value import dataclass

CHANNELS = ("phone", "chat", "email", "app", "12315", "social")
GOODS_KINDS = (Kind.RETURN, Kind.EXCHANGE, Kind.REPAIR)
# Their units belong to no other case at the same time, whether they come back or not.
CLAIMING_KINDS = (*GOODS_KINDS, Kind.REISSUE, Kind.REFUND_ONLY)


def take_lines(order: Order, wanted: tuple[LineQty, ...], kind: Kind) -> tuple[CaseLine, ...]:
    """The case lines for units of an order; refuses what was not bought or is claimed by another case."""
    known = {line.line: line for line in order.lines}
    taken: list[CaseLine] = []
    for units in wanted:
        line = known.get(units.line)
        if line is None:
            raise Refused("no_such_line", line=units.line)
        if any(other.line == units.line for other in taken):
            raise Refused("line_twice", line=units.line)
        free = line.qty - line.claimed if kind in CLAIMING_KINDS else line.qty
        if units.qty < 1 or units.qty > free:
            raise Refused("over_bought", line=units.line, qty=units.qty, most=free, bought=line.qty)
        taken.append(CaseLine(line.line, line.sku, line.title, line.qty, line.paid, units.qty))
    return tuple(taken)


def claimed(case: Case, line: int) -> int:
    """Units of an order line that no other case may claim while this one stands as it does."""
    mine = case.line(line)
    if mine is None or case.kind not in CLAIMING_KINDS:
        return 0
    if not case.open:
        return mine.refunded_units
    # Goods that stay for less money are nobody else's while that is owed.
    if not case.decided_at or case.counters.get(REDUCTION):
        return mine.asked
    # Allowed anew for fewer, what is here, given up or paid for by then stays nobody else's.
    return max(mine.approved, mine.received + mine.conceded, mine.refunded_units)


def check_claims(now: Case, then: Case, order: Order | None) -> None:
    """Refuse to go from `now` to `then` when that claims units which another case has claimed meanwhile."""
    for bought in order.lines if order else ():
        wanted, most = claimed(then, bought.line), bought.qty - bought.claimed
        if wanted > max(most, claimed(now, bought.line)):
            raise Refused("over_bought", line=bought.line, qty=wanted, most=most, bought=bought.qty)


def check_goods(kind: Kind, order: Order | None, lines: tuple[LineQty, ...]) -> None:
    """Refuse kinds that claim units without lines, and all but refunds on an order that was never dispatched."""
    if kind not in CLAIMING_KINDS or order is None:
        return
    if not lines:
        raise Refused("no_units")
    if kind is not Kind.REFUND_ONLY and order.status not in ("shipped", "delivered"):
        raise Refused("not_delivered", order=order.number, status=order.status)


@verb("open", undo=Undo.NONE, why="outside", example="csdesk case open return --order W2611340 --lines 1x1")
@dataclass(frozen=True, slots=True)
class Open(Command):
    """Begin a case. Without `order` it is provisional: `order_hint` keeps what the customer called it."""

    kind: Kind
    order: str = ""
    lines: tuple[LineQty, ...] = ()
    reason: str = "other"
    channel: str = "phone"
    summary: str = ""
    order_hint: str = ""
    priority: int = 0
    body: str = ""
    desk: str = ""
    customer: str = ""
    language: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return Refused("already_open")

    def begin(self, ctx: Context) -> tuple[Event, ...]:
        """The events of a new case; `body`, `desk` and `customer` are filled by the desk that opens it."""
        machine = MACHINES.get(self.kind)
        if machine is None:
            raise Refused("kind_not_served", kind=self.kind)
        if machine.reasons and self.reason not in machine.reasons:
            raise Refused("unknown_reason", reason=self.reason, allowed=machine.reasons)
        if self.channel not in CHANNELS:
            raise Refused("unknown_channel", channel=self.channel, allowed=CHANNELS)
        if not 0 <= self.priority <= 3:
            raise Refused("bad_priority", priority=self.priority)
        order = ctx.order
        if self.kind is Kind.INCIDENT and (order is not None or self.lines):
            raise Refused("incident_of_no_order")
        if order is None and self.lines:
            raise Refused("lines_without_order")
        check_goods(self.kind, order, self.lines)
        lines = take_lines(order, self.lines, self.kind) if order else ()
        first = machine.first
        return (
            Opened(
                desk=self.desk,
                id=ctx.fresh(),
                body=self.body,
                kind=self.kind,
                to=first.name,
                phase=first.phase,
                customer=order.customer if order else self.customer,
                channel=self.channel,
                reason=self.reason,
                currency=order.currency if order else "CNY",
                order=order.id if order else "",
                order_number=order.number if order else self.order_hint,
                merchant=order.merchant if order else "",
                lines=lines,
                priority=self.priority,
                return_address=order.return_address if order else False,
                summary=self.summary,
                language=self.language,
            ),
        )


@verb(
    "convert",
    undo=Undo.NONE,
    why="another_kind",
    shared=True,
    example="csdesk case do IQ-… convert kind=return lines=1x1",
)
@dataclass(frozen=True, slots=True)
class Convert(Command):
    """Turn an inquiry into the kind it turned out to be; its number keeps its eight characters."""

    kind: Kind
    lines: tuple[LineQty, ...] = ()
    reason: str = "other"

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if case.kind is not Kind.INQUIRY:
            return Refused("only_inquiry", kind=case.kind)
        return None if case.open else Refused("case_closed", state=case.state)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        machine = MACHINES.get(self.kind)
        if machine is None or self.kind in (Kind.INQUIRY, Kind.INCIDENT):
            raise Refused("kind_not_served", kind=self.kind)
        if machine.reasons and self.reason not in machine.reasons:
            raise Refused("unknown_reason", reason=self.reason, allowed=machine.reasons)
        if self.kind in CLAIMING_KINDS and ctx.order is None:
            raise Refused("order_unknown")
        check_goods(self.kind, ctx.order, self.lines)
        lines = take_lines(ctx.order, self.lines, self.kind) if ctx.order else ()
        return (Converted(self.kind, machine.first.name, machine.first.phase, lines, self.reason),)


@verb(
    "link_order",
    undo=Undo.NONE,
    why="outside",
    shared=True,
    example="csdesk case do RT-… link_order order=W2611340",
)
@dataclass(frozen=True, slots=True)
class LinkOrder(Command):
    """Give a provisional case its order, and the lines it is about."""

    order: str
    lines: tuple[LineQty, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if case.order:
            return Refused("order_linked", order=case.order_number)
        return None if case.open else Refused("case_closed", state=case.state)

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"order": case.order_number}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        order = ctx.order
        if order is None:
            raise Refused("no_such_order", order=self.order)
        check_goods(case.kind, order, self.lines)
        lines = take_lines(order, self.lines, case.kind)
        return (
            OrderLinked(
                order.id,
                order.number,
                order.customer,
                order.merchant,
                order.currency,
                lines,
                order.return_address,
            ),
        )
