"""`csdesk console`: open the console with flags."""

import typer

from csdesk.cli.opening import console
from csdesk.cli.session import AGENT, FILE, LANGUAGE


def console_(file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE) -> None:
    """Open the console, as `csdesk` alone does."""
    raise typer.Exit(console(file=file, agent=agent, language=language))
