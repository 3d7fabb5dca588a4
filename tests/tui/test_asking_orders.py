"""How old what the order system told is, and asking it once more on a key, while it is slow, away, or knows better."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.order_source import read_settings
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.effects.order_simulator import Simulator
from csdesk.effects.orders.making import source_of
from csdesk.interop.ordering import Looked, look_up
from csdesk.store import sources
from csdesk.store.connection import write
from csdesk.tui.ordering import ask_order
from csdesk.tui.screens.order import OrderScreen
from tests.building import DeskFile
from tests.tui.consoles import console
from tests.tui.test_case import open_case
from tests.tui.test_order import orders
from tests.unit.interop.test_ordering import BUYER, MAP, SECRET, SOURCE, order


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    monkeypatch.setenv("SHOP_SECRET", SECRET.decode())
    (tmp_path / "shop-map.toml").write_text(MAP)
    with Simulator(SECRET) as made:
        made.customers.append(BUYER)
        made.orders["W1"] = order()
        (tmp_path / "shop.toml").write_text(SOURCE.format(address=made.address))
        yield made


def known(file: DeskFile, tmp_path: Path) -> Core:
    """An order that its system told of three hours ago."""
    core = file.core("wang")
    settings = read_settings(str(tmp_path / "shop.toml"))
    assert look_up(core, source_of(settings), settings, "W1").orders
    file.clock.forward(hours=3)
    return core


async def test_a_case_says_how_old_its_order_is_and_why_it_is_not_newer(
    desk_file: DeskFile, tmp_path: Path, shop: Simulator
):
    core = known(desk_file, tmp_path)
    case = core.do(Open(Kind.INQUIRY, "W1")).case
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("订单数据：3 小时前")
        assert "来源不可用" not in hands.shown()
    with write(core.store.conn):
        state = sources.State(answered_at=1, failed_at=core.now(), fault="timeout")
        sources.put_state(core.store.conn, core.desk, "shop", state)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("订单数据：3 小时前（来源不可用：超时未答）")


async def test_a_desk_without_an_order_system_says_nothing_of_it(desk_file: DeskFile):
    case = desk_file.core("wang").do(Open(Kind.INQUIRY, desk_file.order())).case
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        assert "订单数据" not in hands.shown()
        await hands.press("ask_order")
        await hands.sees("没有配置订单系统")


async def test_the_order_system_is_asked_on_a_key_while_the_console_goes_on(
    desk_file: DeskFile, tmp_path: Path, shop: Simulator
):
    case = known(desk_file, tmp_path).do(Open(Kind.INQUIRY, "W1")).case
    go = threading.Event()
    config = Config(file=str(desk_file.path), agent="wang", orders=str(tmp_path / "shop.toml"))

    def slow(text: str) -> Looked:
        go.wait(60)
        return ask_order(config, text)

    async with console(desk_file) as hands:
        hands.app.ask_order = slow
        await open_case(hands, case.id)
        shop.orders["W1"] = order(status="shipped", updated="2026-11-01T11:00:00+08:00")
        await hands.press("ask_order")
        await hands.sees("正在向订单系统查询 W1")
        await hands.press("clocks")
        await hands.sees("时限是怎么算的")
        await hands.press("back")
        go.set()
        await hands.sees("订单系统已答复", "运输中", "订单数据：0 分钟前")


async def test_an_order_that_nobody_knows_here_is_asked_after_by_what_was_typed(
    desk_file: DeskFile, tmp_path: Path, shop: Simulator
):
    config = Config(file=str(desk_file.path), agent="wang", orders=str(tmp_path / "shop.toml"))
    async with console(desk_file) as hands:
        hands.app.ask_order = lambda text: ask_order(config, text)
        screen = await orders(hands, "W1")
        assert [pick.id for pick in screen.picks.picks] == [""]
        await hands.press("ask_order")
        await hands.sees("订单系统已答复", "蓝牙耳机")
        assert isinstance(hands.screen, OrderScreen)


async def test_an_order_system_that_is_away_is_said_and_nothing_else_changes(
    desk_file: DeskFile, tmp_path: Path, shop: Simulator
):
    case = known(desk_file, tmp_path).do(Open(Kind.INQUIRY, "W1")).case
    config = Config(file=str(desk_file.path), agent="wang", orders=str(tmp_path / "shop.toml"))
    shop.plan("html")
    async with console(desk_file) as hands:
        hands.app.ask_order = lambda text: ask_order(config, text)
        await open_case(hands, case.id)
        await hands.press("ask_order")
        await hands.sees("订单系统没有给出可用的答复", "来源不可用：网关出错（502）")
