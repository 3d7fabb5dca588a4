"""A parcel's way in one line: `==` joins what was reached, `--` what lies ahead, brackets stand where it is now.

A `!` marks a station where something went wrong, a `?` a parcel that has been silent for too long: nothing hangs on a
colour. ASCII signs only: lines and arrows are of ambiguous width and take two cells in many a Chinese terminal.
"""

from csdesk.desk.parcel_queries import Trail
from csdesk.desk.words import Words
from csdesk.domain.tracking import ENDS
from csdesk.domain.way import MORE, STALE, Stop, ahead, wrong_at
from csdesk.tui.summary import Line, brief

REACHED, AHEAD = "==", "--"


def way_line(words: Words, trail: Trail, now: int) -> Line:
    """The stations of a parcel, then how long ago its last scan was; [] of one that tells of none."""
    if not trail.stops:
        return []
    wrong, silent = wrong_at(trail.stops, trail.findings), STALE in trail.findings
    last = len(trail.stops) - 1
    line: Line = []
    for n, stop in enumerate(trail.stops):
        told = f"{'!' if n in wrong else ''}{_named(words, stop)}"
        how = "bad" if n in wrong else "good"
        if n == last:
            told = f"[{told}{'?' if silent else ''}]"
            how = "bad" if n in wrong or silent else "good" if stop.scan in ENDS else "strong"
        line += [*([(REACHED, "good")] if n else []), (told, how)]
    line += [(f"{AHEAD}{words.code('stop', code)}", "faint") for code in ahead(trail.stops)]
    since = trail.stops[-1].at
    if since:
        line.append((f"  {words('stop.ago', time=brief(words, now - since))}", "soon" if silent else "quiet"))
    return line


def _named(words: Words, stop: Stop) -> str:
    many = f"x{stop.times}" if stop.times > 1 or stop.scan == MORE else ""
    return f"{words.code('stop', stop.scan)}{many}"
