"""A worked desk, bytes turned in its files, and a look at the file that shares nothing with the checks under test.

What counts as damage: a turned byte counts when, read by SQLite without any check, a row of a table, an entry of an
index, or a statement of the schema is other than before, or cannot be read at all. Bytes that hold nothing (free
pages, the gaps within a page, counters in the header that say when the file was last written) say nothing to anybody:
no program can find them, and none can be misled by them.
"""

import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from csdesk.desk.queries import Hold, KeepDraft, KeepPlace
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve, Inspect, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.shared import Close, Note, Snooze, Take
from csdesk.effects.evidence_in import file_one
from csdesk.interop.demo.make import make_demo
from csdesk.store import evidence, looks
from csdesk.store.connection import Connection, checkpoint, sqlite, write
from csdesk.store.doctor import examine
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from csdesk.store.guards import guard
from csdesk.store.verify import verify
from tests.building import DeskFile, line

# Tables whose rows `verify` holds against the cases or a chain: made-up rows there would be findings of their own.
HELD_AGAINST = {"evidence", "refund_part", "counter", "case_line", "outbox"}
CHAINED = {"look", "caller_check", "holding", "export_made", "leak_fact", "canary_touch"}
CASES = 12


def lived(desk_file: DeskFile) -> None:
    """Give a desk something in every table: what people did, and made-up rows where nobody did anything."""
    store = desk_file.store()
    make_demo(store, CASES, desk_file.clock.now, lambda _done, _all: None, seed=7)
    wang, system = desk_file.core("wang"), desk_file.core("system")
    order = desk_file.order(line(2, 39_801), payments=[("wechat", 30_000), ("points", 9_801)])
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 2),), summary="左耳没有声音")).case
    for n in range(4):
        picture = b"\x89PNG\r\n\x1a\n" + Random(n).randbytes(90_000 * n + 700)
        file_one(wang, case.id, io.BytesIO(picture), f"{n}.png", "cli", 1 << 30)
    for command in (Take(), Approve(), ShipBack("顺丰", "SF1234567890"), Receive(), Inspect(), PayBack()):
        case = wang.do(command, case.id).case
    system.do(SettleRefund(case.refunds[0].id, "confirmed", "ref"), case.id)
    wang.do(Reply("已经退款"), case.id)
    wang.do(Close(), case.id)
    held = wang.do(Open(Kind.INQUIRY)).case
    for more in (Reply("您好"), Note("等客户回电"), Snooze(2)):
        wang.do(more, held.id)
    wang.ask(Hold(held.id))
    wang.ask(KeepDraft(held.id, "还没写完的答复", 3))
    wang.ask(KeepPlace('{"screen": "queue"}'))
    with write(store.conn) as conn:
        now, who = desk_file.clock.now, held.customer
        for n in range(3):
            looks.add(
                conn, "main", at=now + n, actor="wang", person=who, case=held.id, fields=("phone",),
                reason="call_back", until=now + n,
            )  # fmt: skip
        for table in _tables(conn):
            if (
                table not in HELD_AGAINST | CHAINED
                and "_terms" not in table
                and not conn.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
            ):
                _fill(conn, table)
        guard(conn)
    checkpoint(store.conn)
    desk_file.close()


def _fill(conn: Connection, table: str) -> None:
    columns = conn.execute(f"PRAGMA table_info({table})").fetchall()
    made = {"TEXT": "'made-up ' || ?1", "INTEGER": "1000 + ?1", "BLOB": "CAST('made-up ' || ?1 AS BLOB)"}
    values = ["'other' || ?1" if column[1] == "desk_id" else made[column[2]] for column in columns]
    for n in range(3):
        conn.execute(f"INSERT INTO {table} SELECT {', '.join(values)}", (n,))


def _tables(conn: Connection) -> list[str]:
    rows = conn.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%'"
    )
    return [row[0] for row in rows.fetchall()]


Content = dict[str, list[tuple[object, ...]]]


def content(path: Path) -> Content | str:
    """Every row, index entry and statement as SQLite reads it without a check; a text when it cannot."""
    try:
        with closing(sqlite.connect(f"{path.as_uri()}?immutable=1", uri=True)) as conn:
            conn.text_factory = bytes
            return dict(_content(conn))
    except (sqlite.Error, UnicodeDecodeError, OverflowError) as exc:
        return type(exc).__name__


def _content(conn: sqlite.Connection) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    yield "sqlite_schema", conn.execute("SELECT * FROM sqlite_schema").fetchall()
    yield (
        "pragmas",
        [conn.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")],
    )
    for name, table, sql in conn.execute(
        "SELECT name, tbl_name, sql FROM sqlite_schema WHERE rootpage > 0"
    ).fetchall():
        index, of = name.decode(), table.decode()
        if index == of:
            yield of, conn.execute(f"SELECT * FROM {of} NOT INDEXED").fetchall()
            continue
        if sql is None:
            columns = ", ".join(
                row[2].decode() for row in conn.execute(f"PRAGMA index_info({index})").fetchall()
            )
            where = ""
        else:
            said = re.fullmatch(
                r"(?s)CREATE (?:UNIQUE )?INDEX \w+\s+ON \w+\s*\((.*?)\)(\s+WHERE .*)?", sql.decode()
            )
            assert said, sql
            columns, where = re.sub(r" COLLATE NOCASE", "", said[1]), said[2] or ""
        yield index, conn.execute(f"SELECT {columns} FROM {of} INDEXED BY {index}{where}").fetchall()


def differing(before: Content, after: Content | str) -> set[str]:
    """Names of the tables and indexes that differ; `file` when it cannot be read."""
    if isinstance(after, str):
        return {"file"}
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@dataclass(frozen=True)
class Told:
    """What the commands say of a file: of `doctor` its errors, of `verify --evidence` all."""

    doctor: list[str]
    verify: list[str]

    @property
    def all(self) -> str:
        return "\n".join((*self.doctor, *self.verify))


def told(path: Path, now: int) -> Told:
    """What both commands find; nothing but a StoreError or Refused may come out of them."""
    doctor = [str(one) for one in examine(path, now=now) if one.level == "error" and one.code != "no_worker"]
    try:
        with closing(open_store(path)) as store:
            found = [str(one) for one in verify(store, contents=True)]
    except (StoreError, Refused) as exc:
        found = [str(exc)]
    return Told(doctor, found)


def files_of(path: Path) -> list[Path]:
    """The desk's file and its files of evidence."""
    kept = [
        one for one in evidence.folder_of(path).rglob("*") if one.is_file() and not one.name.startswith(".")
    ]
    return [path, *sorted(kept)]
