"""What the sections of a case screen are worded from, and how pieces of a line fold."""

from collections.abc import Callable

from csdesk.desk.queries import CaseView
from csdesk.desk.words import Words
from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.summary import Line


@dataclass(frozen=True, slots=True)
class Scene:
    """A case and what words it: time (UTC ms), who reads, names of agents, keys of verbs."""

    view: CaseView
    words: Words
    now: int
    me: str
    name_of: Callable[[str], str]
    key_of: Callable[[str], str]

    @property
    def currency(self) -> str:
        """The currency of the case's money."""
        return self.view.case.currency

    def money(self, minor: int) -> str:
        """An amount of the case."""
        return self.words.money(minor, self.currency)


def folded(line: Line, width: int, indent: int = 0) -> list[Line]:
    """Pieces over as many lines as they need, broken between pieces; all but the first line indented."""
    lines: list[Line] = [[]]
    used = 0
    for piece, how in line:
        text = piece
        if used and used + cells.width(piece) > width:
            lines.append([(" " * indent, "text")] if indent else [])
            used, text = indent, piece.lstrip()
        lines[-1].append((text, how))
        used += cells.width(text)
    return lines


def folded_pieces(pieces: list[Line], width: int) -> list[Line]:
    """Pieces of several colours over as many lines as they need."""
    lines: list[Line] = []
    used = width
    for piece in pieces:
        size = sum(cells.width(text) for text, _ in piece)
        if used + size > width + 2:
            lines.append([])
            used = 0
        lines[-1] += piece
        used += size
    return lines
