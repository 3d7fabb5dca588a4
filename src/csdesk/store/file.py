"""A desk's file: made with its keys, opened and checked, and everything that reads or writes it for one desk."""

import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass
from csdesk.store import keys as keysource
from csdesk.store.connection import Connection, connect, write
from csdesk.store.errors import StoreError
from csdesk.store.home import config_dir
from csdesk.store.keys import FromFile, Keyring, KeySource, key_file, new_keyring
from csdesk.store.people import People
from csdesk.store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from csdesk.store.library_forbidden import ForbiddenList
    from csdesk.store.library_policies import Policies
    from csdesk.store.library_replies import Replies
    from csdesk.store.library_vectors import Meanings


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

    def __init__(self, conn: Connection, desk: DeskInfo, keyring: Keyring) -> None:
        self.conn = conn
        self.desk = desk
        self._keyring = keyring
        self.people = People(conn, desk.id, keyring)
        self.keys = self.people.keys

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
        conn = connect(self.conn.path, schema_version=SCHEMA_VERSION, readonly=True)
        return Store(conn, self.desk, self._keyring)

    def close(self) -> None:
        """Close the file."""
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
    """The desks of a file."""
    return [
        DeskInfo(id_, name, zone, file_id, bool(practice))
        for id_, name, zone, file_id, practice in conn.execute(
            "SELECT desk_id, name, zone, file_id, practice FROM desk ORDER BY desk_id"
        )
    ]


def init(
    path: Path, name: str, zone: str, now: int, source: KeySource | None = None, *, practice: bool = False
) -> DeskInfo:
    """Make a file with one desk and its keys. StoreError `already_exists` rather than touch what is there.

    Keys come first: a file without its keys is worthless, keys without a file are only lonely.
    """
    from csdesk.store.migrations import migrate

    if path.exists() and path.stat().st_size:
        raise StoreError("already_exists", path=str(path))
    file_id = secrets.token_hex(8)
    if source is None:
        source = FromFile(key_file(config_dir(), file_id))
    if isinstance(source, FromFile) and not source.path.exists():
        keyring = new_keyring()
        keysource.create(source, keyring)
    else:
        keyring = keysource.load(source)
    try:
        migrate(path, create=True)
        desk = DeskInfo("main", name, zone, file_id, practice)
        conn = connect(path, schema_version=SCHEMA_VERSION)
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
        finally:
            conn.close()
    except StoreError as exc:
        if exc.code in ("disk_full", "io_failed"):
            # A half-made desk would stand in the way of the next try.
            for left in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                left.unlink(missing_ok=True)
        raise
    return desk


def open_store(
    path: Path,
    *,
    desk_id: str = "",
    source: KeySource | None = None,
    readonly: bool = False,
    handed_over: bool = False,
) -> Store:
    """Open one desk of a file and check its keys; `handed_over` lets another thread own it from then on."""
    conn = connect(path, schema_version=SCHEMA_VERSION, readonly=readonly, check_same_thread=not handed_over)
    try:
        found = desks(conn)
        if not found:
            raise StoreError("not_a_database", path=str(path))
        desk = next((d for d in found if d.id == desk_id), None) if desk_id else found[0]
        if desk is None:
            known = ", ".join(d.id for d in found)
            raise StoreError("no_such_desk", desk=desk_id, path=str(path), known=known)
        keyring = keysource.load(source or FromFile(key_file(config_dir(), desk.file_id)))
        stored = dict(
            conn.execute("SELECT name, value FROM fingerprint WHERE desk_id = ?", (desk.id,)).fetchall()
        )
        keyring.check(stored)
        return Store(conn, desk, keyring)
    except BaseException:
        conn.close()
        raise
