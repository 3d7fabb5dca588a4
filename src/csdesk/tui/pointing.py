"""The mouse, for who asks for it: the wheel and a click press the keys that do the same."""

from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.errors import NoWidget

from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.widgets.bars import Hints
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.fields import TextField
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import PickList
from csdesk.tui.widgets.table import Table
from csdesk.tui.widgets.tabs import QueueTabs

if TYPE_CHECKING:
    from textual.widget import Widget

    from csdesk.tui.app import ConsoleApp
    from csdesk.tui.screens.queue import QueueScreen

# Lines a notch of the wheel.
NOTCH = 3
# More places for the keys than that has no screen.
PLACES = 4


async def point(console: "ConsoleApp", event: events.MouseEvent) -> None:
    """Do what the mouse asks for, where keys would be heard now; what is off says why, as it does to a key."""
    screen = console.screen
    if console.locked or not isinstance(screen, ConsoleScreen) or not screen.settled:
        return
    console.touched()
    try:
        widget, region = screen.get_widget_at(int(event.x), int(event.y))
    except NoWidget:
        return
    screen.pressed_at = event.time
    if isinstance(event, events.MouseScrollDown | events.MouseScrollUp):
        await _bring(screen, widget)
        await _walk(screen, NOTCH if isinstance(event, events.MouseScrollDown) else -NOTCH)
    elif isinstance(event, events.MouseDown) and event.button == 1:
        await _click(screen, widget, int(event.x) - region.x, int(event.y) - region.y)


async def _click(screen: "ConsoleScreen[Any]", widget: "Widget", x: int, y: int) -> None:
    """Stand on a line, and open the one that is stood on already; press a key that is named; show a tab."""
    await _bring(screen, widget)
    if isinstance(widget, CaseList | PickList | Table):
        away = widget.away(y)
        if away == 0:
            await screen.press("open")
        elif away is not None:
            await _walk(screen, away)
    elif isinstance(widget, Hints):
        if action := widget.at(x):
            await screen.press(action)
    elif isinstance(widget, QueueTabs):
        if name := widget.at(x):
            cast("QueueScreen", screen).show(name)
    elif widget.focusable:
        screen.set_focus(widget)
        if isinstance(widget, TextField):
            here = events.MouseDown(widget, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False)
            widget.move_cursor(widget.get_target_document_location(here))


async def _bring(screen: "ConsoleScreen[Any]", widget: "Widget") -> None:
    """Let the keys be for what is under the pointer, where a screen has several places for them."""
    if screen.typing:
        return
    for _ in range(PLACES):
        chosen = widget.chosen if isinstance(widget, Page) else not isinstance(widget, Table) or widget.active
        if chosen:
            return
        await screen.press("field_next")


async def _walk(screen: "ConsoleScreen[Any]", by: int) -> None:
    for _ in range(abs(by)):
        await screen.press("down" if by > 0 else "up")
