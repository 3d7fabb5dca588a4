"""`csdesk case clocks`: every deadline of a case, who set it, and how it was counted, step by step."""

from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.clock_queries import ClockTold, ExplainClocks
from csdesk.desk.words import Words


def clocks(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Explain the deadlines of a case: set by law, a letter, a promise or the desk itself, and counted how."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(ExplainClocks(case)), say(core, config)
        answer(found, as_json, _told(found, words))


def _told(found: list[ClockTold], words: Words) -> Iterator[str]:
    from csdesk.desk.law.wording import line

    if not found:
        yield words("cli.no_clocks")
    for told in found:
        clock = told.clock
        yield words(
            f"cli.clock.{told.state}",
            clock=words.code("clock", clock.name),
            ref=clock.ref,
            owner=clock.owner if clock.basis == "notice" else "",
            basis=words.code("basis", clock.basis),
            article=clock.article,
            due=words.moment(clock.due),
            left=words.left(clock.due, clock.due - told.left),
        )
        yield from (f"  {n}. {line(step, words)}" for n, step in enumerate(told.steps, 1))
