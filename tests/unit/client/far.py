"""A desk behind a real server behind a line that a test breaks: for what stands on `LinkedDesk`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from csdesk.client import offline
from csdesk.client.offline import LinkedDesk
from csdesk.desk.link import LinkLost
from csdesk.desk.queries import Hold, Next, ShowCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, build, line
from tests.proxy import Proxy
from tests.serving import Serving


@dataclass
class Far:
    """A desk behind a server behind a line, a case on it, and wang's token."""

    file: DeskFile
    serving: Serving
    proxy: Proxy
    token: str
    folder: Path

    def case(self) -> Case:
        core = self.file.core("li")
        return core.do(Open(Kind.RETURN, self.file.order(line(1, 19_900)), (LineQty(1, 1),))).case

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[LinkedDesk]:
        desk = await LinkedDesk.open(self.proxy.where, self.token, folder=self.folder)
        try:
            yield desk
        finally:
            await desk.close()

    def told(self, case: Case) -> list[str]:
        """The notes of a case, in order, as the desk has them."""
        wang = self.file.core("wang")
        wang.ask(Hold(case.id))  # who does not work on a case does not read its notes
        view = wang.ask(ShowCase(case.id))
        return [entry.text or "" for entry in view.timeline if entry.verb == "note"]


@pytest.fixture(scope="module")
def home_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("far")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        yield folder


@pytest.fixture(scope="module")
def served(home_of_module: Path) -> Iterator[tuple[DeskFile, Serving]]:
    file = build(home_of_module)
    serving = Serving(file)
    yield file, serving
    serving.stop()
    file.close()


@pytest.fixture
def far(
    served: tuple[DeskFile, Serving], tmp_path: Path, home_of_module: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Far]:
    monkeypatch.setenv("CSDESK_HOME", str(home_of_module / "home"))
    shorter = {"LATE_S": 0.3, "PROBE_S": 0.5, "DOUBT_S": 0.2, "DOUBT_AGAIN_S": 0.05, "ONCE_MORE_S": 0.05}
    for name, seconds in shorter.items():
        monkeypatch.setattr(offline, name, seconds)
    monkeypatch.setattr(offline, "RETURN_S", (0.02, 0.05))
    monkeypatch.setattr("csdesk.client.remote.AGAIN_S", (0.02, 0.05))
    file, serving = served
    proxy = Proxy(int(serving.where.rsplit(":", 1)[1]))
    yield Far(file, serving, proxy, serving.token("wang"), tmp_path / "line")
    proxy.stop()


async def until(desk: LinkedDesk, *, away: bool) -> None:
    """Wait until the line is down, or back."""
    changed = asyncio.Event()
    desk.on_change(changed.set)
    async with asyncio.timeout(20):
        while desk.away is not away:
            changed.clear()
            await changed.wait()


async def lost(far: Far, desk: LinkedDesk) -> None:
    """The line goes down, and the desk has found out."""
    far.proxy.cut()
    with pytest.raises(LinkLost):
        await desk.ask(Next())
    assert desk.away


async def calm(desk: LinkedDesk) -> None:
    """Wait until nothing waits."""
    changed = asyncio.Event()
    desk.on_change(changed.set)
    async with asyncio.timeout(20):
        while desk.state.waiting or desk.away:
            changed.clear()
            await changed.wait()
