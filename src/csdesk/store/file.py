"""A desk's file: made with its keys, opened and checked, and everything that reads or writes it for one desk."""

import os
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass
from csdesk.store import keys as keysource
from csdesk.store.connection import Connection, connect, write
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.home import config_dir
from csdesk.store.keys import FromFile, Keyring, KeySource, Masters, key_file, new_keyring
from csdesk.store.people import People
from csdesk.store.replica import Replica
from csdesk.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from csdesk.store.library_forbidden import ForbiddenList
    from csdesk.store.library_policies import Policies
    from csdesk.store.library_replies import Replies
    from csdesk.store.library_vectors import Meanings


# What a desk is called that nobody gave an id.
MAIN = "main"


@dataclass(frozen=True, slots=True)
class DeskInfo:
    """A desk of a file: its id, name and time zone; one for `practice` can neither send nor pay."""

    id: str
    name: str
    zone: str
    file_id: str
    practice: bool = False


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who works on a desk."""

    id: str
    name: str
    role: str
    os_user: str


class Store:
    """One desk behind one connection. Not for two threads at once."""

    def __init__(self, conn: Connection, desk: DeskInfo, masters: Masters) -> None:
        self.conn = conn
        self.desk = desk
        self.masters = masters
        self.people = People(conn, desk.id, masters)
        self.keys = self.people.keys
        self.replica: Replica | None = None
        self._erased = 0

    @cached_property
    def policies(self) -> "Policies":
        """The policy articles of this desk; what a search needs is loaded with the first one."""
        from csdesk.store.library_policies import Policies

        return Policies(self.conn, self.desk.id)

    @cached_property
    def meanings(self) -> "Meanings":
        """The vectors of those articles, likewise."""
        from csdesk.store.library_vectors import Meanings

        return Meanings(self.conn, self.desk.id)

    @cached_property
    def replies(self) -> "Replies":
        """The canned replies of this desk, likewise."""
        from csdesk.store.library_replies import Replies

        return Replies(self.conn, self.desk.id)

    @cached_property
    def forbidden(self) -> "ForbiddenList":
        """The phrases that may not leave this desk, likewise."""
        from csdesk.store.library_forbidden import ForbiddenList

        return ForbiddenList(self.conn, self.desk.id)

    def reading(self) -> "Store":
        """The same desk behind another connection that only reads, owned by this thread."""
        other = Store(self.conn.again(readonly=True), self.desk, self.masters)
        other.replica = Replica(self.replica.dsn) if self.replica is not None else None
        return other

    def at(self, copy: Dsn, patient_s: int) -> "Store":
        """The same desk, with the same keys, in a database that follows this one; only read, owned by this thread.

        `patient_s`: how long it may take to answer, in s.
        StoreError `replica_other` when it follows another.
        """
        conn = _connected(copy, readonly=True, patient_s=patient_s)
        try:
            found = _desk(conn, self.desk.id)
            if found is None or found.file_id != self.desk.file_id:
                raise StoreError("replica_other", path=conn.place, desk=self.desk.id)
            conn.path = self.conn.path
            return Store(conn, self.desk, self.masters)
        except BaseException:
            conn.close()
            raise

    @property
    def erased(self) -> int:
        """The number of the last erasure that was heeded."""
        return self._erased

    def heed_erasures(self) -> None:
        """Forget the opened keys when anybody was erased since, here or by another process (3 µs)."""
        row = self.conn.execute(
            "SELECT seq FROM erasure WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (self.desk.id,)
        ).fetchone()
        if row is not None and row[0] != self._erased:
            self._erased = row[0]
            self.keys.clear()

    def close(self) -> None:
        """Close the file."""
        if self.replica is not None:
            self.replica.close()
        self.conn.close()

    def agents(self) -> list[Agent]:
        """Everybody who works here, by id."""
        rows = self.conn.execute(
            "SELECT id, name, role, os_user FROM agent WHERE desk_id = ? AND active = 1 ORDER BY id",
            (self.desk.id,),
        )
        return [Agent(*row) for row in rows]

    def agent(self, id_: str) -> Agent | None:
        """One agent by id."""
        row = self.conn.execute(
            "SELECT id, name, role, os_user FROM agent WHERE desk_id = ? AND id = ? AND active = 1",
            (self.desk.id, id_),
        ).fetchone()
        return Agent(*row) if row else None

    def put_agent(self, agent: Agent) -> None:
        """Add or change an agent, inside the caller's transaction."""
        self.conn.execute(
            "INSERT OR REPLACE INTO agent VALUES (?,?,?,?,?,1)",
            (self.desk.id, agent.id, agent.name, agent.role, agent.os_user),
        )


def desks(conn: Connection) -> list[DeskInfo]:
    """The desks of a file (of a database it would be a question across desks: see `_desk`)."""
    return [
        DeskInfo(id_, name, zone, file_id, bool(practice))
        for id_, name, zone, file_id, practice in conn.execute(
            "SELECT desk_id, name, zone, file_id, practice FROM desk ORDER BY desk_id"
        )
    ]


def init(
    path: Path | Dsn,
    name: str,
    zone: str,
    now: int,
    source: KeySource | None = None,
    *,
    practice: bool = False,
    desk_id: str = "",
) -> DeskInfo:
    """Make a file, or a place in a database, with one desk and its keys; `desk_id` is `main` unless said otherwise.

    StoreError `already_exists`, on a database `desk_exists`, rather than touch what is there. Keys come first: a file
    without its keys is worthless, keys without a file are only lonely.
    """
    if isinstance(path, Dsn):
        _make_room(path, desk_id or MAIN)
    elif path.exists() and path.stat().st_size:
        raise StoreError("already_exists", path=str(path))
    file_id = os.urandom(8).hex()
    if source is None:
        source = FromFile(key_file(config_dir(), file_id))
    if isinstance(source, FromFile) and not source.path.exists():
        keyring = new_keyring()
        keysource.create(source, keyring)
    else:
        keyring = keysource.load(source)
    try:
        if isinstance(path, Path):
            from csdesk.store.migrations import migrate

            migrate(path, create=True)
        desk = DeskInfo(desk_id or MAIN, name, zone, file_id, practice)
        conn = _connected(path)
        try:
            with write(conn):
                conn.execute(
                    "INSERT INTO desk VALUES (?,?,?,?,?,?)",
                    (desk.id, name, zone, file_id, now, int(practice)),
                )
                conn.executemany(
                    "INSERT INTO fingerprint VALUES (?,?,?)",
                    [(desk.id, key, print_) for key, print_ in keyring.fingerprints().items()],
                )
                conn.execute(
                    "INSERT INTO master_key VALUES (?,1,?,?,'',?,0)", (desk.id, keyring.current, now, now)
                )
        finally:
            conn.close()
    except StoreError as exc:
        if exc.code in ("disk_full", "io_failed") and isinstance(path, Path):
            # A half-made desk would stand in the way of the next try.
            for left in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                left.unlink(missing_ok=True)
        raise
    return desk


def _make_room(dsn: Dsn, desk_id: str) -> None:
    """Give a database its tables; StoreError `desk_exists` when the desk has its place there."""
    from csdesk.store.postgres_schema import migrate

    migrate(dsn)
    with closing(_connected(dsn)) as conn:
        if _desk(conn, desk_id) is not None:
            raise StoreError("desk_exists", path=str(dsn), desk=desk_id)
        _refuse_half(conn, desk_id, str(dsn))


def _refuse_half(conn: Connection, desk_id: str, place: str) -> None:
    """StoreError `half_moved` for a desk that is being brought there (store/moving.py)."""
    if conn.execute("SELECT 1 FROM desk_moving WHERE desk_id = ?", (desk_id,)).fetchone():
        raise StoreError("half_moved", path=place, desk=desk_id)


def _connected(
    where: Path | Dsn, *, readonly: bool = False, check_same_thread: bool = True, patient_s: int = 0
) -> Connection:
    if isinstance(where, Dsn):
        from csdesk.store.postgres import PATIENT_S, PgConnection

        pg = PgConnection(
            where, schema_version=SCHEMA_VERSION, readonly=readonly, patient_s=patient_s or PATIENT_S
        )
        try:
            pg.check_schema()
        except BaseException:
            pg.close()
            raise
        return pg
    return connect(
        where, schema_version=SCHEMA_VERSION, readonly=readonly, check_same_thread=check_same_thread
    )


def _desk(conn: Connection, desk_id: str, evidence: Path | None = None) -> DeskInfo | None:
    """A desk by its id; on PostgreSQL the connection is bound to it, and knows where its evidence lies."""
    row = conn.execute(
        "SELECT desk_id, name, zone, file_id, practice FROM desk WHERE desk_id = ?", (desk_id,)
    ).fetchone()
    if row is None:
        return None
    id_, name, zone, file_id, practice = row
    desk = DeskInfo(id_, name, zone, file_id, bool(practice))
    conn.bind(desk.id, desk.file_id, evidence)
    return desk


def _first(conn: Connection, place: str) -> str:
    """The id of the desk that is meant when none is named: of a file its first, of a database `main`."""
    if conn.kind == "postgres":
        return MAIN
    found = desks(conn)
    if not found:
        raise StoreError("not_a_database", path=place)
    return found[0].id


def open_store(
    path: Path | Dsn,
    *,
    desk_id: str = "",
    source: KeySource | None = None,
    readonly: bool = False,
    handed_over: bool = False,
    evidence: Path | None = None,
    replica: Dsn | None = None,
) -> Store:
    """Open one desk of a file or a database and check its keys; `handed_over` lets another thread own it.

    `evidence`: the folder of the evidence of a desk in a database; a file has its own beside it. `replica`: a database
    that follows this one.
    """
    conn = _connected(path, readonly=readonly, check_same_thread=not handed_over)
    try:
        desk_id = desk_id or _first(conn, str(path))
        desk = _desk(conn, desk_id, evidence)
        if desk is None:
            _refuse_half(conn, desk_id, str(path))
            known = ", ".join(d.id for d in desks(conn)) if conn.kind == "sqlite" else "?"
            raise StoreError("no_such_desk", desk=desk_id, path=str(path), known=known)
        where = source or FromFile(key_file(config_dir(), desk.file_id))
        try:
            masters = _masters(conn, desk.id, where)
        except StoreError as exc:
            if exc.code != "no_key":
                raise
            masters = _masters(conn, desk.id, where)  # a key was retired between looking here and there
        store = Store(conn, desk, masters)
        store.replica = Replica(replica) if replica is not None else None
        return store
    except BaseException:
        conn.close()
        raise


def _masters(conn: Connection, desk_id: str, where: KeySource) -> Masters:
    """The keys of a desk, compared with what it knows of them. StoreError as `keys.load` and `Keyring.check`."""
    stored = fingerprints(conn, desk_id)
    keyring = keysource.load(where)
    keyring.check(stored)

    def reread() -> Keyring:
        again = keysource.load(where)
        known = again.fingerprints()  # without those that were retired since
        again.check({name: value for name, value in stored.items() if name in known})
        return again

    return Masters(keyring, reread)


def fingerprints(conn: Connection, desk_id: str) -> dict[str, str]:
    """What a desk knows of its keys, by key id; `index` for that of the hashes."""
    rows = conn.execute("SELECT name, value FROM fingerprint WHERE desk_id = ?", (desk_id,))
    return dict(rows.fetchall())
