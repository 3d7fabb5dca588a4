"""Named queries on somebody else's PostgreSQL by psycopg: read at one moment, in one time, never written.

Each query is declared as a cursor inside a transaction that may only read. So it can be one SELECT and nothing else:
the server refuses a second statement, a writing one, a WITH that writes, and a function that writes. All of it holds
inside the transaction, so it works through a pooler (PgBouncer in transaction mode) and leaves nothing behind there.
"""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from csdesk.desk.order_source import Fault

if TYPE_CHECKING:
    import psycopg

Rows = list[dict[str, Any]]

# What the server does not end itself (it is frozen, or the line is cut), is ended here so much later.
_GRACE = 1.0
# A quoted text, name or comment, in which a colon is a colon; then `:name`, but for the cast `::name`.
_NAMED = re.compile(
    r"""\b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "[^"]*" | --[^\n]*"""
    r"""| /\*.*?\*/ | (?P<dollar>\$\w*\$).*?(?P=dollar)"""
    r"""| (?<![:\w]):(?P<name>[a-z]\w*)""",
    re.DOTALL | re.VERBOSE,
)
# What the server says when a text cannot be of the type of the column that it is compared with.
_NOT_OF_ITS_KIND = ("22P02", "22003", "22007", "22008")
_TEXTS = ("text", "varchar", "bpchar", "name", "date", "time", "timestamp", "timetz", "interval", "uuid")


def ask(
    address: str, queries: Mapping[str, str], values: Mapping[str, Any], seconds: float, most: int
) -> dict[str, Rows] | Fault:
    """At most `most` rows of each query, within `seconds` for all of them together; `values` are its parameters."""
    try:
        import psycopg
    except ImportError:
        return Fault("no_psycopg")
    until = time.monotonic() + seconds
    try:
        conn = _connected(address, seconds)
    except psycopg.errors.ConnectionTimeout:
        return Fault("timeout")
    except psycopg.OperationalError as exc:
        # libpq gives no code for this; a server that answers says FATAL, in the language it was set up in.
        return Fault("login_refused" if re.search("FATAL|致命", str(exc)) else "unreachable")
    except psycopg.Error:
        return Fault("no_database")
    with conn, _cut_off(conn, until + _GRACE) as cut:
        found: dict[str, Rows] = {}
        try:
            for name, query in queries.items():
                found[name] = _rows(conn, query, values, until, most)
            return found
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
            return Fault("timeout")
        except psycopg.DataError as exc:
            if _is_about(exc, values.get("value")) and not any(found.values()):
                return {name: [] for name in queries}  # "W1" where orders have whole numbers: there is none
            return Fault(f"sql: {type(exc).__name__}")
        except psycopg.OperationalError as exc:
            # Without a code, or with one of class 57P (shut down, ended), the session is over.
            over = "unreachable" if (exc.sqlstate or "57P").startswith("57P") else _told(exc)
            return Fault("timeout" if cut() else over)
        except psycopg.Error as exc:
            return Fault(_told(exc))
        finally:
            with suppress(psycopg.Error):
                conn.rollback()


def _connected(address: str, seconds: float) -> "psycopg.Connection[tuple[Any, ...]]":
    import psycopg

    conn = psycopg.connect(
        address,
        connect_timeout=max(2, int(seconds)),  # fewer than two seconds are two to libpq
        client_encoding="UTF8",  # a database without an encoding would give bytes for text
        prepare_threshold=None,
        keepalives_idle=max(1, int(seconds)),
        keepalives_interval=1,
        keepalives_count=2,
    )
    conn.read_only = True
    # All queries of a question see the same moment.
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    _plain_types(conn)
    return conn


def _rows(
    conn: "psycopg.Connection[tuple[Any, ...]]",
    query: str,
    values: Mapping[str, Any],
    until: float,
    most: int,
) -> Rows:
    left = max(1, int((until - time.monotonic()) * 1000))
    # The whole of a question is wanted, not its first rows soon; times are read as ISO has them.
    conn.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('cursor_tuple_fraction', '1', true),"
        " set_config('datestyle', 'ISO', true)",
        (str(left),),
    )
    with conn.cursor(name="csdesk") as cursor:
        cursor.execute(named(query, values), dict(values))
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(most)]


def named(query: str, values: Mapping[str, Any]) -> bytes:
    """A query as psycopg takes it: `:name` of one of the values as `%(name)s`; a quoted colon stays one."""

    def turned(found: re.Match[str]) -> str:
        return f"%({found['name']})s" if found["name"] in values else found[0]

    return _NAMED.sub(turned, query.replace("%", "%%")).encode()


@contextmanager
def _cut_off(conn: "psycopg.Connection[tuple[Any, ...]]", at: float) -> Iterator[Callable[[], bool]]:
    """Ends the connection at a moment of the monotonic clock, whoever waits on it; says whether it had to."""
    ended = threading.Event()
    with socket.socket(fileno=os.dup(conn.fileno())) as line:

        def end() -> None:
            ended.set()
            with suppress(OSError):  # the server was faster
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, at - time.monotonic()), end)
        timer.daemon = True
        timer.start()
        try:
            yield ended.is_set
        finally:
            timer.cancel()
            timer.join()


def _plain_types(conn: "psycopg.Connection[tuple[Any, ...]]") -> None:
    """Values as JSON has them. psycopg's own types raise at one year 10000, one `infinity`, and then
    a single row would hide all the others."""
    from psycopg.adapt import Loader

    def loader(read: Callable[[bytes], Any]) -> type[Loader]:
        class Plain(Loader):
            def load(self, data: "bytes | bytearray | memoryview") -> Any:
                return read(bytes(data))

        return Plain

    conn.adapters.register_loader(0, loader(_text))  # types that nobody here knows, such as an enumeration
    for name in _TEXTS:
        conn.adapters.register_loader(name, loader(_text))
    conn.adapters.register_loader("timestamptz", loader(_moment))
    conn.adapters.register_loader("numeric", loader(_number))
    for name in ("json", "jsonb"):
        conn.adapters.register_loader(name, loader(_json))


def _text(data: bytes) -> str:
    return data.decode()


def _moment(data: bytes) -> str:
    """A moment in UTC with all its digits, so that moments sort as their texts do, over every change of the clocks."""
    try:
        return datetime.fromisoformat(data.decode()).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return _text(data)  # infinity, a year before Christ: the map names the record


def _number(data: bytes) -> str:
    """Digits without the zeros of the column's scale: two pieces are 2, also in a column of 2.0000."""
    text = data.decode()
    return text.rstrip("0").rstrip(".") if "." in text else text


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return _text(data)


def _is_about(exc: "psycopg.Error", value: Any) -> bool:
    """Whether the server complains of what was looked up ($1, since PostgreSQL 13), not of what its own tables hold."""
    told = exc.diag
    return (
        isinstance(value, str)
        and f'"{value}"' in (told.message_primary or "")
        and "$1" in (told.context or "")
    )


def _told(exc: "psycopg.Error") -> str:
    """A refused query: its class (42) names tables and columns, never values; all else is only named by its kind."""
    if exc.sqlstate == "25006":
        return "sql_writes"
    if (exc.sqlstate or "").startswith("42") and exc.diag.message_primary:
        return f"sql: {exc.diag.message_primary}"[:200]
    return f"sql: {type(exc).__name__}"
