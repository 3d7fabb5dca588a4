"""The queue: tabs, list, preview, marks, what changes under the cursor, and what a console comes back to."""

import json

import pytest

from csdesk.desk.queries import GetPlace, Held
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Snooze, Take
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, WIDE, Hands, console


def opened(file: DeskFile, kind: Kind = Kind.RETURN, *, hours: int = 1, title: str = "蓝牙耳机") -> Case:
    """A case opened an hour after the one before, so that the queue has an order."""
    number = file.order(line(1, 19_900, title=title))
    units = () if kind in (Kind.COMPLAINT, Kind.INQUIRY) else (LineQty(1, 1),)
    case = file.core("li").do(Open(kind, number, units)).case
    file.clock.forward(hours=hours)
    return case


def numbers(hands: Hands) -> list[str]:
    """The ids in the list, in its order."""
    screen = hands.screen
    assert isinstance(screen, QueueScreen)
    return [row.id for row in screen.list.window.rows]


def queue(hands: Hands) -> QueueScreen:
    assert isinstance(hands.screen, QueueScreen)
    return hands.screen


def current(hands: Hands) -> str:
    """The case under the cursor."""
    row = queue(hands).list.current
    assert row is not None
    return row.id


async def listed(hands: Hands, *cases: Case) -> None:
    await hands.until(lambda: numbers(hands) == [case.id for case in cases])


async def test_the_queue_shows_its_cases_by_deadline_with_a_preview_of_the_first(desk_file: DeskFile):
    first, second = opened(desk_file, title="降噪耳机"), opened(desk_file, Kind.EXCHANGE, title="白色圆领T恤")
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        await hands.sees("降噪耳机", "白色圆领T恤", "张*", "138****5678", "待受理", "¥199.00")
        assert "13812345678" not in hands.shown()


async def test_tabs_count_what_lives_and_what_is_late(desk_file: DeskFile):
    opened(desk_file)
    opened(desk_file, Kind.EXCHANGE)
    async with console(desk_file) as hands:
        await hands.sees("退货 1", "换货 1", "[全部 2]")
        await hands.press("queue_next")
        await hands.sees("[退货 1]")
        await hands.until(lambda: [row.kind for row in queue(hands).list.window.rows] == ["return"])
        await hands.keys("2")
        await hands.sees("[换货 1]")
        await hands.until(lambda: [row.kind for row in queue(hands).list.window.rows] == ["exchange"])


async def test_an_empty_queue_says_so_and_refuses_verbs_with_the_reason(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.sees("这个队列里没有工单")
        await hands.press("verb.take")
        await hands.sees("没有选中的工单")


async def test_the_cursor_stays_on_its_case_when_a_more_urgent_one_comes(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        await hands.press("down")
        complaint = opened(desk_file, Kind.COMPLAINT, hours=0)  # 24 hours instead of 48
        await listed(hands, complaint, first, second)
        assert current(hands) == second.id


async def test_when_its_case_leaves_the_cursor_keeps_its_place(desk_file: DeskFile):
    first, second, third = opened(desk_file), opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, first, second, third)
        await hands.press("down")
        desk_file.core("li").do(Snooze(1), second.id)
        await listed(hands, first, third)
        assert current(hands) == third.id


async def test_a_case_taken_in_one_console_is_seen_taken_in_the_other(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file, "wang") as one, console(desk_file, "li") as other:
        await one.until(lambda: len(numbers(one)) == 1)
        await other.until(lambda: len(numbers(other)) == 1)
        await one.press("verb.take")
        await other.sees("Wang", "审核中")


async def test_both_press_the_same_verb_one_wins_the_other_is_told_who_and_what(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as one:
        await listed(one, case)
        await one.until(lambda: queue(one).preview.view is not None)
        # The other is faster, and this console has not looked yet.
        stale = queue(one).list.window.rows[0]
        desk_file.core("li").do(Take(), case.id)
        one.app.run_verb(stale.id, stale.version, "take")
        await one.sees("Li", "领取")
        assert "Wang" not in one.shown().split("领取")[0].splitlines()[1]


async def test_a_verb_that_is_off_says_why(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.until(lambda: queue(hands).preview.view is not None)
        await hands.press("verb.recall")
        await hands.sees("没有可撤回的回复")


async def test_undo_takes_back_the_last_verb_and_redo_does_it_again(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("verb.take")
        await hands.sees("领取，现为“审核中”")
        await hands.press("undo")
        await hands.sees("已撤销“领取”")
        assert wang.load(case.id)[0].assignee == ""
        await hands.press("redo")
        await hands.until(lambda: wang.load(case.id)[0].assignee == "wang")
        await hands.press("undo")
        await hands.until(lambda: wang.load(case.id)[0].assignee == "")
        await hands.press("undo")
        await hands.sees("没有可撤销的操作")


async def test_repeat_uses_the_last_verb_on_the_case_under_the_cursor(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        await hands.press("repeat")
        await hands.sees("还没有操作可重复")
        await hands.press("verb.take")
        await hands.until(lambda: wang.load(first.id)[0].assignee == "wang")
        await hands.press("down")
        await hands.press("repeat")
        await hands.until(lambda: wang.load(second.id)[0].assignee == "wang")


async def test_marks_are_case_ids_and_survive_another_queue(desk_file: DeskFile):
    first, _ = opened(desk_file), opened(desk_file, Kind.EXCHANGE)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 2)
        await hands.press("mark")
        await hands.keys("2")
        await hands.until(lambda: len(numbers(hands)) == 1)
        await hands.keys("1")
        await listed(hands, first)
        assert queue(hands).list.marks == {first.id}
        await hands.press("back")
        assert queue(hands).list.marks == set()


async def test_a_console_comes_back_to_its_queue_and_cursor(desk_file: DeskFile):
    _, second, third = opened(desk_file), opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 3)
        await hands.keys("1")
        await hands.until(lambda: queue(hands).list.window.queue == "returns")
        await hands.press("down")
        await hands.press("preview")
        await queue(hands).keep()
    kept = desk_file.core("wang").ask(GetPlace())
    assert kept is not None
    assert json.loads(kept)["case"] == second.id
    assert third.id not in kept
    async with console(desk_file) as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        assert (current(hands), queue(hands).list.window.queue) == (second.id, "returns")
        assert not queue(hands).preview.display


async def test_next_holds_and_opens_the_most_urgent_case_that_nobody_has(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    desk_file.core("li").do(Take(), first.id)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 2)
        await hands.press("next")
        await hands.until(lambda: hands.screen.context == "case")
        held = desk_file.core("wang").ask(Held())
        assert [lease.case for lease in held] == [second.id]


async def test_resolving_takes_the_case_out_of_the_queue(desk_file: DeskFile):
    inquiry, later = opened(desk_file, Kind.INQUIRY), opened(desk_file)
    desk_file.core("wang").do(Reply("您好，包裹今天到。"), inquiry.id)
    async with console(desk_file) as hands:
        await listed(hands, inquiry, later)
        await hands.press("resolve")
        await listed(hands, later)
        assert desk_file.core("wang").load(inquiry.id)[0].state == "closed"


async def test_closing_without_having_told_the_customer_is_refused_in_words(desk_file: DeskFile):
    opened(desk_file, Kind.INQUIRY)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 1)
        await hands.press("resolve")
        await hands.sees("还没有告知消费者结果")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])
async def test_every_line_fits_the_screen(desk_file: DeskFile, size: tuple[int, int]):
    for n in range(30):
        opened(desk_file, title=f"第{n}件 特别长的商品名称，长到任何一列都放不下为止")
    async with console(desk_file, size=size) as hands:
        await hands.until(lambda: len(numbers(hands)) == 30)
        await hands.until(lambda: queue(hands).preview.view is not None)
        for widget in (queue(hands).tabs, queue(hands).list, queue(hands).preview):
            for y in range(widget.size.height):
                assert widget.render_line(y).cell_length == widget.size.width


async def test_only_the_lines_that_changed_are_painted(desk_file: DeskFile):
    for _ in range(5):
        opened(desk_file)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 5)
        await hands.pilot.pause()
        painted: list[int] = []
        render = queue(hands).list.render_line
        queue(hands).list.render_line = lambda y: painted.append(y) or render(y)  # type: ignore[method-assign,func-returns-value]
        await hands.press("down")
        assert sorted(set(painted)) == [0, 1]
