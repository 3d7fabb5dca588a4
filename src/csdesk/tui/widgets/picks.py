"""A list to pick from: a few lines under a cursor; those that are off with the reason beside them."""

from typing import TYPE_CHECKING, cast

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.summary import Line
from csdesk.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from csdesk.tui.screen import ConsoleScreen


@dataclass(frozen=True, slots=True)
class Pick:
    """One line: what picking it gives, how it reads, why it is off ("" when it can be picked)."""

    id: str
    line: Line
    off: str = ""


class PickList(Lines):
    """Lines to pick from. The owner moves the cursor and reads `picked`."""

    DEFAULT_CSS = "PickList { height: auto; max-height: 16; }"

    def __init__(self, empty: str = "") -> None:
        super().__init__()
        self.picks: list[Pick] = []
        self.cursor = 0
        self.top = 0
        self._empty = empty

    @property
    def picked(self) -> Pick | None:
        """The line under the cursor."""
        return self.picks[self.cursor] if self.picks else None

    def show(self, picks: list[Pick]) -> None:
        """Show these lines, the cursor on the first."""
        resized = len(picks) != len(self.picks)
        appeared = bool(picks) != bool(self.picks)
        self.picks, self.cursor, self.top = picks, 0, 0
        self.refresh(layout=resized)
        if appeared and self.is_attached:  # keys for a line come and go with it
            cast("ConsoleScreen[object]", self.screen).repaint_hints()

    def reorder(self, picks: list[Pick]) -> None:
        """Show these lines in their order around the one under the cursor, which stays in its place on the screen."""
        here, above = self.picked, self.cursor - self.top
        if here is None:
            self.show(picks)
            return
        others = [pick for pick in picks if pick.id != here.id]
        self.cursor = min(self.cursor, len(others))
        self.top = max(self.cursor - above, 0)
        resized = len(others) + 1 != len(self.picks)
        self.picks = [*others[: self.cursor], here, *others[self.cursor :]]
        self.refresh(layout=resized)

    def move(self, by: int) -> None:
        """Move the cursor, within the list."""
        before, top = self.cursor, self.top
        self.cursor = min(max(self.cursor + by, 0), max(len(self.picks) - 1, 0))
        height = max(self.size.height, 1)
        self.top = min(max(self.top, self.cursor - height + 1), self.cursor)
        if top != self.top:
            self.refresh()
        elif before != self.cursor:
            self.refresh(*(Region(0, n - top, self.size.width, 1) for n in (before, self.cursor)))

    def away(self, y: int) -> int | None:
        """How far from the cursor a line on the screen is; None where there is none to pick."""
        return self.top + y - self.cursor if self.top + y < len(self.picks) else None

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(len(self.picks), 1)

    def on_resize(self, event: events.Resize) -> None:
        self.move(0)

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        index = self.top + y
        if index >= len(self.picks):
            told = self._empty if not self.picks and not y else ""
            return cells.line(
                [(f"  {told}", palette.style("quiet", "raised"))], width, palette.style("text", "raised")
            )
        pick, here = self.picks[index], index == self.cursor
        on = "cursor" if here else "raised"
        parts = [
            (">" if here else " ", palette.style("accent", on, bold=True)),
            (" ", palette.style("text", on)),
        ]
        for text, meaning in pick.line:
            parts.append((text, palette.style("faint" if pick.off else meaning, on)))
        if pick.off:
            parts.append((f"  {cells.safe(pick.off)}", palette.style("quiet", on)))
        return cells.line(cells.cut(parts, width), width, palette.style("text", on))
