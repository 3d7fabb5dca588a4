"""How a desk weighs a verb for many cases before it is done: how many can be, of which kinds not, how much money."""

from collections import Counter
from collections.abc import Iterator

from csdesk.desk import bulk_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.bulk_answers import MOST_CASES
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import queue_right, sieve
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.command import VERBS, Command, verbs_of
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES
from csdesk.store import feed
from csdesk.store.feed import Row

# What `feed.rows` reads in one call.
ROWS_A_CALL = 500


@answers(q.QueueCases)
def queue_cases(core: Core, ask: q.QueueCases) -> list[str]:
    queue_right(core, ask.queue)
    through = sieve(core, ask.queue)
    return feed.ids(core.store.conn, core.desk, ask.queue, core.me.id, MOST_CASES, through)


@answers(q.Weigh)
def weigh(core: Core, ask: q.Weigh) -> q.Weighed:
    cls = VERBS.get(ask.verb)
    if cls is None:
        raise Refused("unknown_verb", verb=ask.verb)
    if len(ask.cases) > MOST_CASES:
        raise Refused("too_many_cases", n=len(ask.cases), most=MOST_CASES)
    cannot: Counter[str] = Counter()
    money: Counter[str] = Counter()
    able, sample = 0, ""
    each = ask.entered.get("minor", "") if cls is Compensate else ""
    for row in _rows(core, ask.cases):
        if not _can(cls, row):
            cannot[row.kind] += 1
            continue
        able, sample = able + 1, sample or row.id
        if cls.verb.money:
            money[row.currency] += int(each) if each.isdecimal() else row.amount
    return q.Weighed(len(ask.cases), able, tuple(cannot.most_common()), tuple(money.items()), sample)


def _rows(core: Core, wanted: tuple[str, ...]) -> Iterator[Row]:
    for first in range(0, len(wanted), ROWS_A_CALL):
        yield from feed.rows(core.store.conn, core.desk, wanted[first : first + ROWS_A_CALL])


def _can(cls: type[Command], row: Row) -> bool:
    """Whether the verb is one of the case's kind and leads on from its state."""
    kind = Kind(row.kind)
    if cls not in verbs_of(kind):
        return False
    return cls.verb.shared or MACHINES[kind].edge(cls.verb.name, row.state) is not None
