"""The deadlines of a case in lines: how long still, until when, by whom; one that stands still is never late."""

from collections.abc import Callable

from csdesk.desk.words import Words
from csdesk.domain.cases.case import Clock
from csdesk.tui import cells
from csdesk.tui.columns import SOON_MS
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.summary import Line


def clocks(scene: Scene, width: int) -> list[Line]:
    """Deadlines, the nearest first: sign, name, time left or by how much late, until when, set by whom.

    Those that stand still come last.
    """
    lines: list[Line] = []
    for clock in sorted(scene.view.case.clocks, key=lambda clock: (clock.open_pause is not None, clock.due)):
        lines += clock_lines(scene.words, clock, scene.now, width, scene.name_of)
    return lines


def clock_lines(
    words: Words, clock: Clock, now: int, width: int, name_of: Callable[[str], str] = str
) -> list[Line]:
    """One deadline; a sign says late (!), near (~) and standing still (=). What has no room goes under it."""
    told: Line = [
        *left(words, clock, now),
        (f"{words.short(clock.due)}  " if clock.open_pause is None else "", "quiet"),
        (words.code("basis", clock.basis), "quiet"),
    ]
    # A track is told with its number in its own section.
    if clock.ref and clock.basis == "notice":
        told.append((f"  {cells.safe(clock.ref)}", "text"))
    if clock.owner:
        told.append((f"  {words('clocks.owner', who=cells.safe(name_of(clock.owner)))}", "text"))
    if clock.article:
        told.append((f"  {cells.safe(words.article(clock.article))}", "quiet"))
    if clock.flags:
        years = words.between.join(str(year) for year in dict.fromkeys(flag.year for flag in clock.flags))
        told.append((f"  ? {words('clocks.unconfirmed', years=years)}", "soon"))
    return folded([piece for piece in told if piece[0]], width, 12)


def left(words: Words, clock: Clock, now: int) -> Line:
    """Sign, name, and how much time is left; a paused clock keeps what it had when it stopped, and says for whom."""
    name = (cells.fit(words.code("clock", clock.name), 10), "text")
    pause = clock.open_pause
    if pause is not None:
        party = words.code("party", pause.reason) if pause.reason else ""
        held = words("clocks.paused", party=party, left=words.left(clock.due, pause.from_ms))
        return [("= ", "mark"), name, (f"{held}  ", "mark")]
    late, near = now >= clock.due, clock.due - now < SOON_MS
    sign, how = ("! ", "late") if late else ("~ ", "soon") if near else ("  ", "text")
    told = words.left(clock.due, now)
    return [(sign, how), name, (cells.fit(told, max(12, cells.width(told) + 2)), how)]


def nearest(scene: Scene) -> Line:
    """The first deadline that runs, for a line that has little room; nothing when none does."""
    running = [
        clock for clock in scene.view.case.clocks if clock.open_pause is None and clock.stopped is None
    ]
    if not running:
        return []
    first = min(running, key=lambda clock: clock.due)
    sign, _, (time, how) = left(scene.words, first, scene.now)
    return [(f"  {sign[0]}{scene.words.code('clock', first.name)} {time.strip()}", how)]
