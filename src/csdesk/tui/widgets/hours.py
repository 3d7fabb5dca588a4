"""The hours that come: three lines under the list, asked anew when cases change and when an hour is over."""

from typing import TYPE_CHECKING

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from csdesk.tui import cells
from csdesk.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from csdesk.desk.hour_queries import Hours

# Lines of the picture; written out, since the drawing is loaded with the first answer.
HEIGHT = 3
# Changes come in bursts; one look a second tells them all.
REST_SECONDS = 1.0
# The rows of the first picture and a case that is opened at once come before this one.
FIRST_SECONDS = 0.5
# Without any change cases still become late, and at the latest an hour ends.
OLD_SECONDS = 300.0
# Who gives these lines away keeps at least so many of the list: what it has on the smallest screen without a preview.
LEAST_ROWS = 16


class HoursBar(Lines):
    """What falls due in a queue's next hours. The owner sets `queue` and asks; out of sight nothing is asked."""

    def __init__(self, queue: str) -> None:
        super().__init__()
        self.styles.height = HEIGHT
        self.queue = queue
        self.hours: Hours | None = None
        self._told: list[list[tuple[str, str, bool]]] = []
        self._rest: Timer | None = None
        self._soon = False
        self._asking = ""

    def on_mount(self) -> None:
        self._wait(FIRST_SECONDS)

    def on_resize(self) -> None:
        self._lay()

    def changed(self) -> None:
        """Cases changed: look once the burst is over."""
        if not self._soon and self.display:
            self._soon = True
            self._wait(REST_SECONDS)

    def ask(self) -> None:
        """Ask anew, unless nobody would see it, or the answer is on its way."""
        self._soon = False
        if self.display and self.is_attached and self._asking != self.queue:
            self._asking = self.queue
            self.console.call(self._ask(self.queue))

    def worded_anew(self) -> None:
        self._lay()

    async def _ask(self, queue: str) -> None:
        from csdesk.desk.hour_queries import QueueHours

        try:
            found = await self.console.desk.ask(QueueHours(queue))
        finally:
            self._asking = "" if self._asking == queue else self._asking
        if queue == self.queue:
            self.hours = found
            self._lay()
            self._wait(min(OLD_SECONDS, (found.starts[1] - found.at) / 1000 + 1))

    def _wait(self, seconds: float) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(seconds, self.ask)

    def _lay(self) -> None:
        """Draw anew and paint the lines that differ."""
        if self.hours is None or not self.size.width:
            return
        from csdesk.tui.hour_lines import hour_lines

        before, self._told = self._told, hour_lines(self.hours, self.size.width, self.console.words)
        changed = [y for y in range(HEIGHT) if before[y : y + 1] != self._told[y : y + 1]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        rest = palette.style("text", "raised")
        parts: list[tuple[str, Style]] = [
            (
                text,
                palette.patch(how, "raised")
                if patch
                else palette.style(how, "raised", bold=how in ("strong", "accent")),
            )
            for text, how, patch in (self._told[y] if y < len(self._told) else [])
        ]
        return cells.line(parts, width, rest)


def fits(width: int, height: int, *, below: int) -> bool:
    """Whether the queue's screen has room for the picture; `below`: lines that stand under the list."""
    # The tabs and the two lines at the bottom.
    return width >= 80 and height - 3 - below - HEIGHT >= LEAST_ROWS
