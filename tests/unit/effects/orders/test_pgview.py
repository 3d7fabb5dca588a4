"""Views of a real PostgreSQL as an order system: looked up, followed, late, gone, and never written."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from csdesk.desk.order_source import Fault, Page, read_settings
from csdesk.effects.orders.making import source_of
from csdesk.effects.orders.pgview import named
from csdesk.effects.orders.sqlview import SqlSource
from csdesk.interop.ordering import look_up, pull
from tests.building import DeskFile, desk_file
from tests.postgres import Postgres

__all__ = ["desk_file"]

SETTINGS = """
[source]
name = "erp"
kind = "sql"
map = "erp-map.toml"
stamp = "updated"
since = "2026-01-01|"
next = "join('|', orders[-1].[updated, no])"
more = "length(orders) == `2`"

[sql]
database = "env:ERP_DATABASE"
seconds = {seconds}
{queries}
"""
QUERIES = """
[sql.order]
orders = "SELECT * FROM csdesk_orders WHERE no = :value"
customers = "SELECT b.* FROM buyer b JOIN csdesk_orders o ON o.buyer = b.person WHERE o.no = :value"
[sql.phone]
orders = "SELECT * FROM csdesk_orders WHERE buyer = (SELECT person FROM buyer WHERE phone = :value)"
customers = "SELECT * FROM buyer WHERE phone = :value"
[sql.waybill]
orders = "SELECT * FROM csdesk_orders WHERE waybill = :value"
customers = "SELECT b.* FROM buyer b JOIN csdesk_orders o ON o.buyer = b.person WHERE o.waybill = :value"
[sql.changes]
orders = \"\"\"SELECT * FROM csdesk_orders
 WHERE (updated, no) > (split_part(:cursor, '|', 1)::timestamptz, split_part(:cursor, '|', 2))
 ORDER BY updated, no LIMIT 2\"\"\"
customers = "SELECT * FROM buyer"
"""
MAP = """
[map]
name = "erp"
currency = "CNY"

[customers]
when = "person"
records = "customers"
id = "person"
name = "name"
phone = "phone"

[orders]
when = "no"
records = "orders"
check = ["customer"]
id = "no"
customer = "buyer"
status = "status"
placed_at = "placed"

[orders.lines]
each = "items"
sku = "sku"
title = "title"
price = "price"
qty = "qty"

[orders.shipments]
each = "[@][?waybill]"
waybill = "waybill"
"""
TABLES = """
CREATE TYPE state AS ENUM ('pending', 'shipped');
CREATE TABLE buyer (person text PRIMARY KEY, name text, phone text);
CREATE TABLE shop_order (
    no text PRIMARY KEY, buyer text, status state, placed timestamp, items jsonb, waybill varchar(40),
    updated timestamptz NOT NULL);
CREATE VIEW csdesk_orders AS SELECT * FROM shop_order;
CREATE FUNCTION logs_the_look(who text) RETURNS text LANGUAGE sql AS
    $$ INSERT INTO buyer VALUES (who, 'x', 'x'); SELECT who $$;
INSERT INTO buyer VALUES ('u1', '欧阳𠮷祥', '13812345678'), ('u2', NULL, NULL);
INSERT INTO shop_order
    SELECT 'W' || n, 'u1', 'pending', '2026-10-30 09:00', '[{"sku":"EAR-2","title":"蓝牙耳机","price":199.10,"qty":1}]',
           'SF100000000000' || n, '2026-11-01 10:00:00.123456+08'
    FROM generate_series(1, 5) n;
INSERT INTO shop_order VALUES ('W6', 'u1', 'shipped', NULL,
    '[{"sku":"EAR-1","title":"耳机","price":99,"qty":2}]', NULL, '2026-11-01 09:30:00+08');
"""

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def address(postgres: Postgres) -> str:
    """An order system's database; no test may change it, and one of them proves that none can."""
    address = postgres.database()
    with psycopg.connect(address) as conn:
        conn.execute(TABLES.encode())
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET timezone = 'America/New_York'".encode())
    return address


@pytest.fixture
def made(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SqlSource]:
    """An adapter with these queries, on the order system or at another address."""
    (tmp_path / "erp-map.toml").write_text(MAP)

    def made(queries: str = QUERIES, seconds: float = 10, at: str = address) -> SqlSource:
        monkeypatch.setenv("ERP_DATABASE", at)
        (tmp_path / "erp.toml").write_text(SETTINGS.format(queries=queries, seconds=seconds))
        source = source_of(read_settings(str(tmp_path / "erp.toml")))
        assert isinstance(source, SqlSource)
        return source

    return made


@pytest.fixture
def ask(made: Callable[..., SqlSource]) -> Ask:
    """The answer to one query: its rows, or the reason of the fault."""

    def ask(query: str, value: str = "W1", **how: Any) -> Any:
        found = made(f"[sql.order]\nrows = '''{query}'''", **how).find("order", value)
        if isinstance(found, Fault):
            return found.reason
        return [tuple(row.values()) for row in found.document["rows"]]

    return ask


def test_an_order_is_looked_up_by_number_phone_and_waybill(made, desk_file: DeskFile, tmp_path: Path):
    source, wang = made(), desk_file.core("wang")
    settings = read_settings(str(tmp_path / "erp.toml"))
    for said in ("W1", "13812345678", "SF1000000000002"):
        found = look_up(wang, source, settings, said)
        assert (found.fault, found.problems) == ("", ()), said
        assert found.told
    assert sorted(one.found.order.number for one in found.orders) == ["W2"]
    (order,) = (one.found.order for one in look_up(wang, source, settings, "W1", "order").orders)
    assert (order.total, order.titles, order.status) == (19910, "蓝牙耳机", "pending")
    assert look_up(wang, source, settings, "W99") == look_up(wang, source, settings, "' OR '1'='1")


def test_a_feed_goes_on_within_orders_of_one_moment(made, desk_file: DeskFile, tmp_path: Path, address: str):
    source, system = made(), desk_file.core("system")
    settings = read_settings(str(tmp_path / "erp.toml"))
    done = pull(system, source, settings)
    # Six orders in pages of two, five of them of one moment: the last page is empty and ends it.
    assert (done.pages, done.added, done.rejected, done.fault, done.problems) == (4, 8, 0, "", ())
    first = source.changes("")
    assert isinstance(first, Page)
    assert [row["no"] for row in first.document["orders"]] == ["W6", "W1"]
    assert first.cursor == '"2026-11-01T02:00:00.123456+00:00|W1"'
    again = pull(system, source, settings)
    assert (again.pages, again.added, again.changed) == (1, 0, 0)


def test_values_are_as_json_has_them(ask: Ask):
    (row,) = ask(
        """SELECT * FROM (VALUES (
           199.0000::numeric(18,4), 2::numeric(10,2), 1200::numeric, 12.50::numeric, 'NaN'::numeric, NULL::text,
           '{"a": [1, null, "好"]}'::jsonb, '[1]'::json, ARRAY['a','b'], ARRAY[1.50],
           'shipped'::state, '\\x00'::bytea, true, 7::bigint, '𠮷 100%'::text, 'x'::char(3),
           'a8098c1a-f86e-11da-bd1a-00112233aabb'::uuid)) AS t"""
    )
    assert row == (
        *("199", "2", "1200", "12.5", "NaN", None),
        *({"a": [1, None, "好"]}, [1], ["a", "b"], ["1.5"]),
        *("shipped", None, True, 7, "𠮷 100%", "x  ", "a8098c1a-f86e-11da-bd1a-00112233aabb"),
    )


def test_moments_are_in_utc_and_sort_as_texts_whatever_the_zone_of_the_session(ask: Ask):
    # New York, where 01:30 comes twice on that day; and what no Python type holds hides no other row.
    rows = ask(
        """SELECT * FROM (VALUES ('2026-11-01 05:30+00'::timestamptz), ('2026-11-01 06:30:00.5+00'), ('infinity'),
           ('4000-01-01 BC')) t"""
    )
    assert rows == [
        ("2026-11-01T05:30:00.000000+00:00",),
        ("2026-11-01T06:30:00.500000+00:00",),
        ("infinity",),
        ("4000-01-01 00:00:00-04:56:02 BC",),
    ]
    assert ask("SELECT '2026-10-30 09:00'::timestamp, '2026-10-30'::date") == [
        ("2026-10-30 09:00:00", "2026-10-30")
    ]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "EUC_CN"])
def test_a_database_with_dates_and_an_encoding_of_its_own(ask: Ask, postgres: Postgres, encoding: str):
    old = postgres.database(encoding=encoding)
    with psycopg.connect(old, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET datestyle = 'German'".encode())
    query = "SELECT '2026-10-30'::date, '好'::text AS said, '2026-10-30 09:00+08'::timestamptz"
    assert ask(query, at=old) == [("2026-10-30", "好", "2026-10-30T01:00:00.000000+00:00")]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("INSERT INTO buyer VALUES (:value, 'x', 'x') RETURNING person", "sql: syntax error"),
        ("DELETE FROM buyer RETURNING person", "sql: syntax error"),
        ("WITH gone AS (DELETE FROM buyer RETURNING *) SELECT * FROM gone", "sql: "),
        ("SELECT 1; COMMIT; BEGIN READ WRITE; DELETE FROM buyer; COMMIT", "sql: cannot insert multiple"),
        ("COMMIT", "sql: syntax error"),
        ("SET transaction_read_only = off", "sql: syntax error"),
        ("SELECT logs_the_look(:value)", "sql_writes"),
        ("SELECT set_config('transaction_read_only', 'off', false), logs_the_look('u9')", "sql"),
        ("SELECT * FROM buyer FOR UPDATE", "sql_writes"),
        ("SELECT nextval(pg_get_serial_sequence('nothing', 'id'))", "sql: relation"),
    ],
)
def test_no_query_can_write(ask: Ask, address: str, query: str, reason: str):
    assert ask(query).startswith(reason)
    with psycopg.connect(address) as conn:
        assert conn.execute("SELECT array_agg(person ORDER BY person) FROM buyer").fetchone() == (
            ["u1", "u2"],
        )


@pytest.mark.parametrize(
    "value",
    [
        "'; DROP TABLE buyer; --",
        "W1' OR 'a'='a",
        '"',
        "\\",
        "%s",
        "%(value)s",
        ":value",
        "$1",
        "{}",
        "𠮷",
        "a\0b",
        "\udce5",
    ],
)
def test_a_value_is_a_value_whatever_stands_in_it(ask: Ask, value: str):
    assert ask("SELECT no FROM csdesk_orders WHERE no = :value", value) == []
    if value.isprintable():
        assert ask("SELECT :value || '|' || ':value' || :value -- :value", value) == [
            (f"{value}|:value{value}",)
        ]


def test_a_text_that_cannot_be_a_number_finds_nothing_and_is_no_fault(ask: Ask):
    by_number = "SELECT n FROM generate_series(1, 3) n WHERE n = :value"
    assert ask(by_number, "W1") == []
    assert ask(by_number, "99999999999999999999") == []
    assert ask(by_number, "2") == [(2,)]
    # What is wrong with their own data is a fault, and its words could be a customer's.
    assert ask("SELECT no::int FROM csdesk_orders WHERE no = :value") == "sql: InvalidTextRepresentation"


def test_a_mistake_in_a_query_says_which_name_is_wrong(ask: Ask):
    assert ask("SELECT * FROM csdesk_order") == 'sql: relation "csdesk_order" does not exist'


def test_what_takes_too_long_is_ended_by_the_server(ask: Ask, address: str):
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE buyer IN ACCESS EXCLUSIVE MODE")
        assert ask("SELECT * FROM buyer", seconds=0.1) == "timeout"


def test_all_queries_of_a_question_share_its_time_and_its_moment(made, address: str):
    slow = "\n".join(f"q{n} = 'SELECT now(), pg_sleep(0.06), :value'" for n in range(5))
    found = made(f"[sql.order]\n{slow}", seconds=0.2).find("order", "W1")
    assert found == Fault("timeout")


def test_a_server_that_ends_the_session_is_out_of_reach(ask: Ask):
    assert ask("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(9)") == "unreachable"


def test_who_may_not_log_in_or_finds_nobody_is_told_apart(ask: Ask, postgres: Postgres, address: str):
    assert ask("SELECT 1", at=address.replace("postgres@", "nobody_here@")) == "login_refused"
    assert ask("SELECT 1", at=postgres.url("no_such_database")) == "login_refused"
    assert ask("SELECT 1", at="postgresql:///x?host=/nowhere/at/all") == "unreachable"
    assert ask("SELECT 1", at="postgresql://[broken") == "no_database"


class Muffled:
    """A relay to the server's socket that swallows all once the server has been asked for rows."""

    def __init__(self, behind: Path, folder: Path) -> None:
        self._behind = behind
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / ".s.PGSQL.5432"))
        self._door.listen()
        self._ends = [self._door]
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        near, _ = self._door.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(self._behind / ".s.PGSQL.5432"))
        self._ends += [near, far]
        back = threading.Thread(target=self._back, args=(far, near))
        self._threads.append(back)
        back.start()
        while told := near.recv(65_536):
            if b"FETCH" not in told:
                far.sendall(told)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        while told := far.recv(65_536):
            near.sendall(told)

    def close(self) -> None:
        for end in self._ends[1:]:
            end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()


def test_a_server_that_falls_silent_is_left_in_time(
    ask: Ask, postgres: Postgres, address: str, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("m")
    relay = Muffled(postgres.folder, folder)
    try:
        silent = address.rpartition("=")[0] + f"={folder}"
        assert ask("SELECT * FROM buyer", seconds=0.1, at=silent) == "timeout"
    finally:
        relay.close()


def test_a_server_that_is_gone_leaves_what_is_known_with_its_age(made, desk_file: DeskFile, tmp_path: Path):
    source, wang = made(), desk_file.core("wang")
    settings = read_settings(str(tmp_path / "erp.toml"))
    look_up(wang, source, settings, "W1")
    before = desk_file.clock.now
    desk_file.clock.forward(hours=3)
    found = look_up(wang, made(at="postgresql:///x?host=/nowhere/at/all"), settings, "W1")
    assert found.fault == "unreachable"
    assert [(one.found.order.number, one.seen_at) for one in found.orders] == [("W1", before)]


def test_what_is_set_holds_for_the_transaction_so_that_a_pooler_keeps_none_of_it(ask: Ask):
    names = ("transaction_read_only", "transaction_isolation", "default_transaction_read_only")
    asked = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    assert ask(f"SELECT {asked}") == [("on", "repeatable read", "off")]


@pytest.mark.parametrize(
    ("query", "turned"),
    [
        ("a = :value", "a = %(value)s"),
        ("a::value = :value::text", "a::value = %(value)s::text"),
        ("':value' || \":value\" || $$:value$$ || $q$:value$q$", None),
        ("/* :value */ 1 -- :value", None),
        ("'it''s :value' || :value", "'it''s :value' || %(value)s"),
        (r"E'\' :value' || :value", r"E'\' :value' || %(value)s"),
        ("a[1:other] LIKE '%x'", "a[1:other] LIKE '%%x'"),
        (":values", None),
    ],
)
def test_a_name_is_told_from_a_colon(query: str, turned: str | None):
    assert named(query, {"value": "x"}).decode() == (turned or query)
