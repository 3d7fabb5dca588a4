"""A desk brought from a file into a database or back, and proven there before anybody can open it.

Every table is copied row by row in the order of its key, digested on the way out and once more from where it arrived;
then the index of texts is made, every chain, counter and sum is verified, files of evidence are copied, and only then
the desk gets its row (a database) or its name (a file). Ids, chains and keys stay what they were, so the same key
source opens it. Killed in between, the source is as it was; a database refuses to open the half of it (`half_moved`)
and takes up at the table where it was left, a file begins anew.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.backup import give_name
from csdesk.store.connection import connect, read, sqlite, write
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.evidence import copy_all, folder_of
from csdesk.store.file import Store
from csdesk.store.moving_ends import End, SqliteEnd, database, names, partial_of
from csdesk.store.reindex import reindex
from csdesk.store.verify import verify
from csdesk.store.version import SCHEMA_VERSION

_ENCODE = msgspec.msgpack.Encoder().encode
# Progress is told so often; a row takes 5 to 20 µs.
_TOLD_ROWS = 2_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was brought: rows per table, of which `kept` came with a former try; cases, events and evidence files."""

    desk: str
    file_id: str
    tables: int
    rows: int
    kept: int
    cases: int
    events: int
    files: int


class _Tally:
    """Counts and digests rows as they pass."""

    def __init__(self, told: Callable[[int], None] | None = None) -> None:
        self.n = 0
        self._hash = hashlib.sha256()
        self._told = told

    def through(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The rows themselves."""
        for row in rows:
            self._hash.update(_ENCODE(row))
            self.n += 1
            if self._told and self.n % _TOLD_ROWS == 0:
                self._told(self.n)
            yield row

    def of(self, rows: Iterable[tuple[Any, ...]]) -> tuple[int, bytes]:
        """How many rows, and their digest."""
        for _ in self.through(rows):
            pass
        return self.n, self.digest

    @property
    def digest(self) -> bytes:
        """Of all rows that passed."""
        return self._hash.digest()


def move(
    store: Store,
    to: Path | Dsn,
    now: int,
    *,
    evidence: Path | None = None,
    wait_s: float = 10.0,
    standing: bool = True,
    progress: Progress | None = None,
) -> Moved:
    """Bring a desk to a database or a new file; `evidence` is the folder for a database's.

    `standing`: nobody writes meanwhile (StoreError `locked` when somebody still does after `wait_s`); else the copy is
    of one moment while others work on. StoreError `move_same`, `desk_exists`, `already_exists`, `move_differs`,
    `move_unsound`.
    """
    if isinstance(to, Path):
        if store.conn.kind == "sqlite":
            raise StoreError("move_same", path=store.conn.place)
        if to.exists():
            raise StoreError("already_exists", path=str(to))
    with ExitStack() as stack:
        source = stack.enter_context(_source(store, standing=standing, wait_s=wait_s))
        if isinstance(to, Dsn):
            return _to_database(store, source, to, now, evidence, progress)
        return _to_file(store, source, to, progress)


@contextmanager
def _source(store: Store, *, standing: bool, wait_s: float) -> Iterator[End]:
    """The desk as it is at one moment."""
    conn = store.conn
    turn: AbstractContextManager[object] = write(conn, wait_s=wait_s) if standing else read(conn)
    if conn.kind == "sqlite":
        with turn:
            yield SqliteEnd(conn, store.desk.id)
        return
    from csdesk.store.postgres import PgConnection

    if not isinstance(conn, PgConnection):
        raise TypeError(f"{type(conn).__name__} is no database")
    # The turn's own transaction only stands there, and may for as long as the copy takes.
    if not standing:
        with database(conn.dsn, store.desk.id, reading=True) as end:
            yield end
        return
    conn.native("SELECT set_config('idle_in_transaction_session_timeout', '0', false)")
    with turn, database(conn.dsn, store.desk.id, reading=True) as end:
        yield end


def _to_database(
    store: Store, source: End, dsn: Dsn, now: int, evidence: Path | None, progress: Progress | None
) -> Moved:
    from csdesk.store.postgres import PgConnection
    from csdesk.store.postgres_schema import migrate

    migrate(dsn)
    with database(dsn, store.desk.id) as end:
        end.begin(store.desk.file_id, now)
        done = _tables(source, end, dsn.shown, progress, but="desk")
        with closing(PgConnection(dsn, schema_version=SCHEMA_VERSION)) as conn:
            conn.bind(store.desk.id, store.desk.file_id, evidence)
            arrived = Store(conn, store.desk, store.masters)
            reindex(arrived)
            copy_all(store.conn.path, conn.path)
            _prove(arrived, dsn.shown)
            files = _files(conn.path)
        (row,) = source.rows("desk")
        end.finish(row)
    return _said(store, done, files)


def _to_file(store: Store, source: End, target: Path, progress: Progress | None) -> Moved:
    from csdesk.store.migrations import migrate

    target.parent.mkdir(parents=True, exist_ok=True)
    target = target.resolve()
    beside = partial_of(target)
    _forget(beside)
    try:
        migrate(beside, create=True)
        with closing(connect(beside, schema_version=SCHEMA_VERSION)) as conn:
            done = _tables(source, SqliteEnd(conn, store.desk.id), str(target), progress)
            arrived = Store(conn, store.desk, store.masters)
            reindex(arrived)
            copy_all(store.conn.path, beside)
            _prove(arrived, str(target))
        with closing(sqlite.connect(beside, isolation_level=None)) as plain:
            plain.execute("PRAGMA journal_mode = DELETE")
        files = _files(beside)
        copy_all(beside, target)
        give_name(beside, target)
    finally:
        _forget(beside)
    return _said(store, done, files)


def _forget(beside: Path) -> None:
    """Remove what arrived and got no name."""
    import shutil

    for ending in ("", "-wal", "-shm", ".lock"):
        beside.with_name(beside.name + ending).unlink(missing_ok=True)
    if folder_of(beside).is_dir():
        shutil.rmtree(folder_of(beside))


def _tables(
    source: End, end: End, place: str, progress: Progress | None, but: str = ""
) -> dict[str, tuple[int, bool]]:
    """Copy every table and compare what arrived; how many rows each has, and whether a former try brought it."""
    done: dict[str, tuple[int, bool]] = {}
    before = 0
    for name in names():
        if name == but:
            continue
        told = (lambda n, at=before: progress(at + n, 0)) if progress else None
        there = end.kept(name)
        kept = there is not None and _Tally().of(source.rows(name)) == (there[0], bytes(there[1]))
        if there is not None and kept:
            n, digest = there[0], bytes(there[1])
        else:
            tally = _Tally(told)
            end.fill(name, tally.through(source.rows(name)))
            n, digest = tally.n, tally.digest
        if _Tally().of(end.rows(name)) != (n, digest):
            raise StoreError("move_differs", path=place, table=name)
        if not kept:
            end.keep(name, n, digest)
        done[name] = (n, kept)
        before += n
    return done


def _prove(arrived: Store, place: str) -> None:
    """StoreError `move_unsound` with the first thing that `verify` finds."""
    for finding in verify(arrived):
        raise StoreError("move_unsound", path=place, finding=str(finding))


def _files(path: Path) -> int:
    root = folder_of(path)
    return sum(1 for one in root.glob("*/*") if one.is_file()) if root.is_dir() else 0


def _said(store: Store, done: dict[str, tuple[int, bool]], files: int) -> Moved:
    return Moved(
        desk=store.desk.id,
        file_id=store.desk.file_id,
        tables=len(done),
        rows=sum(n for n, _ in done.values()),
        kept=sum(n for n, kept in done.values() if kept),
        cases=done["cases"][0],
        events=done["event"][0],
        files=files,
    )
