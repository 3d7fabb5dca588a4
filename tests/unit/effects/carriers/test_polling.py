"""Parcels in transit asked after: in batches, never too often, and what comes back is kept once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.carriage import RequestLabel, SettleCarrierAsk
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.goods import Approve, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.effects.carrier_simulator import Simulator
from csdesk.effects.carriers.answers import read_answers
from csdesk.effects.carriers.http import HttpCarriers
from csdesk.effects.carriers.polling import Polling
from csdesk.effects.pollers import NoAnswer
from csdesk.effects.wire import Wire
from csdesk.interop.tracked import keeper
from csdesk.store import asked_parcels, tracking
from tests.building import HOUR, DeskFile, desk_file

__all__ = ["desk_file"]

SECRET, SF = b"a secret of desk and carrier", "SF1234567890123"
EVERY = 2 * HOUR

# A process that is killed when its question has been heard and before the answer is kept.
DYING = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.effects.carriers.answers import read_answers
from csdesk.effects.carriers.http import HttpCarriers
from csdesk.effects.carriers.polling import Polling
from csdesk.effects.wire import Wire
from csdesk.store.file import open_store

core = Core(open_store(Path(sys.argv[1])), Actor("system", Role.SYSTEM), now=lambda: int(sys.argv[3]))
carriers = HttpCarriers(Wire(sys.argv[2], b"a secret of desk and carrier"), read_answers(""))
keep = lambda core, document: os.kill(os.getpid(), signal.SIGKILL)
Polling(carriers, keep, every_ms=7_200_000, batch=50).look(core)
"""


@pytest.fixture
def carrier() -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        yield made


@pytest.fixture
def polling(carrier: Simulator) -> Iterator[Polling]:
    wire = Wire(carrier.address, SECRET, seconds=0.3)
    yield Polling(HttpCarriers(wire, read_answers("")), keeper("tracking"), every_ms=EVERY, batch=2)
    wire.close()


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("system")


def returned(desk_file: DeskFile, *waybills: str) -> tuple[Core, list[str]]:
    """Returns on their way back, and the agent who handles them."""
    wang, ids = desk_file.core("wang"), []
    for waybill in waybills:
        case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
        wang.do(Approve(), case.id)
        wang.do(ShipBack("顺丰", waybill), case.id)
        ids.append(case.id)
    desk_file.clock.forward(hours=1)
    return wang, ids


def scan(waybill: str, hour: int, code: str) -> dict[str, Any]:
    return {"waybill": waybill, "at": f"2026-11-02T{hour}:30:00+08:00", "scan": code, "id": f"{hour}{code}"}


def test_what_the_carrier_tells_is_kept_and_told_once(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    wang, (case_id,) = returned(desk_file, SF)
    carrier.scans[SF] = [scan(SF, 10, "collected")]
    polled = polling.look(core)
    assert (polled.asked, polled.added, polled.told) == (1, 1, 1)
    assert wang.load(case_id)[0].parcels[0].standing == "collected"
    desk_file.clock.forward(ms=EVERY)
    again = polling.look(core)
    assert (again.asked, again.added, again.told) == (1, 0, 0)


def test_scans_that_come_in_another_order_end_alike(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    wang, (case_id,) = returned(desk_file, SF)
    desk_file.clock.forward(hours=5)
    carrier.scans[SF] = [scan(SF, 14, "signed"), scan(SF, 10, "collected"), scan(SF, 14, "signed")]
    polling.look(core)
    assert [e.scan for e in tracking.trail(core.store.conn, core.desk, SF)] == ["collected", "signed"]
    assert wang.load(case_id)[0].parcels[0].standing == "signed"


def test_no_parcel_is_asked_after_more_often_than_the_setting_says(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    returned(desk_file, SF)
    polling.look(core)
    assert polling.look(core).asked == 0
    desk_file.clock.forward(ms=EVERY - 1)
    assert polling.look(core).asked == 0
    desk_file.clock.forward(ms=1)
    assert polling.look(core).asked == 1
    assert carrier.tracked == [[SF], [SF]]


def test_parcels_are_asked_after_in_batches_the_longest_waiting_first(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    returned(desk_file, *(f"SF100000000000{n}" for n in range(5)))
    assert polling.look(core).asked == 5
    assert [len(batch) for batch in carrier.tracked] == [2, 2, 1]


def test_what_has_ended_is_not_asked_after(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    signed, lost, booked, open_ = (f"SF200000000000{n}" for n in range(4))
    wang, ids = returned(desk_file, signed, lost, booked, open_)
    wang.do(Receive(waybill=booked), ids[2])
    carrier.scans = {signed: [scan(signed, 10, "signed")], lost: [scan(lost, 10, "lost")]}
    polling.look(core)
    desk_file.clock.forward(ms=EVERY)
    carrier.tracked.clear()
    polling.look(core)
    assert carrier.tracked == [[open_]]
    desk_file.clock.forward(days=61)
    assert polling.look(core).asked == 0


def test_a_label_is_asked_after_before_its_parcel_is_known(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    wang = desk_file.core("wang", policy=Policy(carriage=True))
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Approve(), case.id)
    (ask,) = wang.do(RequestLabel(payer="merchant"), case.id).case.carrier_asks
    core.do(SettleCarrierAsk(ask.id, "done", "C-1", carrier="SF", waybill=SF), case.id)
    desk_file.clock.forward(hours=1)
    carrier.scans[SF] = [scan(SF, 10, "collected")]
    assert polling.look(core).told == 1
    assert wang.load(case.id)[0].state == "return_in_transit"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("silence", "timeout"),
        ("html", "html_502"),
        ("html_200", "html_200"),
        ("garbage", "no_json_200"),
        ("500", "http_500"),
    ],
)
def test_a_fault_is_told_and_not_asked_again_at_once(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling, fault: str, why: str
):
    returned(desk_file, SF)
    polling.look(core)
    answered = desk_file.clock()
    desk_file.clock.forward(ms=EVERY)
    carrier.plan(fault)
    with pytest.raises(NoAnswer, match=why):
        polling.look(core)
    state = asked_parcels.state(core.store.conn, core.desk)
    assert (state.fault, state.failed_at, state.answered_at) == (why, desk_file.clock(), answered)
    assert polling.look(core).asked == 0
    desk_file.clock.forward(ms=EVERY)
    polling.look(core)
    assert asked_parcels.state(core.store.conn, core.desk).fault == ""


def test_a_document_without_parcels_is_a_fault(desk_file: DeskFile, core: Core, carrier: Simulator):
    returned(desk_file, SF)
    carrier.scans[SF] = [{"hello": "world"}]
    polling = Polling(
        HttpCarriers(Wire(carrier.address, SECRET), read_answers("")),
        keeper("tracking"),
        every_ms=EVERY,
        batch=2,
    )
    with pytest.raises(NoAnswer, match="not_understood"):
        polling.look(core)


def test_a_killed_poll_is_not_asked_again_before_its_time_and_loses_nothing(
    desk_file: DeskFile, core: Core, carrier: Simulator, polling: Polling
):
    wang, (case_id,) = returned(desk_file, SF)
    carrier.scans[SF] = [scan(SF, 10, "collected")]
    arguments = [str(desk_file.path), carrier.address, str(desk_file.clock())]
    run = subprocess.run([sys.executable, "-c", DYING, *arguments], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert polling.look(core).asked == 0
    desk_file.clock.forward(ms=EVERY)
    assert polling.look(core).told == 1
    assert carrier.tracked == [[SF], [SF]]
    assert wang.load(case_id)[0].parcels[0].standing == "collected"
