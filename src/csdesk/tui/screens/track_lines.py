"""What runs beside a case, in lines: with whom, how far, until when, who answers for it; what is over comes last."""

from csdesk.domain.cases.case import Track
from csdesk.tui import cells
from csdesk.tui.screens.clock_lines import left
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.summary import Line


def tracks(scene: Scene, width: int) -> list[Line]:
    """The tracks of a case, the open ones first."""
    lines: list[Line] = []
    for track in sorted(scene.view.case.tracks, key=lambda track: bool(track.closed_at)):
        lines += folded(_track(scene, track), width, 4)
    return lines


def _track(scene: Scene, track: Track) -> Line:
    words = scene.words
    told = words(
        "track.line",
        no=track.id,
        track=words.code("track", track.kind),
        to_stage=words.code("track_stage", track.state),
        party=cells.safe(track.party),
        ref=cells.safe(track.ref),
        owner=cells.safe(scene.name_of(track.owner)) if track.owner else "",
        n=track.reminders or "",
        outcome=words.code("outcome", track.outcome) if track.outcome else "",
    )
    line: Line = [(told, "quiet" if track.closed_at else "text")]
    running = [clock for clock in scene.view.case.clocks if clock.label in track.clocks]
    for clock in sorted(running, key=lambda clock: clock.due)[:1]:
        (sign, _), _, (time, how) = left(words, clock, scene.now)
        line.append((f"  {sign.strip()}{time.strip()}", how))
    return line
