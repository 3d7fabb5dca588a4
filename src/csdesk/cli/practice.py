"""`csdesk practice`: the console on made-up cases that can neither send nor pay, the right verdict after one's own."""

import getpass
import os
import time
from collections.abc import Iterator
from pathlib import Path

import typer

from csdesk.cli.errors import words
from csdesk.cli.opening import console
from csdesk.cli.options import JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.practice_queries import PracticeScore, Score
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

MOST_CASES = 500


def practice_(
    cases: int = typer.Option(30, help="How many cases, up to 500."),
    seed: int = typer.Option(0, help="The same seed makes the same cases."),
    file: Path | None = typer.Option(None, help="Where the desk goes; a folder of its own when absent."),
    fresh: bool = typer.Option(False, help="Begin anew."),
    open_: bool = typer.Option(True, "--open/--no-open", help="Open the console on it."),
    score: bool = typer.Option(False, help="Say how I have done, and stop."),
    agent: str = typer.Option("me", help="Whose score."),
    as_json: bool = JSON,
    language: str | None = LANGUAGE,
) -> None:
    """Decide made-up cases as on the desk; what the law says is shown after you have decided, not before."""
    told = words(settings(None, None, language).config)
    if not 1 <= cases <= MOST_CASES:
        raise Refused("practice_count", n=cases, most=MOST_CASES)
    home = _home(file)
    path = file or home / f"practice-{cases}-{seed}.db"
    # Its own configuration and keys: no setting of a real desk is read here.
    os.environ["CSDESK_HOME"] = str(home)
    if score:
        if not path.exists():
            raise Refused("no_practice", path=str(path))
        config = settings(str(path), agent, language).config
        with desk(config) as core:
            found = core.ask(PracticeScore())
            answer(found, as_json, _told(found, say(core, config)))
        return
    if fresh:
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
    if not path.exists():
        _make(path, cases, seed, told("cli.making_practice"))
    if open_:
        raise typer.Exit(console(file=str(path), agent="me", language=language))
    print(told("cli.practice_made", path=path))


def _home(file: Path | None) -> Path:
    if file is not None:
        return file.resolve().parent / f".{file.name}.home"
    from platformdirs import user_data_path

    return user_data_path("csdesk") / "practice"


def _make(path: Path, cases: int, seed: int, label: str) -> None:
    from csdesk.interop.demo.practice import make_practice, open_for
    from csdesk.interop.shipped import load_knowledge
    from csdesk.store.file import init, open_store

    path.parent.mkdir(parents=True, exist_ok=True)
    now = time.time_ns() // 1_000_000
    beside = path.with_name(path.name + ".making")
    for left in path.parent.glob(f"{beside.name}*"):
        left.unlink()  # an interrupted making
    init(beside, "练习台", "Asia/Shanghai", now, practice=True)
    store = open_store(beside)
    try:
        load_knowledge(store)
        with bar(label) as step:
            make_practice(open_for(store), cases, now, step, seed=seed, me=getpass.getuser())
    finally:
        store.close()
    beside.replace(path)  # whole or not at all
    for left in path.parent.glob(f"{beside.name}*"):
        left.unlink()


def _told(score: Score, words: Words) -> Iterator[str]:
    yield words("practice.score", decided=score.decided, agreed=score.agreed, left=score.left)
    for one in score.opposed:
        yield words(
            "practice.tried",
            number=one.number,
            reason=words.code("reason", one.reason),
            verb=words.code("verb", one.verb),
            verdict=words.code("verdict", one.outcome),
            ground=words.code("term", one.ground),
            articles=words.between.join(words.cite(article) for article in one.articles),
        )
