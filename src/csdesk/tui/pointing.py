"""The mouse, for who asks for it: the wheel scrolls, a click stands on a line, another one there opens it.

No click carries out what the bottom line names: a second click of the same hand would hit what comes up there.
"""

from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.errors import NoWidget

from csdesk.tui.actions import action
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.choice import Choice
from csdesk.tui.widgets.fields import LineField, TextField
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


async def point(console: "ConsoleApp", event: events.MouseEvent) -> None:
    """Do what the mouse asks for, where a key would be heard now; what was typed before it comes first."""
    down, up = isinstance(event, events.MouseScrollDown), isinstance(event, events.MouseScrollUp)
    pressed = isinstance(event, events.MouseDown) and event.button == 1
    screen = console.screen
    if not (down or up or pressed) or console.locked or not isinstance(screen, ConsoleScreen):
        return
    if not screen.settled or screen.typed_ahead:
        return
    try:
        widget, region = screen.get_widget_at(int(event.x), int(event.y))
    except NoWidget:
        return
    console.touched()
    screen.pressed_at = event.time
    if pressed:
        await _click(screen, widget, int(event.x) - region.x, int(event.y) - region.y)
    else:
        await _turn(screen, widget, NOTCH if down else -NOTCH)


async def _turn(screen: "ConsoleScreen[Any]", widget: "Widget", by: int) -> None:
    if isinstance(widget, Page):
        widget.move(by)
    elif isinstance(widget, CaseList | PickList | Table):
        await _walk(screen, widget, by)


async def _click(screen: "ConsoleScreen[Any]", widget: "Widget", x: int, y: int) -> None:
    if isinstance(widget, CaseList | PickList | Table):
        away = widget.away(y)
        if away is None:
            return
        await _walk(screen, widget, away)
        stood, screen.pointed = screen.pointed, (widget, _line(widget))
        if screen.pointed == stood:
            screen.pointed = None
            await _open(screen)
    elif isinstance(widget, QueueTabs):
        if name := widget.at(x):
            cast("QueueScreen", screen).show(name)
    elif widget.focusable:
        screen.set_focus(widget)
        if isinstance(widget, Choice):
            widget.point(y)
        elif isinstance(widget, LineField):
            widget.cursor_position = widget.index_at(x)
        elif isinstance(widget, TextField):
            here = events.MouseDown(widget, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False)
            widget.move_cursor(widget.get_target_document_location(here))


def _line(widget: "CaseList | PickList | Table") -> str:
    """What stands under the cursor."""
    one = widget.picked if isinstance(widget, PickList) else widget.current
    return one.id if one is not None else ""


async def _walk(screen: "ConsoleScreen[Any]", widget: "Widget", by: int) -> None:
    """Move the cursor of a list as its keys do; in a form those are for its fields."""
    screen.point_at(widget)
    if _does(screen, "open"):
        for _ in range(abs(by)):
            await screen.press("down" if by > 0 else "up")


async def _open(screen: "ConsoleScreen[Any]") -> None:
    if isinstance(screen, Overlay) and not screen.takes_line:
        Overlay.action_open(screen)  # where Enter is for what was typed
    elif _does(screen, "open"):
        await screen.press("open")


def _does(screen: "ConsoleScreen[Any]", id_: str) -> bool:
    return screen.context in action(id_).contexts
