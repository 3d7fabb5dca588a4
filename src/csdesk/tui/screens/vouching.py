"""What only a person can know about a reply, asked once before it leaves; the answer is kept with the reply."""

from collections.abc import Iterable
from typing import ClassVar

from textual.strip import Strip
from textual.widget import Widget

from csdesk.desk.queries import Finding
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.findings import sentence
from csdesk.tui.widgets.lines import Lines
from csdesk.tui.widgets.picks import Pick

# Of a longer list the first are named; then the reply is better written anew.
MOST_NAMED = 8


class _Asked(Lines):
    """One sentence for each thing to confirm."""

    DEFAULT_CSS = "_Asked { height: auto; }"

    def __init__(self, found: list[Finding]) -> None:
        super().__init__()
        self._found = found[:MOST_NAMED]

    def _told(self, width: int) -> list[str]:
        said = (f"· {sentence(one, self.console.words)}" for one in self._found)
        return [line for one in said for line in cells.wrap(one, max(width - 4, 2))]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self._told(width))

    def render_line(self, y: int) -> Strip:
        palette, told = self.console.palette, self._told(self.size.width)
        parts = [(f"  {told[y]}", palette.style("soon", "raised"))] if y < len(told) else []
        return cells.line(parts, self.size.width, palette.style("text", "raised"))


class VouchScreen(Overlay[bool]):
    """Dismissed with whether the agent stands for all of it; leaving it means no."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "vouch.title"

    def __init__(self, found: list[Finding]) -> None:
        super().__init__()
        self._found = found

    def body(self) -> Iterable[Widget]:
        yield _Asked(self._found)
        yield self.picks

    def on_mount(self) -> None:
        words = self.console.words
        # The cursor stands on going back: what is confirmed by habit was not looked at.
        self.picks.show(
            [
                Pick("no", [("1 ", "accent"), (words("vouch.no"), "text")]),
                Pick("yes", [("2 ", "accent"), (words("vouch.yes"), "text")]),
            ]
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id == "yes")

    async def action_back(self) -> None:
        """Back to the reply."""
        self.dismiss(False)

    def action_nth(self, key: str) -> None:
        """The answer with this number."""
        if key in ("1", "2"):
            self.dismiss(key == "2")
