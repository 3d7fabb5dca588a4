"""How a file gets its tables: migrations run by sqlite-utils, in a process that the console does not keep.

sqlite-utils costs 84 to 111 ms and 27 MB at import (measured), so only `init` and `migrate` reach for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.store.connection import connect
from csdesk.store.schema import SCHEMA_VERSION, STATEMENTS

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

    return steps


def migrate(path: Path, *, create: bool = False) -> list[str]:
    """Bring a file to SCHEMA_VERSION; returns the names of the steps that ran. Each step is whole or not at all."""
    from sqlite_utils import Database

    conn = connect(path, schema_version=SCHEMA_VERSION, create=create, migrating=True)
    try:
        db = Database(conn)
        steps = _migrations()
        ran = [step.name for step in steps.pending(db)]
        steps.apply(db)
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    finally:
        conn.close()
    return ran
