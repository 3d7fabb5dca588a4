"""`csdesk doctor terminal`: what this terminal can do for the console, and what to set where it cannot."""

import typer

from csdesk.cli.errors import words
from csdesk.cli.options import JSON, LANGUAGE
from csdesk.cli.session import answer, settings
from csdesk.domain.text import clean_line

WAIT = typer.Option(
    0.7, "--wait", min=0.1, max=30, help="Seconds that its answers may take; more over a slow line."
)


def terminal_(wait: float = WAIT, as_json: bool = JSON, language: str | None = LANGUAGE) -> None:
    """Look this terminal over within a second: size, colours, widths of signs, what it answers; say what to set."""
    from csdesk.tui.probe import examine

    told = words(settings(None, None, language).config)
    found = [
        {
            "code": one.code,
            "level": one.level,
            "detail": dict(one.detail),
            "said": told(f"terminal.{one.code}", **{k: _safe(v) for k, v in one.detail.items()}),
        }
        for one in examine(seconds=wait)
    ]
    lines = (f"{told.code('level', str(one['level']))}  {one['said']}" for one in found)
    answer(found, as_json, lines)
    if any(one["level"] == "error" for one in found):
        raise typer.Exit(1)


def _safe(value: object) -> object:
    """What the environment says is from outside too."""
    return clean_line(value).text if isinstance(value, str) else value
