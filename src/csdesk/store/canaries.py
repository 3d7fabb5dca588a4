"""Canaries 诱饵: invented people, known to the desk's overseers alone, and who touched one; rows that are only added.

In the file a canary is a customer like any other. That it is one says a keyed hash of its id, and a sealed record.
"""

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.chained import Rows
from csdesk.store.connection import Connection
from csdesk.store.crypto import bound_to, keyed_hash
from csdesk.store.people import People

ROWS = Rows("canary_touch", "mark", b"csdesk canary chain v1", ("at", "actor", "how"))
# The same person touching the same canary in the same way again within this time is one alarm.
SAME_MS = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Canary:
    """Who was invented, by whom, when; the number of the order that leads to them, and what it is for."""

    person: str
    order: str
    actor: str
    at: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody touched the canary under `mark` at UTC ms: `how` is a look, an order, a case, a caller, an export."""

    mark: str
    at: int
    actor: str
    how: str


_DECODE = msgspec.json.Decoder(Canary).decode


def mark(people: People, person: str) -> str:
    """What a person would be kept under if they were a canary."""
    return keyed_hash(people.text_key(), "canary", person).hex()


def put(conn: Connection, desk: str, people: People, owner: str, canary: Canary) -> None:
    """Keep a canary, sealed under the key of `owner`, who is no customer and whose key exists."""
    at = mark(people, canary.person)
    sealed = people.keys.seal(
        desk, owner, msgspec.json.encode(canary), bound_to(desk, "canary", at, "sealed")
    )
    conn.execute(
        "INSERT INTO canary (desk_id, mark, owner, sealed) VALUES (?,?,?,?)", (desk, at, owner, sealed)
    )


def all_of(conn: Connection, desk: str, people: People) -> dict[str, Canary]:
    """Every canary by its mark."""
    found = {}
    for at, owner, sealed in conn.execute(
        "SELECT mark, owner, sealed FROM canary WHERE desk_id = ? ORDER BY mark", (desk,)
    ).fetchall():
        plain = people.keys.open(desk, owner, sealed, bound_to(desk, "canary", at, "sealed"))
        if plain is not None:
            found[at] = _DECODE(plain)
    return found


def among(conn: Connection, desk: str, people: People, persons: tuple[str, ...]) -> list[str]:
    """The marks of those persons who are canaries; a seek for each."""
    marks = [mark(people, person) for person in persons if person]
    return [
        one
        for one in marks
        if conn.execute("SELECT 1 FROM canary WHERE desk_id = ? AND mark = ?", (desk, one)).fetchone()
    ]


def touched(conn: Connection, desk: str, mark_: str, at: int, actor: str, how: str) -> bool:
    """Put a touch on the record inside the caller's transaction; False for one that lately was."""
    again = conn.execute(
        "SELECT 1 FROM canary_touch WHERE desk_id = ? AND mark = ? AND actor = ? AND how = ? AND at > ?",
        (desk, mark_, actor, how, at - SAME_MS),
    ).fetchone()
    if again is None:
        ROWS.add(conn, desk, mark_, (at, actor, how))
    return again is None


def lately(conn: Connection, desk: str, since: int, limit: int) -> list[Touch]:
    """Touches since then, the latest first."""
    rows = conn.execute(
        "SELECT mark, at, actor, how FROM canary_touch WHERE desk_id = ? AND at >= ? ORDER BY at DESC, mark LIMIT ?",
        (desk, since, limit),
    )
    return [Touch(*row) for row in rows]
