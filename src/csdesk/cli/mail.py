"""`csdesk mail fetch | check`: look into the mailboxes now, and what would become of a mail in a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from csdesk.cli.errors import words
from csdesk.cli.options import FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, settings
from csdesk.desk.config import ConfigError
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

app = typer.Typer(no_args_is_help=True, help="Mail: mailboxes and single mails.")


@app.command()
def fetch(
    once: bool = typer.Option(False, help="Look once, then stop; else again and again."),
    as_json: bool = JSON,
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Take what is new in the configured mailboxes, as the worker does."""
    import time

    from csdesk.effects.mail.post import inbox_of

    config = settings(file, None, language).config
    told = words(config)
    with desk(config, system=True) as core:
        inbox = inbox_of(core, config)
        if inbox is None:
            raise ConfigError("config_mail", name="mail_in", reason="missing")
        while True:
            looked = inbox.look()
            said = {
                "taken": looked.taken, "refused": looked.refused, "waiting": looked.waiting, "away": looked.away,
            }  # fmt: skip
            answer(said, as_json, iter([told("cli.mail_looked", **said)]))
            if once:
                break
            time.sleep(config.mail_seconds)
    if looked.away or looked.waiting:
        raise typer.Exit(1)


@app.command()
def check(
    mail: Path = typer.Argument(metavar="FILE", help="The mail as it came (.eml)."),
    as_json: bool = JSON,
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Say what would become of a mail; nothing is kept, and nothing is sent."""
    from csdesk.effects.mail.post import MB, reader_of
    from csdesk.effects.mail.reading import Refusal

    config = settings(file, None, language).config
    told = words(config)
    with desk(config, system=True) as core:
        try:
            with mail.open("rb") as raw:
                start = raw.read(config.mail_limit_mb * MB)
            size = mail.stat().st_size
        except OSError as exc:
            raise Refused("mail_unreadable", path=mail, why=exc.strerror or type(exc).__name__) from None
        read = reader_of(core, config).read(start, size=size)
        if isinstance(read, Refusal):
            refusal = {"id": read.id, "refused": read.reason}
            answer(refusal, as_json, iter([told("cli.mail_refused", why=_reason(told, read.reason))]))
            raise typer.Exit(1)
        document: dict[str, Any] = {"inbound": read.inbound, "settles": read.settles}
        answer(document, as_json, _lines(told, document))


def _reason(told: Words, reason: str) -> str:
    return told(f"mail.refused.{reason}")


def _lines(told: Words, document: dict[str, Any]) -> Iterator[str]:
    inbound = document["inbound"]
    yield f"{inbound.sender.name} <{inbound.sender.email}>".strip()
    yield inbound.subject
    yield told(f"mail.nature.{inbound.nature}")
    yield told("cli.mail_thread") if inbound.thread else told("cli.mail_new")
    for settled in document["settles"]:
        yield f"{told.code('state', settled.state)} {settled.reason}".strip()
    for mark in inbound.marked:
        code, _, what = mark.partition(":")
        yield f"! {told(f'mail.mark.{code}')} {what}".strip()
    for file in inbound.attached:
        yield f"+ {file.name} {file.media} {file.size}"
    yield ""
    yield inbound.text
