"""Views of an SQLite file as an order system, where they differ from a server's: locks, broken texts, no writing."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.order_source import Fault, Page, SourceSettings, Told, read_settings
from csdesk.effects.orders.sqlview import SqlSource
from csdesk.store.connection import sqlite

SETTINGS = """
[source]
name = "erp"
kind = "sql"
map = "m"
since = "2026-01-01|"
next = "join('|', orders[-1].[updated, no])"
[sql]
database = "erp.db"
seconds = 0.2
[sql.order]
orders = '''{query}'''
[sql.changes]
orders = '''SELECT no, updated FROM shop_order WHERE (updated, no) >
 (substr(:cursor, 1, instr(:cursor, '|') - 1), substr(:cursor, instr(:cursor, '|') + 1))
 ORDER BY updated, no LIMIT 2'''
"""
Ask = Callable[..., Any]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "erp.db"
    with closing(sqlite.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE shop_order (no TEXT, name TEXT, updated TEXT)")
        conn.executemany(
            "INSERT INTO shop_order VALUES (?,?,'2026-11-01')", [(f"W{n}", "好") for n in range(1, 4)]
        )
        conn.execute("INSERT INTO shop_order VALUES ('W9', CAST(x'e5a5bdc3' AS TEXT), '2026-10-01')")
    return path


@pytest.fixture
def made(database: Path) -> Callable[..., SqlSource]:
    def made(query: str = "SELECT no, name FROM shop_order WHERE no = :value") -> SqlSource:
        path = database.parent / "erp.toml"
        path.write_text(SETTINGS.format(query=query))
        settings: SourceSettings = read_settings(str(path))
        assert settings.sql is not None
        return SqlSource(settings, settings.sql)

    return made


def test_a_broken_character_hides_no_row(made: Callable[..., SqlSource]):
    found = made("SELECT no, name FROM shop_order WHERE no IN (:value, 'W1') ORDER BY no").find("order", "W9")
    assert isinstance(found, Told)
    assert [tuple(row.values()) for row in found.document["orders"]] == [("W1", "好"), ("W9", "好\ufffd")]


@pytest.mark.parametrize("value", ["a\0b", "\udce5", "' OR 1 --"])
def test_what_no_database_holds_is_not_there(made: Callable[..., SqlSource], value: str):
    assert made().find("order", value) == Told({"orders": []})


def test_a_feed_goes_on_within_orders_of_one_moment(made: Callable[..., SqlSource]):
    cursor, seen = "", []
    for _ in range(3):
        page = made().changes(cursor)
        assert isinstance(page, Page)
        seen.append([row["no"] for row in page.document["orders"]])
        cursor = page.cursor
    assert seen == [["W9", "W1"], ["W2", "W3"], []]
    assert cursor == '"2026-11-01|W3"'


def test_a_locked_file_is_too_late_and_a_writing_query_refused(
    made: Callable[..., SqlSource], database: Path
):
    assert made("DELETE FROM shop_order WHERE no = :value RETURNING no").find("order", "W1") == Fault(
        "sql: OperationalError"
    )
    with closing(sqlite.connect(database)) as conn:
        assert conn.execute("SELECT count(*) FROM shop_order").fetchone() == (4,)
        # By the adapter's own library: two of them in one process do not see one another's locks.
        conn.execute("BEGIN EXCLUSIVE")
        assert made().find("order", "W1") == Fault("timeout")
