"""What can be asked of the hours that come: how many cases of a queue fall due in each."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Hours:
    """How many live cases fall due hour by hour, from `at` on (UTC ms).

    `starts`: when each hour begins by the clock of the desk's zone, the first one before `at`; `due`: how many fall due
    in it, in the first one after `at`; `late`: how many are past their deadline. A count of hours.MOST_COUNTED means as
    many or more.
    """

    queue: str
    at: int
    late: int
    starts: tuple[int, ...]
    due: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QueueHours(Ask[Hours]):
    """How many cases of a queue (or `mine`, `all`) fall due in each of the next hours, and how many are late."""

    name: ClassVar[str] = "queue_hours"
    room: ClassVar[str] = "hour_answers"
    queue: str
    hours: int = 24
