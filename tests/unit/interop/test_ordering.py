"""Order systems asked and followed, against a real server that is late, wrong, twice, in HTML, or goes back in time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.desk.order_source import OrderSource, SourceSettings, read_settings
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import OrderChanged
from csdesk.domain.cases.opening import Open
from csdesk.effects.order_simulator import Simulator
from csdesk.effects.orders.making import source_of
from csdesk.interop.ordering import REST_MS, guess, look_up, pull
from csdesk.store import cases, sources
from tests.building import HOUR, DeskFile, desk_file

__all__ = ["desk_file"]

SECRET = b"a secret of desk and shop"
MAP = """
[map]
name = "shop"
currency = "CNY"

[customers]
when = "person"
records = "customers"
id = "person"
name = "name"
phone = "phone"

[orders]
when = "no"
records = "orders"
check = ["customer"]
id = "no"
customer = "buyer"
status = "status"
platform = "platform"
platform_state = "aftersale"
placed_at = "placed"

[orders.lines]
each = "items"
sku = "sku"
title = "title"
price = "price"

[orders.payments]
each = "paid"
method = "by"
amount = "amount"
kind = "kind"
"""
SOURCE = """
[source]
name = "shop"
kind = "http"
map = "shop-map.toml"
stamp = "updated"
next = "next"
more = "more"

[http]
address = "{address}"
key = "env:SHOP_SECRET"
order = "/orders/{{value}}"
changes = "/changes?since={{cursor}}"
seconds = 0.3
"""
BUYER = {"person": "u1", "name": "张伟", "phone": "13812345678"}


def order(number: str = "W1", status: str = "pending", updated: Any = "2026-11-01T10:00:00+08:00") -> dict:
    item = {"sku": "EAR-2", "title": "蓝牙耳机", "price": "199.00"}
    paid = [{"by": "wechat", "amount": "199.00", "kind": "captured"}]
    told = {"no": number, "buyer": "u1", "status": status, "placed": "2026-10-30T09:00:00+08:00"}
    return {**told, "items": [item], "paid": paid, "updated": updated}


@pytest.fixture
def shop() -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        made.customers.append(BUYER)
        yield made


@pytest.fixture
def settings(shop: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourceSettings:
    monkeypatch.setenv("SHOP_SECRET", SECRET.decode())
    (tmp_path / "shop-map.toml").write_text(MAP)
    (tmp_path / "shop.toml").write_text(SOURCE.format(address=shop.address))
    return read_settings(str(tmp_path / "shop.toml"))


@pytest.fixture
def source(settings: SourceSettings) -> OrderSource:
    return source_of(settings)


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def system(desk_file: DeskFile) -> Core:
    return desk_file.core("system")


def page(*orders: dict, next: str = "", more: bool = False) -> dict:
    return {"customers": [BUYER], "orders": list(orders), "next": next, "more": more}


def status(core: Core, number: str = "W1") -> str:
    return core.store.conn.execute("SELECT status FROM orders WHERE number = ?", (number,)).fetchone()[0]


def changes_told(core: Core, case: str) -> list[tuple[str, ...]]:
    past = cases.history(core.store.conn, core.desk, case)
    return [p.event.fields for p in past if isinstance(p.event, OrderChanged)]


def test_an_order_that_is_looked_up_is_kept_and_new(shop, source, settings, wang):
    shop.orders["W1"] = order()
    found = look_up(wang, source, settings, "W1")
    assert (found.fault, found.told) == ("", 1)
    (aged,) = found.orders
    assert (aged.found.order.number, aged.found.order.status) == ("W1", "pending")
    assert aged.seen_at == wang.now()


def test_an_open_case_is_told_when_its_order_changed_at_the_source(shop, source, settings, wang):
    shop.orders["W1"] = order(status="delivered")
    look_up(wang, source, settings, "W1")
    case = wang.do(Open(Kind.RETURN, "W1", (LineQty(1, 1),))).case
    shop.orders["W1"] = order(status="cancelled", updated="2026-11-01T11:00:00+08:00")
    look_up(wang, source, settings, "W1")
    assert changes_told(wang, case.id) == [("status",)]
    look_up(wang, source, settings, "W1")
    assert len(changes_told(wang, case.id)) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("silence", "timeout"),
        ("500", "http_500"),
        ("html", "html_502"),
        ("html_200", "html_200"),
        ("garbage", "no_json_200"),
    ],
)
def test_a_fault_of_theirs_shows_what_is_known_with_its_age(
    desk_file, shop, source, settings, wang, fault, reason
):
    shop.orders["W1"] = order()
    look_up(wang, source, settings, "W1")
    before = desk_file.clock.now
    desk_file.clock.forward(hours=3)
    shop.plan(fault)
    found = look_up(wang, source, settings, "W1")
    assert found.fault == reason
    assert [(one.found.order.number, one.seen_at) for one in found.orders] == [("W1", before)]


def test_after_a_fault_nobody_waits_again_until_some_time_has_passed(desk_file, shop, source, settings, wang):
    shop.orders["W1"] = order()
    shop.plan("500")
    look_up(wang, source, settings, "W1")
    assert not look_up(wang, source, settings, "W1").asked
    assert len(shop.asked) == 1
    desk_file.clock.forward(ms=REST_MS)
    assert look_up(wang, source, settings, "W1").fault == ""


def test_an_answer_about_another_order_is_none(shop, source, settings, wang):
    shop.orders |= {"W1": order(), "W2": order("W2")}
    shop.plan("other")
    found = look_up(wang, source, settings, "W1", "order")
    assert (found.fault, found.orders) == ("other_order", ())
    assert wang.store.conn.execute("SELECT count(*) FROM orders").fetchone() == (0,)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("138 1234 5678", "phone"),
        ("+8613812345678", "phone"),
        ("SF1234567890123", "waybill"),
        ("W1", "order"),
    ],
)
def test_what_a_text_is_likeliest_to_be(said: str, first: str):
    assert guess(said)[0] == first


def test_a_question_that_the_source_does_not_take_is_asked_another_way(shop, source, settings, wang):
    shop.orders["13812345678"] = order("13812345678")
    found = look_up(wang, source, settings, "13812345678")  # no path for phones: it may be an order's number
    assert (found.fault, found.told, len(shop.asked)) == ("", 1, 1)
    with pytest.raises(Refused, match="bad_choice"):
        look_up(wang, source, settings, "W1", "colour")


def test_an_auditor_asks_nobody(desk_file, source, settings):
    with pytest.raises(Refused, match="no_right"):
        look_up(desk_file.core("sun"), source, settings, "W1")


def test_what_the_map_finds_nothing_in_is_not_understood(shop, source, settings, wang):
    shop.orders["W1"] = {"surprise": True}
    assert look_up(wang, source, settings, "W1", "order").fault == ""  # nothing in it: a buyer, and no order
    shop.pages[""] = {"surprise": True}
    assert pull(wang.by_itself(), source, settings).fault == "not_understood"


def test_a_feed_is_followed_to_its_end_and_goes_on_from_there(shop, source, settings, system):
    shop.pages[""] = page(order("W1"), next="a", more=True)
    shop.pages["a"] = page(order("W2"), next="b")
    done = pull(system, source, settings)
    assert (done.pages, done.added, done.fault) == (2, 3, "")
    assert json.loads(sources.state(system.store.conn, system.desk, "shop").cursor) == "b"
    shop.pages["b"] = page(order("W3"), next="c")
    assert pull(system, source, settings).added == 1


def test_a_feed_that_goes_back_in_time_takes_nothing_back(shop, source, settings, system):
    shop.pages[""] = page(order(status="delivered", updated="2026-11-01T12:00:00+08:00"), next="a")
    pull(system, source, settings)
    shop.pages["a"] = page(order(status="pending", updated="2026-11-01T09:00:00+08:00"), next="")
    done = pull(system, source, settings)
    assert (done.older, done.changed, status(system)) == (1, 0, "delivered")


def test_an_order_twice_on_a_page_counts_as_it_was_last(shop, source, settings, system):
    late = order(status="shipped", updated="2026-11-01T12:00:00+08:00")
    shop.pages[""] = page(late, order(status="pending"), late, next="a")
    done = pull(system, source, settings)
    assert (done.rejected, status(system)) == (0, "shipped")


def test_a_stamp_of_a_clock_that_runs_ahead_does_not_hide_what_follows(shop, source, settings, system):
    shop.pages[""] = page(order(updated="2099-01-01T00:00:00Z"), next="a")
    shop.pages["a"] = page(order(status="shipped"), next="b")
    pull(system, source, settings)
    pull(system, source, settings)
    assert status(system) == "shipped"


def test_a_page_that_comes_again_changes_nothing(shop, source, settings, system):
    shop.pages[""] = page(order(), next="a")
    pull(system, source, settings)
    shop.pages["a"] = page(order(), next="a", more=True)
    done = pull(system, source, settings)
    assert (done.added, done.changed, done.fault) == (0, 0, "cursor_loops")


def test_a_broken_record_is_named_and_the_feed_goes_on(shop, source, settings, system):
    shop.pages[""] = page(order("W1") | {"status": "gone"}, order("W2"), next="a")
    done = pull(system, source, settings)
    assert (done.rejected, done.added) == (1, 2)
    assert "status" in done.problems[0]
    assert sources.state(system.store.conn, system.desk, "shop").cursor == '"a"'


def test_a_page_behind_a_fault_is_asked_for_again(desk_file, shop, source, settings, system):
    shop.pages[""] = page(order("W1"), next="a", more=True)
    shop.pages["a"] = page(order("W2"), next="b")
    shop.plan("500")
    assert (pull(system, source, settings).fault, pull(system, source, settings).added) == ("http_500", 3)
    desk_file.clock.forward(ms=HOUR)
    assert sources.state(system.store.conn, system.desk, "shop").fault == ""


def test_a_pull_tells_cases_what_the_platform_says_and_counts_what_nobody_knows(
    system: Core, wang: Core, shop: Simulator, source: OrderSource, settings: SourceSettings
):
    shop.pages[""] = page(order(status="delivered"), next="1")
    pull(system, source, settings)
    case = wang.do(Open(Kind.RETURN, "W1", (LineQty(1, 1),))).case
    said = {"platform": "douyin", "aftersale": "99", "updated": "2026-11-02T10:00:00+08:00"}
    shop.pages["1"] = page(order(status="delivered") | said, next="2")
    done = pull(system, source, settings)
    assert (done.changed, done.told, done.platform_unknown) == (1, 1, 1)
    kept = wang.load(case.id)[0].platform_said
    assert kept is not None and (kept.platform, kept.code) == ("douyin", "99")
