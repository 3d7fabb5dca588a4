"""The worker beside a server: one among many by the lease, back after a fault, gone with its server."""

import threading
import time

import pytest

from csdesk.desk.config import Config
from csdesk.desk.queries import Hold
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.server import standby
from csdesk.server.standby import Standby
from csdesk.store.errors import StoreError
from tests.building import DeskFile
from tests.unit.server.conftest import Serve


class Broken:
    """A worker that breaks as often as `faults` says, and then works until it is told to stop."""

    def __init__(self, *faults: Exception) -> None:
        self._faults = list(faults)
        self.works = threading.Event()

    def run(self, stop: threading.Event, poll_s: float) -> None:
        assert poll_s == standby.POLL_S
        if self._faults:
            raise self._faults.pop(0)
        self.works.set()
        stop.wait()


def test_it_comes_back_after_a_fault_and_says_so_without_words(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    worker = Broken(StoreError("disk_full", path="/desk.db"), ValueError("张伟 13812345678"))
    monkeypatch.setattr(standby, "make_worker", lambda core, config: worker)
    made = Standby(Config(file=str(desk_file.path)), again_s=0)
    made.start()
    assert worker.works.wait(20)
    made.stop()
    first, second = (record.getMessage() for record in caplog.records)
    assert '"kind":"StoreError","code":"disk_full"' in first and '"kind":"ValueError","code":""' in second
    assert "1381234" not in second and "张" not in second


def test_what_never_began_can_be_stopped():
    Standby(Config()).stop()


@pytest.mark.parametrize("servers", [1, 2])
def test_a_reply_leaves_once_however_many_servers_stand_by(desk_file: DeskFile, serve: Serve, servers: int):
    li = desk_file.core("li")
    case = li.do(Open(Kind.INQUIRY, desk_file.order())).case.id
    li.do(Take(), case)
    li.ask(Hold(case))
    li.do(Reply("已经在办理，请放心"), case)
    begun = [serve(worker="true") for _ in range(servers)]
    sent = "SELECT count(*) FROM event WHERE case_id = ? AND type = 'reply_settled'"
    end = time.monotonic() + 20
    while not li.store.conn.execute(sent, (case,)).fetchone()[0]:
        assert time.monotonic() < end, "nobody was the worker"
        time.sleep(0.05)
    assert [one.stop() for one in begun] == [0] * servers
    assert li.store.conn.execute(sent, (case,)).fetchone() == (1,)
    assert [line for one in begun for line in one.lines if line["event"] == "worker_broke"] == []
