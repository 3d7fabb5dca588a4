"""Who holds a case just now: leases that expire by themselves, fenced, beside the chain so that no verb conflicts.

A lease is the truth. `held` in the row of a case that waits for whoever asks first is a note of it: until then (UTC ms)
nobody need look whether the case is free, so that who looks for the next one does not walk past all that are in
somebody's hand. It never ends later than its lease does; 0 and what lies outside of `running` says nothing.
"""

from csdesk.domain.value import dataclass
from csdesk.store import holdings
from csdesk.store.connection import Connection

# Renewed by the holder's keys, so five minutes without a key give the case back.
HOLD_MS = 5 * 60_000
# A parked case waits out a telephone call.
PARK_MS = 15 * 60_000
# Two programs read the clock at different moments; NTP moves it by less.
SLACK_MS = 60_000
# A renewal within this leaves the note alone: writing it touches an index, on PostgreSQL all indexes of the row.
STALE_MS = 3 * 60_000


@dataclass(frozen=True, slots=True)
class Lease:
    """A case is held by `holder` in `session` from `since` until `expires` (UTC ms).

    `fence` grows with every new holding.
    """

    case: str
    holder: str
    session: str
    fence: int
    expires: int
    parked: int
    since: int = 0


# A console in use renews what it holds once a minute: a lease that was given within this time is still its.
FRESH_MS = 2 * 60_000
_COLUMNS = "case_id, holder, session, fence, expires, parked, since"


def running(now: int) -> tuple[int, int]:
    """First and last ms at which a lease that runs now may end: one that ends later was made by a clock that stood
    wrong, and holds nobody off until that day comes.
    """
    return now + 1, now + PARK_MS + SLACK_MS


_HELD = f"SELECT {_COLUMNS} FROM lease WHERE desk_id = ? AND case_id = ? AND expires BETWEEN ? AND ?"
_HOLD = (
    "INSERT INTO lease VALUES (?,?,?,?,1,?,?,?) ON CONFLICT (desk_id, case_id) DO UPDATE SET"
    " fence = fence + CASE WHEN holder <> excluded.holder OR expires <= excluded.since THEN 1 ELSE 0 END,"
    " since = CASE WHEN holder <> excluded.holder OR expires <= excluded.since THEN excluded.since ELSE since END,"
    " holder = excluded.holder,"
    " session = excluded.session, expires = excluded.expires, parked = excluded.parked"
    f" RETURNING {_COLUMNS}"
)
_NOTE = (
    "UPDATE cases SET held = ? WHERE desk_id = ? AND id = ? AND live = 1 AND phase = 'ours' AND assignee = ''"
    " AND held NOT BETWEEN ? AND ?"
)


def held(conn: Connection, desk: str, case_id: str, now: int) -> Lease | None:
    """The lease that runs on a case."""
    row = conn.execute(_HELD, (desk, case_id, *running(now))).fetchone()
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
    """Hold or renew inside the caller's transaction; answers the other's lease when somebody else holds the case.

    What another console of the holder has in use stays that one's, so that leaving the second gives nothing away.
    """
    found, last = conn.together((_HELD, (desk, case_id, *running(now))), (holdings.ROWS.last, (desk, holder)))
    other = Lease(*found[0]) if found else None
    if other is not None and other.holder != holder and not force:
        return other
    if other is not None and not (park or force or other.parked):
        fresh = other.expires > now + HOLD_MS - FRESH_MS
        if other.holder == holder and other.session != session and fresh:
            return other
    until = now + (PARK_MS if park else HOLD_MS)
    writes: list[tuple[str, tuple[object, ...]]] = [
        (_HOLD, (desk, case_id, holder, session, until, now if park else 0, now)),
        (_NOTE, (until, desk, case_id, until - STALE_MS, until)),
    ]
    if other is None or other.holder != holder:  # a new one, not a renewal
        writes.append(holdings.adding(desk, holder, last[0] if last else None, now, case_id))
    (row,), *_ = conn.together(*writes)
    return Lease(*row)


def release(conn: Connection, desk: str, case_id: str, holder: str, session: str = "") -> None:
    """Give a case back before its time; the row stays, since its fence must go on growing.

    `session`: only what this console of the holder has.
    """
    given = conn.execute(
        "UPDATE lease SET expires = 0, parked = 0 WHERE desk_id = ? AND case_id = ? AND holder = ?"
        " AND ? IN ('', session)",
        (desk, case_id, holder, session),
    )
    if given.rowcount:
        conn.execute("UPDATE cases SET held = 0 WHERE desk_id = ? AND id = ? AND held <> 0", (desk, case_id))


def of_holder(conn: Connection, desk: str, holder: str, now: int) -> list[Lease]:
    """What somebody holds, the last parked first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM lease WHERE desk_id = ? AND holder = ? AND expires BETWEEN ? AND ?"
        " ORDER BY parked DESC, case_id",
        (desk, holder, *running(now)),
    )
    return [Lease(*row) for row in rows]


def release_all(conn: Connection, desk: str, holder: str, now: int, *, parked: bool) -> int:
    """Give back what somebody holds, what is put aside only when `parked`; how many that were."""
    given = [lease for lease in of_holder(conn, desk, holder, now) if parked or not lease.parked]
    for lease in given:
        release(conn, desk, lease.case, holder)
    return len(given)
