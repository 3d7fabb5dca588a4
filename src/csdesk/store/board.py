"""What a supervisor watches, counted from counters and covering indexes.

Measured with 1M cases, 400k of them live and 10k assigned, in 12 queues: all of it 2.6 ms, most of that one pass over
the 10k entries of what is assigned; 200 queued up within four hours cost 0.02 ms. The worst that a queue's counts can
cost is three times MOST_COUNTED entries of its index, some 3 ms.
"""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.feed import Count

# No count goes further: who has more than this falling due needs no exact number, and 10k entries cost 1 ms.
MOST_COUNTED = 10_000
# Verbs that end a case; the partial index of requests names the same.
ENDING = "('close', 'withdraw')"


@dataclass(frozen=True, slots=True)
class Share:
    """The live cases of a queue that are somebody's; `late`: how many of them are past their deadline."""

    queue: str
    agent: str
    live: int
    late: int


def tallies(conn: Connection, desk: str) -> list[Count]:
    """How many cases live in each queue, and how many of them are late, from the counters."""
    rows = conn.execute(
        "SELECT queue, sum(live), sum(breached) FROM counter WHERE desk_id = ? GROUP BY queue", (desk,)
    )
    return [Count(*row) for row in rows]


def due_between(conn: Connection, desk: str, queue: str, after: int, until: int) -> int:
    """How many live cases of a queue fall due after `after`, up to `until` (UTC ms); at most MOST_COUNTED."""
    found: int = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM cases WHERE desk_id = ? AND queue = ? AND live = 1"
        " AND due > ? AND due <= ? LIMIT ?)",
        (desk, queue, after, until, MOST_COUNTED),
    ).fetchone()[0]
    return found


def oldest_overdue(conn: Connection, desk: str, queue: str, now: int) -> tuple[str, int] | None:
    """The live case of a queue that is late the longest, and its deadline; None when none is."""
    row = conn.execute(
        "SELECT id, due FROM cases WHERE desk_id = ? AND queue = ? AND live = 1 AND due <= ? ORDER BY due, id LIMIT 1",
        (desk, queue, now),
    ).fetchone()
    return (row[0], row[1]) if row else None


def shares(conn: Connection, desk: str, now: int) -> list[Share]:
    """Whose the assigned live cases are, queue by queue: one pass over the index that holds only these."""
    rows = conn.execute(
        "SELECT queue, assignee, count(*), sum(CASE WHEN due <= ? THEN 1 ELSE 0 END) FROM cases"
        " WHERE desk_id = ? AND live = 1 AND assignee <> '' GROUP BY queue, assignee",
        (now, desk),
    )
    return [Share(*row) for row in rows]


def gathered(
    conn: Connection,
    desk: str,
    *,
    agent: str | None,
    queue: str = "",
    late_at: int = 0,
    below: int = 0,
    limit: int,
) -> list[str]:
    """Ids of live cases, the most urgent first.

    `agent`: whose they are, "" for nobody's, None for anybody's; `queue`: of which, "" for all; `late_at`: past
    their deadline at this time (0: all); `below`: of a lower priority than this (0: any). Agent or queue is given.
    """
    assert agent or queue
    where, values = ["desk_id = ?", "live = 1"], [desk]
    if queue:
        where.append("queue = ?")
        values.append(queue)
    if agent is not None:
        where.append("assignee = ?")
        values.append(agent)
    numbers: list[int] = []
    if late_at:
        where.append("due <= ?")
        numbers.append(late_at)
    if below:
        where.append("priority < ?")
        numbers.append(below)
    # Nobody's cases are sought in their queue's own order: in a desk of unassigned cases the other way reads them all.
    index = "cases_queue" if not agent else "cases_mine"
    rows = conn.execute(
        f"SELECT id FROM cases INDEXED BY {index} WHERE {' AND '.join(where)} ORDER BY due, id LIMIT ?",
        (*values, *numbers, limit),
    )
    return [row[0] for row in rows]


def ended(conn: Connection, desk: str, agent: str, since: int) -> int:
    """How many cases somebody has ended since then that have stayed so; two covering indexes, no case is read."""
    found: int = conn.execute(
        "SELECT count(DISTINCT r.case_id) FROM request r INDEXED BY request_ended WHERE r.desk_id = ? AND r.actor = ?"
        f" AND r.at >= ? AND r.verb IN {ENDING} AND NOT EXISTS (SELECT 1 FROM cases c INDEXED BY cases_open"
        " WHERE c.desk_id = r.desk_id AND c.id = r.case_id AND c.closed_at = 0)",
        (desk, agent, since),
    ).fetchone()[0]
    return found


@dataclass(frozen=True, slots=True)
class Need:
    """What waits for a person: jobs that failed for good, refunds that await a second one, refunds in doubt."""

    failed: int
    awaiting: int
    in_doubt: int


def need(conn: Connection, desk: str) -> Need:
    """How much waits for a person."""
    (failed,) = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM outbox INDEXED BY outbox_failed"
        " WHERE desk_id = ? AND state = 'failed' LIMIT ?)",
        (desk, MOST_COUNTED),
    ).fetchone()
    waiting = dict(
        conn.execute(
            "SELECT state, count(DISTINCT refund) FROM refund_part INDEXED BY refund_part_waiting WHERE desk_id = ?"
            " AND state IN ('awaiting', 'in_doubt') GROUP BY state",
            (desk,),
        ).fetchall()
    )
    return Need(failed, waiting.get("awaiting", 0), waiting.get("in_doubt", 0))


def work(conn: Connection, desk: str, now: int) -> tuple[bool, int]:
    """Whether a worker holds its lease now, and since when the job waits that was due first (0: none is due)."""
    alive = conn.execute("SELECT 1 FROM worker WHERE desk_id = ? AND expires > ?", (desk, now)).fetchone()
    due = conn.execute(
        "SELECT min(run_at) FROM outbox WHERE desk_id = ? AND state = 'ready' AND run_at <= ?", (desk, now)
    ).fetchone()[0]
    return alive is not None, due or 0


def members(conn: Connection, desk: str, incident: str) -> int:
    """How many cases an incident is behind; at most MOST_COUNTED."""
    found: int = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM cases WHERE desk_id = ? AND incident = ? AND incident <> '' LIMIT ?)",
        (desk, incident, MOST_COUNTED),
    ).fetchone()[0]
    return found


def last_notice(conn: Connection, desk: str, incident: str) -> int:
    """When the last reply to all cases of an incident was begun; 0 when there was none."""
    row = conn.execute(
        "SELECT at FROM bulk WHERE desk_id = ? AND parent = ? AND verb = 'reply' ORDER BY at DESC LIMIT 1",
        (desk, incident),
    ).fetchone()
    return row[0] if row else 0
