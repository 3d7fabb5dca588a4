"""The queues as tabs: name, how many cases live in each, and how many of them are late."""

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from csdesk.store.feed import Count
from csdesk.tui import cells
from csdesk.tui.widgets.lines import Lines

# Written out, and held against the machines by a test: the domain takes longer to import than the first
# picture to paint. Inquiries come last: most of them are answered while the caller is on the line.
TABS = ("returns", "exchanges", "repairs", "complaints", "inquiries", "mine", "all")
_Parts = list[tuple[str, str]]


class QueueTabs(Lines):
    """One line of tabs. The one shown stands in brackets; late counts carry a `!`."""

    def __init__(self, queue: str, counts: Sequence[Count]) -> None:
        super().__init__()
        self.styles.height = 1
        self.queue = queue
        self.counts = {count.queue: count for count in counts}

    def show(self, queue: str) -> None:
        """Bring another tab to the front."""
        self.queue = queue
        self.refresh()

    def count(self, counts: Sequence[Count]) -> None:
        """Take new counts; paints only when one of them differs."""
        found = {count.queue: count for count in counts}
        if found != self.counts:
            self.counts = found
            self.refresh()

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        tight = (0, 1, 2, 3)
        told: list[list[tuple[str, str]]] = []
        for level in tight:
            told = [self._tab(n, level) for n in range(len(TABS))]
            if sum(cells.width(text) for tab in told for text, _ in tab) <= width:
                break
        parts: list[tuple[str, Style]] = []
        for name, tab in zip(TABS, told, strict=True):
            on = "ground" if name == self.queue else "raised"
            parts += [(text, palette.style(meaning, on, bold=name == self.queue)) for text, meaning in tab]
        return cells.line(parts, width, palette.style("text", "raised"))

    def _tab(self, n: int, tight: int) -> _Parts:
        """One tab as (text, meaning).

        `tight` 0 to 3: with number key, without, without spaces, counts in thousands.
        """
        name = TABS[n]
        front = name == self.queue
        count = self.counts.get(name, Count(name, 0, 0))
        live = _short(count.live) if tight == 3 else f"{count.live:,}"
        space = "" if tight >= 2 else " "
        parts: _Parts = [("[" if front else " ", "accent")]
        if tight == 0:
            parts.append((f"{n + 1} ", "accent" if front else "faint"))
        parts.append((self.console.words.code("queue", name), "strong" if front else "text"))
        parts.append((f"{space}{live}", "text" if front else "quiet"))
        if count.breached:
            late = _short(count.breached) if tight == 3 else f"{count.breached:,}"
            parts.append((f"{space}!{late}", "late"))
        if tight < 2 or front:
            parts.append(("]" if front else " ", "accent"))
        return parts


def _short(n: int) -> str:
    """A count in four cells at most: 9999, 12k, 3M."""
    return str(n) if n < 10_000 else f"{n // 1000}k" if n < 1_000_000 else f"{n // 1_000_000}M"
