"""What falls due in the next hours, as a picture of three lines: bars with their counts, over the hours of the clock.

Drawn with ASCII and patches of background only: block elements and rules are of ambiguous width (Unicode TR11, class
A) and take two cells in many a Chinese terminal. A count stands on each bar, so that nothing hangs on a colour.
"""

from datetime import datetime, tzinfo

from csdesk.desk.hour_queries import Hours
from csdesk.desk.words import Words
from csdesk.store.hours import MOST_COUNTED
from csdesk.tui import cells

# A piece of a line: its text, its meaning, and whether it is a patch of that meaning's colour.
Piece = tuple[str, str, bool]
LINES = 3
# Cells of the bar of what is late, and of the words before it where there is room for them.
LATE, TITLE = 8, 16
# Cells of an hour, the gap after it among them.
LEAST, MOST = 3, 7
# So many hours are near, as the list has it (columns.SOON_MS): the one that runs and the next three.
NEAR = 4
_GAP: Piece = (" ", "text", False)


def hour_lines(hours: Hours, width: int, words: Words) -> list[list[Piece]]:
    """The three lines, each of at most `width` cells; fewer hours than asked for where they have no room.

    A bar is two lines high where more falls due than in an hour on average: one hour of a batch must not flatten all
    the others.
    """
    title = TITLE if width >= LATE + TITLE + len(hours.due) * (LEAST + 1) else 0
    room = width - LATE - title
    size = min(max(room // max(len(hours.due), 1), LEAST), MOST)
    shown = min(len(hours.due), room // size)
    due = hours.due[:shown]
    lines = _late(hours, words)
    for n, count in enumerate(due):
        meaning = "soon" if n < NEAR else "quiet"
        tall = count > 1 and count * shown > sum(due)
        told = cells.fit(counted(count, size - 1), size - 1, "right")
        lines[0] += [(told, meaning, True) if tall else (" " * (size - 1), "text", False), _GAP]
        lines[1] += [_low(count, tall, told, meaning), _GAP]
        lines[2] += [_hour(hours.starts[n], n, size, words.zone), _GAP]
    if title:
        said = _said(hours, due, words)
        lines = [
            [(cells.fit(f" {text}", title), how, False), *line]
            for (text, how), line in zip(said, lines, strict=True)
        ]
    return lines


def _low(count: int, tall: bool, told: str, meaning: str) -> Piece:
    """The lower half of a bar: with the count, unless that stands above; without a bar where nothing falls due."""
    if not count:
        return cells.fit(".", len(told), "right"), "faint", False
    return (" " * len(told), meaning, True) if tall else (told, meaning, True)


def _late(hours: Hours, words: Words) -> list[list[Piece]]:
    """The bar of what is late, a sign before its count, among its three lines."""
    size = LATE - 2
    told = f"!{counted(hours.late, size - 1)}" if hours.late else "0"
    bar = (cells.fit(told, size, "right"), "late" if hours.late else "faint", bool(hours.late))
    label = (cells.fit(words("hours.late"), size, "right"), "late" if hours.late else "quiet", False)
    return [[(" " * LATE, "text", False)], [_GAP, bar, _GAP], [_GAP, label, _GAP]]


def _hour(start: int, n: int, size: int, zone: tzinfo) -> Piece:
    """An hour of the clock below its bar; the one that runs now and midnight stand out."""
    hour = datetime.fromtimestamp(start / 1000, zone).hour
    how = "accent" if n == 0 else "strong" if hour == 0 else "quiet"
    return cells.fit(f"{hour:02}", size - 1, "right"), how, False


def _said(hours: Hours, due: tuple[int, ...], words: Words) -> tuple[tuple[str, str], ...]:
    """What stands before the bars: what they are, how many that are, and what the last line is."""
    total = sum(due)
    many = f"{total}+" if any(count >= MOST_COUNTED for count in due) else str(total)
    return (
        (words("hours.title", n=len(due)), "text"),
        (words("hours.total", n=many), "quiet"),
        (words("hours.clock"), "quiet"),
    )


def counted(n: int, room: int) -> str:
    """A count in at most `room` cells, two or more; `+` stands for what it has no room for, or was not counted."""
    if n >= MOST_COUNTED:
        return "1k+" if room >= 3 else "++"
    return str(n) if len(str(n)) <= room else "+" * room
