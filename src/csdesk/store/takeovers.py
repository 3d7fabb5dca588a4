"""From whom a case was taken: beside the chain, so that both sides see it and the former one's verbs are refused."""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Taken:
    """`former` had a case, and at `at` (UTC ms) `actor` gave it to `taker`, perhaps to themselves.

    `draft`: whether the former one left an unsent reply; its text is for nobody else.
    """

    case: str
    former: str
    taker: str
    actor: str
    at: int
    draft: bool = False


_COLUMNS = (
    "t.case_id, t.former, t.taker, t.actor, t.at, EXISTS (SELECT 1 FROM draft d WHERE d.desk_id = t.desk_id"
    " AND d.agent = t.former AND d.case_id = t.case_id)"
)


def put(conn: Connection, desk: str, taken: Taken) -> None:
    """Keep that a case was taken, inside the caller's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO takeover VALUES (?,?,?,?,?,?)",
        (desk, taken.case, taken.former, taken.taker, taken.actor, taken.at),
    )


def forget(conn: Connection, desk: str, case_id: str, former: str) -> None:
    """Somebody has the case rightly again, inside the caller's transaction."""
    conn.execute(
        "DELETE FROM takeover WHERE desk_id = ? AND case_id = ? AND former = ?", (desk, case_id, former)
    )


def _taken(case: str, former: str, taker: str, actor: str, at: int, draft: int) -> Taken:
    return Taken(case, former, taker, actor, at, bool(draft))


def lost(conn: Connection, desk: str, case_id: str, former: str, assignee: str) -> Taken | None:
    """Who took a case from somebody and has it still; None when nobody did, or it went on since."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM takeover t WHERE t.desk_id = ? AND t.case_id = ? AND t.former = ? AND t.taker = ?",
        (desk, case_id, former, assignee),
    ).fetchone()
    return _taken(*row) if row else None


def gained(conn: Connection, desk: str, case_id: str, taker: str) -> Taken | None:
    """From whom somebody has a case: the last one who lost it to them."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM takeover t WHERE t.desk_id = ? AND t.case_id = ? AND t.taker = ?"
        " ORDER BY t.at DESC LIMIT 1",
        (desk, case_id, taker),
    ).fetchone()
    return _taken(*row) if row else None
