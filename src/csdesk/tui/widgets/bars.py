"""The two lines at the bottom of every screen: what just happened, and which keys do what here."""

from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from csdesk.tui import cells
from csdesk.tui.actions import label

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp
    from csdesk.tui.screen import ConsoleScreen

# A sign beside the colour, one cell each.
SIGNS = {"info": " ", "good": "+", "warn": "!", "bad": "!", "wait": "*"}
_MEANING = {"info": "text", "good": "good", "warn": "soon", "bad": "bad", "wait": "quiet"}


class Bar(Widget):
    """One line of text."""

    DEFAULT_CSS = "Bar { height: 1; }"

    @property
    def console(self) -> "ConsoleApp":
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    def parts(self) -> list[tuple[str, Style]]:
        """What the line says now."""
        return []

    def render_line(self, y: int) -> Strip:
        return cells.line(self.parts(), self.size.width, self.console.palette.style("text", "raised"))


class StatusLine(Bar):
    """One sentence about what just happened; at the right who works here, and a sign while the desk is slow."""

    def parts(self) -> list[tuple[str, Style]]:
        console, style = self.console, self.console.palette.style
        said, kind = console.said
        right = console.standing()
        room = self.size.width - cells.width(right) - 3
        return [
            (f" {SIGNS[kind]} ", style(_MEANING[kind], "raised", bold=True)),
            (cells.fit(said, max(room - 1, 0)), style(_MEANING[kind], "raised")),
            (f" {right} ", style("quiet", "raised")),
        ]


class Hints(Bar):
    """Keys and what they do here; only what can be used now."""

    def parts(self) -> list[tuple[str, Style]]:
        screen = cast("ConsoleScreen[object]", self.screen)
        console, style = self.console, self.console.palette.style
        key_style, word_style = style("accent", "ground"), style("quiet", "ground")
        found: list[tuple[str, Style]] = [(" ", word_style)]
        room = self.size.width - 1
        for action in screen.footer_actions():
            key = console.keymap.shown(action)
            if not key or screen.off(action):
                continue
            told = f" {label(console.words, action)}  "
            room -= cells.width(key) + cells.width(told)
            if room < 0:
                break
            found += [(key, key_style), (told, word_style)]
        return found

    def render_line(self, y: int) -> Strip:
        return cells.line(self.parts(), self.size.width, self.console.palette.style("text", "ground"))
