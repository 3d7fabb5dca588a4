"""How a local desk answers what a list of cases asks: nothing here knows a verb, an event or a machine."""

from csdesk.desk import queue_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.kind import AUTHORITY, QUEUES
from csdesk.domain.cases.refusal import Refused
from csdesk.domain.roles import Right
from csdesk.store import feed
from csdesk.store.feed import Count, Row
from csdesk.store.sifting import Sieve

MOST_ROWS = 500


@answers(q.QueuePage)
def queue_page(core: Core, ask: q.QueuePage) -> list[Row]:
    queue_right(core, ask.queue)
    limit, through = min(ask.limit, MOST_ROWS), sieve(core, ask.queue)
    return feed.page(core.store.conn, core.desk, ask.queue, core.me.id, limit, ask.after, ask.before, through)


def sieve(core: Core, queue: str) -> Sieve | None:
    """The filter that a queue's name holds, read when there is one; None for a queue."""
    if not queue.startswith(feed.FILTER):
        return None
    from csdesk.desk.filtering import sieve as read

    return read(core, queue)


def queue_right(core: Core, queue: str) -> None:
    """Refused `unknown_queue`, or `no_right` where a queue is only for those who hand out cases."""
    if queue.startswith(feed.FILTER):
        return  # what a filter may ask for is decided where it is read
    of_agent = queue.startswith(feed.AGENT)
    if not of_agent and queue not in (*QUEUES, "mine", "all"):
        raise Refused("unknown_queue", queue=queue, allowed=(*QUEUES, "mine", "all"))
    if of_agent or queue == AUTHORITY:
        core.need(Right.ASSIGN)


@answers(q.Rows)
def rows(core: Core, ask: q.Rows) -> list[Row]:
    return feed.rows(core.store.conn, core.desk, ask.ids[:MOST_ROWS])


@answers(q.QueueCounts)
def queue_counts(core: Core, ask: q.QueueCounts) -> list[Count]:
    return feed.counts(core.store.conn, core.desk, core.me.id)
