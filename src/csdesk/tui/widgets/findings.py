"""What speaks against sending a reply, in a few lines under it: why, and what to say instead."""

from textual.strip import Strip

from csdesk.desk.queries import Finding
from csdesk.desk.words import Words
from csdesk.domain.value import replace
from csdesk.tui import cells
from csdesk.tui.summary import Line
from csdesk.tui.widgets.lines import Lines

# The colour of each severity; the sign beside it is the same for all that stops a reply.
SEVERITIES = {"block": "bad", "confirm": "soon", "warn": "quiet"}
# More would push the reply out of a small terminal.
MOST_LINES = 4
# Of those, for why it is found.
MOST_REASON = 2


class Findings(Lines):
    """The worst finding in a sentence with its alternative, and how many others there are; no room without any."""

    DEFAULT_CSS = "Findings { height: auto; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Finding] = []

    def show(self, found: list[Finding]) -> None:
        """Show these, the worst first."""
        if found != self._found:
            self._found, self.display = found, bool(found)
            self.refresh(layout=True)

    def lines(self, width: int) -> list[Line]:
        """The lines, at most MOST_LINES of `width` cells."""
        if not self._found:
            return []
        words, first = self.console.words, self._found[0]
        told = sentence(first, words)
        if others := len(self._found) - 1:
            told += words.count("finding.more", others)
        sign = "· " if first.severity == "warn" else "! "
        lines = cells.wrap(sign + told, max(width - 2, 2))
        shown: list[Line] = [[(line, SEVERITIES[first.severity])] for line in lines[:MOST_REASON]]
        if first.instead:
            told = words("finding.instead", instead=cells.safe(first.instead))
            alternative = cells.wrap(told, max(width - 4, 2))[: MOST_LINES - len(shown)]
            shown += [[("  " + line, "text")] for line in alternative]
        return shown

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        palette, lines = self.console.palette, self.lines(self.size.width)
        parts = (
            [(f" {text}", palette.style(how, "raised")) for text, how in lines[y]] if y < len(lines) else []
        )
        return cells.line(parts, self.size.width, palette.style("text", "raised"))


def sentence(one: Finding, words: Words) -> str:
    """A finding in one sentence, as an agent reads it."""
    what = cells.safe(one.what)
    match one.code:
        case "forbidden_phrase":
            key = "finding.phrase" if one.severity == "block" else "finding.phrase_perhaps"
            return words(key, what=what, because=cells.safe(one.because))
        case "blank_slot":
            return words("compose.open", slots=words.code("slot", one.what))
        case "guard_unmet" | "guard_unknown":
            fact = cells.safe(words.code("guard", one.what))
            return words(f"finding.{one.code}", title=cells.safe(one.because), fact=fact)
        case "article_expired":
            return words("finding.article_expired", what=what, day=one.because)
        case _:
            return words(f"finding.{one.code}", kind=words(one.name), what=what)


def moved(found: list[Finding], before: str, after: str) -> list[Finding]:
    """What was found in `before`, at its places in `after`; what was changed itself is no longer found."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    by, rest = len(after) - len(before), len(before) - tail
    kept: list[Finding] = []
    for one in found:
        if one.start < 0 or one.end <= head:
            kept.append(one)
        elif one.start >= rest:
            kept.append(replace(one, start=one.start + by, end=one.end + by))
    return kept


def _alike(one: str, other: str) -> int:
    """How many signs two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
