"""Reports from a replica: asked while it is there, the desk's own database where it is not, and who notices."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest

from csdesk.desk.answering import ANSWERS
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.desk.entry import replica_of
from csdesk.desk.local import LocalDesk
from csdesk.desk.report_queries import Report
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.domain.value import dataclass, replace
from csdesk.store.doctor_postgres import examine_database
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, open_store
from csdesk.store.postgres import PgConnection
from csdesk.store.replica import AGAIN_MS, MOST_AGAIN_MS, PATIENT_S
from tests.building import MONDAY, Clock, DeskFile, on_postgres
from tests.postgres import Postgres

OWN, COPY = "csdesk", "a replica"
ZHAO = Actor("zhao", Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Where(Ask[str]):
    """Which connection answers, by the name it gave the server."""

    name: ClassVar[str] = "test_where"


@dataclass(frozen=True, slots=True)
class WhereAside(Where):
    """The same for what takes long; `fails`: with this error anywhere but in the desk's own database."""

    aside: ClassVar[bool] = True
    fails: str = ""


def where(core: Core, ask: Where) -> str:
    (name,) = core.store.conn.execute("SELECT current_setting('application_name')").fetchone()
    if isinstance(ask, WhereAside) and ask.fails and name != OWN:
        raise StoreError(ask.fails, path="", reason="")
    return str(name)


@pytest.fixture
def desk(
    home: Path, postgres: Postgres, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DeskFile]:
    monkeypatch.setenv("CSDESK_HOME", str(home))
    for one in (Where, WhereAside):
        monkeypatch.setitem(ANSWERS, one, where)
    made = DeskFile(home / "unused", Clock())
    on_postgres(made, postgres_desks)
    yield made
    made.close()


@pytest.fixture
def copy(postgres: Postgres, postgres_desks: Dsn) -> Iterator[Dsn]:
    """The same database by another address, for a role of its own that can be shut out."""
    role = f"reports_{os.urandom(4).hex()}"
    with psycopg.connect(postgres.url(), autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {role} LOGIN SUPERUSER".encode())
    yield Dsn(postgres_desks.text.replace("postgres@", f"{role}@") + "&application_name=a%20replica")
    with psycopg.connect(postgres.url(), autocommit=True) as conn:
        conn.execute(f"DROP ROLE {role}".encode())


def opened(desk: DeskFile, copy: Dsn) -> Core:
    return Core(open_store(desk.place, desk_id=desk.desk_id, replica=copy), ZHAO, now=desk.clock)


def shut(postgres: Postgres, copy: Dsn) -> str:
    """Shut the replica's role out, and end what it has open; gives its name."""
    role = copy.text.partition("//")[2].partition("@")[0]
    with psycopg.connect(postgres.url(), autocommit=True) as conn:
        conn.execute(f"ALTER ROLE {role} NOLOGIN".encode())
        ended = conn.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = %s", (role,)
        ).fetchall()
    assert ended == [(True,)]
    return role


def test_what_takes_long_is_asked_of_the_replica_and_all_else_of_the_desk(desk: DeskFile, copy: Dsn):
    with closing(opened(desk, copy).store) as store:
        core = Core(store, ZHAO, now=desk.clock)
        assert (core.ask(WhereAside()), core.ask(Where())) == (COPY, OWN)
        assert core.ask(WhereAside("lost")) == OWN
        report = Report("2026-11-01", "2026-11-02")
        assert core.ask(report) == desk.core("zhao").ask(report)
        with closing(store.at(copy, PATIENT_S)) as other, pytest.raises(StoreError) as told:
            other.conn.execute("DELETE FROM draft WHERE desk_id = ?", (core.desk,))
        assert told.value.code == "read_only"


async def test_a_console_asks_it_too(desk: DeskFile, copy: Dsn):
    local = await LocalDesk.open(lambda: opened(desk, copy))
    asked = tuple(await asyncio.gather(*map(local.ask, (WhereAside(), Where(), WhereAside()))))
    await local.close()
    assert asked == (COPY, OWN, COPY)


def test_the_desk_answers_while_the_replica_is_away_and_asks_it_again_later(
    desk: DeskFile, copy: Dsn, postgres: Postgres
):
    core = opened(desk, copy)
    with closing(core.store):
        assert core.ask(WhereAside()) == COPY
        role = shut(postgres, copy)
        assert core.ask(WhereAside()) == OWN
        assert core.store.replica is not None
        assert core.store.replica.away == "login_refused"
        with psycopg.connect(postgres.url(), autocommit=True) as conn:
            conn.execute(f"ALTER ROLE {role} LOGIN".encode())
        desk.clock.forward(ms=AGAIN_MS - 1)
        assert core.ask(WhereAside()) == OWN
        desk.clock.forward(ms=1)
        assert core.ask(WhereAside()) == COPY
        assert core.store.replica.away == ""


def test_a_replica_that_swallows_everything_costs_seconds_and_ever_more_seldom(desk: DeskFile):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never says a word
        nowhere = Dsn(
            f"postgresql://r@127.0.0.1:{silent.getsockname()[1]}/desk?sslmode=disable&gssencmode=disable"
        )
        core, tried = opened(desk, nowhere), 0
        asked = core.store.at
        waits: list[int] = []

        def at(copy: Dsn, patient_s: int) -> Store:
            nonlocal tried
            tried += 1
            waits.append(patient_s)
            # Once is enough of it: the others find nobody at all.
            return asked(copy if tried == 1 else Dsn("postgresql://r@/desk?host=/nowhere"), 1)

        with closing(core.store):
            core.store.at = at  # type: ignore[method-assign]
            pause = AGAIN_MS
            found: list[int] = []
            for _ in range(6):
                assert core.ask(WhereAside()) == OWN
                found.append(tried)
                desk.clock.forward(ms=pause - 1)
                assert core.ask(WhereAside()) == OWN and tried == found[-1]
                desk.clock.forward(ms=1)
                pause = min(2 * pause, MOST_AGAIN_MS)
            assert core.store.replica is not None and core.store.replica.away == "lost"
            assert found == [1, 2, 3, 4, 5, 6] and set(waits) == {PATIENT_S}


def test_what_is_too_slow_there_is_not_done_once_more_at_the_desk(desk: DeskFile, copy: Dsn):
    core = opened(desk, copy)
    with closing(core.store):
        with pytest.raises(StoreError) as told:
            core.ask(WhereAside("too_slow"))
        assert told.value.code == "too_slow"
        assert core.ask(WhereAside()) == COPY


def test_a_replica_of_another_desk_or_one_that_missed_an_erasure_is_not_asked(desk: DeskFile, copy: Dsn):
    core = opened(desk, copy)
    with closing(core.store):
        core.store._erased = 7  # as after an erasure that has not come there yet
        assert core.ask(WhereAside()) == OWN
        core.store._erased = 0
        assert core.ask(WhereAside()) == COPY
    other = opened(desk, copy)
    with closing(other.store):
        other.store.desk = replace(other.store.desk, file_id="0" * 16)
        assert other.ask(WhereAside()) == OWN
        assert other.store.replica is not None
        assert other.store.replica.away == "replica_other"


def test_doctor_tells_of_the_replica(
    desk: DeskFile, copy: Dsn, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch
):
    def found(replica: Dsn) -> set[str]:
        told = examine_database(postgres_desks, desk.desk_id, now=MONDAY, replica=replica)
        return {f"{one.level}: {one}" for one in told if one.code.startswith("replica")}

    nowhere = Dsn("postgresql://nobody@/none?host=/nowhere")
    assert found(copy) == {f"ok: The replica {copy} follows (0 changes behind)."}
    (away,) = found(nowhere)
    assert away.startswith(f"warn: The replica {nowhere} does not answer for this desk (lost);")
    monkeypatch.setattr(PgConnection, "version", lambda conn: 4 if conn.dsn == copy else 9)
    (behind,) = found(copy)
    assert behind.startswith(f"warn: The replica {copy} is 5 changes behind")


@pytest.mark.parametrize("config", [
    Config(replica="postgresql://db/desk"),
    Config(file="/tmp/desk.db", replica="postgresql://db/desk"),
    Config(file="postgresql://db/desk", replica="/tmp/desk.db"),
])  # fmt: skip
def test_only_a_desk_in_a_database_has_a_replica_and_only_in_another_database(config: Config):
    with pytest.raises(ConfigError, match="config_replica"):
        replica_of(config)


def test_no_password_is_told_of_a_replica_that_does_not_serve():
    with pytest.raises(ConfigError) as told:
        replica_of(Config(replica="postgresql://me:verysecret@db/desk"))
    assert "verysecret" not in str(told.value)
    assert replica_of(Config(file="postgresql://a/b", replica="postgresql://c/b")) == Dsn("postgresql://c/b")
