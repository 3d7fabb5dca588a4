"""A server on PostgreSQL: desks that know nothing of each other, hints of writes, a database that dies."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.client.remote import RemoteDesk
from csdesk.desk.desk import Changes, Done
from csdesk.desk.link import LinkLost
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.server.hints import Hints
from csdesk.store.dsn import Dsn
from csdesk.store.postgres import PgConnection
from csdesk.store.verify import verify
from tests.building import Clock, DeskFile, on_postgres
from tests.postgres import running
from tests.serving import Guest, house
from tests.tenancy import strays


@pytest.fixture
def desks(home: Path, postgres_desks: Dsn, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[DeskFile]]:
    """Two desks of one database."""
    monkeypatch.setenv("CSDESK_HOME", str(home))
    crossing: list[str] = []
    monkeypatch.setattr(PgConnection, "heard", lambda said: crossing.append(said) if strays(said) else None)
    made = [DeskFile(home / "unused", Clock()) for _ in range(2)]
    for one in made:
        on_postgres(one, postgres_desks)
    yield made
    for one in made:
        one.close()
    assert crossing == []


def client(guest: Guest, who: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {guest.token(who)}"}
    return httpx.Client(base_url=guest.where, headers=headers)


def test_a_token_of_one_desk_opens_nothing_of_another(desks: list[DeskFile]):
    mine, theirs = desks
    hall, foreign_hall = Guest(mine), Guest(theirs)
    number = theirs.order()
    made = theirs.core("wang").do(Open(Kind.RETURN, number, (LineQty(1, 1),)))
    person = theirs.customer("王小明", phone="13700001111")
    before = [str(one) for one in verify(theirs.store())]
    with client(hall, "gao") as gao, client(hall, "wang") as wang, client(foreign_hall, "wang") as there:
        assert there.get(f"/v1/cases/{made.number}").status_code == 200
        for said in (made.number, made.case.id):
            assert wang.get(f"/v1/cases/{said}").status_code in (404, 422)
            sent = wang.post(
                f"/v1/cases/{said}/verbs/note",
                json={"text": "?"},
                headers={"Idempotency-Key": f"k-{said}"},
            )
            assert sent.status_code in (404, 422)
            assert made.number not in sent.text or said == made.number
        assert ask(wang, "rows", ids=[made.case.id]).json() == []
        assert ask(wang, "find_orders", text=number).json() == []
        assert ask(wang, "queue_page", queue="all").json() == []
        assert not any(one["live"] for one in ask(wang, "queue_counts").json())
        opened = wang.post(
            "/v1/cases", json={"kind": "return", "order": number}, headers={"Idempotency-Key": "foreign"}
        )
        assert opened.status_code == 422
        assert opened.json()["code"] == "no_such_order"
        inquiry = {"kind": "inquiry", "customer": person}
        sent = wang.post("/v1/cases", json=inquiry, headers={"Idempotency-Key": "person"})
        told = re.sub("[0-9a-f]{32}", "", sent.text)  # an id has any digits
        assert "王小明" not in told and "1111" not in told
        # The other desk's name before a token of mine, and mine before its.
        mixed = ".".join((foreign_hall.token("gao").split(".")[0], *hall.token("gao").split(".")[1:]))
        assert gao.get("/v1/me", headers={"Authorization": f"Bearer {mixed}"}).status_code == 401
        assert (
            gao.get("/v1/changes", params={"after": 0}).json()["changes"]
            != there.get("/v1/changes", params={"after": 0}).json()["changes"]
        )
        assert made.case.id not in gao.get("/v1/changes", params={"after": 0}).text
    assert [str(one) for one in verify(theirs.store())] == before == []
    assert theirs.core("wang").ask(ShowCase(made.case.id)).case.version == made.case.version
    hall.stop()
    foreign_hall.stop()


async def test_a_write_that_another_server_made_is_told_by_a_hint(desks: list[DeskFile], postgres_desks: Dsn):
    here = desks[0]
    guest = Guest(here)
    hall, loop = house().hall, house().loop
    hints = Hints(postgres_desks, hall, loop)
    remote = await RemoteDesk.open(guest.where, guest.token("wang"))
    hints.start()
    try:
        room = hall.rooms()[-1]
        await until(lambda: room.hinted)
        changes = remote.watch()
        told = asyncio.ensure_future(anext(changes))
        await until(lambda: remote._last)
        made = here.core("li").do(Open(Kind.RETURN, here.order(), (LineQty(1, 1),)))
        assert made.case.id in (await asyncio.wait_for(told, 20)).cases
        await ended(changes)
    finally:
        await asyncio.to_thread(hints.stop)
        await remote.close()
        guest.stop()


async def test_a_database_that_is_killed_comes_back_and_every_acknowledged_write_is_there_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    with running() as server:
        dsn = Dsn(server.database() + "&options=-c%20synchronous_commit%3Don")
        desk = DeskFile(home / "unused", Clock())
        on_postgres(desk, dsn)
        guest = Guest(desk)
        token = guest.token("wang")
        key, wang = {"Authorization": f"Bearer {token}"}, await RemoteDesk.open(guest.where, token)
        opened = await wang.do(Open(Kind.RETURN, desk.order(), (LineQty(1, 1),)))
        changes = wang.watch()
        watching = asyncio.ensure_future(anext(changes))
        await until(lambda: wang._last)
        server.kill()
        async with httpx.AsyncClient(base_url=guest.where, headers=key) as plain:
            away = await plain.get("/v1/me")
            assert (away.status_code, away.json()["code"]) == (503, "desk_away")
        # Sent while the database is away, under a key; it is sent again until it is known what became of it.
        noting = asyncio.create_task(noted(wang, opened.case.id, "one"))
        await asyncio.to_thread(server.start)
        first = await noting
        again = await noted(wang, opened.case.id, "one")
        assert again.again and again.case.version == first.case.version
        assert opened.case.id in (await asyncio.wait_for(watching, 20)).cases
        await ended(changes)
        assert list(verify(desk.store())) == []
        await wang.close()
        guest.stop()
        desk.close()


async def noted(desk: RemoteDesk, case: str, key: str) -> Done:
    """A note under a key, sent until the desk answers, as a console does that was told of a lost line."""
    while True:
        try:
            return await desk.do(Note("退款已核对"), case, key=key)
        except LinkLost:
            continue


async def until(so: Callable[[], object]) -> None:
    """Wait for what comes by itself."""
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110  (what comes is told by no event)
            await asyncio.sleep(0.01)


def ask(to: httpx.Client, question: str, **fields: Any) -> httpx.Response:
    return to.post(f"/v1/ask/{question}", json=fields)


async def ended(changes: AsyncIterator[Changes]) -> None:
    """End a watch."""
    assert isinstance(changes, AsyncGenerator)
    await changes.aclose()
