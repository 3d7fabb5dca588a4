"""Databases under several hands: migrations while servers write, transactions that get in each other's way."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.store import postgres_schema
from csdesk.store.connection import write
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.postgres import PgConnection
from csdesk.store.postgres_schema import migrate, remove_desk
from csdesk.store.verify import verify
from csdesk.store.version import SCHEMA_VERSION
from tests.building import Clock, DeskFile, on_postgres
from tests.postgres import Postgres

BEFORE = (
    "DROP TABLE broadcast",
    "DROP INDEX cases_hint",
    "ALTER TABLE worker DROP COLUMN expires",
    "UPDATE schema_version SET version = version - 1, oldest = version - 1",
)


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Dsn:
    """A database of its own, whose tables are changed; transactions that wait for each other are found at once."""
    made = Dsn(postgres.database() + "&options=-c%20deadlock_timeout%3D20ms")
    migrate(made)
    return made


@pytest.fixture
def desks(home: Path, dsn: Dsn, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[DeskFile]]:
    monkeypatch.setenv("CSDESK_HOME", str(home))
    made = [DeskFile(home / "unused", Clock()) for _ in range(2)]
    for one in made:
        on_postgres(one, dsn)
    yield made
    for one in made:
        one.close()
        remove_desk(dsn, one.desk_id)


def reduced(dsn: Dsn) -> None:
    """Make it a database of the version before."""
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        for statement in BEFORE:
            conn.execute(statement.encode())


def waiting(dsn: Dsn, words: str) -> int:
    """The process of the server that waits in a statement of a migration with these words; polls until there is one."""
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        while True:
            row = conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'csdesk migrate'"
                " AND wait_event_type = 'Lock' AND query LIKE %s",
                (f"%{words}%",),
            ).fetchone()
            if row is not None:
                return int(row[0])


def test_servers_of_the_version_before_write_while_a_migration_waits_and_runs(
    dsn: Dsn, desks: list[DeskFile], monkeypatch: pytest.MonkeyPatch
):
    # The version that is migrated to changes no table's meaning.
    monkeypatch.setattr(postgres_schema, "OLDEST", SCHEMA_VERSION - 1)
    reduced(dsn)
    first, second = desks
    holds, writes = (PgConnection(dsn, schema_version=SCHEMA_VERSION - 1) for _ in range(2))
    holds.bind(first.desk_id, "a", Path())
    writes.bind(second.desk_id, "b", Path())
    with closing(holds), closing(writes), ThreadPoolExecutor(1) as beside:
        # As an older server would write: by the columns that it knows.
        note = "INSERT INTO worker (desk_id, holder, fence) VALUES (?, 'old', 1)"
        with write(holds) as conn:
            conn.execute(note, (first.desk_id,))
            made = beside.submit(migrate, dsn)
            waiting(dsn, "ALTER TABLE worker")
            # It waits for the one and stands in nobody else's way for longer than a second.
            with write(writes) as other:
                other.execute(note, (second.desk_id,))
        assert set(made.result(60)) == {"broadcast", "broadcast_until", "cases_hint", "worker.expires"}
        with write(writes) as other:
            other.execute("DELETE FROM worker WHERE desk_id = ?", (second.desk_id,))
    assert migrate(dsn) == []


def test_two_that_migrate_at_once_make_everything_once(dsn: Dsn):
    reduced(dsn)
    with ThreadPoolExecutor(2) as both:
        one, two = [each.result(60) for each in [both.submit(migrate, dsn) for _ in range(2)]]
    assert sorted(one + two) == ["broadcast", "broadcast_until", "cases_hint", "worker.expires"]
    assert [] in (one, two)


def test_a_migration_that_was_broken_off_begins_again(dsn: Dsn, desks: list[DeskFile]):
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        conn.execute("DROP INDEX cases_hint")
    reader = desks[0].store()
    with ThreadPoolExecutor(1) as beside:
        with write(reader.conn) as conn:
            # An index that is built beside the work waits for this one, and leaves a broken one when it is ended.
            conn.execute("UPDATE cases SET version = version WHERE desk_id = ?", (desks[0].desk_id,))
            begun = beside.submit(migrate, dsn)
            pid = waiting(dsn, "CREATE INDEX")
            with psycopg.connect(dsn.text, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            with pytest.raises(StoreError) as lost:
                begun.result(60)
        assert lost.value.code == "lost"
    with psycopg.connect(dsn.text, autocommit=True) as conn:
        sound = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'cases_hint'::regclass"
        assert conn.execute(sound).fetchone() == (False,)
        assert migrate(dsn) == ["cases_hint"]
        assert conn.execute(sound).fetchone() == (True,)


def test_verbs_that_block_each_other_are_both_done_once(
    desks: list[DeskFile], monkeypatch: pytest.MonkeyPatch
):
    """Each has its own desk's row and wants the other's: the database breaks one off, which is then done again."""
    cores = [one.core("wang") for one in desks]
    opened = [
        core.do(Open(Kind.RETURN, one.order(), (LineQty(1, 1),)))
        for core, one in zip(cores, desks, strict=True)
    ]
    met, tries = threading.Barrier(2), [0, 0]

    def crossing(n: int) -> Callable[[], None]:
        def first_time() -> None:
            tries[n] += 1
            if tries[n] == 1:
                met.wait(20)
                conn = cores[n].store.conn
                assert isinstance(conn, PgConnection)
                conn.native("SELECT 1 FROM desk WHERE desk_id = %s FOR UPDATE", (desks[1 - n].desk_id,))

        return first_time

    for n, core in enumerate(cores):
        monkeypatch.setattr(core.store, "heed_erasures", crossing(n))

    def noted(n: int) -> int:
        return cores[n].do(Note("两边同时"), opened[n].case.id, key=f"note-{n}").case.version

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(noted, range(2))) == [one.case.version + 1 for one in opened]
    assert sorted(tries) == [1, 2]
    assert [list(verify(one.store())) for one in desks] == [[], []]


def test_a_transaction_that_could_not_be_put_in_order_is_done_again(
    desks: list[DeskFile], monkeypatch: pytest.MonkeyPatch
):
    core = desks[0].core("wang")
    tries: list[object] = []
    opened = core.do(Open(Kind.RETURN, desks[0].order(), (LineQty(1, 1),)))

    def refused() -> None:
        conn = core.store.conn
        assert isinstance(conn, PgConnection)
        tries.append(len(tries))
        if len(tries) < 3:
            conn.native("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$")

    monkeypatch.setattr(core.store, "heed_erasures", refused)
    done = core.do(Note("再来一次"), opened.case.id, key="once")
    assert (tries, done.case.version, done.again) == ([0, 1, 2], opened.case.version + 1, False)
