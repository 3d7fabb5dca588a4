"""Who looked at whose masked data, why and when: rows that are only added, chained for each person like events."""

import hashlib
from collections.abc import Iterator

from csdesk.domain.looking import Usual
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

GENESIS = b"csdesk look chain v1"
HOUR_MS = 3_600_000
_COLUMNS = "seq, at, actor, person, case_id, fields, reason, until"


@dataclass(frozen=True, slots=True)
class Look:
    """`actor` looked at `fields` of `person` by `case` for `reason`, from `at` until `until` (UTC ms); no value."""

    seq: int
    at: int
    actor: str
    person: str
    case: str
    fields: tuple[str, ...]
    reason: str
    until: int


def _look(
    seq: int, at: int, actor: str, person: str, case: str, fields: str, reason: str, until: int
) -> Look:
    return Look(seq, at, actor, person, case, tuple(fields.split()), reason, until)


def _start(desk: str, person: str) -> bytes:
    """What the first look at a person is chained to, so that no chain fits another person."""
    return hashlib.sha256(GENESIS + f"\x1f{desk}\x1f{person}".encode()).digest()


def _link(previous: bytes, row: tuple[object, ...]) -> bytes:
    """The hash of a look: the hash before it, and all that is said of it."""
    return hashlib.sha256(previous + "\x1f".join(map(str, row)).encode()).digest()


def add(
    conn: Connection,
    desk: str,
    *,
    at: int,
    actor: str,
    person: str,
    case: str,
    fields: tuple[str, ...],
    reason: str,
    until: int,
) -> Look:
    """Put a look on the record, inside the caller's transaction."""
    last = conn.execute(
        "SELECT seq, hash FROM look WHERE desk_id = ? AND person = ? ORDER BY seq DESC LIMIT 1",
        (desk, person),
    ).fetchone()
    seq, previous = (last[0] + 1, bytes(last[1])) if last else (1, _start(desk, person))
    row = (seq, at, actor, person, case, " ".join(fields), reason, until)
    conn.execute(
        f"INSERT INTO look (desk_id, {_COLUMNS}, hash) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (desk, *row, _link(previous, row)),
    )
    return _look(*row)


def of_person(conn: Connection, desk: str, person: str, limit: int) -> list[Look]:
    """Who looked at a person's data, the latest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM look WHERE desk_id = ? AND person = ? ORDER BY seq DESC LIMIT ?",
        (desk, person, limit),
    )
    return [_look(*row) for row in rows]


def of_agent(conn: Connection, desk: str, agent: str, limit: int) -> list[Look]:
    """Whose data somebody looked at, the latest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM look INDEXED BY look_actor WHERE desk_id = ? AND actor = ?"
        " ORDER BY at DESC, person, seq DESC LIMIT ?",
        (desk, agent, limit),
    )
    return [_look(*row) for row in rows]


def count(conn: Connection, desk: str, agent: str, since: int) -> int:
    """How often somebody looked since then; the index alone is read."""
    found: int = conn.execute(
        "SELECT count(*) FROM look INDEXED BY look_actor WHERE desk_id = ? AND actor = ? AND at >= ?",
        (desk, agent, since),
    ).fetchone()[0]
    return found


def busy(conn: Connection, desk: str, since: int, least: int) -> list[tuple[str, int, int]]:
    """(agent, hour, looks) of the hours since then in which somebody looked so often; `hour` is when it began."""
    rows = conn.execute(
        "SELECT actor, at / ? * ?, count(*) FROM look INDEXED BY look_at WHERE desk_id = ? AND at >= ?"
        " GROUP BY 1, 2 HAVING count(*) >= ? ORDER BY 2 DESC, 3 DESC, 1",
        (HOUR_MS, HOUR_MS, desk, since, least),
    )
    return [(actor, hour, n) for actor, hour, n in rows]


def usual(conn: Connection, desk: str, since: int, until: int) -> dict[str, Usual]:
    """How often each agent looked between these times, `until` exclusive; under "" the desk."""
    rows = conn.execute(
        "SELECT actor, sum(n), count(*) FROM (SELECT actor, at / ? AS hour, count(*) AS n FROM look INDEXED BY look_at"
        " WHERE desk_id = ? AND at >= ? AND at < ? GROUP BY 1, 2) GROUP BY actor",
        (HOUR_MS, desk, since, until),
    )
    found = {actor: Usual(looks, hours) for actor, looks, hours in rows}
    whole = Usual(sum(one.looks for one in found.values()), sum(one.hours for one in found.values()))
    return {**found, "": whole}


def breaks(conn: Connection, desk: str) -> Iterator[tuple[str, int]]:
    """(person, seq) of the first look of each person's chain that was changed, or before which one is missing."""
    rows = conn.execute(f"SELECT {_COLUMNS}, hash FROM look WHERE desk_id = ? ORDER BY person, seq", (desk,))
    person, previous, expected, broken = None, b"", 0, False
    for *row, stored in rows:
        if row[3] != person:
            person, previous, expected, broken = row[3], _start(desk, row[3]), 0, False
        expected += 1
        previous = _link(previous, tuple(row))
        if not broken and (row[0] != expected or previous != bytes(stored)):
            broken = True
            yield row[3], expected
