"""Text in terminal cells: East Asian widths, cropping and padding, and the one way in which outside text is drawn.

Nothing here or in any widget parses markup: text from outside becomes `Content` or styled segments, never a string
that Textual reads for tags.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

# One cell in every terminal (East Asian width N); U+2026 is two in many Chinese ones.
MORE = "\u22ef"
# More than any line shows; a longer text is cut by the gate.
LINE = 500


# ASCII, Chinese characters and punctuation, full-width forms: nothing in them acts, hides or reorders.
_HARMLESS = re.compile("[ -~\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]*").fullmatch


@lru_cache(maxsize=8192)
def safe(raw: str) -> str:
    """Text from outside as one line that cannot act on the terminal."""
    if len(raw) <= LINE and _HARMLESS(raw):
        return raw.strip()
    from csdesk.domain.text import clean_line

    return clean_line(raw, limit=LINE).text


def width(text: str) -> int:
    """How many cells a text takes."""
    return cell_len(text)


@lru_cache(maxsize=8192)
def crop(text: str, cells: int, more: str = MORE) -> str:
    """At most `cells` cells of a text; what is cut off shows as `more`."""
    if cell_len(text) <= cells:
        return text
    room = cells - cell_len(more)
    return set_cell_size(text, room).rstrip() + more if room > 0 else set_cell_size(text, max(cells, 0))


@lru_cache(maxsize=8192)
def fit(text: str, cells: int, align: str = "left", more: str = MORE) -> str:
    """A text in exactly `cells` cells, to the `left` or `right`."""
    short = crop(text, cells, more)
    space = " " * (cells - cell_len(short))
    return space + short if align == "right" else short + space


def line(parts: Iterable[tuple[str, Style]], cells: int, rest: Style) -> Strip:
    """Styled pieces as one line of exactly `cells` cells; what is left over has the style `rest`."""
    strip = Strip([Segment(text, style) for text, style in parts if text])
    return strip.adjust_cell_length(cells, rest)


def content(raw: str, style: str = "") -> Content:
    """Text from outside, line breaks kept, for any widget that takes content; never read for markup."""
    from csdesk.domain.text import clean

    return Content.styled(clean(raw).text, style) if style else Content(clean(raw).text)


def wrap(text: str, cells: int) -> list[str]:
    """A text broken into lines of at most `cells` cells, at blanks where it has them, else anywhere."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _wrap_paragraph(paragraph, max(cells, 2))
    return lines


def _wrap_paragraph(text: str, cells: int) -> list[str]:
    lines: list[str] = []
    current, used, blank = "", 0, -1
    for sign in text:
        size = cell_len(sign)
        if used + size > cells:
            cut = blank if blank > 0 and sign.isascii() and sign != " " else len(current)
            lines.append(current[:cut].rstrip())
            current = current[cut:].lstrip()
            used, blank = cell_len(current), -1
        if sign == " ":
            blank = len(current) + 1
        current += sign
        used += size
    return [*lines, current]
