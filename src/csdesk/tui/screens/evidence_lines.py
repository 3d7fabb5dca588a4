"""Evidence of a case in lines: what it is, how long, since when, the hash that names it, and what it is called."""

from csdesk.tui import cells
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.summary import Line

SHORT = 8
# A case may hold more than a screen: the newest are in sight, `csdesk evidence list` tells all.
MOST_LINES = 8


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
        ]
        name = named.get(short)
        told.append(
            (f"  {cells.safe(name)}", "quiet") if name else (f"  {words('label.closed_text')}", "faint")
        )
        lines += folded(told, width, 2)
    if len(kept) > MOST_LINES:
        lines.append([(words("evidence.more", n=len(kept) - MOST_LINES), "quiet")])
    return lines
