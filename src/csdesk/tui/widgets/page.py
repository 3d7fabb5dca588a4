"""Lines of text that scroll: worded for a width, painted one by one, only those that changed."""

import time
from collections.abc import Callable

from textual.geometry import Region, Size
from textual.strip import Strip

from csdesk.tui import cells
from csdesk.tui.summary import Line
from csdesk.tui.widgets.lines import Lines

# One empty cell at either side.
MARGIN = 2


class Page(Lines):
    """Lines taller than the screen. `source(cells)` words them; the screen's keys scroll.

    `tail`: shows its end first, and stays there while lines are added. `on`: the ground it is painted on.
    """

    DEFAULT_CSS = "Page { height: 1fr; width: 1fr; }"

    def __init__(
        self, source: Callable[[int], list[Line]], *, tail: bool = False, on: str = "ground", id: str = ""
    ) -> None:
        super().__init__(id=id or None)
        self._source = source
        self._tail = tail
        self._on = on
        self.lines: list[Line] = []
        self.top = 0
        self._size_worded = Size()
        # The page that the scroll keys move, when there are several, has its sign in the colour of keys.
        self.chosen = True
        # When what is to be seen now was painted (monotonic seconds); infinite until then.
        self.painted_at = float("inf")

    @property
    def last_top(self) -> int:
        """The first line on screen when the end is shown."""
        return max(len(self.lines) - self.size.height, 0)

    def lay(self, *, anew: bool = False, later: bool = False) -> None:
        """Word the lines anew and paint what changed. `anew`: at the place where this page begins.

        `later`: only time has passed, and whoever presses a key has seen what it is about.
        """
        if not self.size.width:
            return
        before, grown, painted_at = self._shown(), len(self.lines), self.painted_at
        self._word(anew=anew)
        if self.styles.height is not None and self.styles.height.is_auto and grown != len(self.lines):
            self.painted_at = float("inf")
            self.refresh(layout=True)
        else:
            self._repaint(before)
        if later:
            self.painted_at = painted_at

    def worded_anew(self) -> None:
        self.lay()

    def _word(self, *, anew: bool = False) -> None:
        # By the size that it had when it was last painted: a page that shrinks still stands at its end.
        at_end = self.top >= len(self.lines) - self._size_worded.height
        self._size_worded = self.size
        self.lines = self._source(max(self.size.width - MARGIN, 2))
        if self._tail and (anew or at_end):
            self.top = self.last_top
        else:
            self.top = 0 if anew else min(self.top, self.last_top)

    def _shown(self) -> list[object]:
        """What each line on screen shows; another value means other cells."""
        height = self.size.height
        shown: list[object] = [*self.lines[self.top : self.top + height]]
        shown += [None] * (height - len(shown))
        for y, sign in ((0, self._above()), (height - 1, self._below())):
            if shown and sign:
                shown[y] = (shown[y], sign, self.chosen)
        return shown

    def _repaint(self, before: list[object]) -> None:
        after = self._shown()
        changed = [y for y in range(len(after)) if y >= len(before) or before[y] != after[y]]
        if changed:
            self.painted_at = float("inf")
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def choose(self, chosen: bool) -> None:
        """Whether the scroll keys move this page."""
        before, self.chosen = self._shown(), chosen
        self._repaint(before)

    def move(self, by: int) -> None:
        """Scroll by lines."""
        before = self._shown()
        self.top = min(max(self.top + by, 0), self.last_top)
        self._repaint(before)

    def page(self, by: int) -> None:
        """Scroll by screens, one line staying in sight."""
        self.move(by * max(self.size.height - 1, 1))

    def edge(self, *, end: bool) -> None:
        """To the first or the last line."""
        self.move(len(self.lines) if end else -len(self.lines))

    def _above(self) -> str:
        return f" -{self.top}" if self.top else ""

    def _below(self) -> str:
        left = len(self.lines) - self.top - self.size.height
        return f" +{left}" if left > 0 else ""

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.lines) if self.lines else len(self._source(max(width - MARGIN, 2)))

    def render_line(self, y: int) -> Strip:
        size = self.size  # asked once: Textual walks to the screen for it, 15 µs each time
        if self._size_worded != size:
            # Another size: to wait for the message that says so would show it a frame later.
            self._word()
        palette, width = self.console.palette, size.width
        rest = palette.style("text", self._on)
        index = self.top + y
        if self.lines and self.painted_at == float("inf"):
            self.painted_at = time.monotonic()
        if index >= len(self.lines):
            return Strip.blank(width, rest)
        parts = [
            (text, palette.style(how, self._on, bold=how == "strong")) for text, how in self.lines[index]
        ]
        sign = (self._below() if y == size.height - 1 else "") or (self._above() if y == 0 else "")
        room = width - 1 - cells.width(sign)
        body = cells.line([(" ", rest), *parts], room, rest)
        if not sign:
            return body.adjust_cell_length(width, rest)
        signed = cells.line(
            [(sign, palette.style("accent" if self.chosen else "faint", self._on))], width - room, rest
        )
        return Strip.join([body, signed])
