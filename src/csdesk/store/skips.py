"""Cases that agents passed over when it was their turn: why, and until when they do not come back; beside the chain."""

from collections import defaultdict
from collections.abc import Mapping

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to


@dataclass(frozen=True, slots=True)
class Skip:
    """`agent` passed `case` over at `at` for `reason`, and does not get it before `until` (UTC ms).

    `note`: in their words, "" for none, or once the case's person was erased.
    """

    case: str
    agent: str
    at: int
    until: int
    reason: str
    note: str = ""


# Of (desk, now, agent).
OF_AGENT = "SELECT DISTINCT case_id FROM skip WHERE desk_id = ? AND until > ? AND agent = ?"


def _bound(desk: str, agent: str, case_id: str) -> bytes:
    return bound_to(desk, "skip", f"{agent}/{case_id}", "sealed")


def put(conn: Connection, keys: PersonKeys, desk: str, person: str, skip: Skip) -> None:
    """Keep a skip inside the caller's transaction; its words are sealed under the case's person."""
    sealed = (
        keys.seal(desk, person, skip.note.encode(), _bound(desk, skip.agent, skip.case)) if skip.note else b""
    )
    last = conn.execute(
        "SELECT coalesce(max(at), 0) FROM skip WHERE desk_id = ? AND agent = ? AND case_id = ?",
        (desk, skip.agent, skip.case),
    ).fetchone()[0]
    # A clock that was set back must not write over an earlier one.
    at = max(skip.at, last + 1)
    conn.execute(
        "INSERT INTO skip VALUES (?,?,?,?,?,?,?,?)",
        (desk, skip.agent, skip.case, at, skip.until, skip.reason, person, sealed),
    )


def of_agent(conn: Connection, desk: str, agent: str, now: int) -> tuple[str, ...]:
    """What does not come back to somebody yet."""
    return tuple(row[0] for row in conn.execute(OF_AGENT, (desk, now, agent)))


def running(conn: Connection, desk: str, now: int) -> Mapping[str, frozenset[str]]:
    """Who passed each case over and does not get it yet, by case."""
    found: dict[str, set[str]] = defaultdict(set)
    sql = "SELECT case_id, agent FROM skip WHERE desk_id = ? AND until > ?"
    for case, agent in conn.execute(sql, (desk, now)):
        found[case].add(agent)
    return {case: frozenset(agents) for case, agents in found.items()}


def between(conn: Connection, keys: PersonKeys, desk: str, since: int, until: int, limit: int) -> list[Skip]:
    """The skips of a span, `until` exclusive, the latest first."""
    rows = conn.execute(
        "SELECT case_id, agent, at, until, reason, person, sealed FROM skip WHERE desk_id = ? AND at >= ? AND at < ?"
        " ORDER BY at DESC, agent, case_id LIMIT ?",
        (desk, since, until, limit),
    ).fetchall()
    return [_skip(keys, desk, *row) for row in rows]


def latest(conn: Connection, keys: PersonKeys, desk: str, case: str, now: int) -> list[Skip]:
    """The skips of a case that still run, the latest first."""
    rows = conn.execute(
        "SELECT case_id, agent, at, until, reason, person, sealed FROM skip WHERE desk_id = ? AND case_id = ?"
        " AND until > ? ORDER BY at DESC, agent",
        (desk, case, now),
    ).fetchall()
    return [_skip(keys, desk, *row) for row in rows]


def _skip(
    keys: PersonKeys,
    desk: str,
    case: str,
    agent: str,
    at: int,
    until: int,
    reason: str,
    person: str,
    sealed: bytes,
) -> Skip:
    plain = keys.open(desk, person, sealed, _bound(desk, agent, case)) if sealed else None
    return Skip(case, agent, at, until, reason, plain.decode() if plain else "")


def counts(conn: Connection, desk: str, since: int, until: int) -> list[tuple[str, str, int, int]]:
    """How often in a span each agent gave each reason, and of how many cases: (agent, reason, times, cases)."""
    return conn.execute(
        "SELECT agent, reason, count(*), count(DISTINCT case_id) FROM skip WHERE desk_id = ? AND at >= ? AND at < ?"
        " GROUP BY agent, reason ORDER BY agent, count(*) DESC, reason",
        (desk, since, until),
    ).fetchall()
