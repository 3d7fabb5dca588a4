"""Quantities of order lines: one column of units, or one a disposition; typed, or counted up and down; a grade."""

from collections.abc import Mapping, Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from csdesk.domain.cases.case import Disposition
from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.widgets.lines import Lines

# Rows in sight at once; an order with more lines scrolls.
ROWS = 8
MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class GridRow:
    """An order line: its number and what it is."""

    line: int
    title: str


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column: its code ("" for plain units), its heading, whether it shares units with others."""

    code: str
    label: str
    shares: bool = False


Cell = tuple[int, str]


class UnitGrid(Lines, can_focus=True):
    """`values` and `most` by (line number, column code); a most that nobody knows is left out.

    `grades` by line number, out of `known`, which its letters choose from; none known: nothing is graded.
    """

    editing_keys = frozenset({"left", "right", "backspace", "enter"})
    DEFAULT_CSS = "UnitGrid { height: auto; background: $field; }"

    class Edited(Message):
        """A quantity changed, or (`on`) one goes on to the next field."""

        def __init__(self, grid: "UnitGrid", on: bool) -> None:
            super().__init__()
            self.grid = grid
            self.on = on

    def __init__(self, columns: Sequence[GridColumn]) -> None:
        super().__init__()
        self.rows: tuple[GridRow, ...] = ()
        self.columns = tuple(columns)
        self.values: dict[Cell, int] = {}
        self.most: dict[Cell, int] = {}
        self.known: tuple[str, ...] = ()
        self.grades: dict[int, str] = {}
        self.row = 0
        self.column = 0
        self.top = 0
        self._typing = False

    @property
    def text(self) -> str:
        """The quantities as the registry of verbs reads them: 1x2,3x1 or 1x1:restock."""
        counted = ((row.line, column.code) for row in self.rows for column in self.columns)
        told = ((line, code, self.values.get((line, code), 0)) for line, code in counted)
        return ",".join(
            f"{line}x{n}" + (f":{code}" if code else "") + self._graded(line, code)
            for line, code, n in told
            if n
        )

    def _graded(self, line: int, code: str) -> str:
        """The grade of units that are there."""
        grade = self.grades.get(line, "") if code != Disposition.MISSING else ""
        return f":{grade}" if grade else ""

    def grade_by(self, known: tuple[str, ...]) -> None:
        """Let lines be graded with these grades."""
        self.known = known
        self.refresh()

    def _grade(self, letter: str) -> bool:
        """Take the next grade that begins so, and none after the last; False when none does."""
        fitting = [grade for grade in self.known if grade.casefold().startswith(letter.casefold())]
        if not fitting:
            return False
        line = self.rows[self.row].line
        at = fitting.index(self.grades[line]) + 1 if self.grades.get(line) in fitting else 0
        self.grades[line] = fitting[at] if at < len(fitting) else ""
        self.refresh(Region(0, self.row - self.top + self._heads, self.size.width, 1))
        self.post_message(self.Edited(self, on=False))
        return True

    def fill(self, rows: Sequence[GridRow], values: Mapping[Cell, int]) -> None:
        """Show these lines with these quantities."""
        self.rows, self.values = tuple(rows), dict(values)
        self.row, self.column, self.top = 0, 0, 0
        self.refresh(layout=True)

    def limit(self, most: Mapping[Cell, int]) -> None:
        """What each quantity may be at most."""
        if most != self.most:
            self.most = dict(most)
            self.refresh()

    @property
    def _cell(self) -> Cell:
        return self.rows[self.row].line, self.columns[self.column].code

    def move(self, by: int) -> bool:
        """To another line; False when there is none further."""
        if not 0 <= self.row + by < len(self.rows):
            return False
        self.row += by
        self.top = min(max(self.top, self.row - ROWS + 1), self.row)
        self._typing = False
        self.refresh()
        return True

    def _set(self, n: int) -> None:
        self.values[self._cell] = max(n, 0)
        if self.columns[self.column].shares:
            self._take_from_others()
        self.refresh(Region(0, self.row - self.top + self._heads, self.size.width, 1))
        self.post_message(self.Edited(self, on=False))

    def _take_from_others(self) -> None:
        """A unit judged anew leaves the column it stood in."""
        line, code = self._cell
        others = [(line, other.code) for other in self.columns if other.shares and other.code != code]
        over = self.values[line, code] + sum(self.values.get(other, 0) for other in others)
        over -= self.most.get((line, code), over)
        for other in others:
            taken = max(min(over, self.values.get(other, 0)), 0)
            self.values[other] = self.values.get(other, 0) - taken
            over -= taken

    def _count(self, by: int) -> None:
        most = self.most.get(self._cell)
        n = self.values.get(self._cell, 0) + by
        self._set(n if most is None else min(n, max(most, 0)))

    def _type(self, digit: int) -> None:
        now = self.values.get(self._cell, 0) if self._typing else 0
        if now < 10 ** (MOST_DIGITS - 1):
            self._set(now * 10 + digit)
        self._typing = True

    def on_key(self, event: events.Key) -> None:
        """Digits, + and - change the quantity under the cursor; a blank takes none or all."""
        from csdesk.tui.keymap import pressed

        if not self.rows:
            return
        sign, typing = pressed(event.key, event.character), self._typing
        self._typing = False
        if sign.isdecimal() and len(sign) == 1:
            self._typing = typing
            self._type(int(sign))
        elif sign in ("+", "="):
            self._count(1)
        elif sign in ("-", "_"):
            self._count(-1)
        elif event.key == "space":
            self._set(0 if self.values.get(self._cell) else self.most.get(self._cell, 1))
        elif event.key == "backspace":
            self._typing = typing
            self._set(self.values.get(self._cell, 0) // 10)
        elif event.key in ("left", "right"):
            self.column = (self.column + (1 if event.key == "right" else -1)) % len(self.columns)
            self.refresh()
        elif event.key == "enter":
            self.post_message(self.Edited(self, on=True))
        elif sign.isalpha() and len(sign) == 1 and self._grade(sign):
            pass
        else:
            self._typing = typing
            return
        event.stop()
        event.prevent_default()

    def on_focus(self) -> None:
        """The cursor shows."""
        self._typing = False
        self.refresh()

    def on_blur(self) -> None:
        """The cursor goes."""
        self.refresh()

    @property
    def _heads(self) -> int:
        return 1 if len(self.columns) > 1 else 0

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return max(min(len(self.rows), ROWS), 1) + self._heads

    def _width(self, column: GridColumn) -> int:
        return max(cells.width(column.label) + 2, 8)

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        rest = palette.style("text", "field")
        grade = self._grade_width()
        room = width - 1 - sum(self._width(column) for column in self.columns) - grade - 2
        if y < self._heads:
            heads = [
                (cells.fit(c.label, self._width(c), "right"), palette.style("quiet", "field"))
                for c in self.columns
            ]
            if grade:
                heads.append((f"  {self.console.words('form.grade')}", palette.style("quiet", "field")))
            return cells.line([(" " * (room + 1), rest), *heads], width, rest)
        index = self.top + y - self._heads
        if index >= len(self.rows):
            told = "" if self.rows else f" {self.console.words('form.no_lines')}"
            return cells.line([(told, palette.style("quiet", "field"))], width, rest)
        row = self.rows[index]
        here = self.has_focus and index == self.row
        parts = [
            (">" if here else " ", palette.style("accent", "field", bold=True)),
            (cells.fit(f"{row.line} {cells.safe(row.title)}", room), palette.style("text", "field")),
        ]
        for n, column in enumerate(self.columns):
            parts += self._quantity(row, column, here and n == self.column)
        if grade:
            told = self.grades.get(row.line, "-")
            parts.append(
                (f"  {told}", palette.style("strong" if row.line in self.grades else "faint", "field"))
            )
        return cells.line(parts, width, rest)

    def _grade_width(self) -> int:
        """Cells of the grade; 0 when nothing is graded."""
        if not self.known:
            return 0
        return 3 + max(cells.width(text) for text in (self.console.words("form.grade"), *self.known))

    def _quantity(self, row: GridRow, column: GridColumn, here: bool) -> list[tuple[str, Style]]:
        style = self.console.palette.style
        n, most = self.values.get((row.line, column.code), 0), self.most.get((row.line, column.code))
        told = f"{n}" if most is None else f"{n}/{most}"
        how = "bad" if most is not None and n > most else "strong" if n else "faint"
        width = self._width(column)
        space = width - cells.width(told) - 1
        return [
            (" " * max(space, 0), style("text", "field")),
            (f"{told} ", style(how, "cursor" if here else "field", bold=here or how == "strong")),
        ]
