"""Scans that are pushed: only what was signed now and once; late, twice or in another order they end alike."""

import json
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.goods import Approve, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.effects.carriers.push import MOST_BODY, PATH, TrackingDoor
from csdesk.effects.webhook import WINDOW_S
from csdesk.effects.wire import sign
from csdesk.interop.tracked import keeper
from csdesk.store import tracking
from tests.building import HOUR, MONDAY, DeskFile, desk_file

__all__ = ["desk_file"]

SECRET, NOW, SF = b"a secret of desk and carrier", MONDAY // 1000, "SF1234567890123"


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("system")


@pytest.fixture
def door() -> TrackingDoor:
    return TrackingDoor(keeper("tracking kdniao kuaidi100"), SECRET, now=lambda: float(NOW))


def scan(hours: int, code: str, id_: str) -> dict[str, Any]:
    at = f"2026-11-02T{10 + hours:02}:00:00+08:00"
    return {"waybill": SF, "carrier": "顺丰", "at": at, "scan": code, "id": id_}


def raw(*scans: dict[str, Any]) -> bytes:
    return json.dumps(list(scans)).encode()


def signed(body: bytes, at: int = NOW, *, secret: bytes = SECRET, path: str = PATH) -> dict[str, str]:
    stamp = str(at)
    return {"X-Csdesk-Timestamp": stamp, "x-csdesk-signature": sign(secret, stamp, "POST", path, body)}


def returned(desk_file: DeskFile) -> tuple[Core, str]:
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
    wang.do(Approve(), case.id)
    wang.do(ShipBack("顺丰", SF), case.id)
    desk_file.clock.forward(hours=12)
    return wang, case.id


def kept(core: Core) -> list[str]:
    return [event.id for event in tracking.trail(core.store.conn, core.desk, SF)]


def test_pushed_scans_tell_the_case(desk_file: DeskFile, core: Core, door: TrackingDoor):
    wang, case_id = returned(desk_file)
    body = raw(scan(0, "collected", "a"), scan(2, "signed", "b"))
    answered = door.answer(core, signed(body), body)
    assert (answered.status, answered.document["added"], answered.document["unknown"]) == (200, 2, 0)
    assert wang.load(case_id)[0].parcels[0].signed_at == MONDAY + 2 * HOUR


def test_scans_in_two_orders_and_twice_end_alike(desk_file: DeskFile, core: Core, door: TrackingDoor):
    wang, case_id = returned(desk_file)
    late, early = raw(scan(2, "signed", "b")), raw(scan(0, "collected", "a"))
    for n, body in enumerate((late, early, late, early)):
        assert door.answer(core, signed(body, NOW + n), body).status == 200
    assert kept(core) == ["a", "b"]
    case = wang.load(case_id)[0]
    assert (case.parcels[0].standing, case.parcels[0].signed_at) == ("signed", MONDAY + 2 * HOUR)
    rows = core.store.conn.execute("SELECT count(*) FROM event WHERE type = 'handed_over'").fetchone()
    assert rows == (1,)


def test_the_very_same_request_is_refused(core: Core, door: TrackingDoor):
    body = raw(scan(0, "collected", "a"))
    headers = signed(body)
    assert door.answer(core, headers, body).status == 200
    again = door.answer(core, headers, body)
    assert (again.status, again.document) == (409, {"refused": "replayed"})


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"secret": b"somebody else's secret"}, "bad_signature"),
        ({"path": "/v1/intake"}, "bad_signature"),
        ({"at": NOW - WINDOW_S - 1}, "stale_signature"),
        ({"at": NOW + WINDOW_S + 1}, "stale_signature"),
    ],
)
def test_a_forged_or_old_message_leaves_no_trace(
    core: Core, door: TrackingDoor, more: dict[str, Any], code: str
):
    body = raw(scan(0, "lost", "a"))
    answered = door.answer(core, signed(body, **more), body)
    assert (answered.status, answered.document) == (401, {"refused": code})
    changed = raw(scan(0, "collected", "a"))
    assert door.answer(core, signed(body), changed).document == {"refused": "bad_signature"}
    assert door.answer(core, {}, body).status == 401
    assert kept(core) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"waybill": "SF12', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"hello": "world"}', "no_parcels"),
        (b"[1, 2]", "no_parcels"),
        (b"7", "no_parcels"),
        (raw({"waybill": SF, "at": "gestern", "scan": "lost"}), "no_good_record"),
    ],
)
def test_what_is_no_scan_is_refused_by_name(core: Core, door: TrackingDoor, body: bytes, code: str):
    answered = door.answer(core, signed(body), body)
    assert (answered.status, answered.document["refused"]) == (422, code)
    assert kept(core) == []


def test_a_bad_scan_among_good_ones_is_told(core: Core, door: TrackingDoor):
    body = raw(scan(0, "collected", "a"), {"waybill": SF, "at": "gestern", "scan": "lost"})
    answered = door.answer(core, signed(body), body)
    assert (answered.status, answered.document["added"], answered.document["rejected"]) == (200, 1, 1)
    assert "scans[0].at" in answered.document["problems"][0]
    assert "gestern" not in answered.document["problems"][0]


def test_one_that_is_too_long_is_not_read(core: Core, door: TrackingDoor):
    body = b" " * (MOST_BODY + 1)
    assert door.answer(core, signed(body), body).status == 413


def test_pushes_of_two_aggregators_are_read(core: Core, door: TrackingDoor):
    kdniao = {
        "Data": [
            {
                "LogisticCode": "773061155005903",
                "ShipperCode": "STO",
                "Traces": [{"AcceptTime": "2026-11-01 12:45:03", "AcceptStation": "已揽收", "Action": "1"}],
            }
        ]
    }
    kuaidi = {
        "status": "polling",
        "lastResult": {
            "nu": "YT1234567890123",
            "com": "yuantong",
            "data": [{"time": "2026-11-01 17:32:23", "context": "已签收", "statusCode": "301"}],
        },
    }
    for told in (kdniao, kuaidi):
        body = json.dumps(told).encode()
        answered = door.answer(core, signed(body), body)
        assert (answered.status, answered.document["added"]) == (200, 1), answered.document
    trail = tracking.trail(core.store.conn, core.desk, "773061155005903")
    assert [event.scan for event in trail] == ["collected"]


def test_an_empty_message_is_no_fault(core: Core, door: TrackingDoor):
    for body in (b"[]", b'{"scans": []}'):
        assert door.answer(core, signed(body), body).status == 200
