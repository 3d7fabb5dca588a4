"""What a console asks of a server beside verbs and questions of cases: its order system, and its rules."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from csdesk.client.errands import ask_order
from csdesk.client.remote import RemoteDesk
from csdesk.desk.config import Config
from csdesk.desk.link import ServerFault
from csdesk.desk.rule_answers import policy_told, times_told
from csdesk.desk.rule_queries import DeskRules
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.interop.ordering import Looked
from tests.building import DeskFile, desk_file
from tests.serving import Serving

__all__ = ["desk_file"]


@pytest.fixture
def serving(desk_file: DeskFile) -> Iterator[Serving]:
    def look(core: object, text: str) -> Looked:
        core.need(Right.WORK)  # type: ignore[attr-defined]
        return Looked((), "timeout", asked=True, problems=(text,))

    made = Serving(desk_file, look)
    yield made
    made.stop()


def config(serving: Serving, who: str, folder: Path) -> Config:
    path = folder / who
    path.touch(0o600)
    path.write_text(serving.token(who))
    return Config(server=serving.where, token=f"file:{path}")


def test_the_order_system_is_asked_in_the_agents_place(serving: Serving, tmp_path: Path):
    looked = ask_order(config(serving, "wang", tmp_path), " W\x001 ", Looked)
    assert (looked.fault, looked.asked) == ("timeout", True) and "\x00" not in looked.problems[0]
    with pytest.raises(Refused, match="no_right"):
        ask_order(config(serving, "sun", tmp_path), "W1", Looked)
    headers = {"Authorization": f"Bearer {serving.token('wang')}", "Content-Type": "application/json"}
    with httpx.Client(base_url=serving.where, headers=headers) as client:
        assert client.get("/v1/me").json()["asks_orders"] is True
        for body in (b"", b"{}", b'{"text":1}', b'{"text":"W1","by":"x"}', b"[" * 5_000):
            assert client.post("/v1/orders/ask", content=body).status_code == 400


def test_where_there_is_no_order_system_nobody_is_asked(desk_file: DeskFile, tmp_path: Path):
    serving = Serving(desk_file)
    try:
        with pytest.raises(ServerFault) as why:
            ask_order(config(serving, "wang", tmp_path), "W1", Looked)
        assert (why.value.status, why.value.code) == (404, "no_order_system")
    finally:
        serving.stop()


def test_forms_far_away_decide_with_the_desks_own_numbers_and_days(desk_file: DeskFile, serving: Serving):
    core = desk_file.core("wang")

    async def asked() -> tuple[object, object]:
        desk = await RemoteDesk.open(serving.where, serving.token("wang"))
        told = await desk.ask(DeskRules())
        await desk.close()
        return policy_told(told), times_told(told)

    policy, times = asyncio.run(asked())
    mine = policy_told(core.ask(DeskRules()))
    assert policy == mine and dict(core.policy.tenders) == mine.tenders
    assert times.load().days == core.times.load().days and times.load().code == "CN"  # type: ignore[attr-defined]
