"""`csdesk person`: looking at what is masked of a customer, who looked, and what their rights over it come to."""

from collections.abc import Iterator
from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.leak_queries import SeenBy, SightingView
from csdesk.desk.look_queries import LookAlarms, Looks, LookView, Purposes, Reveal, UnusualLooks
from csdesk.desk.rights_queries import RightsPlan, RightsView
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Customers: what is masked, who looked at it, their rights.",
)
CASE = typer.Argument(help="A case of that customer, by number.")
REQUEST = typer.Argument(help="The request of that person (PR-…), by number.")


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


@app.command("seen")
def seen(
    case: str = CASE,
    limit: int = typer.Option(100, min=1, max=500, help="How many, the latest first."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Who saw anything of a customer, when, how and why: looks, files, callers, cases in hand, exports."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(SeenBy(case, limit))
        answer(found, as_json, _seen(found, say(core, config)))


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


@app.command("plan")
def plan(
    case: str = REQUEST,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """What is held of a person, and what erase_data would do with it now: nothing is changed."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(RightsPlan(case))
        answer(found, as_json, _plan(found, say(core, config)))


@app.command("export")
def export(
    case: str = REQUEST,
    to: Path = typer.Option(..., "--to", help="The file to write (mode 0600); never over another."),
    enclose: bool = typer.Option(
        False, "--enclose", help="A ZIP with the person's own files beside the JSON."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Write the copy for a person who proved who they are; once a request, and on the record before it appears."""
    from csdesk.desk.rights_export import hand_over

    config = settings(file, agent, language).config
    with desk(config) as core:
        made, words = hand_over(core, case, to, enclose=enclose), say(core, config)
        told = words(
            "cli.person.handed",
            path=to,
            orders=made.orders,
            cases=made.cases,
            files=made.files,
            hash=made.sha256,
        )
        answer(made, as_json, iter([told]))


@app.command("kept")
def kept(
    case: str = REQUEST,
    ground: str = typer.Option(..., "--ground", help="court, authority or audit."),
    letter: str = typer.Option(..., "--letter", help="The number of the letter that asks for it."),
    to: Path = typer.Option(..., "--to", help="The file to write (mode 0600); never over another."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Open what is only stored of a person, because a law asks for it; for who audits, and on the record."""
    from csdesk.desk.rights_export import open_kept

    config = settings(file, agent, language).config
    with desk(config) as core:
        made, words = open_kept(core, case, ground, letter, to), say(core, config)
        answer(made, as_json, iter([words("cli.person.kept", path=to, hash=made.sha256)]))


def _plan(found: RightsView, words: Words) -> Iterator[str]:
    yield words("rights.held", orders=found.orders, cases=found.cases, files=found.files, marks=found.marks)
    if found.withdrawn:
        yield words(
            "rights.withdrawn", what=words.between.join(words.code("item", w) for w in found.withdrawn)
        )
    if found.restrained:
        yield words("rights.restrained")
        return
    if found.busy:
        yield words("rights.busy", numbers=words.between.join(found.busy))
    if found.keep_until:
        yield words("rights.kept", until=words.moment(found.keep_until), article=found.article)
    else:
        yield words("rights.erased")


def _fields(words: Words, fields: tuple[str, ...]) -> str:
    return words.between.join(words(f"look_field.{name}") for name in fields)


def _looks(found: list[LookView], words: Words) -> Iterator[str]:
    for one in found:
        why = words.code("look", one.reason)
        yield f"{words.moment(one.at)}  {one.actor:<12}{one.number}  {_fields(words, one.fields)}  {why}"
    if not found:
        yield words("looks.none")


def _seen(found: list[SightingView], words: Words) -> Iterator[str]:
    for one in found:
        why = words.code("look", one.why) if one.why and one.how != "export" else one.why
        parts = (words.moment(one.at), f"{one.actor:<12}{words(f'leak_how.{one.how}')}", one.number,
                 words.between.join(words.code("leak_field", name) for name in one.fields), why)  # fmt: skip
        yield "  ".join(part for part in parts if part)
    if not found:
        yield words("leak.seen_by_nobody")


def _alarms(found: list[UnusualLooks], words: Words) -> Iterator[str]:
    for one in found:
        own, usual, at = f"{one.own:g}", f"{one.desk:g}", words.short(one.hour)
        yield words("board.looks", who=one.agent, at=at, n=one.looks, own=own, desk=usual)
    if not found:
        yield words("looks.no_alarm")
