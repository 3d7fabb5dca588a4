"""Who did, looked, checked and exported what, newest first, each source by its own index and from a place on."""

from collections.abc import Iterator

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an entry stands among all: by time, then sort, then key; the newest is the greatest."""

    at: int
    sort: str
    key: str


# After everything that can be.
NEWEST = Place(1 << 62, "~", "")


@dataclass(frozen=True, slots=True)
class Deed:
    """An entry: its place, who, what (verb, reason, result), the case's id and codes beside it."""

    place: Place
    actor: str
    what: str
    case: str
    detail: tuple[str, ...] = ()


def actors(conn: Connection, desk: str) -> list[str]:
    """Everybody who stands in the log, by steps from one to the next: as many seeks as there are people."""
    found: set[str] = set()
    for table in (
        "request INDEXED BY request_actor",
        "look INDEXED BY look_actor",
        "caller_check",
        "export_made",
    ):
        last = ""
        while True:
            row = conn.execute(
                f"SELECT actor FROM {table} WHERE desk_id = ? AND actor > ? ORDER BY actor LIMIT 1",
                (desk, last),
            ).fetchone()
            if row is None:
                break
            last = row[0]
            found.add(last)
    return sorted(found)


def of_actor(
    conn: Connection, desk: str, actor: str, since: int, before: Place, limit: int
) -> Iterator[Deed]:
    """What one did before a place, the newest of each source."""
    bound = (desk, actor, since)
    for at, key, verb, case in conn.execute(
        "SELECT at, key, verb, case_id FROM request INDEXED BY request_actor WHERE desk_id = ? AND actor = ?"
        " AND at >= ? AND (at, key) < (?, ?) ORDER BY at DESC, key DESC LIMIT ?",
        (*bound, *_before("verb", before), limit),
    ):
        yield Deed(Place(at, "verb", key), actor, verb, case)
    for at, person, seq, case, fields, reason in conn.execute(
        "SELECT at, person, seq, case_id, fields, reason FROM look INDEXED BY look_actor WHERE desk_id = ?"
        " AND actor = ? AND at >= ? AND (at, person || '/' || substr('00000000' || CAST(seq AS TEXT), -9)) < (?, ?)"
        " ORDER BY at DESC, person DESC, seq DESC LIMIT ?",
        (*bound, *_before("look", before), limit),
    ):
        yield Deed(Place(at, "look", f"{person}/{seq:09d}"), actor, reason, case, tuple(fields.split()))
    # By seq: an agent's checks are in the order of time, and few.
    for at, seq, sorts, result in conn.execute(
        "SELECT at, seq, sorts, result FROM caller_check WHERE desk_id = ? AND actor = ? AND at >= ?"
        " AND (at, actor || '/' || substr('00000000' || CAST(seq AS TEXT), -9)) < (?, ?) ORDER BY seq DESC LIMIT ?",
        (*bound, *_before("check", before), limit),
    ):
        yield Deed(Place(at, "check", f"{actor}/{seq:09d}"), actor, result, "", tuple(sorts.split()))
    # A bundle is a verb and a look already.
    for at, id_, what, format_, queue, cases in conn.execute(
        "SELECT at, id, what, format, queue, cases FROM export_made WHERE desk_id = ? AND actor = ? AND at >= ?"
        " AND (at, id) < (?, ?) AND what <> 'bundle' ORDER BY at DESC, id DESC LIMIT ?",
        (*bound, *_before("export", before), limit),
    ):
        yield Deed(Place(at, "export", id_), actor, what, "", (id_, format_, queue, str(cases)))


def _before(sort: str, place: Place) -> tuple[int, str]:
    """(at, key) that entries of a sort must stand before."""
    if sort == place.sort:
        return place.at, place.key
    return (place.at, "") if sort > place.sort else (place.at + 1, "")


def of_case(conn: Connection, desk: str, case: str, person: str) -> Iterator[Deed]:
    """Every command that left events on a case, once, and every look at its customer by it."""
    seen: set[str] = set()
    for seq, at, actor, cause, verb in conn.execute(
        "SELECT seq, at, actor, cause, verb FROM event WHERE desk_id = ? AND case_id = ? ORDER BY seq",
        (desk, case),
    ):
        if cause not in seen:
            seen.add(cause)
            yield Deed(Place(at, "verb", f"{seq:09d}"), actor, verb, case)
    for seq, at, actor, fields, reason in conn.execute(
        "SELECT seq, at, actor, fields, reason FROM look WHERE desk_id = ? AND person = ? AND case_id = ?",
        (desk, person, case),
    ):
        yield Deed(Place(at, "look", f"{seq:09d}"), actor, reason, case, tuple(fields.split()))
