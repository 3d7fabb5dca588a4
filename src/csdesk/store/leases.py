"""Who holds a case just now: leases that expire by themselves, fenced, beside the chain so that no verb conflicts."""

from dataclasses import dataclass

from csdesk.store.connection import Connection

# Renewed by the holder's keys, so five minutes without a key give the case back.
HOLD_MS = 5 * 60_000
# A parked case waits out a telephone call.
PARK_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Lease:
    """A case is held by `holder` in `session` until `expires` (UTC ms); `fence` grows with every new holding."""

    case: str
    holder: str
    session: str
    fence: int
    expires: int
    parked: int


_COLUMNS = "case_id, holder, session, fence, expires, parked"


def held(conn: Connection, desk: str, case_id: str, now: int) -> Lease | None:
    """The lease that runs on a case."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM lease WHERE desk_id = ? AND case_id = ? AND expires > ?",
        (desk, case_id, now),
    ).fetchone()
    return Lease(*row) if row else None


def hold(
    conn: Connection,
    desk: str,
    case_id: str,
    holder: str,
    session: str,
    now: int,
    *,
    park: bool = False,
    force: bool = False,
) -> Lease:
    """Hold or renew inside the caller's transaction; answers the other's lease when somebody else holds the case."""
    other = held(conn, desk, case_id, now)
    if other is not None and other.holder != holder and not force:
        return other
    row = conn.execute(
        "INSERT INTO lease VALUES (?,?,?,?,1,?,?) ON CONFLICT (desk_id, case_id) DO UPDATE SET"
        " fence = fence + (holder <> excluded.holder OR expires <= ?), holder = excluded.holder,"
        " session = excluded.session, expires = excluded.expires, parked = excluded.parked"
        f" RETURNING {_COLUMNS}",
        (desk, case_id, holder, session, now + (PARK_MS if park else HOLD_MS), now if park else 0, now),
    ).fetchone()
    return Lease(*row)


def release(conn: Connection, desk: str, case_id: str, holder: str) -> None:
    """Give a case back before its time; the row stays, since its fence must go on growing."""
    conn.execute(
        "UPDATE lease SET expires = 0, parked = 0 WHERE desk_id = ? AND case_id = ? AND holder = ?",
        (desk, case_id, holder),
    )


def of_holder(conn: Connection, desk: str, holder: str, now: int) -> list[Lease]:
    """What somebody holds, the last parked first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM lease WHERE desk_id = ? AND holder = ? AND expires > ? ORDER BY parked DESC, case_id",
        (desk, holder, now),
    )
    return [Lease(*row) for row in rows]


def next_case(
    conn: Connection,
    desk: str,
    me: str,
    queue: str,
    skipped: tuple[str, ...],
    now: int,
    *,
    senior: bool = True,
) -> str | None:
    """The live case with the nearest deadline whose turn is ours, that nobody else holds or is assigned to.

    Not one that I have parked: its own key brings that back. Escalated ones only for a `senior`.
    """
    scope, values = ("", ()) if queue in ("all", "mine") else (" AND c.queue = ?", (queue,))
    nobody = me if queue == "mine" else ""
    if not senior:
        scope += " AND c.escalation = 0"
    marks = ",".join("?" * len(skipped))
    row = conn.execute(
        "SELECT c.id FROM cases c LEFT JOIN lease l ON l.desk_id = c.desk_id AND l.case_id = c.id AND l.expires > ?"
        f" WHERE c.desk_id = ? AND c.live = 1{scope} AND c.phase = 'ours' AND c.assignee IN (?, ?)"
        f" AND (l.holder IS NULL OR l.holder = ? AND l.parked = 0) AND c.id NOT IN ({marks})"
        " ORDER BY c.due, c.id LIMIT 1",
        (now, desk, *values, nobody, me, me, *skipped),
    ).fetchone()
    return row[0] if row else None
