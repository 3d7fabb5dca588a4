"""Leaks of personal data: one row a fact, only added, chained for each leak; what a fact says lies sealed."""

from typing import Any

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.chained import Rows
from csdesk.store.connection import Connection
from csdesk.store.crypto import bound_to
from csdesk.store.people import People

ROWS = Rows("leak_fact", "leak", b"csdesk leak chain v1", ("at", "actor", "what"), "sealed")


@dataclass(frozen=True, slots=True)
class Fact:
    """The `seq`-th thing that is known of a leak or was done about it: when, by whom, what, and what it says."""

    seq: int
    at: int
    actor: str
    what: str
    said: dict[str, Any]


def _bound(desk: str, leak: str, seq: int) -> bytes:
    return bound_to(desk, "leak_fact", f"{leak}/{seq}", "sealed")


def add(
    conn: Connection,
    desk: str,
    people: People,
    leak: str,
    at: int,
    actor: str,
    what: str,
    said: dict[str, Any],
) -> None:
    """Put a fact on the record, sealed under the leak's own key, inside the caller's transaction."""
    seq, _ = ROWS.next(conn, desk, leak)
    if seq == 1:
        people.add(leak)
    sealed = people.keys.seal(desk, leak, msgspec.json.encode(said), _bound(desk, leak, seq))
    ROWS.add(conn, desk, leak, (at, actor, what), sealed)


def facts(conn: Connection, desk: str, people: People, leak: str) -> tuple[Fact, ...]:
    """All that is known of a leak, the first first; none for a leak that is not there."""
    found = []
    for seq, at, actor, what, sealed in conn.execute(
        f"SELECT {ROWS.said}, sealed FROM leak_fact WHERE desk_id = ? AND leak = ? ORDER BY seq", (desk, leak)
    ).fetchall():
        plain = people.keys.open(desk, leak, sealed, _bound(desk, leak, seq))
        found.append(Fact(seq, at, actor, what, msgspec.json.decode(plain) if plain is not None else {}))
    return tuple(found)


def ids(conn: Connection, desk: str, limit: int) -> list[str]:
    """The leaks of a desk, the latest first."""
    rows = conn.execute(
        "SELECT leak FROM leak_fact WHERE desk_id = ? AND seq = 1 ORDER BY at DESC, leak LIMIT ?",
        (desk, limit),
    )
    return [row[0] for row in rows]
