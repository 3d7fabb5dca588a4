"""`csdesk session`: who is signed in at a server, and an end to it."""

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.cli.token import ALL, ENDED, FOR, end, told
from csdesk.desk import access_queries as q
from csdesk.store.tokens import SESSION

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who is signed in at a server.")


@app.command("list")
def list_(
    whose: str = FOR,
    everybody: bool = ALL,
    ended: bool = ENDED,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List your sessions, or others': id, agent, from where, until when, when last used."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(q.Tokens(whose, everybody, SESSION, ended))
        answer(found, as_json, told(found, say(core, config)))


@app.command("end")
def end_(
    session: str = typer.Argument(help="Its id, as 'csdesk session list' shows it."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """End a session: whoever used it is signed out at once."""
    end(session, as_json, file, agent, language)
