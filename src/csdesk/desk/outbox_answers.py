"""How a local desk answers about jobs that the worker gave up."""

from csdesk.desk import outbox_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.ids import number
from csdesk.domain.text import clean_line
from csdesk.store import feed, outbox

MOST_LETTERS = 500
MOST_REASON = 500
# The worker told the case that these failed: run once more they would find nothing to do, so a verb does them anew.
TOLD_IN_CASE = frozenset({"message", "refund", "order", "carrier"})


@answers(q.DeadLetters)
def dead_letters(core: Core, ask: q.DeadLetters) -> list[q.DeadLetter]:
    conn, desk = core.store.conn, core.desk
    found = outbox.failed(conn, desk, min(max(ask.limit, 1), MOST_LETTERS))
    ids = tuple(dict.fromkeys(job.case for job in found if job.case))
    numbers = {row.id: number(Kind(row.kind).letters, row.body) for row in feed.rows(conn, desk, ids)}
    return [
        q.DeadLetter(
            job.key,
            job.kind,
            job.case if job.case in numbers else "",
            numbers.get(job.case, ""),
            job.at,
            job.tries,
            clean_line(job.reason, limit=MOST_REASON).text,
            job.kind not in TOLD_IN_CASE,
        )
        for job in found
    ]


@answers(q.RetryJob)
def retry_job(core: Core, ask: q.RetryJob) -> None:
    job = _failed(core, ask.key)
    if job.kind in TOLD_IN_CASE:
        raise Refused("told_in_case", key=job.key)
    outbox.ruled(core.store.conn, core.desk, job, core.now(), core.me.id, "retry", "")
    outbox.retry(core.store.conn, core.desk, job.key, core.now())


@answers(q.DropJob)
def drop_job(core: Core, ask: q.DropJob) -> None:
    job = _failed(core, ask.key)
    reason = clean_line(ask.reason, limit=MOST_REASON).text.strip()
    if not reason:
        raise Refused("drop_reason")
    outbox.ruled(core.store.conn, core.desk, job, core.now(), core.me.id, "drop", reason)
    outbox.drop(core.store.conn, core.desk, job.key)


def _failed(core: Core, key: str) -> outbox.Failed:
    job = outbox.find_failed(core.store.conn, core.desk, key)
    if job is None:
        raise Refused("no_such_job", key=key[:80])
    return job
