"""What stands in each cell: rows of cells, and Textual's strips laid into them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from csdesk.tui.output.style import PLAIN, Look, ground, look

# Signs that every terminal gives the width that we do: ASCII, the yen sign, the narrow dots that crop a text, Chinese
# and full-width ones. After any other nobody knows where the cursor stands.
# In sets of two runs each: of one with more Python makes a map of 65,536 bits, 0.8 ms of each start.
SURE = re.compile(
    "(?:[ -~\u4e00-\u9fff]++|[\u3000-\u3029\uff01-\uff5e]++|[\u3041-\u3096\u30a1-\u30fa]++"
    "|[\u00a5\u22ef]++|[\uffe0-\uffe6]++)*+"
).fullmatch
# Of these, the ones of one cell stand before this one.
_WIDE = "\u3000"
# What a terminal might obey: C0, DEL, C1. The widgets' gate removed them long ago; this is the last one.
_ACTS = re.compile("[\x00-\x1f\x7f-\x9f]")
# So many different cells are known at once (200 bytes each); a shift sees 3,000 signs in a dozen looks.
MOST_CELLS = 8_192


class Cell(NamedTuple):
    """A sign in its look; the right half of a wide sign is "". `sure`: any terminal gives it the width that we do."""

    sign: str
    look: Look
    sure: bool = True


Row = list[Cell]
Span = tuple[int, int, Strip]

BLANK = Cell(" ", PLAIN)


class Ink(dict[str, Cell]):
    """The cells of one look by their sign, so that equal cells are mostly one object: comparing compares addresses."""

    def __init__(self, of: Look, blank: Look) -> None:
        super().__init__({" ": Cell(" ", blank), "": Cell("", of)})
        self.look = of

    def __missing__(self, sign: str) -> Cell:
        made = self[sign] = Cell(sign, self.look, SURE(sign) is not None)
        return made


class Inks:
    """The inks of one terminal, by style. When there are too many cells, it begins anew: no equal cell gets lost."""

    def __init__(self, colors: ColorSystem | None) -> None:
        self._colors = colors
        self._by_style: dict[Style | None, Ink] = {}
        self._by_look: dict[Look, Ink] = {}

    def of(self, style: Style | None) -> Ink:
        """The ink of a style."""
        found = self._by_style.get(style)
        if found is None:
            drawn = look(style, self._colors)
            found = self._by_look.get(drawn)
            if found is None:
                blank = ground(drawn)
                # A blank shares its look with the other blanks on its ground.
                blank = self._by_look[blank].look if blank in self._by_look else blank
                found = self._by_look[drawn] = Ink(drawn, blank)
            self._by_style[style] = found
        return found

    def tidy(self) -> None:
        """Begin anew when there are too many."""
        if sum(map(len, self._by_look.values())) > MOST_CELLS or len(self._by_style) > MOST_CELLS:
            self._by_style, self._by_look = {}, {}


def spans(update: LayoutUpdate | ChopsUpdate) -> Iterator[Span]:
    """The pieces of an update: line, column, strip."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        ends = update.chop_ends[y]
        for end, (x, chop) in zip(ends, update.chops[y].items(), strict=False):
            if chop is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            yield y, x, chop if whole else chop.crop(0, min(end, x2) - x)


def lay(row: Row, x: int, strip: Strip, inks: Inks) -> None:
    """Write a strip's cells into a row from column `x`; what does not fit is cut, and half a wide sign is a blank."""
    laid: Row = []
    for text, style, control in strip:
        if not control:
            _ink(laid, text, inks.of(style))
    if x < 0 or x + len(laid) > len(row):
        wide = len(row) - x
        if 0 < wide < len(laid) and laid[wide].sign == "":
            laid[wide - 1] = _blank(laid[wide])
        laid = laid[max(-x, 0) : max(wide, 0)]
        x = max(x, 0)
        if laid and laid[0].sign == "":
            laid[0] = _blank(laid[0])
    if not laid:
        return
    end = x + len(laid)
    if x and row[x].sign == "":
        row[x - 1] = _blank(row[x - 1])
    if end < len(row) and row[end].sign == "":
        row[end] = _blank(row[end])
    row[x:end] = laid


def _blank(cell: Cell) -> Cell:
    return Cell(" ", ground(cell.look))


def _ink(laid: Row, text: str, ink: Ink) -> None:
    """Put a text's cells behind those that are laid."""
    if _ACTS.search(text):
        text = _ACTS.sub("", text)
    if text.isascii():
        laid += map(ink.__getitem__, text)
        return
    half = ink[""]
    if SURE(text):
        for sign in text:
            laid.append(ink[sign])
            if sign >= _WIDE:
                laid.append(half)
        return
    # As Rich measures, sign by sign in the sense of a reader: an emoji of several people takes two cells.
    for start, end, size in split_graphemes(text)[0]:
        if size:
            cell = ink[text[start:end]]
            laid.append(cell)
            laid += [half if cell.sure else Cell("", ink.look, sure=False)] * (size - 1)
