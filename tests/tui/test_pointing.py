"""The mouse, where somebody asked for it: a click and the wheel do what keys do there, and no verb."""

import pytest
from textual import events
from textual.widget import Widget

from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.shared import Take
from csdesk.tui.incoming import Incoming
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.composing import Composer
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.filtering import FilterScreen
from csdesk.tui.screens.handover import HandoverScreen
from csdesk.tui.screens.locking import LockScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.widgets.bars import Hints
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.choice import Choice
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.groups import GroupList
from csdesk.tui.widgets.tabs import QueueTabs
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console, lines
from tests.tui.test_board import board
from tests.tui.test_board import shown as board_shown
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_form import bought, form
from tests.tui.test_queue import listed, opened


async def click(hands: Hands, widget: Widget, x: int, y: int, button: int = 1) -> None:
    """Press and release a button over a place of a widget."""
    at = (widget.region.x + x, widget.region.y + y, 0, 0, button)
    for event in (events.MouseDown, events.MouseUp):
        hands.turn()
        hands.app.post_message(event(None, *at, shift=False, meta=False, ctrl=False))
        await hands.settle()
        if hands.rests:
            await hands.pilot.pause()


async def turn(hands: Hands, widget: Widget, *, down: bool) -> None:
    """Turn the wheel by a notch over a widget."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    hands.turn()
    hands.app.post_message(
        kind(None, widget.region.x + 1, widget.region.y + 1, 0, 0, 0, shift=False, meta=False, ctrl=False)
    )
    await hands.settle()


async def test_a_click_stands_on_a_case_another_one_opens_it_and_the_wheel_walks(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(9)]
    async with console(desk_file, "wang") as hands:
        await listed(hands, *cases)
        rows = hands.screen.query_one(CaseList)
        await turn(hands, rows, down=True)
        assert rows.window.cursor == 3
        await turn(hands, rows, down=False)
        assert rows.window.cursor == 0
        await click(hands, rows, 8, 0)  # the keys stand there already, the mouse does not
        assert type(hands.screen) is QueueScreen
        await click(hands, rows, 8, 5)
        assert (rows.window.cursor, type(hands.screen)) == (5, QueueScreen)
        await click(hands, rows, 8, 30)  # below the last
        await click(hands, rows, 8, 2, button=3)
        assert (rows.window.cursor, type(hands.screen)) == (5, QueueScreen)
        wanted = rows.window.rows[5].id
        await click(hands, rows, 30, 5)
        await hands.at(CaseScreen)
        assert case_screen(hands).case_id == wanted


async def test_a_tab_is_clicked_and_the_bottom_line_is_not(desk_file: DeskFile):
    """What comes up behind a click on the bottom line has another key in its place: a double click paid a refund."""
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        tabs, hints = hands.screen.query_one(QueueTabs), hands.screen.query_one(Hints)
        shown = lines(tabs)
        await click(hands, tabs, len(shown[: shown.index("换货")].encode("gbk")), 0)
        await hands.until(lambda: hands.screen.query_one(CaseList).window.queue == "exchanges")
        assert [tabs.at(-1), tabs.at(500)] == ["", ""]
        for x in range(0, 110, 3):
            await click(hands, hints, x, 0)
        await hands.until(lambda: hands.app.idle)
        assert (type(hands.screen), desk_file.core("wang").load(case.id)[0].assignee) == (QueueScreen, "")


async def test_the_wheel_scrolls_the_text_under_it_whatever_has_the_keys(desk_file: DeskFile):
    wang, case = bought(desk_file, *(line(n, 39_800) for n in range(1, 9)))
    for command in (Approve(), Receive(), Inspect()):
        wang.do(command, case.id)
    async with console(desk_file, "wang", (120, 24)) as hands:
        screen = await open_case(hands, case.id, then="reply")
        await hands.until(lambda: screen.writing and screen.facts.last_top > 3)
        at = screen.talk.top
        await turn(hands, screen.facts, down=True)
        assert (screen.facts.top, screen.talk.top) == (3, at)
        await turn(hands, screen.facts, down=False)
        assert (screen.facts.top, screen.talk.top) == (0, at)


async def test_a_menu_is_picked_from_past_its_headings_and_hides_what_it_covers(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        screen = await open_case(hands, case.id)
        await hands.press("status")
        await hands.at(StatusMenu)
        picks = hands.screen.query_one(GroupList)
        await hands.until(lambda: len(picks.picks) > 4 and picks.size.height > 4)
        heading = next(n for n, pick in enumerate(picks.picks) if n and not pick.id)
        await click(hands, picks, 4, heading - picks.top)
        assert picks.cursor != heading
        await click(hands, picks, 4, heading + 1 - picks.top)
        assert (picks.cursor, type(hands.screen)) == (heading + 1, StatusMenu)
        await click(hands, screen.talk, 4, 1)
        assert isinstance(hands.screen, StatusMenu)


async def test_one_click_confirms_nothing(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        answers: list[bool | None] = []
        await hands.app.push_screen(ConfirmScreen("?"), answers.append)
        await hands.at(ConfirmScreen)
        picks = hands.screen.query_one("PickList")
        await click(hands, picks, 4, 0)
        assert answers == []
        await click(hands, picks, 4, 0)
        await hands.until(lambda: answers == [True])


async def test_on_the_board_a_click_is_for_the_table_that_is_clicked(desk_file: DeskFile):
    opened(desk_file)
    async with board(desk_file) as hands:
        screen = board_shown(hands)
        await hands.until(lambda: len(screen.agents.entries) > 2)
        await click(hands, screen.agents, 4, 3)
        assert (screen.active, screen.agents.cursor, screen.queues.cursor) == (screen.agents, 2, 0)
        await turn(hands, screen.queues, down=True)
        assert (screen.active, screen.agents.cursor) == (screen.queues, 2)
        await click(hands, screen.agents, 4, 0)  # its heading
        assert hands.screen is screen


async def test_in_a_form_clicks_choose_and_the_wheel_changes_nothing(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        screen = await form(hands, case, "prioritise")
        field = screen.query_one(Choice)
        before = field.text
        for widget in (screen.told, field):
            await turn(hands, widget, down=True)
        assert field.text == before
        await click(hands, field, 4, 0)
        await hands.until(lambda: field.has_focus and field.size.height > 2)
        wanted = next(n for n, option in enumerate(field.options) if option.value != before)
        await click(hands, field, 4, wanted + 1)
        assert field.text == field.options[wanted].value


async def test_no_click_says_nothing_to_say_for_anybody(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("wang").do(Take(), case.id)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        await hands.press("handover")
        await hands.at(HandoverScreen)
        await hands.sees("（未填）")
        screen = hands.screen
        assert isinstance(screen, HandoverScreen)
        for _ in range(3):
            await click(hands, screen.picks, 4, 0)
        assert [one.note for one in screen.planned] == [None]


async def test_a_completion_of_the_filter_is_taken_by_clicks_and_the_caret_put_into_its_line(
    desk_file: DeskFile,
):
    opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await hands.press("filter")
        await hands.at(FilterScreen)
        screen = hands.screen
        assert isinstance(screen, FilterScreen)
        await hands.write("类")
        await hands.until(lambda: bool(screen.picks.picks))
        for _ in range(2):
            await click(hands, screen.picks, 4, 0)
        field = screen.query_one(LineField)
        await hands.until(lambda: field.value.startswith("类型"))
        assert hands.screen is screen
        await click(hands, field, field.gutter.left + 2, 0)
        assert field.cursor_position == 1
        await click(hands, field, 60, 0)
        assert field.cursor_position == len(field.value)


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


async def test_no_click_gets_past_the_lock_or_counts_as_somebody_there(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        await listed(hands, case)
        hands.app.privacy.lock()
        await hands.at(LockScreen)
        touched: list[int] = []
        monkeypatch.setattr(hands.app, "touched", lambda: touched.append(1))
        for y in range(40):
            await click(hands, hands.screen, 20, y)
        await turn(hands, hands.screen, down=True)
        assert (touched, type(hands.screen)) == ([], LockScreen)


async def test_what_was_typed_before_a_click_comes_first(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    async with console(desk_file, "wang") as hands:
        await listed(hands, *cases)
        rows = hands.screen.query_one(CaseList)
        hands.screen.early.append(events.Key("j", "j"))
        await click(hands, rows, 8, 2)
        assert rows.window.cursor == 0
        hands.screen.early.clear()
        await click(hands, rows, 8, 2)
        assert rows.window.cursor == 2


def test_the_mouse_is_heard_only_where_it_was_asked_for():
    said = "\x1b[<0;10;5M\x1b[<64;10;5M\x1b[<0;99999;99999M"
    assert [*Incoming().feed(said)] == []
    heard = [*Incoming(mouse=True).feed(said)]
    assert [type(one) for one in heard] == [events.MouseDown, events.MouseScrollUp, events.MouseDown]
