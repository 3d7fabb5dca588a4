"""Cases, replies and events as JSON lines or CSV: streamed, masked like everything shown, safe to open in a sheet."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, TextIO

from csdesk.desk.answers import reads
from csdesk.desk.canary_watch import watch
from csdesk.desk.core import Core
from csdesk.desk.timeline import entry
from csdesk.domain import ids
from csdesk.domain.cases.calls import CallNoted
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import MessageReceived, Opened, ReplyHeld
from csdesk.domain.cases.kind import AUTHORITY, QUEUES
from csdesk.domain.cases.kinds import queue_of
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_whole
from csdesk.domain.value import dataclass
from csdesk.interop.marks import COLUMN, LETTERS, csv_line, hasher, identity, json_line, style
from csdesk.store import canaries, cases, exports, feed
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent
from csdesk.store.connection import read, write
from csdesk.store.exports import Made
from csdesk.store.folds import decode_case

Format = Literal["jsonl", "csv"]
Row = dict[str, object]
# One look at the file at a time, so that a long export holds up no checkpoint.
CASES_A_LOOK = 200
# A sheet computes a cell that begins so (OWASP, CSV injection); an apostrophe before it makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Blanks before the sign do not keep a sheet from computing, nor does its full-width form.
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

CASES = (
    "number", "kind", "state", "queue", "open", "reason", "outcome", "channel", "priority", "escalation", "assignee",
    "tags", "order", "amount", "refunded", "currency", "opened_at", "decided_at", "due", "closed_at", "changed_at",
)  # fmt: skip
REPLIES = ("number", "at", "direction", "channel", "author", "state", "why", "canned", "text")
EVENTS = ("number", "seq", "at", "actor", "verb", "event", "detail", "text")


@dataclass(frozen=True, slots=True)
class Table:
    """What can be exported: its columns, and the rows that a case has in it."""

    columns: tuple[str, ...]
    rows: Callable[[Core, Case], Iterator[Row]]


def _moment(ms: int) -> str:
    """A time as ISO 8601 in UTC; "" for none."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds") if ms else ""


def _case(core: Core, case: Case) -> Iterator[Row]:
    told = (
        core.number(case), case.kind.value, case.state, queue_of(case), case.open, case.reason, case.outcome,
        case.channel, case.priority, case.escalation, case.assignee, list(case.tags), case.order_number, case.amount,
        case.refunded, case.currency, *map(_moment, (case.opened_at, case.decided_at, case.due, case.closed_at,
        case.changed_at)),
    )  # fmt: skip
    yield dict(zip(CASES, told, strict=True))


def _past(core: Core, case: Case) -> tuple[bool, Iterator[Past]]:
    """Whether I may read the case's words, and its events; those of a later csdesk end them."""
    may_read = reads(core, case)

    def each() -> Iterator[Past]:
        keys = core.store.keys if may_read else None
        try:
            yield from cases.history(core.store.conn, core.desk, case.id, keys)
        except UnknownEvent:
            return  # what is behind it cannot be told here; the case itself still is

    return may_read, each()


def _replies(core: Core, case: Case) -> Iterator[Row]:
    number, (may_read, past) = core.number(case), _past(core, case)
    settled = {message.id: message for message in case.messages}
    for one in past:
        happened = one.event
        if isinstance(happened, Opened):
            said, who = happened.summary, ("in", case.channel, "customer", "received", "", "")
            if not one.sealed:
                continue
        elif isinstance(happened, MessageReceived | ReplyHeld | CallNoted) and (
            message := settled.get(happened.id)
        ):
            canned = happened.canned if isinstance(happened, ReplyHeld) else ""
            said = happened.text
            who = (message.direction, message.channel, message.author, message.state, message.why, canned)
        else:
            continue
        text = mask_text(said) if may_read else None
        yield dict(zip(REPLIES, (number, _moment(one.at), *who, text), strict=True))


def _events(core: Core, case: Case) -> Iterator[Row]:
    number, (may_read, past) = core.number(case), _past(core, case)
    for one in past:
        told = entry(one, may_read)
        if told is not None:
            values = (
                number,
                told.seq,
                _moment(told.at),
                told.actor,
                told.verb,
                told.code,
                told.detail,
                told.text,
            )
            yield dict(zip(EVENTS, values, strict=True))


TABLES: Mapping[str, Table] = {
    "cases": Table(CASES, _case),
    "replies": Table(REPLIES, _replies),
    "events": Table(EVENTS, _events),
}


def export(core: Core, table: str, format_: Format, out: TextIO, queue: str = "") -> int:
    """Write a table of all cases (or of those whose queue this is), oldest first; how many rows that were.

    Refused `no_right` without the right to read, `unknown_queue`. Names, numbers and addresses are masked; the words of
    a case are there for whoever holds it or is its assignee, and null (CSV: empty) for all others. Who exported what is
    on record before the first row is written, and each row is marked as one of this export (`marks`).
    """
    core.need(Right.READ)
    if queue and queue not in QUEUES:
        raise Refused("unknown_queue", queue=queue, allowed=QUEUES)
    if queue == AUTHORITY:
        core.need(Right.ASSIGN)
    made, held = _recorded(core, table, format_, queue)
    wanted = TABLES[table]
    put = (_jsonl if format_ == "jsonl" else _csv)(core, made, out, wanted.columns)
    count = 0
    for some in _looks(core, held, made.upto):
        with read(core.store.conn):
            found = [row for case in some for row in wanted.rows(core, case)]
        for row in found:
            put(row)
        count += len(found)
    return count


def _recorded(core: Core, table: str, format_: str, queue: str) -> tuple[Made, tuple[str, ...]]:
    """Put an export on the record: of all cases up to the last there is, or of those that stand in a queue."""
    conn = core.store.conn
    if queue:
        rows = conn.execute(
            "SELECT id FROM cases WHERE desk_id = ? AND queue = ? ORDER BY id", (core.desk, queue)
        )
        held, upto = tuple(row[0] for row in rows), ""
        cases = len(held)
    else:
        held = ()
        cases, upto = conn.execute(
            "SELECT count(*), coalesce(max(id), '') FROM cases WHERE desk_id = ?", (core.desk,)
        ).fetchone()
    number = ids.number(LETTERS, ids.make_body(int.from_bytes(os.urandom(8), "big") >> (64 - ids.BODY_BITS)))
    made = Made(core.me.id, 0, number, core.now(), table, format_, queue, cases, upto)
    with write(conn):
        exports.add(conn, core.desk, made, held)
        watch(core, "export", *_planted(core, held, upto))
    return made, held


def _planted(core: Core, held: tuple[str, ...], upto: str) -> list[str]:
    """The canaries of whom somebody opened a case that is in this export."""
    conn, known = core.store.conn, canaries.all_of(core.store.conn, core.desk, core.store.people)
    return [
        one.person
        for one in known.values()
        if any(row.id in held or row.id <= upto for row in feed.of_customer(conn, core.desk, one.person))
    ]


def _looks(core: Core, held: tuple[str, ...], upto: str) -> Iterator[list[Case]]:
    """The cases, some at a time, by their ids: those tell when a case began."""
    # What an authority's letter has put into one person's hands is in nobody else's lists.
    last, sees_all, conn = "", core.me.may(Right.ASSIGN), core.store.conn
    for first in range(0, len(held), CASES_A_LOOK):
        part = held[first : first + CASES_A_LOOK]
        rows = conn.execute(
            f"SELECT id, snapshot FROM cases WHERE desk_id = ? AND id IN ({','.join('?' * len(part))}) ORDER BY id",
            (core.desk, *part),
        ).fetchall()
        yield _mine(core, rows, sees_all=sees_all)
    while last < upto:
        rows = conn.execute(
            "SELECT id, snapshot FROM cases WHERE desk_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
            (core.desk, last, upto, CASES_A_LOOK),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield _mine(core, rows, sees_all=sees_all)


def _mine(core: Core, rows: list[tuple[str, bytes]], *, sees_all: bool) -> list[Case]:
    some = (decode_case(snapshot) for _, snapshot in rows)
    return [case for case in some if sees_all or case.owner in ("", core.me.id)]


def _jsonl(core: Core, made: Made, out: TextIO, columns: tuple[str, ...]) -> Callable[[Row], object]:
    hashed = hasher(core.store.people.text_key())

    def put(row: Row) -> None:
        safe = {name: _clean(value) for name, value in row.items()}
        longer = style(hashed, made.id, identity(safe), columns)
        out.write(json_line({**safe, COLUMN: made.id}, longer) + "\n")

    return put


def _csv(core: Core, made: Made, out: TextIO, columns: tuple[str, ...]) -> Callable[[Row], object]:
    hashed = hasher(core.store.people.text_key())
    out.write(",".join((*columns, COLUMN)) + "\r\n")

    def put(row: Row) -> None:
        cells = {name: cell(row[name]) for name in columns}
        longer = style(hashed, made.id, identity(cells), columns)
        out.write(csv_line({**cells, COLUMN: made.id}, longer) + "\r\n")

    return put


def _clean(value: object) -> object:
    return clean_whole(value) if isinstance(value, str) else value


def cell(value: object) -> str:
    """A value as a cell of a sheet: without control characters, and never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, default=str) if value else ""
    text = str(value)
    risky = text.startswith(FORMULA)
    text = clean_whole(text)
    return f"'{text}" if risky or text.lstrip(" \n\u3000").startswith(SIGNS) else text


def to_stdout() -> TextIO:
    """Where an export goes: UTF-8 and line ends as they are written, whatever the terminal's habits."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    return sys.stdout
