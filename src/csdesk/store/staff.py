"""What agents can take, whether they are here, and how much they have: rows beside the cases."""

from csdesk.domain.routing import AVAILABLE, Skill
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.leases import running
from csdesk.store.skips import OF_AGENT


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody's state since `since` (UTC ms), set by `actor`; since 0: nobody ever said, which counts as available."""

    state: str = AVAILABLE
    since: int = 0
    actor: str = ""


ANYTHING, HERE = Skill(), Presence()


def _skill(queues: str, languages: str, most_amount: int, most_cases: int) -> Skill:
    return Skill(tuple(queues.split()), tuple(languages.split()), most_amount, most_cases)


_SKILL = "SELECT queues, languages, most_amount, most_cases FROM agent_skill WHERE desk_id = ? AND agent = ?"
_PRESENCE = (
    "SELECT state, at, actor FROM agent_state WHERE desk_id = ? AND agent = ? ORDER BY at DESC LIMIT 1"
)


def skill(conn: Connection, desk: str, agent: str) -> Skill:
    """What somebody can take; anything when nothing was said."""
    row = conn.execute(_SKILL, (desk, agent)).fetchone()
    return _skill(*row) if row else ANYTHING


def asker(conn: Connection, desk: str, agent: str, now: int) -> tuple[Presence, Skill, tuple[str, ...]]:
    """Of somebody who asks for the next case: whether they are here, what they can take, what they passed over."""
    here, can, passed = conn.together(
        (_PRESENCE, (desk, agent)), (_SKILL, (desk, agent)), (OF_AGENT, (desk, now, agent))
    )
    return (
        Presence(*here[0]) if here else HERE,
        _skill(*can[0]) if can else ANYTHING,
        tuple(row[0] for row in passed),
    )


def skills(conn: Connection, desk: str) -> dict[str, Skill]:
    """What those can take of whom it was said, by agent."""
    rows = conn.execute(
        "SELECT agent, queues, languages, most_amount, most_cases FROM agent_skill WHERE desk_id = ?", (desk,)
    )
    return {agent: _skill(*row) for agent, *row in rows}


def put_skill(conn: Connection, desk: str, agent: str, can: Skill) -> None:
    """Say what somebody can take, inside the caller's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO agent_skill VALUES (?,?,?,?,?,?)",
        (desk, agent, " ".join(can.queues), " ".join(can.languages), can.most_amount, can.most_cases),
    )


def presence(conn: Connection, desk: str, agent: str) -> Presence:
    """Somebody's state."""
    row = conn.execute(_PRESENCE, (desk, agent)).fetchone()
    return Presence(*row) if row else HERE


def presences(conn: Connection, desk: str) -> dict[str, Presence]:
    """The state of everybody who ever said one, by agent; the history is not read."""
    rows = conn.execute(
        "SELECT s.agent, s.state, s.at, s.actor FROM agent a JOIN agent_state s"
        " ON s.desk_id = a.desk_id AND s.agent = a.id AND s.at ="
        " (SELECT max(at) FROM agent_state WHERE desk_id = a.desk_id AND agent = a.id) WHERE a.desk_id = ?",
        (desk,),
    )
    return {agent: Presence(*row) for agent, *row in rows}


def put_presence(conn: Connection, desk: str, agent: str, state: str, actor: str, now: int) -> Presence:
    """Add a state, inside the caller's transaction; the same one again adds nothing."""
    last = presence(conn, desk, agent)
    if last.since and last.state == state:
        return last
    # A clock that was set back must not put the new state before the old one.
    new = Presence(state, max(now, last.since + 1), actor)
    conn.execute("INSERT INTO agent_state VALUES (?,?,?,?,?)", (desk, agent, new.since, state, actor))
    return new


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has: live cases that are assigned, those of them past their deadline, others held or put aside."""

    assigned: int
    late: int
    held: int
    parked: int


def load(conn: Connection, desk: str, agent: str, now: int) -> Load:
    """What somebody has now; `held` are all live cases held but not assigned, `parked` those of them put aside."""
    assigned, late = conn.execute(
        "SELECT count(*), coalesce(sum(CASE WHEN due <= ? THEN 1 ELSE 0 END), 0) FROM cases"
        " WHERE desk_id = ? AND assignee = ? AND live = 1",
        (now, desk, agent),
    ).fetchone()
    held, parked = conn.execute(
        "SELECT count(*), coalesce(sum(CASE WHEN l.parked > 0 THEN 1 ELSE 0 END), 0) FROM lease l"
        " JOIN cases c ON c.desk_id = l.desk_id AND c.id = l.case_id"
        " WHERE l.desk_id = ? AND l.holder = ? AND l.expires BETWEEN ? AND ? AND c.assignee <> ? AND c.live = 1",
        (desk, agent, *running(now), agent),
    ).fetchone()
    return Load(assigned, late, held, parked)


def given(conn: Connection, desk: str) -> dict[str, int]:
    """When each agent was given the last case by the desk itself, UTC ms."""
    return dict(conn.execute("SELECT agent, at FROM agent_given WHERE desk_id = ?", (desk,)).fetchall())


def put_given(conn: Connection, desk: str, agent: str, now: int) -> None:
    """Somebody was given a case, inside the caller's transaction."""
    conn.execute("INSERT OR REPLACE INTO agent_given VALUES (?,?,?)", (desk, agent, now))


def untouched(conn: Connection, desk: str, agent: str) -> list[str]:
    """Live cases that the desk gave to somebody who has done nothing on them since: no verb, no draft, not parked."""
    rows = conn.execute(
        "SELECT c.id FROM cases c WHERE c.desk_id = ? AND c.assignee = ? AND c.live = 1"
        " AND (SELECT e.actor FROM event e WHERE e.desk_id = c.desk_id AND e.case_id = c.id AND e.type = 'assigned'"
        "      ORDER BY e.seq DESC LIMIT 1) = 'system'"
        " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.desk_id = c.desk_id AND e.case_id = c.id AND e.actor = ?"
        "      AND e.seq > (SELECT max(seq) FROM event WHERE desk_id = c.desk_id AND case_id = c.id"
        "                   AND type = 'assigned'))"
        " AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.desk_id = c.desk_id AND d.agent = ? AND d.case_id = c.id)"
        " ORDER BY c.due, c.id",
        (desk, agent, agent, agent),
    )
    return [row[0] for row in rows]
