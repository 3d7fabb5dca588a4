"""`GET /v1/events` over a real socket: pages, places, who may, and who comes too late."""

from collections.abc import Iterator

import httpx
import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store import feed
from csdesk.store.connection import write
from tests.building import DeskFile, desk_file
from tests.serving import Serving

__all__ = ["desk_file"]


@pytest.fixture
def serving(desk_file: DeskFile) -> Iterator[Serving]:
    made = Serving(desk_file)
    yield made
    made.stop()


def client(serving: Serving, who: str) -> httpx.Client:
    return httpx.Client(base_url=serving.where, headers={"Authorization": f"Bearer {serving.token(who)}"})


def test_a_warehouse_follows_the_desk(desk_file: DeskFile, serving: Serving):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    with client(serving, "sun") as sun, client(serving, "wang") as agent:
        first = sun.get("/v1/events", params={"limit": 1}).json()
        assert [one["id"] for one in first["events"]] == [f"{case.id}:1"] and first["more"]
        rest = sun.get("/v1/events", params={"after": first["after"]}).json()
        assert [one["seq"] for one in rest["events"]] == list(range(2, case.version + 1)) and not rest["more"]
        assert sun.get("/v1/events", params={"after": rest["after"]}).json()["events"] == []
        assert agent.get("/v1/events").status_code == 403
        for bad in ({"after": "x"}, {"limit": "0"}, {"limit": "501"}, {"since": "1"}):
            assert sun.get("/v1/events", params=bad).status_code == 400, bad
        wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
        with write(wang.store.conn) as conn:
            feed.prune(conn, wang.desk, 1)
        late = sun.get("/v1/events", params={"after": first["after"]})
        assert (late.status_code, late.json()["code"]) == (410, "events_gone")
        assert late.headers["content-type"] == "application/problem+json"
