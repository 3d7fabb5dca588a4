"""Rows that are only added, chained by SHA-256 for each owner: what every record about people's conduct is kept as."""

import hashlib
from collections.abc import Iterator
from struct import Struct

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

Value = str | int
_LENGTH = Struct(">I").pack


def link(previous: bytes, header: bytes, body: bytes, sealed: bytes = b"") -> bytes:
    """The hash of a row: the hash before it, what is said in columns, and its body; each with its length."""
    parts = (previous, *(part for one in (header, body, sealed) for part in (_LENGTH(len(one)), one)))
    return hashlib.sha256(b"".join(parts)).digest()


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of such rows: whose each chain is (`owner`, a column), the columns after `seq`, and one of bytes."""

    table: str
    owner: str
    genesis: bytes
    columns: tuple[str, ...]
    body: str = ""

    @property
    def said(self) -> str:
        """The columns that are read."""
        return ", ".join(("seq", *self.columns))

    def start(self, desk: str, owner: str) -> bytes:
        """What the first row of an owner is chained to, so that no chain fits another."""
        return hashlib.sha256(self.genesis + f"\x1f{desk}\x1f{owner}".encode()).digest()

    @property
    def last(self) -> str:
        """The statement that asks for the last row of (desk, owner): its seq and its hash."""
        return f"SELECT seq, hash FROM {self.table} WHERE desk_id = ? AND {self.owner} = ? ORDER BY seq DESC LIMIT 1"

    def next(self, conn: Connection, desk: str, owner: str) -> tuple[int, bytes]:
        """The seq that the next row gets, and the hash that it follows."""
        return self.after(desk, owner, conn.execute(self.last, (desk, owner)).fetchone())

    def after(self, desk: str, owner: str, last: tuple[int, bytes] | None) -> tuple[int, bytes]:
        """The seq of the row after the last one (as `last` tells it), and the hash that it follows."""
        return (last[0] + 1, bytes(last[1])) if last else (1, self.start(desk, owner))

    def add(
        self, conn: Connection, desk: str, owner: str, values: tuple[Value, ...], body: bytes = b""
    ) -> int:
        """Put a row on the record inside the caller's transaction; its seq."""
        seq, previous = self.next(conn, desk, owner)
        conn.execute(*self.adding(desk, owner, seq, previous, values, body))
        return seq

    def adding(
        self, desk: str, owner: str, seq: int, previous: bytes, values: tuple[Value, ...], body: bytes = b""
    ) -> tuple[str, tuple[object, ...]]:
        """The statement that adds a row after the one whose hash is `previous`, with its values."""
        row = (seq, *values)
        names = ("desk_id", self.owner, "seq", *self.columns, *((self.body,) if self.body else ()), "hash")
        held = (desk, owner, *row, *((body,) if self.body else ()), link(previous, _header(row), body))
        return f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(held))})", held

    def breaks(self, conn: Connection, desk: str) -> Iterator[tuple[str, int]]:
        """(owner, seq) of the first row of each chain that was changed, or before which one is missing."""
        body = self.body or "NULL"
        rows = conn.execute(
            f"SELECT {self.owner}, {self.said}, {body}, hash FROM {self.table} WHERE desk_id = ?"
            f" ORDER BY {self.owner}, seq",
            (desk,),
        )
        owner, previous, expected, broken = None, b"", 0, False
        for who, *row, held, stored in rows:
            if who != owner:
                owner, previous, expected, broken = who, self.start(desk, who), 0, False
            expected += 1
            previous = link(previous, _header(tuple(row)), bytes(held or b""))
            if not broken and (row[0] != expected or previous != bytes(stored)):
                broken = True
                yield who, expected


def _header(row: tuple[Value, ...]) -> bytes:
    return "\x1f".join(map(str, row)).encode()
