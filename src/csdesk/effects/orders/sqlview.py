"""An order system's own views as a source: named queries on SQLite, or on PostgreSQL where psycopg is installed.

A document is made of each question: `{"orders": [rows…], "customers": [rows…]}`, by the names of its queries. The
queries take one parameter, `:value` of what is looked up or `:cursor` of the feed. Nothing is ever written there.
What is PostgreSQL's own lies in `pgview`.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from csdesk.desk.order_source import Fault, Page, SourceSettings, Sql, Told, cursor_value, turn_page
from csdesk.store.connection import sqlite
from csdesk.store.errors import StoreError
from csdesk.store.keys import parse_source, secret

# Rows of one query; a feed's next page begins behind them.
MOST_ROWS = 5_000
# SQLite asks every so many steps of its machine whether the time is over.
_STEPS = 10_000

Rows = list[dict[str, Any]]


class SqlSource:
    """An `OrderSource` over views. A question takes at most `seconds`, whatever the other side locks."""

    def __init__(self, settings: SourceSettings, sql: Sql) -> None:
        self._settings = settings
        self._sql = sql
        self._seconds = min(max(sql.seconds, 0.1), 30.0)

    def find(self, by: str, value: str) -> Told | Fault:
        """See `OrderSource.find`."""
        queries = getattr(self._sql, by)
        if not queries:
            return Fault(f"not_by_{by}")
        if "\0" in value or not _is_unicode(value):
            # No database holds such a text, and each would fail over it.
            return Told({name: [] for name in queries})
        found = self._ask(queries, {"value": value})
        return found if isinstance(found, Fault) else Told(found)

    def changes(self, cursor: str) -> Page | Fault:
        """See `OrderSource.changes`."""
        if not self._sql.changes:
            return Fault("no_feed")
        value = cursor_value(self._settings.source, cursor)
        found = self._ask(self._sql.changes, {"cursor": value})
        return found if isinstance(found, Fault) else turn_page(self._settings.source, found, cursor)

    def _ask(self, queries: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Rows] | Fault:
        name = self._sql.database
        if name.startswith(("env:", "file:", "command:", "system:")):
            return self._postgres(queries, values)
        path = self._settings.beside(name)
        if not path.exists():
            return Fault("no_database")
        try:
            with self._opened(path) as conn:
                return {name: self._rows(conn.execute(query, values)) for name, query in queries.items()}
        except sqlite.Error as exc:
            late = "interrupted" in str(exc) or "locked" in str(exc)
            return Fault("timeout" if late else f"sql: {type(exc).__name__}")

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite.connect(address, uri=True, timeout=self._seconds)) as conn:
            conn.execute("PRAGMA query_only = 1")
            # One broken character must not hide all other rows.
            conn.text_factory = lambda data: data.decode("utf-8", "replace")
            until = time.monotonic() + self._seconds
            conn.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            # All queries of a question see the same moment.
            conn.execute("BEGIN")
            yield conn

    def _postgres(self, queries: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Rows] | Fault:
        from csdesk.effects.orders import pgview

        try:
            address = secret(parse_source(self._sql.database), least=1).decode()
        except (StoreError, ValueError):
            return Fault("no_database")
        found = pgview.ask(address, queries, values, self._seconds, MOST_ROWS)
        if isinstance(found, Fault):
            return found
        return {name: [self._row(row) for row in rows] for name, rows in found.items()}

    def _rows(self, cursor: Any) -> Rows:
        names = [column[0] for column in cursor.description or ()]
        return [self._row(dict(zip(names, row, strict=True))) for row in cursor.fetchmany(MOST_ROWS)]

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        for name in self._sql.json:
            if isinstance(text := row.get(name), str):
                with suppress(msgspec.DecodeError):  # as it stands, which the map then names as no list
                    row[name] = msgspec.json.decode(text)
        return {name: _plain(value) for name, value in row.items()}


def _is_unicode(text: str) -> bool:
    """Whether no half of a character is in it, as the bytes of a foreign encoding become on a command line."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO, decimals as text, bytes as nothing."""
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    if isinstance(value, bytes | memoryview):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
