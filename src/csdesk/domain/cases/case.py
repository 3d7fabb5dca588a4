"""The case: one customer's request about units of one order, and all that has happened to it so far."""

from dataclasses import field
from enum import StrEnum

from csdesk.domain.cases.causes import Cause, Errand
from csdesk.domain.cases.kind import Kind as Kind  # noqa: PLC0414 - a part of the case
from csdesk.domain.clocks.clock import Clock as Clock  # noqa: PLC0414 - a part of the case
from csdesk.domain.clocks.clock import nearest
from csdesk.domain.value import dataclass


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
    Of those that failed inspection (`return_to_consumer`) some `went_home`, others were `given_up` by the consumer.
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
    went_home: int = 0
    given_up: int = 0

    @property
    def here(self) -> int:
        """Arrived units that are still with the merchant."""
        return self.received - self.went_home

    @property
    def for_home(self) -> int:
        """Units here that are the consumer's: failed, not given up, and neither paid nor replaced in advance."""
        return max(0, self.return_to_consumer - self.went_home - self.given_up - max(0, -self.refundable))

    @property
    def accepted(self) -> int:
        """Units that passed inspection, whatever becomes of them."""
        return self.restock + self.dispose

    @property
    def inspected(self) -> int:
        """Arrived units that have been looked at."""
        return self.accepted + self.return_to_consumer

    @property
    def settled(self) -> int:
        """Arrived units that were paid back, replaced, or are for the consumer to have again."""
        return max(self.refunded_units + self.sent_out - self.conceded, 0) + self.return_to_consumer

    @property
    def refundable(self) -> int:
        """Units whose money is owed and not yet on its way."""
        return self.accepted + self.conceded - self.refunded_units - self.sent_out


@dataclass(frozen=True, slots=True)
class Parcel:
    """Goods on the road for a case; at their end `received_at`, or `returned_at` where they came back to their sender.

    `back`: to the merchant; `out`: to the consumer; `home`: to the consumer too, goods that failed inspection.
    By the carrier's scans: `standing` (a `tracking.Scan`) since its scan at `since`, `signed_at` since when it counts
    as delivered, and what is wrong with it (`findings`, the gravest first).
    """

    id: str
    direction: str
    carrier: str
    waybill: str
    lines: tuple[LineQty, ...]
    at: int
    received_at: int = 0
    lost_at: int = 0
    standing: str = ""
    since: int = 0
    signed_at: int = 0
    findings: tuple[str, ...] = ()
    returned_at: int = 0

    @property
    def on_its_way(self) -> bool:
        """Whether it is neither at an end of its way nor lost."""
        return not (self.received_at or self.lost_at or self.returned_at)


@dataclass(frozen=True, slots=True)
class RefundPart:
    """What one payment of the order gives back; `payment` is its number on the order, 0 for none of them.

    `kind` is that of the method (`money`, or in kind: `points`, `coupon`, `credit`); `count` how many of its units
    `minor` stands for, where it has any (points); `if_expired` what happens to a coupon that has run out.
    """

    payment: int
    method: str
    minor: int
    kind: str = "money"
    count: int = 0
    if_expired: str = ""


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the consumer owes against a refund: `asked` for, and `minor` of it that was taken off."""

    name: str
    asked: int
    minor: int


# What these states promised is owed no longer: nothing left, or nobody approved it.
DEAD_REFUND = frozenset({"failed", "declined"})
# Neither given back nor given up: no case ends on one of these.
PENDING_REFUND = frozenset({"awaiting", "proposed", "sent", "in_doubt"})
# Paid by the merchant on top, whatever the order's payments have left.
BESIDE_CAPTURED = frozenset({"freight", "compensation"})


@dataclass(frozen=True, slots=True)
class Refund:
    """Money owed in a case: awaiting (a second person) → proposed → sent → confirmed | failed; or declined.

    `in_doubt`: sent, and nobody could say whether the money went; it is owed to nobody else until somebody can.
    `cause`: `goods` for units, `payment` for money that was taken without an order for it, `outbound` for the
    freight of the order, `freight` for what the consumer laid out to send goods back, `compensation`.
    `twice`: the provider paid what it had said it would not, after the units were paid by another refund.
    `minor` is what leaves: the sum of `parts`, and for units their `amounts` less `less`.
    """

    id: str
    minor: int
    parts: tuple[RefundPart, ...]
    units: tuple[LineQty, ...]
    amounts: tuple[int, ...]
    state: str
    at: int
    cause: str = "goods"
    by: str = ""
    less: tuple[Deduction, ...] = ()
    reason: str = ""
    article: str = ""
    approved_by: str = ""
    approved_at: int = 0
    approved_for: str = ""
    sent_at: int = 0
    settled_at: int = 0
    settled_by: str = ""
    reference: str = ""
    failure: str = ""
    twice: bool = False

    @property
    def live(self) -> bool:
        """Whether its money is promised, on its way or gone."""
        return self.state not in DEAD_REFUND

    @property
    def pending(self) -> bool:
        """Whether it still waits for somebody: an approver, the provider, or whoever clears a doubt."""
        return self.state in PENDING_REFUND


# A message in these states is still to leave; only one that is held can be recalled.
UNSENT = frozenset({"held", "queued"})
# Whoever was sent such a message is told, or will be.
TOLD = UNSENT | {"sent", "delivered"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; its text is sealed in the event that brought it.

    Outbound: held → queued → sent → delivered, or failed, or recalled while held; `why` is the channel's reason.
    `receipt`: it only says that something came in, and neither answers nor tells a result. `call`: spoken on the
    telephone and noted by an agent; nothing of it leaves the desk.
    """

    id: str
    direction: str
    channel: str
    state: str
    at: int
    author: str
    until: int = 0
    why: str = ""
    receipt: bool = False
    call: bool = False


# What can run beside a case; `courses.py` has the way that each goes.
TRACKS = (
    "platform",
    "authority",
    "merchant",
    "carrier",
    "provider",
    "association",
    "arbitration",
    "court",
    "police",
)


@dataclass(frozen=True, slots=True)
class Track:
    """Something that runs beside the case, numbered from 1; `party` is with whom, `ref` under which number there.

    `scan`: SHA-256 of the letter's scan; `owner`: who alone answers for an authority's letter; `clocks`: by label.
    """

    id: str
    kind: str
    state: str
    at: int
    party: str = ""
    ref: str = ""
    owner: str = ""
    scan: str = ""
    reminders: int = 0
    reminded_at: int = 0
    clocks: tuple[str, ...] = ()
    closed_at: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class OrderAsk:
    """What the order system was asked for, one of `writeback.ASKS`: asked → done | failed; in_doubt between.

    `carrier` and `waybill` are of the parcel that it was told of; `reference` is its answer, `why` its refusal.
    """

    id: str
    what: str
    state: str
    at: int
    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    waybill: str = ""
    refund: str = ""
    reference: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class CarrierAsk:
    """What a carrier was asked for, one of `carriage_events.ASKS`: asked → done | failed; in_doubt between.

    A label or pick-up that the carrier called off is `cancelled`. `start` and `until`: between which it comes (UTC
    ms), at `place`; `label` is where the label lies; `of` the ask that this one is about; `payer` of the freight.
    """

    id: str
    what: str
    state: str
    at: int
    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    payer: str = ""
    place: str = ""
    start: int = 0
    until: int = 0
    of: str = ""
    waybill: str = ""
    reference: str = ""
    label: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person found out about an order line (0: about the whole case), under the name a decision knows it by."""

    line: int
    name: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class PlatformSaid:
    """A platform's own codes for the after-sale that a case is about, since `at` (UTC ms); `type` "" unsaid."""

    platform: str
    code: str
    type: str
    at: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A file that is kept as evidence, by the SHA-256 of its content; its name lies sealed in its event."""

    sha256: str
    size: int
    media: str
    at: int
    by: str
    # By which door it came, and the keyed hash that stands for the message which brought it, "" where none did.
    source: str = ""
    message: str = ""


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
    # Of the order, for cases about it: what their scans have told. Nothing is sent or received by them here.
    shipments: tuple[Parcel, ...] = ()
    refunds: tuple[Refund, ...] = ()
    messages: tuple[Message, ...] = ()
    clocks: tuple[Clock, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    tracks: tuple[Track, ...] = ()
    order_asks: tuple[OrderAsk, ...] = ()
    carrier_asks: tuple[CarrierAsk, ...] = ()
    evidence: tuple[Exhibit, ...] = ()
    platform_said: PlatformSaid | None = None
    counters: dict[str, int] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    overridden: bool = False
    # In which the customer writes, "" unknown; and the incident that this case is one of.
    language: str = ""
    incident: str = ""
    # Of an incident alone: what it is, and the runs that went to its members.
    cause: Cause | None = None
    errands: tuple[Errand, ...] = ()
    assignee: str = ""
    priority: int = 0
    escalation: int = 0
    outcome: str = ""
    return_address: bool = False
    address: str = ""
    snoozed_until: int = 0
    decided_at: int = 0
    reopened_at: int = 0
    closed_at: int = 0
    changed_at: int = 0

    @property
    def open(self) -> bool:
        """Whether anybody still has to do anything."""
        return self.phase is not Phase.DONE

    @property
    def owner(self) -> str:
        """Who answers for an authority's letter that is still open: the case stands in that person's queue alone."""
        letters = (track.owner for track in self.tracks if not track.closed_at)
        return next(
            filter(None, (*letters, *(clock.owner for clock in self.clocks if clock.basis == "notice"))), ""
        )

    @property
    def protected(self) -> bool:
        """Whether nobody is shown who stands behind the case: a reporter is neither named to the merchant nor here."""
        return self.kind is Kind.REPORT

    @property
    def due(self) -> int:
        """When the nearest clock falls due or fell due, or 0 when none runs; what is paused does not count."""
        clock = nearest(self.clocks)
        return clock.due if clock is not None else 0

    @property
    def amount(self) -> int:
        """What the asked units cost, for lists and limits (floor of the pro-rata share)."""
        return sum(line.paid * line.asked // line.bought for line in self.lines if line.bought)

    @property
    def refunded(self) -> int:
        """Money of the order's payments promised, sent or confirmed; not what was paid on top of them."""
        return sum(r.minor for r in self.refunds if r.live and r.cause not in BESIDE_CAPTURED)

    @property
    def noticed(self) -> bool:
        """Whether the consumer was told anything since the last decision or reopening, more than that it is here."""
        since = max(self.decided_at, self.reopened_at)
        return any(
            m.direction == "out" and not m.receipt and m.state in TOLD and m.at >= since
            for m in self.messages
        )

    @property
    def told(self) -> bool:
        """Whether a closed case's customer was told the result: by the notice that went with its end, if it had one."""
        last = [m for m in self.messages if m.direction == "out" and not m.receipt and m.at >= self.closed_at]
        return any(m.state in TOLD for m in last) if last else self.noticed

    @property
    def way(self) -> str:
        """The channel to answer by: where the customer wrote last, not where they called; at first where it began."""
        wrote = (m.channel for m in reversed(self.messages) if m.direction == "in" and m.channel != "phone")
        return next(wrote, self.channel)

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
    "counters",
    "tracks",
    "incident",
    "cause",
    "overridden",
    "snoozed_until",
    "decided_at",
    "reopened_at",
    "closed_at",
)
