"""Files kept as evidence, beside the desk's file: each once per case, sealed under its customer's key, never opened.

A stored file is `<desk file>.evidence/<aa>/<sha256>.<case id>`: eight signs of format, a random id of this sealing
(16 bytes), then blocks of 256 KiB, each sealed on its own and bound to desk, case, sealing, its number and whether
it is the last, so that none can be moved, swapped or cut off. Memory stays at two blocks whatever the size. Whoever
destroys the person's key has destroyed the files. A file lies there before its row is committed: killed in between,
it is a file without a row, unreadable to others, and the next filing of the same content takes its place.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from csdesk.domain.cases.context import Refused
from csdesk.store.cases import evidence_bound
from csdesk.store.connection import sync_folder, translated
from csdesk.store.crypto import Sealer, Shredded, bound_to
from csdesk.store.errors import StoreError
from csdesk.store.file import Store

BLOCK = 256 * 1024
_FORMAT = b"csdesk-1"
_ID_BYTES = 16
# What a sealed block is longer than its content: version, nonce and tag (store/crypto.py).
_SEAL = 29
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


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that was sealed and has no place yet: where it waits, what it is, how long."""

    path: Path
    sha256: str
    size: int


def folder_of(file: Path) -> Path:
    """Where the evidence of a desk's file lies."""
    return file.with_name(f"{file.name}.evidence")


def place_of(file: Path, case_id: str, sha256: str) -> Path:
    """Where a file of a case lies; both parts are hex of our own making."""
    return folder_of(file) / sha256[:2] / f"{sha256}.{case_id}"


def _bound(desk: str, case_id: str, sealing: bytes, number: int, *, last: bool) -> bytes:
    return bound_to(desk, "evidence", f"{case_id}/{sealing.hex()}", f"{number}/{'last' if last else 'more'}")


def _sealer(store: Store, person: str) -> Sealer:
    key = store.keys.for_person(store.desk.id, person)
    if isinstance(key, Shredded):
        raise StoreError("shredded", person=person, at=key.at)
    return key


def seal_in(store: Store, case_id: str, person: str, first: bytes, rest: BinaryIO, most: int) -> Sealed:
    """Seal what `first` and then `rest` give, at most `most` bytes, under a name that waits for `give_place`.

    Refused `evidence_empty` or `evidence_too_large` (and nothing stays), StoreError.
    """
    root = folder_of(store.conn.path)
    sealer, sealing = _sealer(store, person), os.urandom(_ID_BYTES)
    with translated(root):
        root.mkdir(mode=0o700, exist_ok=True)
        _sweep(root)
        handle, path = _part(root)
    try:
        with translated(path), os.fdopen(handle, "wb", closefd=False) as out:
            out.write(_FORMAT + sealing)
            hashed, size = hashlib.sha256(), 0
            for number, (block, last) in enumerate(_blocks(first, rest)):
                size += len(block)
                if size > most:
                    raise Refused("evidence_too_large", most_mb=most // 1_000_000)
                hashed.update(block)
                out.write(sealer.seal(block, _bound(store.desk.id, case_id, sealing, number, last=last)))
            if not size:
                raise Refused("evidence_empty")
            out.flush()
            os.fsync(handle)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    return Sealed(path, hashed.hexdigest(), size)


def _part(root: Path) -> tuple[int, Path]:
    """A new file that is locked while its writer lives, so that a dead one's can be told and removed."""
    while True:
        path = root / f"{_PART}{os.urandom(8).hex()}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():  # else somebody swept it before the lock
            return handle, path
        os.close(handle)


def _sweep(root: Path) -> None:
    """Remove what killed writers left."""
    for entry in os.scandir(root):
        if not entry.name.startswith(_PART):
            continue
        with suppress(OSError):
            handle = os.open(entry.path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Path(entry.path).unlink()
            finally:
                os.close(handle)


def _blocks(first: bytes, rest: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Blocks of full size and the last one with its flag; nothing for nothing."""
    held = first + _read(rest, BLOCK - len(first))
    while len(held) == BLOCK and (more := _read(rest, BLOCK)):
        yield held, False
        held = more
    if held:
        yield held, True


def _read(stream: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes unless the stream ends before."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def give_place(store: Store, case_id: str, sealed: Sealed) -> None:
    """Give a sealed file its name, inside the transaction that writes its row; takes the place of a rowless one."""
    place = place_of(store.conn.path, case_id, sealed.sha256)
    with translated(place):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            os.link(sealed.path, place)
        except FileExistsError:
            sealed.path.replace(place)
        sealed.path.unlink(missing_ok=True)
        sync_folder(place.parent)
        sync_folder(place.parent.parent)


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
    sealer, hashed, size = _sealer(store, kept.person), hashlib.sha256(), 0
    with translated(place), place.open("rb") as file:
        head = _read(file, len(_FORMAT) + _ID_BYTES)
        if head[: len(_FORMAT)] != _FORMAT or len(head) != len(_FORMAT) + _ID_BYTES:
            raise StoreError("tampered", where=place.name)
        sealing, number = head[len(_FORMAT) :], 0
        block = _read(file, BLOCK + _SEAL)
        while block:
            more = _read(file, BLOCK + _SEAL)
            plain = sealer.open(block, _bound(store.desk.id, kept.case, sealing, number, last=not more))
            hashed.update(plain)
            size += len(plain)
            out(plain)
            block, number = more, number + 1
    if hashed.hexdigest() != kept.sha256 or size != kept.size:
        raise StoreError("tampered", where=place.name)


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
