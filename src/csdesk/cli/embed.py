"""`csdesk policy embed`: vectors of the desk's articles, for search by meaning."""

import sys

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import answer, desk, say, settings


def embed(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say how many articles wait for a vector."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Make vectors of new and changed articles, for search by meaning; may be broken off and goes on the next time."""
    from csdesk.search import semantic

    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if not semantic.installed():
            print(words("embed.not_installed"), file=sys.stderr)
            raise typer.Exit(1)
        from csdesk.desk import embedding

        model = semantic.model()
        if dry_run:
            found = embedding.outstanding(core, model)
            told = words("embed.waiting", count=found.pending, articles=found.articles)
        else:
            with bar(words("embed.making")) as step:
                found = embedding.embed(core, model, step)
            told = words("embed.done", count=found.done, articles=found.articles, gone=found.gone)
            if not config.semantic:
                told = f"{told} {words('embed.off')}"
        answer(found, as_json, iter([told]))
