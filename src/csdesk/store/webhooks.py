"""Where the desk's events are sent: each hook with its filter and how far it has come, and what was given up.

No row is written for an event: a hook has a place in the changes, and only what nobody took gets a row of its own.
"""

from collections.abc import Sequence

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.events import Position, Told

READY, DEAD = "ready", "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A hook. `verbs` and `kinds` let through what they name, all when empty; `secret` says where the secret is kept.

    `tries` and `fault` are of the event that waits, which is tried again at `next_at`; `told_at`: the last success.
    """

    id: str
    url: str
    verbs: tuple[str, ...]
    kinds: tuple[str, ...]
    secret: str
    private: bool
    at: Position
    tries: int
    next_at: int
    fault: str
    told_at: int

    def wants(self, told: Told) -> bool:
        """Whether the filter lets an event through."""
        return (not self.verbs or told.verb in self.verbs) and (not self.kinds or told.kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that a hook's receiver did not take; `state` READY when somebody wants it tried again."""

    webhook: str
    case: str
    seq: int
    state: str
    at: int
    tries: int
    fault: str


_COLUMNS = "id, url, verbs, kinds, secret, private, change, seq, tries, next_at, fault, told_at"


def _hook(row: Sequence[object]) -> Webhook:
    id_, url, verbs, kinds, secret, private, change, seq, tries, next_at, fault, told_at = row
    return Webhook(
        str(id_), str(url), tuple(str(verbs).split()), tuple(str(kinds).split()), str(secret), bool(private),
        Position(_int(change), _int(seq)), _int(tries), _int(next_at), str(fault), _int(told_at),
    )  # fmt: skip


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value


def hooks(conn: Connection, desk: str) -> list[Webhook]:
    """All hooks of a desk, by name."""
    found = conn.execute(f"SELECT {_COLUMNS} FROM webhook WHERE desk_id = ? ORDER BY id", (desk,))
    return [_hook(row) for row in found]


def hook(conn: Connection, desk: str, id_: str) -> Webhook | None:
    """One hook."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM webhook WHERE desk_id = ? AND id = ?", (desk, id_)).fetchone()
    return _hook(row) if row else None


def put(conn: Connection, desk: str, one: Webhook, at: int, actor: str) -> bool:
    """Add a hook, inside the caller's transaction; False when there is one of that name."""
    added = conn.execute(
        f"INSERT INTO webhook (desk_id, {_COLUMNS}, at, actor) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT (desk_id, id) DO NOTHING",
        (
            *(desk, one.id, one.url, " ".join(one.verbs), " ".join(one.kinds), one.secret, int(one.private)),
            *(one.at.change, one.at.seq, one.tries, one.next_at, one.fault, one.told_at, at, actor),
        ),
    )
    return added.rowcount == 1


def drop(conn: Connection, desk: str, id_: str) -> bool:
    """Take a hook away with all that waits for it, inside the caller's transaction."""
    conn.execute("DELETE FROM webhook_letter WHERE desk_id = ? AND webhook = ?", (desk, id_))
    return conn.execute("DELETE FROM webhook WHERE desk_id = ? AND id = ?", (desk, id_)).rowcount == 1


def move(conn: Connection, desk: str, before: Webhook, after: Webhook) -> bool:
    """Keep how far a hook has come, inside the caller's transaction; False when another did so meanwhile."""
    moved = conn.execute(
        "UPDATE webhook SET change = ?, seq = ?, tries = ?, next_at = ?, fault = ?, told_at = ?"
        " WHERE desk_id = ? AND id = ? AND change = ? AND seq = ?",
        (
            *(after.at.change, after.at.seq, after.tries, after.next_at, after.fault, after.told_at),
            *(desk, before.id, before.at.change, before.at.seq),
        ),
    )
    return moved.rowcount == 1


def letters(conn: Connection, desk: str, id_: str, limit: int, state: str = "") -> list[Letter]:
    """What a hook's receiver did not take (of all hooks for ""), of one state or any."""
    found = conn.execute(
        "SELECT webhook, case_id, seq, state, at, tries, fault FROM webhook_letter WHERE desk_id = ?"
        f"{' AND webhook = ?' if id_ else ''}{' AND state = ?' if state else ''}"
        " ORDER BY webhook, case_id, seq LIMIT ?",
        (desk, *filter(None, (id_, state)), limit),
    )
    return [Letter(*row) for row in found]


def give_up(conn: Connection, desk: str, one: Letter) -> None:
    """Keep what was not taken, inside the caller's transaction."""
    conn.execute(
        "INSERT INTO webhook_letter VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (desk_id, webhook, case_id, seq)"
        " DO UPDATE SET state = excluded.state, at = excluded.at, tries = excluded.tries, fault = excluded.fault",
        (desk, one.webhook, one.case, one.seq, one.state, one.at, one.tries, one.fault),
    )


def taken(conn: Connection, desk: str, one: Letter) -> None:
    """Forget what was taken after all, inside the caller's transaction."""
    conn.execute(
        "DELETE FROM webhook_letter WHERE desk_id = ? AND webhook = ? AND case_id = ? AND seq = ?",
        (desk, one.webhook, one.case, one.seq),
    )


def again(conn: Connection, desk: str, id_: str) -> int:
    """Have all that a hook gave up tried again, inside the caller's transaction; how much that is."""
    return conn.execute(
        "UPDATE webhook_letter SET state = ? WHERE desk_id = ? AND webhook = ? AND state = ?",
        (READY, desk, id_, DEAD),
    ).rowcount


def due(conn: Connection, desk: str, now: int) -> bool:
    """Whether a hook has anything to do now: one look, which finds nothing at once on a desk without hooks."""
    row = conn.execute(
        "SELECT 1 FROM webhook w WHERE w.desk_id = ? AND w.next_at <= ? AND (w.change <="
        " (SELECT coalesce(max(h.seq), 0) FROM change h WHERE h.desk_id = w.desk_id)"
        " OR EXISTS (SELECT 1 FROM webhook_letter l WHERE l.desk_id = w.desk_id AND l.state = 'ready'"
        " AND l.webhook = w.id)) LIMIT 1",
        (desk, now),
    ).fetchone()
    return row is not None


def event(conn: Connection, desk: str, case: str, seq: int) -> Told | None:
    """One event as `events.stretch` gives it; its place among the changes is not known any more (0)."""
    row = conn.execute(
        "SELECT 0, e.case_id, e.seq, e.type, e.v, e.at, e.actor, e.verb, e.payload, c.body, c.kind, c.state"
        " FROM event e JOIN cases c ON c.desk_id = e.desk_id AND c.id = e.case_id"
        " WHERE e.desk_id = ? AND e.case_id = ? AND e.seq = ?",
        (desk, case, seq),
    ).fetchone()
    return Told(*row) if row else None
