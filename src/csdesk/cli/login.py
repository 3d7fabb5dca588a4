"""`csdesk login` and `csdesk logout`: let this login in to a server, and out again."""

import socket
import sys

import typer

from csdesk.cli.agent import secret
from csdesk.cli.errors import words
from csdesk.cli.options import LANGUAGE
from csdesk.cli.session import settings
from csdesk.client import credentials
from csdesk.client.entering import Waiting, by_device, by_password, sign_out
from csdesk.client.keeping import forget_server
from csdesk.client.reaching import UNIX, server_of
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.link import NotAdmitted
from csdesk.domain.text import clean_line

SERVER = typer.Argument("", help="https://HOST of the server; the configured one when absent.")


def _server(config: Config) -> str:
    if not config.server:
        raise ConfigError("login_no_server")
    server = server_of(config)
    if server.startswith(UNIX):
        raise ConfigError("login_unix", server=server)
    return server


def login_(
    server: str = SERVER,
    who: str = typer.Option("", "--as", help="Your agent's id: sign in with a password, which is asked for."),
    desk: str = typer.Option("", help="Which desk of the server; its first when absent."),
    language: str | None = LANGUAGE,
) -> None:
    """Sign in to a server: by a code that a supervisor approves, or with --as by your password."""
    config = settings(None, None, language, **({"server": server} if server else {})).config
    told, where = words(config), _server(config)
    label = f"csdesk @ {clean_line(socket.gethostname(), limit=40).text}"
    if who:
        given = by_password(where, who, secret(told("cli.password")), desk or config.desk, label)
    else:

        def show(waiting: Waiting) -> None:
            code = clean_line(waiting.user_code, limit=20).text
            print(told("cli.login_code", code=code, minutes=waiting.expires_in // 60), flush=True)
            if page := clean_line(waiting.verification_uri_complete, limit=500).text:
                print(told("cli.login_page", page=page), flush=True)

        given = by_device(where, desk or config.desk, label, show)
    credentials.keep(where, given)
    print(told("cli.login_done", who=clean_line(given.agent).text, server=where))


def logout_(server: str = SERVER, language: str | None = LANGUAGE) -> None:
    """Sign out of a server: the session ends there, and its token is forgotten here."""
    config = settings(None, None, language, **({"server": server} if server else {})).config
    told, where = words(config), _server(config)
    token = credentials.token_for(where)
    if not token:
        print(told("cli.login_none", server=where), file=sys.stderr)
        raise typer.Exit(1)
    try:
        sign_out(where, token)
    except NotAdmitted:  # it had ended already
        print(told("cli.logout_over"), file=sys.stderr)
    credentials.forget(where)
    forget_server(where)
    print(told("cli.logout_done", server=where))
