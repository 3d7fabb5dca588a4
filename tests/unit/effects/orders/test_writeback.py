"""What a case asks of its order system, against a real server that misbehaves: done once, and the case knows."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.consent import AgreeRefund, Classify, Intercept
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.exchange import Reissue
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.domain.cases.reissue import Verify
from csdesk.domain.cases.shared import TakeBack
from csdesk.effects.asking import KEY_LIFE_MS
from csdesk.effects.order_simulator import Simulator
from csdesk.effects.orders.http import HttpDesk
from csdesk.effects.wire import Wire
from csdesk.effects.worker import MOST_TRIES, Worker
from csdesk.store.outbox import WORKER_MS
from tests.building import DeskFile, desk_file, line
from tests.unit.effects.conftest import Outside, notice

__all__ = ["desk_file"]

SECRET = b"a secret of desk and shop"
ALL = Policy(write_back=frozenset({"cancel", "intercept", "reissue", "exchange", "refund"}))

# A worker that is killed when the order system has done what it was asked and the case does not know it yet.
DYING_WORKER = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.effects.orders.http import HttpDesk
from csdesk.effects.wire import Wire
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.file import open_store

path, address, out, now = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])

class DyingDesk(HttpDesk):
    def ask(self, key, request):
        answer = super().ask(key, request)
        print(answer.reason, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

core = Core(open_store(path), Actor("system", Role.SYSTEM), now=lambda: now)
orders = DyingDesk(Wire(address, b"a secret of desk and shop", seconds=0.3))
Worker(core, FileChannel(out), FileProvider(out), lambda *_: "", orders=orders).turn()
"""


@pytest.fixture
def shop() -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        yield made


@pytest.fixture
def wire(shop: Simulator) -> Iterator[Wire]:
    made = Wire(shop.address, SECRET, seconds=0.3)
    yield made
    made.close()


@pytest.fixture
def worker(desk_file: DeskFile, wire: Wire) -> Worker:
    return a_worker(desk_file, wire)


def a_worker(desk_file: DeskFile, wire: Wire) -> Worker:
    outside = Outside()
    core = desk_file.core("system", policy=ALL)
    return Worker(core, outside, outside, notice, orders=HttpDesk(wire), chance=lambda: 0.0)


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang", policy=ALL)


def short_case(desk_file: DeskFile, wang: Core) -> Case:
    """A case in which one of two units is owed."""
    order = desk_file.order(line(2, 39_800), number="W2611340")
    case = wang.do(Open(Kind.REISSUE, order, (LineQty(1, 1),), reason="missing_item")).case
    return wang.do(Verify(("IMG_1.jpg",)), case.id).case


def sent(desk_file: DeskFile, wang: Core) -> Case:
    return wang.do(Reissue("顺丰", "SF1234567890123"), short_case(desk_file, wang).id).case


def test_a_reissue_is_written_back_with_what_it_sends(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    case = sent(desk_file, wang)
    assert worker.turn()
    (done,) = shop.done
    (ask,) = wang.load(case.id)[0].order_asks
    assert (ask.what, ask.state, ask.reference) == ("reissue", "done", "oms-1")
    assert done == {
        "key": f"order:{ask.id}",
        "ask": "reissue",
        "order": "W2611340",
        "case": wang.number(case),
        "lines": [{"line": 1, "sku": "EAR-2", "title": "蓝牙耳机", "qty": 1}],
        "carrier": "顺丰",
        "waybill": "SF1234567890123",
        "refund": None,
    }


def test_a_reissue_is_written_back_once_though_the_call_timed_out_and_the_worker_was_killed(
    desk_file: DeskFile, wang: Core, shop: Simulator, wire: Wire, tmp_path
):
    case = sent(desk_file, wang)
    shop.plan("done_then_silence")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            DYING_WORKER,
            desk_file.path,
            shop.address,
            tmp_path,
            str(desk_file.clock.now),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "timeout\n"), run.stderr
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["asked"]
    desk_file.clock.forward(ms=WORKER_MS + 1)
    assert a_worker(desk_file, wire).turn()
    assert [done["ask"] for done in shop.done] == ["reissue"]
    assert [method for method, _ in shop.asked] == ["POST", "GET"]
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["done"]


@pytest.mark.parametrize("fault", ["done_then_500", "done_then_html", "other", "done_then_silence"])
def test_what_was_done_under_a_bad_answer_is_found_by_its_key(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker, fault: str
):
    case = sent(desk_file, wang)
    shop.plan(fault)
    worker.turn()
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["asked"]
    desk_file.clock.forward(seconds=3)
    worker.turn()
    assert len(shop.done) == 1
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["done"]


@pytest.mark.parametrize("fault", ["500", "html", "html_200", "garbage", "busy"])
def test_what_left_nothing_is_asked_for_again(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker, fault: str
):
    case = sent(desk_file, wang)
    shop.plan(fault)
    worker.turn()
    assert shop.done == []
    desk_file.clock.forward(seconds=3)
    worker.turn()
    assert len(shop.done) == 1
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["done"]


def test_one_that_is_never_clear_is_told_as_in_doubt_and_only_asked_after_from_then_on(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    case = sent(desk_file, wang)
    shop.plan("pending")
    worker.turn()
    for _ in range(MOST_TRIES - 1):
        desk_file.clock.forward(seconds=700)
        worker.turn()
    (ask,) = wang.load(case.id)[0].order_asks
    assert (ask.state, ask.why) == ("in_doubt", "pending")
    desk_file.clock.forward(ms=KEY_LIFE_MS)
    worker.turn()
    assert [method for method, _ in shop.asked].count("POST") == 1


def test_a_key_that_the_order_system_may_have_forgotten_is_not_asked_for_again(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    case = sent(desk_file, wang)
    shop.plan("busy")
    worker.turn()
    desk_file.clock.forward(ms=KEY_LIFE_MS + 1)
    worker.turn()
    assert shop.done == []
    assert [ask.state for ask in wang.load(case.id)[0].order_asks] == ["in_doubt"]


def test_a_cancellation_that_comes_too_late_is_told_with_its_reason(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    order = desk_file.order(line(1, 19_900), status="pending")
    case = wang.do(Open(Kind.REFUND_ONLY, order, (LineQty(1, 1),), reason="cancel_before_dispatch")).case
    wang.do(Classify(), case.id)
    wang.do(AgreeRefund(), case.id)
    shop.plan("declined")
    worker.turn()
    (ask,) = wang.load(case.id)[0].order_asks
    assert (ask.what, ask.state, ask.why) == ("cancel", "failed", "already_shipped")
    with pytest.raises(Refused, match="undo_none"):
        wang.do(TakeBack(), case.id)


def test_an_interception_that_the_order_system_refuses_has_failed(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    order = desk_file.order(line(1, 19_900), status="shipped")
    case = wang.do(Open(Kind.REFUND_ONLY, order, (LineQty(1, 1),), reason="parcel_lost")).case
    wang.do(Classify(), case.id)
    wang.do(Intercept(), case.id)
    shop.plan("declined")
    worker.turn()
    assert wang.load(case.id)[0].state == "intercept_failed"


def test_a_paid_refund_is_booked_at_the_source_once(
    desk_file: DeskFile, wang: Core, shop: Simulator, worker: Worker
):
    order = desk_file.order(line(1, 19_900), status="pending")
    case = wang.do(Open(Kind.REFUND_ONLY, order, (LineQty(1, 1),), reason="cancel_before_dispatch")).case
    for command in (Classify(), AgreeRefund(), PayBack()):
        wang.do(command, case.id)
    while worker.turn():
        pass
    booked = [done for done in shop.done if done["ask"] == "refund"]
    assert [one["refund"] for one in booked] == [
        {"reference": "ref-1", "cause": "goods", "minor": 19_900, "currency": "CNY"}
    ]
    assert sorted(ask.what for ask in wang.load(case.id)[0].order_asks) == ["cancel", "refund"]


def test_a_desk_that_asks_nothing_of_its_order_system_writes_no_request(desk_file: DeskFile):
    case = sent(desk_file, desk_file.core("wang"))
    assert case.order_asks == ()
