"""Cases, replies and events as JSON lines or CSV: streamed, masked like everything shown, safe to open in a sheet."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, TextIO

from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.timeline import entry
from csdesk.domain.cases.calls import CallNoted
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import MessageReceived, Opened, ReplyHeld
from csdesk.domain.cases.kinds import AUTHORITY, QUEUES, queue_of
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right, may
from csdesk.domain.text import clean_whole
from csdesk.domain.value import dataclass
from csdesk.store import cases
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent, decode_case
from csdesk.store.connection import read

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
    a case are there for whoever holds it or is its assignee, and null (CSV: empty) for all others.
    """
    core.need(Right.READ)
    if queue and queue not in QUEUES:
        raise Refused("unknown_queue", queue=queue, allowed=QUEUES)
    if queue == AUTHORITY:
        core.need(Right.ASSIGN)
    wanted, put = TABLES[table], _jsonl(out) if format_ == "jsonl" else _csv(out, TABLES[table].columns)
    count = 0
    for some in _looks(core, queue):
        with read(core.store.conn):
            found = [row for case in some for row in wanted.rows(core, case)]
        for row in found:
            put(row)
        count += len(found)
    return count


def _looks(core: Core, queue: str) -> Iterator[list[Case]]:
    """The cases, some at a time, by their ids: those tell when a case began."""
    # What an authority's letter has put into one person's hands is in nobody else's lists.
    last, sees_all = "", may(core.me.role, Right.ASSIGN)
    while True:
        rows = core.store.conn.execute(
            "SELECT id, queue, snapshot FROM cases WHERE desk_id = ? AND id > ? ORDER BY id LIMIT ?",
            (core.desk, last, CASES_A_LOOK),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        some = (decode_case(snapshot) for _, of, snapshot in rows if of == queue or not queue)
        yield [case for case in some if sees_all or case.owner in ("", core.me.id)]


def _jsonl(out: TextIO) -> Callable[[Row], object]:
    def put(row: Row) -> None:
        safe = {name: _clean(value) for name, value in row.items()}
        out.write(json.dumps(safe, ensure_ascii=False, default=str) + "\n")

    return put


def _csv(out: TextIO, columns: tuple[str, ...]) -> Callable[[Row], object]:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    return lambda row: writer.writerow([cell(row[name]) for name in columns])


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
