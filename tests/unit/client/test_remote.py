"""What a client asks for again, and what it waits for: without a server, so that time-outs are no matter of time."""

import httpx
import pytest

from csdesk.client import remote
from csdesk.client.remote import ASIDE_S, JSON, Me, RemoteDesk
from csdesk.desk.desk import Ask
from csdesk.desk.link import LinkLost
from csdesk.desk.queries import QueueCounts
from csdesk.desk.report_queries import Report
from csdesk.domain.roles import Role

REPORT = Report("2026-01-01", "2026-03-31")
ME = Me("wang", Role.AGENT, (), "main", "王雪", "Asia/Shanghai", False)


@pytest.mark.parametrize(("apart", "ahead"), [(600_000, 600_000), (-600_000, -600_000), (900, 0), (None, 0)])
async def test_the_clock_of_the_desk_counts_and_not_this_machine_s(
    apart: int | None, ahead: int, monkeypatch: pytest.MonkeyPatch
):
    now = 1_795_000_000_000
    told = {name: getattr(ME, name) for name in ME.__struct_fields__ if name != "now"}
    if apart is not None:  # a server of an earlier version does not say
        told["now"] = now + apart

    def client(server: str, token: str = "") -> httpx.AsyncClient:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=told)

        return httpx.AsyncClient(base_url=server, transport=httpx.MockTransport(answer))

    monkeypatch.setattr(remote, "client_for", client)
    monkeypatch.setattr(remote, "clock_ms", lambda: now)
    desk = await RemoteDesk.open("http://desk")
    await desk.close()
    assert desk.ahead == ahead


@pytest.mark.parametrize(
    ("question", "fault", "asked"),
    [
        (QueueCounts(), httpx.ReadTimeout, 4),
        (REPORT, httpx.ConnectError, 4),  # nobody has heard it
        (REPORT, httpx.ReadTimeout, 1),  # the first goes on over there
    ],
)
async def test_a_report_that_takes_long_is_asked_for_once(
    question: Ask[object], fault: type[httpx.TransportError], asked: int, monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        raise fault("nobody there")

    monkeypatch.setattr(remote, "AGAIN_S", (0.0, 0.0, 0.0))
    async with httpx.AsyncClient(
        base_url="http://desk", headers=JSON, timeout=1.0, transport=httpx.MockTransport(answer)
    ) as client:
        with pytest.raises(LinkLost):
            await RemoteDesk(client, ME).ask(question)
    assert waits == [ASIDE_S if question.aside else 1.0] * asked
