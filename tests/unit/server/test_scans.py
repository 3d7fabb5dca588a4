"""Scans that a carrier posts to a running server: kept once, however they come."""

import json

from tests.building import DeskFile
from tests.unit.server.conftest import SHOP_SECRET, Serve
from tests.unit.server.test_doors import problem

PATH = "/v1/hooks/tracking/carriers"
SCAN = {
    "waybill": "SF1234567890123",
    "carrier": "顺丰",
    "at": "2026-11-02T11:00:00+08:00",
    "scan": "in_transit",
    "id": "s1",
}


def test_scans_are_kept_once_and_only_of_whom_they_are_expected(serve: Serve, desk_file: DeskFile):
    served = serve(carrier_key="env:SHOP_SECRET")
    raw = json.dumps([SCAN]).encode()
    assert problem(served.post(PATH, raw)) == (401, "bad_signature")
    first = served.post(PATH, raw, secret=SHOP_SECRET)
    assert first.status_code == 200, first.text
    assert first.json()["added"] == 1
    again = served.post(PATH, raw, secret=SHOP_SECRET, ago=60)
    assert (again.status_code, again.json()["added"]) == (200, 0)
    assert problem(served.post(PATH, b'{"hello": 1}', secret=SHOP_SECRET)) == (422, "no_parcels")
