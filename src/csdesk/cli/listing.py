"""`csdesk case list`: by itself, since scripts ask it often; what it imports is what everybody waits for."""

from csdesk.cli.line import AGENT, FILE, JSON, LANGUAGE, Argument, Option
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.queue_queries import QueuePage
from csdesk.desk.words import Words
from csdesk.domain import ids
from csdesk.domain.cases.kind import Kind
from csdesk.store.feed import FILTER, Row


def number(kind: str, body: str) -> str:
    """The case number as people say it."""
    return ids.number(Kind(kind).letters, body)


def list_(
    queue: str = Argument("all", help="returns, exchanges, repairs, complaints, inquiries, mine or all."),
    limit: int = Option(50, "--limit", min=1, max=500, help="How many."),
    wanted: str = Option(
        "", "--filter", help="Only what fits, such as 'kind:return due:<2h 破损'; docs/reference/filters.md."
    ),
    view: str = Option("", "--view", help="Only what fits a view of this name."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List live cases of a queue, the nearest deadline first, or what a filter lets through."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        if view:
            from csdesk.cli.view import named

            wanted = named(core, view).filter
        queue = FILTER + wanted if wanted or view else queue
        rows, words, now = core.ask(QueuePage(queue, limit)), say(core, config), core.now()
        found = [{"number": number(row.kind, row.body), "row": row} for row in rows]
        answer(found, as_json, (line(row, words, now) for row in rows))


def line(row: Row, words: Words, now: int) -> str:
    """A case in one line of text."""
    due = words.left(row.due, now) if row.timed else "–"
    state, money = words.code("state", row.state), words.money(row.amount, row.currency)
    return f"{number(row.kind, row.body)}  {due}  {state}  {row.subject or row.order_number}  {money}  {row.assignee}"
