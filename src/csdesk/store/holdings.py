"""Who had which case in hand since when, and so could read its messages: rows that are only added, one a lease."""

from csdesk.store.chained import Rows
from csdesk.store.connection import Connection

ROWS = Rows("holding", "actor", b"csdesk holding chain v1", ("at", "case_id"))


def adding(
    desk: str, actor: str, last: tuple[int, bytes] | None, at: int, case_id: str
) -> tuple[str, tuple[object, ...]]:
    """The statement that notes that a lease of somebody began, with its values; `last`: see `Rows.last`."""
    return ROWS.adding(desk, actor, *ROWS.after(desk, actor, last), (at, case_id))


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
