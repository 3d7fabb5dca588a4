"""A desk moved between a file and a database, and a database's desk copied into a file: for `csdesk.cli.keeping`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import time_ns

from csdesk.cli.errors import words
from csdesk.cli.progress import bar
from csdesk.cli.session import answer
from csdesk.desk.config import Config
from csdesk.desk.entry import desk_file, key_source
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import replace
from csdesk.store.dsn import Dsn
from csdesk.store.file import open_store
from csdesk.store.moving import Moved, move


def bring(config: Config, source: str, to: str, *, standing: bool, wait: int, as_json: bool) -> None:
    """Move a desk ("" for the configured one) and tell what was brought. Refused `move_where`, StoreError."""
    if not to:
        raise Refused("move_where")
    told = words(config)
    target = desk_file(replace(config, file=to, server=""))
    moved = _moved(replace(config, file=source or config.file), target, standing=standing, wait=wait)
    told_of = {"to": str(target), **{name: getattr(moved, name) for name in Moved.__slots__}}
    answer(told_of, as_json, _lines(told, moved, target, standing=standing))


def copy_out(config: Config, to: Path, *, overwrite: bool) -> None:
    """A backup of a database's desk: its rows of one moment in a file, while others work."""
    told = words(config)
    beside = to.with_name(f".{to.name}.whole")
    target = beside if overwrite and to.exists() else to
    beside.unlink(missing_ok=True)
    _moved(config, target, standing=False, wait=0)
    if target is beside:
        from csdesk.store.backup import give_name
        from csdesk.store.evidence import copy_all

        copy_all(beside, to, anew=True)
        give_name(beside, to)
    print(told("cli.backed_up", path=to))


def _moved(config: Config, target: Path | Dsn, *, standing: bool, wait: int) -> Moved:
    told = words(config)
    evidence = Path(config.evidence_folder).expanduser() if config.evidence_folder else None
    with (
        closing(
            open_store(desk_file(config), desk_id=config.desk, source=key_source(config), evidence=evidence)
        ) as store,
        bar(told("cli.copying")) as step,
    ):
        return move(
            store,
            target,
            time_ns() // 1_000_000,
            evidence=evidence,
            wait_s=wait,
            standing=standing,
            progress=step,
        )


def _lines(told: Words, moved: Moved, target: Path | Dsn, *, standing: bool) -> Iterator[str]:
    yield told(
        "cli.moved", desk=moved.desk, path=target, rows=moved.rows, tables=moved.tables, cases=moved.cases,
        events=moved.events, files=moved.files,
    )  # fmt: skip
    if moved.kept:
        yield told("cli.moved_kept", rows=moved.kept)
    if standing:
        yield told("cli.moved_next", path=target)
