"""`csdesk evidence`: files kept for a case by the hash of their content: added, listed, taken out."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk import evidence_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line

app = typer.Typer(help="Photos and files that prove something, kept encrypted by case.", no_args_is_help=True)
SHORT = 8


@app.command("add")
def add(
    case: str = typer.Argument(help="Case number."),
    files: list[Path] = typer.Argument(help="Photos, PDF, text, sound or video; no archives."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep files as evidence of a case; the same content is kept once. Exit 1 when any of them was refused."""
    from csdesk.effects.evidence_in import Filed, file_one, opened

    config = settings(file, agent, language).config
    filed: list[Filed] = []
    failed = 0
    with desk(config) as core:
        words = say(core, config)
        core.load(core.case_id(case))
        for path in files:
            try:
                with opened(path, follow=True) as content:
                    done = file_one(
                        core, case, content, path.name, "cli", config.evidence_limit_mb * 1_000_000
                    )
            except Refused as why:
                failed += 1
                print(f"{clean_line(path.name).text}: {words.refused(why)}", file=sys.stderr)
                continue
            filed.append(done)
            if not as_json:
                key = "cli.evidence.again" if done.again else "cli.evidence.added"
                print(words(key, name=clean_line(path.name).text, hash=done.sha256[:SHORT]))
        if as_json:
            answer(filed, True, iter(()))
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the evidence of a case; names are shown to whoever holds it."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.EvidenceOf(case)), say(core, config)
        answer(found, as_json, _listed(found, words))


@app.command("save")
def save(
    case: str = typer.Argument(help="Case number."),
    hash_: str = typer.Argument(metavar="HASH", help="The first digits of its hash, six at least."),
    to: Path = typer.Option(..., "-o", "--to", help="Where the clear file goes; never over another."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Write a file of evidence in clear; only for whoever holds the case, and it goes on record."""
    from csdesk.desk.evidence_answers import take_out

    config = settings(file, agent, language).config
    with desk(config) as core:
        sha256 = take_out(core, case, hash_, to)
        print(say(core, config)("cli.evidence.saved", path=to, hash=sha256[:SHORT]))


def _listed(found: Sequence[q.EvidenceView], words: Words) -> Iterator[str]:
    if not found:
        yield words("cli.evidence.none")
    for one in found:
        name = words("label.closed_text") if one.name is None else clean_line(one.name).text
        told = (
            one.sha256[:SHORT],
            words.moment(one.at),
            words.code("media", one.media),
            words.size(one.size),
        )
        yield "  ".join((*told, one.by, name))
