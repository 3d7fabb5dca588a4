"""`csdesk device`: let terminals in that show a code."""

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import access_queries as q

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Terminals that wait to be let in.")
CODE = typer.Argument(help="The code on its screen, such as BCDF-GHJK.")


@app.command("list")
def list_(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """List the terminals that wait."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Devices()), say(core, config)
        answer(found, as_json, (f"{d.code}  {words.moment(d.made_at)}  {d.label}" for d in found))


@app.command("approve")
def approve(
    code: str = CODE,
    who: str = typer.Option(..., "--for", help="The agent who sits there."),
    hours: int = typer.Option(12, help="For how long, 1 to 720."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Let a terminal in as the agent who sits there. Ask that agent first: whoever started it gets in."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.ApproveDevice(code, who, hours)), say(core, config)
        answer(found, as_json, iter([words("cli.device_in", code=found.code, label=found.label, who=who)]))


@app.command("deny")
def deny(
    code: str = CODE,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Turn a terminal away."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.DenyDevice(code)), say(core, config)
        answer(found, as_json, iter([words("cli.device_out", code=found.code, label=found.label)]))
