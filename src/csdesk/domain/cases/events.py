"""What has happened to a case: immutable events, each with the fold it causes.

An event's `type` and `v` are stored with it; a field named in `sealed` holds personal text and is encrypted before
it enters the chain. `to` and `phase` are written into the event, so that a later machine cannot rewrite history.
"""

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from csdesk.domain.cases.case import (
    UNDOABLE,
    Case,
    CaseLine,
    Clock,
    Fact,
    Kind,
    LineQty,
    Message,
    Parcel,
    Phase,
)
from csdesk.domain.cases.rulings import Ruling, Stance
from csdesk.domain.value import dataclass, replace

EVENTS: dict[str, type["Event"]] = {}
# The notice that something came in: neither an answer nor a result.
RECEIVED = "notice.received"
E = TypeVar("E", bound="Event")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by whom an event was made; `at` in UTC ms."""

    at: int
    actor: str


@dataclass(frozen=True, slots=True)
class Event:
    """What all events share. `commutes`: it may stand between an agent's look and verb without a conflict."""

    type: ClassVar[str] = ""
    v: ClassVar[int] = 1
    sealed: ClassVar[tuple[str, ...]] = ()
    commutes: ClassVar[bool] = False

    def fold(self, case: Case, stamp: Stamp) -> Case:
        """The case after this event; `evolve` counts the version."""
        return case


def event(name: str) -> Callable[[type[E]], type[E]]:
    """Enter an event class in the list of all events under its stored name."""

    def enter(cls: type[E]) -> type[E]:
        cls.type = name
        EVENTS[name] = cls
        return cls

    return enter


def evolve(case: Case | None, happened: Event, stamp: Stamp) -> Case:
    """The case after `happened`; only `Opened` may meet no case."""
    if isinstance(happened, Opened):
        return happened.begin(stamp)
    if case is None:
        raise ValueError(f"{happened.type} before opened")
    return replace(happened.fold(case, stamp), version=case.version + 1, changed_at=stamp.at)


def _with_lines(case: Case, changed: Iterable[CaseLine]) -> Case:
    by_number = {line.line: line for line in changed}
    return replace(case, lines=tuple(by_number.get(line.line, line) for line in case.lines))


@event("opened")
@dataclass(frozen=True, slots=True)
class Opened(Event):
    """A case began; `summary` is what the customer said."""

    sealed: ClassVar[tuple[str, ...]] = ("summary",)
    desk: str
    id: str
    body: str
    kind: Kind
    to: str
    phase: Phase
    customer: str
    channel: str
    reason: str
    currency: str
    order: str = ""
    order_number: str = ""
    merchant: str = ""
    lines: tuple[CaseLine, ...] = ()
    priority: int = 0
    return_address: bool = False
    source: str = ""
    summary: str = ""
    language: str = ""

    def begin(self, stamp: Stamp) -> Case:
        """The first state of the case."""
        return Case(
            desk=self.desk,
            id=self.id,
            body=self.body,
            kind=self.kind,
            state=self.to,
            phase=self.phase,
            version=1,
            opened_at=stamp.at,
            opened_by=stamp.actor,
            customer=self.customer,
            channel=self.channel,
            reason=self.reason,
            currency=self.currency,
            order=self.order,
            order_number=self.order_number,
            merchant=self.merchant,
            lines=self.lines,
            priority=self.priority,
            return_address=self.return_address,
            language=self.language,
            changed_at=stamp.at,
        )


@event("converted")
@dataclass(frozen=True, slots=True)
class Converted(Event):
    """The case became another kind; its number keeps its body."""

    kind: Kind
    to: str
    phase: Phase
    lines: tuple[CaseLine, ...]
    reason: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(
            case,
            kind=self.kind,
            state=self.to,
            phase=self.phase,
            lines=self.lines,
            reason=self.reason,
            outcome="",
            # Parcels of the former kind are told by its events; the new one counts its own.
            parcels=(),
        )


@event("order_linked")
@dataclass(frozen=True, slots=True)
class OrderLinked(Event):
    """A provisional case found its order."""

    order: str
    order_number: str
    customer: str
    merchant: str
    currency: str
    lines: tuple[CaseLine, ...]
    return_address: bool

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(
            case,
            order=self.order,
            order_number=self.order_number,
            customer=self.customer or case.customer,
            merchant=self.merchant,
            currency=self.currency,
            lines=self.lines or case.lines,
            return_address=self.return_address,
        )


@event("order_changed")
@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """The order's record changed at its source; `fields` names what."""

    commutes: ClassVar[bool] = True
    order: str
    fields: tuple[str, ...]


@event("moved")
@dataclass(frozen=True, slots=True)
class Moved(Event):
    """A verb that only moves the case; `reason` is a code, `note` personal text."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    verb: str
    to: str
    phase: Phase
    reason: str = ""
    article: str = ""
    outcome: str = ""
    decides: bool = False
    note: str = ""
    evidence: tuple[str, ...] = ()
    ref: str = ""
    items: tuple[str, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        done = self.phase is Phase.DONE
        return replace(
            case,
            state=self.to,
            phase=self.phase,
            outcome=self.outcome or case.outcome,
            decided_at=stamp.at if self.decides else case.decided_at,
            reopened_at=stamp.at if self.verb == "reopen" else case.reopened_at,
            closed_at=stamp.at if done else 0,
            clocks=() if done else case.clocks,
            snoozed_until=0 if done else case.snoozed_until,
        )


@event("clocks_set")
@dataclass(frozen=True, slots=True)
class ClocksSet(Event):
    """The deadlines that now run; those left out have stopped. Never alone: what set them may conflict, not this."""

    commutes: ClassVar[bool] = True
    clocks: tuple[Clock, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, clocks=self.clocks)


@event("breached")
@dataclass(frozen=True, slots=True)
class Breached(Event):
    """A deadline passed; the clock goes on showing by how much. `ref` tells letters apart."""

    commutes: ClassVar[bool] = True
    clock: str
    due: int
    ref: str = ""


@event("assigned")
@dataclass(frozen=True, slots=True)
class Assigned(Event):
    """The case belongs to `assignee`, or to nobody when empty; `because`: why the desk itself did that."""

    assignee: str
    because: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, assignee=self.assignee)


@event("noted")
@dataclass(frozen=True, slots=True)
class Noted(Event):
    """An internal note."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    commutes: ClassVar[bool] = True
    text: str


@event("tagged")
@dataclass(frozen=True, slots=True)
class Tagged(Event):
    """Tags put on and taken off."""

    commutes: ClassVar[bool] = True
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        kept = tuple(tag for tag in case.tags if tag not in self.drop)
        return replace(case, tags=kept + tuple(tag for tag in self.add if tag not in kept))


@event("prioritised")
@dataclass(frozen=True, slots=True)
class Prioritised(Event):
    """Priority: 0 normal to 3 at once."""

    priority: int

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, priority=self.priority)


@event("escalated")
@dataclass(frozen=True, slots=True)
class Escalated(Event):
    """The case rose a level and lost its assignee, so that a senior takes it."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    level: int
    reason: str
    note: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, escalation=self.level, assignee="", priority=max(case.priority, 2))


@event("snoozed")
@dataclass(frozen=True, slots=True)
class Snoozed(Event):
    """Out of sight until `until` (0: back at once)."""

    until: int
    reason: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, snoozed_until=self.until)


@event("message_received")
@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    """The customer wrote or called."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    commutes: ClassVar[bool] = True
    id: str
    channel: str
    text: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        message = Message(self.id, "in", self.channel, "received", stamp.at, "customer")
        return replace(case, messages=(*case.messages, message))


@event("reply_held")
@dataclass(frozen=True, slots=True)
class ReplyHeld(Event):
    """A reply waits out its hold and leaves at `until` unless recalled.

    `canned` and `also` are the canned replies it came from; `confirmed` names what its author had to confirm.
    """

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    commutes: ClassVar[bool] = True
    id: str
    channel: str
    until: int
    canned: str = ""
    articles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        message = Message(
            self.id,
            "out",
            self.channel,
            "held",
            stamp.at,
            stamp.actor,
            self.until,
            receipt=self.canned == RECEIVED,
        )
        return replace(case, messages=(*case.messages, message))


@event("reply_settled")
@dataclass(frozen=True, slots=True)
class ReplySettled(Event):
    """What became of a reply: recalled, queued, sent, delivered, or failed with the channel's reason."""

    commutes: ClassVar[bool] = True
    id: str
    state: str
    reason: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(
            case,
            messages=tuple(
                replace(m, state=self.state, why=self.reason) if m.id == self.id else m for m in case.messages
            ),
        )


@event("approved")
@dataclass(frozen=True, slots=True)
class Approved(Event):
    """Units allowed to come back, be exchanged or repaired; the rest of what was asked is refused."""

    to: str
    phase: Phase
    lines: tuple[LineQty, ...]
    exchange: tuple[tuple[int, str], ...] = ()
    reason: str = ""
    address: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        sku, allowed = dict(self.exchange), {units.line: units.qty for units in self.lines}
        lines = [
            replace(
                line, approved=allowed.get(line.line, 0), exchange_sku=sku.get(line.line, line.exchange_sku)
            )
            for line in case.lines
        ]
        moved = replace(
            case,
            state=self.to,
            phase=self.phase,
            decided_at=stamp.at,
            outcome="approved",
            address=self.address or case.address,
        )
        return _with_lines(moved, lines)


@event("parcel_sent")
@dataclass(frozen=True, slots=True)
class ParcelSent(Event):
    """A parcel is on its way: `back` to the merchant, `out` to the consumer, or `home` with what failed inspection."""

    to: str
    phase: Phase
    id: str
    direction: str
    carrier: str
    waybill: str
    lines: tuple[LineQty, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        parcel = Parcel(self.id, self.direction, self.carrier, self.waybill, self.lines, stamp.at)
        moved = replace(case, state=self.to, phase=self.phase, parcels=(*case.parcels, parcel))
        if self.direction == "back":
            return moved
        count = "went_home" if self.direction == "home" else "sent_out"
        return _with_lines(
            moved,
            [
                replace(line, **{count: getattr(line, count) + sent.qty})
                for sent in self.lines
                if (line := moved.line(sent.line))
            ],
        )


def _arrived(case: Case, line: CaseLine, qty: int) -> CaseLine:
    received = line.received + qty
    # A unit that was given up for lost and turns up is missing no more.
    return replace(
        line, received=received, missing=min(line.missing, line.approved + case.home(line) - received)
    )


@event("goods_received")
@dataclass(frozen=True, slots=True)
class GoodsReceived(Event):
    """Units arrived at the merchant; several receipts add up."""

    to: str
    phase: Phase
    lines: tuple[LineQty, ...]
    parcel: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        lines = [_arrived(case, line, came.qty) for came in self.lines if (line := case.line(came.line))]
        parcels = tuple(
            replace(parcel, received_at=stamp.at) if parcel.id == self.parcel else parcel
            for parcel in case.parcels
        )
        moved = replace(case, state=self.to, phase=self.phase, parcels=parcels)
        # Periods count from the arrival of goods that nobody has settled yet, not from that of the last parcel.
        if not any(line.received > line.settled for line in case.lines):
            came = min(stamp.at, self._signed_at(case) or stamp.at)
            moved = replace(moved, counters={**case.counters, "goods_here_since": came})
        return _with_lines(moved, lines)

    def _signed_at(self, case: Case) -> int:
        """Since when the parcel was here by its signature; where none is named, the first that came; 0 for unknown."""
        first = not any(line.received for line in case.lines)
        named = (p for p in case.parcels if p.direction == "back" and not p.received_at and p.signed_at)
        return min(
            (p.signed_at for p in named if p.id == self.parcel or (first and not self.parcel)), default=0
        )


@dataclass(frozen=True, slots=True)
class Graded:
    """Units of one line, what becomes of them (a `Disposition`), and how good they still are (the desk's grades)."""

    line: int
    qty: int
    disposition: str
    grade: str = ""


@event("goods_inspected")
@dataclass(frozen=True, slots=True)
class GoodsInspected(Event):
    """Units judged; findings add up."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    to: str
    phase: Phase
    graded: tuple[Graded, ...]
    note: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        lines = {line.line: line for line in case.lines}
        for found in self.graded:
            line = lines[found.line]
            field = found.disposition
            lines[found.line] = replace(line, **{field: getattr(line, field) + found.qty})
        return _with_lines(replace(case, state=self.to, phase=self.phase), lines.values())


@event("counted")
@dataclass(frozen=True, slots=True)
class Counted(Event):
    """A number the case keeps is now `value` (failed repairs, when the warranty began anew, a right that opened)."""

    name: str
    value: int

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, counters={**case.counters, self.name: self.value})


@event("facts_stated")
@dataclass(frozen=True, slots=True)
class FactsStated(Event):
    """A person found something out; a fact stated again has its new value, one in `drop` is unknown again."""

    facts: tuple[Fact, ...] = ()
    drop: tuple[str, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        anew = {(fact.line, fact.name) for fact in self.facts}
        kept = tuple(f for f in case.facts if (f.line, f.name) not in anew and f.name not in self.drop)
        return replace(case, facts=kept + self.facts)


@event("ruled")
@dataclass(frozen=True, slots=True)
class Ruled(Event):
    """The decisions a verb rested on, line by line; `against` them it needed a reason, `override`."""

    commutes: ClassVar[bool] = True
    sealed: ClassVar[tuple[str, ...]] = ("override",)
    verb: str
    stance: Stance
    rulings: tuple[Ruling, ...]
    against: bool = False
    override: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, overridden=case.overridden or self.against)


@event("undone")
@dataclass(frozen=True, slots=True)
class Undone(Event):
    """The command `cause` was taken back: what `UNDOABLE` names is as it was in `before`."""

    cause: str
    verb: str
    before: Case

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, **{name: getattr(self.before, name) for name in UNDOABLE})
