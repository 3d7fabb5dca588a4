"""What everybody who works here is told, until it is over: a few rows, no personal data."""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Said:
    """What was told to everybody who is here, until `until` (UTC ms)."""

    id: str
    actor: str
    text: str
    at: int
    until: int


def say(conn: Connection, desk: str, said: Said) -> None:
    """Keep a broadcast, and forget those that are over, inside the caller's transaction."""
    conn.execute("DELETE FROM broadcast WHERE desk_id = ? AND until <= ?", (desk, said.at))
    conn.execute(
        "INSERT INTO broadcast VALUES (?,?,?,?,?,?)",
        (desk, said.id, said.actor, said.text, said.at, said.until),
    )


def unsay(conn: Connection, desk: str, id_: str) -> bool:
    """Take a broadcast back, inside the caller's transaction; False when there is none."""
    return conn.execute("DELETE FROM broadcast WHERE desk_id = ? AND id = ?", (desk, id_)).rowcount == 1


def sayings(conn: Connection, desk: str, now: int, limit: int = 20) -> list[Said]:
    """What is told now, the newest first."""
    rows = conn.execute(
        "SELECT id, actor, text, at, until FROM broadcast WHERE desk_id = ? AND until > ? ORDER BY until LIMIT ?",
        (desk, now, limit),
    )
    return sorted((Said(*row) for row in rows), key=lambda one: (-one.at, one.id))
