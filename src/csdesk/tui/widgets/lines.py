"""What every widget of ours stands on: lines painted cell by cell, in styles of the palette."""

from typing import TYPE_CHECKING, Self, cast

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from csdesk.tui import cells

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


class Lines(Widget):
    """A widget of plain lines: no border, no padding, no markup, no selection.

    Subclasses give `render_line`; a line is made anew when `refresh` names it.
    """

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._made: dict[int, Strip] = {}
        self._made_for = Size(0, 0)

    @property
    def console(self) -> "ConsoleApp":
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        if regions:
            for region in regions:
                for y in region.line_range:
                    self._made.pop(y, None)
        else:
            self._made.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def worded_anew(self) -> None:
        """The language or the theme is another: what was worded before is worded again."""

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual's own way adds borders, padding, tints and filters to each line: 0.1 ms that has nothing to
        # do here.
        if self._made_for != self.size:
            self._made.clear()
            self._made_for = self.size
        made = self._made
        for y in crop.line_range:
            if y not in made:
                line = self.render_line(y)
                made[y] = cells.plain(line) if self.console.ascii else line
        strips = [made[y] for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
