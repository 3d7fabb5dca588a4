"""A table under a cursor: a line of headings, columns as far as there is room, only changed lines painted."""

from collections.abc import Mapping, Sequence

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name and heading, its cells (0: all that are left), its side; `keep`: the least goes first."""

    name: str
    label: str
    cells: int
    align: str = "left"
    keep: int = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: what picking it means, and the text and meaning of each column; the text has passed the gate."""

    id: str
    told: Mapping[str, tuple[str, str]]


# What the column that takes what is left needs at least.
_LEAST = 6
# And what it takes at most, when there are others.
_MOST = 20


def fitting(fields: Sequence[Field], width: int) -> list[Field]:
    """The columns that fit into `width` with a cell between them, the least needed left out first."""
    kept = list(fields)
    while len(kept) > 1 and sum((one.cells or _LEAST) + 1 for one in kept) > width:
        kept.remove(min(kept, key=lambda one: one.keep))
    return kept


class Table(Lines):
    """Entries to walk through. The owner moves the cursor and reads `current`; `active`: the keys move this one."""

    DEFAULT_CSS = "Table { height: 1fr; width: 1fr; }"

    def __init__(self, empty: str = "") -> None:
        super().__init__()
        self.fields: Sequence[Field] = ()
        self.entries: Sequence[Entry] = ()
        self.cursor = 0
        self.top = 0
        self.active = False
        self._empty = empty
        self._shown: dict[int, object] = {}

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.entries else None

    @property
    def rows(self) -> int:
        """How many entries are in sight."""
        return max(self.size.height - 1, 1)

    def show(self, fields: Sequence[Field], entries: Sequence[Entry], empty: str = "") -> None:
        """Show these; the cursor stays on its entry, or where that was."""
        before = self.current
        self.fields, self.entries, self._empty = fields, entries, empty
        same = next((n for n, one in enumerate(entries) if before and one.id == before.id), self.cursor)
        self._stand(same)

    def move(self, by: int) -> None:
        """So many entries down, or up."""
        self._stand(self.cursor + by)

    def away(self, y: int) -> int | None:
        """How far from the cursor a line on the screen is; None for the heading, and where no entry is."""
        index = self.top + y - 1
        return index - self.cursor if y and index < len(self.entries) else None

    def activate(self, active: bool) -> None:
        """Whether keys move this table."""
        self.active = active
        self.repaint()

    def on_resize(self, event: events.Resize) -> None:
        self._stand(self.cursor)

    def _stand(self, at: int) -> None:
        self.cursor = min(max(at, 0), max(len(self.entries) - 1, 0))
        self.top = min(max(self.top, self.cursor - self.rows + 1), self.cursor)
        self.top = max(min(self.top, len(self.entries) - self.rows), 0)
        self.repaint()

    def repaint(self) -> None:
        """Paint the lines that show something new."""
        changed = [y for y in range(self.size.height) if self._shown.get(y) != self._line(y)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _line(self, y: int) -> object:
        """What a line shows; another value means other cells."""
        if not y:
            hidden = (self.top, max(len(self.entries) - self.top - self.rows, 0))
            return (self.size.width, tuple(self.fields), self.active, hidden)
        index = self.top + y - 1
        if index >= len(self.entries):
            return (self.size.width, self._empty if not self.entries and y == 1 else "")
        entry = self.entries[index]
        return (
            self.size.width,
            entry.id,
            dict(entry.told),
            self.active and index == self.cursor,
            *self.fields,
        )

    def render_line(self, y: int) -> Strip:
        self._shown[y] = self._line(y)
        palette, width = self.console.palette, self.size.width
        if not y:
            return self._heading()
        index = self.top + y - 1
        if index >= len(self.entries):
            told = self._empty if not self.entries and y == 1 else ""
            return cells.line([(f"  {told}", palette.style("quiet"))], width, palette.style())
        entry, here = self.entries[index], self.active and index == self.cursor
        on = "cursor" if here else "ground"
        parts = [(">" if here else " ", palette.style("accent", on, bold=True))]
        for field, size in self._sized():
            text, meaning = entry.told.get(field.name, ("", "text"))
            parts += [
                (cells.fit(text, size, field.align), palette.style(meaning, on, bold=meaning == "strong")),
                (" ", palette.style("text", on)),
            ]
        return cells.line(parts, width, palette.style("text", on))

    def _sized(self) -> list[tuple[Field, int]]:
        kept = fitting(self.fields, self.size.width - 1)
        left = self.size.width - 1 - sum(one.cells + 1 for one in kept)
        # A name that is far from its numbers is hard to read along; a table of one column has no numbers.
        flexible = max(left, 1) if len(kept) == 1 else min(max(left, 1), _MOST)
        return [(one, one.cells or flexible) for one in kept]

    def _heading(self) -> Strip:
        palette, width = self.console.palette, self.size.width
        meaning = "accent" if self.active else "quiet"
        style = palette.style(meaning, "raised", bold=self.active)
        below = len(self.entries) - self.top - self.rows
        sign = (f" -{self.top}" if self.top else "") + (f" +{below}" if below > 0 else "")
        parts = [("*" if self.active else " ", style)]
        for field, size in self._sized():
            label = field.label if field.cells else cells.crop(field.label, size - len(sign)) + sign
            parts += [(cells.fit(label, size, field.align), style), (" ", style)]
        return cells.line(parts, width, palette.style("text", "raised"))
