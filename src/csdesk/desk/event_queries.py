"""What other systems can ask of a desk's events: all of them in order, from a place on; times UTC ms."""

from typing import Any, ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class EventTold:
    """Something that happened to a case. `id` is the same whenever it is told; `change` counts the desk's changes.

    `fields` holds numbers and codes that lie open in the event and tell of no person; `actor` is an agent's id, ""
    where it would tell who wrote a report.
    """

    id: str
    change: int
    case: str
    number: str
    kind: str
    event: str
    seq: int
    verb: str
    actor: str
    at: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order. `after` leads to the next ones; `more`: there are some already."""

    events: tuple[EventTold, ...]
    after: str
    more: bool


@dataclass(frozen=True, slots=True)
class EventsAfter(Ask[EventPage]):
    """Events of all cases in the order in which they were committed, from a place on ("" for the oldest kept).

    Refused `bad_cursor`; `events_gone` when what comes next there is no longer kept, or never was.
    """

    name: ClassVar[str] = "events"
    room: ClassVar[str] = "event_answers"
    right: ClassVar[Right] = Right.FEED
    after: str = ""
    limit: int = 100
