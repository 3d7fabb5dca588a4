"""`csdesk demo`: a made-up desk to look at, and the console on it."""

import getpass
import os
import time
from pathlib import Path

import typer

from csdesk.cli.errors import words
from csdesk.cli.opening import console
from csdesk.cli.options import LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import settings
from csdesk.domain.cases.context import Refused

MOST_CASES = 1_000_000


def demo_(
    cases: int = typer.Option(2_000, help="How many cases, up to 1,000,000."),
    seed: int = typer.Option(0, help="The same seed makes the same desk."),
    file: Path | None = typer.Option(None, help="Where the desk goes; a folder of its own when absent."),
    open_: bool = typer.Option(True, "--open/--no-open", help="Open the console on it."),
    fresh: bool = typer.Option(False, help="Make it anew even if it is there."),
    language: str | None = LANGUAGE,
) -> None:
    """Make a believable desk with made-up people and open it; nothing can be sent from it to anybody."""
    told = words(settings(None, None, language).config)
    if not 1 <= cases <= MOST_CASES:
        raise Refused("demo_count", n=cases, most=MOST_CASES)
    home = _home(file)
    path = file or home / f"demo-{cases}-{seed}.db"
    # The demonstration keeps its own configuration, keys and spool, apart from a real desk of the same login.
    os.environ["CSDESK_HOME"] = str(home)
    if fresh:
        for left in home.glob(f"{path.name}*"):
            left.unlink()
    if not path.exists():
        _make(path, cases, seed, told("cli.making_demo"))
    if open_:
        raise typer.Exit(console(file=str(path), agent="me", language=language))
    print(told("cli.demo_made", path=path))


def _home(file: Path | None) -> Path:
    if file is not None:
        return file.resolve().parent / f".{file.name}.home"
    from platformdirs import user_data_path

    return user_data_path("csdesk") / "demo"


def _make(path: Path, cases: int, seed: int, label: str) -> None:
    from csdesk.interop.demo.make import make_demo
    from csdesk.interop.shipped import load_knowledge
    from csdesk.store.file import init, open_store

    path.parent.mkdir(parents=True, exist_ok=True)
    now = time.time_ns() // 1_000_000
    beside = path.with_name(path.name + ".making")
    for left in path.parent.glob(f"{beside.name}*"):
        left.unlink()  # an interrupted making
    init(beside, "示范客服台", "Asia/Shanghai", now)
    store = open_store(beside)
    try:
        load_knowledge(store)
        with bar(label) as step:
            make_demo(store, cases, now, step, seed=seed, me=getpass.getuser())
    finally:
        store.close()
    beside.replace(path)  # whole or not at all
    for left in path.parent.glob(f"{beside.name}*"):
        left.unlink()
