"""`csdesk refund`: what awaits a second person or is in doubt, and what paying a case back would come to."""

from collections.abc import Iterator

import typer

from csdesk.cli.ledger import part, taken_off
from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk import money_queries as q
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Refunds that wait for somebody, and what is owed."
)


@app.command("awaiting")
def awaiting(
    limit: int = typer.Option(100, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List refunds and compensation that await a second person, and refunds in doubt, the oldest first."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.AwaitingRefunds(limit)), say(core, config)
        answer(found, as_json, _waiting(found, words, core.now()))


def _waiting(found: list[q.Waiting], words: Words, now: int) -> Iterator[str]:
    if not found:
        yield words("refund.none_awaits")
    for one in found:
        left = f"  {words.left(one.due, now)}" if one.due else ""
        mine = "" if one.mine else f"  {words('refund.not_mine')}"
        why = f"  {words.code('reason', one.reason)}" if one.reason else ""
        money = words.money(one.minor, one.currency)
        cause, state = words.code("cause", one.cause), words.code("refund_state", one.state)
        yield f"{one.number}  {state}  {cause}  {money}  {one.by}  {words.moment(one.at)}{left}{why}{mine}"


@app.command("plan")
def plan(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show what a case is owed, line by line, what may come off by its verdict, and by which payments it goes back."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.PlanRefund(case)), say(core, config)
        answer(found, as_json, _planned(found, words))


def _planned(found: q.RefundPlan, words: Words) -> Iterator[str]:
    for line in found.lines:
        worth = words.money(line.minor, found.currency)
        yield words("refund.worth", line=line.line, title=line.title, qty=line.qty, worth=worth)
    yield from taken_off(found.less, found.currency, words)
    if found.freight:
        yield words("refund.freight", amount=words.money(found.freight, found.currency))
    yield words("refund.sum", amount=words.money(found.minor, found.currency))
    yield from (f"  {part(one, found.currency, words)}" for one in found.parts)
    if found.awaits:
        yield words("refund.would_await")
    if found.refused:
        yield words(f"refused.{found.refused}", currency=found.currency)
