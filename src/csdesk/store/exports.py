"""What left the desk as a file: who wrote it when, of what, and which cases were in it; rows that are only added."""

from collections.abc import Iterable, Iterator

from csdesk.domain.value import dataclass
from csdesk.store.chained import Rows
from csdesk.store.connection import Connection

ROWS = Rows(
    "export_made",
    "actor",
    b"csdesk export chain v1",
    ("id", "at", "what", "format", "queue", "cases", "upto"),
    "held",
)
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Made:
    """An export `id` that `actor` began at UTC ms: `what` (a table, or `bundle`) in a `format`, `queue` "" for all.

    `cases`: how many were in it. `upto`: every case up to this id was in it; else `held` has the ids.
    """

    actor: str
    seq: int
    id: str
    at: int
    what: str
    format: str
    queue: str
    cases: int
    upto: str


def add(conn: Connection, desk: str, made: Made, held: Iterable[str] = ()) -> None:
    """Put an export on the record inside the caller's transaction; `seq` is given here."""
    values = (made.id, made.at, made.what, made.format, made.queue, made.cases, made.upto)
    ROWS.add(conn, desk, made.actor, values, b"".join(map(bytes.fromhex, held)))


def newest(conn: Connection, desk: str, since: int, limit: int) -> list[Made]:
    """Exports since then, the latest first."""
    rows = conn.execute(
        f"SELECT actor, {ROWS.said} FROM export_made WHERE desk_id = ? AND at >= ? ORDER BY at DESC, id LIMIT ?",
        (desk, since, limit),
    )
    return [Made(*row) for row in rows]


def by_id(conn: Connection, desk: str, id_: str) -> Made | None:
    """The export with this id."""
    row = conn.execute(
        f"SELECT actor, {ROWS.said} FROM export_made WHERE desk_id = ? AND id = ?", (desk, id_)
    ).fetchone()
    return Made(*row) if row else None


def holding(conn: Connection, desk: str, until: int, limit: int) -> Iterator[tuple[Made, frozenset[str]]]:
    """The latest exports up to then with the ids of their cases (none where `upto` says which)."""
    rows = conn.execute(
        f"SELECT held, actor, {ROWS.said} FROM export_made WHERE desk_id = ? AND at <= ?"
        " ORDER BY at DESC, id LIMIT ?",
        (desk, until, limit),
    )
    for held, *row in rows:
        raw = bytes(held)
        yield (
            Made(*row),
            frozenset(raw[n : n + _ID_BYTES].hex() for n in range(0, len(raw), _ID_BYTES)),
        )
