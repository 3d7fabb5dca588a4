"""What stands between a console and its desk and answers in its place: portals, proxies, halves of answers.

And what need not come over the line twice.
"""

import asyncio
import gzip
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from csdesk.client import offline, remote
from csdesk.client.offline import LinkedDesk
from csdesk.desk import wire
from csdesk.desk.desk import Ask
from csdesk.desk.link import LinkLost, ServerFault
from csdesk.desk.queries import GetDraft, QueueCounts, QueuePage, ShowCase
from csdesk.domain.cases.shared import Note
from tests.relay import Relay
from tests.unit.client.far import Far, calm, far, home_of_module, served, until

__all__ = ["far", "home_of_module", "served"]

HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}
PAGE = b"<html><body>Welcome to the hotel</body></html>"


class Broken(httpx.AsyncByteStream):
    """The first half of an answer."""

    async def __aiter__(self) -> Any:
        yield b'{"case":{"id'
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


LIES: dict[str, Callable[[], httpx.Response]] = {
    "a portal's page": lambda: httpx.Response(200, headers=HTML, content=PAGE),
    "a portal's redirect": lambda: httpx.Response(302, headers={"Location": "http://hotel.example/login"}),
    "a proxy's 500": lambda: httpx.Response(500, headers=HTML, content=PAGE),
    "a proxy's 403": lambda: httpx.Response(403, headers=HTML, content=PAGE),
    "a proxy's 401": lambda: httpx.Response(401, headers=HTML, content=PAGE),
    "a server that is busy": lambda: httpx.Response(503, headers=JSON, content=b'{"code":"busy"}'),
    "half a line of JSON": lambda: httpx.Response(200, headers=JSON, content=b'{"case":{"id'),
    "nothing": lambda: httpx.Response(200, headers=JSON, content=b""),
    "no UTF-8": lambda: httpx.Response(200, headers=JSON, content=b"\xff\xfe{}"),
    "a 304 that nobody asked for": lambda: httpx.Response(304),
    "a connection that breaks in the answer": lambda: httpx.Response(200, headers=JSON, stream=Broken()),
    "half of what was packed": lambda: httpx.Response(
        200,
        headers={**JSON, "Content-Encoding": "gzip"},
        stream=httpx.ByteStream(gzip.compress(b"{}" * 99)[:14] + b"\x00\xff\x00"),
    ),
}


class Liar(httpx.AsyncBaseTransport):
    """Passes on what is asked, and answers some of it in the desk's place."""

    lie: Callable[[], httpx.Response] | None = None
    left = 0
    about = "/v1/"

    def __init__(self, true: httpx.AsyncBaseTransport) -> None:
        self._true = true

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if Liar.left and Liar.lie is not None and Liar.about in request.url.path:
            Liar.left -= 1
            if Liar.left % 2 == 0:  # the desk heard it: what is sent again must be done once
                await (await self._true.handle_async_request(request)).aclose()
            return Liar.lie()
        return await self._true.handle_async_request(request)

    async def aclose(self) -> None:
        await self._true.aclose()


@pytest.fixture(autouse=True)
def liar(far: Far, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Liar]]:
    """Between every client and its server; a machine that is busy is no line that is down."""
    monkeypatch.setattr(offline, "LATE_S", 60.0)
    monkeypatch.setattr(offline, "PROBE_S", 20.0)
    made = remote.client_for

    def lying(server: str, token: str = "") -> httpx.AsyncClient:
        client = made(server, token)
        client._transport = Liar(client._transport)
        return client

    for room in (remote, offline):
        monkeypatch.setattr(room, "client_for", lying)
    monkeypatch.setattr(Liar, "left", 0)
    yield Liar


async def test_a_note_is_made_once_whoever_answers_in_the_desk_s_place(far: Far, liar: type[Liar]):
    case, told = far.case(), []
    async with far.desk() as desk:
        view = await desk.ask(ShowCase(case.id))
        for name, lie in LIES.items():
            for times in (1, 9):  # heard on the second try; heard on none, so that it waits
                liar.lie, liar.about, liar.left = lie, "/verbs/note", times
                told.append(f"{name} {times}")
                done = await desk.do(Note(told[-1]), case.id)
                assert done.queued is (times == 9), name
                await calm(desk)
            liar.left, liar.about = 9, "/v1/ask/show_case"
            assert (await desk.ask(ShowCase(case.id))).number == view.number, name
            liar.left = 0
    assert far.told(case) == told


async def test_behind_a_portal_the_console_is_away_and_comes_back_by_itself(far: Far, liar: type[Liar]):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        liar.lie, liar.about, liar.left = LIES["a portal's page"], "/v1/", 10_000
        assert (await desk.do(Note("在酒店"), case.id)).queued
        assert desk.away
        liar.left = 0
        await calm(desk)
    assert far.told(case) == ["在酒店"]


@pytest.mark.parametrize("lie", ["a portal's page", "half a line of JSON", "a proxy's 500"])
async def test_a_stream_that_somebody_else_answers_is_asked_for_again(far: Far, liar: type[Liar], lie: str):
    case = far.case()
    async with far.desk() as desk:
        liar.lie, liar.about, liar.left = LIES[lie], "/v1/watch", 3
        watching = desk.watch()
        heard = asyncio.ensure_future(anext(watching))
        async with asyncio.timeout(20):
            while not heard.done():
                far.file.core("li").do(Note("新"), case.id)
                await asyncio.wait({heard}, timeout=0.1)
        told = heard.result()
        assert told.everything or case.id in told.cases
        await watching.aclose()  # type: ignore[attr-defined]


async def test_an_answer_in_another_shape_is_a_fault_of_the_server_and_no_lost_line(
    far: Far, liar: type[Liar]
):
    async with far.desk() as desk:
        liar.lie, liar.about = lambda: httpx.Response(200, headers=JSON, content=b'{"rows":1}'), "queue_page"
        liar.left = 100
        with pytest.raises(ServerFault) as fault:
            await desk.ask(QueuePage("returns", 3))
        assert fault.value.code == "answer_unreadable"
        assert not desk.away


@pytest.mark.parametrize(
    "question", [QueuePage("all", 50), QueueCounts(), GetDraft("")], ids=lambda one: one.name
)
async def test_what_is_the_same_does_not_come_over_the_line_twice(far: Far, question: Ask[Any]):
    cases = [far.case() for _ in range(3)]
    relay = Relay(int(far.serving.where.rsplit(":", 1)[1]))
    question = GetDraft(cases[0].id) if isinstance(question, GetDraft) else question

    def came() -> int:
        return sum(len(told) for told in relay.told)

    async def second(desk: LinkedDesk) -> tuple[int, Any]:
        before = came()
        found = await desk.ask(question)
        return came() - before, found

    try:
        for _ in range(2):  # a console, and the one that is started after it
            desk = await LinkedDesk.open(relay.where, far.token, folder=far.folder)
            await desk.ask(question)
            first = await desk.ask(question)
            bytes_, again = await second(desk)
            assert wire.encode(first) == wire.encode(again)
            assert bytes_ < 420  # the status line and its headers
            await desk.close()
        heads = relay.heads()
        assert len(relay.asked) * 2 <= len(heads)  # connections are kept
        assert all(b"accept-encoding: gzip" in head.lower() for head in heads)
        tags = [head for head in heads if b"if-none-match" in head.lower()]
        assert len(tags) >= 4
        assert sum(b"304" in told.partition(b"\r\n")[0] for told in relay.answers()) >= 5
    finally:
        relay.close()


async def test_a_case_comes_anew_once_anything_of_it_changed_and_not_before(far: Far):
    case = far.case()
    async with far.desk() as desk:
        first = await desk.ask(ShowCase(case.id))
        assert desk.known(ShowCase(case.id)) is not None
        assert desk.known(ShowCase("another")) is None
        far.file.core("chen").do(Note("来自别处"), case.id)
        second = await desk.ask(ShowCase(case.id))
        assert second.case.version == first.case.version + 1
        assert wire.encode(desk.known(ShowCase(case.id))) == wire.encode(second)


async def test_what_may_not_be_sent_twice_is_not(far: Far, liar: type[Liar]):
    """Claims and money are keyed verbs; of the questions only reading, and errands that say so, go again."""
    from csdesk.desk.queries import Next

    asked: list[str] = []

    class Counting(Liar):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("desk_rules"):  # read ahead, whenever there is time
                asked.append(request.url.path)
            return await super().handle_async_request(request)

    async with far.desk() as desk:
        client = desk.remote._client
        client._transport = Counting(client._transport)
        liar.lie, liar.about, liar.left = LIES["a server that is busy"], "/v1/ask/", 1
        assert Next("all").writes and not Next("all").safe
        with pytest.raises(LinkLost):
            await desk.remote.ask(Next("all"))
        assert asked == ["/v1/ask/next"]
        liar.left = 1
        await desk.remote.ask(QueueCounts())
        assert asked == ["/v1/ask/next", "/v1/ask/queue_counts", "/v1/ask/queue_counts"]
        await until(desk, away=False)


async def test_what_is_asked_already_is_not_asked_beside_it_unless_something_changed(
    far: Far, liar: type[Liar]
):
    case, asked = far.case(), []

    class Counting(Liar):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path.rpartition("/")[2])
            return await super().handle_async_request(request)

    async with far.desk() as desk:
        client = desk.remote._client
        client._transport = Counting(client._transport)
        found = await asyncio.gather(*(desk.ask(ShowCase(case.id)) for _ in range(4)))
        assert asked.count("show_case") == 1
        assert len({id(view) for view in found}) == 4  # each its own, to do with as one likes
        before = asyncio.ensure_future(desk.ask(ShowCase(case.id)))
        await desk.do(Note("dazwischen"), case.id)
        # What was asked for before the note is no answer to who asks behind it.
        assert (await desk.ask(ShowCase(case.id))).case.version == found[0].case.version + 1
        await before


async def test_what_came_before_a_stream_stood_is_looked_for(far: Far):
    async with far.desk() as desk:
        watching = desk.watch()
        assert (await asyncio.wait_for(anext(watching), 20)).everything
        await watching.aclose()  # type: ignore[attr-defined]
