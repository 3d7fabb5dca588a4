"""`csdesk policy`: articles taken in, looked over, reviewed after a change of law; what choices taught the search."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import typer

from csdesk.cli.embed import embed
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import law_queries as q
from csdesk.desk.config import Config
from csdesk.desk.entry import desk_file
from csdesk.desk.words import Words
from csdesk.domain.value import dataclass, replace
from csdesk.interop.knowledge import Problem

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Import, check and review articles and canned replies."
)
app.command("embed")(embed)
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
    where = desk_file(config) if of_desk or not config.server else None
    if of_desk or (folder is None and where is not None and (not isinstance(where, Path) or where.exists())):
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


@app.command("learned")
def learned(
    forget: str = typer.Option("", metavar="ID", help="Forget what choices taught of this article."),
    forget_all: bool = typer.Option(False, help="Forget what choices taught of every article."),
    limit: int = typer.Option(50, min=1, max=1000, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the articles that agents' choices lift, with the words that led to them; or forget it."""
    from csdesk.desk import learning_queries

    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if forget or forget_all:
            gone = core.ask(learning_queries.ForgetLearned("" if forget_all else forget))
            answer({"forgotten": gone}, as_json, iter([words.count("policy.forgotten", gone)]))
            return
        found = core.ask(learning_queries.Learned(limit))
        lines = (
            f"{one.id}  {one.law} {one.article_no}  "
            + words("policy.taught", questions=one.questions, uses=one.uses, day=words.moment(one.at)[:10])
            + f"  {' '.join(one.terms[:12])}"
            for one in found
        )
        answer(found, as_json, lines if found else iter([words("policy.nothing_learned")]))


@app.command("import")
def import_(
    path: Path = typer.Argument(metavar="FILE", help="A law or rule: .md .txt .docx .pdf .jsonl .csv"),
    dry_run: bool = typer.Option(False, help="Show what would change, article by article; write nothing."),
    title: str = typer.Option("", help="Its full name, where the file does not say it."),
    since: str = typer.Option(
        "", metavar="DAY", help="In force from (2026-11-22), where the file does not say."
    ),
    source: str = typer.Option("", help="The platform or collection it is from."),
    confidence: str = typer.Option("statute", help="statute, promise, policy or interpretation."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Take in a law or a platform's rules, article by article; again, and only what changed is written."""
    from csdesk.cli.statute import told
    from csdesk.interop import statute_files, statute_import
    from csdesk.interop.texts import CONFIDENCES

    if confidence not in CONFIDENCES:
        raise typer.BadParameter(f"one of {', '.join(CONFIDENCES)}", param_hint="--confidence")
    try:
        day = date.fromisoformat(since).isoformat() if since else ""
    except ValueError:
        raise typer.BadParameter(f"{since!r} is no day such as 2026-11-22", param_hint="--since") from None
    config = settings(file, agent, language).config
    provisions = [
        replace(
            one, law=title or one.law, effective_from=day or one.effective_from, source=source or one.source
        )
        for one in statute_files.read(path)
    ]
    with desk(config) as core:
        planned, words = statute_import.plan(core, provisions, confidence), say(core, config)
        if not dry_run:
            statute_import.carry_out(core, planned)
        answer(planned.changes, as_json, told(planned.changes, words, dry_run=dry_run))
