"""The hash chain of a case: every event's hash covers its stored bytes and the hash before it (SHA-256)."""

import hashlib
from collections.abc import Iterable, Iterator

from csdesk.domain.value import dataclass

GENESIS = b"csdesk case chain v1"


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is stored; `payload` and `sealed` are the exact bytes."""

    seq: int
    type: str
    v: int
    at: int
    actor: str
    cause: str
    verb: str
    person: str
    payload: bytes
    sealed: bytes


def start(desk_id: str, case_id: str) -> bytes:
    """What the first event of a case is chained to, so that no chain fits another case."""
    return hashlib.sha256(GENESIS + f"\x1f{desk_id}\x1f{case_id}".encode()).digest()


def link(previous: bytes, row: Row) -> bytes:
    """The hash of an event: previous hash, header fields and both bodies, each with its length before it."""
    header = (
        f"{row.seq}\x1f{row.type}\x1f{row.v}\x1f{row.at}\x1f{row.actor}\x1f{row.cause}\x1f{row.verb}\x1f{row.person}"
    ).encode()
    payload, sealed = row.payload, row.sealed
    parts = (previous, _size(header), header, _size(payload), payload, _size(sealed), sealed)
    return hashlib.sha256(b"".join(parts)).digest()


def _size(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is wrong: `changed` (bytes differ), `gap` (an event is missing), `head` (the end was cut)."""

    case: str
    seq: int
    what: str


def breaks(
    desk_id: str, case_id: str, rows: Iterable[tuple[Row, bytes]], head: bytes, version: int
) -> Iterator[Break]:
    """The first break of one case's chain, if any; `head` and `version` are what the case row says."""
    previous, expected = start(desk_id, case_id), 1
    for row, stored in rows:
        if row.seq != expected:
            yield Break(case_id, expected, "gap")
            return
        previous = link(previous, row)
        if previous != stored:
            yield Break(case_id, row.seq, "changed")
            return
        expected += 1
    if expected - 1 != version or previous != head:
        yield Break(case_id, expected - 1, "head")
