"""Who is told of changes, and when: at once of what this server wrote, and now and then that the line stands."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from csdesk.desk.core import Core
from csdesk.desk.entry import SYSTEM
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.server import live
from csdesk.server.callers import Caller
from csdesk.server.hall import Room
from csdesk.server.live import Watch
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import open_store
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


@pytest.fixture
async def room(desk_file: DeskFile) -> AsyncIterator[Room]:
    room = Room(lambda: Core(open_store(desk_file.path), SYSTEM, now=desk_file.clock))
    await room.open()
    yield room
    await room.close()


def caller(desk_file: DeskFile) -> Caller:
    core = desk_file.core("zhao")
    with write(core.store.conn) as conn:
        said = tokens.make(conn, core.desk, "zhao", label="test", by="gao", now=core.now())[1]
    return Caller(*tokens.split(said))


async def test_what_this_server_wrote_is_told_without_waiting_for_the_next_look(
    desk_file: DeskFile, room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "LOOK_SECONDS", 3_600.0)
    watch, who = Watch(room), caller(desk_file)
    streams = [watch.events(who, None) for _ in range(3)]
    for stream in streams:
        assert b"id: " in await anext(stream)
    await room.run(who, lambda core: core.do(Open(Kind.INQUIRY, summary="到哪里了")), writes=True)
    told = [await asyncio.wait_for(anext(stream), 60) for stream in streams]
    assert b"data: " in told[0] and told == told[:1] * 3
    await watch.close()
    assert watch.watchers() == 3
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    assert watch.watchers() == 0


async def test_looking_ends_also_while_the_desk_is_asked(
    desk_file: DeskFile, room: Room, monkeypatch: pytest.MonkeyPatch
):
    watch, who, asked, go_on = Watch(room), caller(desk_file), threading.Event(), threading.Event()

    def news(core: Core, seen: object) -> tuple[object, None]:
        asked.set()
        go_on.wait(60)
        return seen, None

    monkeypatch.setattr(watch, "_news", news)
    stream = watch.events(who, None)
    try:
        await anext(stream)
        assert await asyncio.to_thread(asked.wait, 60)
        await asyncio.wait_for(watch.close(), 30)
        assert watch.watchers() == 1
    finally:
        go_on.set()
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_silent_line_is_told_that_it_stands_and_ends_with_its_token(
    desk_file: DeskFile, room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.0)
    watch, who = Watch(room), caller(desk_file)
    stream = watch.events(who, None)
    await anext(stream)
    assert await asyncio.wait_for(anext(stream), 60) == b":\n\n"

    def end(core):
        with write(core.store.conn) as conn:
            assert tokens.revoke(conn, core.desk, who.token, core.now(), "gao")

    await room.enter(end)
    async with asyncio.timeout(60):
        left = [event async for event in stream]
    assert set(left) <= {b":\n\n"}
    await watch.close()
