"""`csdesk config`: every setting, its value, and where the value is from."""

import typer

from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, settings
from csdesk.desk.config import config_file, docs

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the configuration.")


@app.command("show")
def show(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """Show every setting with its value, where it is from, and what it means."""
    loaded = settings(file, agent, language)
    found = [
        {
            "name": name,
            "value": getattr(loaded.config, name),
            "from": loaded.origins[name],
            "type": type_,
            "about": about,
        }
        for name, type_, _, about in docs()
    ]
    lines = (f"{s['name']} = {s['value']!r}  ({s['from']})\n    {s['about']}" for s in found)
    answer(found, as_json, iter([f"# {config_file()}", *lines]))
