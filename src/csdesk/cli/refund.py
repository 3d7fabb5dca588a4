"""`csdesk refund`: what awaits a second person or is in doubt, and what paying a case back would come to."""

from collections.abc import Iterator
from datetime import date, tzinfo

import typer

from csdesk.cli.ledger import part, taken_off
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import approval_queries as aq
from csdesk.desk import money_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.clocks.days import end_of_day_ms
from csdesk.domain.money import BadAmount, parse

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
        mine = f"  {words('awaiting.behalf', who=one.behalf)}" if one.behalf else ""
        if not one.mine:
            mine = f"  {words('refund.not_mine', why=words(f'awaiting_why.{one.why}', who=one.who))}"
        why = f"  {words.code('reason', one.reason)}" if one.reason else ""
        money = words.money(one.minor, one.currency)
        cause, state = words.code("cause", one.cause), words.code("refund_state", one.state)
        yield f"{one.number}  {state}  {cause}  {money}  {one.by}  {words.moment(one.at)}{left}{why}{mine}"


@app.command("delegate")
def delegate(
    to: str = typer.Argument(metavar="NAME", help="The agent who approves in your place."),
    until: str = typer.Option(
        help="The last day on which they may, as 2026-11-30; at most 30 days, today included."
    ),
    limit: str = typer.Option("", help="Up to this amount, as 5000; without it up to your own limit."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Let another agent approve refunds in your place; what you gave the same agent before ends."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words, most = say(core, config), _amount(limit) if limit else 0
        given = core.ask(aq.Delegate(to, _end_of(until, core.zone), most))
        answer(given, as_json, iter([words("delegation.given", id=given.id, **_told(given, words))]))


def _amount(said: str) -> int:
    try:
        minor = parse(said, "CNY").minor
    except BadAmount:
        raise Refused("delegate_amount", said=said[:40]) from None
    if not minor:  # an amount of nothing must not come to mean all
        raise Refused("delegate_amount", said=said[:40])
    return minor


def _end_of(said: str, zone: tzinfo) -> int:
    """The end of a day in the desk's zone, UTC ms."""
    try:
        return end_of_day_ms(date.fromisoformat(said), zone)
    except (ValueError, OverflowError):
        raise Refused("bad_day", said=said[:40]) from None


def _told(given: aq.DelegationView, words: Words) -> dict[str, str]:
    return {
        "giver": given.giver,
        "to": given.to,
        "refunds": words.money(given.refunds, "CNY"),
        "compensation": words.money(given.compensation, "CNY"),
        "until": words.moment(given.until),
    }


@app.command("delegations")
def delegations(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """List who may approve refunds in whose place now, the soonest over first."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(aq.Delegations()), say(core, config)
        lines = [words("delegation.line", id=one.id, **_told(one, words)) for one in found]
        answer(found, as_json, iter(lines or [words("delegation.none")]))


@app.command("revoke")
def revoke(
    delegation: str = typer.Argument(help="Its number, or the agent to whom you gave it."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """End a delegation now: yours, one to you, or as a supervisor anybody's."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(aq.RevokeDelegation(delegation))
        print(say(core, config)("delegation.revoked"))


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
