"""`csdesk person`: looking at what is masked of a customer, and who looked."""

from collections.abc import Iterator

import typer

from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk.look_queries import LookAlarms, Looks, LookView, Purposes, Reveal, UnusualLooks
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Customers: what is masked, and who looked at it."
)
CASE = typer.Argument(help="A case of that customer, by number.")


@app.command("reveal")
def reveal(
    case: str = CASE,
    reason: str = typer.Option("", help="Why; absent: list the reasons that you can give here."),
    only: str = typer.Option(
        "", "--only", help="Fewer fields than the reason opens: name,phone,email,address."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Look at what is masked of the customer of a case that you hold or have. The look is kept, with its reason."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if not reason:
            may = core.ask(Purposes(case))
            told = (
                f"{one.code:<12}{words.code('look', one.code)}  {_fields(words, one.fields)}"
                for one in may.purposes
            )
            answer(may, as_json, told)
            return
        fields = tuple(part for part in only.replace("，", ",").split(",") if part.strip())
        seen = core.ask(Reveal(case, reason, tuple(part.strip() for part in fields)))
        lines = (f"{words(f'look_field.{name}')}  {value}" for name, value in seen.values)
        answer(seen, as_json, lines)


@app.command("looks")
def looks(
    case: str = typer.Argument("", help="A case of the customer, by number; absent: your own looks."),
    of: str = typer.Option("", "--of", help="What this agent looked at, instead of at whom."),
    limit: int = typer.Option(100, help="How many, the latest first."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Who looked at a customer's data, when, at what and why; or what an agent looked at."""
    if case and of:
        raise typer.BadParameter("a case, or --of an agent")
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(Looks(case, of, limit))
        answer(found, as_json, _looks(found, say(core, config)))


@app.command("alarms")
def alarms(
    days: int = typer.Option(1, help="Of so many days, up to 90."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Hours in which somebody looked at masked data far more often than they and the desk usually do."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(LookAlarms(days))
        answer(found, as_json, _alarms(found, say(core, config)))


def _fields(words: Words, fields: tuple[str, ...]) -> str:
    return words.between.join(words(f"look_field.{name}") for name in fields)


def _looks(found: list[LookView], words: Words) -> Iterator[str]:
    for one in found:
        why = words.code("look", one.reason)
        yield f"{words.moment(one.at)}  {one.actor:<12}{one.number}  {_fields(words, one.fields)}  {why}"
    if not found:
        yield words("looks.none")


def _alarms(found: list[UnusualLooks], words: Words) -> Iterator[str]:
    for one in found:
        own, usual, at = f"{one.own:g}", f"{one.desk:g}", words.short(one.hour)
        yield words("board.looks", who=one.agent, at=at, n=one.looks, own=own, desk=usual)
    if not found:
        yield words("looks.no_alarm")
