"""`csdesk policy`: the desk's articles and canned replies looked over, and reviewed after a change of law."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import typer

from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk import law_queries as q
from csdesk.desk.config import Config
from csdesk.desk.entry import desk_file
from csdesk.desk.words import Words
from csdesk.interop.knowledge import Problem

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check articles and canned replies.")
FOLDER = typer.Option(None, help="A folder with articles.toml, canned.toml and forbidden.toml of your own.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: the file ("" for the desk's library), the entry, its field, and a sentence."""

    file: str
    entry: str
    field: str
    code: str
    said: str


@app.command("check")
def check(
    folder: Path | None = FOLDER,
    of_desk: bool = typer.Option(False, "--desk", help="The library of the desk instead of files."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Find dead citations, slots, guards and phrases that must not be said, and texts that a change of law touched."""
    from csdesk.cli.errors import words as plain_words

    config = settings(file, agent, language).config
    words = plain_words(config)
    faults: list[Fault] = []
    # The desk's flags concern no folder, and there may be no desk yet.
    if not of_desk:
        faults += _files(folder, words)
    if of_desk or (folder is None and desk_file(config).exists()):
        faults += _of_desk(config, of_desk)
    answer(faults, as_json, _told(faults, words))
    if faults:
        raise typer.Exit(1)


def _files(folder: Path | None, words: Words) -> Iterator[Fault]:
    from csdesk.interop.checking import by_file, check_folder, home
    from csdesk.interop.knowledge import KnowledgeError

    try:
        problems = check_folder(folder, datetime.now(UTC).astimezone().date())
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    for path, problem in by_file(problems, home(folder)):
        yield _fault(path, problem, words)


def _of_desk(config: Config, library: bool) -> Iterator[Fault]:
    from csdesk.desk.law.pack_wording import touched
    from csdesk.interop.checking import check_library

    with desk(config) as core:
        words = say(core, config)
        if library:
            today = date.fromisoformat(words.moment(core.now())[:10])
            yield from (_fault("", problem, words) for problem in check_library(core.store, today))
        for one in core.ask(q.FlaggedTexts()):
            said = words("check.touched", pack=one.pack, at=words.moment(one.begins), id=one.text.id)
            yield Fault("", one.text.id, one.text.kind, "touched", f"{touched(one.text, words)} {said}")


def _fault(path: str, problem: Problem, words: Words) -> Fault:
    said = words(f"check.{problem.code}", **problem.args)
    return Fault(path, problem.id, problem.field, problem.code, said)


def _told(faults: list[Fault], words: Words) -> Iterator[str]:
    for fault in faults:
        where = fault.file or words("check.library")
        yield (
            fault.said if fault.code == "touched" else f"{where}  {fault.entry}  {fault.field}  {fault.said}"
        )
    yield words.count("check.faults", len(faults)) if faults else words("check.sound")


@app.command("reviewed")
def reviewed(
    texts: list[str] = typer.Argument(metavar="ID", help="Articles or canned replies that were looked at."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say that texts touched by a change of law were looked at and stand; kept with your name."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        done, words = core.ask(q.ReviewTexts(tuple(texts))), say(core, config)
        answer(done, as_json, iter([words("check.reviewed", ids=words.between.join(done))]))
