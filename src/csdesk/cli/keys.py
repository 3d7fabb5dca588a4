"""`csdesk keys`: the master keys of a desk, changed while others work, and old ones retired."""

from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import key_keeping as keeping
from csdesk.desk.entry import key_source
from csdesk.desk.words import Words
from csdesk.store.keys import named
from csdesk.store.rotation import MasterKey, Rotated, left, place, under_way

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Master keys: which there are, a new one, an old one gone.",
)


@app.command("list")
def list_(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """The master keys by their ids: which wraps, since when, how many persons each wraps. Never a key itself."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        found = keeping.keys(core, key_source(config))
        answer(found, as_json, (_line(one, words) for one in found))


def _line(one: MasterKey, words: Words) -> str:
    state = "gone" if one.retired_at else "current" if one.current else "old"
    since = words.moment(one.since) if one.since else words("cli.keys.unknown")
    told = words(
        "cli.keys.line", key=one.key_id, state=words(f"cli.keys.{state}"), since=since, n=one.persons
    )
    return told if one.here or one.retired_at else f"{told}  {words('cli.keys.missing')}"


@app.command("status")
def status(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Where the keys come from, and whether a rotation waits to be ended."""
    config = settings(file, agent, language).config
    source = key_source(config)
    with desk(config) as core:
        words, conn = say(core, config), core.store.conn
        current = next(one.key_id for one in keeping.keys(core, source) if one.current)
        told = {
            "source": named(place(core.store, source)),
            "current": current,
            "rotating": under_way(conn, core.desk),
            "left": left(conn, core.desk),
        }
        code = "cli.keys.rotating" if told["rotating"] or told["left"] else "cli.keys.settled"
        line = words(code, key=current, source=told["source"], n=told["left"])
        answer(told, as_json, iter((line,)))


@app.command("rotate")
def rotate(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Go over to a new master key while others work; cut off, the next `rotate` goes on where it was."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        with bar(words("cli.keys.wrapping")) as step:
            done = keeping.rotate(core, key_source(config), step)
        answer(done, as_json, _rotated(done, words))
    if done.broken:
        raise typer.Exit(1)


def _rotated(done: Rotated, words: Words) -> Iterator[str]:
    yield words("cli.keys.rotated", key=done.key_id, n=done.persons)
    if done.broken:
        yield words("cli.keys.broken", n=len(done.broken), first=done.broken[0])


@app.command("retire")
def retire(
    key_id: str = typer.Argument(help="The id of the key, as `keys list` tells it."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Forget an old master key; refused while it is in use or anything is wrapped by it."""
    config = settings(file, agent, language).config
    source = key_source(config)
    with desk(config) as core:
        words = say(core, config)
        removed = keeping.retire(core, source, key_id)
        where = named(place(core.store, source))
        print(words("cli.keys.retired" if removed else "cli.keys.retired_here", key=key_id, source=where))


@app.command("next")
def next_(
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Print the document of the keys with a new one in it, for a vault that csdesk only reads. It is secret."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        print(keeping.next_document(core, key_source(config)))
