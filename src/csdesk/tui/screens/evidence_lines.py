"""Evidence of a case in lines: what it is, how long, since when, whose, the hash that names it, what it is called."""

from collections.abc import Callable

from csdesk.desk.words import Words
from csdesk.domain.cases.evidence import BY_HAND
from csdesk.tui import cells
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.summary import Line

SHORT = 8
# A case may hold more than a screen: the newest are in sight, the screen of its files tells all.
MOST_LINES = 8


def from_whom(words: Words, name_of: Callable[[str], str], source: str, by: str) -> str:
    """By which channel a file came from the customer, or who filed it."""
    if source and source not in BY_HAND:
        return words("files.customer", channel=words.code("channel", source))
    return cells.safe(name_of(by))


def evidence(scene: Scene, width: int) -> list[Line]:
    """The newest files of a case, and how many more there are; names only for whoever reads the case."""
    words, kept = scene.words, scene.view.case.evidence
    named = {
        str(entry.detail.get("hash")): entry.text
        for entry in scene.view.timeline
        if entry.code == "evidence_filed"
    }
    lines: list[Line] = []
    for one in reversed(kept[-MOST_LINES:]):
        short = one.sha256[:SHORT]
        told: Line = [
            (f"{short}  ", "accent"),
            (f"{words.code('media', one.media)}  {words.size(one.size)}  {words.short(one.at)}", "text"),
            (f"  {from_whom(words, scene.name_of, one.source, one.by)}", "quiet"),
        ]
        name = named.get(short)
        told.append(
            (f"  {cells.safe(name)}", "quiet") if name else (f"  {words('label.closed_text')}", "faint")
        )
        lines += folded(told, width, 2)
    if len(kept) > MOST_LINES:
        lines.append([(words("evidence.more", n=len(kept) - MOST_LINES), "quiet")])
    return lines
