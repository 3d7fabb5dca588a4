"""`csdesk console`: open the console with flags."""

import typer

from csdesk.cli.opening import console
from csdesk.cli.options import AGENT, FILE, LANGUAGE

ASCII = typer.Option(False, "--ascii", help="Draw with ASCII signs only, this once; the setting is `ascii`.")


def console_(
    file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE, ascii_: bool = ASCII
) -> None:
    """Open the console, as `csdesk` alone does."""
    raise typer.Exit(console(file=file, agent=agent, language=language, ascii=ascii_ or None))
