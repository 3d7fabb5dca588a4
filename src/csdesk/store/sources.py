"""Order systems as this desk knows them: how old what they told is, where their feed stands, what people settled."""

from collections.abc import Iterable

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# Who is asked after parcels is kept here too, under names that begin so.
CARRIERS = "carriers:"


@dataclass(frozen=True, slots=True)
class State:
    """How a source stands: the cursor of its feed, when it last answered and failed (UTC ms, 0: never), and why."""

    cursor: str = ""
    pulled_at: int = 0
    answered_at: int = 0
    failed_at: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """When an order was last told by its source, and how new that was there (`stamp`, 0 unknown); UTC ms."""

    seen_at: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person made of a difference: `how` (theirs, ours, case), for which state of it (`digest`)."""

    digest: str
    how: str
    reason: str
    actor: str
    at: int


def state(conn: Connection, desk: str, source: str) -> State:
    """How a source stands."""
    row = conn.execute(
        "SELECT cursor, pulled_at, answered_at, failed_at, fault FROM order_source"
        " WHERE desk_id = ? AND source = ?",
        (desk, source),
    ).fetchone()
    return State(*row) if row else State()


def newest(conn: Connection, desk: str) -> State | None:
    """How the order system stands that was asked last; None when none was. A desk has one, or a few over the years."""
    row = conn.execute(
        "SELECT cursor, pulled_at, answered_at, failed_at, fault FROM order_source"
        " WHERE desk_id = ? AND source NOT LIKE ? ORDER BY max(answered_at, failed_at) DESC LIMIT 1",
        (desk, f"{CARRIERS}%"),
    ).fetchone()
    return State(*row) if row else None


def put_state(conn: Connection, desk: str, source: str, now: State) -> None:
    """Keep how a source stands, inside the caller's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO order_source VALUES (?,?,?,?,?,?,?)",
        (desk, source, now.cursor, now.pulled_at, now.answered_at, now.failed_at, now.fault),
    )


def saw(conn: Connection, desk: str, orders: Iterable[tuple[str, Seen]]) -> None:
    """Keep when orders (by id) were told, inside the caller's transaction; a stamp never goes back."""
    conn.executemany(
        "INSERT INTO order_seen VALUES (?,?,?,?) ON CONFLICT (desk_id, order_id) DO UPDATE SET"
        " seen_at = max(seen_at, excluded.seen_at), stamp = max(stamp, excluded.stamp)",
        [(desk, id_, seen.seen_at, seen.stamp) for id_, seen in orders],
    )


def seen(conn: Connection, desk: str, order_id: str) -> Seen:
    """When an order was last told; of one that only ever came in a file, when its record last changed."""
    row = conn.execute(
        "SELECT seen_at, stamp FROM order_seen WHERE desk_id = ? AND order_id = ?", (desk, order_id)
    ).fetchone()
    if row:
        return Seen(*row)
    row = conn.execute(
        "SELECT changed_at FROM orders WHERE desk_id = ? AND id = ?", (desk, order_id)
    ).fetchone()
    return Seen(row[0] if row else 0, 0)


def settled(conn: Connection, desk: str, order_id: str) -> dict[str, Settled]:
    """What people settled of an order's differences, by their name."""
    rows = conn.execute(
        "SELECT what, digest, how, reason, actor, at FROM order_settled WHERE desk_id = ? AND order_id = ?",
        (desk, order_id),
    )
    return {what: Settled(*rest) for what, *rest in rows}


def settle(conn: Connection, desk: str, order_id: str, what: str, how: Settled) -> None:
    """Keep what a person made of a difference, inside the caller's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO order_settled VALUES (?,?,?,?,?,?,?,?)",
        (desk, order_id, what, how.digest, how.how, how.reason, how.actor, how.at),
    )


def comparable(conn: Connection, desk: str, after: str, limit: int) -> list[str]:
    """Ids of orders that can differ, in order, behind `after`: with a case, or with money back by their source."""
    rows = conn.execute(
        "SELECT order_id FROM cases INDEXED BY cases_order WHERE desk_id = ? AND order_id > ? GROUP BY order_id"
        " UNION SELECT order_id FROM payment INDEXED BY payment_returned"
        " WHERE desk_id = ? AND order_id > ? AND returned > 0 GROUP BY order_id ORDER BY order_id LIMIT ?",
        (desk, after, desk, after, limit),
    )
    return [row[0] for row in rows]
