"""`csdesk caller`: who is on the telephone, by two things only they know; the case they call about; who was checked."""

from collections.abc import Iterator

import typer

from csdesk.cli.listing import line as case_line
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.caller_queries import VERIFIED, Caller, CallerChecks, TakeCaller, VerifyCaller
from csdesk.desk.words import Words
from csdesk.store.callers import Check

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Callers: check who is on the telephone.")


@app.command("verify")
def verify(
    order: str = typer.Option("", help="Order number, or four or more characters of its end."),
    waybill: str = typer.Option("", help="Waybill, or four or more characters of its end."),
    case: str = typer.Option("", help="Case number, or four or more characters of it."),
    phone: str = typer.Option("", help="Phone number, or its last four digits."),
    name: str = typer.Option("", help="The whole name."),
    email: str = typer.Option("", help="E-mail address."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Check a caller: two of these, of different sorts, must point at one customer. Exit 1 when they do not."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(VerifyCaller(order, waybill, case, phone, name, email))
        answer(found, as_json, _found(found, say(core, config), core.now()))
    if found.result != VERIFIED:
        raise typer.Exit(1)


@app.command("take")
def take(
    check: int = typer.Argument(min=1, help="Number of the check, as `caller verify` told it."),
    case: str = typer.Option("", help="An open case of the caller; absent: open an inquiry."),
    order: str = typer.Option("", help="The caller's order that the inquiry is about."),
    summary: str = typer.Option("", help="What they want, for the inquiry."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Go on with a case of a caller whom you verified, or open an inquiry; that they were verified is kept in it."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        taken = core.ask(TakeCaller(check, case, order, summary))
        told = "caller.began" if taken.began else "caller.goes_on"
        answer(taken, as_json, iter([say(core, config)(told, number=taken.number)]))


@app.command("checks")
def checks(
    of: str = typer.Option("", "--of", help="Checks of this agent, instead of your own."),
    limit: int = typer.Option(100, help="How many, the latest first."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Which callers were checked, when, by which sorts of things, and with what result; never what was said."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(CallerChecks(of, limit))
        answer(found, as_json, _checks(found, say(core, config)))


def _found(found: Caller, words: Words, now: int) -> Iterator[str]:
    if found.result != VERIFIED:
        yield words(f"caller.{found.result}", n=found.more)
        return
    yield words("caller.verified", check=found.check, until=words.short(found.until))
    for one in found.persons:
        yield "  " + "  ".join(part for part in (one.name, one.phone, one.email, one.address) if part)
    for row in found.orders:
        status = words.code("order_status", row.status)
        yield f"  {row.number}  {status}  {words.money(row.total, row.currency)}  {row.titles}"
    yield from (f"  {case_line(row, words, now)}" for row in found.cases)


def _checks(found: list[Check], words: Words) -> Iterator[str]:
    for one in found:
        sorts = words.between.join(words.code("caller_sort", sort) for sort in one.sorts)
        yield f"{one.seq:>5}  {words.moment(one.at)}  {words.code('caller_result', one.result)}  {sorts}"
    if not found:
        yield words("caller.none_checked")
