"""A folder as a way out: each thing that leaves is one file, written once, that a gateway takes from there.

The gateway moves what it has taken to `taken/` (one rename) and deletes nothing there that is younger than
the longest outage the desk may have: both folders are looked at before anything is written, so a key that
went out before a crash does not go out again after it. It ignores names that begin with a dot.

A message's file holds name, phone and text in clear, since the gateway must send them: folders are 0700,
files 0600, and whoever may read them may read what customers are told. Keep them out of long-lived backups.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec

from csdesk.effects.ports import Failed, Recipient, Sent
from csdesk.store.connection import sync_folder

TAKEN = "taken"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_-]{0,150}")


class Spool:
    """The files of one folder. Safe for many processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, document: object) -> bool:
        """Write `document` as JSON under `key` and sync it; False when that key went out before. OSError."""
        body = msgspec.json.format(msgspec.json.encode(document), indent=2)
        name = file_name(key)
        taken = self.folder / TAKEN
        if not taken.exists():
            taken.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)  # `parents` are made with the usual mode
            sync_folder(self.folder.parent)
        beside = self.folder / f".{name}.new"
        with _locked(self.folder) as handle:
            beside.unlink(missing_ok=True)  # of a crash
            # In this order: a file leaves the first folder only for the second.
            if (self.folder / name).exists() or (taken / name).exists():
                return False
            try:
                _write(beside, body)
                (self.folder / name).hardlink_to(beside)  # whole under its name, or not there
            finally:
                beside.unlink(missing_ok=True)
            os.fsync(handle)
        return True

    def has(self, key: str) -> bool:
        """Whether `key` went out before, taken or not. OSError."""
        name = file_name(key)
        return (self.folder / name).exists() or (self.folder / TAKEN / name).exists()


def file_name(key: str) -> str:
    """The file of a key (a colon would be a host to scp and rsync); ValueError for one that names a place."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key for a file: {key[:40]!r}")
    return f"{key.replace(':', '-')}.json"


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """One writer at a time: a worker that was thought dead may still stand between look and write."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _write(path: Path, body: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body + b"\n")
        file.flush()
        os.fsync(handle)


class FileChannel:
    """A `Channel` that hands messages to whatever empties a folder (an SMS or mail gateway, a person)."""

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder)

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """See `Channel.send`; Sent means that the file is on the disk."""
        document = {"key": key, "case": case, "channel": channel, "to": asdict(to), "text": text}
        try:
            self._spool.put(key, document)
        except OSError as exc:
            return Failed(exc.strerror or type(exc).__name__)
        return Sent()
