"""A desk on a real PostgreSQL: its tables, its turn to write, and what goes wrong."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from csdesk.store import index
from csdesk.store.connection import bulk, clock_ms, data_version, read, savepoint, write
from csdesk.store.doctor_postgres import examine_database
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, init, open_store
from csdesk.store.listening import Listener
from csdesk.store.postgres import SAME_MS, PgConnection, translate
from csdesk.store.postgres_schema import migrate, remove_desk
from csdesk.store.version import SCHEMA_VERSION
from tests.building import MONDAY, STAFF, Clock, DeskFile, on_postgres
from tests.postgres import Postgres

FLAG = "INSERT INTO worker VALUES (?,?,1,1) ON CONFLICT (desk_id) DO UPDATE SET holder = excluded.holder"


@pytest.fixture
def desk(home: Path, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskFile]:
    monkeypatch.setenv("CSDESK_HOME", str(home))
    made = DeskFile(home / "unused", Clock())
    on_postgres(made, postgres_desks)
    yield made
    made.close()


@pytest.fixture
def store(desk: DeskFile) -> Store:
    return desk.store()


def holder(store: Store) -> str:
    row = store.conn.execute("SELECT holder FROM worker WHERE desk_id = ?", (store.desk.id,)).fetchone()
    return str(row[0]) if row else ""


def code(of: pytest.ExceptionInfo[StoreError]) -> str:
    return of.value.code


def test_a_transaction_is_whole_or_not_at_all(store: Store):
    with pytest.raises(ZeroDivisionError), write(store.conn) as conn:
        conn.execute(FLAG, (store.desk.id, "one"))
        raise ZeroDivisionError
    assert holder(store) == ""
    with write(store.conn) as conn:
        conn.execute(FLAG, (store.desk.id, "two"))
        with pytest.raises(psycopg.Error), savepoint(conn):
            conn.execute(FLAG, (store.desk.id, "three"))
            conn.execute("SELECT nothing FROM desk WHERE desk_id = ?", (store.desk.id,))
    assert holder(store) == "two"
    with pytest.raises(RuntimeError, match="inside a transaction"), write(store.conn), write(store.conn):
        pass
    with pytest.raises(RuntimeError, match="a change inside read"), read(store.conn) as conn:
        conn.execute(FLAG, (store.desk.id, "four"))
    with bulk(store.conn) as conn:
        conn.execute(FLAG, (store.desk.id, "five"))
    assert holder(store) == "five"


def test_writers_of_a_desk_take_turns_and_those_of_another_do_not_wait(
    desk: DeskFile, store: Store, postgres_desks: Dsn
):
    other, neighbour = desk.store(), DeskFile(Path("unused"), Clock())
    on_postgres(neighbour, postgres_desks)
    done = threading.Event()

    def second() -> None:
        with write(other.conn) as conn:
            conn.execute(FLAG, (other.desk.id, "second"))
        done.set()

    thread = threading.Thread(target=second)
    with write(store.conn) as conn:
        thread.start()
        with write(neighbour.store().conn):
            pass
        with pytest.raises(StoreError) as refused, write(desk.store().conn, wait_s=0.05):
            pass
        assert code(refused) == "locked"
        conn.execute(FLAG, (store.desk.id, "first"))
        assert not done.is_set()
    thread.join(20)
    assert holder(store) == "second"
    neighbour.close()


def test_a_change_is_seen_from_another_connection(desk: DeskFile, store: Store):
    seen = data_version(store.conn)
    other = desk.store()
    with write(other.conn) as conn:
        conn.execute("INSERT INTO change VALUES (?,1,'',0,0,0)", (other.desk.id,))
    assert data_version(store.conn) != seen


def test_who_listens_hears_which_desk_has_changed(store: Store, postgres_desks: Dsn):
    heard: list[str] = []
    with closing(Listener(postgres_desks)) as listener:
        with write(store.conn) as conn:
            conn.execute(FLAG, (store.desk.id, "one"))
        listener.heard(20, heard.append)
        with write(store.conn):
            pass
        listener.heard(0, heard.append)
    assert heard == [store.desk.id]


def test_what_only_reads_cannot_write(desk: DeskFile, store: Store):
    reader = store.reading()
    assert [agent.id for agent in reader.agents()] == [agent.id for agent in store.agents()]
    with pytest.raises(StoreError) as refused, write(reader.conn):
        pass
    assert code(refused) == "read_only"
    with pytest.raises(StoreError) as refused:
        reader.conn.execute(FLAG, (store.desk.id, "reader"))
    assert code(refused) == "read_only"
    reader.close()


def test_a_lost_connection_is_told_and_the_next_transaction_has_a_new_one(store: Store, postgres: Postgres):
    conn = store.conn
    assert isinstance(conn, PgConnection)

    def end() -> None:
        pid = conn.execute("SELECT pg_backend_pid()").fetchone()
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", pid)

    with pytest.raises(StoreError) as lost, write(conn):
        conn.execute(FLAG, (store.desk.id, "lost"))
        end()
        conn.execute(FLAG, (store.desk.id, "later"))
    assert code(lost) == "lost"
    with write(conn):
        conn.execute(FLAG, (store.desk.id, "again"))
    assert holder(store) == "again"


def test_a_statement_that_takes_too_long_is_broken_off(store: Store):
    store.conn.execute("SELECT set_config('statement_timeout', '20ms', false)")
    with pytest.raises(StoreError) as slow:
        store.conn.execute("SELECT pg_sleep(20)")
    assert code(slow) == "too_slow"


@pytest.mark.parametrize(
    "said", ["a\x00b", "'; DROP TABLE desk; --", "\\", "%s", "\u202e\U0001f9ff", "' & !x | y:*"]
)
def test_whatever_is_looked_for_does_no_harm(store: Store, said: str):
    key = store.people.text_key()
    assert store.agent(said) is None
    assert index.cases_by_words(store.conn, store.desk.id, key, said, 5) == []
    assert store.policies.search(said, "2026-11-02", "zh-Hans", 5) == []
    assert len(store.agents()) == len(STAFF) - 1


def test_what_the_server_says_keeps_no_password():
    dsn = Dsn("postgresql://joe:geheim@127.0.0.1:1/desk?connect_timeout=2")
    with pytest.raises(StoreError) as refused:
        open_store(dsn)
    assert code(refused) == "lost"
    assert "geheim" not in f"{refused.value} {refused.value.details}"
    said = translate(psycopg.OperationalError('FATAL: password authentication failed for user "joe"'), dsn)
    assert isinstance(said, StoreError)
    assert said.code == "login_refused"
    said = translate(psycopg.OperationalError("FATAL:  the database system is starting up"), dsn)
    assert isinstance(said, StoreError)
    assert said.code == "lost"


def test_a_database_that_is_not_there_or_not_ours_is_told(postgres: Postgres):
    with pytest.raises(StoreError) as refused:
        open_store(Dsn(postgres.url("nowhere")))
    assert code(refused) == "no_such_database"
    with pytest.raises(StoreError) as refused:
        open_store(Dsn(postgres.database()))
    assert code(refused) == "not_a_database"


def test_a_desk_is_made_once_and_taken_out_whole(store: Store, desk: DeskFile, postgres_desks: Dsn):
    with pytest.raises(StoreError) as refused:
        init(postgres_desks, "again", "Asia/Shanghai", MONDAY, desk_id=desk.desk_id)
    assert code(refused) == "desk_exists"
    with pytest.raises(StoreError) as refused:
        open_store(postgres_desks, desk_id="another")
    assert code(refused) == "no_such_desk"
    remove_desk(postgres_desks, desk.desk_id)
    assert store.agents() == []


def test_an_older_database_gains_what_it_lacks_while_older_servers_go_on(postgres: Postgres):
    dsn = Dsn(postgres.database())
    assert "cases" in migrate(dsn)
    assert migrate(dsn) == []
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        conn.execute("DROP TABLE broadcast")
        conn.execute("DROP INDEX cases_hint")
        conn.execute("ALTER TABLE merchant DROP COLUMN name")
        conn.execute("INSERT INTO merchant VALUES ('d', 'm', 'm', '', 0)")
        conn.execute("UPDATE schema_version SET version = version - 1")
    assert sorted(migrate(dsn)) == ["broadcast", "broadcast_until", "cases_hint", "merchant.name"]
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        assert conn.execute("SELECT name FROM merchant").fetchone() == ("",)
        # As a server of the version before writes, which knows no such column.
        conn.execute(
            "INSERT INTO merchant (desk_id, id, external_id, return_address, self_operated) VALUES ('d','n','n','',0)"
        )
        conn.execute("UPDATE schema_version SET version = version + 5")
    with closing(PgConnection(dsn, schema_version=SCHEMA_VERSION)) as older:
        older.check_schema()
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        conn.execute("UPDATE schema_version SET oldest = version")
    for step in (migrate, open_store):
        with pytest.raises(StoreError) as refused:
            step(dsn)
        assert code(refused) == "newer_schema"


def test_a_database_without_room_for_another_connection_or_for_its_files_is_told(
    store: Store, postgres: Postgres, postgres_desks: Dsn
):
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute("CREATE ROLE nobody_more LOGIN CONNECTION LIMIT 0")
    with pytest.raises(StoreError) as refused:
        open_store(Dsn(postgres_desks.text.replace("//postgres@", "//nobody_more@")))
    assert code(refused) == "too_many"
    # A sort that finds no room on the disk; of the desk's own transaction nothing is kept.
    store.conn.execute("SELECT set_config('work_mem', '64kB', false)")
    store.conn.execute("SELECT set_config('temp_file_limit', '0', false)")
    with pytest.raises(StoreError) as refused, write(store.conn) as conn:
        conn.execute(FLAG, (store.desk.id, "full"))
        conn.execute("SELECT n FROM generate_series(1, 20000) AS n ORDER BY -n")
    assert code(refused) == "disk_full"
    assert holder(store) == ""


@pytest.mark.parametrize("wrong_s", [600, -600])
def test_the_databases_clock_is_the_one_that_counts_whatever_this_machines_says(
    desk: DeskFile, monkeypatch: pytest.MonkeyPatch, wrong_s: int
):
    def there(conn: PgConnection) -> int:
        (said,) = conn.native("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone() or (
            0,
        )
        return int(said)

    def tells_the_time(conn: PgConnection) -> bool:
        before = there(conn)
        said = conn.now()
        return before - SAME_MS <= said <= there(conn) + SAME_MS

    monkeypatch.setattr("csdesk.store.postgres.clock_ms", lambda: clock_ms() + wrong_s * 1000)
    conn = desk.store().conn
    assert isinstance(conn, PgConnection)
    assert tells_the_time(conn)
    # A clock that is set while it is open, as after a laptop's sleep: from the next turn to write on.
    monkeypatch.setattr("csdesk.store.postgres.clock_ms", lambda: clock_ms() - 3 * wrong_s * 1000)
    assert not tells_the_time(conn)
    with write(conn):
        pass
    assert tells_the_time(conn)
    with closing(conn.again(readonly=True)) as reader:
        assert tells_the_time(reader)
    monkeypatch.setattr("csdesk.store.postgres.clock_ms", clock_ms)
    with write(conn):
        pass
    assert tells_the_time(conn)


def test_doctor_looks_a_database_over(desk: DeskFile, postgres_desks: Dsn):
    found = {one.code: one.level for one in examine_database(postgres_desks, desk.desk_id, now=MONDAY)}
    assert found.pop("database", "") or found.pop("database_far")
    assert found == {"schema": "ok", "keys": "ok", "outbox": "ok"}
    (gone,) = examine_database(postgres_desks, "another", now=MONDAY)
    assert (gone.code, gone.level) == ("no_such_desk", "error")
