"""Copies of a desk's file: taken while others work, checked, and put back without destroying anything."""

import fcntl
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from csdesk.store.connection import (
    SqliteConnection,
    open_any_schema,
    read,
    refuse_network,
    refuse_old_sqlite,
    sqlite,
    sync_folder,
    translated,
)
from csdesk.store.errors import StoreError
from csdesk.store.evidence import copy_all
from csdesk.store.guards import faults

Progress = Callable[[int, int], None]
# 4 MB a step: progress some hundred times a second, and an interrupt is obeyed at once.
_PAGES = 1024


def backup(
    src: str | os.PathLike[str],
    dst: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Copy a desk's file as it is at this moment while others work on it; `progress(pages_done, pages)`.

    `dst` appears whole and synced or not at all, mode 0600, one file that any SQLite reads (journal_mode
    DELETE: no write-ahead log beside it, and a read-only medium will do); its evidence comes
    beside it first. StoreError `already_exists` unless
    `overwrite`, and what `connect` says of `src`. The log grows while it runs, since the snapshot is held.
    """
    source, target = Path(src).resolve(), Path(dst).resolve()
    beside = whole_copy(source, target, progress, overwrite=overwrite)
    try:
        copy_all(source, target)  # after the rows: whatever they name was there before them
        give_name(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def whole_copy(
    source: Path, target: Path, progress: Progress | None = None, *, overwrite: bool = True
) -> Path:
    """`backup` without its evidence, under a name beside `target` that the caller gives it or removes."""
    refuse_old_sqlite()
    with closing(open_any_schema(source, 0, readonly=True)) as conn:
        return _copy(conn, target, "DELETE", progress, overwrite=overwrite)


def _copy(
    conn: SqliteConnection, target: Path, journal: str, progress: Progress | None, *, overwrite: bool
) -> Path:
    """A synced copy under a name of its own beside `target`, which it may take afterwards."""
    import tempfile

    if target.exists() and not overwrite:
        raise StoreError("already_exists", path=str(target))

    def told(_status: int, remaining: int, total: int) -> None:
        if progress:
            progress(total - remaining, total)

    with translated(target):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".partial")
        os.close(handle)
        beside = Path(name)
        try:
            # The snapshot: without it every commit of another process would start the copy anew.
            with read(conn), closing(sqlite.connect(beside, isolation_level=None)) as copy:
                conn.execute("SELECT 1 FROM sqlite_schema").fetchone()
                copy.execute("PRAGMA synchronous = OFF")  # synced once, below
                conn.backup(copy, pages=_PAGES, progress=told)
                copy.execute(f"PRAGMA journal_mode = {journal}")
            with beside.open("rb") as file:
                os.fsync(file.fileno())
        except BaseException:
            for leftover in (beside, *_companions(beside)):
                leftover.unlink(missing_ok=True)
            raise
    return beside


def _companions(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def give_name(beside: Path, target: Path) -> None:
    """Let a whole copy take its name, to the disk."""
    with translated(target):
        beside.replace(target)
        sync_folder(target.parent)


def restore(
    src: str | os.PathLike[str],
    dst: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> Path | None:
    """Put the backup `src` in the place of the desk's file `dst`; gives the name the old one is kept under.

    The backup is checked page by page first (`torn`). Nothing is destroyed: an old `dst` with its log is set
    aside as `<dst>.replaced`, `.replaced2` …, also when it is too damaged to open. `locked` while any other
    process has it open; the caller must have no connection to it either. `already_exists` unless `overwrite`.
    A crash leaves the old file, or none and the new one under its `.partial` name, or the new one.
    """
    source, target = Path(src).resolve(), Path(dst).resolve()
    refuse_old_sqlite()
    refuse_network(target)
    with closing(open_any_schema(source, 0, readonly=True)) as conn:
        if faults(conn, 1):
            raise StoreError("torn", path=str(source))
        beside = _copy(conn, target, "WAL", progress, overwrite=overwrite)
    try:
        copy_all(source, target, anew=True)
        kept = _set_aside(target)
        give_name(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return kept


# https://sqlite.org/src/file/src/os.h: the pending byte, the reserved byte and 510 shared ones.
_SQLITE_LOCK = (512, 0x40000000)


def _set_aside(target: Path) -> Path | None:
    """Rename a database and its log when nobody has it open."""
    log, index = _companions(target)
    kept = _free_name(target)
    with translated(target):
        if not target.exists():
            if log.exists():  # else SQLite would replay a stranger's log into the new file
                log.rename(_companions(kept)[0])
            index.unlink(missing_ok=True)
            return None
        with target.open("r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SQLITE_LOCK)
            except OSError as exc:
                raise StoreError("locked", path=str(target), holder="?") from exc
            # The database first: until its log follows, the name is gone and nobody opens half of it.
            target.rename(kept)
            if log.exists():
                log.rename(_companions(kept)[0])
            index.unlink(missing_ok=True)
    return kept


def _free_name(target: Path) -> Path:
    number = 1
    while True:
        name = target.with_name(f"{target.name}.replaced{number if number > 1 else ''}")
        if not name.exists() and not _companions(name)[0].exists():
            return name
        number += 1
