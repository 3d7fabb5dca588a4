"""`csdesk courier check` and `poll`, and `csdesk work` beside carriers: what a person is told, works or not."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from csdesk.__main__ import main
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.goods import Approve, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.effects.carrier_simulator import Simulator
from csdesk.store import tracking
from tests.building import DeskFile, desk_file, file_of

__all__ = ["desk_file"]

SECRET, SF = b"a secret of desk and carrier", "SF1234567890123"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        monkeypatch.setenv("CSDESK_CARRIER_API", made.address)
        monkeypatch.setenv("CSDESK_CARRIER_KEY", "env:CARRIER_SECRET")
        monkeypatch.setenv("CARRIER_SECRET", SECRET.decode())
        yield made


@pytest.fixture
def run(desk_file: DeskFile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CSDESK_FILE", str(desk_file.path))
    monkeypatch.setenv("CSDESK_AGENT", "wang")
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["csdesk", "courier", *words])
        status = main()
        out, err = capsys.readouterr()
        return status, out, err

    return run


def returned(desk_file: DeskFile) -> str:
    """A return that is on its way back since a minute ago by the real clock, which the command looks at."""
    wang = desk_file.core("wang", now=lambda: int(time.time() * 1000) - 60_000)
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Approve(override="商家同意退货"), case.id)
    return wang.do(ShipBack("顺丰", SF), case.id).case.id


def test_without_carriers_the_setting_is_named(run: Run):
    status, out, err = run("check")
    assert status and not out
    assert "carrier_api" in err


def test_a_setting_that_is_wrong_is_named(run: Run, carrier: Simulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CSDESK_CARRIER_API", "http://carrier.example")
    status, _, err = run("check")
    assert status and "carrier_api" in err
    monkeypatch.setenv("CSDESK_CARRIER_API", carrier.address)
    monkeypatch.setenv("CSDESK_CARRIER_MAP", "retail")
    status, _, err = run("check")
    assert status and "retail" in err


def test_check_tells_the_age_of_the_last_answer_and_the_last_fault(
    desk_file: DeskFile, run: Run, carrier: Simulator
):
    returned(desk_file)
    status, out, _ = run("check")
    assert status == 0 and "no answer yet" in out
    status, out, _ = run("poll")
    assert status == 0 and out.startswith("asked after 1 parcels")
    status, out, _ = run("check")
    assert status == 0 and "last answer" in out and "ago" in out
    with file_of(desk_file.store().conn) as conn:
        conn.execute("UPDATE parcel_asked SET at = 0")
    carrier.plan("html")
    status, out, _ = run("poll")
    assert status == 1 and "did not answer" in out
    status, out, _ = run("check")
    assert status == 1 and "last fault" in out
    assert json.loads(run("check", "--json")[1])["fault"] == "html_502"


def test_work_asks_after_parcels_by_itself(desk_file: DeskFile, run: Run, carrier: Simulator):
    returned(desk_file)
    at = datetime.fromtimestamp(time.time() - 30, UTC).isoformat()
    carrier.scans[SF] = [{"waybill": SF, "at": at, "scan": "collected", "id": "a"}]
    store = desk_file.store()
    command = [sys.executable, "-m", "csdesk", "work"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(1_000):
            if process.poll() is not None or tracking.trail(store.conn, store.desk.id, SF):
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert [event.id for event in tracking.trail(store.conn, store.desk.id, SF)] == ["a"]
    assert carrier.tracked == [[SF]]
