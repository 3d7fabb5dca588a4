"""Proof that a file still says what happened: chains, snapshots, projections, promises, counters, money.

Cases are read in batches of one snapshot each, so a desk may work on meanwhile, and memory stays bounded.
"""

from collections.abc import Callable, Iterator
from dataclasses import field
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import msgspec

from csdesk.domain import ids
from csdesk.domain.cases.carriage_events import UNSETTLED
from csdesk.domain.cases.case import UNSENT, Case, Kind
from csdesk.domain.cases.events import Stamp, evolve
from csdesk.domain.cases.opening import claimed
from csdesk.domain.value import dataclass
from csdesk.store import anchors, callers, evidence, looks
from csdesk.store import verify_money as money
from csdesk.store.cases import CASE_COLUMNS, carrier_key, case_row, clock_key, refund_key, wake_key
from csdesk.store.chain import Row, breaks
from csdesk.store.codec import UnknownEvent, decode
from csdesk.store.connection import Connection, read, translated
from csdesk.store.file import Store
from csdesk.store.folds import decode_case, encode_case, load
from csdesk.store.guards import misshapen

# A batch is one short look: some 5 MB and 0.1 s, so that the write-ahead log can be emptied in between.
CASES_A_BATCH = 500
KEYS_A_QUERY = 500
_COLUMNS = tuple(CASE_COLUMNS.split(", "))
_HEAD, _VERSION = _COLUMNS.index("head"), _COLUMNS.index("version")
_LAST_ID = "~"  # sorts after every id
# The states in which an outbox row still keeps, or has kept, what the case was promised.
_KEPT = {
    "message": ("ready", "running"),
    "refund": ("ready", "running", "failed", "dropped"),
    "clock": ("ready", "running", "done", "failed", "dropped"),
    "wake": ("ready", "running", "failed", "dropped"),
    "carrier": ("ready", "running", "failed", "dropped"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `number` is the case's as people say it, "" when about none.

    Codes and their detail: `changed`, `gap`, `head` (seq: where the chain breaks), `orphan` (id, events:
    events without a case), `unknown_event` (type: readable by a later csdesk only), `unreadable` (seq,
    error: an event that cannot be decoded), `snapshot` (version: the fold of the events differs), `row`
    (columns that differ from the fold), `lines`, `refunds` (order: rows beside the case say otherwise),
    `promise` (key, found: what should happen later is not in the outbox), `counter` (queue, counted, kept,
    late, late_kept), `evidence` (kept, filed: rows beside the case say otherwise), `evidence_missing` and
    `evidence_changed` (hash: a file that is not there, or not what was filed), `misshapen` (names: tables or indexes
    that are not as csdesk makes them; nothing more is looked at), `look` (id, seq: where the record of who looked at a
    person's data was changed or cut), `caller`, `export`, `holding`, `leak`, `touch` (the same of other records), and
    what `verify_money` finds: `ledger`, `early`, `over_refunded`, `stray`.
    """

    code: str
    number: str
    detail: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.number or '-'}: {self.code} ({told})"


def verify(
    store: Store, progress: Callable[[int], None] | None = None, *, contents: bool = False
) -> Iterator[Finding]:
    """Everything that is wrong with the desk's cases, in the order of their ids; `progress(cases_done)`.

    `contents`: every file of evidence is read and must be what was filed; without it, it must be there.
    StoreError `torn` where a page or text cannot be read at all.
    """
    with translated(store.conn.path):
        if names := misshapen(store.conn):
            yield Finding("misshapen", "", {"names": ", ".join(names[:5])})
        else:
            yield from _everything(store, progress, contents)


def _everything(store: Store, progress: Callable[[int], None] | None, contents: bool) -> Iterator[Finding]:
    conn, desk = store.conn, store.desk.id
    last, done = "", 0
    while True:
        with read(conn):
            rows = conn.execute(
                f"SELECT {CASE_COLUMNS} FROM cases WHERE desk_id = ? AND id > ? ORDER BY id LIMIT ?",
                (desk, last, CASES_A_BATCH),
            ).fetchall()
            upto = rows[-1][1] if len(rows) == CASES_A_BATCH else _LAST_ID
            found = [*_batch(conn, desk, rows, last, upto), *_noted(conn, desk, last, upto)]
        yield from found
        done += len(rows)
        if progress:
            progress(done)
        if upto == _LAST_ID:
            break
        last = upto
    with read(conn):
        found = [*_counters(conn, desk)]
        found += [Finding(code, "", detail) for code, detail in money.everywhere(conn, desk)]
        found += [Finding("look", "", {"id": person, "seq": seq}) for person, seq in looks.breaks(conn, desk)]
        found += [Finding("caller", "", {"who": who, "seq": seq}) for who, seq in callers.breaks(conn, desk)]
        found += [
            Finding(sort, "", {"id": owner, "seq": seq})
            for sort, rows in anchors.CHAINED.items()
            for owner, seq in rows.breaks(conn, desk)
        ]
    yield from found
    for case_id, wrong, sha256 in evidence.check(store, contents=contents):
        case, _ = load(conn, desk, case_id) or (None, b"")
        number = ids.number(case.kind.letters, case.body) if case else case_id
        yield Finding(f"evidence_{wrong}", number, {"hash": sha256[:12]})


def _noted(conn: Connection, desk: str, after: str, upto: str) -> Iterator[Finding]:
    """Cases that say until when they are held although none of them waits; of those that wait an index says it too."""
    for row in conn.execute(
        f"SELECT {CASE_COLUMNS} FROM cases WHERE desk_id = ? AND id > ? AND id <= ? AND coalesce(held, 1) <> 0"
        " AND NOT (live = 1 AND phase = 'ours' AND assignee = '') ORDER BY id",
        (desk, after, upto),
    ):
        yield Finding("row", _number(row), {"columns": "held"})


def _batch(
    conn: Connection, desk: str, rows: list[tuple[object, ...]], after: str, upto: str
) -> Iterator[Finding]:
    by_id = {str(row[1]): row for row in rows}
    events = conn.execute(
        "SELECT case_id, seq, type, v, at, actor, cause, verb, person, payload, sealed, hash FROM event"
        " WHERE desk_id = ? AND case_id > ? AND case_id <= ? ORDER BY case_id, seq",
        (desk, after, upto),
    )
    promised: dict[str, str] = {}
    for case_id, group in groupby(events, key=itemgetter(0)):
        row = by_id.pop(case_id, None)
        if row is None:
            yield Finding("orphan", "", {"id": case_id, "events": sum(1 for _ in group)})
            continue
        case = _folded(row, [_read(event) for event in group])
        if isinstance(case, Finding):
            yield case
            continue
        number = _number(row)
        yield from (Finding(code, number, detail) for code, detail in _differences(conn, row, case))
        promised |= dict.fromkeys(_promises(case), number)
    for row in by_id.values():  # a case none of whose events are left
        yield Finding("head", _number(row), {"seq": 0})
    yield from _unkept(conn, desk, promised)


def _number(row: tuple[object, ...]) -> str:
    """The number of a case by its columns; its id when they make none."""
    try:
        return ids.number(Kind(str(row[3])).letters, str(row[2]))
    except (KeyError, ValueError):
        return str(row[1])


def _read(event: tuple[Any, ...]) -> tuple[Row, bytes]:
    """A row of `event` and its stored hash; whoever edits a BLOB by hand may leave TEXT of the same bytes."""
    *fields, payload, sealed, stored = event[1:]
    bodies = (body if isinstance(body, bytes) else str(body).encode() for body in (payload, sealed))
    return Row(*fields, *bodies), stored


def _folded(row: tuple[object, ...], events: list[tuple[Row, bytes]]) -> Case | Finding:
    """The case that the events make; a Finding when their chain is broken or they cannot be folded here."""
    desk, case_id = str(row[0]), str(row[1])
    head, version = row[_HEAD], row[_VERSION]
    if not isinstance(head, bytes) or not isinstance(version, int):
        return Finding("head", _number(row), {"seq": 0})
    for broken in breaks(desk, case_id, events, head, version):
        return Finding(broken.what, _number(row), {"seq": broken.seq})
    case: Case | None = None
    try:
        for event, _ in events:
            case = evolve(case, decode(event.type, event.v, event.payload), Stamp(event.at, event.actor))
    except UnknownEvent as exc:
        return Finding("unknown_event", _number(row), {"type": str(exc)})
    except (msgspec.MsgspecError, ValueError, KeyError) as exc:
        return Finding("unreadable", _number(row), {"seq": event.seq, "error": type(exc).__name__})
    return cast("Case", case)  # groupby gives no empty group


def _differences(
    conn: Connection, row: tuple[object, ...], case: Case
) -> Iterator[tuple[str, dict[str, object]]]:
    """Where the case's row, snapshot and projections differ from the fold of its events."""
    expected = case_row(case, cast("bytes", row[_HEAD]))
    wrong = [name for name, is_, must in zip(_COLUMNS[:-1], row, expected, strict=False) if is_ != must]
    if wrong:
        yield "row", {"columns": ", ".join(wrong)}
    if row[-1] != expected[-1] and not _same(row[-1], case):
        yield "snapshot", {"version": case.version}
    yield from money.differences(conn, case)
    files = conn.execute(
        "SELECT sha256, size, media FROM evidence WHERE desk_id = ? AND case_id = ? ORDER BY sha256",
        (case.desk, case.id),
    ).fetchall()
    if files != sorted((one.sha256, one.size, one.media) for one in case.evidence):
        yield "evidence", {"kept": len(files), "filed": len(case.evidence)}
    if not case.order:
        return
    key = (case.desk, case.order, case.id)
    kept = conn.execute(
        "SELECT line, claimed, refunded_units, refunded FROM case_line"
        " WHERE desk_id = ? AND order_id = ? AND case_id = ? ORDER BY line",
        key,
    ).fetchall()
    lines = [(line.line, claimed(case, line.line), line.refunded_units, line.refunded) for line in case.lines]
    # A converted inquiry may leave lines behind; they count for nothing.
    if [line for line in kept if any(line[1:])] != sorted(line for line in lines if any(line[1:])):
        yield "lines", {"order": case.order_number}


def _same(snapshot: object, case: Case) -> bool:
    """Whether a snapshot says the same in other bytes: written by a csdesk that knew fewer fields."""
    try:
        return (
            isinstance(snapshot, bytes)
            and decode_case(snapshot) == case
            and _within(msgspec.json.decode(snapshot), msgspec.json.decode(encode_case(case)))
        )
    except msgspec.MsgspecError:
        return False


def _within(told: object, full: object) -> bool:
    """Whether every field that is told is one of `full` with the same value: a name with a byte turned is none."""
    if isinstance(told, dict) and isinstance(full, dict):
        return all(name in full and _within(value, full[name]) for name, value in told.items())
    if isinstance(told, list) and isinstance(full, list):
        return len(told) == len(full) and all(map(_within, told, full))
    return told == full


def _promises(case: Case) -> Iterator[str]:
    """The outbox keys of everything that must still happen for a case."""
    yield from (f"message:{message.id}" for message in case.messages if message.state in UNSENT)
    yield from (refund_key(r.id) for r in case.refunds if r.pending and r.state != "awaiting")
    yield from (clock_key(case.id, clock) for clock in case.clocks if not clock.open_pause)
    yield from (carrier_key(ask.id) for ask in case.carrier_asks if ask.state in UNSETTLED)
    if case.snoozed_until:
        yield wake_key(case.id, case.snoozed_until)


def _unkept(conn: Connection, desk: str, promised: dict[str, str]) -> Iterator[Finding]:
    keys, states = list(promised), dict[str, str]()
    for at in range(0, len(keys), KEYS_A_QUERY):
        some = keys[at : at + KEYS_A_QUERY]
        marks = ",".join("?" * len(some))
        states |= conn.execute(
            f"SELECT key, state FROM outbox WHERE desk_id = ? AND key IN ({marks})", (desk, *some)
        ).fetchall()
    for key, number in promised.items():
        state = states.get(key, "missing")
        if state not in _KEPT[key.partition(":")[0]]:
            yield Finding("promise", number, {"key": key, "found": state})


def _counters(conn: Connection, desk: str) -> Iterator[Finding]:
    counted = conn.execute(
        "SELECT queue, count(*), sum(breached) FROM cases WHERE desk_id = ? AND live = 1 GROUP BY queue",
        (desk,),
    )
    kept = conn.execute(
        "SELECT queue, sum(live), sum(breached) FROM counter WHERE desk_id = ? GROUP BY queue", (desk,)
    )
    true = {queue: (live, late) for queue, live, late in counted}
    told = {queue: (live, late) for queue, live, late in kept}
    for queue in sorted(true.keys() | told.keys()):
        (kept_live, kept_late), (live, late) = told.get(queue, (0, 0)), true.get(queue, (0, 0))
        if (kept_live, kept_late) != (live, late):
            detail = {
                "queue": queue,
                "counted": live,
                "kept": kept_live,
                "late": late,
                "late_kept": kept_late,
            }
            yield Finding("counter", "", detail)
