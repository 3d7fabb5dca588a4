"""The case: one customer's request about units of one order, and all that has happened to it so far."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What the customer asks for; each kind has its own room, machine and queue."""

    INQUIRY = "inquiry"
    RETURN = "return"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    REISSUE = "reissue"
    REFUND_ONLY = "refund_only"
    COMPLAINT = "complaint"
    REPORT = "report"
    PAYMENT_ANOMALY = "payment_anomaly"
    PRIVACY_REQUEST = "privacy_request"


class Phase(StrEnum):
    """Whose turn it is: ours, somebody else's, or nobody's any more."""

    OURS = "ours"
    WAITING = "waiting"
    DONE = "done"


class Disposition(StrEnum):
    """What becomes of a unit after inspection; only the first two are paid back."""

    RESTOCK = "restock"
    DISPOSE = "dispose"
    RETURN_TO_CONSUMER = "return_to_consumer"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class LineQty:
    """Units of one order line."""

    line: int
    qty: int


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One order line in a case: units asked for, allowed, arrived, judged, paid back. Money in minor units.

    `conceded` units are paid back though they never come back: not sent, lost, short, or not worth returning.
    """

    line: int
    sku: str
    title: str
    bought: int
    paid: int
    asked: int
    approved: int = 0
    received: int = 0
    restock: int = 0
    dispose: int = 0
    return_to_consumer: int = 0
    missing: int = 0
    refunded_units: int = 0
    refunded: int = 0
    sent_out: int = 0
    exchange_sku: str = ""
    conceded: int = 0

    @property
    def accepted(self) -> int:
        """Units that passed inspection, whatever becomes of them."""
        return self.restock + self.dispose

    @property
    def inspected(self) -> int:
        """Arrived units that have been looked at."""
        return self.accepted + self.return_to_consumer

    @property
    def refundable(self) -> int:
        """Units whose money is owed and not yet on its way."""
        return self.accepted + self.conceded - self.refunded_units - self.sent_out


@dataclass(frozen=True, slots=True)
class Parcel:
    """Goods on the road for a case: `back` to the merchant or `out` to the consumer."""

    id: str
    direction: str
    carrier: str
    waybill: str
    lines: tuple[LineQty, ...]
    at: int
    received_at: int = 0


@dataclass(frozen=True, slots=True)
class RefundPart:
    """What one payment of the order gives back; `payment` is its number on the order."""

    payment: int
    method: str
    minor: int


@dataclass(frozen=True, slots=True)
class Refund:
    """Money owed in a case. state: proposed → sent → confirmed | failed (a failed one owes nothing).

    `cause`: `goods` for units, `payment` for money that was taken without an order for it (units are empty).
    """

    id: str
    minor: int
    parts: tuple[RefundPart, ...]
    units: tuple[LineQty, ...]
    amounts: tuple[int, ...]
    state: str
    at: int
    cause: str = "goods"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; its text is sealed in the event that brought it."""

    id: str
    direction: str
    channel: str
    state: str
    at: int
    author: str
    until: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline that runs: who set it (`law`, `notice`, `promise`, `policy`), since when, until when, by what.

    Breached when now ≥ due (due is the first instant after the last day, so 24:00 belongs to the day).
    """

    name: str
    basis: str
    started: int
    due: int
    article: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person found out about an order line (0: about the whole case), under the name a decision knows it by."""

    line: int
    name: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Case:
    """The fold of a case's events. `version` counts them; times are UTC ms; money is in minor units of `currency`."""

    desk: str
    id: str
    body: str
    kind: Kind
    state: str
    phase: Phase
    version: int
    opened_at: int
    opened_by: str
    customer: str
    channel: str
    reason: str
    currency: str = "CNY"
    order: str = ""
    order_number: str = ""
    merchant: str = ""
    lines: tuple[CaseLine, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    refunds: tuple[Refund, ...] = ()
    messages: tuple[Message, ...] = ()
    clocks: tuple[Clock, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    counters: dict[str, int] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    overridden: bool = False
    assignee: str = ""
    priority: int = 0
    escalation: int = 0
    outcome: str = ""
    return_address: bool = False
    address: str = ""
    snoozed_until: int = 0
    decided_at: int = 0
    closed_at: int = 0
    changed_at: int = 0

    @property
    def open(self) -> bool:
        """Whether anybody still has to do anything."""
        return self.phase is not Phase.DONE

    @property
    def due(self) -> int:
        """The nearest deadline, or 0 when none runs."""
        return min((clock.due for clock in self.clocks), default=0)

    @property
    def amount(self) -> int:
        """What the asked units cost, for lists and limits (floor of the pro-rata share)."""
        return sum(line.paid * line.asked // line.bought for line in self.lines if line.bought)

    @property
    def refunded(self) -> int:
        """Money promised, sent or confirmed; failed refunds owe nothing."""
        return sum(refund.minor for refund in self.refunds if refund.state != "failed")

    @property
    def noticed(self) -> bool:
        """Whether the consumer was told anything since the last decision."""
        return any(
            m.direction == "out"
            and m.state in ("held", "queued", "sent", "delivered")
            and m.at >= self.decided_at
            for m in self.messages
        )

    def line(self, number: int) -> CaseLine | None:
        """The case's line for order line `number`."""
        return next((line for line in self.lines if line.line == number), None)

    def stated(self, line: int) -> dict[str, str | int | bool]:
        """What people found out about order line `line`, over what they found out about the whole case."""
        told = {fact.name: fact.value for fact in self.facts if not fact.line}
        return told | {fact.name: fact.value for fact in self.facts if line and fact.line == line}

    def home(self, line: CaseLine) -> int:
        """Repaired units of `line` that went home: they may come in again when the fault does."""
        return line.sent_out if self.kind is Kind.REPAIR else 0

    def refund(self, refund_id: str) -> Refund | None:
        """The refund with this id."""
        return next((refund for refund in self.refunds if refund.id == refund_id), None)

    def message(self, message_id: str) -> Message | None:
        """The message with this id."""
        return next((m for m in self.messages if m.id == message_id), None)


# What taking a verb back restores. Messages, parcels and money are records of what left the desk: never.
UNDOABLE = (
    "state",
    "phase",
    "assignee",
    "outcome",
    "priority",
    "escalation",
    "tags",
    "lines",
    "clocks",
    "facts",
    "overridden",
    "snoozed_until",
    "decided_at",
    "closed_at",
)
