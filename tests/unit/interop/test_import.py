"""Importing a shop: counts and money as at the source, nothing twice, what changed is told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.interop.importer import run_import
from csdesk.interop.overlay import RETAIL_CN
from csdesk.store import cases, orders
from tests.building import DeskFile
from tests.unit.interop.conftest import change, dump

YEAR_MS = 365 * 86_400_000


def test_a_shop_arrives_whole_with_its_money(zhao: Core, shop: list[Path]):
    report = run_import(zhao, shop, "retail")
    assert [(f.entity, f.added, f.rejected) for f in report.files] == [
        ("customers", 2, 0),
        ("products", 2, 0),
        ("orders", 4, 0),
    ]
    kept = dump(zhao)
    assert len(kept["variant"]) == 3
    assert [(number, total) for number, *_, total, _, _ in kept["orders"]] == [
        ("#W1000001", 14_008),
        ("#W1000002", 2_450),
        ("#W1000003", 10_010),
        ("#W1000004", 4_449),
    ]
    assert sum(line[7] for line in kept["order_line"]) == sum(order[7] for order in kept["orders"])
    assert kept["payment"][-1] == ("#W1000004", 1, "paypal", "paypal_21", 4_449, 4_449, 0)


def test_the_same_goods_twice_in_an_order_are_units_of_one_line(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    lines = [line for line in dump(zhao)["order_line"] if line[0] == "#W1000001"]
    assert [(line, sku, qty, price, paid) for _, line, sku, _, _, qty, price, paid in lines] == [
        (1, "1001", 2, 1_999, 3_998),
        (2, "2001", 1, 10_010, 10_010),
    ]


def test_statuses_shipments_and_options_are_translated_by_the_map(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    kept = dump(zhao)
    assert [order[2] for order in kept["orders"]] == ["delivered", "pending", "shipped", "cancelled"]
    assert kept["shipment"][0][:5] == ("#W1000001", 1, "", "555000111222", "1,2")
    assert kept["order_line"][0][4] == "color: white, brightness: low"
    assert kept["orders"][0][1] == "USD"
    assert kept["orders"][0][3:7] == (0, 0, 0, 0)


def test_an_imported_order_is_what_a_decision_sees(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    found = orders.find(zhao.store.conn, zhao.desk, "w1000001")
    assert found is not None
    facts = orders.facts(zhao.store.conn, zhao.desk, found)
    assert facts is not None
    assert [(line.title, line.qty, line.paid) for line in facts.lines] == [
        ("Desk Lamp", 2, 3_998),
        ("Backpack", 1, 10_010),
    ]
    assert [(p.method, p.captured, p.elsewhere) for p in facts.payments] == [("credit_card", 14_008, 0)]
    assert zhao.store.people.find("mia kross") == [facts.customer]


def test_a_second_import_changes_nothing(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    before = dump(zhao)
    report = run_import(zhao, list(reversed(shop)), "retail")
    assert (report.total("unchanged"), report.total("added"), report.total("changed")) == (8, 0, 0)
    assert dump(zhao) == before


def test_a_dry_run_counts_and_writes_nothing(zhao: Core, shop: list[Path]):
    change(shop[0], lambda data: data["#W1000002"].update(user_id="nobody_1"))
    before = zhao.store.conn.total_changes
    report = run_import(zhao, shop, "retail", dry_run=True)
    assert (report.total("added"), report.total("rejected"), report.rows) == (7, 1, 0)
    assert dict(report.reasons) == {"unknown_customer": 1}
    assert zhao.store.conn.total_changes == before
    real = run_import(zhao, shop, "retail")
    assert (real.total("added"), real.total("rejected")) == (7, 1)


def test_a_changed_record_is_a_new_version_and_says_what_changed(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")

    def ship(data):
        data["#W1000002"]["status"] = "processed"
        data["#W1000002"]["fulfillments"] = [{"tracking_id": ["555000111999"], "item_ids": ["1002"]}]

    change(shop[0], ship)
    change(shop[2], lambda data: data["otto_bly_1002"].update(email="otto@example.org"))
    report = run_import(zhao, shop, "retail")
    told = {(c.entity, c.fields, c.version) for c in report.changes}
    assert told == {("orders", ("status", "shipments"), 2), ("customers", ("email",), 2)}
    assert [c.name for c in report.changes if c.entity == "orders"] == ["#W1000002"]
    kept = dump(zhao)
    assert [order[9] for order in kept["orders"]] == [1, 2, 1, 1]
    assert ("#W1000002", 1, "", "555000111999", "1", 0, 0) in kept["shipment"]
    assert zhao.store.people.find("otto@example.org")
    assert not zhao.store.people.find("otto.bly@example.com")


def test_open_cases_of_a_changed_order_are_told(desk_file: DeskFile, zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, "#W1000001", (LineQty(2, 1),))).case
    other = wang.do(Open(Kind.RETURN, "#W1000003", (LineQty(1, 1),))).case
    change(shop[0], lambda data: data["#W1000001"]["payment_history"][0].update(amount=138.0))
    report = run_import(zhao, shop, "retail")
    assert report.told == 1
    past = list(cases.history(zhao.store.conn, zhao.desk, case.id))
    assert past[-1].event.type == "order_changed"
    assert (past[-1].actor, past[-1].verb) == ("zhao", "tell_change")
    assert past[-1].event.fields == ("total", "lines", "payments")  # type: ignore[attr-defined]
    assert wang.load(other.id)[0].version == other.version


def test_lines_keep_their_numbers_when_the_source_turns_them_round(zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail")

    def turn(data):
        items = data["#W1000004"]["items"]
        extra = {**items[0], "item_id": "2001", "name": "Backpack", "product_id": "900002", "price": 0.0}
        data["#W1000004"]["items"] = [extra, items[1], items[0]]

    change(shop[0], turn)
    run_import(zhao, shop, "retail")
    lines = [(line, sku) for number, line, sku, *_ in dump(zhao)["order_line"] if number == "#W1000004"]
    assert lines == [(1, "1001"), (2, "1002"), (3, "2001")]


def test_what_was_paid_less_than_the_prices_is_shared_to_the_last_cent(zhao: Core, shop: list[Path]):
    change(shop[0], lambda data: data["#W1000001"]["payment_history"][0].update(amount=100.0))
    run_import(zhao, shop, "retail")
    paid = [line[7] for line in dump(zhao)["order_line"] if line[0] == "#W1000001"]
    assert sum(paid) == 10_000
    assert paid == [2_854, 7_146]


def test_the_files_hold_no_personal_value(zhao: Core, shop: list[Path], desk_file: DeskFile):
    run_import(zhao, shop, "retail")
    zhao.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = desk_file.path.read_bytes() + desk_file.path.with_name("desk.db-wal").read_bytes()
    for value in ("mia_kross", "Kross", "kross@", "Made Up Lane", "otto_bly", "Nowhere"):
        assert value.encode() not in stored, value


def test_the_rejects_hold_no_personal_value(zhao: Core, shop: list[Path], tmp_path: Path):
    change(
        shop[2], lambda data: data["mia_kross_1001"].update(email=["mia.kross@example.com", {"a": "Kross"}])
    )
    change(shop[0], lambda data: data["#W1000003"].update(user_id="otto_bly_9999", address={"address1": 5.5}))
    rejects = tmp_path / "rejects.jsonl"
    report = run_import(zhao, shop, "retail", rejects_path=rejects)
    assert report.rejects_path == str(rejects)
    told = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert sorted((one["file"], one["record"], one["field"], one["code"]) for one in told) == [
        ("orders.json", 1, "customer", "unknown_customer"),
        ("orders.json", 2, "customer", "unknown_customer"),
        ("orders.json", 3, "address", "wrong_type"),
        ("users.json", 1, "email", "wrong_type"),
    ]
    assert told[0]["line"] == 2
    text = rejects.read_text("utf-8") + repr(report)
    assert not any(value in text for value in ("kross", "Kross", "mia", "otto"))


def test_no_rejects_no_file(zhao: Core, shop: list[Path], tmp_path: Path):
    rejects = tmp_path / "rejects.jsonl"
    rejects.write_text("what an earlier import left\n")
    report = run_import(zhao, shop, "retail", rejects_path=rejects)
    assert report.rejects_path == ""
    assert not rejects.exists()


def test_an_agent_may_not_import(desk_file: DeskFile, shop: list[Path]):
    with pytest.raises(Refused, match="no_right"):
        run_import(desk_file.core("wang"), shop, "retail")


def test_progress_ends_at_the_end(zhao: Core, shop: list[Path]):
    seen: list[tuple[int, int]] = []
    run_import(zhao, shop, "retail", progress=lambda done, total: seen.append((done, total)))
    total = sum(path.stat().st_size for path in shop)
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


def test_the_overlay_gives_the_same_orders_a_chinese_year(desk_file: DeskFile, zhao: Core, shop: list[Path]):
    now = desk_file.clock()
    run_import(zhao, shop, "retail", overlay=RETAIL_CN)
    kept = dump(zhao)
    for _, currency, status, placed, paid, shipped, signed, _, overlay, _ in kept["orders"]:
        assert (currency, overlay) == ("CNY", RETAIL_CN)
        assert now - YEAR_MS <= placed <= paid <= now
        assert bool(shipped) == (status in ("shipped", "delivered"))
        assert bool(signed) == (status == "delivered")
    assert [order[7] for order in kept["orders"]] == [14_008, 2_450, 10_010, 4_449]
    found = orders.find(zhao.store.conn, zhao.desk, "W1000001")
    assert found is not None
    facts = orders.facts(zhao.store.conn, zhao.desk, found)
    assert facts is not None
    assert facts.return_address
    buyer = zhao.store.people.open(facts.customer)
    assert buyer is not None
    assert buyer.name not in ("", "Mia Kross")
    assert all("\u4e00" <= sign <= "\u9fff" for sign in buyer.name)
    assert facts.lines[0].title == "护眼台灯"


def test_the_overlay_stays_what_it_was_on_a_later_day(desk_file: DeskFile, zhao: Core, shop: list[Path]):
    run_import(zhao, shop, "retail", overlay=RETAIL_CN)
    before = dump(zhao)
    desk_file.clock.forward(days=40)
    report = run_import(zhao, shop, "retail", overlay=RETAIL_CN)
    assert (report.total("unchanged"), report.total("changed")) == (8, 0)
    assert dump(zhao) == before


def test_two_desks_get_the_same_overlay(desk_file: DeskFile, zhao: Core, shop: list[Path], tmp_path: Path):
    run_import(zhao, shop, "retail", overlay=RETAIL_CN, overlay_now=desk_file.clock())
    first = dump(zhao)["orders"]
    run_import(zhao, shop, "retail")
    assert [order[8] for order in dump(zhao)["orders"]] == [""] * 4
    run_import(zhao, shop, "retail", overlay=RETAIL_CN)
    assert [order[:9] for order in dump(zhao)["orders"]] == [order[:9] for order in first]


def test_a_desk_writes_its_own_map(zhao: Core, write: Callable[..., Path]):
    own = write(
        "own.toml",
        """
        [map]
        name = "own"
        currency = "CNY"
        amounts = "minor"
        times = "%Y/%m/%d %H:%M"
        zone = "Asia/Shanghai"

        [customers]
        when = "contains(keys(@), '买家')"
        id = '"买家"'
        name = '"收件人"'
        phone = '"电话"'
        repeats = true

        [orders]
        when = "contains(keys(@), '订单号')"
        check = ["customer"]
        id = '"订单号"'
        customer = '"买家"'
        status = { path = '"状态"', values = { "已签收" = "delivered", "待发货" = "pending" } }
        merchant = "'自营店'"
        signed_at = '"签收时间"'
        lines.each = "[@]"
        lines.sku = '"货号"'
        lines.title = '"商品"'
        lines.price = '"单价"'
        lines.qty = '"数量"'
        """,
    )
    sheet = (
        "订单号,买家,收件人,电话,状态,签收时间,货号,商品,单价,数量\n"
        "A-1,b1,张三,13900000001,已签收,2026/10/01 09:30,S1,水杯,1990,2\n"
        "A-2,b1,张三,13900000001,待发货,,S2,雨伞,2500,1\n"
    ).encode("gb18030")
    report = run_import(zhao, [write("orders.csv", sheet)], str(own))
    assert [(f.entity, f.encoding, f.added, f.repeated) for f in report.files] == [
        ("customers", "gb18030", 1, 1),
        ("orders", "gb18030", 2, 0),
    ]
    kept = dump(zhao)
    assert [(order[0], order[6], order[7]) for order in kept["orders"]] == [
        ("A-1", 1_790_818_200_000, 3_980),
        ("A-2", 0, 2_500),
    ]
    assert zhao.store.people.find("13900000001")
