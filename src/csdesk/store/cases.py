"""The one write path of a case: events, snapshot, projections, outbox, counters and change, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage_events import CANCEL, CarrierAsked, CarrierDeclined, CarrierTaken, collected
from csdesk.domain.cases.case import Case, Clock, Refund, RefundPart
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import (
    Breached,
    ClocksSet,
    Event,
    GoodsReceived,
    ParcelSent,
    ReplyHeld,
    ReplySettled,
    Snoozed,
    Undone,
)
from csdesk.domain.cases.evidence import EvidenceFiled
from csdesk.domain.cases.kinds import hands, queue_of
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.persons import PersonFlagged
from csdesk.domain.cases.refund_events import (
    Compensated,
    RefundApproved,
    RefundProposed,
    RefundSettled,
)
from csdesk.domain.cases.writeback import OrderAsked, OrderDeclined, OrderTaken
from csdesk.domain.clocks.clock import labelled
from csdesk.domain.value import dataclass
from csdesk.store.chain import Row, link, start
from csdesk.store.codec import decode, encode, known
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to
from csdesk.store.feed import NEVER
from csdesk.store.flags import PUT_FLAG, flag_row
from csdesk.store.folds import encode_case
from csdesk.store.index import index_numbers, index_texts
from csdesk.store.restraint import findable
from csdesk.store.tracking import PUT_CASE_PARCEL, timer_key

CASE_COLUMNS = (
    "desk_id, id, body, kind, queue, state, phase, live, version, order_id, order_number, customer, merchant, assignee,"
    " priority, escalation, subject, reason, amount, currency, due, breached, opened_at, changed_at, closed_at,"
    " language, incident, head, snapshot"
)
# Not REPLACE: two cases with one number must be an error, never one case fewer.
_PUT_CASE = (
    f"INSERT INTO cases ({CASE_COLUMNS}, held) VALUES ({', '.join('?' * 29)}, 0)"
    " ON CONFLICT (desk_id, id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in CASE_COLUMNS.split(", ")[2:])
    # What a lease put there stands as long as the case waits.
    + ", held = CASE WHEN excluded.live = 1 AND excluded.phase = 'ours' AND excluded.assignee = '' THEN held ELSE 0 END"
)
_PUT_EVENT = "INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
_PUT_LINE = "INSERT OR REPLACE INTO case_line VALUES (?,?,?,?,?,?,?)"
_PUT_PART = "INSERT OR REPLACE INTO refund_part VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
# What was moot (its case had moved on) may be wanted again after an undo.
_PUT_OUT = (
    "INSERT INTO outbox VALUES (?,?,?,?,?,'ready',?,0,0,'',?)"
    " ON CONFLICT (desk_id, key) DO UPDATE SET state = 'ready', run_at = excluded.run_at WHERE state = 'moot'"
)
_STOP = (
    "DELETE FROM outbox INDEXED BY outbox_case"
    " WHERE desk_id = ? AND case_id = ? AND kind = 'clock' AND state = 'ready'"
)
_END = "UPDATE outbox SET state = ?, result = ? WHERE desk_id = ? AND key = ?"
_PUT_EVIDENCE = "INSERT INTO evidence VALUES (?,?,?,?,?,?,?,?,?,?)"
_PUT_SENT = (
    "INSERT INTO canned_use VALUES (?,?,?,1,?)"
    " ON CONFLICT (desk_id, agent, canned) DO UPDATE SET uses = uses + 1, at = excluded.at"
)
_PUT_REQUEST = "INSERT INTO request VALUES (?,?,?,?,?,?,?)"
_COUNT = (
    "INSERT INTO counter VALUES (?,?,0,?,?) ON CONFLICT (desk_id, queue, shard)"
    " DO UPDATE SET live = live + excluded.live, breached = breached + excluded.breached"
)


# A provider that said no is asked a day later whether it paid after all: banks settle by the end of a day.
RECHECK_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Written:
    """One command's outcome, ready to be kept. `head` is the hash of the last event before it (b"" for a new case)."""

    before: Case | None
    after: Case
    events: Sequence[Event]
    head: bytes
    at: int
    actor: str
    cause: str
    verb: str


@dataclass(slots=True)
class Batch:
    """Rows of one or many commands, grouped by table so that a bulk load costs one statement a table."""

    # As each case stood before the batch, and as it now stands, with the head of its chain.
    began: dict[str, Case | None] = field(default_factory=dict)
    cases: dict[str, tuple[Case, bytes]] = field(default_factory=dict)
    events: list[tuple[object, ...]] = field(default_factory=list)
    lines: dict[tuple[str, int], tuple[object, ...]] = field(default_factory=dict)
    parts: dict[tuple[str, int], tuple[object, ...]] = field(default_factory=dict)
    parcels: dict[tuple[str, str], tuple[object, ...]] = field(default_factory=dict)
    out: dict[str, tuple[object, ...]] = field(default_factory=dict)
    flags: list[tuple[object, ...]] = field(default_factory=list)
    settled: list[tuple[str, str, str]] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    clocks: dict[str, list[str]] = field(default_factory=dict)
    requests: list[tuple[object, ...]] = field(default_factory=list)
    changes: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    texts: list[tuple[str, int, str, str]] = field(default_factory=list)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    evidence: list[tuple[object, ...]] = field(default_factory=list)
    sent: list[tuple[object, ...]] = field(default_factory=list)


def live(case: Case | None) -> bool:
    """Whether the case stands in its queue: open and not snoozed."""
    return case is not None and case.open and not case.snoozed_until


def breached(case: Case | None) -> bool:
    """Whether a deadline of a live case had passed when the case last changed (a timer changes it at the deadline)."""
    return case is not None and live(case) and 0 < case.due <= case.changed_at


def subject(case: Case) -> str:
    """What the case is about, in a line: the goods, else the order; never what the customer said."""
    if case.cause is not None:
        return case.cause.title
    if not case.lines:
        return case.order_number
    more = sum(line.asked for line in case.lines) - case.lines[0].asked
    count = f" x{case.lines[0].asked}" if case.lines[0].asked > 1 else ""
    return case.lines[0].title + count + (f" +{more}" if more else "")


def event_bound(desk_id: str, case_id: str, seq: int) -> bytes:
    """The place an event's sealed fields are bound to."""
    return bound_to(desk_id, "event", f"{case_id}/{seq}", "sealed")


def gather(batch: Batch, keys: PersonKeys, written: Written) -> bytes:
    """Add the rows of one command to `batch`; returns the new head of the case's chain."""
    case, desk = written.after, written.after.desk
    head = written.head or start(desk, case.id)
    seq = written.before.version if written.before else 0
    for happened in written.events:
        seq += 1
        payload, hidden = encode(happened)
        sealed = keys.seal(desk, case.customer, hidden, event_bound(desk, case.id, seq)) if hidden else b""
        row = Row(
            seq,
            happened.type,
            happened.v,
            written.at,
            written.actor,
            written.cause,
            written.verb,
            case.customer if hidden else "",
            payload,
            sealed,
        )
        head = link(head, row)
        batch.events.append(
            (
                desk,
                case.id,
                seq,
                row.type,
                row.v,
                row.at,
                row.actor,
                row.cause,
                row.verb,
                row.person,
                payload,
                sealed,
                head,
            )
        )
        if isinstance(happened, EvidenceFiled):
            batch.evidence.append(_evidence_row(keys, case, happened, written))
        for name in happened.sealed:
            if text := getattr(happened, name):
                batch.texts.append((case.id, seq, case.customer, text))
        if written.before is not None and (isinstance(happened, ClocksSet | Undone) or not case.open):
            _stop_clocks(batch, case.id)
        if isinstance(happened, ReplyHeld):
            sent = dict.fromkeys(filter(None, (happened.canned, *happened.also)))
            batch.sent += [(desk, written.actor, canned, written.at) for canned in sent]
        if isinstance(happened, PersonFlagged):
            batch.flags.append(flag_row(case, happened, written.actor, written.at))
        _effects(batch, desk, case, happened, written.at)
    if written.before is None:
        batch.numbers.append((case.id, case.body))
    batch.began.setdefault(case.id, written.before)
    batch.cases[case.id] = case, head
    _projections(batch, case)
    _given_up(batch, written.before, case)
    batch.requests.append(
        (desk, written.cause, case.id, written.verb, written.actor, case.version, written.at)
    )
    since = written.before.version if written.before is not None else 0
    batch.changes[case.id] = (case.version, written.at, batch.changes.get(case.id, (0, 0, since))[2])
    return head


def _evidence_row(keys: PersonKeys, case: Case, filed: EvidenceFiled, written: Written) -> tuple[object, ...]:
    name = keys.seal(
        case.desk, case.customer, filed.name.encode(), evidence_bound(case.desk, case.id, filed.sha256)
    )
    told = (filed.size, filed.media, written.at, written.actor, filed.source)
    return (case.desk, case.id, filed.sha256, *told, case.customer, name)


def evidence_bound(desk_id: str, case_id: str, sha256: str) -> bytes:
    """The place the sealed name of a file is bound to."""
    return bound_to(desk_id, "evidence", f"{case_id}/{sha256}", "sealed")


def _stop_clocks(batch: Batch, case_id: str) -> None:
    """Forget the timers of a case, those in the file and those that this batch would have written."""
    batch.stopped.add(case_id)
    for key in batch.clocks.pop(case_id, ()):
        batch.out.pop(key, None)


def case_row(case: Case, head: bytes) -> tuple[object, ...]:
    # A case without a deadline sorts after all that have one.
    due = case.due or NEVER
    return (
        case.desk,
        case.id,
        case.body,
        case.kind.value,
        queue_of(case),
        case.state,
        case.phase.value,
        int(live(case)),
        case.version,
        case.order,
        case.order_number,
        case.customer,
        case.merchant,
        hands(case),
        case.priority,
        case.escalation,
        subject(case),
        case.reason,
        case.amount,
        case.currency,
        due,
        int(breached(case)),
        case.opened_at,
        case.changed_at,
        case.closed_at,
        case.language,
        case.incident,
        head,
        encode_case(case),
    )


def _projections(batch: Batch, case: Case) -> None:
    for refund in case.refunds:
        for part in refund.parts:
            batch.parts[refund.id, part.payment] = part_row(case, refund, part)
    for parcel in case.parcels:
        batch.parcels[case.id, parcel.id] = (
            case.desk,
            normal_waybill(parcel.waybill),
            case.id,
            parcel.direction,
            parcel.carrier,
            case.customer,
            ",".join(str(units.line) for units in parcel.lines),
            parcel.at,
        )
    for ask in case.carrier_asks:
        # A label's waybill is known before its parcel is: the first scan books that one.
        if ask.waybill and ask.what != CANCEL and not collected(case, ask):
            lines = ",".join(str(units.line) for units in ask.lines)
            number = normal_waybill(ask.waybill)
            row = (case.desk, number, case.id, "back", ask.carrier, case.customer, lines, ask.at)
            batch.parcels[case.id, ask.id] = row
    if not case.order:
        return
    for line in case.lines:
        batch.lines[case.id, line.line] = (
            case.desk,
            case.order,
            line.line,
            case.id,
            claimed(case, line.line),
            line.refunded_units,
            line.refunded,
        )


def _given_up(batch: Batch, before: Case | None, case: Case) -> None:
    """Lines that are another case's now are claimed here no more."""
    if before is None or not before.order:
        return
    kept = {line.line for line in case.lines} if case.order == before.order else set()
    for line in before.lines:
        if line.line not in kept:
            batch.lines[case.id, line.line] = (case.desk, before.order, line.line, case.id, 0, 0, 0)


def part_row(case: Case, refund: Refund, part: RefundPart) -> tuple[object, ...]:
    """The row of `refund_part` by which other cases of the order know what this one gives back."""
    asks = (ask for ask in case.order_asks if ask.what == "refund" and ask.refund == refund.id)
    return (
        case.desk,
        case.id,
        refund.id,
        part.payment,
        case.order,
        part.minor,
        part.count,
        refund.cause,
        refund.state,
        refund.at,
        refund.reference,
        next((ask.reference for ask in asks if ask.reference), ""),
    )


def _effects(batch: Batch, desk: str, case: Case, happened: Event, at: int) -> None:
    """What an event asks of the world outside, as outbox rows; their keys make a second run harmless."""

    def put(key: str, kind: str, ref: str, run_at: int) -> None:
        batch.out[key] = (desk, key, kind, case.id, ref, run_at, at)

    match happened:
        case ReplyHeld():
            put(f"message:{happened.id}", "message", happened.id, happened.until)
        case ReplySettled() if happened.state != "queued":  # that one's job goes on
            batch.settled.append((f"message:{happened.id}", happened.state, happened.reason))
        case RefundProposed(refund=refund) | Compensated(refund=refund) if refund.state == "proposed":
            put(refund_key(refund.id), "refund", refund.id, at)
        case RefundApproved():
            put(refund_key(happened.id), "refund", happened.id, at)
        case RefundSettled():
            # What was paid by an older refund is no failure that somebody must look at.
            state = "done" if happened.reason == "paid_already" else happened.state
            batch.settled.append((refund_key(happened.id), state, happened.reason))
            if happened.state == "failed" and happened.reason != "paid_already":
                put(f"recheck:{happened.id}", "recheck", happened.id, at + RECHECK_MS)
        case OrderAsked(id=id_):
            put(order_key(id_), "order", id_, at)
        case OrderTaken(id=id_, reference=reference):
            batch.settled.append((order_key(id_), "done", reference))
        case OrderDeclined(id=id_, reason=reason):
            batch.settled.append((order_key(id_), "failed", reason))
        case CarrierAsked(id=id_):
            put(carrier_key(id_), "carrier", id_, at)
        case CarrierTaken(id=id_, reference=reference, waybill=waybill):
            batch.settled.append((carrier_key(id_), "done", reference))
            if waybill:
                number = normal_waybill(waybill)
                batch.out[timer_key(number)] = (desk, timer_key(number), "parcel", "", number, at, at)
        case CarrierDeclined(id=id_, fault=fault):
            batch.settled.append((carrier_key(id_), "failed", fault))
        case ParcelSent(waybill=waybill):
            # Scans may have come before the parcel was known here; from then on the timer waits for silence.
            number = normal_waybill(waybill)
            batch.out[timer_key(number)] = (desk, timer_key(number), "parcel", "", number, at, at)
        case GoodsReceived(parcel=id_) if gone := next((p for p in case.parcels if p.id == id_), None):
            batch.out.pop(timer_key(normal_waybill(gone.waybill)), None)
        case Snoozed() if happened.until:
            put(wake_key(case.id, happened.until), "wake", str(happened.until), happened.until)
        case ClocksSet() | Undone():
            for clock in happened.clocks if isinstance(happened, ClocksSet) else happened.before.clocks:
                if clock.open_pause:
                    continue  # it has no time to run out until somebody resumes it
                key = clock_key(case.id, clock)
                batch.clocks.setdefault(case.id, []).append(key)
                put(key, "clock", f"{clock.label}:{clock.due}", clock.due)
        case Breached():
            label = labelled(happened.clock, happened.ref)
            batch.settled.append((f"clock:{case.id}:{label}:{happened.due}", "done", "breached"))
        case _:
            pass
    if isinstance(happened, Undone) and (until := happened.before.snoozed_until):
        put(wake_key(case.id, until), "wake", str(until), until)


def refund_key(refund: str) -> str:
    """The outbox key of a refund, which is also the idempotency key that its provider gets."""
    return f"refund:{refund}"


def order_key(ask: str) -> str:
    """The outbox key of a request to the order system, which is also the idempotency key that it gets."""
    return f"order:{ask}"


def carrier_key(ask: str) -> str:
    """The outbox key of a request to a carrier, which is also the idempotency key that it gets."""
    return f"carrier:{ask}"


def wake_key(case_id: str, until: int) -> str:
    """The outbox key of the timer that ends a case's sleep."""
    return f"wake:{case_id}:{until}"


def clock_key(case_id: str, clock: Clock) -> str:
    """The outbox key of the timer of a case's deadline."""
    return f"clock:{case_id}:{clock.label}:{clock.due}"


def _counts(batch: Batch) -> dict[str, list[int]]:
    """By how much live and breached cases of each queue become more; steps in between cancel each other out."""
    counts: dict[str, list[int]] = {}
    for id_, (after, _) in batch.cases.items():
        for case, sign in ((batch.began[id_], -1), (after, 1)):
            if case is not None and live(case):
                count = counts.setdefault(queue_of(case), [0, 0])
                count[0] += sign
                count[1] += sign * breached(case)
    return counts


def write(conn: Connection, desk: str, batch: Batch, text_key: bytes) -> None:
    """Keep a batch, with the index of its words, inside the caller's transaction.

    Refused `already_sent` when a recall came too late.
    """
    # A case that begins in this batch has no timers yet.
    conn.executemany(_STOP, [(desk, id_) for id_ in batch.stopped if batch.began[id_] is not None])
    conn.executemany(_PUT_EVENT, batch.events)
    conn.executemany(_PUT_CASE, [case_row(case, head) for case, head in batch.cases.values()])
    conn.executemany(_PUT_LINE, batch.lines.values())
    conn.executemany(_PUT_PART, batch.parts.values())
    conn.executemany(PUT_FLAG, batch.flags)
    conn.executemany(PUT_CASE_PARCEL, batch.parcels.values())
    conn.executemany(_PUT_OUT, batch.out.values())
    conn.executemany(_PUT_EVIDENCE, batch.evidence)
    _settle(conn, desk, batch.settled)
    conn.executemany(_PUT_REQUEST, batch.requests)
    conn.executemany(_PUT_SENT, batch.sent)
    conn.executemany(
        _COUNT, [(desk, queue, n, late) for queue, (n, late) in _counts(batch).items() if n or late]
    )
    index_numbers(conn, desk, text_key, batch.numbers)
    index_texts(conn, desk, text_key, findable(conn, desk, batch.texts))
    _announce(conn, desk, batch.changes)


def _settle(conn: Connection, desk: str, settled: Sequence[tuple[str, str, str]]) -> None:
    """Say of jobs of the outbox (key, state, reason) what became of them, in order."""
    ended: list[tuple[str, str, str, str]] = []
    for key, state, reason in settled:
        if state != "recalled":
            ended.append(("failed" if state == "failed" else "done", reason or state, desk, key))
            continue
        conn.executemany(_END, ended)
        ended.clear()
        stopped = conn.execute(
            "UPDATE outbox SET state = 'cancelled' WHERE desk_id = ? AND key = ? AND state = 'ready'",
            (desk, key),
        )
        if stopped.rowcount != 1:
            raise Refused("already_sent")
    conn.executemany(_END, ended)


def _announce(conn: Connection, desk: str, changes: dict[str, tuple[int, int, int]]) -> None:
    (last,) = conn.execute("SELECT coalesce(max(seq), 0) FROM change WHERE desk_id = ?", (desk,)).fetchone()
    conn.executemany(
        "INSERT INTO change VALUES (?,?,?,?,?,?)",
        [
            (desk, last + n, case, version, at, since)
            for n, (case, (version, at, since)) in enumerate(changes.items(), 1)
        ],
    )


@dataclass(frozen=True, slots=True)
class Past:
    """A stored event with its stamp; `event` lacks personal text (which it has, if `sealed`) without keys."""

    seq: int
    at: int
    actor: str
    cause: str
    verb: str
    event: Event
    sealed: bool = False


def history(
    conn: Connection, desk: str, case_id: str, keys: PersonKeys | None = None, after: int = 0
) -> Iterable[Past]:
    """The events of a case after `after`, in order; with `keys`, personal text is opened ("" when shredded)."""
    rows = conn.execute(
        "SELECT seq, at, actor, cause, verb, type, v, person, payload, sealed FROM event"
        " WHERE desk_id = ? AND case_id = ? AND seq > ? ORDER BY seq",
        (desk, case_id, after),
    )
    for seq, at, actor, cause, verb, type_, v, person, payload, sealed in rows:
        hidden = b""
        if sealed and keys is not None:
            hidden = keys.open(desk, person, sealed, event_bound(desk, case_id, seq)) or b""
        yield Past(seq, at, actor, cause, verb, decode(type_, v, payload, hidden), bool(sealed))


def unknown_events(conn: Connection, desk: str, case_id: str) -> tuple[str, ...]:
    """Types of a case's events that only a later csdesk knows: such a case can be read here, never changed."""
    rows = conn.execute(
        "SELECT DISTINCT type, v FROM event WHERE desk_id = ? AND case_id = ?", (desk, case_id)
    )
    return tuple(f"{type_} v{v}" for type_, v in rows if not known(type_, v))
