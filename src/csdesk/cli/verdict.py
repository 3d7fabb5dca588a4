"""`csdesk case verdict`: what the consumer of a case is owed, from what the case and its order tell."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused


def verdict(
    case: str = typer.Argument(help="Case number."),
    line: int = typer.Option(0, help="Which line of the order; the case's first when absent."),
    what_if: list[str] = typer.Option(
        [], "--fact", help="A fact as name=value, instead of what the case tells."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say what the consumer is owed, by which article, and which facts are still missing; nothing is kept."""
    from csdesk.domain.entitlement.decision import BadFacts
    from csdesk.domain.entitlement.decision import as_json as as_answer

    config = settings(file, agent, language).config
    with desk(config) as core:
        words, instead = say(core, config), tuple(map(_fact, what_if))
        found = core.ask(q.ShowVerdict(case, line, instead))
        if found.hidden:
            raise Refused("practice_hidden")
        judged = found.judged
        known = core.ask(q.ShowCase(case, timeline=False)).case
    if judged is None:
        raise Refused("no_question", kind=known.kind, reason=known.reason)
    if isinstance(judged.decision, BadFacts):
        from csdesk.desk.law.wording import fault

        raise typer.BadParameter("; ".join(fault(error, words) for error in judged.decision.errors))
    told = {"facts": judged.facts, **as_answer(judged.decision)}
    answer(told, as_json, _told(judged.facts, judged.decision, words))


def _fact(pair: str) -> tuple[str, str | bool]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise typer.BadParameter(f"{pair!r} is not name=value")
    return name, {"true": True, "false": False}.get(value, value)


def _told(facts: Mapping[str, object], decision: Any, words: Words) -> Iterator[str]:
    from csdesk.desk.law.wording import explanation

    yield "  ".join(f"{name}={value}" for name, value in facts.items())
    yield from explanation(decision, words)
