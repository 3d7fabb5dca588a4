"""Bad days of a server's database: no room, a question without end, a line that is cut in a claim."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import httpx
import psycopg
import pytest

from csdesk.desk.answering import ANSWERS
from csdesk.desk.asking import questions
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass
from csdesk.store.dsn import Dsn
from csdesk.store.file import open_store
from csdesk.store.verify import verify
from tests.building import Clock, DeskFile, on_postgres
from tests.postgres import Postgres, running
from tests.relay import Relay
from tests.serving import Guest

# No file of the server may grow beyond this; its log comes in files of half of it.
ROOM = 2 << 20


@contextmanager
def entered(desk: DeskFile) -> Iterator[tuple[Guest, httpx.Client]]:
    guest = Guest(desk)
    headers = {"Authorization": f"Bearer {guest.token('wang')}"}
    with httpx.Client(base_url=guest.where, headers=headers, timeout=60) as client:
        yield guest, client
    guest.stop()


def opened(client: httpx.Client, key: str = "open") -> str:
    body = {"kind": "inquiry", "summary": "到哪里了"}
    return str(client.post("/v1/cases", json=body, headers={"Idempotency-Key": key}).json()["number"])


def noted(client: httpx.Client, number: str, key: str) -> httpx.Response:
    path = f"/v1/cases/{number}/verbs/note"
    return client.post(path, json={"text": f"{key} " * 150}, headers={"Idempotency-Key": key})


class Full:
    """The disk of a server: every process that serves a database may make no file larger than ROOM, or may again."""

    def __init__(self, server: Postgres, dsn: Dsn) -> None:
        self._server, self._dsn = server, dsn

    def fill(self) -> None:
        """A table of the desk takes all the room there is."""
        with psycopg.connect(self._dsn.text, autocommit=True) as conn:
            row = conn.execute("SELECT count(*) FROM event").fetchone()
            assert row is not None and row[0] > 0
            names = [c for (c,) in conn.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'event'::regclass AND attnum > 0 ORDER BY attnum"
            )]  # fmt: skip
            told = ", ".join({"desk_id": "'elsewhere'", "seq": "n"}.get(name, name) for name in names)
            conn.execute(
                f"INSERT INTO event SELECT {told} FROM (SELECT * FROM event LIMIT 1) AS one,"
                " generate_series(1, 8000) AS n".encode()
            )
            # Else who reads would have to make room in the server's memory, by writing what is new.
            conn.execute("CHECKPOINT")
            size = conn.execute("SELECT pg_relation_size('event')").fetchone()
            assert size is not None and size[0] > ROOM

    def room(self, most: str) -> None:
        with psycopg.connect(self._dsn.text, autocommit=True) as conn:
            for (pid,) in conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall():
                # By whom the server belongs to, who may do so without being root.
                self._server.run("/usr/bin/prlimit", f"--pid={pid}", f"--fsize={most}:")


def test_a_database_without_room_keeps_nothing_half_is_read_and_goes_on_when_there_is_room(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    with running("--wal-segsize=1") as server:
        desk, dsn = DeskFile(home / "unused", Clock()), Dsn(server.database())
        on_postgres(desk, dsn)
        with entered(desk) as (_, client):
            number, full, known = opened(client), Full(server, dsn), {"open"}
            full.fill()
            full.room(str(ROOM))
            for n in range(200):  # what is left of the last page of the table
                answer = noted(client, number, f"note-{n}")
                if answer.status_code != 200:
                    break
                known.add(f"note-{n}")
            told = answer.json()
            assert (answer.status_code, told["code"], told["fault"]) == (503, "desk_away", "disk_full")
            assert int(answer.headers["retry-after"]) > 0
            shown = client.get(f"/v1/cases/{number}")
            assert (
                shown.status_code == 200 and client.post("/v1/ask/queue_counts", json={}).status_code == 200
            )
            full.room("unlimited")
            again = noted(client, number, f"note-{n}")
            assert again.status_code == 200 and not again.json()["again"]
            assert again.json()["case"]["version"] == shown.json()["case"]["version"] + 1
            assert noted(client, number, f"note-{n}").json()["again"]
            store = desk.store()
            kept = store.conn.execute("SELECT key FROM request WHERE desk_id = ?", (desk.desk_id,))
            assert {key for (key,) in kept} == {*known, f"note-{n}"}
            assert list(verify(store, contents=True)) == []
        desk.close()


@dataclass(frozen=True, slots=True)
class Endless(Ask[str]):
    """Takes longer than the database lets it."""

    name: ClassVar[str] = "test_endless"
    aside: ClassVar[bool] = True


def endless(core: Core, ask: Endless) -> str:
    core.store.conn.execute("SELECT pg_sleep(600)")
    return ""


def test_a_question_that_the_database_breaks_off_says_so_and_the_next_is_answered(
    home: Path, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    monkeypatch.setitem(ANSWERS, Endless, endless)
    monkeypatch.setitem(questions(), Endless.name, Endless)
    desk = DeskFile(home / "unused", Clock())
    on_postgres(desk, postgres_desks)
    desk.dsn = Dsn(postgres_desks.text + "&options=-c%20statement_timeout%3D300ms")
    with entered(desk) as (_, client):
        answer = client.post("/v1/ask/test_endless", json={})
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (422, "took_too_long")
        assert "retry-after" not in answer.headers, "the same again would take as long"
        assert client.post("/v1/ask/queue_counts", json={}).status_code == 200
        assert client.post("/v1/ask/agents", json={}).status_code == 200
    desk.close()


class Cutting(Relay):
    """A line to a database that is cut when a claim is to be kept: `before` that gets there, or `after`, unanswered."""

    cut = ""
    _unheard: socket.socket | None = None

    def _pass(self, one: socket.socket, other: socket.socket, kept: bytearray) -> None:
        asks, claims = one.family == socket.AF_INET, False
        with suppress(OSError):
            # Cut when the database has answered: it has kept the claim then, and the answer gets no further.
            while (data := one.recv(1 << 16)) and one is not self._unheard:
                claims = claims or bool(re.search(rb"(INTO|UPDATE) lease\b", data))
                how = self.cut if asks and claims and b"COMMIT" in data else ""
                if how:
                    self.cut = ""
                if how == "before":
                    break
                if how == "after":
                    self._unheard = other
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_line_to_the_database_that_is_cut_in_a_claim_gives_each_case_to_one_and_loses_none(
    home: Path, postgres: Postgres, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch, cut: str
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    line = Cutting(str(postgres.folder / ".s.PGSQL.5432"))
    desk = DeskFile(home / "unused", Clock())
    on_postgres(desk, postgres_desks)
    name = postgres_desks.text.partition("@/")[2].partition("?")[0]
    desk.dsn = Dsn(f"postgresql://postgres@{line.where.removeprefix('http://')}/{name}?sslmode=disable")
    with entered(desk) as (guest, wang):
        li = {"Authorization": f"Bearer {guest.token('li')}"}
        for n in range(3):
            opened(wang, f"open-{n}")
        line.cut = cut
        told = wang.post("/v1/ask/next", json={})
        assert (told.status_code, told.json()["code"], told.json()["fault"]) == (503, "desk_away", "lost")
        assert line.cut == ""
        with closing(open_store(postgres_desks, desk_id=desk.desk_id)) as store:
            look = "SELECT case_id, holder FROM lease WHERE desk_id = ? AND expires > ?"
            kept = store.conn.execute(look, (desk.desk_id, desk.clock())).fetchall()
            theirs = wang.post("/v1/ask/next", json={}, headers=li).json()
            mine = wang.post("/v1/ask/next", json={}).json()
            held = dict(store.conn.execute(look, (desk.desk_id, desk.clock())).fetchall())
        # What was claimed and not told is not given to anybody else, and comes to who asks again.
        assert kept == ([(mine, "wang")] if cut == "after" else [])
        assert held == {mine: "wang", theirs: "li"}
        assert list(verify(desk.store())) == []
    desk.close()
    line.close()
