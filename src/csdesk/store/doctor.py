"""A desk's file, its keys and the disk below it, looked over: what is well, will hurt, hurts already."""

import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import field
from pathlib import Path

from csdesk.domain.value import dataclass
from csdesk.store import keys as keysource
from csdesk.store.connection import (
    SQLITE_NEEDED,
    Connection,
    SqliteConnection,
    open_any_schema,
    refuse_network,
    refuse_old_sqlite,
    sqlite,
    translated,
)
from csdesk.store.errors import SENTENCES as ERRORS
from csdesk.store.errors import StoreError
from csdesk.store.file import desks
from csdesk.store.guards import changed_rows, faults, misshapen, unguarded
from csdesk.store.home import config_dir
from csdesk.store.keys import FromFile, KeySource, key_file
from csdesk.store.outbox import LONGEST_MS
from csdesk.store.rotation import left, under_way
from csdesk.store.version import SCHEMA_VERSION

MB = 1 << 20
# SQLite cuts the log to 64 MB when it was moved into the file; past twice that, some reader never ends.
WAL_MB = 128
# The log may still grow to its limit, and a backup or migration wants as much again as the file has.
DISK_MB = 128
# An anchor is made once a day; a second day without one is no chance.
ANCHOR_MS = 48 * 3_600_000
# The worker looks twice a second; a minute is far beyond a slow turn.
LATE_MS = 60_000
# NTP moves a clock by less.
CLOCK_MS = 5 * 60_000

# English fallback of `error.doctor_<code>`; a StoreError's code is worded as its own error.
SENTENCES: Mapping[str, str] = {
    "sqlite": "SQLite {found} is new enough.",
    "sqlite_old": "SQLite {found} can damage a file that several programs write, and was allowed to; install "
    "pysqlite3 with SQLite {needed} or newer.",
    "schema": "The schema is version {found}, as this csdesk needs.",
    "sound": "The file's structure is sound ({pages} pages).",
    "damaged": "The file is damaged in {n} places (first: {first}); stop writing to it, restore the latest "
    "backup.",
    "rows": "In table {table} {n} rows are not what was written (first: {first}); stop writing to the file, restore "
    "the latest backup.",
    "misshapen": "Tables or indexes are not as csdesk makes them ({names}); restore the latest backup.",
    "unguarded": "{n} tables were made by an earlier csdesk and keep no second copy by which damage is found; run "
    "'csdesk migrate'.",
    "clock_back": "The latest change is {minutes} min ahead of this computer's clock: the clock stands wrong, or stood "
    "wrong then; set it (NTP). Nothing is lost; deadlines made meanwhile are as wrong as the clock was.",
    "wal": "The write-ahead log has {mb} MB.",
    "wal_large": "The write-ahead log has {mb} MB; some program keeps an old look at the file open: end it.",
    "keys": "The keys are there, private, and those of this desk.",
    "key_beside": "The key file {path} lies beside the desk's file; keep keys where no copy of it goes.",
    "file_exposed": "Everybody on this host may read {path} (mode {mode}); run 'chmod o= {path}'.",
    "disk": "The disk has {mb} MB free.",
    "disk_low": "The disk has only {mb} MB free, a backup needs {needed}; make room.",
    "disk_short": "The disk has only {mb} MB free; make room now, or nothing more can be saved.",
    "outbox": "Nothing waits longer than it should.",
    "no_worker": "{n} replies, refunds or timers are up to {minutes} min late and no worker runs; start "
    "'csdesk work' or a console.",
    "worker_behind": "{n} replies, refunds or timers are up to {minutes} min late although a worker runs "
    "({holder}).",
    "jobs_failed": "{n} jobs were given up and wait for somebody to look ({kinds}).",
    "anchor": "History was last anchored {hours} h ago.",
    "anchor_old": "History was last anchored {hours} h ago; is 'csdesk work' running, and audit_anchor set?",
    "anchor_waiting": "{n} anchors of history have not been handed out ({fault}); mend what audit_anchor names.",
    "rotation": "A rotation of the master keys was not ended, {n} persons are left; run 'csdesk keys rotate' again.",
    "jobs_unknown": "{n} jobs are of a kind that this csdesk does not know ({kinds}); update it.",
}

# What doctor_postgres.py finds besides.
DATABASE_SENTENCES = {
    "replica": "The replica {path} follows ({n} changes behind).",
    "replica_behind": "The replica {path} is {n} changes behind and has replayed nothing for {seconds} s; "
    "reports lack what came since. Look at its replication.",
    "replica_away": "The replica {path} does not answer for this desk ({reason}); reports burden the "
    "desk's database until it does.",
    "database": "The database at {path} answers in {ms} ms.",
    "database_far": "The database at {path} takes {ms} ms for an answer, and a verb asks it some twenty times; put "
    "'csdesk serve' beside it.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. level: `ok`, `warn`, `error`; code: one of the sentences, or a StoreError's."""

    code: str
    level: str
    detail: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return {**ERRORS, **SENTENCES, **DATABASE_SENTENCES}[self.code].format_map(self.detail)


def examine(path: Path, source: KeySource | None = None, *, now: int | None = None) -> list[Finding]:
    """All there is to say about a desk's file; reads every page, writes nothing, raises no StoreError."""
    file = path.resolve()
    moment = time.time_ns() // 1_000_000 if now is None else now
    found: list[Finding] = []
    try:
        for step in (_sqlite, _network):
            found += step(file)
        with closing(open_any_schema(file, SCHEMA_VERSION, readonly=True)) as conn, translated(file):
            found += _structure(conn)
            found += _surroundings(conn)
            conn.check_schema(older=False)
            found.append(Finding("schema", "ok", {"found": SCHEMA_VERSION}))
            found += _shape(conn)
            if found[-1].code == "misshapen":
                return found  # what follows asks tables that may not be there
            found += _keys(conn, source)
            found += _clock(conn, moment)
            found += _jobs(conn, moment)
            found += _anchors(conn, moment)
    except StoreError as exc:
        found.append(_of(exc))
    return found


def _of(exc: StoreError) -> Finding:
    return Finding(exc.code, "error", exc.details)


def _sqlite(_file: Path) -> Iterator[Finding]:
    refuse_old_sqlite()
    found, needed = (".".join(map(str, v)) for v in (sqlite.sqlite_version_info, SQLITE_NEEDED))
    if sqlite.sqlite_version_info < SQLITE_NEEDED:
        yield Finding("sqlite_old", "warn", {"found": found, "needed": needed})
    else:
        yield Finding("sqlite", "ok", {"found": found})


def _network(file: Path) -> Iterator[Finding]:
    refuse_network(file)
    yield from ()


def _structure(conn: SqliteConnection) -> Iterator[Finding]:
    wrong = faults(conn)
    if not wrong:
        yield Finding("sound", "ok", {"pages": conn.number("page_count")})
        return
    yield Finding("damaged", "error", {"n": len(wrong), "first": wrong[0]})
    for table, n, first in changed_rows(conn):
        yield Finding("rows", "error", {"table": table, "n": n, "first": first})


def _shape(conn: Connection) -> Iterator[Finding]:
    names, bare = misshapen(conn), unguarded(conn)
    if bare:
        yield Finding("unguarded", "warn", {"n": len(bare)})
    if names:
        yield Finding("misshapen", "error", {"names": ", ".join(names[:5])})


def _surroundings(conn: Connection) -> Iterator[Finding]:
    """The log, the disk, and who may read the file: by name, as closing a descriptor drops SQLite's locks."""
    status = conn.path.stat()
    log = conn.path.with_name(f"{conn.path.name}-wal")
    wal = log.stat().st_size // MB if log.exists() else 0
    yield Finding("wal_large" if wal > WAL_MB else "wal", "warn" if wal > WAL_MB else "ok", {"mb": wal})
    free, needed = shutil.disk_usage(conn.path.parent).free // MB, DISK_MB + status.st_size // MB
    if free < DISK_MB:
        yield Finding("disk_short", "error", {"mb": free})
    elif free < needed:
        yield Finding("disk_low", "warn", {"mb": free, "needed": needed})
    else:
        yield Finding("disk", "ok", {"mb": free})
    if status.st_mode & stat.S_IROTH:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        yield Finding("file_exposed", "warn", {"path": str(conn.path), "mode": mode})


def _keys(conn: Connection, source: KeySource | None) -> Iterator[Finding]:
    for desk in desks(conn):
        where = source or FromFile(key_file(config_dir(), desk.file_id))
        prints = conn.execute("SELECT name, value FROM fingerprint WHERE desk_id = ?", (desk.id,)).fetchall()
        try:
            keysource.load(where).check(dict(prints))
        except StoreError as exc:
            yield _of(exc)
            continue
        yield Finding("keys", "ok")
        if under_way(conn, desk.id):
            yield Finding("rotation", "warn", {"n": left(conn, desk.id)})
        if isinstance(where, FromFile) and where.path.resolve().parent == conn.path.parent:
            yield Finding("key_beside", "warn", {"path": str(where.path)})


def _clock(conn: Connection, now: int) -> Iterator[Finding]:
    """Whether anything was written later than it is now: a clock that stood wrong, then or now."""
    for (desk,) in conn.execute("SELECT desk_id FROM desk").fetchall():
        row = conn.execute(
            "SELECT at FROM change WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (desk,)
        ).fetchone()
        if row and row[0] > now + CLOCK_MS:
            yield Finding("clock_back", "warn", {"minutes": (row[0] - now) // 60_000})


def _jobs(conn: Connection, now: int) -> Iterator[Finding]:
    """Jobs that are late, given up or unknown, over all desks of the file."""
    late, oldest = conn.execute(
        "SELECT count(*), min(run_at) FROM outbox WHERE state IN ('ready', 'running') AND run_at < ?",
        (now - LATE_MS,),
    ).fetchone()
    if late:
        alive = conn.execute(
            "SELECT holder FROM worker WHERE expires BETWEEN ? AND ?", (now + 1, now + LONGEST_MS)
        ).fetchone()
        detail = {"n": late, "minutes": (now - oldest) // 60_000}
        if alive:
            yield Finding("worker_behind", "warn", {**detail, "holder": alive[0]})
        else:
            yield Finding("no_worker", "error", detail)
    # A reply that was given up is told in its case; a refund or a timer only here.
    for code, condition in (
        ("jobs_failed", "state = 'failed' AND kind <> 'message'"),
        ("jobs_unknown", "state = 'ready' AND result = 'unknown_kind'"),
    ):
        n, kinds = conn.execute(
            f"SELECT count(*), group_concat(DISTINCT kind) FROM outbox WHERE {condition}"
        ).fetchone()
        if n:
            yield Finding(code, "error", {"n": n, "kinds": kinds})
    if not late:
        yield Finding("outbox", "ok")


def _anchors(conn: Connection, now: int) -> Iterator[Finding]:
    """How old the last anchor is and whether all were handed out; nothing of a file that never had one."""
    (last,) = conn.execute("SELECT max(at) FROM anchor").fetchone()
    if last is None:
        return
    n, fault = conn.execute(
        "SELECT count(*), max(fault) FROM anchor WHERE handed_at = 0 AND fault <> ''"
    ).fetchone()
    if n:
        yield Finding("anchor_waiting", "warn", {"n": n, "fault": fault})
    old = now - last > ANCHOR_MS
    yield Finding(
        "anchor_old" if old else "anchor", "warn" if old else "ok", {"hours": (now - last) // 3_600_000}
    )
