"""`csdesk init | backup | restore | verify | doctor | migrate`: a desk's file made, kept and checked."""

import getpass
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from csdesk.cli.errors import words
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import answer, desk, settings
from csdesk.desk.config import Config
from csdesk.desk.entry import desk_file, key_source, replica_of
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role
from csdesk.domain.text import clean_line
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

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
    from csdesk.store.file import init

    config = settings(file, None, language).config
    told = words(config)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("bad_zone", zone=zone) from None
    path = desk_file(config)
    if isinstance(path, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
    source = key_source(config)
    called = clean_line(name, limit=60).text.strip() or (path.stem if isinstance(path, Path) else config.desk)
    made = init(path, called, zone, time.time_ns() // 1_000_000, source, desk_id=config.desk)
    try:
        _staff(path, made.id, source, knowledge)
    except BaseException:
        _unmake(path, made.id)
        raise
    print(told("cli.made", path=path))


def _unmake(path: Path | Dsn, desk_id: str) -> None:
    """Half a desk would stand in the way of the next try."""
    if isinstance(path, Dsn):
        from csdesk.store.postgres_schema import remove_desk

        remove_desk(path, desk_id)
        return
    for ending in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _file(config: Config) -> Path:
    """The desk's file; StoreError `not_a_file` for a database, which has tools of its own."""
    path = desk_file(config)
    if isinstance(path, Dsn):
        raise StoreError("not_a_file", path=str(path))
    return path


def _staff(path: Path | Dsn, desk_id: str, source: "KeySource | None", knowledge: bool) -> None:
    """Give a new desk its first people, its law and, if wanted, what it knows."""
    from csdesk.desk.law.staging import adopt
    from csdesk.store.connection import write
    from csdesk.store.file import Agent, open_store

    store = open_store(path, desk_id=desk_id, source=source)
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
    moments: bool = typer.Option(False, help="TO is a folder that keeps every moment; run it from a timer."),
    keep_days: int = typer.Option(14, min=1, help="With --moments: forget moments older than this."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Copy the desk's file while others work on it. The keys are not in it: keep them elsewhere."""
    config = settings(file, None, language).config
    told = words(config)
    if not moments and isinstance(desk_file(config), Dsn):
        from csdesk.cli.moving import copy_out

        copy_out(config, to, overwrite=overwrite)
        return
    with bar(told("cli.copying")) as step:
        if moments:
            from csdesk.store.moments import keep_moment

            now = time.time_ns() // 1_000_000
            kept = keep_moment(_file(config), to, now, step, since=now - keep_days * 86_400_000)
        else:
            from csdesk.store.backup import backup

            backup(_file(config), to, step, overwrite=overwrite)
    print(told("cli.backed_up", path=to))
    if moments:
        print(told("cli.moments_kept", n=kept))


def restore_(
    source: Path = typer.Argument(metavar="FROM", help="The copy to put back, or a folder of moments."),
    as_of: str = typer.Option("", help="With a folder: the last moment not after this, as 2026-11-22 10:00."),
    overwrite: bool = typer.Option(False, help="Set the present file aside and replace it."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Put a copy back, checked page by page; the file it replaces is set aside, never destroyed."""
    config = settings(file, None, language).config
    told = words(config)
    if isinstance(desk_file(config), Dsn) and not source.is_dir():
        from csdesk.cli.moving import bring

        bring(config, str(source), config.file, standing=True, wait=10, as_json=False)
        return
    path = _file(config)
    if as_of and not source.is_dir():
        raise Refused("as_of_file", path=source)
    at = _moment(source, as_of) if source.is_dir() else 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with bar(told("cli.copying")) as step:
        if source.is_dir():
            from csdesk.store.moments import restore_moment

            at, kept = restore_moment(source, at, path, step, overwrite=overwrite)
        else:
            from csdesk.store.backup import restore

            kept = restore(source, path, step, overwrite=overwrite)
    print(told("cli.restored", path=path))
    if at:
        print(told("cli.moment_restored", at=_said(source, at)))
    if kept is not None:
        print(told("cli.set_aside", path=kept))


def _moment(folder: Path, said: str) -> int:
    """The moment that somebody said in the desk's time, to its end: 10:00 holds what 10:00:59 holds; UTC ms."""
    from csdesk.store.moments import zone_of

    zone = ZoneInfo(zone_of(folder))
    if not said:
        return time.time_ns() // 1_000_000
    for form, ms in (("%Y-%m-%d", 86_400_000), ("%Y-%m-%d %H:%M", 60_000), ("%Y-%m-%d %H:%M:%S", 1_000)):
        with suppress(ValueError):
            return int(datetime.strptime(said.strip(), form).replace(tzinfo=zone).timestamp() * 1000) + ms - 1
    raise Refused("bad_as_of", said=said[:40])


def _said(folder: Path, at: int) -> str:
    from csdesk.store.moments import zone_of

    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone_of(folder))).strftime("%Y-%m-%d %H:%M:%S")


def migrate_(
    citus: bool = typer.Option(
        False, help="Only print the statements that spread the tables of a database over Citus."
    ),
    source: str = typer.Option(
        "",
        "--from",
        help="With --to: the desk to move, a file or an address; the configured one when absent.",
    ),
    to: str = typer.Option(
        "", help="Move the desk there, to a database (postgresql://…) or a new file, and prove it."
    ),
    wait: int = typer.Option(
        10, min=0, max=3600, help="With --to: seconds to wait for those who still write."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Bring the desk's file or database to the schema of this csdesk, or move it whole; make a backup first."""
    from csdesk.store.migrations import migrate

    if citus:
        from csdesk.store.postgres_schema import citus as statements

        print("\n".join(statements()))
        return
    config = settings(file, None, language).config
    if to or source:
        from csdesk.cli.moving import bring

        bring(config, source, to, standing=True, wait=wait, as_json=as_json)
        return
    path = desk_file(config)
    if isinstance(path, Dsn):
        from csdesk.store import postgres_schema

        ran = postgres_schema.migrate(path)
    else:
        ran = migrate(path)
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
    path = desk_file(config)
    if isinstance(path, Dsn):
        from csdesk.store.doctor_postgres import examine_database

        findings = examine_database(path, config.desk, key_source(config), replica=replica_of(config))
    else:
        findings = examine(path, key_source(config))
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
