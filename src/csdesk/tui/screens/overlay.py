"""A small screen over the bottom of another: a title, perhaps a field, and a list to pick from."""

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Input

from csdesk.tui import cells
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.widgets.bars import Bar, Hints, StatusLine
from csdesk.tui.widgets.picks import Pick, PickList


class Title(Bar):
    """The line that says what the sheet is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def parts(self) -> list[tuple[str, Style]]:
        return [(f"  {cells.safe(self.text)}", self.console.palette.style("strong", "raised", bold=True))]


class Sheet(Widget):
    """What the overlay covers."""

    DEFAULT_CSS = "Sheet { dock: bottom; height: auto; layout: vertical; background: $raised; }"


# What is done to the line under the cursor: with no line there is nothing to do.
_OF_A_LINE = frozenset({"open", "down", "up", "page_down", "merge"})


class Overlay(ConsoleScreen[ScreenResultType], ModalScreen[ScreenResultType], inherit_bindings=False):
    """Keys of a pick list; subclasses give the title, fill `picks` and say what picking does."""

    BLANK = False  # what is behind shows through
    title_key: ClassVar[str] = ""
    # Whether Enter takes a line; elsewhere it takes what was typed.
    takes_line: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.picks = PickList()

    def compose(self) -> ComposeResult:
        titles = cells.wrap(cells.safe(self.sheet_title()), max(self.app.size.width - 4, 1)) or [""]
        yield Sheet(*map(Title, titles), *self.body(), StatusLine(), Hints())

    def body(self) -> Iterable[Widget]:
        yield self.picks

    def sheet_title(self) -> str:
        """What the sheet is, in the language of the screen."""
        return self.console.words(self.title_key)

    def choose(self, pick: Pick) -> None:
        """Do what the picked line says."""

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "back", "help")

    def idle(self, action: str) -> bool:
        if action in _OF_A_LINE and not self.picks.picks and (action != "open" or self.takes_line):
            return True
        return super().idle(action)

    def action_down(self) -> None:
        """To the next line."""
        self.picks.move(1)

    def action_up(self) -> None:
        """To the line above."""
        self.picks.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.picks.move(max(self.picks.size.height - 1, 1))

    def action_page_up(self) -> None:
        """One screen up."""
        self.picks.move(-max(self.picks.size.height - 1, 1))

    def action_top(self) -> None:
        """To the first line."""
        self.picks.move(-len(self.picks.picks))

    def action_bottom(self) -> None:
        """To the last line."""
        self.picks.move(len(self.picks.picks))

    def action_open(self) -> None:
        """Take the line under the cursor, or say why it is off."""
        pick = self.picks.picked
        if pick is None:
            return
        if pick.off:
            self.console.say(pick.off, "warn")
        else:
            self.choose(pick)

    def action_filter(self) -> None:
        """A short list needs no looking for anything."""

    def action_edit(self) -> None:
        """Only views are named anew."""

    def action_merge(self) -> None:
        """Only among the cases that belong to one there is anything to merge."""

    def action_drop(self) -> None:
        """Only among macros, views, links and jobs is there anything to take away."""

    def action_share(self) -> None:
        """Only macros and views are shared."""

    def action_delegate(self) -> None:
        """Only among refunds that wait is there anything to approve in somebody's place."""

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.action_open()
