"""The columns of a case list: which fit into a width, and what each says of a row."""

from dataclasses import dataclass, replace
from functools import lru_cache

from rich.style import Style

from csdesk.desk.words import Words
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.kinds import LETTERS
from csdesk.tui.theme import Palette

# A deadline this near is shown as soon: a working day's last stretch.
SOON_MS = 4 * 3_600_000
# What a subject needs before any further column may take room, in cells.
SUBJECT = 18


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its cells, the side it aligns to."""

    name: str
    cells: int
    align: str = "left"


_ALWAYS = (Column("due", 12), Column("number", 12), Column("state", 10), Column("subject", 0))
# Latin words are longer than Chinese ones.
_LATIN = {"due": 15, "state": 16, "kind": 10}
# In the order in which they get room when there is some.
_OPTIONAL = (Column("amount", 11, "right"), Column("assignee", 8), Column("kind", 6), Column("merchant", 14))
_ORDER = ("due", "number", "kind", "state", "subject", "merchant", "amount", "assignee")


@lru_cache(maxsize=64)
def columns(width: int, mixed: bool, latin: bool = False) -> tuple[Column, ...]:
    """The columns that fit into `width` cells beside the two of the gutter.

    `mixed`: rows of several kinds.
    """
    always, optional = (
        [
            replace(column, cells=_LATIN.get(column.name, column.cells)) if latin else column
            for column in group
        ]
        for group in (_ALWAYS, _OPTIONAL)
    )
    room = width - 2 - sum(column.cells + 1 for column in always)
    chosen = {column.name: column for column in always}
    for column in optional:
        if column.name == "kind" and not mixed:
            continue
        if room - column.cells - 1 >= SUBJECT:
            chosen[column.name] = column
            room -= column.cells + 1
    chosen["subject"] = Column("subject", max(room, 4))
    return tuple(chosen[name] for name in _ORDER if name in chosen)


def number(row: Row) -> str:
    """The case number of a row, as people say it."""
    return f"{LETTERS.get(row.kind, '??')}-{row.body[:4]}-{row.body[4:]}"


def lateness(row: Row, now: int) -> str:
    """What its deadline means now: `late`, `soon`, or `quiet`; also the name of its colour."""
    if not row.timed:
        return "quiet"
    return "late" if now >= row.due else "soon" if row.due - now < SOON_MS else "quiet"


def due_text(words: Words, row: Row, now: int) -> str:
    """How much time is left or by how much it is late, with a sign for late and near."""
    if not row.timed:
        return "  -"
    sign = {"late": "! ", "soon": "~ "}.get(lateness(row, now), "  ")
    return sign + words.left(row.due, now)


def next_change(due: int, now: int) -> int:
    """In how many ms the text of a deadline changes."""
    late = now >= due
    away = abs(due - now)
    unit = 60_000 if away < 3_600_000 else 3_600_000 if away < 48 * 3_600_000 else 86_400_000
    if late:
        return unit - away % unit
    return away if away < unit else away % unit + 1


def parts(
    row: Row,
    shape: tuple[Column, ...],
    words: Words,
    palette: Palette,
    assignee: str,
    due: str,
    meaning: str,
    on: str,
) -> list[tuple[str, Style]]:
    """The cells of a row after the gutter, as styled pieces."""
    here = on == "cursor"
    # The row one stands on has one colour, and any other changes it once or twice: each change costs a slow line
    # twenty bytes, at every move for two rows and at every page for all of them.
    quiet, text, done = ("strong",) * 3 if here else ("quiet", "text", "quiet")
    texts = {
        "due": (due, quiet if meaning == "quiet" else meaning),
        "number": (number(row), quiet),
        "kind": (words.code("kind", row.kind), quiet),
        "state": (words.code("state", row.state), done if row.phase == "waiting" else text),
        "subject": (_subject(row, words), text),
        "merchant": (cells.safe(row.merchant), text),
        "amount": (words.money(row.amount, row.currency) if row.amount else "", text),
        "assignee": (cells.safe(assignee), text),
    }
    gap = palette.style("text", on)
    found: list[tuple[str, Style]] = []
    for column in shape:
        told, how = texts[column.name]
        found += [(cells.fit(told, column.cells, column.align), palette.style(how, on)), (" ", gap)]
    return found


def _subject(row: Row, words: Words) -> str:
    urgent = words(f"priority.{row.priority}") + " " if row.priority >= 2 else ""
    raised = words("list.escalated", level=row.escalation) + " " if row.escalation else ""
    return cells.safe(f"{urgent}{raised}{row.subject or words.code('reason', row.reason)}")
