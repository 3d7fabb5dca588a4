"""Persons whose data is only stored: nobody finds, opens or answers with it; and consents that were taken back.

Deleting was asked for and a law keeps the data (个人信息保护法 §47): it lies there until `until`, then the worker
destroys the person's key. A row whose `ended_at` is set holds no more: erased, or the person wanted it used again.
"""

from collections.abc import Iterable, Sequence

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.terms import terms_of

# The job of the worker that erases, and what it runs by.
ERASE = "erase"
HOLDS = "EXISTS (SELECT 1 FROM person_restraint WHERE desk_id = ? AND person = ? AND ended_at = 0)"
# A page of texts names few persons; so many are asked for at once.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Restraint:
    """Whose data is only stored, since when, till when (UTC ms), by which request."""

    person: str
    since: int
    until: int
    case: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A consent that was taken back: which, when (UTC ms), by which request."""

    purpose: str
    at: int
    case: str


def holds(conn: Connection, desk: str, person: str) -> bool:
    """Whether a person's data is only stored (one key of one table, 5 µs)."""
    return bool(person) and bool(conn.execute(f"SELECT {HOLDS}", (desk, person)).fetchone()[0])


def of_person(conn: Connection, desk: str, person: str) -> Restraint | None:
    """The restraint that holds, if any."""
    row = conn.execute(
        "SELECT person, since, until, case_id FROM person_restraint"
        " WHERE desk_id = ? AND person = ? AND ended_at = 0",
        (desk, person),
    ).fetchone()
    return Restraint(*row) if row else None


def free(conn: Connection, desk: str, persons: Iterable[str]) -> set[str]:
    """Those of these persons whose data may be used."""
    asked = list(dict.fromkeys(persons))
    found = set(asked)
    for at in range(0, len(asked), _MOST):
        some = asked[at : at + _MOST]
        rows = conn.execute(
            "SELECT person FROM person_restraint WHERE desk_id = ? AND ended_at = 0"
            f" AND person IN ({','.join('?' * len(some))})",
            (desk, *some),
        )
        found -= {row[0] for row in rows}
    return found


def begin(conn: Connection, desk: str, held: Restraint) -> None:
    """Restrain a person from now on, and set the worker's timer, inside the caller's transaction.

    What finds them goes: keyed hashes, the terms of their texts, marks, drafts and words beside the cases.
    """
    conn.execute(
        "INSERT INTO person_restraint VALUES (?,?,?,?,?,0) ON CONFLICT (desk_id, person) DO UPDATE SET"
        " since = excluded.since, until = excluded.until, case_id = excluded.case_id, ended_at = 0",
        (desk, held.person, held.since, held.until, held.case),
    )
    key = f"{ERASE}:{held.person}:{held.since}"
    conn.execute(
        "INSERT INTO outbox VALUES (?,?,?,?,?,'ready',?,0,0,'',?) ON CONFLICT (desk_id, key) DO NOTHING",
        (desk, key, ERASE, held.case, held.person, held.until, held.since),
    )
    forget_traces(conn, desk, held.person)


def keep_longer(conn: Connection, desk: str, person: str, until: int) -> None:
    """Keep what is only stored until a later day, inside the caller's transaction."""
    conn.execute(
        "UPDATE person_restraint SET until = ? WHERE desk_id = ? AND person = ? AND ended_at = 0",
        (until, desk, person),
    )


def end(conn: Connection, desk: str, person: str, at: int) -> None:
    """The restraint holds no more: the person was erased, or wants their data used; inside the transaction."""
    conn.execute(
        "UPDATE person_restraint SET ended_at = ? WHERE desk_id = ? AND person = ?", (at, desk, person)
    )
    conn.execute(
        "UPDATE outbox INDEXED BY outbox_case SET state = 'moot'"
        " WHERE desk_id = ? AND state = 'ready' AND kind = ? AND ref = ?"
        " AND case_id IN (SELECT case_id FROM person_restraint WHERE desk_id = ? AND person = ?)",
        (desk, ERASE, person, desk, person),
    )


def forget_traces(conn: Connection, desk: str, person: str) -> None:
    """Remove all by which somebody is found or told apart, and that no law keeps; inside the transaction."""
    terms_of(conn).drop_texts(conn, desk, person)
    conn.execute("DELETE FROM customer_hash WHERE desk_id = ? AND customer = ?", (desk, person))
    conn.execute("DELETE FROM person_flag WHERE desk_id = ? AND person = ?", (desk, person))
    mine = "case_id IN (SELECT id FROM cases WHERE desk_id = ? AND customer = ?)"
    # By every agent, since that is how the key of a draft begins.
    anybody = "agent IN (SELECT id FROM agent WHERE desk_id = ?)"
    conn.execute(
        f"DELETE FROM draft WHERE desk_id = ? AND {anybody} AND {mine} AND person = ?",
        (desk, desk, desk, person, person),
    )
    conn.execute(
        f"DELETE FROM skip INDEXED BY skip_case WHERE desk_id = ? AND {mine} AND person = ?",
        (desk, desk, person, person),
    )


def findable(
    conn: Connection, desk: str, texts: Sequence[tuple[str, int, str, str]]
) -> list[tuple[str, int, str, str]]:
    """Of (case, seq, person, text) those that may be indexed: of nobody whose data is only stored."""
    if not texts:
        return []
    may = free(conn, desk, (person for _, _, person, _ in texts))
    return [one for one in texts if one[2] in may]


def withdraw(conn: Connection, desk: str, person: str, purpose: str, case: str, at: int, actor: str) -> None:
    """Keep that a consent was taken back, and stop what leaned on it, inside the caller's transaction.

    Without `delivery` a parcel that is on its way may be left at no locker or station, nor signed for by another.
    """
    conn.execute(
        "INSERT INTO consent_withdrawn VALUES (?,?,?,?,?,?) ON CONFLICT (desk_id, person, purpose) DO UPDATE SET"
        " at = excluded.at, case_id = excluded.case_id, actor = excluded.actor",
        (desk, person, purpose, at, case, actor),
    )
    if purpose == "delivery":
        conn.execute(
            "UPDATE parcel INDEXED BY parcel_order SET consent = ''"
            " WHERE desk_id = ? AND direction = 'out' AND signed_at = 0 AND told_at = 0"
            " AND case_id = '' AND order_id <> ''"
            " AND order_id IN (SELECT id FROM orders WHERE desk_id = ? AND customer = ?)",
            (desk, desk, person),
        )


def withdrawn(conn: Connection, desk: str, person: str) -> list[Withdrawn]:
    """The consents that a person took back, by name."""
    rows = conn.execute(
        "SELECT purpose, at, case_id FROM consent_withdrawn WHERE desk_id = ? AND person = ? ORDER BY purpose",
        (desk, person),
    )
    return [Withdrawn(*row) for row in rows]
