"""Which waiting case comes next, for one agent or for many: sought queue by queue and language by language.

Each look is a walk along `cases_claim` in the order of deadlines that ends with the first hits. It passes only cases
that somebody holds just now, that wait for somebody senior, or that are too dear for whoever looks.
"""

from collections.abc import Iterator, Sequence

from csdesk.domain.routing import Need, Skill
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.leases import running
from csdesk.store.staff import ANYTHING

# More than any case is about.
ANY_AMOUNT = 1 << 62


@dataclass(frozen=True, slots=True)
class Waiting:
    """A live case that is ours to move and nobody's: what it asks, its deadline (UTC ms)."""

    id: str
    need: Need
    due: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How dear a case may be for who looks, minor units: an ordinary one, an escalated one; -1: none at all."""

    plain: int = ANY_AMOUNT
    escalated: int = ANY_AMOUNT

    @classmethod
    def of(cls, skill: Skill, senior: bool) -> "Reach":
        """How far one agent reaches."""
        most = skill.most_amount or ANY_AMOUNT
        return cls(most, most if senior else -1)


ANY_REACH = Reach()

_WAITING = (
    "FROM cases INDEXED BY cases_claim WHERE desk_id = ? AND live = 1 AND phase = 'ours' AND assignee = ''"
)
# Two looks, since SQLite steps through all equals of a pair: (queue, language) > (?, ?) reads every case of the queue.
_LANGUAGE_AFTER = (
    f"SELECT queue, language {_WAITING} AND queue = ? AND language > ? ORDER BY language LIMIT 1"
)
_QUEUE_AFTER = f"SELECT queue, language {_WAITING} AND queue > ? ORDER BY queue, language LIMIT 1"


def groups(conn: Connection, desk: str, queue: str = "") -> Iterator[tuple[str, str]]:
    """Queues with their languages in which a case waits, of one queue or of all: a look or two each."""
    at: tuple[str, str] | None = (queue, "") if queue else _after(conn, desk, "")
    while at is not None:
        yield at  # of a queue that was asked for perhaps none: to see that costs what asking costs
        following = conn.execute(_LANGUAGE_AFTER, (desk, *at)).fetchone()
        at = following or (None if queue else _after(conn, desk, at[0]))


def _after(conn: Connection, desk: str, queue: str) -> tuple[str, str] | None:
    found: tuple[str, str] | None = conn.execute(_QUEUE_AFTER, (desk, queue)).fetchone()
    return found


def soonest(
    conn: Connection,
    desk: str,
    group: tuple[str, str],
    now: int,
    *,
    me: str = "",
    reach: Reach = ANY_REACH,
    skipped: Sequence[str] = (),
    limit: int = 1,
) -> list[Waiting]:
    """The waiting cases of a queue and language that run out first, within reach and held by nobody but `me`."""
    marks = ",".join("?" * len(skipped))
    rows = conn.execute(
        "SELECT c.id, c.due, c.amount, c.escalation FROM cases c INDEXED BY cases_claim"
        " LEFT JOIN lease l ON l.desk_id = c.desk_id AND l.case_id = c.id AND l.expires BETWEEN ? AND ?"
        " WHERE c.desk_id = ? AND c.queue = ? AND c.language = ? AND c.live = 1 AND c.phase = 'ours'"
        " AND c.assignee = '' AND (l.holder IS NULL OR l.holder = ? AND l.parked = 0)"
        " AND c.amount <= CASE c.escalation WHEN 0 THEN ? ELSE ? END"
        f" AND c.id NOT IN ({marks}) ORDER BY c.due, c.id LIMIT ?",
        (*running(now), desk, *group, me, reach.plain, reach.escalated, *skipped, limit),
    )
    return [Waiting(id_, Need(*group, amount, escalation), due) for id_, due, amount, escalation in rows]


def _mine(
    conn: Connection, desk: str, me: str, queue: str, skipped: Sequence[str], now: int, senior: bool
) -> tuple[int, str] | None:
    """The most urgent case that is assigned to me and that I have not put aside."""
    scope, values = (" AND c.queue = ?", (queue,)) if queue else ("", ())
    marks = ",".join("?" * len(skipped))
    row = conn.execute(
        "SELECT c.due, c.id FROM cases c INDEXED BY cases_mine"
        " LEFT JOIN lease l ON l.desk_id = c.desk_id AND l.case_id = c.id AND l.expires BETWEEN ? AND ?"
        f" WHERE c.desk_id = ? AND c.live = 1 AND c.assignee = ?{scope} AND c.phase = 'ours'"
        f" AND c.escalation <= ? AND (l.holder IS NULL OR l.holder = ? AND l.parked = 0) AND c.id NOT IN ({marks})"
        " ORDER BY c.due, c.id LIMIT 1",
        (*running(now), desk, me, *values, ANY_AMOUNT if senior else 0, me, *skipped),
    ).fetchone()
    return (row[0], row[1]) if row else None


def next_case(
    conn: Connection,
    desk: str,
    me: str,
    queue: str,
    skipped: tuple[str, ...],
    now: int,
    *,
    senior: bool = True,
    skill: Skill = ANYTHING,
    room: bool = True,
) -> str | None:
    """The live case with the nearest deadline whose turn is ours: mine, or nobody's that fits my skill.

    Not one that I have parked: its own key brings that back. Escalated ones only for a `senior`, and without `room`
    only my own.
    """
    one = "" if queue in ("all", "mine") else queue
    found = [_mine(conn, desk, me, one, skipped, now, senior)]
    if room and queue != "mine":
        reach = Reach.of(skill, senior)
        for group in groups(conn, desk, one):
            if (skill.queues and group[0] not in skill.queues) or not skill.speaks(group[1]):
                continue
            waiting = soonest(conn, desk, group, now, me=me, reach=reach, skipped=skipped)
            found += [(case.due, case.id) for case in waiting]
    return min((case for case in found if case), default=(0, None))[1]
