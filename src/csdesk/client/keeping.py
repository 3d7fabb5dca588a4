"""What a console far from its desk keeps on this machine: answers it may need again, drafts, and writes that wait.

One SQLite file for each server and agent in the user's state folder, 0600; all that could tell anything of anybody is
sealed (`store/crypto.py`) under a key in the configuration folder, and found again by keyed hashes. Written by one
thread of one console or several. Answers are a cache: bounded, gone with the login. What waits is neither: it leaves
when it was sent or given up.
"""

import hashlib
import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from csdesk.domain.value import dataclass, replace
from csdesk.store.connection import sqlite, translated
from csdesk.store.crypto import KEY_BYTES, Sealer, bound_to
from csdesk.store.errors import StoreError
from csdesk.store.home import config_dir

R = TypeVar("R")
# An agent reads some 300 cases a shift, 20 to 40 kB each as JSON.
MOST_ANSWERS, MOST_BYTES = 2_000, 32 * 1024 * 1024
KEPT_MS = 24 * 3_600_000
# So many answers are kept between two looks at the bounds.
LOOK_EVERY = 100
_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answer (slot BLOB PRIMARY KEY, at INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS answer_age ON answer (at);
CREATE TABLE IF NOT EXISTS errand (slot BLOB PRIMARY KEY, at INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, stuck INTEGER NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL);
"""
# Answers of version 1 had no tag before them.
_VERSION = 2
# What a file is put aside for: nothing can be read from it any more, and the agent goes on all the same.
RUINED = frozenset({"torn", "not_a_database"})


@dataclass(frozen=True, slots=True)
class Write:
    """A verb that waits, as it is kept: see `desk.link.Waiting`. `body` is the command as JSON; `why` why it stuck."""

    seq: int
    key: str
    after: str
    case: str
    number: str
    verb: str
    body: bytes
    version: int
    at: int
    stuck: bool = False
    why: bytes = b""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something kept for the desk of which only the latest counts (a draft): its question as JSON.

    `why`: the desk did not take it, for this reason; it stays until its agent decides. `number`: of its case, then.
    """

    name: str
    body: bytes
    at: int
    why: bytes = b""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it came, its tag ("" for none), and when it was read (UTC ms)."""

    body: bytes
    tag: str
    at: int


_WRITE = msgspec.json.Decoder(Write)
_ERRAND = msgspec.json.Decoder(Errand)


def state_folder() -> Path:
    """Where files of lines lie."""
    from platformdirs import user_state_path

    return user_state_path("csdesk") / "line"


def _key(path: Path) -> bytes:
    """The key of this login, made at first use; StoreError `key_malformed` for what is none."""
    with translated(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
            try:
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                    out.write(os.urandom(KEY_BYTES))
                    out.flush()
                    os.fsync(out.fileno())
                with suppress(FileExistsError):  # another console made it meanwhile: that one counts
                    os.link(beside, path)
            finally:
                beside.unlink(missing_ok=True)
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreError("key_malformed", source=str(path), field="32 bytes")
    return key


def _named(server: str) -> str:
    return hashlib.blake2b(server.encode(), digest_size=8, person=b"csdesk line srv").hexdigest()


class Keeping:
    """An open file. Not for two threads at once. `lost`: what could not be read of it, as it is told."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self.lost: StoreError | None = None
        self._key = key
        self._sealer = Sealer(key)
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._conn: Any = sqlite.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            try:
                self._lay()
            except BaseException:
                self._conn.close()
                raise
        self._since_look = 0

    def _lay(self) -> None:
        """Make the tables. An answer that is lost with the machine is asked again; what waits is kept `_surely`."""
        self._conn.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
            f"PRAGMA fullfsync = ON; BEGIN IMMEDIATE; {_TABLES} COMMIT;"
        )
        if self._conn.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            self._conn.executescript(
                f"BEGIN IMMEDIATE; DELETE FROM answer; PRAGMA user_version = {_VERSION}; COMMIT;"
            )
        for table in ("waiting", "errand"):  # what must not be lost has to be readable now
            self._conn.execute(f"SELECT * FROM {table}").fetchall()

    @classmethod
    def open(cls, path: Path, key: bytes) -> "Keeping":
        """Open a file; one that is ruined is put aside, told of, and begun anew. StoreError."""
        try:
            return cls(path, key)
        except StoreError as error:
            if error.code not in RUINED:
                raise
        aside = path.with_name(f"{path.stem}.{os.urandom(4).hex()}.ruined")
        with translated(path):
            for end in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{path}{end}").rename(f"{aside}{end}")
        kept = cls(path, key)
        kept.lost = StoreError("line_ruined", path=str(aside))
        return kept

    @classmethod
    def of(cls, server: str, agent: str, folder: Path | None = None) -> "Keeping":
        """The file of an agent at a server. StoreError."""
        key = _key(config_dir() / "line.key")
        who = hashlib.blake2b(agent.encode(), key=key, digest_size=8).hexdigest()
        return cls.open((folder or state_folder()) / f"{_named(server)}-{who}.db", key)

    @classmethod
    def signed_in(
        cls, server: str, agent: str, token: str, me: bytes, folder: Path | None = None
    ) -> "Keeping":
        """The same, with who came with which token last: `me` is what the server said of it. StoreError."""
        kept = cls.of(server, agent, folder)
        kept.tell("me", me)
        kept.tell("token", kept.digest(token))
        return kept

    @classmethod
    def of_token(cls, server: str, token: str, folder: Path | None = None) -> "Keeping | None":
        """The file of whoever came with this token last, for when nobody can be asked whose it is."""
        key = _key(config_dir() / "line.key")
        for path in sorted((folder or state_folder()).glob(f"{_named(server)}-*.db")):
            kept = cls.open(path, key)
            if kept._of_token(token):
                return kept
            kept.close()
        return None

    def _of_token(self, token: str) -> bool:
        try:
            return self.about("token") == self.digest(token)
        except StoreError:  # somebody else's damage: it is theirs to hear of
            return False

    def digest(self, said: str) -> bytes:
        """A keyed hash."""
        return hashlib.blake2b(said.encode(), key=self._key, digest_size=16).digest()

    def close(self) -> None:
        """Give the file back."""
        self._conn.close()

    def _bound(self, table: str, row: str) -> bytes:
        return bound_to("line", table, row, "sealed")

    def _surely(self, sql: str, values: tuple[Any, ...]) -> int:
        """Carry out one statement and return once the disk has it; gives the row's id."""
        with translated(self.path):
            self._conn.execute("PRAGMA synchronous = FULL")
            try:
                return int(self._conn.execute(sql, values).lastrowid or 0)
            finally:
                self._conn.execute("PRAGMA synchronous = NORMAL")

    # Who it is

    def about(self, name: str) -> bytes | None:
        """Something known of the login; None while it is not."""
        with translated(self.path):
            row = self._conn.execute("SELECT sealed FROM about WHERE name = ?", (name,)).fetchone()
        return self._sealer.open(row[0], self._bound("about", name)) if row else None

    def tell(self, name: str, value: bytes) -> None:
        """Keep it."""
        self._surely(
            "INSERT INTO about VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
            (name, self._sealer.seal(value, self._bound("about", name))),
        )

    # Answers

    def keep(self, slot: bytes, answer: bytes, at: int, tag: str = "") -> None:
        """Keep an answer under the hash of its question; now and then what is old or too much goes."""
        value = b"%s\n%s" % (tag.encode("ascii", "ignore"), answer)
        with translated(self.path):
            self._conn.execute(
                "INSERT INTO answer VALUES (?, ?, ?)"
                " ON CONFLICT (slot) DO UPDATE SET at = excluded.at, sealed = excluded.sealed",
                (slot, at, self._sealer.seal(value, self._bound("answer", slot.hex()))),
            )
        if self._since_look % LOOK_EVERY == 0:
            self.bound(at)
        self._since_look += 1

    def seen(self, slot: bytes, at: int) -> None:
        """An answer is still the same at `at`."""
        with translated(self.path):
            self._conn.execute("UPDATE answer SET at = ? WHERE slot = ?", (at, slot))

    def find(self, slot: bytes) -> Kept | None:
        """An answer; None when there is none."""
        with translated(self.path):
            row = self._conn.execute("SELECT sealed, at FROM answer WHERE slot = ?", (slot,)).fetchone()
        if row is None:
            return None
        tag, _, body = self._sealer.open(row[0], self._bound("answer", slot.hex())).partition(b"\n")
        return Kept(body, tag.decode(), row[1])

    def bound(self, now: int, most: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        """Let go of answers that are old, and of the oldest while there are too many or they are too large."""
        with translated(self.path):
            self._conn.execute("DELETE FROM answer WHERE at < ?", (now - KEPT_MS,))
            self._conn.execute(
                "DELETE FROM answer WHERE slot IN (SELECT slot FROM (SELECT slot,"
                " row_number() OVER w AS n, sum(length(sealed)) OVER w AS size FROM answer"
                " WINDOW w AS (ORDER BY at DESC, slot)) AS newest WHERE n > ? OR size > ?)",
                (most, most_bytes),
            )

    def forget(self) -> None:
        """Let go of all answers, and of who it was: the login is over. What waits stays, sealed, for the next."""
        self._surely("DELETE FROM answer", ())
        self._surely("DELETE FROM about", ())

    # Drafts and the place

    def set_errand(self, slot: bytes, errand: Errand) -> None:
        """Keep an errand over the one before it in its place."""
        sealed = self._sealer.seal(msgspec.json.encode(errand), self._bound("errand", slot.hex()))
        self._surely(
            "INSERT INTO errand VALUES (?, ?, ?)"
            " ON CONFLICT (slot) DO UPDATE SET at = excluded.at, sealed = excluded.sealed",
            (slot, errand.at, sealed),
        )

    def errands(self) -> list[tuple[bytes, Errand]]:
        """Errands with their slots, the oldest first."""
        with translated(self.path):
            rows = self._conn.execute("SELECT slot, sealed FROM errand ORDER BY at, slot").fetchall()
        found = (
            (slot, self._read(_ERRAND, sealed, self._bound("errand", slot.hex()))) for slot, sealed in rows
        )
        return [(slot, errand) for slot, errand in found if errand is not None]

    def refuse(self, slot: bytes, errand: Errand) -> bool:
        """Keep why the desk did not take an errand; False when a later one stands in its place, which counts."""
        sealed = self._sealer.seal(msgspec.json.encode(errand), self._bound("errand", slot.hex()))
        with translated(self.path):
            done = self._conn.execute(
                "UPDATE errand SET sealed = ? WHERE slot = ? AND at = ?", (sealed, slot, errand.at)
            )
            return bool(done.rowcount)

    def ran(self, slot: bytes, at: int) -> None:
        """An errand was run, unless a later one is in its place."""
        self._surely("DELETE FROM errand WHERE slot = ? AND at <= ?", (slot, at))

    # Writes

    def add(self, write: Write, since: int = 0) -> Write:
        """Keep a write behind all others; on the disk when this returns.

        `since`: the last that the caller knows. Another console of the same agent may have written behind it: then the
        last of those on this case is the one before this. Two that do so at once may name the same one.
        """
        for one in self.writes(since):
            if one.case == write.case:
                write = replace(write, after=one.key)
        seq = self._surely(
            "INSERT INTO waiting (key, sealed) VALUES (?, ?)",
            (write.key, self._sealer.seal(msgspec.json.encode(write), self._bound("waiting", write.key))),
        )
        return replace(write, seq=seq)

    def writes(self, since: int = 0) -> list[Write]:
        """What waits behind `since`, in order; what cannot be read any more is told of (`lost`), not raised."""
        with translated(self.path):
            rows = self._conn.execute(
                "SELECT seq, key, stuck, sealed FROM waiting WHERE seq > ? ORDER BY seq", (since,)
            ).fetchall()
        found = (
            (seq, stuck, self._read(_WRITE, sealed, self._bound("waiting", key)))
            for seq, key, stuck, sealed in rows
        )
        return [
            replace(write, seq=seq, stuck=bool(stuck)) for seq, stuck, write in found if write is not None
        ]

    def _read(self, decoder: "msgspec.json.Decoder[R]", sealed: bytes, bound: bytes) -> R | None:
        """What a row holds; None for one that was damaged, or that another version wrote in another shape."""
        try:
            return decoder.decode(self._sealer.open(sealed, bound))
        except (StoreError, msgspec.DecodeError):
            self.lost = StoreError("line_row_unreadable", path=str(self.path))
            return None

    def there(self, seq: int) -> bool:
        """Whether it still waits: another console of mine may have sent it, or given it up."""
        with translated(self.path):
            return self._conn.execute("SELECT 1 FROM waiting WHERE seq = ?", (seq,)).fetchone() is not None

    def change(self, write: Write) -> None:
        """Keep what became of one that waits: stuck, or to be sent once more."""
        sealed = self._sealer.seal(msgspec.json.encode(write), self._bound("waiting", write.key))
        self._surely(
            "UPDATE waiting SET stuck = ?, sealed = ? WHERE seq = ?", (int(write.stuck), sealed, write.seq)
        )

    def done(self, seq: int) -> None:
        """It was carried out, or given up."""
        self._surely("DELETE FROM waiting WHERE seq = ?", (seq,))


def forget_server(server: str, folder: Path | None = None) -> None:
    """A login at a server is over: let go of every answer of it on this machine. StoreError."""
    here = folder or state_folder()
    if not here.is_dir():
        return
    key = _key(config_dir() / "line.key")
    for path in sorted(here.glob(f"{_named(server)}-*.db")):
        with closing(Keeping.open(path, key)) as kept:
            kept.forget()
