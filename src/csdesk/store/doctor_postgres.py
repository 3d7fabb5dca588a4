"""Looking a desk on PostgreSQL over: its database, keys, jobs and anchors. Disk, backups and load are its server's."""

import time
from collections.abc import Iterator
from contextlib import closing

from csdesk.store.doctor import ANCHOR_MS, LATE_MS, Finding
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, open_store
from csdesk.store.keys import KeySource
from csdesk.store.replica import PATIENT_S
from csdesk.store.version import SCHEMA_VERSION

# A replica further behind shows in a report that is read for today.
BEHIND_S = 60
# NULL where nothing was replayed: no standby, or one that has just begun.
REPLAYED = "SELECT CAST(floor(extract(epoch FROM now() - pg_last_xact_replay_timestamp())) AS bigint)"


def examine_database(
    dsn: Dsn,
    desk_id: str = "",
    source: KeySource | None = None,
    *,
    now: int | None = None,
    replica: Dsn | None = None,
) -> list[Finding]:
    """All there is to say about a desk in a database, and about its replica; writes nothing, raises no StoreError."""
    moment = time.time_ns() // 1_000_000 if now is None else now
    found: list[Finding] = []
    try:
        with closing(open_store(dsn, desk_id=desk_id, source=source, readonly=True)) as store:
            found.append(Finding("schema", "ok", {"found": SCHEMA_VERSION}))
            found.append(Finding("keys", "ok"))
            found += _database(store)
            found += _jobs(store, moment)
            found += _anchors(store, moment)
            if replica is not None:
                found.append(_replica(store, replica))
    except StoreError as exc:
        found.append(Finding(exc.code, "error", exc.details))
    return found


def _database(store: Store) -> Iterator[Finding]:
    """How far away the database is: a verb asks it some twenty times."""
    begun = time.perf_counter()
    for _ in range(5):
        store.conn.execute("SELECT name FROM desk WHERE desk_id = ?", (store.desk.id,)).fetchone()
    ms = (time.perf_counter() - begun) * 200
    far = ms > 2
    yield Finding(
        "database_far" if far else "database",
        "warn" if far else "ok",
        {"path": store.conn.place, "ms": round(ms, 1)},
    )


def _replica(store: Store, dsn: Dsn) -> Finding:
    """Whether the replica follows: changes that it does not know yet, and how old the last one it knows is."""
    last = store.conn.version()
    try:
        with closing(store.at(dsn, PATIENT_S)) as copy:
            behind = max(last - copy.conn.version(), 0)
            (age,) = copy.conn.execute(REPLAYED).fetchone()
    except StoreError as exc:
        return Finding("replica_away", "warn", {"path": dsn.shown, "reason": exc.code})
    # On a quiet desk the last transaction is old and nothing is missing; a busy one is always a few behind.
    late = behind > 0 and (age is None or age > BEHIND_S)
    return Finding(
        "replica_behind" if late else "replica",
        "warn" if late else "ok",
        {"path": dsn.shown, "n": behind, "seconds": age or 0},
    )


def _jobs(store: Store, now: int) -> Iterator[Finding]:
    late, oldest = store.conn.execute(
        "SELECT count(*), min(run_at) FROM outbox WHERE desk_id = ? AND state IN ('ready', 'running') AND run_at < ?",
        (store.desk.id, now - LATE_MS),
    ).fetchone()
    if late:
        alive = store.conn.execute(
            "SELECT holder FROM worker WHERE desk_id = ? AND expires > ?", (store.desk.id, now)
        ).fetchone()
        detail = {"n": late, "minutes": (now - oldest) // 60_000}
        if alive:
            yield Finding("worker_behind", "warn", {**detail, "holder": alive[0]})
        else:
            yield Finding("no_worker", "error", detail)
    kinds = store.conn.execute(
        "SELECT kind, count(*) FROM outbox WHERE desk_id = ? AND state = 'failed' AND kind <> 'message' GROUP BY kind"
        " ORDER BY kind",
        (store.desk.id,),
    ).fetchall()
    if kinds:
        told = ",".join(kind for kind, _ in kinds)
        yield Finding("jobs_failed", "error", {"n": sum(n for _, n in kinds), "kinds": told})
    if not late:
        yield Finding("outbox", "ok")


def _anchors(store: Store, now: int) -> Iterator[Finding]:
    (last,) = store.conn.execute("SELECT max(at) FROM anchor WHERE desk_id = ?", (store.desk.id,)).fetchone()
    if last is None:
        return
    old = now - last > ANCHOR_MS
    yield Finding(
        "anchor_old" if old else "anchor", "warn" if old else "ok", {"hours": (now - last) // 3_600_000}
    )
