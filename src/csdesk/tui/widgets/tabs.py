"""The queues as tabs: name, how many cases live in each, and how many of them are late."""

from collections.abc import Sequence

from textual.strip import Strip

from csdesk.store.feed import AGENT, FILTER, Count
from csdesk.tui import cells
from csdesk.tui.kinds import PINNED, tabs
from csdesk.tui.widgets.lines import Lines

_Parts = list[tuple[str, str]]
# The key of `all`, whatever its place.
LAST_KEY = "0"
# How tight tabs can be: with number keys; without; short names, no spaces, no zeros; counts in thousands.
_TIGHTEST = 3
# Room for the sign that says how many tabs are out of sight, and whether something there is late: "<12! ".
_SIGN = 7


class QueueTabs(Lines):
    """One line of tabs. The one shown stands in brackets; late counts carry a `!`.

    Where not all fit, those around the one shown do, and a sign at the side counts the others.
    """

    def __init__(self, queue: str, counts: Sequence[Count], *, letters: bool = False) -> None:
        super().__init__()
        self.styles.height = 1
        self.names = tabs(letters=letters)
        self.queue = self.base = queue
        self.counts = {count.queue: count for count in counts}
        self._called = self._passed = self._late = ""

    def show(self, queue: str) -> None:
        """Bring another tab to the front; an agent's name or a filter stands before the tabs."""
        self.queue = queue
        if queue in self.names:
            self.base = queue
        self.refresh()

    def tell(self, called: str, passed: str, late: str) -> None:
        """What the view before the tabs is called, how many cases its filter lets through, how many are late."""
        if (called, passed, late) != (self._called, self._passed, self._late):
            self._called, self._passed, self._late = called, passed, late
            self.refresh()

    def count(self, counts: Sequence[Count], *, letters: bool) -> None:
        """Take new counts, and whether authorities' letters are for this reader; paints only what differs."""
        found, names = {count.queue: count for count in counts}, tabs(letters=letters)
        if found != self.counts or names != self.names:
            self.counts, self.names = found, names
            self.refresh()

    def beside(self, by: int) -> str:
        """The tab so many places from the one shown, around the ends."""
        at = self.names.index(self.base) if self.base in self.names else len(self.names) - 1
        return self.names[(at + by) % len(self.names)]

    def numbered(self, key: str) -> str:
        """The tab with this number key, or ""."""
        if key == LAST_KEY:
            return self.names[-1]
        at = int(key) - 1 if key.isdecimal() else -1
        return self.names[at] if 0 <= at < len(self.names) else ""

    def at(self, x: int) -> str:
        """The queue whose tab is there, or ""."""
        x -= _width(before := self._before())
        for name, tab in self.fitted(self.size.width - _width(before)):
            if 0 <= x < _width(tab):
                return name
            x -= _width(tab)
        return ""

    def _before(self) -> _Parts:
        """What stands before the tabs: an agent's name, or a filter."""
        if self.queue.startswith(AGENT):
            return [(f"[{cells.safe(self.console.name_of(self.queue.removeprefix(AGENT)))}]", "strong")]
        return self._filter(self.size.width // 3) if self.queue.startswith(FILTER) else []

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        parts = [(text, palette.style(how, "ground", bold=True)) for text, how in self._before()]
        for name, tab in self.fitted(width - sum(cells.width(told) for told, _ in parts)):
            on = "ground" if name == self.queue else "raised"
            parts += [(text, palette.style(meaning, on, bold=name == self.queue)) for text, meaning in tab]
        return cells.line(parts, width, palette.style("text", "raised"))

    def _filter(self, width: int) -> _Parts:
        """The view or the filter itself as a tab, its text in `width` cells at most."""
        told = cells.safe(self._called) or cells.safe(self.queue.removeprefix(FILTER))
        parts = [
            ("[", "accent"),
            (cells.crop(told, width), "strong"),
            (f" {self._passed}" if self._passed else "", "text"),
        ]
        return [*parts, (f" !{self._late}" if self._late else "", "late"), ("] ", "accent")]

    def fitted(self, width: int) -> list[tuple[str, _Parts]]:
        """The tabs as they fit into `width`, each with its name; a sign for others has none."""
        told: list[tuple[str, _Parts]] = []
        for tight in range(_TIGHTEST + 1):
            told = [(name, self._tab(n, tight)) for n, name in enumerate(self.names)]
            if sum(_width(tab) for _, tab in told) <= width:
                return told
        return self._around(told, width)

    def _around(self, told: list[tuple[str, _Parts]], width: int) -> list[tuple[str, _Parts]]:
        """The tab shown with as many beside it as fit, and the pinned ones."""
        rolling = [tab for tab in told if tab[0] not in PINNED]
        pinned = [tab for tab in told if tab[0] in PINNED]
        room = width - sum(_width(tab) for _, tab in pinned) - 2 * _SIGN
        first = next((n for n, (name, _) in enumerate(rolling) if name == self.base), 0)
        last, used = first + 1, _width(rolling[first][1])
        while True:
            if last < len(rolling) and used + _width(rolling[last][1]) <= room:
                used += _width(rolling[last][1])
                last += 1
            elif first and used + _width(rolling[first - 1][1]) <= room:
                first -= 1
                used += _width(rolling[first][1])
            else:
                break
        before, after = rolling[:first], rolling[last:]
        signs = [("", self._hidden(before, "<", " ")), ("", self._hidden(after, " +", "> "))]
        return [signs[0], *rolling[first:last], signs[1], *pinned]

    def _hidden(self, tabs: list[tuple[str, _Parts]], left: str, right: str) -> _Parts:
        if not tabs:
            return []
        late = any(self.counts[name].breached for name, _ in tabs if name in self.counts)
        sign = "!" if late else ""
        return [(f"{left}{len(tabs)}{sign}{right}", "late" if late else "accent")]

    def _tab(self, n: int, tight: int) -> _Parts:
        """One tab as (text, meaning), `tight` as said above."""
        name, words = self.names[n], self.console.words
        front = name == self.queue
        count = self.counts.get(name, Count(name, 0, 0))
        space = "" if tight >= 2 else " "
        parts: _Parts = [("[" if front else " ", "accent")]
        key = LAST_KEY if n == len(self.names) - 1 else str(n + 1) if n < 9 else ""
        if tight == 0 and key:
            parts.append((f"{key} ", "accent" if front else "faint"))
        short = f"tab.{name}"
        told = words(short) if tight >= 2 and words.has(short) else words.code("queue", name)
        parts.append((told, "strong" if front else "text"))
        if count.live or tight < 2:
            live = _short(count.live) if tight == 3 else f"{count.live:,}"
            parts.append((f"{space}{live}", "text" if front else "quiet"))
        if count.breached:
            late = _short(count.breached) if tight == 3 else f"{count.breached:,}"
            parts.append((f"{space}!{late}", "late"))
        if tight < 2 or front:
            parts.append(("]" if front else " ", "accent"))
        return parts


def _width(parts: _Parts) -> int:
    return sum(cells.width(text) for text, _ in parts)


def _short(n: int) -> str:
    """A count in four cells at most: 9999, 12k, 3M."""
    return str(n) if n < 10_000 else f"{n // 1000}k" if n < 1_000_000 else f"{n // 1_000_000}M"
