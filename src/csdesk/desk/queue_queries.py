"""What a list of cases asks for, and no more: pages of a queue, rows that changed, counts."""

from typing import ClassVar

from csdesk.desk.question import Ask
from csdesk.domain.value import dataclass
from csdesk.store.feed import Count, Place, Row


@dataclass(frozen=True, slots=True)
class QueuePage(Ask[list[Row]]):
    """Live cases of a queue, `mine` or `all`, nearest deadline first; after or before a place."""

    name: ClassVar[str] = "queue_page"
    room: ClassVar[str] = "queue_answers"
    queue: str = "all"
    limit: int = 50
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True)
class Rows(Ask[list[Row]]):
    """Cases by id, for repainting what changed."""

    name: ClassVar[str] = "rows"
    room: ClassVar[str] = "queue_answers"
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueCounts(Ask[list[Count]]):
    """How many cases stand in each queue, in `mine` and in `all`, and how many of them are late."""

    name: ClassVar[str] = "queue_counts"
    room: ClassVar[str] = "queue_answers"
