"""Screens as small SVG: cells in, rows of runs out; equal rows are drawn once, however many frames show them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.color import ColorType
from rich.terminal_theme import SVG_EXPORT_THEME

if TYPE_CHECKING:
    import pyte
    from rich.color import Color
    from textual.app import App

# Pixels of a cell, and where its letters stand in it: Latin ones are 0.6 of their size wide, Chinese ones all of it.
WIDTH, HEIGHT, BASE, FONT = 9, 20, 15, 15
SPACE = 2 * WIDTH - FONT
FAMILY = (
    "Menlo,Consolas,Liberation Mono,DejaVu Sans Mono,PingFang SC,Microsoft YaHei,Noto Sans CJK SC,monospace"
)
# What a terminal calls its sixteen colours, where a program named one instead of mixing it.
NAMED = {
    name: "#{:02x}{:02x}{:02x}".format(*SVG_EXPORT_THEME.ansi_colors[n])
    for n, name in enumerate(("black", "red", "green", "brown", "blue", "magenta", "cyan", "white"))
}


class Cell(NamedTuple):
    """What stands in one cell (two, when it is wide), in which colours."""

    sign: str
    ink: str
    ground: str
    bold: bool = False
    underline: bool = False


Grid = list[list[Cell]]


def of_app(app: "App[Any]") -> Grid:
    """The screen in front of an app."""
    back = _mixed(app.screen.styles.background.rich_color, "#000000")
    return [
        [
            Cell(sign, *_colours(segment.style, back), bool(segment.style and segment.style.bold),
                 bool(segment.style and segment.style.underline))
            for segment in strip
            for sign in segment.text
        ]
        for strip in app.screen._compositor.render_strips()
    ]  # fmt: skip


def _colours(style: Any, back: str) -> tuple[str, str]:
    ink = _mixed(style.color if style else None, "#c5c8c6")
    ground = _mixed(style.bgcolor if style else None, back)
    return (ground, ink) if style and style.reverse else (ink, ground)


def _mixed(color: "Color | None", otherwise: str) -> str:
    if color is None or color.type is ColorType.DEFAULT:
        return otherwise
    return color.get_truecolor(SVG_EXPORT_THEME).hex


def of_terminal(screen: "pyte.Screen") -> Grid:
    """The screen of an emulated terminal; the second cell of a wide character is empty there."""
    grid: Grid = []
    for y in range(screen.lines):
        row = []
        for x in range(screen.columns):
            char = screen.buffer[y][x]
            ink, ground = _named(char.fg, "#c5c8c6"), _named(char.bg, "#121212")
            if char.reverse:
                ink, ground = ground, ink
            if char.data:
                row.append(Cell(char.data, ink, ground, char.bold, char.underscore))
        grid.append(row)
    return grid


def _named(color: str, otherwise: str) -> str:
    if color == "default":
        return otherwise
    return NAMED.get(color) or f"#{color}"


class Sheet:
    """What several frames share: a class for each colour, a symbol for each row."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}
        self._rows: dict[tuple[Cell, ...], str] = {}
        self._drawn: list[str] = []

    def frame(self, grid: Grid) -> str:
        """One screen, its rows by reference."""
        return "".join(
            f'<use href="#{self._row(tuple(row))}" y="{y * HEIGHT}"/>' for y, row in enumerate(grid)
        )

    def rules(self) -> str:
        """The style sheet of the colours."""
        return "".join(f".{name}{{{rule}}}" for rule, name in self._classes.items())

    def rows(self) -> str:
        """The rows that the frames refer to."""
        return f"<defs>{''.join(self._drawn)}</defs>"

    def _row(self, row: tuple[Cell, ...]) -> str:
        if row not in self._rows:
            self._rows[row] = name = f"r{len(self._rows)}"
            self._drawn.append(f'<g id="{name}">{self._grounds(row)}{self._letters(row)}</g>')
        return self._rows[row]

    def _grounds(self, row: Sequence[Cell]) -> str:
        return "".join(
            f'<path class="{self._class(f"fill:{run[0].ground}")}" '
            f'd="M{x * WIDTH} 0h{wide * WIDTH}v{HEIGHT}H{x * WIDTH}z"/>'
            for x, wide, run in _runs(row, "ground")
        )

    def _letters(self, row: Sequence[Cell]) -> str:
        """Runs of one colour and one width each, stretched to their cells whatever the reader's font is."""
        told = []
        for x, wide, run in _runs(row, "letters"):
            text = "".join(cell.sign for cell in run)
            if not text.strip():
                continue
            first = run[0]
            how = f"fill:{first.ink}" + ";font-weight:700" * first.bold
            how += ";text-decoration:underline" * first.underline
            if double := wide > len(run):
                how += f";letter-spacing:{SPACE}px"
            left, length = x * WIDTH + double * SPACE / 2, "" if double else f' textLength="{wide * WIDTH}"'
            told.append(
                f'<text class="{self._class(how)}" x="{left:g}" y="{BASE}"{length}>{escape(text)}</text>'
            )
        return "".join(told)

    def _class(self, rule: str) -> str:
        return self._classes.setdefault(rule, f"c{len(self._classes)}")


def _runs(row: Sequence[Cell], by: str) -> Iterable[tuple[int, int, list[Cell]]]:
    """Where a run starts, its width in cells, its cells; blanks at the ends of letters are left out."""
    runs: list[tuple[int, int, list[Cell]]] = []
    x, before = 0, None
    for cell in row:
        size = cell_len(cell.sign)
        key: object = cell.ground if by == "ground" else (cell[1], *cell[3:], size, cell.sign == " ")
        if key == before and runs:
            start, wide, run = runs[-1]
            runs[-1] = (start, wide + size, [*run, cell])
        else:
            runs.append((x, size, [cell]))
        x, before = x + size, key
    return runs


def page(sheet: Sheet, frames: str, wide: int, high: int, rules: str = "") -> str:
    """The file, so many pixels wide and high: no font, script or address of another host in it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'font-family="{FAMILY}" font-size="{FONT}">'
        f"<style>text{{white-space:pre}}{sheet.rules()}{rules}</style>{sheet.rows()}{frames}</svg>\n"
    )
