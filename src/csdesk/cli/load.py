"""`csdesk import`: orders and all that belongs to them, scans of parcels, articles, replies, complaints, by a map."""

from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import desk, say, settings


def import_(
    files: list[Path] = typer.Argument(
        help="Files to read (JSON, JSON lines, CSV, also .gz), or folders of them."
    ),
    map_: str = typer.Option(
        ...,
        "--map",
        help="A shipped map (retail, zendesk, articles, canned …), or a map file of yours.",
    ),
    dry_run: bool = typer.Option(False, help="Read and check everything, write nothing."),
    overlay: str = typer.Option("", help="Made-up data over the source's own, labelled as such: retail_cn."),
    rejects: Path | None = typer.Option(
        None, help="Where bad records are named; beside the first file or folder when absent."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Import records: good ones go in, bad ones go to the rejects file; a second run changes nothing."""
    from csdesk.interop.command import import_files

    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        with bar(words("cli.reading")) as step:
            done = import_files(
                core, files, map_, dry_run=dry_run, overlay=overlay, rejects=rejects, progress=step
            )
    raise typer.Exit(done.tell(words, as_json))
