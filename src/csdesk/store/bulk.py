"""One verb for many cases: runs and what came of each case, beside the chain; each case's own chain tells the rest."""

from collections.abc import Iterable
from typing import Any

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to

# What becomes of a case in a run: `waiting` for its turn, then one of the others; `skipped`: the run was stopped.
STATES = ("waiting", "done", "refused", "skipped")
_ENTERED = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Run:
    """A run: `verb` with what was `entered`, by `actor` in `role`, for `total` cases, of the case `parent` if any.

    state: running, done, stopped. `entered` is empty once the run's own person was shredded.
    """

    id: str
    verb: str
    actor: str
    role: str
    parent: str
    state: str
    total: int
    at: int
    ended_at: int
    entered: dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """What came of one case: its state, and why it was refused (a code and its details)."""

    case: str
    state: str
    why: dict[str, str]
    at: int


_COLUMNS = "id, verb, actor, role, parent, state, total, at, ended_at, person, sealed"


def bulk_key(run: str) -> str:
    """The outbox key of a run."""
    return f"bulk:{run}"


def _bound(desk: str, run: str) -> bytes:
    return bound_to(desk, "bulk", run, "sealed")


def put(conn: Connection, keys: PersonKeys, desk: str, run: Run, person: str, cases: Iterable[str]) -> None:
    """Keep a new run with its cases, and the job that carries it out, inside the caller's transaction."""
    sealed = keys.seal(desk, person, msgspec.json.encode(run.entered), _bound(desk, run.id))
    conn.execute(
        "INSERT INTO bulk VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            desk,
            run.id,
            run.verb,
            run.actor,
            run.role,
            run.parent,
            run.state,
            run.total,
            person,
            sealed,
            run.at,
            run.ended_at,
        ),
    )
    conn.executemany(
        "INSERT INTO bulk_item VALUES (?,?,?,'waiting','',0)", [(desk, run.id, case) for case in cases]
    )
    key = bulk_key(run.id)
    conn.execute(
        "INSERT INTO outbox VALUES (?,?,'bulk','',?,'ready',?,0,0,'',?)", (desk, key, run.id, run.at, run.at)
    )


def _run(keys: PersonKeys, desk: str, row: tuple[Any, ...]) -> Run:
    plain = keys.open(desk, row[9], row[10], _bound(desk, row[0]))
    id_, verb, actor, role, parent, state, total, at, ended_at = row[:9]
    entered = _ENTERED.decode(plain) if plain else {}
    return Run(id_, verb, actor, role, parent, state, total, at, ended_at, entered)


def get(conn: Connection, keys: PersonKeys, desk: str, run: str) -> Run | None:
    """The run with this id."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM bulk WHERE desk_id = ? AND id = ?", (desk, run)).fetchone()
    return _run(keys, desk, row) if row else None


def of_parent(conn: Connection, keys: PersonKeys, desk: str, parent: str, limit: int = 50) -> list[Run]:
    """The runs of a case, the newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM bulk WHERE desk_id = ? AND parent = ? ORDER BY at DESC LIMIT ?",
        (desk, parent, limit),
    )
    return [_run(keys, desk, row) for row in rows.fetchall()]


def of_actor(conn: Connection, keys: PersonKeys, desk: str, actor: str, limit: int = 50) -> list[Run]:
    """Somebody's runs, the newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM bulk WHERE desk_id = ? AND actor = ? ORDER BY at DESC LIMIT ?",
        (desk, actor, limit),
    )
    return [_run(keys, desk, row) for row in rows.fetchall()]


def counts(conn: Connection, desk: str, run: str) -> dict[str, int]:
    """How many cases of a run stand in each state; reads an index of the run's own rows."""
    rows = conn.execute(
        "SELECT state, count(*) FROM bulk_item WHERE desk_id = ? AND bulk = ? GROUP BY state", (desk, run)
    )
    return dict.fromkeys(STATES, 0) | dict(rows.fetchall())


def items(conn: Connection, desk: str, run: str, state: str, after: str = "", limit: int = 50) -> list[Item]:
    """The cases of a run in one state, by id, after one."""
    rows = conn.execute(
        "SELECT case_id, state, why, at FROM bulk_item"
        " WHERE desk_id = ? AND bulk = ? AND state = ? AND case_id > ? ORDER BY case_id LIMIT ?",
        (desk, run, state, after, limit),
    )
    return [
        Item(case, stood, _ENTERED.decode(why) if why else {}, at) for case, stood, why, at in rows.fetchall()
    ]


def settle(conn: Connection, desk: str, run: str, came: Iterable[Item]) -> None:
    """Write down what came of cases that waited, inside the caller's transaction."""
    conn.executemany(
        "UPDATE bulk_item SET state = ?, why = ?, at = ?"
        " WHERE desk_id = ? AND bulk = ? AND case_id = ? AND state = 'waiting'",
        [
            (one.state, msgspec.json.encode(one.why).decode() if one.why else "", one.at, desk, run, one.case)
            for one in came
        ],
    )


def end(conn: Connection, desk: str, run: str, state: str, now: int) -> None:
    """The run is over: what still waits is skipped. Inside the caller's transaction."""
    conn.execute(
        "UPDATE bulk_item SET state = 'skipped', at = ? WHERE desk_id = ? AND bulk = ? AND state = 'waiting'",
        (now, desk, run),
    )
    conn.execute(
        "UPDATE bulk SET state = ?, ended_at = ? WHERE desk_id = ? AND id = ? AND state = 'running'",
        (state, now, desk, run),
    )
