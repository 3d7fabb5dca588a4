"""Text in terminal cells: East Asian widths, cropping and padding, and how outside text is drawn.

Nothing here or in any widget parses markup: text from outside becomes `Content` or styled segments, never
a string that Textual reads for tags.
"""

import re
from collections.abc import Iterable, Sequence
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


# ASCII, Chinese characters and punctuation, full-width forms: nothing in them acts, hides or reorders. The
# gate itself, which knows everything, costs a starting console 6 ms. Small sets for the same reason as in `grid`.
_HARMLESS = re.compile(
    "(?:[ -~\u4e00-\u9fff]++|[\u3001-\u3029\uff01-\uff5e]++|[\u00b7\u00d7]++|[\u2013-\u201d\u2026]++)*+"
).fullmatch
# Those of them that take one cell.
_NARROW = re.compile("[ -~\u00b7\u00d7\u2013-\u201d\u2026]+").sub

# What Python takes for printing although it has no cell of its own: marks that pile up, and fillers. Made to a pattern
# by the first text that needs it.
_CELLLESS = (
    "[\u0300-\u036f\u0483-\u0489\u115f-\u11ff\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2800"
    "\u3164\ufe00-\ufe0f\ufe20-\ufe2f\uffa0\U000e0100-\U000e01ef]"
)

# What no line of Chinese begins with (GB/T 15834-2011, 5.1).
_CLOSING = frozenset("，。、；：？！）》〉】」』”’…·,.;:?!)")
# And what none ends with: a sign of money or of an article leads what follows it, too.
_OPENING = frozenset("（《〈【「『“‘([¥￥§")


@lru_cache(maxsize=8192)
def safe(raw: str) -> str:
    """Text from outside as one line that cannot act on the terminal."""
    if len(raw) <= LINE and _HARMLESS(raw):
        return raw.strip()
    from csdesk.domain.text import clean_line

    return clean_line(raw, limit=LINE).text


@lru_cache(maxsize=8192)
def width(text: str) -> int:
    """How many cells a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    # Rich measures Chinese sign by sign, which is most of what a first picture would cost.
    return len(text) + len(_NARROW("", text)) if _HARMLESS(text) else cell_len(text)


@lru_cache(maxsize=8192)
def crop(text: str, cells: int, more: str = MORE) -> str:
    """At most `cells` cells of a text; what is cut off shows as `more`."""
    if width(text) <= cells:
        return text
    room = cells - width(more)
    if room < 0:
        return set_cell_size(text, max(cells, 0))
    # Half as many signs always fit; from there on one by one.
    kept = max(room // 2, 0)
    while width(text[: kept + 1]) <= room:
        kept += 1
    short = text[:kept] if width(text[:kept]) <= room else set_cell_size(text, room)
    # An emoji that is cut in two leaves no joiner behind: it would join what comes next.
    return short.rstrip("\u200d ") + more


@lru_cache(maxsize=8192)
def fit(text: str, cells: int, align: str = "left", more: str = MORE) -> str:
    """A text in exactly `cells` cells, to the `left` or `right`."""
    short = crop(text, cells, more)
    space = " " * (cells - width(short))
    return space + short if align == "right" else short + space


def column(text: str, cells: int) -> str:
    """A text in `cells` cells, the last of which stays free: the next column begins behind it."""
    return f"{fit(text, cells - 1)} "


def cut(parts: Sequence[tuple[str, Style]], cells: int) -> list[tuple[str, Style]]:
    """As much of the pieces as has room; the sign at its end says that something, and not a blank, is missing."""
    while parts and not parts[-1][0].strip():
        parts = parts[:-1]
    if parts:
        parts = [*parts[:-1], (parts[-1][0].rstrip(), parts[-1][1])]
    found: list[tuple[str, Style]] = []
    for text, style in parts:
        size = width(text)
        if size > cells:
            found.append((crop(text, cells), style))
            break
        found.append((text, style))
        cells -= size
    return found


def forget() -> None:
    """Keep nothing of what was measured and cut so far: some of it may have been for one moment only."""
    for kept in (safe, width, crop, fit, breaks):
        kept.cache_clear()


def line(parts: Iterable[tuple[str, Style]], cells: int, rest: Style) -> Strip:
    """Styled pieces as one line of exactly `cells` cells; what is left over has the style `rest`.

    The last gate before the terminal: whatever a piece forgot to make safe is made so here.
    """
    segments = [Segment(_gated(text), style) for text, style in parts if text]
    used = sum(width(segment.text) for segment in segments)
    if used < cells:
        segments.append(Segment(" " * (cells - used), rest))
    strip = Strip(segments, max(used, cells))
    return strip.crop(0, cells) if used > cells else strip


def _gated(text: str) -> str:
    """`text` as it is when every sign of it prints in a cell, else made safe between the blanks that lay it out."""
    if text.isprintable() and not re.search(_CELLLESS, text):
        return text
    inner = text.strip(" ")
    before, _, after = text.partition(inner)
    return f"{before}{safe(inner)}{after}"


# What many Chinese terminals draw in two cells (ambiguous in UAX #11): ornaments, and quotes and signs of Chinese
# sentences, each with an ASCII twin, cell for cell.
_ASCII = str.maketrans(
    {
        MORE: "~", "×": "x", "·": "-", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": ".", "§": "#",
        "→": ">", "↑": "^", "↓": "v",
    }
)  # fmt: skip


def plain(strip: Strip) -> Strip:
    """A line with ASCII signs in place of those that may take two cells; Chinese and other scripts stay."""
    return Strip(
        [Segment(text.translate(_ASCII), style) for text, style, _ in strip],
        strip.cell_length,
    )


def content(raw: str, style: str = "") -> Content:
    """Text from outside, line breaks kept, for any widget that takes content; never read for markup."""
    from csdesk.domain.text import clean

    return Content.styled(clean(raw).text, style) if style else Content(clean(raw).text)


def wrap(text: str, cells: int) -> list[str]:
    """A text broken into lines of at most `cells` cells; the blanks at which it is broken go."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _wrap_paragraph(paragraph, max(cells, 2))
    return lines


def _wrap_paragraph(text: str, cells: int) -> list[str]:
    lines: list[str] = []
    current, used = "", 0
    for sign in text:
        size = width(sign)
        if used + size > cells:
            cut = _cut(current, sign, cells)
            lines.append(current[:cut].rstrip())
            current = current[cut:].lstrip()
            used = width(current)
            if sign == " " and not current:
                continue  # the blank at which a line was broken
        current += sign
        used += size
    return [*lines, current]


def harmless(text: str) -> bool:
    """Whether a text is of signs whose widths are known one by one: ASCII, Chinese, full-width forms."""
    return _HARMLESS(text) is not None


@lru_cache(maxsize=256)
def breaks(text: str, cells: int) -> tuple[int, ...]:
    """Where the lines after the first begin, when a harmless text is broken into lines and loses nothing.

    A line has at most `cells` cells, and perhaps a blank at its end that takes one more: the caret's place.
    """
    found: list[int] = []
    begin = used = 0
    for at, sign in enumerate(text):
        size = width(sign)
        if used + size > cells + (sign == " ") and at > begin:
            begin += _cut(text[begin:at], sign, cells)
            found.append(begin)
            used = width(text[begin:at])
        used += size
    return tuple(found)


def _cut(line: str, sign: str, cells: int) -> int:
    """How many signs of a full line stay there when `sign` comes next.

    Words and numbers go on whole, if they are not the line; no line begins or ends with a sign that must not be there.
    """
    cut = len(line)
    if sign.isascii() and sign != " ":
        while cut and line[cut - 1].isascii() and line[cut - 1] != " ":
            cut -= 1
        cut = cut or len(line)
    size = width(sign)
    while (line[cut:] + sign)[0] in _CLOSING and cut > 1 and width(line[cut - 1 :]) + size <= cells:
        cut -= 1
    while cut > 1 and line[cut - 1] in _OPENING and width(line[cut - 1 :]) + size <= cells:
        cut -= 1
    return cut
