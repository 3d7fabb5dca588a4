"""Which waiting case comes next, for one agent or for many: sought queue by queue and language by language.

Each look is a walk along `cases_claim` in the order of deadlines that ends with the first hits. It passes only cases
that wait for somebody senior, or that are too dear for whoever looks: those in somebody's hand lie apart in it, by the
end of their hold, and only those whose time is over are looked at (`held`, see store/leases.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from csdesk.domain.routing import Need, Skill, unfit
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

_WAITING = "INDEXED BY cases_claim WHERE desk_id = ? AND live = 1 AND phase = 'ours' AND assignee = ''"
# From one to the one after it, each a look at the first entry behind: not all equals are stepped through.
_LANGUAGES = (
    "WITH RECURSIVE spoken (language) AS ("
    f"SELECT min(language) FROM cases {_WAITING} AND queue = ? UNION ALL"
    f" SELECT (SELECT min(language) FROM cases {_WAITING} AND queue = ? AND language > spoken.language)"
    " FROM spoken WHERE spoken.language IS NOT NULL) SELECT language FROM spoken WHERE language IS NOT NULL"
)
_GROUPS = (
    f"WITH RECURSIVE lined (queue) AS (SELECT min(queue) FROM cases {_WAITING} AND queue > '' UNION ALL"
    f" SELECT (SELECT min(queue) FROM cases {_WAITING} AND queue > lined.queue)"
    " FROM lined WHERE lined.queue IS NOT NULL), spoken (queue, language) AS ("
    f"SELECT lined.queue, (SELECT min(language) FROM cases {_WAITING} AND queue = lined.queue)"
    " FROM lined WHERE lined.queue IS NOT NULL UNION ALL"
    f" SELECT spoken.queue, (SELECT min(language) FROM cases {_WAITING} AND queue = spoken.queue"
    " AND language > spoken.language) FROM spoken WHERE spoken.language IS NOT NULL)"
    " SELECT queue, language FROM spoken WHERE language IS NOT NULL"
)


def groups(conn: Connection, desk: str, queue: str = "") -> Iterator[tuple[str, str]]:
    """Queues with their languages in which a case waits, of one queue or of all: a look or two each."""
    sql, values = _groups(desk, queue)
    return iter(_named(queue, conn.execute(sql, values)))


def _groups(desk: str, queue: str) -> tuple[str, tuple[str, ...]]:
    return (_LANGUAGES, (desk, queue, desk, queue)) if queue else (_GROUPS, (desk,) * 4)


def _named(queue: str, rows: Iterable[Any]) -> list[tuple[str, str]]:
    return sorted((queue, row[0]) if queue else (row[0], row[1]) for row in rows)


_FREE = (
    "SELECT c.id, c.due, c.amount, c.escalation FROM cases c INDEXED BY cases_claim"
    " LEFT JOIN lease l ON l.desk_id = c.desk_id AND l.case_id = c.id AND l.expires BETWEEN ? AND ?"
    " WHERE c.desk_id = ? AND c.queue = ? AND c.language = ? AND c.live = 1 AND c.phase = 'ours'"
    " AND c.assignee = '' AND l.holder IS NULL AND c.amount <= CASE c.escalation WHEN 0 THEN ? ELSE ? END"
)


def soonest(
    conn: Connection,
    desk: str,
    group: tuple[str, str],
    now: int,
    *,
    reach: Reach = ANY_REACH,
    skipped: Sequence[str] = (),
    limit: int = 1,
) -> list[Waiting]:
    """The waiting cases of a queue and language that run out first, within reach and held by nobody."""
    asked = _soonest(desk, group, now, reach, skipped, limit)
    return _first(group, conn.execute(*asked), limit)


def _soonest(
    desk: str, group: tuple[str, str], now: int, reach: Reach, skipped: Sequence[str], limit: int
) -> tuple[str, tuple[str | int, ...]]:
    fits = f" AND c.id NOT IN ({','.join('?' * len(skipped))})" if skipped else ""
    first, last = running(now)
    who: tuple[str | int, ...] = (first, last, desk, *group, reach.plain, reach.escalated, *skipped)
    # Those without a note; those whose note is over; those with one by a clock that stood wrong. `+ 0`, since SQLite
    # prepares a statement anew, 130 µs, for each value of a bare LIMIT ?.
    sql = (
        f"SELECT * FROM ({_FREE}{fits} AND c.held = 0 ORDER BY c.due, c.id LIMIT ? + 0)"
        f" UNION ALL {_FREE}{fits} AND c.held BETWEEN 1 AND ? UNION ALL {_FREE}{fits} AND c.held > ?"
    )
    return sql, (*who, limit, *who, now, *who, last)


def _first(group: tuple[str, str], rows: Iterable[Any], limit: int) -> list[Waiting]:
    found = sorted(rows, key=itemgetter(1, 0))[:limit]
    return [Waiting(id_, Need(*group, amount, escalation), due) for id_, due, amount, escalation in found]


def _mine(
    desk: str, me: str, queue: str, skipped: Sequence[str], now: int, senior: bool
) -> tuple[str, tuple[str | int, ...]]:
    """The most urgent case that is assigned to me and that I have not put aside."""
    scope, values = (" AND c.queue = ?", (queue,)) if queue else ("", ())
    marks = ",".join("?" * len(skipped))
    sql = (
        "SELECT c.due, c.id FROM cases c INDEXED BY cases_mine"
        " LEFT JOIN lease l ON l.desk_id = c.desk_id AND l.case_id = c.id AND l.expires BETWEEN ? AND ?"
        f" WHERE c.desk_id = ? AND c.live = 1 AND c.assignee = ?{scope} AND c.phase = 'ours'"
        f" AND c.escalation <= ? AND (l.holder IS NULL OR l.holder = ? AND l.parked = 0) AND c.id NOT IN ({marks})"
        " ORDER BY c.due, c.id LIMIT 1"
    )
    return sql, (*running(now), desk, me, *values, ANY_AMOUNT if senior else 0, me, *skipped)


# Nobody's cases that somebody has in hand and has not put aside.
_IN_HAND = (
    "SELECT c.id, c.queue, c.language, c.amount, c.escalation, c.due FROM lease l"
    " JOIN cases c ON c.desk_id = l.desk_id AND c.id = l.case_id"
    " WHERE l.desk_id = ? AND l.holder = ? AND l.expires BETWEEN ? AND ? AND l.parked = 0"
    " AND c.live = 1 AND c.phase = 'ours' AND c.assignee = ''"
)


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
    mine, in_hand, waiting = conn.together(
        _mine(desk, me, one, skipped, now, senior),
        (_IN_HAND, (desk, me, *running(now))),
        _groups(desk, one),
    )
    found = [(due, id_) for due, id_ in mine]
    if room and queue != "mine":
        found += [
            (due, id_)
            for id_, *need, due in in_hand
            if one in ("", need[0]) and id_ not in skipped and not unfit(skill, senior, Need(*need))
        ]
        asked = [group for group in _named(one, waiting) if not unfit(skill, senior, Need(*group))]
        reach = Reach.of(skill, senior)
        looks = conn.together(*(_soonest(desk, group, now, reach, skipped, 1) for group in asked))
        found += [
            (case.due, case.id)
            for group, rows in zip(asked, looks, strict=True)
            for case in _first(group, rows, 1)
        ]
    return min(found, default=(0, None))[1]
