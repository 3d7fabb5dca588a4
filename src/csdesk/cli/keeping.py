"""`csdesk init | backup | restore | verify | doctor | migrate`: a desk's file made, kept and checked."""

import getpass
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from csdesk.cli.errors import words
from csdesk.cli.progress import bar
from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, settings
from csdesk.desk.entry import desk_file, key_source
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role
from csdesk.domain.text import clean_line

if TYPE_CHECKING:
    from csdesk.store.keys import KeySource


def init_(
    name: str = typer.Option("客服", help="The desk's name."),
    zone: str = typer.Option("Asia/Shanghai", help="The desk's time zone."),
    knowledge: bool = typer.Option(
        True, help="Load the 60 policy articles and 43 canned replies that come with csdesk."
    ),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Make a desk: its file, its keys, an admin, and you as its first supervisor."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from csdesk.store.file import init

    config = settings(file, None, language).config
    told = words(config)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("bad_zone", zone=zone) from None
    path = desk_file(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    source = key_source(config)
    init(
        path, clean_line(name, limit=60).text.strip() or path.stem, zone, time.time_ns() // 1_000_000, source
    )
    try:
        _staff(path, source, knowledge)
    except BaseException:
        # Half a desk would stand in the way of the next try.
        for ending in ("", "-wal", "-shm", ".lock"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        raise
    print(told("cli.made", path=path))


def _staff(path: Path, source: "KeySource | None", knowledge: bool) -> None:
    """Give a new desk its first people, its law and, if wanted, what it knows."""
    from csdesk.desk.law.staging import adopt
    from csdesk.store.connection import write
    from csdesk.store.file import Agent, open_store

    store = open_store(path, source=source)
    try:
        login = getpass.getuser()
        with write(store.conn):
            store.put_agent(Agent("admin", "admin", Role.ADMIN, ""))
            me = clean_line(login, limit=40).text.strip() or "me"
            store.put_agent(Agent(me, login, Role.SUPERVISOR, login))
            adopt(store.conn, store.desk.id, time.time_ns() // 1_000_000)
        if knowledge:
            from csdesk.interop.shipped import load_knowledge

            load_knowledge(store)
    finally:
        store.close()


def backup_(
    to: Path = typer.Argument(help="Where the copy goes."),
    overwrite: bool = typer.Option(False, help="Replace a copy that is there."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Copy the desk's file while others work on it. The keys are not in it: keep them elsewhere."""
    from csdesk.store.backup import backup

    config = settings(file, None, language).config
    told = words(config)
    with bar(told("cli.copying")) as step:
        backup(desk_file(config), to, step, overwrite=overwrite)
    print(told("cli.backed_up", path=to))


def restore_(
    source: Path = typer.Argument(metavar="FROM", help="The copy to put back."),
    overwrite: bool = typer.Option(False, help="Set the present file aside and replace it."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Put a copy back, checked page by page; the file it replaces is set aside, never destroyed."""
    from csdesk.store.backup import restore

    config = settings(file, None, language).config
    told, path = words(config), desk_file(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    with bar(told("cli.copying")) as step:
        kept = restore(source, path, step, overwrite=overwrite)
    print(told("cli.restored", path=path))
    if kept is not None:
        print(told("cli.set_aside", path=kept))


def migrate_(file: str | None = FILE, language: str | None = LANGUAGE) -> None:
    """Bring the desk's file to the schema of this csdesk; make a backup first."""
    from csdesk.store.migrations import migrate

    config = settings(file, None, language).config
    ran = migrate(desk_file(config))
    print(words(config)("cli.migrated", steps=", ".join(ran) or "–"))


def verify_(
    evidence: bool = typer.Option(
        False, help="Also read every file of evidence and compare it with its hash."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Prove every case: chain of events, snapshot, counters, and that money and units reconcile."""
    from csdesk.store.verify import verify

    config = settings(file, agent, language).config
    told = words(config)
    with desk(config) as core:
        core.need(Right.READ)
        findings = list(verify(core.store, contents=evidence))
        (events,) = core.store.conn.execute(
            "SELECT count(*) FROM event WHERE desk_id = ?", (core.desk,)
        ).fetchone()
    found = [
        {
            "code": f.code,
            "case": f.number,
            "detail": f.detail,
            "said": told.error(f"verify_{f.code}", {"case": f.number, **f.detail}, str(f)),
        }
        for f in findings
    ]
    answer({"sound": not found, "events": events, "findings": found}, as_json, _findings(found, events, told))
    if found:
        raise typer.Exit(1)


def _findings(found: Sequence[Mapping[str, object]], events: int, told: Words) -> Iterator[str]:
    yield from (str(f["said"]) for f in found)
    yield told("cli.unsound", n=len(found)) if found else told("cli.sound", events=events)


def doctor_(as_json: bool = JSON, file: str | None = FILE, language: str | None = LANGUAGE) -> None:
    """Look the desk's file, keys and surroundings over, and say what to do."""
    from csdesk.store.doctor import examine

    config = settings(file, None, language).config
    told = words(config)
    findings = examine(desk_file(config), key_source(config))
    found = [
        {"code": f.code, "level": f.level, "said": told.error(_key(told, f.code), f.detail, str(f))}
        for f in findings
    ]
    lines = (f"{told.code('level', str(f['level']))}  {f['said']}" for f in found)
    answer(found, as_json, lines)
    if any(f["level"] == "error" for f in found):
        raise typer.Exit(1)


def _key(told: Words, code: str) -> str:
    """What doctor finds is either its own or an error that opening the file would meet."""
    return f"doctor_{code}" if told.has(f"error.doctor_{code}") else code
