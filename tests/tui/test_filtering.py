"""The filter of the queue: as one types, kept over a restart, with its bulk marks; and the views that keep it."""

import pytest
from textual.widgets import Input

from csdesk.desk.filter_queries import KeepView, Views
from csdesk.desk.queries import GetPlace
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.shared import Snooze
from csdesk.tui import sifting
from csdesk.tui.columns import chosen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.filtering import FilterScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.views import ColumnsScreen, ViewName, ViewsScreen
from csdesk.tui.widgets import case_list
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console, lines
from tests.tui.test_queue import current, listed, numbers, opened, queue


def line(hands: Hands) -> str:
    """What stands in the line."""
    return hands.screen.query_one(Input).value


def behind(hands: Hands) -> QueueScreen:
    """The queue, whatever stands before it."""
    screen = hands.app.screen_stack[0]
    assert isinstance(screen, QueueScreen)
    return screen


async def listed_behind(hands: Hands, *cases: str) -> None:
    """Wait until the list behind the line shows these cases."""
    await hands.until(lambda: [row.id for row in behind(hands).list.window.rows] == list(cases))


async def typed(hands: Hands, text: str) -> None:
    """Open the line, and write this instead of what stands there."""
    await hands.press("filter")
    await hands.at(FilterScreen)
    await hands.keys("end", "ctrl+u")
    await hands.write(text)


async def test_the_queue_is_filtered_as_one_types_and_the_filter_is_kept_or_left(desk_file: DeskFile):
    cup, shirt, bulb = (
        opened(desk_file, title="水杯"),
        opened(desk_file, Kind.EXCHANGE),
        opened(desk_file, title="灯"),
    )
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, cup, shirt, bulb)
        await typed(hands, "类型:换货")
        await hands.sees("筛选  1 张")
        await listed_behind(hands, shirt.id)
        await hands.until(lambda: behind(hands).preview.case == shirt.id)
        assert lines(behind(hands).tabs).startswith("[筛选]")
        await hands.press("back")
        await hands.at(QueueScreen)
        await listed(hands, cup, shirt, bulb)
        # Completion: a field by its first sign, a value of it, then the one below.
        await typed(hands, "类")
        await hands.sees("类型:  工单类型")
        # What may yet be a field is no word: it would empty the list.
        await listed_behind(hands, cup.id, shirt.id, bulb.id)
        await hands.press("field_next")
        await hands.until(lambda: line(hands) == "类型:")
        await hands.sees("这里缺一个值", "退货  return", "换货  exchange")
        await hands.keys("down", "down", "enter")
        await hands.until(lambda: line(hands) == "类型:换货 ")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await listed(hands, shirt)
        await hands.sees("[类型:换货 1]")
        # What it says of the next case, and a queue or Esc takes it off.
        await hands.press("next")
        await hands.sees("不看筛选条件")
        await hands.at(CaseScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        assert numbers(hands) == [shirt.id]
        await hands.press("back")
        await listed(hands, cup, shirt, bulb)
        assert current(hands) == shirt.id
        # In a queue of its own, the line begins with the queue.
        await hands.press("queue_next")
        await hands.press("filter")
        await hands.at(FilterScreen)
        assert line(hands) == "队列:退货 "
        await hands.press("back")
        # A number opens its case.
        await typed(hands, bulb.body)
        await hands.keys("enter")
        await hands.until(lambda: getattr(hands.screen, "case_id", "") == bulb.id)


async def test_a_wrong_filter_is_said_with_a_mark_under_its_sign_and_not_kept(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await typed(hands, "破损 重量:1")
        await hands.sees("! 第 4 个字：没有“重量”这个字段")
        said, field, mark = hands.shown().split("\n")[0:3]
        assert (said.strip()[:2], field.strip()) == ("筛选", "破损 重量:1")
        assert mark == " " * 6 + "^^"
        await hands.keys("enter")
        await hands.at(FilterScreen)
        await listed_behind(hands, case.id)  # what is wrong filters nothing
        await hands.press("back")
        await listed(hands, case)


async def test_a_filter_sorts_follows_changes_marks_all_it_lets_through_and_survives_a_restart(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    for room in (sifting, case_list):
        monkeypatch.setattr(room, "SIFT_SECONDS", 0.02)
    first, second = opened(desk_file), opened(desk_file)
    other = opened(desk_file, Kind.EXCHANGE)
    async with console(desk_file) as hands:
        await listed(hands, first, second, other)
        await hands.press("mark")
        await typed(hands, "类型:退货 排序:-创建")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await listed(hands, second, first)
        assert queue(hands).list.marks == {first.id}
        await hands.press("mark_all")  # marks of what was in sight before go first
        await hands.press("mark_all")
        assert queue(hands).list.marks == {first.id, second.id}
        await hands.press("back")
        assert numbers(hands) == [second.id, first.id]
        third = opened(desk_file)
        await listed(hands, third, second, first)
        assert current(hands) == second.id
        await hands.press("up")
        desk_file.core("li").do(Snooze(24, "等客户"), third.id)
        await listed(hands, second, first)
        assert current(hands) == second.id
        await hands.sees("[类型:退货 排序:-创建 2]")
        await hands.press("down")
        await queue(hands).keep()
    kept = desk_file.core("wang").ask(GetPlace())
    assert kept is not None
    assert "退货" not in kept and "\\u9000" not in kept
    assert desk_file.core("wang").ask(Views()) == []
    async with console(desk_file) as hands:
        await listed(hands, second, first)
        assert (current(hands), queue(hands).filtered) == (first.id, True)
        await hands.press("back")
        await listed(hands, first, second, other)
        assert current(hands) == first.id  # the case that one stood on, now the first
        await queue(hands).keep()
    async with console(desk_file) as hands:
        await listed(hands, first, second, other)


async def test_a_view_is_kept_with_columns_shown_changed_shared_and_deleted(desk_file: DeskFile):
    case, other = opened(desk_file), opened(desk_file, Kind.EXCHANGE)
    head = desk_file.core("zhao")
    head.ask(KeepView("大家的换货", "类型:换货", shared=True))
    async with console(desk_file, who="zhao", size=NARROW) as hands:
        await listed(hands, case, other)
        await hands.press("keep_view")
        await hands.sees("还没有筛选")
        await typed(hands, "类型:退货")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await hands.press("keep_view")
        await hands.at(ViewName)
        await hands.write("我的退货")
        await hands.keys("enter")
        await hands.at(ColumnsScreen)
        await hands.keys("8", "3", "1")  # the amount, then the number, and keep
        await hands.at(QueueScreen)
        await hands.sees("已保存视图“我的退货”", "[我的退货 1]")
        row = next(text for text in hands.shown().split("\n") if text.startswith(">"))
        assert row.split() == [">", *row.split()[1:-2], "¥199.00", f"RT-{case.body[:4]}-{case.body[4:]}"]
        assert "蓝牙耳机" not in row
        await hands.press("views")
        await hands.at(ViewsScreen)
        await hands.sees("1 我的退货", "2 大家的换货", "1 张")
        await hands.keys("2")
        await listed(hands, other)
        await hands.press("views")
        await hands.at(ViewsScreen)
        await hands.until(lambda: len(hands.screen.query_one("PickList").picks) == 2)  # type: ignore[attr-defined]
        await hands.press("share")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.sees("已设为公用")
        await hands.at(ViewsScreen)
        await hands.press("drop")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.sees("已删除")
    assert [(view.called, view.shared, view.columns) for view in head.ask(Views())] in (
        [("我的退货", True, ("amount", "number"))],
        [("大家的换货", True, ())],
    )


def test_the_columns_of_a_view_stand_in_its_order_and_what_has_no_room_is_left_out():
    def told(width: int, *names: str) -> list[tuple[str, int]]:
        return [(column.name, column.cells) for column in chosen(names, width)]

    assert told(80, "amount", "subject", "nonsense", "due") == [("amount", 11), ("subject", 52), ("due", 12)]
    for width in (20, 40, 80, 120):
        every = chosen(("merchant", "subject", "state", "number", "amount", "assignee", "kind", "due"), width)
        assert every
        assert 2 + sum(column.cells + 1 for column in every) <= width
    assert told(24, "merchant", "state", "kind") == [("merchant", 14)]
