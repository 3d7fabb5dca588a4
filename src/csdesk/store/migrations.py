"""How a file gets its tables: migrations run by sqlite-utils, in a process that the console does not keep.

sqlite-utils costs 84 to 111 ms and 27 MB at import (measured), so only `init` and `migrate` reach for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from csdesk.store.connection import connect, sqlite, write
from csdesk.store.guards import PREFIX, guard
from csdesk.store.schema import STATEMENTS
from csdesk.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations


def _migrations() -> "Migrations":
    from sqlite_utils.migrations import Migrations

    steps = Migrations("csdesk")

    @steps(name="0001_begin")
    def begin(db: "Database") -> None:
        for statement in STATEMENTS:
            db.execute(statement)

    # One for each version since: what differs is read from the schema itself.
    for version in range(2, SCHEMA_VERSION + 1):

        @steps(name=f"{version:04}_grow")
        def grow(db: "Database") -> None:
            _grow(db.conn)

    return steps


def _grow(conn: Any) -> None:
    """Give a file what the schema has gained: tables, columns (empty in rows that lack them), indexes.

    A table is made anew where its columns differ, since rows are written in the order of the columns.
    """
    fresh = sqlite.connect(":memory:")
    for statement in STATEMENTS:
        fresh.execute(statement)
    wanted = _made(fresh, "table")
    indexes = _made(fresh, "index")
    for name, sql in _made(conn, "index").items():
        if indexes.get(name) != sql:
            conn.execute(f"DROP INDEX {name}")
    for name, sql in wanted.items():
        here, there = _columns(conn, name), _columns(fresh, name)
        if not here:
            conn.execute(sql)
        elif list(here) != list(there):
            kept = [column if column in here else _EMPTY[there[column]] for column in there]
            conn.execute(f"ALTER TABLE {name} RENAME TO outgrown")
            conn.execute(sql)
            conn.execute(f"INSERT INTO {name} SELECT {', '.join(kept)} FROM outgrown")
            conn.execute("DROP TABLE outgrown")
    left = _made(conn, "index")
    for name, sql in indexes.items():
        if name not in left:
            conn.execute(sql)
    fresh.close()


# What a row has in a column that it was written without.
_EMPTY = {"TEXT": "''", "INTEGER": "0", "BLOB": "x''"}


def _made(conn: Any, kind: str) -> dict[str, str]:
    """The statements that made what is in a file, by name; not what SQLite, its extensions or `guard` made."""
    rows = conn.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE '%\\_data' ESCAPE '\\' AND name NOT LIKE '%\\_idx' ESCAPE '\\'"
        " AND name NOT LIKE '%\\_content' ESCAPE '\\' AND name NOT LIKE '%\\_docsize' ESCAPE '\\'"
        " AND name NOT LIKE '%\\_config' ESCAPE '\\'",
        (kind,),
    )
    return {row[0]: row[1] for row in rows.fetchall() if not row[0].startswith(PREFIX)}


def _columns(conn: Any, table: str) -> dict[str, str]:
    """The columns of a table in order, with their types; none for a table that is not there."""
    return {row[1]: row[2] for row in conn.execute(f"PRAGMA table_info({table})").fetchall()}


def migrate(path: Path, *, create: bool = False) -> list[str]:
    """Bring a file to SCHEMA_VERSION; returns the names of the steps that ran. Each step is whole or not at all."""
    from sqlite_utils import Database

    conn = connect(path, schema_version=SCHEMA_VERSION, create=create, migrating=True)
    try:
        db = Database(conn)
        steps = _migrations()
        ran = [step.name for step in steps.pending(db)]
        steps.apply(db)
        with write(conn):
            guard(conn)
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    finally:
        conn.close()
    return ran
