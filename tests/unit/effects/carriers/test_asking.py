"""Labels and pick-ups asked of a real server that misbehaves: made once, and the case knows."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.carriage import CancelPickup, RequestLabel, RequestPickup
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.goods import Approve, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import TakeBack, Withdraw
from csdesk.effects.asking import DOUBT_PAUSE_MS, KEY_LIFE_MS
from csdesk.effects.carrier_simulator import OTHERS_WAYBILL, Simulator
from csdesk.effects.carriers.answers import read_answers
from csdesk.effects.carriers.http import HttpCarriers
from csdesk.effects.wire import Wire
from csdesk.effects.worker import MOST_TRIES, Worker
from csdesk.interop.tracked import keeper
from csdesk.store.outbox import WORKER_MS
from csdesk.store.people import Customer
from csdesk.store.verify import verify
from tests.building import DAY, MONDAY, DeskFile, desk_file, file_of, line
from tests.unit.effects.conftest import Outside, notice

__all__ = ["desk_file"]

SECRET = b"a secret of desk and carrier"
BOOKS = Policy(carriage=True)

# A worker that is killed when the carrier has done what it was asked and the case does not know it yet.
DYING_WORKER = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor, Policy
from csdesk.domain.roles import Role
from csdesk.effects.carriers.answers import read_answers
from csdesk.effects.carriers.http import HttpCarriers
from csdesk.effects.wire import Wire
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.file import open_store

path, address, out, now = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])

class DyingCarriers(HttpCarriers):
    def ask(self, key, booking):
        answer = super().ask(key, booking)
        print(answer.reason, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

core = Core(open_store(path), Actor("system", Role.SYSTEM), now=lambda: now, policy=Policy(carriage=True))
carriers = DyingCarriers(Wire(address, b"a secret of desk and carrier", seconds=0.3), read_answers(""))
Worker(core, FileChannel(out), FileProvider(out), lambda *_: "", carriers=carriers).turn()
"""


@pytest.fixture
def carrier() -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        yield made


@pytest.fixture
def wire(carrier: Simulator) -> Iterator[Wire]:
    made = Wire(carrier.address, SECRET, seconds=0.3)
    yield made
    made.close()


@pytest.fixture
def worker(desk_file: DeskFile, wire: Wire) -> Worker:
    return a_worker(desk_file, wire)


def a_worker(desk_file: DeskFile, wire: Wire) -> Worker:
    outside = Outside()
    core = desk_file.core("system", policy=BOOKS)
    carriers = HttpCarriers(wire, read_answers(""))
    return Worker(core, outside, outside, notice, carriers=carriers, chance=lambda: 0.0)


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang", policy=BOOKS)


def approved(desk_file: DeskFile, wang: Core, units: int = 1, customer: str = "") -> Case:
    """A return that was allowed."""
    order = desk_file.order(line(units, 19_900 * units), customer=customer)
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, units),), reason="quality")).case
    return wang.do(Approve(), case.id).case


def labelled(desk_file: DeskFile, wang: Core) -> Case:
    return wang.do(RequestLabel(payer="merchant"), approved(desk_file, wang).id).case


def asks(wang: Core, case: Case) -> list[tuple[str, str]]:
    return [(ask.what, ask.state) for ask in wang.load(case.id)[0].carrier_asks]


def test_a_label_comes_back_with_its_waybill_and_where_it_lies(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = labelled(desk_file, wang)
    assert worker.turn()
    (done,) = carrier.done
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.waybill, ask.label) == (
        "done",
        "SF1000000000001",
        "https://labels.example/1.pdf",
    )
    assert done == {
        "key": f"carrier:{ask.id}",
        "ask": "label",
        "case": wang.number(case),
        "order": case.order_number,
        "lines": [{"line": 1, "sku": "EAR-2", "title": "蓝牙耳机", "qty": 1}],
        "carrier": "",
        "payer": "merchant",
        "from": {"name": "张伟", "phone": "13812345678", "address": "浙江省杭州市西湖区文三路1号"},
        "to": "广东省深圳市南山区科苑路2号 退货仓",
        "start": "",
        "until": "",
        "of": "",
        "waybill": "",
        "reference": "",
    }
    assert list(verify(wang.store)) == []


def test_the_file_holds_no_address_in_clear(desk_file: DeskFile, wang: Core, worker: Worker):
    case = approved(desk_file, wang)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    wang.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = b"".join(path.read_bytes() for path in desk_file.path.parent.glob("desk.db*"))
    assert "文三路".encode() not in raw and b"13812345678" not in raw


def test_a_scan_of_the_label_books_the_parcel_that_nobody_announced(
    desk_file: DeskFile, wang: Core, worker: Worker
):
    case = labelled(desk_file, wang)
    worker.turn()
    assert wang.load(case.id)[0].state == "approved_wait_ship"
    desk_file.clock.forward(hours=5)
    keep = keeper("tracking")
    scans = [
        {"waybill": "SF1000000000001", "at": "2026-11-02T14:00:00+08:00", "scan": code, "id": code}
        for code in ("collected",)
    ]
    assert keep(wang, scans).told == 1
    after = wang.load(case.id)[0]
    (parcel,) = after.parcels
    assert (after.state, parcel.direction, parcel.lines) == ("return_in_transit", "back", (LineQty(1, 1),))
    assert (parcel.waybill, parcel.standing) == ("SF1000000000001", "collected")
    assert keep(wang, scans).told == 0


def test_a_label_that_nobody_scans_is_not_silent(desk_file: DeskFile, wang: Core, worker: Worker):
    case = labelled(desk_file, wang)
    worker.turn()
    desk_file.clock.forward(days=6)
    while worker.turn():
        pass
    after = wang.load(case.id)[0]
    assert (after.state, after.parcels) == ("approved_wait_ship", ())


def test_a_label_is_made_once_though_the_call_timed_out_and_the_worker_was_killed(
    desk_file: DeskFile, wang: Core, carrier: Simulator, wire: Wire, tmp_path
):
    case = labelled(desk_file, wang)
    carrier.plan("done_then_silence")
    arguments = [desk_file.path, carrier.address, tmp_path, str(desk_file.clock.now)]
    run = subprocess.run(
        [sys.executable, "-c", DYING_WORKER, *arguments], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "timeout\n"), run.stderr
    assert asks(wang, case) == [("label", "asked")]
    desk_file.clock.forward(ms=WORKER_MS + 1)
    assert a_worker(desk_file, wire).turn()
    assert [done["ask"] for done in carrier.done] == ["label"]
    assert [method for method, _ in carrier.asked] == ["POST", "GET"]
    assert asks(wang, case) == [("label", "done")]


@pytest.mark.parametrize(
    "fault", ["done_then_500", "done_then_html", "other", "done_then_silence", "twice", "late"]
)
def test_what_was_done_under_a_bad_answer_is_found_by_its_key(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker, fault: str
):
    case = labelled(desk_file, wang)
    carrier.plan(fault)
    worker.turn()
    assert asks(wang, case) == [("label", "asked")]
    desk_file.clock.forward(seconds=3)
    worker.turn()
    assert len(carrier.done) == 1
    assert asks(wang, case) == [("label", "done")]


@pytest.mark.parametrize("fault", ["500", "html", "html_200", "garbage", "busy", "silence"])
def test_what_left_nothing_is_asked_for_again(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker, fault: str
):
    case = labelled(desk_file, wang)
    carrier.plan(fault)
    worker.turn()
    assert carrier.done == []
    desk_file.clock.forward(seconds=3)
    worker.turn()
    assert len(carrier.done) == 1
    assert asks(wang, case) == [("label", "done")]


def test_a_waybill_of_another_parcel_is_told_as_in_doubt_and_never_kept(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    other = approved(desk_file, wang)
    wang.do(ShipBack("顺丰", OTHERS_WAYBILL), other.id)
    case = labelled(desk_file, wang)
    carrier.plan("wrong_waybill")
    while worker.turn():
        pass
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.why, ask.waybill) == ("in_doubt", "waybill_of_another", "")
    desk_file.clock.forward(ms=DOUBT_PAUSE_MS + 1)
    worker.turn()
    assert len(carrier.done) == 1
    assert asks(wang, case) == [("label", "in_doubt")]


@pytest.mark.parametrize(
    ("adds", "why"),
    [
        ({"waybill": "顺丰单号"}, "bad_waybill"),
        ({"waybill": "SF1"}, "bad_waybill"),
        ({"waybill": ""}, "no_waybill"),
        ({"waybill": "YT1234567890123", "carrier": "顺丰"}, "waybill_of_another_carrier"),
    ],
)
def test_a_waybill_that_is_none_of_this_carrier_is_in_doubt(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker, adds: dict[str, Any], why: str
):
    carrier.adds = adds
    case = labelled(desk_file, wang)
    worker.turn()
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.why) == ("in_doubt", why)


@pytest.mark.parametrize("label", ["javascript:alert(1)", "data:application/pdf;base64,AA", "x" * 600, 7])
def test_a_label_that_is_no_address_is_dropped(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker, label: object
):
    carrier.adds = {"label": label}
    case = labelled(desk_file, wang)
    worker.turn()
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.label) == ("done", "")


def test_control_signs_in_an_answer_stop_at_the_gate(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    carrier.adds = {"label": "https://l.example/\x1b[31m1\u202e.pdf", "reference": "C\n1\x07"}
    case = labelled(desk_file, wang)
    worker.turn()
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert not set("\x1b\u202e\x07\n") & set(ask.label + ask.reference)


def test_one_that_is_never_clear_is_told_as_in_doubt_and_only_asked_after_from_then_on(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = labelled(desk_file, wang)
    carrier.plan(*["done_then_html"] * MOST_TRIES)
    for _ in range(MOST_TRIES):
        worker.turn()
        desk_file.clock.forward(seconds=700)
    assert asks(wang, case) == [("label", "in_doubt")]
    desk_file.clock.forward(ms=DOUBT_PAUSE_MS)
    worker.turn()
    assert [method for method, _ in carrier.asked].count("POST") == 1
    assert asks(wang, case) == [("label", "done")]


def test_a_key_that_the_carrier_may_have_forgotten_is_not_asked_for_again(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = labelled(desk_file, wang)
    carrier.plan("busy")
    worker.turn()
    desk_file.clock.forward(ms=KEY_LIFE_MS + 1)
    worker.turn()
    assert carrier.done == []
    assert asks(wang, case) == [("label", "in_doubt")]


def test_a_carrier_that_declines_is_told_with_its_reason_and_another_may_be_asked(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = labelled(desk_file, wang)
    carrier.plan("declined")
    worker.turn()
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.why) == ("failed", "out_of_area")
    wang.do(RequestLabel(carrier="圆通", payer="merchant"), case.id)
    with pytest.raises(Refused, match="undo_none"):
        wang.do(TakeBack(), case.id)


def test_a_pick_up_tells_the_carrier_when_and_where_and_keeps_the_agreed_slot(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    carrier.adds = {"start": "2026-11-03T10:00:00+08:00", "until": 1_793_678_400}
    case = approved(desk_file, wang)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    (done,) = carrier.done
    assert (done["ask"], done["start"]) == ("pickup", "2026-11-03T01:00:00+00:00")
    assert done["from"]["address"] == "浙江省杭州市西湖区文三路1号"
    (ask,) = wang.load(case.id)[0].carrier_asks
    assert (ask.state, ask.start, ask.until) == ("done", MONDAY + DAY, 1_793_678_400_000)


def test_a_pick_up_of_a_label_names_it(desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker):
    case = labelled(desk_file, wang)
    worker.turn()
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    label, pickup = wang.load(case.id)[0].carrier_asks
    assert carrier.done[1]["of"] == f"carrier:{label.id}"
    assert (carrier.done[1]["waybill"], pickup.waybill) == (label.waybill, label.waybill)
    assert (pickup.state, pickup.of) == ("done", label.id)


def test_nobody_comes_where_no_address_is_known_or_left(desk_file: DeskFile, wang: Core, worker: Worker):
    person = desk_file.customer()
    with file_of(wang.store.conn):
        wang.store.people.put([(person, f"source-{person}", Customer("张伟", "13812345678"), 2)], MONDAY)
    case = approved(desk_file, wang, customer=person)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    assert [ask.why for ask in wang.load(case.id)[0].carrier_asks] == ["no_address"]
    wang.do(RequestLabel(payer="merchant"), case.id)
    with file_of(wang.store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 1 WHERE person = ?", (person,))
    worker.turn()
    assert [ask.why for ask in wang.load(case.id)[0].carrier_asks] == ["no_address", "erased"]


def test_a_slot_that_passed_while_the_carrier_was_away_is_not_asked_for(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = approved(desk_file, wang)
    wang.do(RequestPickup("今天", "11:00-12:00", payer="merchant"), case.id)
    carrier.plan("busy")
    worker.turn()
    desk_file.clock.forward(hours=3)
    worker.turn()
    assert carrier.done == []
    assert [ask.why for ask in wang.load(case.id)[0].carrier_asks] == ["slot_past"]


def test_a_cancelled_pick_up_frees_its_units(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = approved(desk_file, wang)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    wang.do(CancelPickup(), case.id)
    worker.turn()
    assert carrier.done[1]["of"] == carrier.done[0]["key"]
    assert asks(wang, case) == [("pickup", "cancelled"), ("pickup_cancel", "done")]
    wang.do(RequestPickup("后天", "09:00-11:00", payer="merchant"), case.id)


def test_a_case_that_ends_calls_its_pick_up_off(
    desk_file: DeskFile, wang: Core, carrier: Simulator, worker: Worker
):
    case = approved(desk_file, wang)
    wang.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id)
    worker.turn()
    wang.do(Withdraw(), case.id)
    worker.turn()
    assert [done["ask"] for done in carrier.done] == ["pickup", "pickup_cancel"]
    assert asks(wang, case)[0] == ("pickup", "cancelled")


def test_a_desk_without_carriers_offers_none(desk_file: DeskFile):
    core = desk_file.core("wang")
    case = approved(desk_file, core)
    with pytest.raises(Refused, match="no_carrier_system"):
        core.do(RequestLabel(payer="merchant"), case.id)


def test_a_job_waits_for_carriers_that_are_not_configured_any_more(desk_file: DeskFile, wang: Core):
    case = labelled(desk_file, wang)
    outside = Outside()
    Worker(desk_file.core("system", policy=BOOKS), outside, outside, notice).turn()
    assert asks(wang, case) == [("label", "asked")]
    row = wang.store.conn.execute("SELECT state, result FROM outbox WHERE kind = 'carrier'").fetchone()
    assert row == ("ready", "no_carrier_system")
