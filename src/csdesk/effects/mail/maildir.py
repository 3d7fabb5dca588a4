"""A maildir as a mailbox: mails move from `new` to `cur` when the desk has them, or into a folder of the refused.

Who delivers writes in `tmp` and renames, so a file in `new` is whole; one that changed a moment ago may come from a
program that does not, and is left for the next time.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from csdesk.effects.mail.boxes import box_key
from csdesk.effects.mail.places import BoxError, Letter, Place, Server

REFUSED = ".csdesk-refused"
STILL_SECONDS = 2.0


class Maildir:
    """A folder with `new`, `cur` and `tmp`."""

    def __init__(self, server: Server, now: Callable[[], float] = time.time) -> None:
        self.name = "maildir"
        self.key = box_key(server)
        self._folder = Path(server.path)
        self._now = now

    def letters(self, place: Place, most: int, limit: int) -> Iterator[Letter]:
        """See `Box.letters`, oldest name first."""
        try:
            names = sorted(entry.name for entry in os.scandir(self._folder / "new") if entry.name[:1] != ".")
        except OSError:
            raise BoxError("folder") from None
        given = 0
        for name in names:
            letter = self._read(name, limit)
            if letter is not None:
                yield letter
                given += 1
            if given >= most:
                return

    def _read(self, name: str, limit: int) -> Letter | None:
        """A mail, or None for what is no whole file: gone, a link, a pipe, or still being written."""
        try:
            handle = os.open(
                self._folder / "new" / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError:
            return None
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or self._now() - status.st_mtime < STILL_SECONDS:
                return None
            return Letter(name, file.read(limit), status.st_size)

    def done(self, letter: Letter, place: Place) -> None:
        """See `Box.done`."""
        self._move(letter, self._folder / "cur", "S")
        place.waiting.pop(letter.ref, None)

    def refuse(self, letter: Letter, place: Place, reason: str) -> None:
        """See `Box.refuse`."""
        self._move(letter, self._folder / REFUSED / "cur", "F")
        place.waiting.pop(letter.ref, None)

    def _move(self, letter: Letter, folder: Path, flag: str) -> None:
        base = letter.ref.partition(":2,")[0]
        try:
            for part in ("cur", "new", "tmp"):
                (folder.parent / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            to, n = folder / f"{base}:2,{flag}", 1
            while to.exists():  # names are unique in a maildir; should one not be, nothing is written over
                to, n = folder / f"{base}.{n}:2,{flag}", n + 1
            (self._folder / "new" / letter.ref).rename(to)
        except OSError:
            raise BoxError("folder") from None
