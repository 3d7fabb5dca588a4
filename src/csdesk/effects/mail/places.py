"""Where mail is: the addresses of servers as configuration writes them, and how far a mailbox has been read."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from csdesk.domain.value import dataclass

_PORTS: Mapping[str, int] = {
    "imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110, "smtps": 465, "smtp": 587,
}  # fmt: skip
_LOCAL = ("localhost", "127.0.0.1", "::1")
# A mailbox that gives one mail twice loses nothing; what is older than these is asked of the desk again.
MOST_SEEN = 100_000


class BoxError(Exception):
    """A mailbox that cannot be read now: `reason` is a code without anything of what it held or who owns it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and who we are there; `path` is a mailbox's folder. `secure`: TLS from the first byte."""

    scheme: str
    host: str
    port: int
    user: str = ""
    path: str = ""

    @property
    def secure(self) -> bool:
        """Whether the connection begins with TLS."""
        return self.scheme.endswith("s")

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where nobody listens on the line."""
        return self.host in _LOCAL


def parse_server(said: str, schemes: tuple[str, ...]) -> Server:
    """`imaps://name@host:port/folder`, or `maildir:/path`; ValueError says which part is wrong, and repeats none."""
    if said.startswith("maildir:") and "maildir" in schemes:
        folder = Path(said.removeprefix("maildir:")).expanduser()
        if not folder.is_absolute():
            raise ValueError("path")
        return Server("maildir", "", 0, path=str(folder))
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        raise ValueError("port") from None
    if parts.scheme not in schemes:
        raise ValueError("scheme")
    if parts.password is not None:
        raise ValueError("password")
    if not parts.hostname or re.search(r"[\s\x00-\x1f]", said):
        raise ValueError("host")
    user, path = unquote(parts.username or ""), unquote(parts.path.lstrip("/"))
    if re.search(r"[\x00-\x1f\x7f\"\\]", user + path):
        raise ValueError("name")
    return Server(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, path)


@dataclass(slots=True)
class Place:
    """How far a mailbox has been read: IMAP's UIDVALIDITY and last UID, POP3's unique ids; what must be tried again.

    `waiting` maps a mail that has not been taken over to how often it was tried.
    """

    validity: str = ""
    last: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in a mailbox: `ref` names it there; `raw` its bytes, or their beginning when `size` is larger."""

    ref: str
    raw: bytes
    size: int


class Box(Protocol):
    """A mailbox. `name` is for logs and says nobody's name; `key` stands for it in file names."""

    name: str
    key: str

    def letters(self, place: Place, most: int, limit: int) -> Iterator[Letter]:
        """Up to `most` mails that are new since `place`, each at most `limit` bytes of it; BoxError."""
        ...

    def done(self, letter: Letter, place: Place) -> None:
        """The desk has it for good: mark it there, while `letters` stands at it; BoxError."""
        ...

    def refuse(self, letter: Letter, place: Place, reason: str) -> None:
        """Nobody will look into it again by itself: leave it there for a person, with the reason; BoxError."""
        ...


class Places:
    """The places of a desk's mailboxes, a file each, beside the list of what was refused and why."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def held(self, key: str) -> Iterator[Place | None]:
        """The place of a mailbox for one reader at a time; None while another process reads it. OSError."""
        import fcntl

        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            yield self._read(key)
        finally:
            os.close(handle)

    def _read(self, key: str) -> Place:
        try:
            return msgspec.json.decode((self.folder / f"{key}.json").read_bytes(), type=Place)
        except (FileNotFoundError, msgspec.MsgspecError):
            return Place()  # every mail is then offered to the desk again, which knows those it has

    def keep(self, key: str, place: Place) -> None:
        """Write a place down, whole or not at all. OSError."""
        if len(place.seen) > MOST_SEEN:
            place.seen = dict(list(place.seen.items())[-MOST_SEEN:])
        beside = self.folder / f".{key}.new"
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(place))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.folder / f"{key}.json")

    def refused(self, entry: Mapping[str, object]) -> None:
        """Add a line to the list of refused mails: where each lies, its id, and why. OSError."""
        path = self.folder / "refused.jsonl"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")
