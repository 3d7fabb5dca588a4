"""`csdesk import`: customers, products, orders, articles, replies and complaints from files, by a map."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from csdesk.cli.progress import bar
from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk.words import Words

if TYPE_CHECKING:
    from csdesk.interop.importer import Report

# A person reads so many changes; --json has all.
MOST_CHANGES = 20


def import_(
    files: list[Path] = typer.Argument(help="Files to read: JSON, JSON lines, CSV, also .gz."),
    map_: str = typer.Option(..., "--map", help="retail, articles, canned, complaints, or a map file of yours."),
    dry_run: bool = typer.Option(False, help="Read and check everything, write nothing."),
    overlay: str = typer.Option("", help="Made-up data over the source's own, labelled as such: retail_cn."),
    rejects: Path | None = typer.Option(None, help="Where bad records are named; beside the first file when absent."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Import records: good ones go in, bad ones go to the rejects file; a second run changes nothing."""
    from csdesk.interop.importer import run_import

    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        with bar(words("cli.reading")) as step:
            report = run_import(
                core, files, map_, dry_run=dry_run, overlay=overlay, rejects_path=rejects, progress=step
            )
    answer(report, as_json, _told(report, words))


def _told(report: "Report", words: Words) -> Iterator[str]:
    for read in report.files:
        counts = {n: getattr(read, n) for n in ("records", "added", "changed", "unchanged", "rejected")}
        key = "cli.imported_dry" if report.dry_run else "cli.imported"
        yield words(key, path=read.path, entity=words.code("entity", read.entity), **counts)
    for change in report.changes[:MOST_CHANGES]:
        entity = words.code("entity", change.entity)
        yield words("cli.changed", entity=entity, name=change.name, fields="、".join(change.fields))
    if len(report.changes) > MOST_CHANGES:
        yield words("cli.changed_more", n=len(report.changes) - MOST_CHANGES)
    if report.told:
        yield words("cli.cases_told", n=report.told)
    if report.rejects_path:
        yield words("cli.rejects", n=len(report.rejects), path=report.rejects_path)
