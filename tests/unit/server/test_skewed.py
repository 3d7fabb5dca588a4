"""Two servers of one desk whose hosts' clocks stand ten minutes apart: the database's is the clock of both."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from cluster import Cluster
from csdesk.client.remote import RemoteDesk
from csdesk.desk.queries import Hold, Next
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import Recall, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.store.verify import verify
from tests.postgres import Postgres

AHEAD_S, HOLD_S = 600, 60
# Loaded by Python before all else: what a host whose clock is wrong tells every program on it.
WRONG = f"""
import time
_ns, _s = time.time_ns, time.time
time.time_ns = lambda: _ns() + {AHEAD_S} * 10**9
time.time = lambda: _s() + {AHEAD_S}
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[tuple[Cluster, list[str]]]:
    """The first server's clock is right, the second's ten minutes ahead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", "")  # given back at the end: the cluster's folder sets it
        folder = tmp_path_factory.mktemp("skewed")
        (folder / "sitecustomize.py").write_text(WRONG)
        made = Cluster(folder, postgres.database())
        made.environ["CSDESK_HOLD_SECONDS"] = str(HOLD_S)
        agents = made.make(2)
        made.start(0)
        made.environ["PYTHONPATH"] = str(folder)
        made.start(1)
        try:
            yield made, agents
        finally:
            made.stop()


def where(cluster: Cluster, number: int) -> str:
    return f"http://127.0.0.1:{cluster.servers[number].port}"


@pytest.fixture
async def right(base: tuple[Cluster, list[str]]) -> AsyncIterator[RemoteDesk]:
    """The first agent, at the server whose clock is right."""
    desk = await RemoteDesk.open(where(base[0], 0), base[1][0])
    yield desk
    await desk.close()


@pytest.fixture
async def ahead(base: tuple[Cluster, list[str]]) -> AsyncIterator[RemoteDesk]:
    """The second agent, at the server that is ahead."""
    desk = await RemoteDesk.open(where(base[0], 1), base[1][1])
    yield desk
    await desk.close()


async def test_what_one_holds_the_other_does_not_get_whichever_clock_is_ahead(
    right: RemoteDesk, ahead: RemoteDesk, base: tuple[Cluster, list[str]]
):
    for n in range(4):
        await right.do(Open(Kind.INQUIRY, summary=f"来电 {n}"))
    mine, theirs = await right.ask(Next()), await ahead.ask(Next())
    assert mine and theirs and mine != theirs
    assert [await desk.ask(Next()) for desk in (right, ahead)] == [mine, theirs]
    assert (await right.ask(Hold(theirs))).holder == "a1"
    assert (await ahead.ask(Hold(mine))).holder == "a0"
    with base[0].store() as store:
        leases = store.conn.execute(
            "SELECT expires FROM lease WHERE desk_id = ?", (store.desk.id,)
        ).fetchall()
        times = store.conn.execute("SELECT at FROM event WHERE desk_id = ?", (store.desk.id,)).fetchall()
        now = store.conn.now()
        assert max(abs(at - now) for (at,) in times) < AHEAD_S * 1000 // 2
        assert max(abs(ends - now) for (ends,) in leases) < AHEAD_S * 1000
        assert list(verify(store)) == []


async def test_a_reply_can_be_taken_back_as_long_as_was_said(
    right: RemoteDesk, ahead: RemoteDesk, base: tuple[Cluster, list[str]]
):
    opened = await right.do(Open(Kind.INQUIRY, summary="催件"))
    case = opened.case.id
    await right.do(Take(), case)
    await right.do(Reply("您好，已经联系快递。"), case)
    with base[0].store() as store:
        look = "SELECT run_at, state FROM outbox WHERE desk_id = ? AND kind = 'message' AND case_id = ?"
        ((run_at, state),) = store.conn.execute(look, (store.desk.id, case)).fetchall()
        assert state == "ready" and 0 < run_at - store.conn.now() <= HOLD_S * 1000
    recalled = await right.do(Recall(), case)
    assert [one.state for one in recalled.case.messages] == ["recalled"]


def test_a_code_made_at_one_server_is_good_at_the_other(base: tuple[Cluster, list[str]]):
    cluster, agents = base
    for first, second in ((0, 1), (1, 0)):
        begun = httpx.post(f"{where(cluster, first)}/v1/device", json={}).json()
        asked = httpx.post(
            f"{where(cluster, second)}/v1/device/token", json={"device_code": begun["device_code"]}
        )
        assert asked.json()["error"] == "authorization_pending"
    token = {"Authorization": f"Bearer {agents[0]}"}
    assert [httpx.get(f"{where(cluster, n)}/v1/me", headers=token).status_code for n in (0, 1)] == [200, 200]
