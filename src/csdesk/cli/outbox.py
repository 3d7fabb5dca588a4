"""`csdesk outbox`: what the worker gave up: listed, tried again, or left for good with a reason."""

from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.outbox_queries import DeadLetter, DeadLetters, DropJob, RetryJob
from csdesk.desk.outbox_words import fault
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What the worker gave up: list, try again, drop."
)
KEY = typer.Argument(help="The job, as the list names it: clock:…, wake:…")


@app.command("list")
def list_(
    limit: int = typer.Option(100, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List jobs that were given up, the oldest first: when, which case, what, why, after how many tries."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(DeadLetters(limit)), say(core, config)
        answer(found, as_json, _lines(found, words))


@app.command("retry")
def retry(
    key: str = KEY,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Have a job tried again; the worker takes it with its next turn."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(RetryJob(key))
        answer({"key": key, "state": "ready"}, as_json, iter([say(core, config)("outbox.retried", key=key)]))


@app.command("drop")
def drop(
    key: str = KEY,
    reason: str = typer.Option(..., help="Why it need not be done any more; kept."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Take a job off the list for good, with the reason."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(DropJob(key, reason))
        told = say(core, config)("outbox.dropped", key=key)
        answer({"key": key, "state": "dropped"}, as_json, iter([told]))


def _lines(found: list[DeadLetter], words: Words) -> Iterator[str]:
    if not found:
        yield words("outbox.none")
    for one in found:
        yield words(
            "outbox.line",
            at=words.moment(one.at),
            number=one.number,
            kind=words.code("job", one.kind),
            why=fault(words, one.reason),
            n=one.tries,
        )
        yield f"  {one.key}" + ("" if one.again else f"  {words('outbox.in_case')}")
