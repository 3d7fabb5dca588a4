"""The ways to a desk's data, in turn: `Connection`, what the store needs of either database, and SQLite's own.

PostgreSQL's is `store.postgres.PgConnection`, loaded only when an address is opened. SQLite's driver is `pysqlite3`
(SQLite 3.53 in its wheel), else Python's own sqlite3 where that is new enough. Other modules of this room take it from
here: `from csdesk.store.connection import sqlite`.

Threads: one connection per thread; with `check_same_thread=False` an owner may hand it over, never share it.
Forks: a connection must not cross a fork (sqlite.org/howtocorrupt.html §2.6); `read` and `write` refuse.
Files: never `open()` a database that this process has a connection to. Closing any descriptor of a file drops
all POSIX locks that the process holds on it, SQLite's included; so all checks here ask stat or SQLite.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from csdesk.store.errors import StoreError, translate
from csdesk.store.turn import Turn

__all__ = [
    "APPLICATION_ID",
    "Connection",
    "Cursor",
    "SqliteConnection",
    "bulk",
    "checkpoint",
    "connect",
    "data_version",
    "network_file_system",
    "open_any_schema",
    "read",
    "refuse_network",
    "refuse_old_sqlite",
    "sqlite",
    "sync_folder",
    "translated",
    "write",
]

if TYPE_CHECKING:
    import sqlite3 as sqlite
else:
    try:
        from pysqlite3 import dbapi2 as sqlite
    except ImportError:
        import sqlite3 as sqlite

APPLICATION_ID = 0x43534453  # "CSDS"
# The first without the WAL-reset race (sqlite.org/wal.html#walresetbug), which two writers can meet.
SQLITE_NEEDED = (3, 51, 3)
# Waited for programs that write without taking a turn (the sqlite3 shell, a copy job).
BUSY_SECONDS = 5.0
# A console's verbs and queries are some 150 statements; a prepared one holds 5 kB and spares 10 to 20 µs.
CACHED_STATEMENTS = 256
# cell_size_check finds a torn page where it is read, for 1 % of a short SELECT (26.8 against 26.6 µs).
# secure_delete leaves no shredded key in a free page and costs nothing measurable (0.15 ms a commit with and
# without). fullfsync is macOS's way to reach the disk itself. recursive_triggers differs between builds of
# SQLite; with it on, REPLACE fires the delete triggers everywhere.
_PRAGMAS = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA recursive_triggers = ON;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA secure_delete = ON;
PRAGMA journal_size_limit = 67108864;
"""


class Cursor(Protocol):
    """What a statement found or did."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What the store needs of a database; statements are written for SQLite and for both (see store/dialect.py)."""

    path: Path
    readonly: bool

    @property
    def kind(self) -> Literal["sqlite", "postgres"]:
        """Whose words `native` statements are in: few places may ask (store/terms.py)."""
        ...

    @property
    def place(self) -> str:
        """Where the data is, as an error tells it: a file's name, an address without its password."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def total_changes(self) -> int:
        """Rows that this connection has changed since it was opened."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:
        """Carry out one statement."""
        ...

    def executemany(self, sql: str, parameters: Any, /) -> Cursor:
        """Carry out one statement for many rows."""
        ...

    def together(self, *asked: tuple[str, Any]) -> list[list[Any]]:
        """The rows of several statements with their values, in turn, within a transaction; one trip to a server."""
        ...

    def guard(self) -> None:
        """RuntimeError when this connection came through a fork."""
        ...

    def now(self) -> int:
        """The time of whoever keeps the data, UTC ms: leases, tokens and timers of all who share it go by this."""
        ...

    def bind(self, desk: str, file_id: str, evidence: Path | None) -> None:
        """The desk that it is for; on PostgreSQL what its turn to write and its evidence hang on."""
        ...

    def again(self, *, readonly: bool) -> "Connection":
        """Another connection to the same data, owned by this thread."""
        ...

    def writing(self, wait_s: float) -> AbstractContextManager[None]:
        """The transaction of `write`."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """The transaction of `read`."""
        ...

    def lightly(self) -> AbstractContextManager[None]:
        """Within it commits do not wait for the disk."""
        ...

    def version(self) -> int:
        """See `data_version`."""
        ...

    def emptied(self) -> bool:
        """See `checkpoint`."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class SqliteConnection(sqlite.Connection):
    """An SQLite connection that knows its file, the schema this csdesk speaks, and its turn to write."""

    kind: Literal["sqlite"] = "sqlite"

    def __init__(self, path: Path, *, schema_version: int, readonly: bool, check_same_thread: bool) -> None:
        super().__init__(
            f"{path.as_uri()}?mode={'ro' if readonly else 'rw'}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            cached_statements=CACHED_STATEMENTS,
            check_same_thread=check_same_thread,
        )
        self.path = path
        self.place = str(path)
        self.schema_version = schema_version
        self.readonly = readonly
        self.turn = Turn(path)
        self._pid = os.getpid()

    def now(self) -> int:
        """This machine's time: all who share a file are on it."""
        return clock_ms()

    def together(self, *asked: tuple[str, Any]) -> list[list[Any]]:
        """The rows of several statements with their values, in turn."""
        return [self.execute(sql, values).fetchall() for sql, values in asked]

    def guard(self) -> None:
        """RuntimeError when this connection came through a fork."""
        if self._pid != os.getpid():
            raise RuntimeError("a database connection crossed a fork; open one in the child")

    def number(self, pragma: str) -> int:
        """The integer that a pragma tells."""
        value: int = self.execute(f"PRAGMA {pragma}").fetchone()[0]
        return value

    def check_schema(self, *, older: bool) -> None:
        """StoreError `newer_schema`, or `older_schema` unless `older` ones will do; 2 µs."""
        found, known = self.number("user_version"), self.schema_version
        if found > known or (found < known and not older):
            code = "newer_schema" if found > known else "older_schema"
            raise StoreError(code, path=str(self.path), found=found, known=known)

    def bind(self, desk: str, file_id: str, evidence: Path | None) -> None:
        """Nothing: turn and evidence are the file's."""

    def again(self, *, readonly: bool) -> "SqliteConnection":
        """Another connection to the same file, owned by this thread."""
        return connect(self.path, schema_version=self.schema_version, readonly=readonly)

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[None]:
        """The transaction of `write`, in the file's queue of writers."""
        self.turn.take(wait_s)
        try:
            with _transaction(self, "BEGIN IMMEDIATE"):
                self.check_schema(older=True)
                yield
        finally:
            self.turn.give()

    def snapshot(self) -> AbstractContextManager[None]:
        """The transaction of `read`."""
        return _transaction(self, "BEGIN")

    @contextmanager
    def lightly(self) -> Iterator[None]:
        """Within it commits do not wait for the disk: synchronous NORMAL."""
        self.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.execute("PRAGMA synchronous = FULL")

    def keep_few_pages(self) -> None:
        """Hold at most 0.5 MB of the file: for a program of which many run on one machine.

        SQLite would hold 2 MB. What is let go is in the system's cache, which all of them share: pages and cases of
        100,000 take the same time (0.5 and 1.5 ms), and a console that has opened 60 cases is 1.5 MB smaller.
        """
        self.execute("PRAGMA cache_size = -512")

    def version(self) -> int:
        """See `data_version`."""
        return self.number("data_version")

    def emptied(self) -> bool:
        """See `checkpoint`."""
        with translated(self.path):
            busy = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    def close(self) -> None:
        """Close the file and leave the queue of writers."""
        super().close()
        self.turn.close()


def clock_ms() -> int:
    """This machine's time, UTC ms."""
    return time.time_ns() // 1_000_000


def refuse_old_sqlite(version: tuple[int, ...] = sqlite.sqlite_version_info) -> None:
    """StoreError `sqlite_too_old` below 3.51.3, unless CSDESK_ALLOW_OLD_SQLITE=1 (then `doctor` warns)."""
    if version < SQLITE_NEEDED and os.environ.get("CSDESK_ALLOW_OLD_SQLITE") != "1":
        found, needed = (".".join(map(str, numbers)) for numbers in (version, SQLITE_NEEDED))
        raise StoreError("sqlite_too_old", found=found, needed=needed)


# File systems whose locks or shared memory do not reach other machines' kernels: WAL mode needs both.
_NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "s3fs", "smb", "smb2", "smb3", "smbfs", "sshfs", "fuse.ceph", "fuse.davfs", "fuse.gcsfuse",
    "fuse.glusterfs", "fuse.goofys", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
})  # fmt: skip


def network_file_system(path: Path, mountinfo: str) -> str | None:
    """The type of the network file system that holds `path` (absolute, links resolved), or None.

    `mountinfo` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)); the last mount on a point counts.
    """
    found, kind = Path("/"), ""
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        escaped = mount.split(" ")[4]
        point = Path(os.fsdecode(os.fsencode(escaped).decode("unicode_escape").encode("latin-1")))
        if path.is_relative_to(point) and point.is_relative_to(found):
            found, kind = point, source.split(" ")[0]
    return kind if kind in _NETWORK else None


def refuse_network(path: Path) -> None:
    """StoreError `network_fs` when the system tells that `path` (absolute) lies on another machine's disk."""
    try:
        mountinfo = os.fsdecode(Path("/proc/self/mountinfo").read_bytes())
    except OSError:
        return  # not Linux: nothing tells us
    kind = network_file_system(path, mountinfo)
    if kind:
        raise StoreError("network_fs", path=str(path), fs=kind)


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _inspect(path: Path, *, readonly: bool) -> os.stat_result:
    """What the file system says of `path` before SQLite sees it; StoreError when it cannot serve."""
    try:
        status = path.stat()
    except OSError as exc:
        raise translate(exc, path) from exc
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("not_a_database", path=str(path))
    if not _may(path, os.R_OK):
        raise StoreError("no_permission", path=str(path))
    if not readonly and not (_may(path, os.W_OK) and _may(path.parent, os.W_OK | os.X_OK)):
        raise StoreError("read_only", path=str(path))
    return status


def _make(path: Path) -> None:
    """An empty file for its owner only, unless one is there."""
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as exc:
        raise translate(exc, path) from exc


def connect(
    path: str | os.PathLike[str],
    *,
    schema_version: int,
    readonly: bool = False,
    create: bool = False,
    migrating: bool = False,
    check_same_thread: bool = True,
) -> SqliteConnection:
    """Open a desk's file in WAL mode, 0.3 ms here with its first read; the caller closes it.

    `create` makes the file (mode 0600), stamps it and leaves user_version 0 for the schema's first migration;
    an empty database, such as an interrupted `init` leaves, is taken over, any other is `already_exists`.
    `migrating` accepts an older schema. StoreError: `sqlite_too_old`, `network_fs`, `no_such_file`, `torn`,
    `not_a_database`, `read_only`, `no_permission`, `newer_schema`, `older_schema`, `locked`, `no_wal`.
    """
    refuse_old_sqlite()
    file = Path(path).resolve()
    refuse_network(file)
    if create:
        _make(file)
    conn = open_any_schema(
        file, schema_version, readonly=readonly, create=create, check_same_thread=check_same_thread
    )
    try:
        with translated(file):
            conn.check_schema(older=migrating or create)
    except BaseException:
        conn.close()
        raise
    return conn


def open_any_schema(
    file: Path, schema_version: int, *, readonly: bool, create: bool = False, check_same_thread: bool = True
) -> SqliteConnection:
    """A configured connection to a csdesk database of whatever schema version."""
    before = _inspect(file, readonly=readonly)
    with translated(file):
        conn = SqliteConnection(
            file, schema_version=schema_version, readonly=readonly, check_same_thread=check_same_thread
        )
        try:
            _identify(conn, create)
            # From the first read on, SQLite's shared lock keeps `restore` away; before it, the name could
            # have gone to another file than the one that SQLite opened.
            if not os.path.samestat(before, file.stat()):
                raise StoreError("replaced", path=str(file))
            conn.executescript(_PRAGMAS)
            if not readonly and conn.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise StoreError("no_wal", path=str(file))
            if create:
                conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        except BaseException:
            conn.close()
            raise
    return conn


def _identify(conn: SqliteConnection, create: bool) -> None:
    """StoreError unless the file is ours, or, for `create`, an empty database that may become ours."""
    identity = conn.number("application_id")
    if not create:
        if identity != APPLICATION_ID:
            raise StoreError("not_a_database", path=str(conn.path))
        return
    used = conn.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema)").fetchone()[0]
    if identity not in (0, APPLICATION_ID) or used or conn.number("user_version"):
        raise StoreError("already_exists", path=str(conn.path))


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn conditions of file and disk into StoreErrors; let constraints and mistakes in SQL through."""
    try:
        yield
    # UnicodeDecodeError: the driver cannot even say what SQLite found in a damaged schema.
    except (sqlite.Error, OSError, UnicodeDecodeError) as exc:
        _raise(exc, path)


def _raise(exc: Exception, path: Path) -> NoReturn:
    found = translate(exc, path)
    if found.code == "failed":
        raise exc
    raise found from exc


@contextmanager
def _transaction(conn: SqliteConnection, begin: str) -> Iterator[None]:
    try:
        conn.execute(begin)
        try:
            yield
            # SQLite ends a transaction by itself on a full disk or a failed read. Whoever catches that error
            # inside the block would go on in autocommit: what followed is kept, so at least say it loudly.
            if not conn.in_transaction:
                raise RuntimeError("the transaction ended inside its block")
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
    except sqlite.Error as exc:
        _raise(exc, conn.path)


@contextmanager
def write(conn: Connection, *, wait_s: float = 10.0) -> Iterator[Connection]:
    """One write transaction: wait for the turn, begin, then COMMIT, or ROLLBACK on any exception.

    On SQLite, after COMMIT the data is on the disk (synchronous FULL): 0.15 ms median, 0.3 ms p99 for
    one row here. 8 processes flat out: 3,900 a second together, 0.1 s at worst; without the turn 6,100, of
    which one of them got a single one in 4 s.
    StoreError `locked` after `wait_s` seconds, or 5 s more behind a program that takes no turns;
    `newer_schema` when another csdesk has migrated the file meanwhile; `read_only`, `disk_full`, `torn`.
    RuntimeError inside another transaction of this connection: an inner commit would publish half of it.
    """
    conn.guard()
    if conn.readonly:
        raise StoreError("read_only", path=conn.place)
    if conn.in_transaction:
        raise RuntimeError("write() inside a transaction")
    with conn.writing(wait_s):
        yield conn


@contextmanager
def bulk(conn: Connection, *, wait_s: float = 10.0) -> Iterator[Connection]:
    """`write` for batches of an import: COMMIT does not wait for the disk (synchronous NORMAL; on PostgreSQL `off`).

    A power loss can take back the last batches, whole and in order; a killed process loses none.
    The next `write` or a `checkpoint` brings all of them to the disk.
    """
    conn.guard()
    if conn.in_transaction:
        raise RuntimeError("bulk() inside a transaction")
    with conn.lightly(), write(conn, wait_s=wait_s):
        yield conn


@contextmanager
def savepoint(conn: Connection) -> Iterator[None]:
    """What happens inside is kept whole or not at all, within the caller's transaction."""
    conn.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK TO part")
            conn.execute("RELEASE part")
        raise
    conn.execute("RELEASE part")


@contextmanager
def read(conn: Connection) -> Iterator[Connection]:
    """One snapshot for several SELECTs, 4 µs. Inside another transaction it joins that one."""
    conn.guard()
    if conn.in_transaction:
        yield conn
        return
    with conn.snapshot():
        before = conn.total_changes
        yield conn
        if conn.total_changes != before:
            raise RuntimeError("a change inside read(); use write()")


def data_version(conn: Connection) -> int:
    """A number that differs when another connection has committed since it was last asked (2 µs). It means nothing to
    other connections. Own commits leave it on SQLite; on PostgreSQL it is the last change that consoles have to see.
    """
    return conn.version()


def checkpoint(conn: Connection) -> bool:
    """Move the write-ahead log into the file and empty it: after a shredding, so that no old key stays in it,
    and at the end of an import. False when a reader still needs a part (after up to 5 s of waiting for it).
    """
    return conn.emptied()


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
