"""Styles as a terminal knows them (SGR), and the shortest way from one to the next."""

from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from csdesk.domain.value import dataclass

# Attributes by the code that sets them, with the code that clears them (ECMA-48 8.3.117). Bold and dim share one.
_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 6: 25, 7: 27, 8: 28, 9: 29, 21: 24, 51: 54, 52: 54, 53: 55}


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks: the attributes that are on, and the codes of its colours ("" for the terminal's own)."""

    attributes: frozenset[int] = frozenset()
    front: str = ""
    back: str = ""

    @property
    def codes(self) -> str:
        """All of it, from nothing."""
        return ";".join(filter(None, (*map(str, sorted(self.attributes)), self.front, self.back)))

    @property
    def shows_on_blanks(self) -> bool:
        """Whether a blank in this look shows more than its ground: reversed, underlined, struck, framed."""
        return bool(self.attributes & _DRAWN)


PLAIN = Look()
_DRAWN = frozenset({4, 7, 9, 21, 51, 52, 53})


@lru_cache(maxsize=1024)
def ground(of: Look) -> Look:
    """What of a look shows on a blank."""
    return of if of.shows_on_blanks else Look(back=of.back)


@lru_cache(maxsize=2048)
def blanks_alike(worn: Look | None, wanted: Look) -> bool:
    """Whether a blank written in `worn` shows as one in `wanted`."""
    return worn is not None and ground(worn) == ground(wanted)


@lru_cache(maxsize=1024)
def look(style: Style | None, colors: ColorSystem | None) -> Look:
    """A style in a terminal with these colours; links are dropped: nothing here is a live link."""
    if style is None:
        return PLAIN
    # As Textual does where Rich finds no colours.
    return parse(Strip.render_ansi(style, colors or ColorSystem.TRUECOLOR))


def parse(codes: str) -> Look:
    """SGR parameters as a look."""
    attributes: set[int] = set()
    front = back = ""
    parts = [int(part) for part in codes.split(";") if part]
    at = 0
    while at < len(parts):
        code = parts[at]
        size = 1
        if code in (38, 48):
            size = 5 if parts[at + 1] == 2 else 3
            told = ";".join(map(str, parts[at : at + size]))
            front, back = (told, back) if code == 38 else (front, told)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            front = str(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            back = str(code)
        elif code in _OFF:
            attributes.add(code)
        at += size
    return Look(frozenset(attributes), front, back)


@lru_cache(maxsize=2048)
def change(before: Look | None, after: Look) -> str:
    """The shortest sequence that makes `before` (None: unknown) look like `after`."""
    if before == after:
        return ""
    anew = f"\x1b[0;{after.codes}m" if after.codes else "\x1b[m"
    if before is None:
        return anew
    gone = before.attributes - after.attributes
    off = {_OFF[code] for code in gone}
    # What shares its end with something that stays has to be set again.
    again = {code for code in after.attributes & before.attributes if _OFF[code] in off}
    steps = [*map(str, sorted(off)), *map(str, sorted(after.attributes - before.attributes | again))]
    if before.front != after.front:
        steps.append(after.front or "39")
    if before.back != after.back:
        steps.append(after.back or "49")
    told = f"\x1b[{';'.join(steps)}m"
    return told if len(told) <= len(anew) else anew
