"""The columns of a case list: which fit into a width, and what each says of a row."""

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from rich.style import Style

from csdesk.desk.words import Words
from csdesk.domain.value import dataclass, replace
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.kinds import LETTERS
from csdesk.tui.theme import Palette

# A deadline this near is shown as soon: a working day's last stretch.
SOON_MS = 4 * 3_600_000
HOUR_MS = 3_600_000
# Clocks of all zones stand apart by whole quarters of an hour.
_QUARTER_MS = 900_000
# What a subject needs before any further column may take room, in cells; and what one that was chosen needs at all.
SUBJECT, SUBJECT_LEAST = 18, 8
# Cells of the strip down the list that says how near each deadline is.
STRIP = 1


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


# What a view can show, in the order in which it is offered.
NAMES = _ORDER


@lru_cache(maxsize=64)
def chosen(names: tuple[str, ...], width: int, latin: bool = False) -> tuple[Column, ...]:
    """The columns that a view names, in its order: those from the left that fit into `width` cells beside the gutter.

    Names that are no column's are passed over. The subject takes what the others leave.
    """
    known = {column.name: column for column in (*_ALWAYS, *_OPTIONAL)}
    wanted = [known[name] for name in dict.fromkeys(names) if name in known]
    # The mark of how near a deadline is stands at the edge, whether or not the deadline is shown.
    room = width - 2 - (0 if "due" in names else STRIP)
    found: list[Column] = []
    for column in wanted:
        sized = _LATIN.get(column.name, column.cells) if latin else column.cells
        least = (sized or SUBJECT_LEAST) + 1
        if least > room:
            break
        room -= least
        found.append(replace(column, cells=sized or SUBJECT_LEAST))
    return tuple(
        replace(column, cells=column.cells + room) if column.name == "subject" else column for column in found
    )


def number(row: Row) -> str:
    """The case number of a row, as people say it."""
    return f"{LETTERS.get(row.kind, '??')}-{row.body[:4]}-{row.body[4:]}"


# How near a deadline is: the sign at the row's edge, the thicker the nearer, and what it is painted in: a patch of a
# meaning's colour, or a sign in it on a ground.
HEAT = {
    "late": ("!", "late", ""),
    "hour": ("=", "soon", ""),
    "soon": ("~", "soon", "field"),
    "today": (".", "quiet", "raised"),
    "later": (" ", "quiet", ""),
}


def heat(row: Row, now: int, zone: tzinfo) -> str:
    """How near a deadline is, one of `HEAT`: late, within an hour, four hours, this day of the desk's zone, later."""
    if not row.timed or row.due >= now + 86_400_000:
        return "later"
    away = row.due - now
    if away < SOON_MS:
        return "late" if away <= 0 else "hour" if away < HOUR_MS else "soon"
    return "today" if row.due < midnight(now, zone) else "later"


def midnight(now: int, zone: tzinfo) -> int:
    """When the day ends in a zone, UTC ms."""
    return _day_end(now // _QUARTER_MS, zone)


@lru_cache(maxsize=8)
def _day_end(quarter: int, zone: tzinfo) -> int:
    day = datetime.fromtimestamp(quarter * 900, zone).replace(hour=0, minute=0, second=0)
    return round((day + timedelta(days=1)).timestamp() * 1000)


def due_text(words: Words, row: Row, now: int) -> str:
    """How much time is left or by how much it is late, after the sign of how near that is."""
    if not row.timed:
        return "  -"
    return f"{HEAT[heat(row, now, words.zone)][0]} {words.left(row.due, now)}"


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
    near: str,
    on: str,
) -> list[tuple[str, Style]]:
    """The cells of a row after the gutter, as styled pieces; `near`: how near its deadline is, one of `HEAT`."""
    here = on == "cursor"
    # The row one stands on has one colour, and any other changes it once or twice: each change costs a slow line
    # twenty bytes, at every move for two rows and at every page for all of them.
    quiet, text, done = ("strong",) * 3 if here else ("quiet", "text", "quiet")
    _, meaning, _ = HEAT[near]
    texts = {
        "due": (due[STRIP:], quiet if meaning == "quiet" else meaning),
        "number": (number(row), quiet),
        "kind": (words.code("kind", row.kind), quiet),
        "state": (words.code("state", row.state), done if row.phase == "waiting" else text),
        "subject": (_subject(row, words), text),
        "merchant": (cells.safe(row.merchant), text),
        "amount": (words.money(row.amount, row.currency) if row.amount else "", text),
        "assignee": (cells.safe(assignee), text),
    }
    gap = palette.style("text", on)
    found = [(due[:STRIP], _marked(near, palette, on, quiet))]
    for column in shape:
        told, how = texts[column.name]
        room = column.cells - STRIP if column.name == "due" else column.cells
        found += [(cells.fit(told, room, column.align), palette.style(how, on)), (" ", gap)]
    return found


def _marked(near: str, palette: Palette, on: str, quiet: str) -> Style:
    """What a mark is painted in: the same on the line one stands on, so that no move of the cursor sends it."""
    _, meaning, ground = HEAT[near]
    if near == "later" or (ground and on == "cursor" and palette.dressed is not None):
        return palette.style(quiet if meaning == "quiet" else meaning, on)
    return palette.style(meaning, ground) if ground else palette.patch(meaning)


def _subject(row: Row, words: Words) -> str:
    urgent = words(f"priority.{row.priority}") + " " if row.priority >= 2 else ""
    raised = words("list.escalated", level=row.escalation) + " " if row.escalation else ""
    return cells.safe(f"{urgent}{raised}{row.subject or words.code('reason', row.reason)}")
