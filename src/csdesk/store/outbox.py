"""What must happen outside or later: rows written with their cause, run by the one worker that holds the lease."""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# A worker renews every third of this; when it dies another takes over after at most this long.
WORKER_MS = 6_000
# A lease that ends later than this was made by a clock that stood wrong (two programs read it at different moments).
LONGEST_MS = WORKER_MS + 60_000


@dataclass(frozen=True, slots=True)
class Job:
    """Something due: a message, a refund, a clock, a wake-up. `key` makes it harmless to run twice."""

    key: str
    kind: str
    case: str
    ref: str
    attempts: int
    run_at: int


def elect(conn: Connection, desk: str, holder: str, now: int) -> int | None:
    """Become or stay the worker, inside the caller's transaction: the fence, or None while another one lives.

    A new worker takes back what a dead one had begun: adapters see the same key again and do nothing twice.
    """
    row = conn.execute("SELECT holder, fence, expires FROM worker WHERE desk_id = ?", (desk,)).fetchone()
    if row and row[0] != holder and now < row[2] <= now + LONGEST_MS:
        return None
    fence: int = row[1] if row and row[0] == holder else (row[1] if row else 0) + 1
    conn.execute("INSERT OR REPLACE INTO worker VALUES (?,?,?,?)", (desk, holder, fence, now + WORKER_MS))
    if not row or row[0] != holder:
        conn.execute(
            "UPDATE outbox SET state = 'ready' WHERE desk_id = ? AND state = 'running' AND fence < ?",
            (desk, fence),
        )
    return fence


def led(conn: Connection, desk: str, holder: str, now: int) -> bool:
    """Whether somebody else is the worker just now (a look without a lock)."""
    row = conn.execute(
        "SELECT 1 FROM worker WHERE desk_id = ? AND holder <> ? AND expires > ? AND expires <= ?",
        (desk, holder, now, now + LONGEST_MS),
    ).fetchone()
    return row is not None


def take_back(conn: Connection, desk: str, fence: int) -> None:
    """Make ready what this worker left running when its last turn broke off, inside the caller's transaction."""
    conn.execute(
        "UPDATE outbox SET state = 'ready' WHERE desk_id = ? AND state = 'running' AND fence <= ?",
        (desk, fence),
    )


def resign(conn: Connection, desk: str, holder: str) -> None:
    """Stop being the worker, so that another need not wait for the lease to expire."""
    conn.execute("UPDATE worker SET expires = 0 WHERE desk_id = ? AND holder = ?", (desk, holder))


def due(conn: Connection, desk: str, now: int) -> bool:
    """Whether anything waits to be run, or was begun by a worker that may be dead (a look without a lock)."""
    row = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE desk_id = ? AND state = 'ready' AND run_at <= ?)"
        " OR EXISTS (SELECT 1 FROM outbox WHERE desk_id = ? AND state = 'running')",
        (desk, now, desk),
    ).fetchone()
    return bool(row[0])


def take(conn: Connection, desk: str, fence: int, now: int, limit: int = 50) -> list[Job]:
    """Mark due jobs as running under this fence, inside the caller's transaction, and return them, oldest first."""
    rows = conn.execute(
        "SELECT key, kind, case_id, ref, attempts, run_at FROM outbox"
        " WHERE desk_id = ? AND state = 'ready' AND run_at <= ? ORDER BY run_at LIMIT ?",
        (desk, now, limit),
    ).fetchall()
    conn.executemany(
        "UPDATE outbox SET state = 'running', fence = ?, attempts = attempts + 1 WHERE desk_id = ? AND key = ?",
        [(fence, desk, row[0]) for row in rows],
    )
    return [Job(*row) for row in rows]


def done(conn: Connection, desk: str, key: str, fence: int, state: str, result: str) -> None:
    """Settle a job that its own verb does not settle, if it is still this worker's.

    state: `done`; `moot` when the case had moved on; `failed` when people must look at it.
    """
    conn.execute(
        "UPDATE outbox SET state = ?, result = ?"
        " WHERE desk_id = ? AND key = ? AND state = 'running' AND fence = ?",
        (state, result, desk, key, fence),
    )


def again(conn: Connection, desk: str, key: str, fence: int, run_at: int, reason: str) -> None:
    """Put a job back for another try at `run_at`, with the reason why this one failed, if it is still this worker's."""
    conn.execute(
        "UPDATE outbox SET state = 'ready', run_at = ?, result = ?"
        " WHERE desk_id = ? AND key = ? AND state = 'running' AND fence = ?",
        (run_at, reason, desk, key, fence),
    )


def retry(conn: Connection, desk: str, key: str, now: int) -> bool:
    """Run a job that was left to people once more, inside the caller's transaction; False when it is not `failed`."""
    changed = conn.execute(
        "UPDATE outbox SET state = 'ready', attempts = 0, run_at = ?"
        " WHERE desk_id = ? AND key = ? AND state = 'failed'",
        (now, desk, key),
    )
    return changed.rowcount == 1


def mine(conn: Connection, desk: str, key: str, fence: int) -> bool:
    """Whether a running job is still this worker's."""
    row = conn.execute(
        "SELECT 1 FROM outbox WHERE desk_id = ? AND key = ? AND state = 'running' AND fence = ?",
        (desk, key, fence),
    ).fetchone()
    return row is not None


def begun(conn: Connection, desk: str, key: str) -> bool:
    """Whether a worker has ever tried this job, or is about to."""
    row = conn.execute(
        "SELECT 1 FROM outbox WHERE desk_id = ? AND key = ? AND (attempts > 0 OR state <> 'ready')",
        (desk, key),
    ).fetchone()
    return row is not None


def case_of_message(conn: Connection, desk: str, message: str) -> str:
    """The id of the case from which a message of ours leaves or left, "" for one that is none."""
    row = conn.execute(
        "SELECT case_id FROM outbox WHERE desk_id = ? AND key = ?", (desk, f"message:{message}")
    ).fetchone()
    return row[0] if row else ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that was left to people: when it was last due (UTC ms), after how many tries, and why it failed."""

    key: str
    kind: str
    case: str
    at: int
    tries: int
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How many jobs are due, and how many were left to people."""

    due: int
    failed: int


def standing(conn: Connection, desk: str, now: int) -> Standing:
    """What stands in the outbox, each counted on an index of its own."""
    row = conn.execute(
        "SELECT (SELECT count(*) FROM outbox WHERE desk_id = ? AND state = 'ready' AND run_at <= ?),"
        " (SELECT count(*) FROM outbox WHERE desk_id = ? AND state = 'failed')",
        (desk, now, desk),
    ).fetchone()
    return Standing(*row)


def failed(conn: Connection, desk: str, limit: int) -> list[Failed]:
    """What was left to people, the oldest first."""
    rows = conn.execute(
        "SELECT key, kind, case_id, run_at, attempts, result FROM outbox INDEXED BY outbox_failed"
        " WHERE desk_id = ? AND state = 'failed' ORDER BY run_at, key LIMIT ?",
        (desk, limit),
    )
    return [Failed(*row) for row in rows]


def find_failed(conn: Connection, desk: str, key: str) -> Failed | None:
    """One of them; None when it is none (any more)."""
    row = conn.execute(
        "SELECT key, kind, case_id, run_at, attempts, result FROM outbox"
        " WHERE desk_id = ? AND key = ? AND state = 'failed'",
        (desk, key),
    ).fetchone()
    return Failed(*row) if row else None


def drop(conn: Connection, desk: str, key: str) -> None:
    """Leave a failed job for good, inside the caller's transaction."""
    conn.execute(
        "UPDATE outbox SET state = 'dropped' WHERE desk_id = ? AND key = ? AND state = 'failed'", (desk, key)
    )


def ruled(conn: Connection, desk: str, job: Failed, at: int, actor: str, what: str, reason: str) -> None:
    """Keep who made what of a failed job, and why, inside the caller's transaction; `what`: retry, drop."""
    conn.execute(
        "INSERT OR REPLACE INTO outbox_ruling VALUES (?,?,?,?,?,?,?)",
        (desk, job.key, at, actor, what, reason, job.reason),
    )
