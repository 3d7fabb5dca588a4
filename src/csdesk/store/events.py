"""The desk's events in the order in which they were committed, for other systems: pages from a place in the changes.

A change brought a case from one version to another, and an event's `seq` is the version that it made; so the changes,
which a desk numbers without a gap, give the events in one order for all cases.
"""

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# A place that comes before all of a change's events.
_NONE = 0


@dataclass(frozen=True, slots=True)
class Position:
    """The change to be read next, and which events of it were read already (up to this `seq`)."""

    change: int
    seq: int = _NONE


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its case as that stands now; `payload` is what lies open of it (JSON), `at` UTC ms."""

    change: int
    case: str
    seq: int
    type: str
    v: int
    at: int
    actor: str
    verb: str
    payload: bytes
    body: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events in order, and where the next begin. `gone`: what stood at the place asked for is forgotten, or it is ahead
    of all there is (the desk was put back to an earlier day).
    """

    events: tuple[Told, ...]
    after: Position
    gone: bool = False


# CROSS: along the changes, so that nothing is sorted and reading stops when the page is full.
_EVENTS = (
    "SELECT h.seq, e.case_id, e.seq, e.type, e.v, e.at, e.actor, e.verb, e.payload, c.body, c.kind, c.state"
    " FROM change h CROSS JOIN event e ON e.desk_id = h.desk_id AND e.case_id = h.case_id"
    " AND e.seq > h.since AND e.seq <= h.version"
    " CROSS JOIN cases c ON c.desk_id = e.desk_id AND c.id = e.case_id"
    " WHERE h.desk_id = ? AND h.seq >= ? AND (h.seq > ? OR e.seq > ?) ORDER BY h.seq, e.seq LIMIT ?"
)


def ends(conn: Connection, desk: str) -> tuple[int, int]:
    """The oldest change that is kept and the newest; (1, 0) for a desk on which nothing ever changed."""
    oldest = conn.execute("SELECT seq FROM change WHERE desk_id = ? ORDER BY seq LIMIT 1", (desk,)).fetchone()
    newest = conn.execute(
        "SELECT seq FROM change WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (desk,)
    ).fetchone()
    return (oldest[0], newest[0]) if oldest and newest else (1, 0)


def stretch(conn: Connection, desk: str, at: Position | None, limit: int) -> Stretch:
    """At most `limit` events from a place on, or from the oldest kept; inside one snapshot (`connection.read`)."""
    oldest, newest = ends(conn, desk)
    place = at or Position(oldest)
    if not oldest <= place.change <= newest + 1:
        return Stretch((), Position(oldest), gone=True)
    rows = conn.execute(_EVENTS, (desk, place.change, place.change, place.seq, limit)).fetchall()
    found = tuple(Told(*row) for row in rows)
    if len(found) < limit:
        return Stretch(found, Position(newest + 1))
    return Stretch(found, Position(found[-1].change, found[-1].seq))
