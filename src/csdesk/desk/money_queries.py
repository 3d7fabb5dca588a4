"""What can be asked of a desk about money: an order's ledger, what awaits somebody, and what to pay back."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.cases.case import Deduction, LineQty, RefundPart
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A refund or compensation of a case, or the part of one that a payment gives back; times UTC ms, 0: not yet.

    `case` is the number, `*` where nobody but its own people may know of it. `units` are order lines; `worth` is
    what they cost before `less`, which the consumer owed against it. `minor` is what leaves by this entry.
    """

    case: str
    refund: str
    cause: str
    state: str
    minor: int
    method: str
    kind: str
    count: int
    if_expired: str
    units: tuple[LineQty, ...]
    worth: int
    less: tuple[Deduction, ...]
    by: str
    at: int
    approved_by: str
    approved_at: int
    approved_for: str
    sent_at: int
    settled_at: int
    settled_by: str
    reference: str
    failure: str
    reason: str
    article: str
    twice: bool


@dataclass(frozen=True, slots=True)
class LedgerPayment:
    """A payment of the order: what it took, what the order system gave back, what cases give back, what is left.

    `promised` waits for an approver or the provider, `confirmed` has gone; `left` is below 0 if more went than came.
    """

    number: int
    method: str
    kind: str
    unit: str
    captured: int
    returned: int
    promised: int
    confirmed: int
    left: int
    entries: tuple[LedgerEntry, ...]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the order: what it cost, and what was paid back for how many of its units."""

    line: int
    title: str
    qty: int
    paid: int
    refunded_units: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All money of an order. `beside`: what the merchant paid on top of it, as freight or compensation.

    `sound`: no payment gave back more than it took, and no line more than it cost.
    """

    order: str
    currency: str
    payments: tuple[LedgerPayment, ...]
    lines: tuple[LedgerLine, ...]
    beside: tuple[LedgerEntry, ...]
    sound: bool


@dataclass(frozen=True, slots=True)
class OrderLedger(Ask[Ledger]):
    """Where an order's money is, payment by payment, over all of its cases and the order system's own returns."""

    name: ClassVar[str] = "order_ledger"
    room: ClassVar[str] = "money_answers"
    order: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A refund that waits for a person: `awaiting` an approver, or `in_doubt`; `mine`: I may do it.

    `behalf`: in whose place I may, "" by my own right. `why` is the refusal's code where I may not, about `who`.
    """

    id: str
    number: str
    refund: str
    state: str
    cause: str
    minor: int
    currency: str
    by: str
    at: int
    due: int
    reason: str
    mine: bool
    behalf: str = ""
    why: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class AwaitingRefunds(Ask[list[Waiting]]):
    """Refunds and compensation that await a second person, and those in doubt; the oldest first."""

    name: ClassVar[str] = "awaiting_refunds"
    room: ClassVar[str] = "money_answers"
    right: ClassVar[Right] = Right.REFUND
    limit: int = 100


@dataclass(frozen=True, slots=True)
class LineWorth:
    """Units of a line that are owed, and what they are worth; `amounts` are the verdict's own, in minor units."""

    line: int
    title: str
    qty: int
    minor: int
    payer: str
    amounts: tuple[tuple[str, int], ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What paying back now would come to. `less` and `freight` are the verdict's: what may come off, who bears freight.

    `minor` is after `less`; `awaits`: a second person would have to let it go. `refused` is a code, "" when it can
    be done.
    """

    case: str
    currency: str
    lines: tuple[LineWorth, ...]
    worth: int
    less: tuple[Deduction, ...]
    freight: int
    minor: int
    parts: tuple[RefundPart, ...]
    awaits: bool
    refused: str


@dataclass(frozen=True, slots=True)
class PlanRefund(Ask[RefundPlan]):
    """What is owed in a case, line by line, what the verdict lets come off, and by which payments it goes back."""

    name: ClassVar[str] = "plan_refund"
    room: ClassVar[str] = "money_answers"
    case: str
