"""`csdesk decide replay`: which open cases come out differently under another pack, or on another day."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, LANGUAGE
from csdesk.cli.session import as_json, desk, say, settings
from csdesk.desk import law_queries as q
from csdesk.desk.core import Core
from csdesk.desk.law.staging import named
from csdesk.desk.words import Words
from csdesk.domain.entitlement.decision import plain
from csdesk.domain.value import replace


def replay_(
    pack: str = typer.Option("", help="A version of a pack (CN@2027-01-01), or the file of one."),
    on: str = typer.Option("", help="As of the beginning of this day: 2027-01-01."),
    queue: str = typer.Option("", help="Only the cases of this queue."),
    as_lines: bool = typer.Option(
        False, "--json", help="One changed line of a case a line, in JSON; the total last."
    ),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Decide every open case now and under another law, and list those that change. Nothing is kept."""
    config = settings(file, agent, language).config
    # A file of that name is meant only when it is no version: CN@2027-01-01.
    text = _text(pack) if pack and named(pack) is None else ""
    ask = q.ReplayCases("" if text else pack, text, on, queue, source=pack or "pack")
    seen = changed = lines = 0
    with desk(config) as core:
        words = say(core, config)
        for page in _pages(core, ask):
            seen, lines = seen + page.seen, lines + len(page.changed)
            changed += len({told.case for told in page.changed})
            for told in page.changed:
                _write(_json(told) if as_lines else "\n".join(_lines(told, words)))
    total = {"open": seen, "changed": changed, "lines": lines}
    _write(as_json(total) if as_lines else words("replay.total", **total))


def _pages(core: Core, ask: q.ReplayCases) -> Iterator[q.ReplayPage]:
    """One page in memory at a time, however many cases are open."""
    after: str | None = ""
    while after is not None:
        page = core.ask(replace(ask, after=after))
        yield page
        after = page.next or None


def _text(pack: str) -> str:
    from csdesk.cli.pack import read_text

    return read_text(Path(pack))


def _write(told: str) -> None:
    sys.stdout.write(f"{told}\n")


def _lines(told: q.Replayed, words: Words) -> Iterator[str]:
    from csdesk.desk.law.pack_wording import difference

    yield words("replay.case", number=told.number, line=told.line or "")
    yield from (f"  {difference(one, words)}" for one in told.differences)


def _json(told: q.Replayed) -> str:
    differences = [
        {"part": one.part, "name": one.name, "before": plain(one.before), "after": plain(one.after)}
        for one in told.differences
    ]
    return as_json({"number": told.number, "case": told.case, "line": told.line, "differences": differences})
