"""The conversation and the timeline of a case in lines, the newest last."""

from collections.abc import Iterator

from csdesk.desk.queries import Entry
from csdesk.domain.cases.case import Message
from csdesk.tui import cells
from csdesk.tui.screens.facts import Scene
from csdesk.tui.summary import Line, actor

# What became of a reply stands beside the reply itself.
_BESIDE = ("reply_settled",)
_STATES = {
    "held": "soon",
    "queued": "soon",
    "sent": "good",
    "delivered": "good",
    "failed": "bad",
    "recalled": "faint",
}


def talk(scene: Scene, width: int) -> list[Line]:
    """Every entry: when, who, what; under it what was said, masked, or that it is hidden from this reader."""
    replies = iter([message for message in scene.view.case.messages if message.direction == "out"])
    lines: list[Line] = []
    told_hidden = False
    for entry in scene.view.timeline:
        if entry.code in _BESIDE:
            continue
        said = _said(scene, entry, replies)
        if (entry.code in _SPOKEN) and lines and lines[-1]:
            lines.append([])
        lines.append(said)
        if entry.text is None and not told_hidden:
            told_hidden = True
            lines.append([("  ", "text"), (scene.words("label.closed_text"), "faint")])
        elif entry.text:
            how = "strong" if entry.code == "message_received" else "text"
            lines += [[("  ", "text"), (line, how)] for line in cells.wrap(entry.text, width - 2)]
        if entry.code in _SPOKEN:
            lines.append([])
    return lines if not lines or lines[-1] else lines[:-1]


_SPOKEN = ("message_received", "reply_held")


def _said(scene: Scene, entry: Entry, replies: Iterator[Message]) -> Line:
    words = scene.words
    line: Line = [(f"{words.short(entry.at)}  ", "quiet")]
    if entry.code == "message_received":
        return [*line, (words("talk.customer"), "mark"), (f"  {words.entry(entry, scene.currency)}", "quiet")]
    who = actor(entry.actor, words, scene.name_of)
    if entry.code == "reply_held":
        state = next((message.state for message in replies), "")
        told = words(f"reply_state.{state}") if state else ""
        return [
            *line,
            (who, "accent"),
            (f"  {words('talk.reply')}  ", "quiet"),
            (told, _STATES.get(state, "quiet")),
        ]
    return [*line, (words.entry(entry, scene.currency), "text"), (f"  {who}", "quiet")]
