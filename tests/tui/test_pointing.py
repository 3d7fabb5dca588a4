"""The mouse, where somebody asked for it: a click and the wheel do what keys do there, and nothing else."""

from textual import events
from textual.widget import Widget

from csdesk.tui.incoming import Incoming
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.composing import Composer
from csdesk.tui.screens.locking import LockScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.widgets.bars import Hints
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import PickList
from csdesk.tui.widgets.tabs import QueueTabs
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console, lines
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_queue import listed, opened


async def click(hands: Hands, widget: Widget, x: int, y: int, button: int = 1) -> None:
    """Press and release a button over a place of a widget."""
    at = (widget.region.x + x, widget.region.y + y, 0, 0, button)
    for event in (events.MouseDown, events.MouseUp):
        hands.turn()
        hands.app.post_message(event(None, *at, shift=False, meta=False, ctrl=False))
        await hands.settle()


async def turn(hands: Hands, widget: Widget, *, down: bool) -> None:
    """Turn the wheel by a notch over a widget."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    hands.turn()
    hands.app.post_message(
        kind(None, widget.region.x + 1, widget.region.y + 1, 0, 0, 0, shift=False, meta=False, ctrl=False)
    )
    await hands.settle()


async def test_a_click_stands_on_a_case_a_second_opens_it_and_the_wheel_walks(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(9)]
    async with console(desk_file, "wang") as hands:
        await listed(hands, *cases)
        rows = hands.screen.query_one(CaseList)
        await turn(hands, rows, down=True)
        assert rows.window.cursor == 3
        await turn(hands, rows, down=False)
        assert rows.window.cursor == 0
        await click(hands, rows, 8, 5)
        assert (rows.window.cursor, type(hands.screen)) == (5, QueueScreen)
        await click(hands, rows, 8, 30)  # below the last
        await click(hands, rows, 8, 2, button=3)
        assert (rows.window.cursor, type(hands.screen)) == (5, QueueScreen)
        wanted = rows.window.rows[5].id
        await click(hands, rows, 30, 5)
        await hands.at(CaseScreen)
        assert case_screen(hands).case_id == wanted


async def test_a_tab_and_a_named_key_are_clicked(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        tabs, hints = hands.screen.query_one(QueueTabs), hands.screen.query_one(Hints)
        shown = lines(tabs)
        await click(hands, tabs, len(shown[: shown.index("换货")].encode("gbk")), 0)
        await hands.until(lambda: hands.screen.query_one(CaseList).window.queue == "exchanges")
        hint = lines(hints)
        await click(hands, hints, len(hint[: hint.index("帮助")].encode("gbk")), 0)
        await hands.until(lambda: hands.screen.context == "help" or "按键" in hands.shown())
        assert [tabs.at(-1), tabs.at(500), hints.at(0), hints.at(500)] == ["", "", "", ""]


async def test_in_a_case_the_wheel_scrolls_what_is_under_it_and_a_menu_is_picked_from(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        screen = await open_case(hands, case.id)
        facts, talk = screen.query_one("#facts", Page), screen.query_one("#talk", Page)
        await hands.until(lambda: talk.chosen)
        await turn(hands, facts, down=True)
        assert (facts.chosen, talk.chosen) == (True, False)
        await turn(hands, talk, down=False)
        assert (facts.chosen, talk.chosen) == (False, True)
        await hands.press("status")
        await hands.at(StatusMenu)
        picks = hands.screen.query_one(PickList)
        await hands.until(lambda: len(picks.picks) > 4)
        await click(hands, picks, 4, 2)
        assert picks.cursor == 2
        await click(hands, talk, 4, 1)  # what the menu covers hears nothing
        assert isinstance(hands.screen, StatusMenu)


async def test_a_click_in_the_reply_puts_the_caret_there(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang", NARROW) as hands:
        screen = await open_case(hands, case.id, then="reply")
        await hands.until(lambda: screen.writing)
        await hands.write("您好，收到")
        await hands.until(lambda: screen.query_one(Composer).field.text == "您好，收到")
        field = screen.query_one(Composer).field
        await click(hands, field, field.gutter.left + 4, 0)
        assert field.cursor_location == (0, 2)
        await hands.press("back")
        await hands.until(lambda: not screen.writing)
        await click(hands, field, 0, 0)
        assert (screen.writing, field.cursor_location) == (True, (0, 0))


async def test_no_click_gets_past_the_lock(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        hints = hands.screen.query_one(Hints)
        hands.app.privacy.lock()
        await hands.at(LockScreen)
        for x in range(0, 60, 4):
            await click(hands, hints, x, 0)
        assert isinstance(hands.screen, LockScreen)


def test_the_mouse_is_heard_only_where_it_was_asked_for():
    said = "\x1b[<0;10;5M\x1b[<64;10;5M\x1b[<0;99999;99999M"
    assert [*Incoming().feed(said)] == []
    heard = [*Incoming(mouse=True).feed(said)]
    assert [type(one) for one in heard] == [events.MouseDown, events.MouseScrollUp, events.MouseDown]
