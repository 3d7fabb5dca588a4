"""The part of the page on states that tells what can run beside a case."""

from collections.abc import Callable, Iterable, Iterator

from csdesk.domain.cases.courses import COURSES, Stage

INTRO = """
A track runs beside a case and never changes its state; a case may have several, and does not end
while one is open. `escalated` is reached by `escalate_track` only: after a reminder, or when the time
is up. An open `authority` track (or a letter recorded by `notice`) puts the case into the queue
`authority`: its owner finds it under `mine`, it is in no common pool, and `next` hands it to nobody
else. The day that a letter sets is a clock of its own (`notice`).
"""


def tracks(
    table: Callable[[Iterable[str], Iterable[Iterable[str]]], str],
    code: Callable[[object], str],
    both: Callable[[str, str], str],
) -> Iterator[str]:
    """The paragraphs of the section; `table`, `code` and `both` as the other pages have them."""
    yield "## Tracks"
    yield INTRO.strip()
    for course in COURSES.values():
        yield f"### {course.kind} ({both('track', course.kind)})"
        rows = [
            (code(s.name), both("track_stage", s.name), ", ".join(code(to) for to in s.to), _clock(s))
            for s in course.stages
        ]
        yield table(("stage", "label", "then", "clock"), rows)
        needs = f" Needs: {', '.join(code(name) for name in course.needs)}." if course.needs else ""
        yield f"Outcomes: {', '.join(code(outcome) for outcome in course.outcomes)}.{needs}"


def _clock(stage: Stage) -> str:
    term = stage.term
    return f"{term.amount} {term.unit} ({f'{term.basis} {term.article}'.strip()})" if term else ""
