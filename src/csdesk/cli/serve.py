"""`csdesk serve`: the doors by which other systems bring what happened, over HTTP, until it is told to stop."""

from importlib.util import find_spec

import typer

from csdesk.cli.errors import words
from csdesk.cli.options import FILE, LANGUAGE
from csdesk.cli.session import settings
from csdesk.desk.config import ConfigError


def serve_(
    listen: str | None = typer.Option(
        None, help="host:port of this machine, or unix:/path; the setting when absent.", show_default=False
    ),
    openapi: bool = typer.Option(False, "--openapi", help="Print the API's description (OpenAPI) and end."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Take signed messages, scans and news of orders over HTTP; 'csdesk work' runs beside it and sends what is due."""
    config = settings(file, None, language, listen=listen).config
    if find_spec("uvicorn") is None or find_spec("litestar") is None:
        raise ConfigError("no_server")
    if openapi:
        from csdesk.server.openapi import body

        print(body()[0].decode())
        return
    from csdesk.server.running import run

    told = words(config)
    run(config, told, lambda where: print(told("cli.serving", where=where), flush=True))
