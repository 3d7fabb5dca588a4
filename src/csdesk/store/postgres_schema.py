"""How a PostgreSQL database gets and keeps our tables: what is missing is added, nothing is taken away.

So servers of the version before go on while it runs: they name the columns that they know, and what they do not know
has a default. Two that migrate at once take turns (an advisory lock; where a cluster has none, the second one's
statements find nothing left to do). Indexes of tables that hold rows are built beside the work (CONCURRENTLY).
"""

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg

from csdesk.store.dialect import column, create_table, created, empty, tables
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.postgres import connected, translate
from csdesk.store.version import SCHEMA_VERSION

# The oldest csdesk that may write to this schema: raised only when a table changes its meaning.
OLDEST = 3
# "CSDS", as in the head of an SQLite file.
_LOCK = 0x43534453
# A change of a table waits so long for those who use it, since whoever comes after it waits too; then they go first,
# and it comes again, for two minutes in all.
_WAIT_MS, _TRIES = 1_000, 100
# How often somebody who migrates at the same time looks whether it is the turn.
_TURN_S = 0.1
# What a build beside the work left that was broken off: it is in nobody's way and of no use.
_BROKEN = """SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname = current_schema()"""
_VERSION = """CREATE TABLE IF NOT EXISTS schema_version (
    one BIGINT PRIMARY KEY, version BIGINT NOT NULL, oldest BIGINT NOT NULL, at BIGINT NOT NULL)"""
_NOTE = """INSERT INTO schema_version AS old VALUES (0, %s, %s, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    ON CONFLICT (one) DO UPDATE SET version = excluded.version, oldest = excluded.oldest, at = excluded.at
    WHERE old.version <= excluded.version"""


def migrate(dsn: Dsn) -> list[str]:
    """Bring a database to SCHEMA_VERSION; the names of what was made. StoreError `newer_schema` for a later one."""
    with _translated(dsn), closing(_connect(dsn)) as conn, _alone(conn):
        conn.execute(_VERSION)
        row = conn.execute("SELECT version, oldest FROM schema_version").fetchone()
        if row is not None and row[1] > SCHEMA_VERSION:
            raise StoreError("newer_schema", path=dsn.shown, found=row[0], known=SCHEMA_VERSION)
        made = [name for name, _ in _steps(conn)]
        conn.execute(_NOTE, (SCHEMA_VERSION, OLDEST))
    return made


def _connect(dsn: Dsn) -> "psycopg.Connection[tuple[Any, ...]]":
    conn = connected(dsn, application_name="csdesk migrate")
    # An index of a large table takes its time.
    conn.execute("SELECT set_config('statement_timeout', '0', false)")
    return conn


def _change(conn: "psycopg.Connection[tuple[Any, ...]]", statement: str) -> None:
    """Change a table between the transactions of those who work on it."""
    for tries in range(_TRIES, 0, -1):
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL lock_timeout = {_WAIT_MS}".encode())
                conn.execute(statement.encode())
            return
        except psycopg.errors.LockNotAvailable:
            if tries == 1:
                raise
            time.sleep(random.uniform(0, 0.4))


@contextmanager
def _translated(dsn: Dsn) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as exc:
        raise translate(exc, dsn) from None


@contextmanager
def _alone(conn: "psycopg.Connection[tuple[Any, ...]]") -> Iterator[None]:
    """With nobody else migrating; the lock goes with the connection."""
    # CockroachDB has no such lock: there every step asks first whether it is needed.
    with suppress(psycopg.errors.FeatureNotSupported):
        # Asked for again and again: a statement that waits for it would be what a build beside the work waits for.
        while conn.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone() == (False,):
            time.sleep(_TURN_S)
    yield


def _steps(conn: "psycopg.Connection[tuple[Any, ...]]") -> Iterator[tuple[str, str]]:
    """Carry out what is missing, in order; the name and the statement of each."""
    there: dict[str, set[str]] = {}
    for table, name in conn.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    ).fetchall():
        there.setdefault(str(table), set()).add(str(name))
    indexes = {
        str(row[0])
        for row in conn.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
        ).fetchall()
    }
    broken = {str(row[0]) for row in conn.execute(_BROKEN).fetchall()}
    fresh = not any(name in there for name in tables())
    if fresh:
        # All or nothing: half a schema would stand in the way of the next try.
        with conn.transaction():
            for name, statement in created():
                conn.execute(statement.encode())
                yield name, statement
        return
    for name, table in tables().items():
        if name not in there:
            statement = create_table(table)
            _change(conn, statement)
            yield name, statement
            continue
        for missing in (column_ for column_ in table.columns if column_ not in there[name]):
            kind = table.columns[missing]
            statement = (
                f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {column(missing, kind)} DEFAULT {empty(kind)}"
            )
            _change(conn, statement)
            yield f"{name}.{missing}", statement
    for name, statement in created():
        if (name in indexes and name not in broken) or statement.startswith("CREATE TABLE"):
            continue
        if name in broken:
            conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}".encode())
        beside = statement.replace(" INDEX ", " INDEX CONCURRENTLY IF NOT EXISTS ", 1)
        conn.execute(beside.encode())
        yield name, beside


def citus() -> Iterator[str]:
    """What spreads an empty, migrated database over the workers of Citus: every table by its desk, side by side."""
    first = next(iter(tables()))
    yield "-- Run once on the coordinator, after 'csdesk migrate' and before the first 'csdesk init'."
    yield "SELECT create_reference_table('schema_version');"
    for name in tables():
        beside = "" if name == first else f", colocate_with => '{first}'"
        yield f"SELECT create_distributed_table('{name}', 'desk_id'{beside});"


def remove_desk(dsn: Dsn, desk_id: str) -> None:
    """Take everything of one desk out: for a desk whose making was broken off."""
    with _translated(dsn), closing(_connect(dsn)) as conn, conn.transaction():
        for name in reversed(list(tables())):
            conn.execute(f"DELETE FROM {name} WHERE desk_id = %s".encode(), (desk_id,))
