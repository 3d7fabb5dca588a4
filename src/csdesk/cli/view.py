"""`csdesk view`: filters under a name: listed, kept, forgotten; `csdesk case list --view` uses one."""

from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.core import Core
from csdesk.desk.filter_queries import DropView, KeepView, ViewKept, Views
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Filters under a name: list, keep, delete."
)
NAME = typer.Argument(help="The view's name.")


def named(core: Core, name: str) -> ViewKept:
    """A view that I can use. Refused `no_such_view`."""
    every = core.ask(Views())
    found = next((view for view in every if view.called == name.strip()), None)
    if found is None:
        raise Refused("no_such_view", name=name[:40], allowed=tuple(view.called for view in every))
    return found


@app.command("list")
def list_(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the views that I can use: mine, then everybody's."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(Views()), say(core, config)
        answer(found, as_json, (_line(view, words) for view in found))


@app.command("keep")
def keep(
    name: str = NAME,
    wanted: str = typer.Argument(help="A filter, such as 'kind:return due:<2h'.", metavar="filter"),
    columns: str = typer.Option(
        "", "--columns", help="Columns with commas between; the usual ones when absent."
    ),
    shared: bool = typer.Option(False, "--shared", help="For everybody; takes the right to hand out cases."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep a filter under a name, in place of the one of the same name."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        chosen = tuple(name for name in columns.replace(" ", "").split(",") if name)
        kept = core.ask(KeepView(name, wanted, chosen, shared))
        answer(kept, as_json, iter([_line(kept, say(core, config))]))


@app.command("delete")
def delete(
    name: str = NAME,
    shared: bool = typer.Option(False, "--shared", help="Everybody's, not mine of the same name."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Forget a view."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(DropView(name, shared))
        answer(None, False, _gone(name, say(core, config)))


def _gone(name: str, words: Words) -> Iterator[str]:
    yield words("cli.view_gone", name=name.strip())


def _line(view: ViewKept, words: Words) -> str:
    shared = f"  {words('cli.view_shared')}" if view.shared else ""
    columns = f"  [{', '.join(view.columns)}]" if view.columns else ""
    return f"{view.called}  {view.filter}{columns}{shared}"
