"""A desk on PostgreSQL: a connection that the store uses as it uses SQLite's, its turn to write, its errors.

One connection belongs to one thread at a time. One that was lost is made anew with the next transaction; what was under
way is told as `lost`, and whoever repeats a verb by its key gets it once.

Writers of one desk take turns at its row in `desk` (FOR NO KEY UPDATE): desks do not wait for each other, and the
change feed of a desk has no gap, since whoever takes the next number waits for the one before to be committed. So no
claim needs SKIP LOCKED: who asks for the next case sees what the one before has taken.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Literal

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from csdesk.store.connection import clock_ms
from csdesk.store.dialect import statement
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

# How long a database may take to let us in, and half of how long it may be silent when spoken to: TCP alone would go on
# for a quarter of an hour where a network swallows everything.
PATIENT_S = 10
# A question that takes longer is broken off: a desk's own are answered in milliseconds, reports in seconds.
STATEMENT_SECONDS = 60
# A console that died in a transaction would keep the desk's turn.
IDLE_SECONDS = 60
# Where LISTEN hears which desk has changed; a hint only, that not every cluster gives (see store/listening.py).
CHANNEL = "csdesk"


# What a database's clock said last, by its address: ms that it is ahead of this machine's.
_AHEAD: dict[str, int] = {}
# Clocks that differ by less are the same: so long a busy host may take to hear the answer, and NTP keeps others closer.
SAME_MS = 1_000
_CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class _Flag(Dumper):
    """True and False as 1 and 0: flags are numbers in our tables."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: Any) -> Buffer | None:
        return b"1" if obj else b"0"


class _Text(StrDumperUnknown):
    """Texts; a NUL, which PostgreSQL's cannot hold and the gate lets nobody store, is looked for as what it is not."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\x00", "\ufffd"))


class _Sum(Loader):
    """Sums of integers are `numeric`; here they are integers again."""

    def load(self, data: Buffer) -> Any:
        said = bytes(data).decode()
        return float(said) if "." in said or "a" in said else int(said)


def connected(dsn: Dsn, patient_s: int = PATIENT_S, **more: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection that waits for no network for ever; what the address says of that goes before."""
    wanted: dict[str, str | int | None] = {
        "connect_timeout": patient_s,
        "keepalives_idle": patient_s,
        "keepalives_interval": max(patient_s // 3, 1),
        "keepalives_count": 3,
        "tcp_user_timeout": 2 * patient_s * 1000,
    }
    said = conninfo_to_dict(dsn.text)
    left = {name: value for name, value in wanted.items() if name not in said}
    told = make_conninfo(dsn.text, client_encoding="UTF8", **{**left, **more})
    return psycopg.connect(told, autocommit=True)


def _said(sql: str, parameters: Any) -> tuple[str, Sequence[Any]]:
    """One of our statements in PostgreSQL's words, and its values in the order of those."""
    found = statement(sql)
    return found.text, [parameters[at] for at in found.order] if found.order else parameters


class PgConnection:
    """A connection to one desk of a database, with what the store uses of SQLite's.

    `path` names where files of evidence lie (beside it); `place` is the address as it may be shown.
    """

    kind: Literal["postgres"] = "postgres"
    # What sees each statement as it goes out: tests prove by it that none crosses desks.
    heard: ClassVar[Callable[[str], object] | None] = None

    def __init__(
        self,
        dsn: Dsn,
        *,
        schema_version: int,
        readonly: bool = False,
        patient_s: int = PATIENT_S,
    ) -> None:
        self.dsn = dsn
        self._patient_s = patient_s
        self.place = dsn.shown
        self.path = Path()
        self.desk = ""
        self.readonly = readonly
        self.schema_version = schema_version
        self.total_changes = 0
        self._pid = os.getpid()
        self._light = False
        self._hints = False
        self._raw = self._connected()

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        with self._translating():
            raw = connected(self.dsn, self._patient_s, fallback_application_name="csdesk")
            raw.adapters.register_dumper(int, Int8Dumper)
            raw.adapters.register_dumper(bool, _Flag)
            raw.adapters.register_dumper(str, _Text)
            raw.adapters.register_loader("numeric", _Sum)
            # What the address or the role sets already stands. JIT costs more than our short statements take.
            raw.execute(
                "SELECT set_config('statement_timeout',"
                "  coalesce(nullif(current_setting('statement_timeout'), '0'), %s), false),"
                " set_config('idle_in_transaction_session_timeout', %s, false),"
                " set_config('default_transaction_read_only', %s, false)",
                (f"{STATEMENT_SECONDS}s", f"{IDLE_SECONDS}s", "on" if self.readonly else "off"),
            )
            told, clock = raw.execute(f"SELECT version(), {_CLOCK}").fetchone() or ("", clock_ms())
            self._heard_time(clock)
            self._hints = told.startswith("PostgreSQL") and "-YB-" not in told
            raw.execute("SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'")
            return raw

    def _heard_time(self, said: int) -> None:
        """Keep how far the database's clock is ahead of ours, unless it is where it was."""
        ahead = said - clock_ms()
        if abs(ahead - _AHEAD.get(self.dsn.text, 0)) > SAME_MS:
            _AHEAD[self.dsn.text] = ahead

    def now(self) -> int:
        """The database's time, UTC ms: the one clock of all servers and consoles that share it.

        Looked at with each transaction that writes; between them this machine's clock goes on.
        """
        return clock_ms() + _AHEAD.get(self.dsn.text, 0)

    def guard(self) -> None:
        """RuntimeError when this connection came through a fork."""
        if self._pid != os.getpid():
            raise RuntimeError("a database connection crossed a fork; open one in the child")

    def bind(self, desk: str, file_id: str, evidence: Path | None) -> None:
        """Take turns at this desk; its evidence lies in `file_id`.evidence of that folder, else of the user's data.

        Hosts of one desk share the folder (a network file system will do: a file is written once, under its own name).
        """
        if evidence is None:
            from platformdirs import user_data_path

            evidence = user_data_path("csdesk")
        self.desk, self.path = desk, evidence / file_id

    def again(self, *, readonly: bool) -> "PgConnection":
        """Another connection to the same desk."""
        other = PgConnection(
            self.dsn, schema_version=self.schema_version, readonly=readonly, patient_s=self._patient_s
        )
        other.path, other.desk = self.path, self.desk
        return other

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it a failed one."""
        return self._raw.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def execute(self, sql: str, parameters: Any = (), /) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Carry out one of our statements, in SQLite's words."""
        return self.native(*_said(sql, parameters))

    def together(self, *asked: tuple[str, Any]) -> list[list[Any]]:
        """The rows of several of our statements, sent without waiting for each; within a transaction."""
        raw, cursors = self._raw, []
        with self._translating(), raw.pipeline() as line:
            for text, values in (_said(sql, parameters) for sql, parameters in asked):
                if PgConnection.heard is not None:
                    PgConnection.heard(text)
                cursors.append(raw.execute(text, values))
            line.sync()
            rows = [cursor.fetchall() if cursor.description else [] for cursor in cursors]
        for cursor in cursors:
            self._counted(cursor)
        return rows

    def native(self, text: str, values: Sequence[Any] = ()) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Carry out a statement in PostgreSQL's own words."""
        if PgConnection.heard is not None:
            PgConnection.heard(text)
        with self._translating():
            asks = text.startswith("SELECT") and not self.in_transaction
            cursor = self._begun(text, values) if asks else self._open().execute(text, values)
        if cursor.description is None or not text.startswith("SELECT"):
            self._counted(cursor)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Carry out one of our statements for many rows, sent without waiting for each."""
        found = statement(sql)
        rows = list(parameters)
        if found.order:
            rows = [[row[at] for at in found.order] for row in rows]
        if PgConnection.heard is not None and rows:
            PgConnection.heard(found.text)
        with self._translating():
            cursor = self._open().cursor()
            if len(rows) == 1:
                cursor.execute(found.text, rows[0])
            elif rows:
                cursor.executemany(found.text, rows)
        self._counted(cursor)
        return cursor

    def _counted(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        if (cursor.statusmessage or "").startswith(("INSERT", "UPDATE", "DELETE")) and cursor.rowcount > 0:
            self.total_changes += cursor.rowcount

    def _open(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._raw.closed:
            self._raw = self._connected()
        return self._raw

    def _begun(
        self, first: str | sql.SQL | sql.Composed, values: Sequence[Any] | None = None
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        """The answer to what comes first; once more on a new connection where the old one is found dead.

        Nothing was done yet, so nobody has to know that the database was started anew since.
        """
        try:
            return self._open().execute(first, values)
        except psycopg.OperationalError:
            if not self._raw.closed:
                raise
            return self._open().execute(first, values)

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[None]:
        """A transaction that has the desk's turn to write; see `connection.write`."""
        before = self.total_changes
        begin: list[sql.SQL | sql.Composed] = [sql.SQL("BEGIN ISOLATION LEVEL READ COMMITTED")]
        begin.append(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{int(wait_s * 1000)}ms")))
        if self._light:
            begin.append(sql.SQL("SET LOCAL synchronous_commit = off"))
        turn = sql.SQL("SELECT 1 FROM desk WHERE desk_id = {} FOR NO KEY UPDATE")
        begin.append(turn.format(sql.Literal(self.desk)))
        # Last, since it is said when the turn has come: until then it may have waited for seconds.
        begin.append(sql.SQL(f"SELECT version, oldest, {_CLOCK} FROM schema_version"))
        with self._transaction(sql.SQL("; ").join(begin), self._check):
            yield
        if self.total_changes != before and self._hints:
            self._hint()

    def _hint(self) -> None:
        """Let who listens look sooner. After the commit: within it, NOTIFY makes commits of all desks wait in line."""
        with suppress(psycopg.Error):
            self._raw.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.desk))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A transaction for questions, all of one moment; see `connection.read`."""
        with self._transaction(sql.SQL("BEGIN ISOLATION LEVEL REPEATABLE READ")):
            yield

    @contextmanager
    def _transaction(
        self,
        begin: sql.SQL | sql.Composed,
        check: Callable[["psycopg.Cursor[tuple[Any, ...]]"], None] | None = None,
    ) -> Iterator[None]:
        with self._translating():
            try:
                # One trip: everything up to the last answer.
                cursor = self._begun(begin)
                if check is not None:
                    check(cursor)
                yield
                if not self.in_transaction:
                    raise RuntimeError("the transaction ended inside its block")
                self._raw.execute("COMMIT")
            except BaseException:
                if not self._raw.closed and self.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise

    def _check(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        if row is not None:
            self._heard_time(row[2])
        self._fits(row and row[:2])

    def check_schema(self) -> None:
        """StoreError `newer_schema`, `older_schema`; `not_a_database` for one without our tables."""
        self._fits(self.native("SELECT version, oldest FROM schema_version").fetchone())

    def _fits(self, row: tuple[Any, ...] | None) -> None:
        if row is None:
            raise StoreError("not_a_database", path=self.place)
        (version, oldest), known = row, self.schema_version
        # A newer schema that only gained tables and columns leaves older servers at work.
        if known < oldest or known > version:
            code = "newer_schema" if known < oldest else "older_schema"
            raise StoreError(code, path=self.place, found=version, known=known)

    @contextmanager
    def lightly(self) -> Iterator[None]:
        """Within it no commit waits for the disk; see `connection.bulk`."""
        self._light = True
        try:
            yield
        finally:
            self._light = False

    def version(self) -> int:
        """Grows with every change of this desk that a console has to see, by whomever; see `data_version`."""
        row = self.execute(
            "SELECT coalesce(max(seq), 0) FROM change WHERE desk_id = ?", (self.desk,)
        ).fetchone()
        return int(row[0]) if row else 0

    def emptied(self) -> bool:
        """Nothing to do: what was shredded is overwritten by the server (docs/admin.md says what stays how long)."""
        return True

    def close(self) -> None:
        """Give the connection back."""
        self._raw.close()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as exc:
            raise translate(exc, self.dsn) from None
        except UnicodeError as exc:
            raise StoreError("failed", path=self.place, reason=type(exc).__name__) from None


# https://www.postgresql.org/docs/current/errcodes-appendix.html, whole codes first, then their class.
_STATES = {
    "40001": "conflicted",
    "40P01": "conflicted",
    "40003": "lost",
    "55P03": "locked",
    "57014": "too_slow",
    "25006": "read_only",
    "42501": "no_permission",
    "3D000": "no_such_database",
    "42P01": "not_a_database",
    "53100": "disk_full",
    "53300": "too_many",
    "53400": "disk_full",
}
_CLASSES = {
    "08": "lost",
    "57": "lost",
    "28": "login_refused",
    "XX": "torn",
    "58": "io_failed",
    "53": "too_many",
}

# What a server says of a file that may not grow: by a quota or a limit of its process it has no code of its own, and
# must not be taken for damage.
_NO_ROOM = frozenset({"mdextend", "mdzeroextend", "XLogFileInitInternal", "BufFileDumpBuffer"})

# While it connects, libpq tells no state, only words; a server that speaks another language is just `lost`.
_REFUSED = {
    "the database system": "lost",  # is starting up, is shutting down, is in recovery mode
    "too many": "too_many",
    "connection slots": "too_many",
    "password": "login_refused",
    "pg_hba.conf": "login_refused",
    "role ": "login_refused",
    "database ": "no_such_database",
}


def translate(exc: psycopg.Error, dsn: Dsn) -> Exception:
    """The StoreError for what the driver or the server said; a mistake in a statement stays what it is.

    No password and no value of a row is in it: of the server's words only the first line is told.
    """
    state = exc.sqlstate or ""
    code = _STATES.get(state) or _CLASSES.get(state[:2], "")
    if exc.diag.source_function in _NO_ROOM:
        code = "disk_full"
    if not state and isinstance(exc, psycopg.OperationalError):
        code = next((code for words, code in _REFUSED.items() if words in str(exc)), "lost")
    if not code or (code == "not_a_database" and "schema_version" not in str(exc)):
        return exc
    said = str(exc).strip().splitlines() or [type(exc).__name__]
    return StoreError(code, path=dsn.shown, holder="?", reason=dsn.washed(said[0])[:200])
