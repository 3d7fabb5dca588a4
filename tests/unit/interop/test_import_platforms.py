"""Platforms' states in imported orders and tickets: kept in the case, told once a change, unknown ones counted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.platform import PlatformTold
from csdesk.interop.importer import Report, run_import
from csdesk.store import cases
from csdesk.store.verify import verify
from tests.building import DeskFile

Write = Callable[..., Path]

ORDERS = """
[map]
name = "shop"
title = "Orders with what their platform says"
source = "shop"
amounts = "minor"

[customers]
when = "mail"
id = "id"
email = "mail"

[orders]
when = "lines"
check = ["customer"]
id = "id"
customer = "customer"
status = { path = "status", default = "delivered" }
platform = "'taobao'"
platform_state = "refund_status"

[orders.lines]
each = "lines"
sku = "sku"
title = "title"
price = "price"
"""
TICKETS = """
[map]
name = "helpdesk"
title = "Tickets with what their platform says"
source = "helpdesk"

[tickets]
when = "subject"
id = "id"
opened_at = "at"
status = { path = "status", default = "open" }
subject = "subject"
platform = "shop"
platform_state = "state"
"""


def order(state: str, **more: Any) -> dict[str, Any]:
    lines = [{"sku": "A1", "title": "电饭煲", "price": 9900}]
    return {"id": "T-1001", "customer": "c1", "lines": lines, "refund_status": state, **more}


def ticket(id_: str, shop: str, state: str) -> dict[str, Any]:
    return {"id": id_, "at": "2026-03-01T10:00:00+08:00", "subject": "退款", "shop": shop, "state": state}


def told(core: Core, case: Case) -> list[str]:
    """What the case was told of its order and its platform, in order."""
    found = []
    for past in cases.history(core.store.conn, core.desk, case.id, core.store.keys):
        if isinstance(past.event, PlatformTold):
            found.append(past.event.code)
        elif past.event.type == "order_changed":
            found.append("order")
    return found


def counted(report: Report) -> dict[str, int]:
    return {sort.what: sort.source for sort in report.balance if sort.what.startswith("platform")}


@pytest.fixture
def map_(tmp_path: Path) -> Callable[[str], str]:
    def make(text: str) -> str:
        path = tmp_path / "map.toml"
        path.write_text(text, "utf-8")
        return str(path)

    return make


def test_an_orders_platform_state_is_told_to_its_case_when_it_changes(
    desk_file: DeskFile, zhao: Core, write: Write, map_: Callable[[str], str]
):
    name, wang = map_(ORDERS), desk_file.core("wang")

    def tell(state: str, **more: Any) -> Report:
        people = write("people.json", [{"id": "c1", "mail": "a@example.com"}])
        return run_import(zhao, [people, write("orders.json", [order(state, **more)])], name)

    tell("")
    case = wang.do(Open(Kind.RETURN, "T-1001", (LineQty(1, 1),))).case
    assert tell("WAIT_SELLER_AGREE").told == 1
    assert told(wang, case) == ["WAIT_SELLER_AGREE"]
    assert tell("WAIT_SELLER_AGREE").told == 0
    assert counted(tell("SOMETHING_NEW", status="shipped")) == {"platform_unknown": 1}
    assert told(wang, case) == ["WAIT_SELLER_AGREE", "order", "SOMETHING_NEW"]
    now, _ = wang.load(case.id)
    assert now.platform_said is not None
    assert (now.platform_said.platform, now.platform_said.code) == ("taobao", "SOMETHING_NEW")
    assert now.state == case.state
    line = wang.ask(ShowCase(case.id)).timeline[-1]
    assert line.detail == {"platform": "淘宝/天猫", "code": "SOMETHING_NEW"}
    assert list(verify(wang.store)) == []


def test_a_tickets_platform_state_is_kept_and_counted(zhao: Core, write: Write, map_: Callable[[str], str]):
    name = map_(TICKETS)
    first = [ticket("1", "pinduoduo", "2"), ticket("2", "kuaishou", "77"), ticket("3", "", "")]
    report = run_import(zhao, [write("tickets.json", first)], name)
    assert counted(report) == {"platform_states": 1, "platform_unknown": 1}
    rows = zhao.store.conn.execute("SELECT external_id, record FROM source_record WHERE entity = 'tickets'")
    found = {id_.decode(): zhao.load(record)[0] for id_, record in rows}
    assert {id_: told(zhao, case) for id_, case in found.items()} == {"1": ["2"], "2": ["77"], "3": []}
    run_import(zhao, [write("tickets.json", [ticket("1", "pinduoduo", "10"), *first[1:]])], name)
    assert told(zhao, found["1"])[:2] == ["2", "10"]
    assert told(zhao, found["2"]) == ["77"]
    assert list(verify(zhao.store)) == []
