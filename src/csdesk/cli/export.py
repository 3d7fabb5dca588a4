"""`csdesk export`: cases, replies and events as JSON lines or CSV, for sheets, warehouses and other desks."""

import os
from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, LANGUAGE
from csdesk.cli.session import desk, settings
from csdesk.domain.cases.context import Refused


def export_(
    table: str = typer.Argument(help="cases, replies or events."),
    format_: str = typer.Option("jsonl", "--format", help="jsonl or csv."),
    queue: str = typer.Option("", help="Only cases of this queue."),
    to: Path | None = typer.Option(None, help="The file to write; what is printed when absent."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Write what the desk holds, masked; the words of a case only for whoever holds it or is its assignee."""
    from csdesk.interop.export import TABLES, export, to_stdout

    if table not in TABLES:
        raise Refused("bad_choice", field="table", value=table[:80], allowed=tuple(TABLES))
    if format_ not in ("jsonl", "csv"):
        raise Refused("bad_choice", field="format", value=format_[:80], allowed=("jsonl", "csv"))
    with desk(settings(file, agent, language).config) as core:
        if to is None:
            export(core, table, format_, to_stdout(), queue)  # type: ignore[arg-type]
            return
        # Whole or not at all; for nobody else's eyes, since masked is not anonymous.
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                export(core, table, format_, out, queue)  # type: ignore[arg-type]
            part.replace(to)
        except OSError as exc:
            raise Refused(
                "export_unwritable", path=str(to), reason=exc.strerror or type(exc).__name__
            ) from None
        finally:
            part.unlink(missing_ok=True)
