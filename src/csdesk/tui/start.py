"""What a console needs for its first picture, asked for in the desk's own thread while the screen still loads."""

import json
from dataclasses import dataclass, field

from csdesk.desk.core import Core
from csdesk.desk.queries import GetPlace, QueueCounts, QueuePage
from csdesk.store.feed import Count, Place, Row

# Rows of the tallest terminal one usually meets, and half as much again.
PAGE = 60


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a console stands: queue, case under the cursor with its deadline, open case, whether the preview shows."""

    queue: str = "all"
    case: str = ""
    due: int = 0
    opened: str = ""
    preview: bool = True

    @classmethod
    def read(cls, state: str | None) -> "Stand":
        """The place that `write` kept; the default when there is none or it is of another version."""
        if state is None:
            return cls()
        try:
            found = json.loads(state)
            return cls(str(found["queue"]), str(found["case"]), int(found["due"]), str(found["opened"]), bool(found["preview"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def write(self) -> str:
        """The place as JSON, without personal text."""
        return json.dumps(
            {"queue": self.queue, "case": self.case, "due": self.due, "opened": self.opened, "preview": self.preview}
        )


@dataclass(frozen=True, slots=True)
class First:
    """The first page of rows around where the last console stood, and the counts; empty when not asked yet."""

    stand: Stand = Stand()
    rows: tuple[Row, ...] = ()
    counts: tuple[Count, ...] = ()
    asked: bool = False
    at_top: bool = True
    at_end: bool = field(default=False)


def first(core: Core) -> First:
    """Ask for the first picture. Blocks; runs in the desk's thread."""
    stand = Stand.read(core.ask(GetPlace()))
    rows: list[Row] = []
    top = True
    if stand.case:
        place = Place(stand.due, stand.case)
        before = core.ask(QueuePage(stand.queue, PAGE // 2, before=place))
        after = core.ask(QueuePage(stand.queue, PAGE, after=Place(stand.due, _just_before(stand.case))))
        rows, top = [*before, *after], len(before) < PAGE // 2
    if not rows:
        rows, top = core.ask(QueuePage(stand.queue, PAGE)), True
    return First(stand, tuple(rows), tuple(core.ask(QueueCounts())), True, top, len(rows) < PAGE // 2)


def _just_before(case: str) -> str:
    """The id that sorts right before `case`, so that a page after it begins with the case."""
    return f"{int(case, 16) - 1:032x}" if case.strip("0") else ""
