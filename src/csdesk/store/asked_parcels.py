"""Parcels that carriers are asked after: which are due, when each was last asked after, and how carriers stand."""

from collections.abc import Iterable

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.tracking import AWAITED_MS

_AWAITED = (
    " FROM parcel p INDEXED BY parcel_awaited LEFT JOIN parcel_asked a"
    " ON a.desk_id = p.desk_id AND a.waybill = p.waybill"
    " WHERE p.desk_id = ? AND p.at > ? AND p.signed_at = 0 AND p.told_at = 0 AND p.direction <> ''"
)


@dataclass(frozen=True, slots=True)
class Due:
    """A parcel whose turn it is; `case` is the one it belongs to, "" for an order's."""

    waybill: str
    carrier: str
    case: str


@dataclass(frozen=True, slots=True)
class State:
    """How carriers stand: when they last answered and failed (UTC ms, 0: never), and why."""

    answered_at: int = 0
    failed_at: int = 0
    fault: str = ""


def state(conn: Connection, desk: str) -> State:
    """How carriers stand."""
    row = conn.execute(
        "SELECT answered_at, failed_at, fault FROM carrier_state WHERE desk_id = ?", (desk,)
    ).fetchone()
    return State(*row) if row else State()


def put_state(conn: Connection, desk: str, now: State) -> None:
    """Keep how carriers stand, inside the caller's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO carrier_state VALUES (?,?,?,?)",
        (desk, now.answered_at, now.failed_at, now.fault),
    )


def due(conn: Connection, desk: str, now: int, every_ms: int, limit: int) -> list[Due]:
    """Parcels sent in the last 60 days, not delivered, and not asked after for `every_ms`; the longest not asked first.

    Several rows of one waybill (of an order and of a case) all come: it goes on until each of them has ended.
    """
    rows = conn.execute(
        f"SELECT p.waybill, p.carrier, p.case_id{_AWAITED} AND coalesce(a.at, 0) <= ?"
        " ORDER BY coalesce(a.at, 0), p.at, p.waybill LIMIT ?",
        (desk, now - AWAITED_MS, now - every_ms, limit),
    )
    return [Due(*row) for row in rows.fetchall()]


def count(conn: Connection, desk: str, now: int) -> int:
    """How many waybills are awaited."""
    (found,) = conn.execute(
        f"SELECT count(DISTINCT p.waybill){_AWAITED}", (desk, now - AWAITED_MS)
    ).fetchone()
    return int(found)


def asked(conn: Connection, desk: str, waybills: Iterable[str], at: int) -> None:
    """Write down that these are asked after, inside the caller's transaction."""
    conn.executemany(
        "INSERT OR REPLACE INTO parcel_asked VALUES (?,?,?)", [(desk, waybill, at) for waybill in waybills]
    )


def unanswered(conn: Connection, desk: str) -> int:
    """How many labels, pick-ups and cancellations wait for a carrier's answer."""
    (found,) = conn.execute(
        "SELECT count(*) FROM outbox INDEXED BY outbox_due WHERE desk_id = ? AND state = 'ready' AND kind = 'carrier'",
        (desk,),
    ).fetchone()
    return int(found)
