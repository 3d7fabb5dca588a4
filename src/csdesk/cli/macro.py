"""`csdesk macro`: several verbs under a name: kept, listed, shown, carried out on cases, forgotten."""

import shlex
from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.macro_queries import DropMacro, Macros, MacroView, RunMacro, SaveMacro, ShareMacro, Step
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Several verbs under one name: list, show, run, delete, save.",
)
NAME = typer.Argument(help="The macro's name.")


@app.command("list")
def list_(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the macros that I can use: mine, then everybody's."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(Macros()), say(core, config)
        answer(found, as_json, (_line(one, words) for one in found))


@app.command("show")
def show(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show the steps of a macro, in order."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        macros, words = core.ask(Macros()), say(core, config)
        found = next((one for one in macros if one.name == name.strip()), None)
        if found is None:
            raise Refused("no_such_macro", name=name[:40], allowed=tuple(one.name for one in macros))
        answer(found, as_json, _steps(found, words))


@app.command("run")
def run(
    name: str = NAME,
    cases: list[str] = typer.Argument(help="The cases, by number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Begin a macro on cases; the worker carries it out: on each case all steps, or none when one is refused."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        begun = core.ask(RunMacro(name, tuple(cases)))
        told = say(core, config)("cli.macro_run", name=name, n=begun.total, id=begun.id)
        answer(begun, as_json, iter([told]))


@app.command("save")
def save(
    name: str = NAME,
    steps: list[str] = typer.Argument(help="Each step in quotes: 'tag add=破损' 'reply canned=received'."),
    shared: bool = typer.Option(False, "--shared", help="For everybody; takes the right to hand out cases."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep steps under a name, in place of what it held."""
    config = settings(file, agent, language).config
    made = tuple(map(_step, steps))
    with desk(config) as core:
        kept = core.ask(SaveMacro(name, made, shared))
        answer(kept, as_json, iter([_line(kept, say(core, config))]))


@app.command("delete")
def delete(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Forget a macro."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(DropMacro(name))
        answer({"deleted": name}, as_json, iter([say(core, config)("cli.macro_deleted", name=name)]))


@app.command("share")
def share(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Make a macro of yours everybody's; takes the right to hand out cases."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        kept = core.ask(ShareMacro(name))
        answer(kept, as_json, iter([_line(kept, say(core, config))]))


def _step(said: str) -> Step:
    """One step as it is typed: VERB name=value …, values with blanks in quotes."""
    try:
        verb, *pairs = shlex.split(said)
    except ValueError:
        raise typer.BadParameter(f"{said!r} is not VERB name=value …") from None
    entered: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not name=value")
        entered[name] = value
    return Step(verb, entered)


def _line(one: MacroView, words: Words) -> str:
    steps = " → ".join(words.code("verb", step.verb) for step in one.steps)
    return f"{one.name}  {words('macro.shared' if one.shared else 'macro.mine')}  {steps}"


def _steps(one: MacroView, words: Words) -> Iterator[str]:
    for n, step in enumerate(one.steps, 1):
        told = "  ".join(f"{words.code('field', name)}={value}" for name, value in step.entered.items())
        yield f"{n}. {words.code('verb', step.verb)}  {told}".rstrip()
