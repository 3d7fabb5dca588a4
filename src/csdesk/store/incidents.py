"""Incidents and their members: open cases that fit criteria, members by state, whom a run has not gone to.

Going through open cases is by id (index cases_open): ids are ordered by time, so "opened since" is where to begin.
"""

from collections.abc import Sequence

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.causes import Criteria
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.folds import decode_case
from csdesk.store.index import cases_saying

# Read at once when what SQL cannot tell is looked at case by case; also the most that one look for words takes.
AT_ONCE = 500
# After every id there is: ids are hexadecimal.
LAST = "g"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Criteria ready to be looked for: `names` are all by which records call the carrier; `key` is of the index."""

    criteria: Criteria
    names: tuple[str, ...]
    key: bytes

    def where(self) -> tuple[str, list[object]]:
        """What SQL can tell, with its values; each part reads the row or an index of its order."""
        asked = self.criteria
        parts = [" AND c.closed_at = 0 AND c.incident = '' AND c.kind <> 'incident'"]
        values: list[object] = []
        if asked.kinds:
            parts.append(f" AND c.kind IN ({','.join('?' * len(asked.kinds))})")
            values += asked.kinds
        for column, value in (("reason", asked.reason), ("merchant", asked.merchant)):
            if value:
                parts.append(f" AND c.{column} = ?")
                values.append(value)
        if asked.sku:
            parts.append(
                " AND EXISTS (SELECT 1 FROM order_line l WHERE l.desk_id = c.desk_id AND l.order_id = c.order_id"
                " AND l.sku = ?)"
            )
            values.append(asked.sku)
        if self.names:
            parts.append(f" AND ({_ANY_CARRIER.format(like=' OR '.join([_LIKE] * len(self.names)))})")
            values += [f"{_escaped(name)}%" for name in self.names] * 3
        return "".join(parts), values


_LIKE = "p.carrier LIKE ? ESCAPE '\\'"
# The parcels of the order as it was imported, those that its scans tell of, and those of the case itself. Without
# statistics SQLite would rather go through all parcels of the desk for one case: 120 ms of a million, twice.
_ANY_CARRIER = (
    "EXISTS (SELECT 1 FROM shipment p WHERE p.desk_id = c.desk_id AND p.order_id = c.order_id AND ({like}))"
    " OR EXISTS (SELECT 1 FROM parcel p INDEXED BY parcel_order WHERE p.desk_id = c.desk_id"
    "  AND p.order_id = c.order_id AND p.case_id = '' AND p.order_id <> '' AND ({like}))"
    " OR EXISTS (SELECT 1 FROM parcel p INDEXED BY parcel_case WHERE p.desk_id = c.desk_id AND p.case_id = c.id"
    "  AND p.case_id <> ''"
    "  AND ({like}))"
)


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def fitting_sql(where: str, *, channel: bool) -> str:
    """The statement that goes through open cases; the snapshot is read only where the channel is asked for."""
    told = "c.snapshot" if channel else "NULL"
    return (
        f"SELECT c.id, {told} FROM cases c INDEXED BY cases_open WHERE c.desk_id = ? AND c.id > ? AND c.id < ?{where}"
        " ORDER BY c.id LIMIT ?"
    )


def fitting(conn: Connection, desk: str, wanted: Wanted, after: str, limit: int) -> list[str]:
    """Open cases of no incident that fit, by id, after an id; fewer than `limit` only when there are no more."""
    asked, found = wanted.criteria, list[str]()
    where, values = wanted.where()
    sql = fitting_sql(where, channel=bool(asked.channel))
    place = max(after, f"{asked.since:012x}" if asked.since else "")
    last = f"{asked.until:012x}" if asked.until else LAST
    while len(found) < limit:
        rows = conn.execute(sql, (desk, place, last, *values, AT_ONCE)).fetchall()
        found += _remaining(conn, desk, wanted, rows)
        if len(rows) < AT_ONCE:
            break
        place = rows[-1][0]
    return found[:limit]


def fits(conn: Connection, desk: str, wanted: Wanted, case: Case) -> bool:
    """Whether one open case of no incident fits."""
    asked = wanted.criteria
    if (asked.since and case.opened_at < asked.since) or (asked.until and case.opened_at >= asked.until):
        return False
    where, values = wanted.where()
    told = "c.snapshot" if asked.channel else "NULL"
    sql = f"SELECT c.id, {told} FROM cases c WHERE c.desk_id = ? AND c.id = ?{where}"
    rows = conn.execute(sql, (desk, case.id, *values)).fetchall()
    return bool(_remaining(conn, desk, wanted, rows))


def _remaining(
    conn: Connection, desk: str, wanted: Wanted, rows: Sequence[tuple[str, bytes | None]]
) -> list[str]:
    """Those that also came by the channel and hold the words."""
    asked = wanted.criteria
    found = [id_ for id_, told in rows if told is None or decode_case(told).channel == asked.channel]
    if not asked.words:
        return found
    saying = cases_saying(conn, desk, wanted.key, asked.words, found)
    return [id_ for id_ in found if id_ in saying]


def open_incidents(conn: Connection, desk: str, limit: int = 50) -> list[Case]:
    """The open incidents, the nearest deadline first: they stand in their queue as long as they are open."""
    rows = conn.execute(
        "SELECT snapshot FROM cases WHERE desk_id = ? AND queue = 'incidents' AND live = 1 ORDER BY due, id LIMIT ?",
        (desk, limit),
    )
    return [decode_case(row[0]) for row in rows.fetchall()]


def by_state(conn: Connection, desk: str, incident: str) -> list[tuple[str, str, int]]:
    """(kind, state, how many) of the members, closed ones too."""
    rows = conn.execute(
        "SELECT kind, state, count(*) FROM cases WHERE desk_id = ? AND incident = ? AND incident <> ''"
        " GROUP BY kind, state ORDER BY count(*) DESC, kind, state",
        (desk, incident),
    )
    return rows.fetchall()


_MEMBERS = " FROM cases c WHERE c.desk_id = ? AND c.incident = ? AND c.incident <> ''"
_OPEN = " AND c.closed_at = 0"


def _untouched(runs: Sequence[str]) -> str:
    """Not reached by any of these runs: neither done there, nor waiting for its turn."""
    if not runs:
        return ""
    return (
        " AND NOT EXISTS (SELECT 1 FROM bulk_item b WHERE b.desk_id = c.desk_id"
        f" AND b.bulk IN ({','.join('?' * len(runs))}) AND b.case_id = c.id AND b.state IN ('done', 'waiting'))"
    )


def count_open(conn: Connection, desk: str, incident: str, but: Sequence[str] = ()) -> int:
    """Open members; without those that one of the runs `but` reaches. 10,000 take 10 to 30 ms."""
    sql = f"SELECT count(*){_MEMBERS}{_OPEN}{_untouched(but)}"
    found: int = conn.execute(sql, (desk, incident, *but)).fetchone()[0]
    return found


def members(
    conn: Connection,
    desk: str,
    incident: str,
    *,
    after: str = "",
    limit: int = -1,
    closed: bool = False,
    but: Sequence[str] = (),
) -> list[str]:
    """Ids of members by id, after one: the open ones, or all (`closed`), without those that the runs `but` reach."""
    sql = (
        f"SELECT c.id{_MEMBERS}{'' if closed else _OPEN} AND c.id > ?{_untouched(but)} ORDER BY c.id LIMIT ?"
    )
    return [row[0] for row in conn.execute(sql, (desk, incident, after, *but, limit))]
