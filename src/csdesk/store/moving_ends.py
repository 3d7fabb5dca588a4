"""The two ends of a move: rows of a desk's tables read in the order of their keys, and a table filled whole.

Both read with memory for some rows at a time. Texts are ordered by their bytes on both, so the same rows come in the
same order from either.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from csdesk.store.connection import Connection, bulk
from csdesk.store.dialect import Table, tables
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    import psycopg

# What tells of a move itself.
OWN = frozenset({"desk_moving", "desk_moved"})
_OIDS = {"TEXT": "text", "INTEGER": "int8", "BLOB": "bytea", "REAL": "float8"}
Rows = Iterable[tuple[Any, ...]]


class End(Protocol):
    """A desk's place in a move."""

    def rows(self, name: str) -> Iterator[tuple[Any, ...]]:
        """The desk's rows of a table in the order of its key."""
        ...

    def fill(self, name: str, rows: Rows) -> None:
        """Put rows into a table in place of what the desk has there, whole or not at all."""
        ...

    def kept(self, name: str) -> tuple[int, bytes] | None:
        """What a former try left whole in a table: how many rows, and their digest."""
        ...

    def keep(self, name: str, n: int, digest: bytes) -> None:
        """Note that a table is whole."""
        ...


def names() -> list[str]:
    """The tables that move, the desk itself first."""
    return [name for name in tables() if name not in OWN]


def _select(table: Table, where: str) -> str:
    order = ", ".join(key for key in table.key if key != "desk_id") or "desk_id"
    return f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {where} ORDER BY {order}"


class SqliteEnd:
    """A file. As a target it is one that nobody knows yet: what is half done goes with it."""

    def __init__(self, conn: Connection, desk: str) -> None:
        self._conn = conn
        self._desk = desk

    def rows(self, name: str) -> Iterator[tuple[Any, ...]]:
        """See `End`."""
        table = tables()[name]
        # Of a table with numbered rows the number is the order: the index of the desk would have to be sorted.
        where = "+desk_id = ?" if table.key == ("desk_id", "id") and table.counted else "desk_id = ?"
        yield from self._conn.execute(_select(table, where), (self._desk,))

    def fill(self, name: str, rows: Rows) -> None:
        """See `End`."""
        columns = tables()[name].columns
        marks = ", ".join("?" * len(columns))
        with bulk(self._conn) as conn:
            conn.execute(f"DELETE FROM {name} WHERE desk_id = ?", (self._desk,))
            conn.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)

    def kept(self, name: str) -> tuple[int, bytes] | None:
        """See `End`: nothing outlives a try."""
        return None

    def keep(self, name: str, n: int, digest: bytes) -> None:
        """See `End`."""


class PostgresEnd:
    """A desk's place in a database, over a connection of its own: COPY in both directions."""

    def __init__(self, raw: "psycopg.Connection[tuple[Any, ...]]", desk: str) -> None:
        self._raw = raw
        self._desk = desk

    def rows(self, name: str) -> Iterator[tuple[Any, ...]]:
        """See `End`."""
        table = tables()[name]
        asked = f"COPY ({_select(table, 'desk_id = %s')}) TO STDOUT"
        with self._raw.cursor() as cursor, cursor.copy(asked.encode(), (self._desk,)) as copy:
            copy.set_types([_OIDS[kind] for kind in table.columns.values()])
            yield from copy.rows()

    def fill(self, name: str, rows: Rows) -> None:
        """See `End`."""
        listed = ", ".join(tables()[name].columns)
        with self._raw.transaction(), self._raw.cursor() as cursor:
            cursor.execute(f"DELETE FROM {name} WHERE desk_id = %s".encode(), (self._desk,))
            with cursor.copy(f"COPY {name} ({listed}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)

    def kept(self, name: str) -> tuple[int, bytes] | None:
        """See `End`."""
        return self._raw.execute(
            "SELECT n, digest FROM desk_moved WHERE desk_id = %s AND name = %s", (self._desk, name)
        ).fetchone()

    def keep(self, name: str, n: int, digest: bytes) -> None:
        """See `End`."""
        self._raw.execute(
            "INSERT INTO desk_moved (desk_id, name, n, digest) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (desk_id, name) DO UPDATE SET n = excluded.n, digest = excluded.digest",
            (self._desk, name, n, digest),
        )

    def begin(self, file_id: str, at: int) -> None:
        """Note that a desk is on its way here; of another desk's try of that name nothing stays.

        StoreError `desk_exists`.
        """
        desk = (self._desk,)
        if self._raw.execute("SELECT 1 FROM desk WHERE desk_id = %s", desk).fetchone():
            raise StoreError("desk_exists", path=self._place, desk=self._desk)
        with self._raw.transaction():
            found = self._raw.execute("SELECT file_id FROM desk_moving WHERE desk_id = %s", desk).fetchone()
            if found is None or found[0] != file_id:
                for name in tables():
                    self._raw.execute(f"DELETE FROM {name} WHERE desk_id = %s".encode(), desk)
                self._raw.execute(
                    "INSERT INTO desk_moving (desk_id, file_id, at) VALUES (%s, %s, %s)",
                    (self._desk, file_id, at),
                )

    @property
    def _place(self) -> str:
        return f"postgresql://{self._raw.info.host}/{self._raw.info.dbname}"

    def finish(self, row: tuple[Any, ...]) -> None:
        """Give the desk its row: from here on it can be opened."""
        columns = list(tables()["desk"].columns)
        with self._raw.transaction():
            self._raw.execute(
                f"INSERT INTO desk ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})".encode(),
                row,
            )
            for name in sorted(OWN):
                self._raw.execute(f"DELETE FROM {name} WHERE desk_id = %s".encode(), (self._desk,))


@contextmanager
def database(dsn: Dsn, desk: str, *, reading: bool = False) -> Iterator[PostgresEnd]:
    """The end of a database: `reading` all of one moment, else alone with the desk's arrival.

    StoreError `locked` while another brings the same desk.
    """
    import psycopg

    from csdesk.store.postgres import connected, translate

    try:
        with closing(connected(dsn, application_name="csdesk move")) as raw:
            # A table takes as long as it takes, and the other end may be slower.
            raw.execute(
                "SELECT set_config('statement_timeout', '0', false),"
                " set_config('idle_in_transaction_session_timeout', '0', false)"
            )
            if reading:
                raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            elif not _alone(raw, desk):
                raise StoreError("locked", path=dsn.shown, holder="csdesk migrate")
            yield PostgresEnd(raw, desk)
    except psycopg.Error as exc:
        raise translate(exc, dsn) from None


def _alone(raw: "psycopg.Connection[tuple[Any, ...]]", desk: str) -> bool:
    """Whether nobody else brings this desk; the lock goes with the connection."""
    import psycopg

    try:
        row = raw.execute(
            "SELECT pg_try_advisory_lock(hashtext('csdesk move'), hashtext(%s))", (desk,)
        ).fetchone()
    except psycopg.errors.FeatureNotSupported:
        return True  # CockroachDB has no such lock
    return bool(row and row[0])


def partial_of(target: Path) -> Path:
    """The name under which a file arrives."""
    return target.with_name(f".{target.name}.arriving")
