"""Files become evidence: one by hand, or those of a folder `<case number>/<file>` that `csdesk work` looks into.

What a file is, its content says; it is never opened, unpacked or run. Taken files are removed once they are kept; a
file that is not, goes to `refused/<case number>/` with a text beside it that says why. A file that was written to
within the last minute waits, and so does one whose name begins with a dot. Killed after keeping and before removing,
the next look finds the same content in the case and removes the file.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import FileEvidence, check_media
from csdesk.domain.media import media
from csdesk.domain.roles import Right
from csdesk.domain.text import file_name
from csdesk.domain.value import dataclass
from csdesk.store.connection import sync_folder, translated, write
from csdesk.store.errors import StoreError
from csdesk.store.evidence import BLOCK, give_place, spool

REFUSED = "refused"
# As with messages: whoever writes a file writes to it at least once a minute until it is whole.
SETTLED_S = 60.0
# A look gives way to others after so many; the next one goes on.
MOST_FILES = 200
_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a file: kept under `sha256`, or `again`: the case had it already."""

    sha256: str
    size: int
    media: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Took:
    """What a look at a folder came to; `left` are files that may still be written to."""

    filed: tuple[tuple[str, Filed], ...]
    refused: tuple[tuple[str, Refused], ...]
    left: int


def file_one(
    core: Core, case: str, file: BinaryIO, name: str, source: str, most: int, *, said: str = ""
) -> Filed:
    """Keep what `file` gives as evidence of a case, at most `most` bytes; whole, or nothing is kept.

    `said`: the media type where the caller knows it, else its content tells. Refused for what may not be kept,
    StoreError.
    """
    core.need(Right.WORK)
    found, _ = core.load(core.case_id(case))
    first = file.read(_HEAD)
    if not first:
        raise Refused("evidence_empty")
    seen = said or media(first)
    check_media(seen)
    pieces = chain((first,), iter(lambda: file.read(BLOCK), b""))
    with closing(spool(core.store, pieces, most)) as spooled, write(core.store.conn):
        kept, _ = core.load(found.id)
        if any(one.sha256 == spooled.sha256 for one in kept.evidence):
            return Filed(spooled.sha256, spooled.size, seen, again=True)
        give_place(core.store, kept.id, kept.customer, spooled)
        command = FileEvidence(spooled.sha256, spooled.size, seen, file_name(name), source)
        core.within(command, kept.id)
        return Filed(spooled.sha256, spooled.size, seen)


def opened(path: Path, *, follow: bool) -> BinaryIO:
    """A regular file to read from; Refused `evidence_no_file` for anything else; no pipe is waited for."""
    with translated(path):
        try:
            handle = os.open(
                path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
            )
        except OSError as exc:
            if path.is_symlink() and not follow:
                raise Refused("evidence_no_file", name=file_name(path.name)) from exc
            raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused("evidence_no_file", name=file_name(path.name))
    return os.fdopen(handle, "rb")


def take_evidence(
    core: Core,
    folder: Path,
    most: int,
    word: Callable[[Refused], str],
    *,
    now: Callable[[], float] = time.time,
) -> Took:
    """Take the files of a folder, each kept before it is removed; `word` says why one was refused. StoreError."""
    core = core.by_itself()
    filed: list[tuple[str, Filed]] = []
    refused: list[tuple[str, Refused]] = []
    left = 0
    with translated(folder):
        for case in sorted(_cases(folder)):
            for path in _files(folder / case, MOST_FILES - len(filed) - len(refused)):
                try:
                    taken = _take(core, case, path, most, now())
                except Refused as why:
                    refused.append((path.name, why))
                    _aside(folder, case, path, word(why))
                    continue
                left += taken is None
                if taken is not None:
                    filed.append((path.name, taken))
    return Took(tuple(filed), tuple(refused), left)


def _cases(folder: Path) -> Iterator[str]:
    """Folders named by a case's number; a link may lead anywhere, so none is followed."""
    for entry in os.scandir(folder):
        if not entry.name.startswith(".") and entry.name != REFUSED and entry.is_dir(follow_symlinks=False):
            yield entry.name


def _files(folder: Path, most: int) -> list[Path]:
    names = (e.name for e in os.scandir(folder) if not e.name.startswith(".") and not _is_folder(e))
    return [folder / name for name in sorted(names)[: max(most, 0)]]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False)


def _take(core: Core, case: str, path: Path, most: int, now: float) -> Filed | None:
    """Keep one file and remove it; None for one that may still be written to or has gone."""
    try:
        file = opened(path, follow=False)
    except StoreError as exc:
        # Taken by another process just now, or not given to us yet: neither holds the other files up.
        if exc.code in ("no_such_file", "no_permission"):
            return None
        raise
    with file:
        before = os.fstat(file.fileno())
        if now - before.st_mtime < SETTLED_S:
            return None
        if before.st_size > most:
            raise Refused("evidence_too_large", most_mb=most // 1_000_000)
        try:
            filed = file_one(core, case, file, path.name, "folder", most)
        except StoreError as exc:
            if exc.code == "shredded":
                raise Refused("evidence_erased") from exc
            raise
        after = os.fstat(file.fileno())
    # Whoever went on writing meanwhile gets the whole file kept too, by the next look.
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    return filed


def _aside(folder: Path, case: str, path: Path, why: str) -> None:
    """Move a refused file to where a person finds it, with the reason beside it; a link is moved, not what it names."""
    to = folder / REFUSED / case
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    place, count = to / path.name, 1
    while os.path.lexists(place):
        count += 1
        place = to / f"{path.stem}.{count}{path.suffix}"
    with suppress(FileNotFoundError):
        path.rename(place)
        (to / f"{place.name[:240]}.why").write_text(f"{why}\n", encoding="utf-8")
