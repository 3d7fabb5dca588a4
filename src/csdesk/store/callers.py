"""Checks of callers: rows that are only added, chained for each agent; and whom a number, a tail or a name points at.

What was said stands nowhere: the record keeps which sorts of things were asked for, and what came of it.
"""

import hashlib
from collections.abc import Iterator

from csdesk.domain.value import dataclass
from csdesk.store import index
from csdesk.store.connection import Connection
from csdesk.store.orders import TAIL
from csdesk.store.people import People

GENESIS = b"csdesk caller chain v1"
_COLUMNS = "seq, at, sorts, result, persons"
# Of a report nothing may tell who made it.
_REPORT = "report"


@dataclass(frozen=True, slots=True)
class Check:
    """The `seq`-th check of an agent's callers, at UTC ms: by which sorts, with what result, and whom it found."""

    seq: int
    at: int
    sorts: tuple[str, ...]
    result: str
    persons: tuple[str, ...]


def _check(seq: int, at: int, sorts: str, result: str, persons: str) -> Check:
    return Check(seq, at, tuple(sorts.split()), result, tuple(persons.split()))


def _start(desk: str, actor: str) -> bytes:
    """What the first check of an agent is chained to, so that no chain fits another agent."""
    return hashlib.sha256(GENESIS + f"\x1f{desk}\x1f{actor}".encode()).digest()


def _link(previous: bytes, row: tuple[object, ...]) -> bytes:
    return hashlib.sha256(previous + "\x1f".join(map(str, row)).encode()).digest()


def add(
    conn: Connection,
    desk: str,
    actor: str,
    at: int,
    sorts: tuple[str, ...],
    result: str,
    persons: tuple[str, ...] = (),
) -> Check:
    """Put a check on the record, inside the caller's transaction."""
    last = conn.execute(
        "SELECT seq, hash FROM caller_check WHERE desk_id = ? AND actor = ? ORDER BY seq DESC LIMIT 1",
        (desk, actor),
    ).fetchone()
    seq, previous = (last[0] + 1, bytes(last[1])) if last else (1, _start(desk, actor))
    row = (seq, at, " ".join(sorts), result, " ".join(persons))
    conn.execute(
        f"INSERT INTO caller_check (desk_id, actor, {_COLUMNS}, hash) VALUES (?,?,?,?,?,?,?,?)",
        (desk, actor, *row, _link(previous, row)),
    )
    return _check(*row)


def get(conn: Connection, desk: str, actor: str, seq: int) -> Check | None:
    """A check of an agent by its number."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM caller_check WHERE desk_id = ? AND actor = ? AND seq = ?", (desk, actor, seq)
    ).fetchone()
    return _check(*row) if row else None


def of_agent(conn: Connection, desk: str, actor: str, limit: int) -> list[Check]:
    """An agent's checks, the latest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM caller_check WHERE desk_id = ? AND actor = ? ORDER BY seq DESC LIMIT ?",
        (desk, actor, limit),
    )
    return [_check(*row) for row in rows]


def found(conn: Connection, desk: str, actor: str, since: int, until: int) -> Iterator[tuple[int, str]]:
    """(when, whom) an agent's checks found between two times, UTC ms, `until` exclusive."""
    rows = conn.execute(
        "SELECT at, persons FROM caller_check WHERE desk_id = ? AND actor = ? AND at >= ? AND at < ? AND persons <> ''",
        (desk, actor, since, until),
    )
    return ((at, person) for at, persons in rows for person in persons.split())


def breaks(conn: Connection, desk: str) -> Iterator[tuple[str, int]]:
    """(agent, seq) of the first check of each agent's chain that was changed, or before which one is missing."""
    rows = conn.execute(
        f"SELECT actor, {_COLUMNS}, hash FROM caller_check WHERE desk_id = ? ORDER BY actor, seq", (desk,)
    )
    actor, previous, expected, broken = None, b"", 0, False
    for who, *row, stored in rows:
        if who != actor:
            actor, previous, expected, broken = who, _start(desk, who), 0, False
        expected += 1
        previous = _link(previous, tuple(row))
        if not broken and (row[0] != expected or previous != bytes(stored)):
            broken = True
            yield who, expected


def pointed_at(conn: Connection, desk: str, people: People, sort: str, said: str, limit: int) -> list[str]:
    """Customers at whom `said` (normalised; a number or its tail) points, `limit` at most."""
    match sort:
        case "order":
            rows = conn.execute(
                "SELECT DISTINCT customer FROM orders INDEXED BY orders_tail"
                " WHERE desk_id = ? AND substr(folded, -4) = ? AND substr(folded, ?) = ? LIMIT ?",
                (desk, said[-TAIL:], -len(said), said, limit),
            )
        case "waybill":
            rows = conn.execute(_BY_WAYBILL, (desk, said[-TAIL:], -len(said), said, _REPORT, limit))
        case "case":
            found = index.cases_by_number(conn, desk, people.text_key(), said, limit)
            rows = conn.execute(
                f"SELECT DISTINCT customer FROM cases WHERE desk_id = ? AND id IN ({','.join('?' * len(found))})"
                " AND kind <> ?",
                (desk, *found, _REPORT),
            )
        case _:
            return people.having(sort, said, limit)
    return [row[0] for row in rows if row[0]]


# A parcel is an order's, or of a case on its way to us or back.
_BY_WAYBILL = (
    "SELECT DISTINCT coalesce(o.customer, c.customer) FROM parcel p INDEXED BY parcel_tail"
    " LEFT JOIN orders o ON o.desk_id = p.desk_id AND o.id = p.order_id AND p.case_id = ''"
    " LEFT JOIN cases c ON c.desk_id = p.desk_id AND c.id = p.case_id AND p.case_id <> ''"
    " WHERE p.desk_id = ? AND substr(p.waybill, -4) = ? AND substr(p.waybill, ?) = ?"
    " AND coalesce(c.kind, '') <> ? LIMIT ?"
)
# CROSS: by the few orders and cases of one customer, never by all parcels of the desk.
_HAS_WAYBILL = (
    "SELECT 1 FROM orders o CROSS JOIN parcel p ON p.desk_id = o.desk_id AND p.order_id = o.id AND p.order_id <> ''"
    " AND p.case_id = '' WHERE o.desk_id = ? AND o.customer = ? AND substr(p.waybill, ?) = ?"
    " UNION ALL SELECT 1 FROM cases c CROSS JOIN parcel p ON p.desk_id = c.desk_id AND p.case_id = c.id"
    " AND p.case_id <> '' WHERE c.desk_id = ? AND c.customer = ? AND c.kind <> ? AND substr(p.waybill, ?) = ? LIMIT 1"
)


def points_at(conn: Connection, desk: str, people: People, sort: str, said: str, person: str) -> bool:
    """Whether `said` points at this customer too."""
    match sort:
        case "order":
            row = conn.execute(
                "SELECT 1 FROM orders WHERE desk_id = ? AND customer = ? AND substr(folded, ?) = ? LIMIT 1",
                (desk, person, -len(said), said),
            ).fetchone()
        case "waybill":
            tail = (-len(said), said)
            row = conn.execute(_HAS_WAYBILL, (desk, person, *tail, desk, person, _REPORT, *tail)).fetchone()
        case "case":
            row = conn.execute(
                "SELECT 1 FROM cases WHERE desk_id = ? AND customer = ? AND kind <> ? AND instr(body, ?) > 0 LIMIT 1",
                (desk, person, _REPORT, said),
            ).fetchone()
        case _:
            return people.has(sort, said, person)
    return row is not None
