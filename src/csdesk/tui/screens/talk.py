"""The conversation and the timeline of a case in lines, the newest last."""

from collections.abc import Iterator

from csdesk.desk.queries import Entry
from csdesk.domain.cases.case import Message
from csdesk.domain.text import clean
from csdesk.tui import cells
from csdesk.tui.screens.outcome import named
from csdesk.tui.screens.scene import Scene
from csdesk.tui.summary import Line, actor

# Colours of what became of a reply.
_STATES = {
    "held": "soon", "queued": "soon", "sent": "good", "delivered": "good", "failed": "bad", "recalled": "faint",
}  # fmt: skip
# Entries that never come without a text.
_WITH_TEXT = ("message_received", "reply_held", "noted", "opened")
_SPOKEN = ("message_received", "reply_held", "call_noted")
# Month, day, minute and the gap after them.
_TIME = 13


def talk(scene: Scene, width: int) -> list[Line]:
    """Every entry: when, what, who; under it what was said, masked, or that it is hidden."""
    replies = iter(
        [message for message in scene.view.case.messages if message.direction == "out" and not message.call]
    )
    lines: list[Line] = []
    told_hidden = False
    for entry in _told(scene.view.timeline):
        spoken = entry.code in _SPOKEN
        if spoken and lines and lines[-1]:
            lines.append([])
        lines += _head(scene, entry, replies, width)
        hidden = entry.text is None or (not scene.view.reads and entry.code in _WITH_TEXT)
        if hidden and not told_hidden:
            told_hidden = True
            lines.append([("  ", "text"), (scene.words("label.closed_text"), "faint")])
        elif entry.text:
            how = "strong" if entry.code == "message_received" else "text"
            lines += [[("  ", "text"), (line, how)] for line in cells.wrap(clean(entry.text).text, width - 2)]
        if spoken:
            lines.append([])
    return lines if not lines or lines[-1] else lines[:-1]


def _told(timeline: tuple[Entry, ...]) -> Iterator[Entry]:
    """Entries worth a line: what became of a reply stands beside it, and taking a fresh case is one step."""
    for n, entry in enumerate(timeline):
        later = timeline[n + 1] if n + 1 < len(timeline) else None
        taken_twice = entry.code == "assigned" and later is not None and later.code == "moved.take"
        if entry.code != "reply_settled" and not taken_twice:
            yield entry


def _head(scene: Scene, entry: Entry, replies: Iterator[Message], width: int) -> list[Line]:
    words = scene.words
    when = (cells.fit(words.short(entry.at), _TIME), "quiet")
    told = cells.safe(words.entry(named(entry, words, scene.name_of), scene.currency))
    if entry.code == "message_received":
        return [[when, (told, "mark")]]
    who = actor(entry.actor, words, scene.name_of)
    if entry.code == "reply_held":
        message = next(replies, None)
        state, why = (message.state, message.why) if message else ("", "")
        became = (words.code("state", state), _STATES.get(state, "quiet"))
        head: Line = [when, (who, "accent"), (f"  {words('talk.reply')}  ", "quiet"), became]
        told = cells.safe(words(f"reply_why.{why}") if words.has(f"reply_why.{why}") else why)
        return [
            head,
            *([(" " * _TIME, "text"), (line, "bad")] for line in cells.wrap(told, width - _TIME) if line),
        ]
    first, *rest = cells.wrap(f"{told}  {who}", width - _TIME)
    indent = (" " * _TIME, "text")
    return [
        [when, *_by(first, who, last=not rest)],
        *([indent, *_by(line, who, last=line is rest[-1])] for line in rest),
    ]


def _by(line: str, who: str, *, last: bool) -> Line:
    """A line whose end, the name of who did it, is quiet."""
    if last and line.endswith(who):
        return [(line.removesuffix(who), "text"), (who, "quiet")]
    return [(line, "text")]
