"""Who had which case in hand since when, and so could read its messages: rows that are only added, one a lease."""

from csdesk.store.chained import Rows
from csdesk.store.connection import Connection

ROWS = Rows("holding", "actor", b"csdesk holding chain v1", ("at", "case_id"))


def add(conn: Connection, desk: str, actor: str, at: int, case_id: str) -> None:
    """Note that a lease of somebody began, inside the caller's transaction."""
    ROWS.add(conn, desk, actor, (at, case_id))


def of_case(conn: Connection, desk: str, case_id: str) -> list[tuple[str, int]]:
    """(who, since when) of everybody who had a case in hand, the first first."""
    return conn.execute(
        "SELECT actor, at FROM holding WHERE desk_id = ? AND case_id = ? ORDER BY at, actor", (desk, case_id)
    ).fetchall()


def workers(conn: Connection, desk: str, case_id: str) -> list[tuple[str, int]]:
    """(who, when first) of everybody who did something on a case."""
    return conn.execute(
        "SELECT actor, min(at) FROM event WHERE desk_id = ? AND case_id = ? GROUP BY actor ORDER BY 2, 1",
        (desk, case_id),
    ).fetchall()
