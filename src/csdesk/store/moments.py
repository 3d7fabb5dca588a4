"""A folder that keeps many moments of a desk: the newest as a whole copy, each earlier one as the pages to put back.

FOLDER/<UTC ms>.db        the newest copy, a plain database as `backup` makes it
FOLDER/<UTC ms>.undo      an earlier moment: the pages in which it differs from the next one
FOLDER/desk.db.evidence/  the evidence of all moments; a file is never changed under its name

An undo file: `csdesk-u`, page size and number of pages (4 bytes each, big endian), then page number (4 bytes, from 0)
and page over and over, and SHA-256 over all before it. The newest copy needs none of them, and one that is lost costs
only the moments before it. Killed at any point, the next copy goes on: an undo of the newest copy over that same copy
changes nothing.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from csdesk.store.backup import Progress, give_name, restore, whole_copy
from csdesk.store.connection import open_any_schema, sync_folder, translated
from csdesk.store.errors import StoreError
from csdesk.store.evidence import copy_all
from csdesk.store.file import desks

_MAGIC = b"csdesk-u"
_NUMBER = 4
_HASH = 32
# Whole databases lie under this name for the moment of a restore; the evidence lies beside it for good.
_NAME = "desk.db"


def keep_moment(
    source: Path, folder: Path, now: int, progress: Progress | None = None, *, since: int = 0
) -> int:
    """Add the desk as it is now (UTC ms), while others work on it; forget moments before `since`. How many there are.

    StoreError as `backup`.
    """
    folder = folder.resolve()
    with translated(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest = _newest(folder)
    beside = whole_copy(source.resolve(), folder / _NAME, progress)
    try:
        copy_all(source.resolve(), folder / _NAME)
        # A clock that was set back must not put a later state before an earlier one.
        now = max(now, newest + 1) if newest else now
        if newest:
            _write_undo(folder, newest, beside)
        give_name(beside, folder / f"{now}.db")
    finally:
        beside.unlink(missing_ok=True)
    with translated(folder):
        for path in folder.glob("*.db"):
            if path.stem.isdigit() and int(path.stem) < now:
                path.unlink()
        for moment in moments(folder):
            if moment < since:
                (folder / f"{moment}.undo").unlink(missing_ok=True)
    return len(moments(folder))


def moments(folder: Path) -> list[int]:
    """The moments that a folder keeps, UTC ms, the earliest first."""
    found = {path.stem for ending in ("db", "undo") for path in folder.glob(f"*.{ending}")}
    return sorted(int(stem) for stem in found if stem.isdigit())


def _newest(folder: Path) -> int:
    return max((int(path.stem) for path in folder.glob("*.db") if path.stem.isdigit()), default=0)


def zone_of(folder: Path) -> str:
    """The time zone of the desk whose moments these are; StoreError `no_moments`."""
    if not (newest := _newest(folder)):
        raise StoreError("no_moments", path=str(folder))
    with closing(open_any_schema(folder.resolve() / f"{newest}.db", 0, readonly=True)) as conn:
        return desks(conn)[0].zone


def restore_moment(
    folder: Path, at: int, target: Path, progress: Progress | None = None, *, overwrite: bool = False
) -> tuple[int, Path | None]:
    """Put back the last moment not after `at` (UTC ms): which it is, and the name the old file is kept under.

    StoreError `no_moments`, `no_moment` when all are later, `torn` for a damaged undo file, and as `restore`.
    """
    folder = folder.resolve()
    there, newest = moments(folder), _newest(folder)
    if not newest:
        raise StoreError("no_moments", path=str(folder))
    wanted = max((moment for moment in there if moment <= at), default=0)
    if not wanted:
        raise StoreError("no_moment", path=str(folder), n=len(there))
    whole = folder / _NAME
    try:
        with translated(folder):
            shutil.copyfile(folder / f"{newest}.db", whole)
            whole.chmod(0o600)
            with whole.open("r+b") as file:
                for moment in reversed(there):
                    if wanted <= moment < newest:
                        _undo(file, folder / f"{moment}.undo")
        return wanted, restore(whole, target, progress, overwrite=overwrite)
    finally:
        whole.unlink(missing_ok=True)


def _write_undo(folder: Path, moment: int, later: Path) -> None:
    """Keep the pages in which the copy of `moment` differs from a later one."""
    beside = folder / f"{moment}.undo.partial"
    with translated(beside):
        with (folder / f"{moment}.db").open("rb") as old, later.open("rb") as new, beside.open("wb") as out:
            size, hashed = _page_size(old), hashlib.sha256()
            pages = (folder / f"{moment}.db").stat().st_size // size
            for part in _pieces(old, new, size, pages):
                hashed.update(part)
                out.write(part)
            out.write(hashed.digest())
            out.flush()
        beside.chmod(0o600)
        beside.replace(folder / f"{moment}.undo")
        sync_folder(folder)


def _page_size(file: BinaryIO) -> int:
    """https://sqlite.org/fileformat.html §1.3.2: two bytes at 16, of which 1 means 65,536."""
    file.seek(16)
    size = int.from_bytes(file.read(2), "big")
    file.seek(0)
    return 65_536 if size == 1 else size


def _pieces(old: BinaryIO, new: BinaryIO, size: int, pages: int) -> Iterator[bytes]:
    yield _MAGIC + size.to_bytes(_NUMBER, "big") + pages.to_bytes(_NUMBER, "big")
    for number in range(pages):
        before = old.read(size)
        if before != new.read(size):
            yield number.to_bytes(_NUMBER, "big") + before


def _undo(file: BinaryIO, path: Path) -> None:
    """Bring a copy from the next moment back to that of an undo file, once that file has proven to be whole."""
    content = path.read_bytes()
    body, told = content[:-_HASH], content[-_HASH:]
    if not body.startswith(_MAGIC) or hashlib.sha256(body).digest() != told:
        raise StoreError("torn", path=str(path))
    at = len(_MAGIC)
    size = int.from_bytes(body[at : at + _NUMBER], "big")
    pages = int.from_bytes(body[at + _NUMBER : at + 2 * _NUMBER], "big")
    for place in range(at + 2 * _NUMBER, len(body), _NUMBER + size):
        file.seek(int.from_bytes(body[place : place + _NUMBER], "big") * size)
        file.write(body[place + _NUMBER : place + _NUMBER + size])
    file.truncate(pages * size)
