"""Help and palette: what is listed, in which order, how it is found, what Enter does."""

import pytest

from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile
from tests.tui.consoles import NARROW, console
from tests.tui.test_case import open_case
from tests.tui.test_overlays import picks
from tests.tui.test_queue import listed, opened


async def test_help_names_the_place_first_then_what_works_everywhere_in_a_small_terminal(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await open_case(hands, case.id)
        await hands.press("help")
        await hands.at(HelpScreen)
        listed_ = picks(hands)
        everywhere = {"back", "redraw", "quit", "help", "lock"}
        assert set(listed_[-len(everywhere) :]) == everywhere
        assert {"case_next", "clocks", "reply"} <= set(listed_[: -len(everywhere)])
        await hands.sees("工单：按键", "j  Down", "下移")
        for _ in range(len(listed_)):
            await hands.keys("pagedown")
        await hands.sees("到处都能用", "重画屏幕", "Ctrl+L")


async def test_while_one_writes_help_shows_the_keys_that_are_not_letters(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id, then="reply")
        await hands.until(lambda: screen.writing)
        await hands.keys("f1")
        await hands.at(HelpScreen)
        await hands.sees("写回复：按键", "F9", "Ctrl+X")
        shown = hands.shown()
        assert "?  F1" not in shown and "F1" in shown


@pytest.mark.parametrize("typed", ["查条款", "条款", "ctk", "chatiaokuan", "F2", "policy"])
async def test_help_finds_an_action_by_name_pinyin_initials_key_or_id_and_enter_does_it(
    desk_file: DeskFile, typed: str
):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.press("help")
        await hands.at(HelpScreen)
        await hands.write(typed)
        await hands.until(lambda: picks(hands)[:1] == ["policy"])
        await hands.keys("enter")
        await hands.at(PolicyScreen)


async def test_enter_on_what_is_off_says_why_and_does_nothing(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.sees("这个队列里没有工单")
        await hands.press("help")
        await hands.at(HelpScreen)
        await hands.write("写回复")
        await hands.keys("enter")
        await hands.until(lambda: hands.app.said == (hands.app.words("status.no_case"), "warn"))
        await hands.at(HelpScreen)


@pytest.mark.parametrize("action", ["help", "palette"])
async def test_what_fits_nothing_is_said_to(desk_file: DeskFile, action: str):
    async with console(desk_file) as hands:
        await hands.press(action)
        await hands.write("zzzz9")
        await hands.sees("没有这样的操作")
        await hands.keys("enter")
        await hands.press("back")
        await hands.at(QueueScreen)


async def test_the_palette_finds_a_verb_by_its_initials_and_those_that_are_off_stand_last(
    desk_file: DeskFile,
):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await open_case(hands, case.id)
        await hands.press("palette")
        await hands.at(PaletteScreen)
        screen = hands.screen
        assert isinstance(screen, PaletteScreen)
        offs = [bool(pick.off) for pick in screen.picks.picks]
        assert offs == sorted(offs) and True in offs
        await hands.write("lq")
        await hands.until(lambda: picks(hands)[:1] == ["verb.take"])
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.until(lambda: desk_file.core("wang").load(case.id)[0].assignee == "wang")
