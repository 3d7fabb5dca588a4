"""Many messages from a file or a pipe: read in bounded pieces, taken in batches, with one receipt a line."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Receipt
from csdesk.desk.intake.enclosing import enclosed
from csdesk.desk.intake.reading import MOST_RAW, parse
from csdesk.desk.intake.receiving import BATCH, Declined, declined, one
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.connection import bulk, checkpoint, write
from csdesk.store.errors import translate

# As much as a pipe holds: what a slow sender wrote is filed at once, what a fast one wrote in batches.
PIECE = 65_536
STANDARD_INPUT = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its number from 1; `size` in bytes, of which one that is too long has only the beginning."""

    number: int
    raw: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one message, and where it stood."""

    line: int
    taken: Receipt | Declined
    file: str = ""


def feed(core: Core, path: Path, source: str) -> Iterator[Fed]:
    """Take every message of a file, or of a pipe (`-`) as it comes.

    One at a time waits for the disk; batches do not, so a power failure can take back the last ones (whoever sends
    them again makes nothing twice). At the end all are on the disk. StoreError when the file cannot be read.
    """
    core.need(Right.WORK)
    core = core.by_itself()
    many = False
    for batch in batches(path):
        many = many or len(batch) > 1
        with ExitStack() as stack:
            ready = [stack.enter_context(prepared(core, line, source)) for line in batch]
            with bulk(core.store.conn) if len(batch) > 1 else write(core.store.conn):
                done = [Fed(line.number, take()) for line, take in zip(batch, ready, strict=True)]
        yield from done
    if many:
        checkpoint(core.store.conn)


@contextmanager
def prepared(
    core: Core, line: Line, source: str, find: Callable[[Inbound], Inbound] | None = None
) -> Iterator[Callable[[], Receipt | Declined]]:
    """What takes one line inside a transaction, its files being stored before; `find` adds those that lie beside it."""
    try:
        if line.size > MOST_RAW:
            raise Refused("message_too_long", most=MOST_RAW, bytes=line.size)
        inbound = parse(line.raw, source, core.zone)
    except Refused as refused:
        yield partial(declined, core, line.raw, source, refused)
        return
    with enclosed(core, find(inbound) if find else inbound) as brought:
        yield partial(one, core, brought, raw=line.raw)


def batches(path: Path) -> Iterator[list[Line]]:
    """The lines of a file in batches; a single object over several lines is one. StoreError when it cannot be read."""
    try:
        handle = 0 if str(path) == STANDARD_INPUT else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        raise translate(exc, path) from exc
    try:
        yield from _batches(handle)
    except OSError as exc:
        raise translate(exc, path) from exc
    finally:
        if handle:
            os.close(handle)


def _batches(handle: int) -> Iterator[list[Line]]:
    """Complete lines of each piece that was read; a lone `{` first tells an object that goes over lines."""
    cutter, waiting = _Cutter(), list[Line]()
    while piece := os.read(handle, PIECE):
        waiting += cutter.cut(piece)
        while len(waiting) >= BATCH:
            yield waiting[:BATCH]
            waiting = waiting[BATCH:]
        if waiting:
            yield waiting
            waiting = []
    if last := cutter.end():
        yield [last]


class _Cutter:
    """Cuts bytes into lines, and keeps no more of one than a message may have."""

    def __init__(self) -> None:
        self._number = 1
        self._held = b""
        self._size = 0
        self._whole: bool | None = None

    def cut(self, piece: bytes) -> Iterator[Line]:
        """The lines that end in this piece."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._hold(part)
            if self._whole is None and _bare(self._held):
                # "{" alone on the first line: nobody writes JSON lines so.
                self._whole = _bare(self._held) == b"{"
            if self._whole:
                self._hold(b"\n")
            elif line := self._line():
                yield line
            self._number += 1
        self._hold(rest)

    def end(self) -> Line | None:
        """What stood behind the last line's end."""
        return self._line()

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        if len(self._held) <= MOST_RAW:
            self._held += part[: MOST_RAW + 1 - len(self._held)]

    def _line(self) -> Line | None:
        raw, size, number = self._held, self._size, self._number
        self._held, self._size = b"", 0
        if not _bare(raw):
            return None
        return Line(1 if self._whole else number, _bare(raw), size)


def _bare(raw: bytes) -> bytes:
    """A line without what spreadsheets and editors put around it."""
    return raw.strip().removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n\x00")
