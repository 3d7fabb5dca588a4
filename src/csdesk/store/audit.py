"""Every chain of a desk gone through as stored bytes, at the speed of SHA-256: what was changed, lost, moved, put in.

The common way through touches no payload; a chain that is not as it should be is read again and told apart (`telling`).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import field
from itertools import islice
from struct import Struct
from typing import Any

from csdesk.domain import ids
from csdesk.domain.cases.case import Kind
from csdesk.domain.value import dataclass
from csdesk.store import callers, canaries, chain, chained, exports, holdings, leaks, looks
from csdesk.store.audit_telling import Fault, Head, Link, Stored, telling
from csdesk.store.connection import Connection, read

# One look at the file each, so that the write-ahead log can be emptied in between.
CASES_A_BATCH = 2_000
OWNERS_A_BATCH = 5_000
# A chain that was wrecked has as many faults as rows; the first ones say where.
MOST_A_CHAIN = 20
_LAST = "\U0010ffff"
_LENGTH = Struct(">I").pack


def _link_event(previous: bytes, header: bytes, payload: bytes, sealed: bytes) -> bytes:
    """As `chain.link`, over bytes that were not made into values first."""
    parts = (
        previous,
        _LENGTH(len(header)),
        header,
        _LENGTH(len(payload)),
        payload,
        _LENGTH(len(sealed)),
        sealed,
    )
    return hashlib.sha256(b"".join(parts)).digest()


def _link_row(previous: bytes, header: bytes, _payload: bytes, _sealed: bytes) -> bytes:
    """As the chains of looks and of checks: the hash before, and the fields."""
    return hashlib.sha256(previous + header).digest()


@dataclass(frozen=True, slots=True)
class Chain:
    """A sort of chain: its table, whose each chain is (`owner`, a column), and the fields under each hash in order."""

    sort: str
    table: str
    owner: str
    genesis: bytes
    fields: tuple[str, ...]
    link: Link
    bodies: tuple[str, str] = ("x''", "x''")

    def start(self, desk: str, owner: str) -> bytes:
        """What the first row is chained to."""
        return hashlib.sha256(self.genesis + f"\x1f{desk}\x1f{owner}".encode()).digest()

    @property
    def columns(self) -> str:
        """Owner, seq, header, two bodies and hash, as bytes whatever a hand in the file made of their types."""
        header = " || char(31) || ".join(self.fields)
        blobs = (header, *self.bodies, "hash")
        return f"{self.owner}, seq, " + ", ".join(f"coalesce(CAST({one} AS BLOB), x'')" for one in blobs)


CASES = Chain(
    "case",
    "event",
    "case_id",
    chain.GENESIS,
    ("seq", "type", "v", "at", "actor", "cause", "verb", "person"),
    _link_event,
    ("payload", "sealed"),
)
LOOKS = Chain(
    "look",
    "look",
    "person",
    looks.GENESIS,
    ("seq", "at", "actor", "person", "case_id", "fields", "reason", "until"),
    _link_row,
)
CHECKS = Chain(
    "check",
    "caller_check",
    "actor",
    callers.GENESIS,
    ("seq", "at", "sorts", "result", "persons"),
    _link_row,
)


def _of(sort: str, rows: chained.Rows) -> Chain:
    """The chain that a table of `chained` rows is."""
    fields, bodies = ("seq", *rows.columns), (rows.body or "x''", "x''")
    return Chain(sort, rows.table, rows.owner, rows.genesis, fields, chained.link, bodies)


EXPORTS, HOLDINGS = _of("export", exports.ROWS), _of("holding", holdings.ROWS)
TOUCHES, LEAKS = _of("touch", canaries.ROWS), _of("leak", leaks.ROWS)
BESIDE = (LOOKS, CHECKS, EXPORTS, HOLDINGS, TOUCHES, LEAKS)
CHAINS = {one.sort: one for one in (CASES, *BESIDE)}

# Where each chain stood when it was anchored: {owner: {seq: (hash, number of the anchor)}}.
Points = dict[str, dict[int, tuple[bytes, int]]]


@dataclass(slots=True)
class Audited:
    """How much was gone through, by sort of chain."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHAINS, 0))
    chains: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHAINS, 0))


def audit(
    conn: Connection,
    desk: str,
    done: Audited,
    *,
    since: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Fault]:
    """What is wrong with the chains of a desk, case by case in the order of their ids; `progress(rows)`.

    `since`: of a case that stands in an anchor up to this one, only what came after it; 0: all.
    """
    for step in (_cases, _others):
        for faults in step(conn, desk, done, since):
            yield from faults
            if progress:
                progress(sum(done.rows.values()))


def _cases(conn: Connection, desk: str, done: Audited, since: int) -> Iterator[list[Fault]]:
    last = ""
    while last != _LAST:
        with read(conn):
            rows = conn.execute(
                "SELECT id, version, head, kind, body FROM cases WHERE desk_id = ? AND id > ? ORDER BY id LIMIT ?",
                (desk, last, CASES_A_BATCH),
            ).fetchall()
            upto = rows[-1][0] if len(rows) == CASES_A_BATCH else _LAST
            heads = {row[0]: Head(row[1], row[2]) for row in rows}
            points = _points(conn, desk, CASES, last, upto)
            bad = (
                _grown(conn, desk, done, since, heads, points)
                if since
                else _walk(conn, desk, CASES, done, (last, upto), heads, points)
            )
            numbers = {row[0]: _number(row[3], row[4], row[0]) for row in rows}
            faults = [
                fault
                for owner in bad
                for fault in _told(
                    conn,
                    desk,
                    CASES,
                    owner,
                    numbers.get(owner, ""),
                    heads.get(owner),
                    points.get(owner, {}),
                )
            ]
        yield faults
        last = upto


def _others(conn: Connection, desk: str, done: Audited, _since: int) -> Iterator[list[Fault]]:
    """Looks, checks and the like: no row says where they end; only an anchor tells that their last were cut."""
    for sort in BESIDE:
        last = ""
        while last != _LAST:
            with read(conn):
                upto = _upto(conn, desk, sort, last)
                points = _points(conn, desk, sort, last, upto)
                bad = _walk(conn, desk, sort, done, (last, upto), None, points)
                faults = [
                    fault
                    for owner in bad
                    for fault in _told(conn, desk, sort, owner, "", None, points.get(owner, {}))
                ]
            yield faults
            last = upto


def _upto(conn: Connection, desk: str, sort: Chain, last: str) -> str:
    """The owner of the row so many rows on."""
    row = conn.execute(
        f"SELECT {sort.owner} FROM {sort.table} WHERE desk_id = ? AND {sort.owner} > ?"
        f" ORDER BY {sort.owner} LIMIT 1 OFFSET ?",
        (desk, last, OWNERS_A_BATCH),
    ).fetchone()
    return str(row[0]) if row else _LAST


def _points(conn: Connection, desk: str, sort: Chain, after: str, upto: str) -> Points:
    found: Points = {}
    rows = conn.execute(
        "SELECT chain, seq, head, anchor FROM anchor_head WHERE desk_id = ? AND sort = ? AND chain > ? AND chain <= ?",
        (desk, sort.sort, after, upto),
    )
    for owner, seq, head, anchor in rows:
        found.setdefault(owner, {})[seq] = (bytes(head), anchor)
    return found


def _walk(
    conn: Connection,
    desk: str,
    sort: Chain,
    done: Audited,
    span: tuple[str, str],
    heads: dict[str, Head] | None,
    points: Points,
) -> list[str]:
    """The owners, `span` after and up to, whose chain is not as it should be."""
    rows = conn.execute(
        f"SELECT {sort.columns} FROM {sort.table} WHERE desk_id = ? AND {sort.owner} > ? AND {sort.owner} <= ?"
        f" ORDER BY {sort.owner}, seq",
        (desk, *span),
    )
    ends: dict[str, Head] = {}
    bad: dict[str, None] = {}
    owner, previous, expected, count = None, b"", 1, 0
    wanted: dict[int, tuple[bytes, int]] = {}
    link = sort.link
    for who, seq, header, payload, sealed, stored in rows:
        if who != owner:
            if owner is not None:
                ends[owner] = Head(expected - 1, previous)
            owner, previous, expected, wanted = who, sort.start(desk, who), 1, points.get(who, {})
        count += 1
        previous = link(previous, header, payload, sealed)
        if previous != stored or seq != expected or (seq in wanted and wanted[seq][0] != stored):
            bad[who] = None
        expected += 1
    if owner is not None:
        ends[owner] = Head(expected - 1, previous)
    done.rows[sort.sort] += count
    done.chains[sort.sort] += len(ends)
    _at_their_ends(bad, ends, heads, points)
    return sorted(bad)


def _at_their_ends(
    bad: dict[str, None], ends: dict[str, Head], heads: dict[str, Head] | None, points: Points
) -> None:
    """Add those that end before they should, or elsewhere."""
    if heads is not None:
        bad |= dict.fromkeys(owner for owner, head in heads.items() if ends.get(owner) != head)
        bad |= dict.fromkeys(owner for owner in ends if owner not in heads)
    for owner, wanted in points.items():
        if owner not in ends or max(wanted) > ends[owner].version:
            bad[owner] = None


def _grown(
    conn: Connection, desk: str, done: Audited, since: int, heads: dict[str, Head], points: Points
) -> list[str]:
    """As `_walk`, from where an anchor up to `since` has each case: what lies before is taken as it was then."""
    bad = [owner for owner in points if owner not in heads]
    for owner, head in heads.items():
        known = {seq: said[0] for seq, said in points.get(owner, {}).items() if said[1] <= since}
        seq = max(known, default=0)
        at = Head(seq, known[seq] if seq else CASES.start(desk, owner))
        done.chains["case"] += 1
        if at == head:
            continue
        rows = conn.execute(
            f"SELECT {CASES.columns} FROM event WHERE desk_id = ? AND case_id = ? AND seq > ? ORDER BY seq",
            (desk, owner, seq),
        )
        sound, previous = True, at.hash
        for _, found, header, payload, sealed, stored in rows:
            seq += 1
            done.rows["case"] += 1
            previous = _link_event(previous, header, payload, sealed)
            wanted = points.get(owner, {}).get(seq)
            sound = sound and found == seq and previous == stored and (not wanted or wanted[0] == stored)
        if not sound or Head(seq, previous) != head:
            bad.append(owner)
    return bad


def _told(
    conn: Connection,
    desk: str,
    sort: Chain,
    owner: str,
    number: str,
    head: Head | None,
    points: dict[int, tuple[bytes, int]],
) -> Iterator[Fault]:
    """What is wrong with one chain, read again; at most MOST_A_CHAIN faults."""
    rows = conn.execute(
        f"SELECT {sort.columns} FROM {sort.table} WHERE desk_id = ? AND {sort.owner} = ? ORDER BY seq",
        (desk, owner),
    )
    stored = [_stored(*row[1:]) for row in rows]
    faults = telling(
        sort.sort,
        number or owner,
        stored,
        sort.link,
        sort.start(desk, owner),
        head,
        points,
        ownerless=sort is CASES and head is None,
    )
    return islice(faults, MOST_A_CHAIN)


def _stored(seq: Any, header: bytes, payload: bytes, sealed: bytes, hash_: bytes) -> Stored:
    return Stored(seq if isinstance(seq, int) else 0, header.partition(b"\x1f")[2], payload, sealed, hash_)


def _number(kind: str, body: str, case_id: str) -> str:
    """The number of a case by its columns; its id when they make none."""
    try:
        return ids.number(Kind(kind).letters, body)
    except (KeyError, ValueError):
        return case_id
