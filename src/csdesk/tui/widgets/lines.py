"""What every widget of ours stands on: lines painted cell by cell, in styles of the palette."""

from typing import TYPE_CHECKING, cast

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


class Lines(Widget):
    """A widget of plain lines: no border, no padding, no markup, no selection. Subclasses give `render_line`."""

    ALLOW_SELECT = False

    @property
    def console(self) -> "ConsoleApp":
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual's own way adds borders, padding, tints and filters to each line: 0.1 ms that has nothing to do here.
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
