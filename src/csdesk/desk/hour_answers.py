"""How a local desk answers what falls due in the next hours."""

from datetime import UTC, datetime, tzinfo

from csdesk.desk import hour_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import queue_right
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import QUEUES
from csdesk.store import hours
from csdesk.store.feed import FILTER

HOUR_MS = 3_600_000
MOST_HOURS = 48


@answers(q.QueueHours)
def queue_hours(core: Core, ask: q.QueueHours) -> q.Hours:
    queue_right(core, ask.queue)
    if ask.queue.startswith(FILTER):  # what it lets through stands in no index by its hours
        raise Refused("unknown_queue", queue=ask.queue, allowed=(*QUEUES, "mine", "all"))
    now, count = core.now(), max(1, min(ask.hours, MOST_HOURS))
    first = hour_start(now, core.zone)
    starts = tuple(first + n * HOUR_MS for n in range(count))
    # A case is late from its deadline on: what is due this very millisecond is.
    edges = (0, now + 1, *starts[1:], first + count * HOUR_MS)
    late, *due = hours.due_in(core.store.conn, core.desk, ask.queue, core.me.id, edges)
    return q.Hours(ask.queue, now, late, starts, tuple(due))


def hour_start(now: int, zone: tzinfo) -> int:
    """When the hour of `now` began by the clocks of a zone; some zones stand half an hour beside the others."""
    local = datetime.fromtimestamp(now / 1000, zone)
    begun = local.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    return now - round((local.replace(tzinfo=UTC) - begun).total_seconds() * 1000)
