"""A folder as a way in: each `*.json` file is one message; taken ones go to `taken/`, bad ones to `refused/`.

A file that is not whole yet is left: one that a name hides (`.name`), and one that is no JSON document so far and was
written to within the last minute. So whoever writes need not rename, though that is better: write `.name`, rename.
Killed between taking and moving, the next look offers the same message again, which the desk then knows.

Files that a message names as `beside` lie in the same folder, complete before it, and become evidence of its case; a
fresh message waits for them. They go where their message goes.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound
from csdesk.desk.intake.feeding import Fed, Line, prepared
from csdesk.desk.intake.reading import MOST_RAW
from csdesk.desk.intake.receiving import Declined, plain
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.text import file_name
from csdesk.domain.value import dataclass, replace
from csdesk.effects.evidence_in import opened
from csdesk.store.connection import translated, write
from csdesk.store.errors import StoreError
from csdesk.store.evidence import BLOCK

TAKEN, REFUSED = "taken", "refused"
# No program takes a minute from the first byte of a message to its last.
SETTLED_S = 60.0
# A look gives way to others after so many; the next one goes on.
MOST_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Took:
    """What a look at a folder came to; `left` are files that were still being written."""

    fed: tuple[Fed, ...]
    left: int


def take_folder(
    core: Core, folder: Path, source: str, *, now: Callable[[], float] = time.time, most: int = MOST_FILES
) -> Took:
    """Take the messages of a folder, the oldest first, each on the disk before its file is moved. StoreError."""
    core.need(Right.WORK)
    core = core.by_itself()
    done: list[Fed] = []
    left = 0
    with translated(folder):
        for path in list(_files(folder))[:most]:
            raw = _read(path)
            if raw is None:
                continue
            line = Line(0, raw[0], raw[1])
            if _unfinished(path, line, now()):
                left += 1
                continue
            files: list[Path] = []
            try:
                with (
                    prepared(core, line, source, partial(_with_files, path, files, now())) as take,
                    write(core.store.conn),
                ):
                    taken = take()
            except _Awaited:
                left += 1
                continue
            done.append(Fed(0, taken, file_name(path.name)))
            for file in files:
                _move(file, taken)
            _aside(path, taken)
    return Took(tuple(done), left)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files that may hold a message, the oldest first; a link may lead anywhere, so none is followed."""
    found = []
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or not entry.name.endswith(".json"):
            continue
        with suppress(FileNotFoundError):  # another process has just taken it
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, entry.name))
    return (folder / name for _, name in sorted(found))


def _read(path: Path) -> tuple[bytes, int] | None:
    """At most one byte more than a message may have, and the size; None when the file has gone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(MOST_RAW + 1), os.fstat(handle).st_size


def _unfinished(path: Path, line: Line, now: float) -> bool:
    if line.size > MOST_RAW:
        return False
    try:
        msgspec.json.decode(line.raw)
    except (msgspec.DecodeError, RecursionError):
        try:
            return now - path.stat().st_mtime < SETTLED_S
        except FileNotFoundError:
            return True
    return False


class _Awaited(Exception):
    """A file that a fresh message names is not there yet."""


def _with_files(message: Path, files: list[Path], now: float, inbound: Inbound) -> Inbound:
    """The message with the content of those files that it names and that lie beside it, which are put in `files`."""

    def found(file: Attached) -> Attached:
        name = file.beside
        if not name or file.content is not None or not _may_lie_beside(name):
            return file
        path = message.with_name(name)
        if not os.path.lexists(path):
            with suppress(FileNotFoundError):
                if now - message.stat().st_mtime < SETTLED_S:
                    raise _Awaited
            return file
        files.append(path)
        return replace(file, content=partial(_content, path))

    return replace(inbound, attached=tuple(found(file) for file in inbound.attached))


def _may_lie_beside(name: str) -> bool:
    """Whether a name is that of a file in the same folder, which no message and nothing hidden is."""
    return name == file_name(name) and not name.endswith(".json") and name not in (TAKEN, REFUSED)


def _content(path: Path) -> Iterator[bytes]:
    try:
        file = opened(path, follow=False)
    except StoreError as exc:
        raise Refused("evidence_no_file", name=file_name(path.name)) from exc
    with file:
        while piece := file.read(BLOCK):
            yield piece


def _move(path: Path, taken: object) -> Path:
    """Move a file where its message goes, and say where that is; nothing there is written over."""
    to = path.parent / (REFUSED if isinstance(taken, Declined) else TAKEN)
    to.mkdir(mode=0o700, exist_ok=True)
    place = to / path.name
    count = 1
    while os.path.lexists(place):
        count += 1
        place = to / f"{path.stem}.{count}{path.suffix}"
    with suppress(FileNotFoundError):  # another process has moved it; the message was taken once all the same
        path.rename(place)
    return place


def _aside(path: Path, taken: object) -> None:
    """Move a message where it belongs; a refused one gets its reason beside it."""
    place = _move(path, taken)
    if isinstance(taken, Declined):
        reason = {"code": taken.refused.code, "detail": plain(taken.refused), "kept": taken.kept}
        place.with_suffix(".reason").write_bytes(
            msgspec.json.format(msgspec.json.encode(reason), indent=2) + b"\n"
        )
