"""Opening the console: what `csdesk` alone does, without Typer and without anything slow before the screen."""

import sys

from csdesk.cli.errors import failed


def console(**flags: str | bool | None) -> int:
    """Open the console; the exit code."""
    from csdesk.desk.config import load
    from csdesk.tui.launch import launch

    try:
        return launch(load(flags).config)
    except Exception as exc:
        told = failed(exc)
        if told is None:
            raise
        print(told, file=sys.stderr)
        return 1
