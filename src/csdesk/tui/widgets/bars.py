"""The two lines at the bottom of every screen: what just happened, and which keys do what here."""

from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.strip import Strip

from csdesk.tui import cells
from csdesk.tui.keymap import spelled
from csdesk.tui.standing import standing
from csdesk.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from csdesk.tui.screen import ConsoleScreen

# A sign beside the colour, one cell each.
SIGNS = {"info": " ", "good": "+", "warn": "!", "bad": "!", "wait": "*"}
_MEANING = {"info": "text", "good": "good", "warn": "soon", "bad": "bad", "wait": "quiet"}


class Bar(Lines):
    """One line of text."""

    def parts(self) -> list[tuple[str, Style]]:
        """What the line says now."""
        return []

    ground = "raised"

    def __init__(self) -> None:
        super().__init__()
        self.styles.height = 1
        self._shown: list[tuple[str, Style]] = []

    def repaint(self) -> None:
        """Paint the line if it says something else than before."""
        if self.parts() != self._shown:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        self._shown = self.parts()
        return cells.line(
            cells.cut(self._shown, self.size.width),
            self.size.width,
            self.console.palette.style("text", self.ground),
        )


class StatusLine(Bar):
    """One sentence about what just happened.

    At the right who works here, and a sign while the desk is slow.
    """

    def parts(self) -> list[tuple[str, Style]]:
        console, style = self.console, self.console.palette.style
        said, kind = console.said
        right = standing(console)
        room = self.size.width - cells.width(right) - 3
        return [
            (f" {SIGNS[kind]} ", style(_MEANING[kind], "raised", bold=True)),
            (cells.fit(cells.safe(said), max(room - 1, 0)), style(_MEANING[kind], "raised")),
            (f" {right}", style("quiet", "raised")),
        ]


class Hints(Bar):
    """Keys and what they do here; only what can be used now, by keys that work where the focus is."""

    ground = "ground"

    def parts(self) -> list[tuple[str, Style]]:
        screen, style = cast("ConsoleScreen[object]", self.screen), self.console.palette.style
        key_style, word_style = style("accent", "ground"), style("quiet", "ground")
        found: list[tuple[str, Style]] = [(" ", word_style)]
        hints = {action: hint for action in screen.footer_actions() if (hint := self._hint(screen, action))}
        # Help has its place on the smallest screen too: it names all that has none.
        last = hints.pop("help", None)
        room = self.size.width - 1 - (_cells(last) if last else 0)
        for hint in hints.values():
            room -= _cells(hint)
            if room < 0:
                break
            found += [(hint[0], key_style), (hint[1], word_style)]
        return [*found, (last[0], key_style), (last[1], word_style)] if last else found

    def _hint(self, screen: "ConsoleScreen[object]", action: str) -> tuple[str, str] | None:
        """Key and words of an action; None where it has no key that works here, or cannot be used now."""
        bound = self.console.keymap.keys.get(action, ())
        keys = [key for key in bound if not (screen.typing and len(key) == 1)]
        if not keys or screen.idle(action) or screen.off(action):
            return None
        return spelled(keys[0]), f" {screen.called(action)}  "


def _cells(hint: tuple[str, str]) -> int:
    return sum(cells.width(part) for part in hint)
