"""A second copy of every row in an index of its own, so that one byte that a disk turns is found and its row named.

SQLite has checksums for its log and none for its file. The chains prove events, looks and checks of callers, the fold
of the events proves the row of a case; nothing proves what was imported, leased, drafted or indexed. So each table but
those two has an index `check_<table>` over all its columns. SQLite keeps it in the transaction of the row, `PRAGMA
integrity_check` compares both, and no query uses it: it is partial, by a condition that nothing implies. It takes 26 %
more of the file of a desk of 2,000 cases (37.1 to 46.6 MB) and finds accidents, not forgers. Which copy is the right
one it cannot tell. PostgreSQL has checksums of its own for its pages.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from csdesk.store.connection import Connection, sqlite, translated
from csdesk.store.schema import STATEMENTS

PREFIX = "check_"
# Proven by `verify` from the chain, each column of it; together more than half of a file.
_PROVEN = ("cases", "event")


def guard(conn: Any) -> None:
    """Give every table its second copy, or a new one where the columns are others; inside the caller's transaction."""
    made = _sql(conn, "index")
    for name, sql in _wanted(conn).items():
        if made.get(name) != sql:
            conn.execute(f"DROP INDEX IF EXISTS {name}")
            conn.execute(sql)


def _wanted(conn: Any) -> dict[str, str]:
    found = {}
    for (table,) in conn.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND rootpage > 0"
    ).fetchall():
        if table not in _PROVEN:
            columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})").fetchall()]
            name = f"{PREFIX}{table}"
            listed = ", ".join(columns)
            found[name] = f"CREATE INDEX {name} ON {table} ({listed}) WHERE {columns[0]} IS NOT ''"
    return found


def _sql(conn: Any, kind: str) -> dict[str, str]:
    rows = conn.execute("SELECT name, sql FROM sqlite_schema WHERE type = ?", (kind,)).fetchall()
    return {row[0]: row[1] for row in rows}


@cache
def _expected() -> dict[tuple[str, str], str]:
    """(type, name) and statement of all that a file of this schema has."""
    fresh = sqlite.connect(":memory:")
    try:
        for statement in STATEMENTS:
            fresh.execute(statement)
        guard(fresh)
        rows = fresh.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    finally:
        fresh.close()
    return {(kind, name): sql for kind, name, sql in rows}


def unguarded(conn: Connection) -> list[str]:
    """Tables without their second copy: of a file made by an earlier csdesk."""
    made = _sql(conn, "index")
    return sorted(name.removeprefix(PREFIX) for name in _wanted(conn) if name not in made)


def misshapen(conn: Connection) -> list[str]:
    """Names of tables and indexes that are missing or made otherwise than this csdesk makes them; SQLite only."""
    if conn.kind != "sqlite":
        return []
    rows = conn.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    there = {(kind, name): sql for kind, name, sql in rows}
    differs = [
        one[1]
        for one, sql in _expected().items()
        if (there[one] != sql if one in there else not one[1].startswith(PREFIX))
    ]
    return sorted({*differs, *(name for kind, name in there if kind in ("view", "trigger"))})


def faults(conn: Connection, limit: int = 100) -> tuple[str, ...]:
    """What SQLite finds wrong with pages, trees, indexes and full-text indexes; () when sound. Reads every page."""
    with translated(conn.path):
        said = tuple(str(row[0]) for row in conn.execute(f"PRAGMA integrity_check({int(limit)})"))
    return () if said == ("ok",) else said


def changed_rows(conn: Connection) -> Iterator[tuple[str, int, str]]:
    """(table, how many rows differ from their second copy, key of the first), for tables where any does."""
    made = _sql(conn, "index")
    for name, sql in _wanted(conn).items():
        if made.get(name) != sql:
            continue
        table = name.removeprefix(PREFIX)
        info = conn.execute(f"PRAGMA table_info({table})").fetchall()
        columns = ", ".join(row[1] for row in info)
        keys = sorted((row[5], at) for at, row in enumerate(info) if row[5]) or [(1, 0)]
        row_side = f"SELECT {columns} FROM {table} NOT INDEXED"
        copy_side = f"SELECT {columns} FROM {table} INDEXED BY {name} WHERE {info[0][1]} IS NOT ''"
        try:
            only = conn.execute(f"{row_side} EXCEPT {copy_side}").fetchall()
            only = only or conn.execute(f"{copy_side} EXCEPT {row_side}").fetchall()
        except sqlite.DatabaseError:
            yield table, 1, "?"  # the tree itself is torn
            continue
        if only:
            yield (
                table,
                len(only),
                "/".join(_short(only[0][at]) for _, at in keys if info[at][1] != "desk_id"),
            )


def _short(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
