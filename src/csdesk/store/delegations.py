"""Who may approve refunds in whose place: rows that are added and revoked, never changed; no personal data."""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

_COLUMNS = "id, from_agent, to_agent, most, since, until, actor"


@dataclass(frozen=True, slots=True)
class Given:
    """`giver` lets `to` approve up to `most` minor units (0: the giver's own limit), from `since` to `until` (UTC ms).

    `actor` gave it: the giver.
    """

    id: str
    giver: str
    to: str
    most: int
    since: int
    until: int
    actor: str


def give(conn: Connection, desk: str, given: Given) -> None:
    """Keep a delegation in place of what its giver gave the same person, inside the caller's transaction."""
    conn.execute(
        "UPDATE approval_delegation SET revoked_at = ?, actor = ?"
        " WHERE desk_id = ? AND to_agent = ? AND from_agent = ? AND until > ? AND revoked_at = 0",
        (given.since, given.actor, desk, given.to, given.giver, given.since),
    )
    conn.execute(
        "INSERT INTO approval_delegation VALUES (?,?,?,?,?,?,?,0,?)",
        (desk, given.id, given.giver, given.to, given.most, given.since, given.until, given.actor),
    )


def revoke(conn: Connection, desk: str, id_: str, actor: str, now: int) -> None:
    """End a delegation, inside the caller's transaction."""
    conn.execute(
        "UPDATE approval_delegation SET revoked_at = ?, actor = ? WHERE desk_id = ? AND id = ? AND revoked_at = 0",
        (now, actor, desk, id_),
    )


def running(conn: Connection, desk: str, now: int) -> list[Given]:
    """Those of everybody that hold at `now`, the soonest over first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM approval_delegation"
        " WHERE desk_id = ? AND revoked_at = 0 AND until > ? ORDER BY until, id",
        (desk, now),
    )
    return [Given(*row) for row in rows]


def to(conn: Connection, desk: str, agent: str, since: int) -> list[Given]:
    """Those to `agent` that nobody revoked and that were not over at `since`, the longest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM approval_delegation"
        " WHERE desk_id = ? AND to_agent = ? AND revoked_at = 0 AND until > ? ORDER BY until DESC, id",
        (desk, agent, since),
    )
    return [Given(*row) for row in rows]
