"""Picking a canned reply: found by title, shortcut and initials; filled from the case; the rest is asked for."""

from collections.abc import AsyncIterator
from functools import partial

from csdesk.desk.queries import Filled
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_compose import stock


def fresh(file: DeskFile) -> Case:
    stock(file.store())
    number = file.order(line(1, 19_900, title="降噪耳机"))
    return file.core("wang").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case


async def look(hands: Hands, case: Case) -> AsyncIterator[list[Filled | None]]:
    """Open the look-up and catch what it is dismissed with."""
    taken: list[Filled | None] = []
    hands.app.push_screen(CannedScreen(case.id), taken.append)
    await hands.at(CannedScreen)
    yield taken


def first(hands: Hands) -> str:
    screen = hands.screen
    assert isinstance(screen, CannedScreen)
    return screen.picks.picks[0].id if screen.picks.picks else ""


async def test_all_are_listed_at_once_and_title_shortcut_and_initials_find_one(desk_file: DeskFile):
    case = fresh(desk_file)
    async with console(desk_file) as hands:
        async for taken in look(hands, case):
            await hands.sees("同意退货", "回电时间", "tyth", "hdsj")
            for typed in ("回电", "hdsj", "huidian"):
                await hands.write(typed)
                await hands.until(lambda: first(hands) == "C2")
                await hands.keys(*["backspace"] * len(typed))
                await hands.sees("同意退货")
            await hands.write("tyth")
            await hands.until(lambda: first(hands) == "C1")
            await hands.sees("您好，降噪耳机的退货已同意。", "依据 L25")
            await hands.keys("enter")
            await hands.at(QueueScreen)
            assert taken == [Filled("C1", "您好，降噪耳机的退货已同意。", (), ("L25",))]


async def test_missing_values_are_asked_for_one_by_one_and_never_left_blank(desk_file: DeskFile):
    case = fresh(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        async for taken in look(hands, case):
            await hands.write("hdsj")
            await hands.sees("! 缺 2 项")
            await hands.keys("enter")
            await hands.sees("（1/2）")
            await hands.keys("enter")
            await hands.sees("话术不能留空发出")
            await hands.write("今天18点")
            await hands.keys("enter")
            await hands.sees("（2/2）", "我们会在今天18点前给您回电")
            await hands.write("请保持电话畅通")
            await hands.keys("enter")
            await hands.at(QueueScreen)
            (filled,) = taken
            assert filled is not None
            assert filled.text == "我们会在今天18点前给您回电，请保持电话畅通。" and filled.missing == ()


async def test_a_value_cannot_bring_a_new_blank(desk_file: DeskFile):
    case = fresh(desk_file)
    async with console(desk_file) as hands:
        async for taken in look(hands, case):
            await hands.write("hdsj")
            await hands.sees("! 缺 2 项")
            await hands.keys("enter")
            await hands.write("{x}")
            await hands.keys("enter")
            await hands.sees("话术不能留空发出")
            assert taken == []


async def test_back_goes_from_the_values_to_the_list_and_from_the_list_to_the_case(desk_file: DeskFile):
    case = fresh(desk_file)
    async with console(desk_file) as hands:
        async for taken in look(hands, case):
            await hands.write("hdsj")
            await hands.sees("! 缺 2 项")
            await hands.keys("enter")
            await hands.sees("（1/2）")
            await hands.press("back")
            await hands.until(lambda: "（1/2）" not in hands.shown())
            await hands.press("back")
            await hands.at(QueueScreen)
            assert taken == [None]


async def test_what_is_typed_faster_than_the_desk_answers_takes_the_first_hit(desk_file: DeskFile):
    case = fresh(desk_file)
    async with console(desk_file) as hands:
        async for taken in look(hands, case):
            await hands.sees("回电时间")
            screen = hands.screen
            assert isinstance(screen, CannedScreen)
            # The letters and Enter come before the desk could answer the first of them.
            screen._wanted = "tyth"
            screen.action_open()
            assert taken == []
            await hands.at(QueueScreen)
            # The screen is gone before whoever waits for its answer has it.
            await hands.until(partial(bool, taken))
            assert [one.id for one in taken if one] == ["C1"]
