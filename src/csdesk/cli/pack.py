"""`csdesk pack`: the law of a desk as its packs: staged, approved by two people, in force on their day."""

from collections.abc import Iterator
from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import law_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The law of this desk: packs and how they come into force.",
)
PACK = typer.Argument(help="A version of a pack: CN@2026-11-22.")
SOURCE = typer.Argument(None, metavar="FILE", help="The pack, a TOML file.")


@app.command("list")
def list_(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """List every version this desk has had, what a newer csdesk offers, and years without published days off."""
    from csdesk.desk.law.pack_wording import standing

    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Packs()), say(core, config)
        answer(
            found, as_json, iter([*(standing(view, words) for view in found.packs), *_notes(found, words)])
        )


def _notes(found: q.PackList, words: Words) -> Iterator[str]:
    for name in found.offered:
        yield words("pack.offered", name=name, pack=name.partition("@")[0])
    for code, years in found.unconfirmed:
        yield words("pack.unconfirmed", code=code, years=words.between.join(map(str, years)))


@app.command("show")
def show(
    pack: str = PACK,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show one version: who staged and approved it, what it changes, and which texts that touches."""
    from csdesk.desk.law.pack_wording import story

    config = settings(file, agent, language).config
    with desk(config) as core:
        told, words = core.ask(q.ShowPack(pack)), say(core, config)
        answer(told, as_json, story(told, words))


@app.command("diff")
def diff(
    old: str = typer.Argument(help="The version before: CN@2026-11-22."),
    new: str = typer.Argument(help="The version after."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Tell what changed between two versions: rules, numbers, days, articles, and the texts that they touch."""
    from csdesk.desk.law.pack_wording import compared

    config = settings(file, agent, language).config
    with desk(config) as core:
        told, words = core.ask(q.ShowPack(new, against=old)), say(core, config)
        answer(told, as_json, compared(told, words))


@app.command("stage")
def stage(
    source: Path | None = SOURCE,
    shipped: str = typer.Option("", help="The pack of this jurisdiction that came with csdesk: CN."),
    day: str = typer.Option("", help="In force from this day; its version's day or today when absent."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Put a new version before two people; it is checked whole, and nothing changes until both approve."""
    from csdesk.desk.law.pack_wording import story

    config = settings(file, agent, language).config
    text = read_text(source) if source else ""
    with desk(config) as core:
        told = core.ask(q.StagePack(text, shipped, day, str(source or "")))
        words = say(core, config)
        answer(told, as_json, iter([*story(told, words), words("pack.approve_next", name=told.view.name)]))


def read_text(path: Path) -> str:
    """The exact text of a pack's file; Refused `bad_pack` when it cannot be read."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise Refused("bad_pack", said=f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Refused("bad_pack", said=f"{path}: not UTF-8 at byte {error.start}") from None


@app.command("approve")
def approve(
    pack: str = PACK,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Approve a staged version. Two different people must; whoever staged it may be one of them."""
    from csdesk.desk.law.pack_wording import standing

    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.ApprovePack(pack)), say(core, config)
        answer(view, as_json, iter([standing(view, words)]))


@app.command("withdraw")
def withdraw(
    pack: str = PACK,
    reason: str = typer.Option(..., help="Why; kept with your name. Write nothing personal."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Take a version back before it is in force."""
    from csdesk.desk.law.pack_wording import standing

    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.WithdrawPack(pack, reason)), say(core, config)
        answer(view, as_json, iter([standing(view, words)]))
