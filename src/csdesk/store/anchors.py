"""Anchors: what all chains of a desk were at some moment, in one digest that names the one before it.

An anchor keeps the heads of those chains alone that grew since the last one: a day's anchor is as large as the day's
work. Its digest covers the digest before, its numbers and those heads, so each covers the whole desk by what came
before. Handed to somebody whom the file's owner cannot rewrite, it proves what the desk held.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store import canaries, exports, holdings, leaks
from csdesk.store.audit_telling import Fault
from csdesk.store.connection import Connection, read, write

GENESIS = b"csdesk anchor v1"
FORMAT = 1
_COLUMNS = "n, at, cases, events, looks, checks, digest, handed_at, fault"
# Whoever edits a file by hand may leave TEXT in place of a BLOB.
_READ = _COLUMNS.replace("digest", "CAST(digest AS BLOB)")
# Chains of `chained` rows; an anchor covers their heads and counts none of their rows.
CHAINED = {"export": exports.ROWS, "holding": holdings.ROWS, "leak": leaks.ROWS, "touch": canaries.ROWS}
# What stands in no anchor yet, or has grown since the last: a seek into the heads for each case of the desk.
_GROWN = {
    "case": (
        "SELECT id, version, head, had FROM (SELECT id, version, head, coalesce((SELECT max(seq) FROM anchor_head a"
        " WHERE a.desk_id = c.desk_id AND a.sort = 'case' AND a.chain = c.id), 0) AS had FROM cases c"
        " WHERE c.desk_id = ?) AS grown WHERE version > had ORDER BY id"
    ),
} | {
    sort: (
        f"SELECT owner, seq, hash, had FROM (SELECT g.owner, c.seq, c.hash, coalesce((SELECT max(a.seq)"
        f" FROM anchor_head a WHERE a.desk_id = c.desk_id AND a.sort = '{sort}' AND a.chain = g.owner), 0) AS had"
        f" FROM (SELECT desk_id, {owner} AS owner, max(seq) AS last FROM {table} WHERE desk_id = ?"
        f" GROUP BY desk_id, {owner}) g JOIN {table} c ON c.desk_id = g.desk_id"
        f" AND c.{owner} = g.owner AND c.seq = g.last) AS grown WHERE seq > had ORDER BY owner"
    )
    for sort, table, owner in (
        ("check", "caller_check", "actor"),
        ("look", "look", "person"),
        *((sort, rows.table, rows.owner) for sort, rows in CHAINED.items()),
    )
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """The `n`-th anchor, made at UTC ms: how much there was, and its digest; `handed_at` 0: with nobody yet."""

    n: int
    at: int
    cases: int
    events: int
    looks: int
    checks: int
    digest: bytes
    handed_at: int = 0
    fault: str = ""


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """An anchor as it leaves the desk: one line of JSON; `file` and `desk` say whose it is, `digest` in hex."""

    csdesk_anchor: int
    file: str
    desk: str
    n: int
    at: int
    cases: int
    events: int
    looks: int
    checks: int
    digest: str


def line(anchor: Anchor, file_id: str, desk: str) -> str:
    """The line of an anchor, without its end."""
    counts = (anchor.n, anchor.at, anchor.cases, anchor.events, anchor.looks, anchor.checks)
    return msgspec.json.encode(Line(FORMAT, file_id, desk, *counts, anchor.digest.hex())).decode()


def read_line(text: str) -> Line | None:
    """What a line says; None for no anchor of this format."""
    try:
        found = msgspec.json.decode(text, type=Line)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    return found if found.csdesk_anchor == FORMAT else None


def make(conn: Connection, desk: str, file_id: str, now: int) -> Anchor:
    """Anchor what the desk holds now. The heads are read without a lock; another anchor meanwhile begins it anew."""
    while True:
        with read(conn):
            before = last(conn, desk)
            grown = [
                (sort, *row) for sort, sql in sorted(_GROWN.items()) for row in conn.execute(sql, (desk,))
            ]
        made = _next(before, grown, desk, file_id, now)
        with write(conn):
            if last(conn, desk) != before:
                continue
            conn.execute(
                f"INSERT INTO anchor (desk_id, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,0,'')",
                (desk, made.n, made.at, made.cases, made.events, made.looks, made.checks, made.digest),
            )
            conn.executemany(
                "INSERT INTO anchor_head VALUES (?,?,?,?,?,?)",
                ((desk, sort, owner, seq, made.n, head) for sort, owner, seq, head, _ in grown),
            )
        return made


def _next(
    before: Anchor | None, grown: list[tuple[str, str, int, bytes, int]], desk: str, file_id: str, now: int
) -> Anchor:
    more = dict.fromkeys(_GROWN, 0)
    for sort, _, seq, _, had in grown:
        more[sort] += seq - had
    fresh = sum(1 for sort, _, _, _, had in grown if sort == "case" and not had)
    n, cases, events, looks, checks = (
        (before.n + 1, before.cases, before.events, before.looks, before.checks)
        if before
        else (1, 0, 0, 0, 0)
    )
    # The clock of a host may go back; an anchor is never older than the one before it.
    at = max(now, before.at if before else 0)
    counts = (cases + fresh, events + more["case"], looks + more["look"], checks + more["check"])
    heads = ((sort, owner, seq, head) for sort, owner, seq, head, _ in grown)
    previous = before.digest if before else start(desk, file_id)
    return Anchor(n, at, *counts, digest(previous, (n, at, *counts), heads))


def start(desk: str, file_id: str) -> bytes:
    """What a desk's first anchor is chained to, so that no anchor fits another desk."""
    return hashlib.sha256(GENESIS + f"\x1f{desk}\x1f{file_id}".encode()).digest()


def digest(previous: bytes, numbers: tuple[int, ...], heads: Iterable[tuple[str, str, int, bytes]]) -> bytes:
    """The digest of an anchor: the one before, its numbers, and the heads by sort and chain."""
    made = hashlib.sha256(previous + "\x1f".join(map(str, numbers)).encode())
    for sort, owner, seq, head in heads:
        made.update(f"\x1e{sort}\x1f{owner}\x1f{seq}\x1f".encode() + head)
    return made.digest()


def last(conn: Connection, desk: str) -> Anchor | None:
    """The latest anchor of a desk."""
    row = conn.execute(
        f"SELECT {_READ} FROM anchor WHERE desk_id = ? ORDER BY n DESC LIMIT 1", (desk,)
    ).fetchone()
    return Anchor(*row) if row else None


def waiting(conn: Connection, desk: str) -> list[Anchor]:
    """Those that nobody outside has yet, the oldest first."""
    rows = conn.execute(
        f"SELECT {_READ} FROM anchor INDEXED BY anchor_waiting WHERE desk_id = ? AND handed_at = 0 ORDER BY n",
        (desk,),
    )
    return [Anchor(*row) for row in rows]


def handed(conn: Connection, desk: str, n: int, now: int, fault: str = "") -> None:
    """Note that an anchor was handed out, or with a `fault` why it was not; inside the caller's transaction."""
    conn.execute(
        "UPDATE anchor SET handed_at = ?, fault = ? WHERE desk_id = ? AND n = ?",
        (0 if fault else now, fault, desk, n),
    )


def check(conn: Connection, desk: str, file_id: str, lines: Iterable[Line] = ()) -> Iterator[Fault]:
    """What is wrong with the anchors themselves, and where they are not what `lines` kept elsewhere say.

    That each chain still holds what its anchors say is looked at with the chain (`audit`).
    """
    kept: dict[int, Anchor] = {}
    previous, expected = start(desk, file_id), 1
    with read(conn):
        found = conn.execute(f"SELECT {_READ} FROM anchor WHERE desk_id = ? ORDER BY n", (desk,)).fetchall()
        for anchor in (Anchor(*row) for row in found):
            if anchor.n != expected:
                yield Fault("anchor", "anchor_missing", "", expected)
            heads = conn.execute(
                "SELECT sort, chain, seq, CAST(head AS BLOB) FROM anchor_head INDEXED BY anchor_head_anchor"
                " WHERE desk_id = ? AND anchor = ? ORDER BY sort, chain",
                (desk, anchor.n),
            )
            numbers = (anchor.n, anchor.at, anchor.cases, anchor.events, anchor.looks, anchor.checks)
            if anchor.n == expected and digest(previous, numbers, heads) != anchor.digest:
                yield Fault("anchor", "anchor_changed", "", anchor.n)
            kept[anchor.n], previous, expected = anchor, anchor.digest, anchor.n + 1
    told: set[int] = set()
    for said in lines:
        if (said.file, said.desk) != (file_id, desk) or said.n in told:
            continue
        here = kept.get(said.n)
        if here is None:
            told.add(said.n)
            yield Fault("anchor", "anchor_missing", "", said.n)
        elif read_line(line(here, file_id, desk)) != said:
            told.add(said.n)
            yield Fault("anchor", "anchor_other", "", said.n)
