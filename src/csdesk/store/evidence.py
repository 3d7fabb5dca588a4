"""Files kept as evidence, beside the desk's file: each once per case, sealed under its customer's key, never opened.

A stored file is `<desk file>.evidence/<aa>/<sha256>.<case id>`: eight signs of format, a random id of this sealing
(16 bytes), a key of its own sealed under the customer's and bound to desk, case and sealing, then blocks of 256 KiB,
each sealed on its own under that key and bound to the sealing, its number and whether it is the last, so that none can
be moved, swapped or cut off. So what comes with a message is sealed before anybody knows whose it is (`spool`), and
only the 61 bytes of its key are written once that is known (`give_place`). Memory stays at two blocks whatever the
size. Whoever destroys the person's key has destroyed the files. A file lies there before its row is committed: killed
in between, it is a file without a row, unreadable to others, which the next writer sweeps away: the name under which
it waited still leads to it.
Files of a message that waits for a person lie in `held/<sha256>.<id of the message>` under that message's key.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from csdesk.domain.cases.context import Refused
from csdesk.domain.media import TAIL, hides_archive, holds_archive
from csdesk.domain.value import dataclass
from csdesk.store.cases import evidence_bound
from csdesk.store.connection import sync_folder, translated
from csdesk.store.crypto import KEY_BYTES, Sealer, Shredded, bound_to, new_data_key
from csdesk.store.errors import StoreError
from csdesk.store.file import Store

BLOCK = 256 * 1024
_FORMAT = b"csdesk-2"
_ID_BYTES = 16
# What a sealed block is longer than its content: version, nonce and tag (store/crypto.py).
_SEAL = 29
_KEY_AT = len(_FORMAT) + _ID_BYTES
_HEAD = _KEY_AT + KEY_BYTES + _SEAL
HELD = "held"
_PART = ".part-"


@dataclass(frozen=True, slots=True)
class Kept:
    """A row: what is kept, under whose key, and its name; None for a name that was erased."""

    case: str
    sha256: str
    size: int
    media: str
    at: int
    actor: str
    source: str
    person: str
    name: str | None


class Spooled:
    """A file that was sealed and has no place yet: its hash in hex, its size in bytes, where it waits.

    It is locked while its writer lives, so that a dead one's can be told and removed. `close` takes what waits away.
    """

    __slots__ = ("_handle", "_key", "_sealing", "path", "placed", "sha256", "size")

    def __init__(self, path: Path, handle: int, sha256: str, size: int, key: bytes, sealing: bytes) -> None:
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.placed: Path | None = None
        self._handle = handle
        self._key = key
        self._sealing = sealing

    def lock_to(self, sealer: Sealer, bound: bytes) -> None:
        """Write the file's key sealed for its person, to the disk."""
        os.pwrite(self._handle, sealer.seal(self._key, bound), _KEY_AT)
        os.fsync(self._handle)

    @property
    def sealing(self) -> bytes:
        """The random id of this sealing."""
        return self._sealing

    def take_back(self) -> None:
        """Remove it from the place that it was given, when its row was not written after all."""
        if self.placed is not None:
            self.placed.unlink(missing_ok=True)
            self.placed = None

    def close(self) -> None:
        """Let go of what waits; a place that was given stays."""
        self.path.unlink(missing_ok=True)
        os.close(self._handle)


def folder_of(file: Path) -> Path:
    """Where the evidence of a desk's file lies."""
    return file.with_name(f"{file.name}.evidence")


def place_of(file: Path, case_id: str, sha256: str) -> Path:
    """Where a file of a case lies; both parts are hex of our own making."""
    return folder_of(file) / sha256[:2] / f"{sha256}.{case_id}"


def held_place(file: Path, refusal: str, sha256: str) -> Path:
    """Where a file of a message lies that waits for a person under the id `refusal`."""
    return folder_of(file) / HELD / f"{sha256}.{refusal}"


def _key_bound(desk: str, holder: str, sealing: bytes) -> bytes:
    """The place that a file's key is bound to; `holder` is the case, or the message that waits."""
    return bound_to(desk, "evidence", f"{holder}/{sealing.hex()}", "key")


def _bound(desk: str, sealing: bytes, number: int, *, last: bool) -> bytes:
    return bound_to(desk, "evidence", sealing.hex(), f"{number}/{'last' if last else 'more'}")


def _sealer(store: Store, person: str) -> Sealer:
    key = store.keys.for_person(store.desk.id, person)
    if isinstance(key, Shredded):
        raise StoreError("shredded", person=person, at=key.at)
    return key


def spool(store: Store, pieces: Iterable[bytes], most: int) -> Spooled:
    """Seal what `pieces` give, at most `most` bytes, under a key of its own; it waits for `give_place` or `close`.

    Refused `evidence_empty`, `evidence_too_large` or `evidence_archive` (something that hides one), and nothing stays;
    StoreError.
    """
    root, desk = folder_of(store.conn.path), store.desk.id
    key, sealing = new_data_key(), os.urandom(_ID_BYTES)
    sealer = Sealer(key)
    with translated(root):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(store, root)
        handle, path = _part(root)
        try:
            hashed, size, tail = hashlib.sha256(), 0, b""
            with os.fdopen(handle, "wb", closefd=False) as out:
                out.write(_FORMAT + sealing + bytes(_HEAD - _KEY_AT))
                for number, (block, last) in enumerate(_blocks(pieces)):
                    size += len(block)
                    if size > most:
                        raise Refused("evidence_too_large", most_mb=most // 1_000_000)
                    if holds_archive(tail[-8:] + block):
                        raise Refused("evidence_archive")
                    hashed.update(block)
                    tail = (tail + block)[-TAIL:]
                    out.write(sealer.seal(block, _bound(desk, sealing, number, last=last)))
                if not size:
                    raise Refused("evidence_empty")
                if hides_archive(tail, size - len(tail)):
                    raise Refused("evidence_archive")
                out.flush()
                os.fsync(handle)
        except BaseException:
            path.unlink(missing_ok=True)
            os.close(handle)
            raise
    return Spooled(path, handle, hashed.hexdigest(), size, key, sealing)


def _part(root: Path) -> tuple[int, Path]:
    """A new file that is locked while its writer lives, so that a dead one's can be told and removed."""
    while True:
        path = root / f"{_PART}{os.urandom(8).hex()}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():  # else somebody swept it before the lock
            return handle, path
        os.close(handle)


def _sweep(store: Store, root: Path) -> None:
    """Remove what killed writers left, also in a place that no row ever came to name."""
    for entry in os.scandir(root):
        if not entry.name.startswith(_PART):
            continue
        with suppress(OSError):
            handle = os.open(entry.path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_nlink > 1:
                    _unplace(store, root, os.fstat(handle).st_ino)
                Path(entry.path).unlink()
            finally:
                os.close(handle)


def _unplace(store: Store, root: Path, inode: int) -> None:
    """Remove the place of a dead writer's file unless its row was committed; its writer can commit no more."""
    for place in root.glob("*/*.*"):
        if place.stat().st_ino == inode and not _named(store, place):
            place.unlink()


def _named(store: Store, place: Path) -> bool:
    """Whether a row of any desk of the file names what lies in a place: a case's file, or a message that waits."""
    sha256, _, holder = place.name.partition(".")
    table, told, values = "evidence", "case_id = ? AND sha256 = ?", [holder, sha256]
    if place.parent.name == HELD:
        table, told, values = "inbound_refused", "id = ?", [holder]
    row = store.conn.execute(
        f"SELECT 1 FROM {table} WHERE desk_id IN (SELECT desk_id FROM desk) AND {told}", values
    ).fetchone()
    return row is not None


def _blocks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Blocks of full size and the last one with its flag, of pieces of any size; nothing for nothing."""
    held = bytearray()
    for piece in pieces:
        for at in range(0, len(piece), BLOCK):
            held += piece[at : at + BLOCK]
            if len(held) > BLOCK:
                yield bytes(held[:BLOCK]), False
                del held[:BLOCK]
    if held:
        yield bytes(held), True


def _read(stream: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes unless the stream ends before."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def give_place(store: Store, case_id: str, person: str, spooled: Spooled) -> None:
    """Give a file its person and name, inside the transaction that writes its row; replaces a rowless one."""
    place = place_of(store.conn.path, case_id, spooled.sha256)
    _place(store, place, case_id, person, spooled)
    spooled.placed = place


def hold(store: Store, refusal: str, person: str, spooled: Spooled) -> None:
    """Keep a file of a message that waits for a person, inside the transaction that keeps the message."""
    _place(store, held_place(store.conn.path, refusal, spooled.sha256), refusal, person, spooled)


def _place(store: Store, place: Path, holder: str, person: str, spooled: Spooled) -> None:
    bound = _key_bound(store.desk.id, holder, spooled.sealing)
    with translated(place):
        spooled.lock_to(_sealer(store, person), bound)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            os.link(spooled.path, place)
        except FileExistsError:
            beside = place.parent.parent / f"{_PART}{os.urandom(8).hex()}"
            os.link(spooled.path, beside)
            beside.replace(place)
        sync_folder(place.parent)
        sync_folder(place.parent.parent)


def held_pieces(store: Store, refusal: str, person: str, sha256: str) -> Iterator[bytes]:
    """The content of a file that is held with a message, piece by piece. StoreError as `open_out`."""
    return _opened(store, held_place(store.conn.path, refusal, sha256), refusal, person)


def release_held(store: Store) -> None:
    """Remove held files whose message is held no more; inside a transaction, so that no other process holds new ones.

    Their key went with the message: nobody could read them.
    """
    root = folder_of(store.conn.path) / HELD
    if not root.is_dir():
        return
    with translated(root):
        for path in list(root.iterdir()):
            if not _named(store, path):
                path.unlink(missing_ok=True)


def lies(file: Path, case_id: str, sha256: str) -> bool:
    """Whether a file of this hash was stored for the case, whatever is in it."""
    return len(sha256) == 64 and sha256.isalnum() and place_of(file, case_id, sha256).is_file()


def of_case(store: Store, case_id: str) -> list[Kept]:
    """The files of a case, the oldest first."""
    rows = store.conn.execute(
        "SELECT case_id, sha256, size, media, at, actor, source, person, sealed FROM evidence"
        " WHERE desk_id = ? AND case_id = ?",
        (store.desk.id, case_id),
    )
    return sorted((_kept(store, *found) for found in rows), key=lambda kept: (kept.at, kept.sha256))


def _kept(
    store: Store, case: str, sha256: str, size: int, media: str, at: int, actor: str, source: str, person: str,
    sealed: bytes,
) -> Kept:  # fmt: skip
    name = store.keys.open(store.desk.id, person, sealed, evidence_bound(store.desk.id, case, sha256))
    return Kept(case, sha256, size, media, at, actor, source, person, None if name is None else name.decode())


def open_out(store: Store, kept: Kept, out: Callable[[bytes], object]) -> None:
    """Give the content block by block, each proven to be of its place, and all to be what was filed.

    What was given before an error is not to be used. StoreError `no_such_file`, `tampered`, `shredded`.
    """
    place = place_of(store.conn.path, kept.case, kept.sha256)
    hashed, size = hashlib.sha256(), 0
    for plain in _opened(store, place, kept.case, kept.person):
        hashed.update(plain)
        size += len(plain)
        out(plain)
    if hashed.hexdigest() != kept.sha256 or size != kept.size:
        raise StoreError("tampered", where=place.name)


def _opened(store: Store, place: Path, holder: str, person: str) -> Iterator[bytes]:
    desk, sealer = store.desk.id, _sealer(store, person)
    with translated(place), place.open("rb") as file:
        head = _read(file, _HEAD)
        if head[: len(_FORMAT)] != _FORMAT or len(head) != _HEAD:
            raise StoreError("tampered", where=place.name)
        sealing, number = head[len(_FORMAT) : _KEY_AT], 0
        own = Sealer(sealer.open(head[_KEY_AT:], _key_bound(desk, holder, sealing)))
        block = _read(file, BLOCK + _SEAL)
        while block:
            more = _read(file, BLOCK + _SEAL)
            yield own.open(block, _bound(desk, sealing, number, last=not more))
            block, number = more, number + 1


def save_clear(store: Store, kept: Kept, to: Path, said: Callable[[], object]) -> None:
    """Write a file in clear to `to` (0600), whole and proven or not at all; `said` is called just before it appears.

    StoreError `already_exists`, and what `open_out` says.
    """
    with translated(to):
        if os.path.lexists(to):
            raise StoreError("already_exists", path=str(to))
        beside = to.with_name(f".{os.urandom(8).hex()}.part")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                open_out(store, kept, out.write)
                out.flush()
                os.fsync(handle)
            said()
            os.link(beside, to)  # unlike a rename, fails when the name was taken meanwhile
        finally:
            beside.unlink(missing_ok=True)


def check(store: Store, *, contents: bool) -> Iterator[tuple[str, str, str]]:
    """(case id, `missing` or `changed`, hash) of every row without its file.

    With `contents` also of those whose file is not what was filed. Files of erased people count as sound: nobody can
    read them any more.
    """
    after = ("", "")
    while True:
        rows = store.conn.execute(
            "SELECT case_id, sha256, size, media, at, actor, source, person, sealed FROM evidence"
            " WHERE desk_id = ? AND (case_id, sha256) > (?, ?) ORDER BY case_id, sha256 LIMIT 500",
            (store.desk.id, *after),
        ).fetchall()
        for found in rows:
            place = place_of(store.conn.path, found[0], found[1])
            if not place.is_file():
                yield found[0], "missing", found[1]
            elif contents and not isinstance(store.keys.for_person(store.desk.id, found[7]), Shredded):
                try:
                    open_out(store, _kept(store, *found), len)
                except StoreError as exc:
                    if exc.code != "tampered":
                        raise
                    yield found[0], "changed", found[1]
        if len(rows) < 500:
            return
        after = (rows[-1][0], rows[-1][1])


def copy_all(source: Path, target: Path, *, anew: bool = False) -> None:
    """Bring the evidence of the desk file `source` beside the file `target`: added, never removed; each file whole.

    What lies there in the same length is left, since a stored file never changes under its name; `anew` replaces it.
    """
    root, to = folder_of(source), folder_of(target)
    if not root.is_dir():
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink()):
        there = to / folder.name
        with translated(there):
            there.mkdir(mode=0o700, parents=True, exist_ok=True)
            to.chmod(0o700)
            for path in folder.iterdir():
                place = there / path.name
                same = not anew and place.is_file() and place.stat().st_size == path.stat().st_size
                if path.is_file() and not same:
                    _copy(path, place)
            sync_folder(there)


def _copy(path: Path, place: Path) -> None:
    beside = place.with_name(f"{_PART}{os.urandom(8).hex()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with path.open("rb") as file, os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(file, out, BLOCK)
            out.flush()
            os.fsync(handle)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
