"""Parcels by their waybill, their scans with place and text sealed, and what is known of who carried them.

A scan of a waybill that nobody knows lies under the key of a stand-in; when the parcel becomes known, the scan is
sealed anew under its person's key, and the stand-in's key is destroyed. Functions that write stand inside the
caller's transaction.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from csdesk.domain.cases.context import Shipped
from csdesk.domain.ids import uuid7
from csdesk.domain.tracking import (
    ALL_CONSENTS,
    WAREHOUSE,
    Courier,
    Event,
    Scan,
    Standing,
    delivered_at,
    merged,
    standing,
)
from csdesk.domain.value import dataclass, replace
from csdesk.store.connection import Connection
from csdesk.store.crypto import Shredded, bound_to
from csdesk.store.file import Store
from csdesk.store.together import together

_PUT_SCAN = "INSERT OR REPLACE INTO scan VALUES (?,?,?,?,?,?,?,?)"
_PUT_PARCEL = "INSERT OR REPLACE INTO parcel VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
# Of a case: what it tells of its own parcel; since when it counts as delivered is the scans' to say.
PUT_CASE_PARCEL = (
    "INSERT INTO parcel VALUES (?,?,'',?,?,?,?,?,?,'',0,0) ON CONFLICT (desk_id, waybill, order_id, case_id)"
    " DO UPDATE SET direction = excluded.direction, carrier = excluded.carrier, person = excluded.person"
)
_PARCEL = "waybill, order_id, case_id, direction, carrier, person, lines, at, consent, told_at, signed_at"
# Without statistics SQLite would rather go through every parcel of the desk: 110 ms of a million.
_BY_ORDER = "INDEXED BY parcel_order WHERE desk_id = ? AND order_id = ? AND case_id = '' AND order_id <> ''"
# A look-up of silence that nobody needs any more costs one row: parcels sent longer ago are not waited for.
AWAITED_MS = 60 * 86_400_000
# Nothing is stale by this: silence is for whoever knows the time.
NEVER_STALE = 10**9
_SCANS = {scan.value: scan for scan in Scan}


class _Hidden(msgspec.Struct, array_like=True):
    """What a scan seals."""

    place: str = ""
    text: str = ""


_OPEN = msgspec.msgpack.Decoder(_Hidden).decode
_SEAL = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Known:
    """A parcel as its order or its case told it; `direction` is "" while nobody has. Times UTC ms.

    `told_at`: the signature that the order's own source tells of; `signed_at`: since when it counts as delivered.
    """

    waybill: str
    order: str
    case: str
    direction: str
    carrier: str
    person: str
    lines: str
    at: int
    consent: str
    told_at: int
    signed_at: int

    @property
    def consents(self) -> frozenset[str]:
        """What its receiver agreed to; at a merchant's anybody signs."""
        if self.direction == "back":
            return WAREHOUSE
        return ALL_CONSENTS if self.consent == "any" else frozenset(self.consent.split(","))

    def with_told(self, scans: Standing) -> Standing:
        """Where it stands by its scans, or by the order's source where they tell of no delivery."""
        return replace(scans, delivered_at=scans.delivered_at or self.told_at)


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told of a parcel."""

    waybill: str
    carrier: str
    events: tuple[Event, ...]


def known(conn: Connection, desk: str, waybill: str) -> list[Known]:
    """Whose parcels have this waybill; a row without direction: scans came, and nobody knows of what."""
    rows = conn.execute(
        f"SELECT {_PARCEL} FROM parcel WHERE desk_id = ? AND waybill = ? ORDER BY order_id, case_id",
        (desk, waybill),
    )
    return [Known(*row) for row in rows]


def known_all(conn: Connection, desk: str, waybills: Iterable[str]) -> dict[str, list[Known]]:
    """`known` of many waybills at once, each with an entry."""
    found: dict[str, list[Known]] = {waybill: [] for waybill in waybills}
    for marks, some in together(list(found)):
        rows = conn.execute(
            f"SELECT {_PARCEL} FROM parcel WHERE desk_id = ? AND waybill IN ({marks})"
            " ORDER BY waybill, order_id, case_id",
            (desk, *some),
        )
        for row in rows.fetchall():
            found[row[0]].append(Known(*row))
    return found


def cases_by_tail(conn: Connection, desk: str, waybill: str, limit: int = 20) -> list[str]:
    """Cases with a parcel of their own whose waybill ends in this, four characters or more."""
    rows = conn.execute(
        "SELECT DISTINCT case_id FROM parcel INDEXED BY parcel_tail WHERE desk_id = ? AND substr(waybill, -4) = ?"
        " AND substr(waybill, ?) = ? AND case_id <> '' LIMIT ?",
        (desk, waybill[-4:], -len(waybill), waybill, limit),
    )
    return [row[0] for row in rows] if len(waybill) >= 4 else []


def of_order(conn: Connection, desk: str, order_id: str) -> list[Known]:
    """The parcels of an order, in the order in which they were sent."""
    rows = conn.execute(
        f"SELECT {_PARCEL} FROM parcel {_BY_ORDER} ORDER BY at, waybill",
        (desk, order_id),
    )
    return [Known(*row) for row in rows.fetchall()]


def unknown(conn: Connection, desk: str, limit: int) -> list[tuple[str, str, int, int]]:
    """Waybills that only scans have told of: (waybill, carrier, first told at, scans), the latest first."""
    rows = conn.execute(
        "SELECT p.waybill, p.carrier, p.at,"
        " (SELECT count(*) FROM scan s WHERE s.desk_id = p.desk_id AND s.waybill = p.waybill)"
        " FROM parcel p WHERE p.desk_id = ? AND p.direction = '' ORDER BY p.at DESC, p.waybill LIMIT ?",
        (desk, limit),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def unknown_among(conn: Connection, desk: str, waybills: Sequence[str]) -> int:
    """Of how many of these waybills only scans have told."""
    count = 0
    for marks, some in together(waybills):
        (found,) = conn.execute(
            f"SELECT count(*) FROM parcel WHERE desk_id = ? AND waybill IN ({marks}) AND +direction = ''",
            (desk, *some),
        ).fetchone()
        count += int(found)
    return count


def put_of_orders(conn: Connection, desk: str, rows: Iterable[tuple[object, ...]]) -> int:
    """Keep parcels of orders: (waybill, order, carrier, person, lines, at, consent, told_at) each."""
    values = [
        (desk, waybill, order, "", "out", carrier, person, lines, at, consent, told_at, told_at)
        for waybill, order, carrier, person, lines, at, consent, told_at in rows
    ]
    conn.executemany(_PUT_PARCEL, values)
    return len(values)


def forget_of_orders(conn: Connection, desk: str, orders: Sequence[tuple[str, str]]) -> None:
    """Forget the parcels of orders (desk, id) that are told anew; their scans stay."""
    conn.executemany(f"DELETE FROM parcel {_BY_ORDER}", orders)


def put_scans(store: Store, told: Sequence[Told], at: int) -> int:
    """Keep scans, each once by its waybill and id: what is told again replaces it. How many rows were written."""
    conn, desk = store.conn, store.desk.id
    found = known_all(conn, desk, (parcel.waybill for parcel in told))
    new: dict[str, list[Told]] = {}
    for parcel in told:
        if not found[parcel.waybill]:
            new.setdefault(parcel.waybill, []).append(parcel)
    persons = _stand_ins(store, new, at)
    for waybill, parcels in found.items():
        if parcels:
            persons[waybill] = next((p for p in parcels if p.direction), parcels[0]).person
    rows = [
        _row(store, parcel.waybill, persons[parcel.waybill], event)
        for parcel in told
        for event in parcel.events
    ]
    conn.executemany(_PUT_SCAN, rows)
    return 2 * len(new) + len(rows)


def _stand_ins(store: Store, new: Mapping[str, Sequence[Told]], at: int) -> dict[str, str]:
    """Remember waybills that nobody knows, each with a key of its own for what its scans say; whose keys they are."""
    desk = store.desk.id
    # Sorted, as all ids of one millisecond: rows follow each other.
    persons = dict(zip(new, sorted(uuid7(at, os.urandom(10)) for _ in new), strict=True))
    store.people.add_all(list(persons.values()))
    rows = []
    for waybill, told in new.items():
        trail = merged((), (event for parcel in told for event in parcel.events))
        row = (desk, waybill, "", "", "", told[0].carrier, persons[waybill], "", at, "", 0)
        rows.append((*row, delivered_at(trail, frozenset())))
    store.conn.executemany(_PUT_PARCEL, rows)
    return persons


def _row(store: Store, waybill: str, person: str, event: Event) -> tuple[object, ...]:
    sealed = _sealed(store, waybill, person, event.id, _SEAL(_Hidden(event.place, event.text)))
    return (store.desk.id, waybill, event.id, event.at, event.scan.value, event.courier, person, sealed)


def _sealed(store: Store, waybill: str, person: str, id_: str, plain: bytes) -> bytes:
    """Place and text under the person's key; nothing of a person who was erased."""
    key = store.keys.for_person(store.desk.id, person)
    return b"" if isinstance(key, Shredded) else key.seal(plain, _bound(store.desk.id, waybill, id_))


def _bound(desk: str, waybill: str, id_: str) -> bytes:
    return bound_to(desk, "scan", f"{waybill}/{id_}", "sealed")


def join_all(store: Store, found: dict[str, list[Known]]) -> None:
    """`join` for many waybills, of which `found` says whose they are, and says it anew where scans were joined."""
    for waybill, parcels in found.items():
        if len({bool(parcel.direction) for parcel in parcels}) > 1 and join(store, waybill):
            found[waybill] = known(store.conn, store.desk.id, waybill)


def join(store: Store, waybill: str) -> bool:
    """Give scans that came before their parcel to its person, once it is known; whether there were any."""
    conn, desk = store.conn, store.desk.id
    found = known(conn, desk, waybill)
    stand_in = next((p for p in found if not p.direction), None)
    owner = next((p for p in found if p.direction), None)
    if stand_in is None or owner is None:
        return False
    rows = conn.execute(
        "SELECT id, sealed FROM scan WHERE desk_id = ? AND waybill = ? AND person = ?",
        (desk, waybill, stand_in.person),
    ).fetchall()
    for id_, sealed in rows:
        plain = store.keys.open(desk, stand_in.person, sealed, _bound(desk, waybill, id_)) if sealed else None
        anew = _sealed(store, waybill, owner.person, id_, plain) if plain else b""
        conn.execute(
            "UPDATE scan SET person = ?, sealed = ? WHERE desk_id = ? AND waybill = ? AND id = ?",
            (owner.person, anew, desk, waybill, id_),
        )
    conn.execute(
        "DELETE FROM parcel WHERE desk_id = ? AND waybill = ? AND order_id = '' AND case_id = ''",
        (desk, waybill),
    )
    conn.execute("DELETE FROM person_key WHERE desk_id = ? AND person = ?", (desk, stand_in.person))
    store.keys.drop(desk, stand_in.person)
    return True


def trail(conn: Connection, desk: str, waybill: str) -> tuple[Event, ...]:
    """The scans of a parcel in order, without place and text."""
    return trails(conn, desk, (waybill,))[waybill]


def trails(conn: Connection, desk: str, waybills: Sequence[str]) -> dict[str, tuple[Event, ...]]:
    """The same of many parcels."""
    events: dict[str, list[Event]] = {waybill: [] for waybill in waybills}
    for marks, some in together(waybills):
        rows = conn.execute(
            f"SELECT waybill, id, at, scan, courier FROM scan WHERE desk_id = ? AND waybill IN ({marks})",
            (desk, *some),
        )
        for waybill, id_, at, scan, courier in rows.fetchall():
            events[waybill].append(Event(id_, at, _SCANS[scan], courier=courier))
    return {waybill: merged((), found) for waybill, found in events.items()}


def opened(store: Store, waybill: str) -> tuple[Event, ...]:
    """The same with place and text; "" of a person who was erased."""
    conn, desk = store.conn, store.desk.id
    rows = conn.execute(
        "SELECT id, at, scan, courier, person, sealed FROM scan WHERE desk_id = ? AND waybill = ?",
        (desk, waybill),
    ).fetchall()
    events = []
    for id_, at, scan, courier, person, sealed in rows:
        plain = store.keys.open(desk, person, sealed, _bound(desk, waybill, id_)) if sealed else None
        hidden = _OPEN(plain) if plain else _Hidden()
        events.append(Event(id_, at, Scan(scan), hidden.place, hidden.text, courier))
    return merged((), events)


def couriers(conn: Connection, desk: str, carrier: str, ids: Iterable[str]) -> Mapping[str, Courier]:
    """What is known of these people of a carrier."""
    sql = "SELECT id, verified, checked_at, expires_at FROM courier WHERE desk_id = ? AND carrier = ? AND id = ?"
    rows = (conn.execute(sql, (desk, carrier, id_)).fetchone() for id_ in {i for i in ids if i})
    return {row[0]: Courier(row[0], bool(row[1]), row[2], row[3]) for row in rows if row}


def all_couriers(
    conn: Connection, desk: str, carrier: str = "", limit: int = 500
) -> list[tuple[str, Courier]]:
    """(carrier, courier) of a carrier or of all, by id."""
    where = " AND carrier = ?" if carrier else ""
    rows = conn.execute(
        f"SELECT carrier, id, verified, checked_at, expires_at FROM courier WHERE desk_id = ?{where}"
        " ORDER BY carrier, id LIMIT ?",
        (desk, *((carrier,) if carrier else ()), limit),
    )
    return [(row[0], Courier(row[1], bool(row[2]), row[3], row[4])) for row in rows]


def put_couriers(conn: Connection, desk: str, rows: Iterable[tuple[str, Courier]]) -> int:
    """Keep what is known of couriers."""
    values = [(desk, carrier, c.id, int(c.verified), c.checked_at, c.expires_at) for carrier, c in rows]
    conn.executemany("INSERT OR REPLACE INTO courier VALUES (?,?,?,?,?,?)", values)
    return len(values)


def shipped(conn: Connection, desk: str, order_id: str) -> tuple[Shipped, ...]:
    """The parcels of an order by their scans, up to the last; silence since then is for whoever knows the time."""
    found = []
    for parcel in of_order(conn, desk, order_id):
        told = _so_far(parcel, trail(conn, desk, parcel.waybill))
        lines = tuple(int(n) for n in parcel.lines.split(",") if n)
        found.append(Shipped(parcel.waybill, parcel.carrier, lines, parcel.at, parcel.consents, told))
    return tuple(found)


def _so_far(parcel: Known, events: tuple[Event, ...]) -> Standing:
    """Where a parcel stood at its last scan."""
    last = events[-1].at if events else parcel.at
    return parcel.with_told(
        standing(events, last, shipped_at=parcel.at, stale_hours=NEVER_STALE, consents=parcel.consents)
    )


def refresh(conn: Connection, desk: str, waybill: str) -> tuple[Event, ...]:
    """Keep since when the parcels with this waybill count as delivered, as the scans now have it; gives the trail."""
    return refresh_all(conn, desk, {waybill: known(conn, desk, waybill)})[waybill]


def refresh_all(
    conn: Connection, desk: str, found: Mapping[str, Sequence[Known]]
) -> dict[str, tuple[Event, ...]]:
    """The same of many waybills, each with its parcels."""
    told = trails(conn, desk, list(found))
    changed = [
        (at, desk, parcel.waybill, parcel.order, parcel.case)
        for waybill, parcels in found.items()
        for parcel in parcels
        if (at := delivered_at(told[waybill], parcel.consents) or parcel.told_at) != parcel.signed_at
    ]
    conn.executemany(
        "UPDATE parcel SET signed_at = ? WHERE desk_id = ? AND waybill = ? AND order_id = ? AND case_id = ?",
        changed,
    )
    return told


def order_signed_at(conn: Connection, desk: str, order_id: str) -> int:
    """When the last parcel of an order was delivered by the scans; 0 while one is not, or where none is known."""
    row = conn.execute(
        f"SELECT min(signed_at), max(signed_at) FROM parcel {_BY_ORDER}",
        (desk, order_id),
    ).fetchone()
    return int(row[1]) if row and row[0] else 0


def timer_key(waybill: str) -> str:
    """The outbox key of the timer that looks whether a parcel has gone silent."""
    return f"parcel:{waybill}"


def set_timer(conn: Connection, desk: str, waybill: str, run_at: int, at: int) -> None:
    """Look at the parcel at `run_at` (0: never again)."""
    set_timers(conn, desk, {waybill: run_at}, at)


def set_timers(conn: Connection, desk: str, runs: Mapping[str, int], at: int) -> None:
    """The same of many waybills."""
    never = [(desk, timer_key(waybill)) for waybill, run_at in runs.items() if not run_at]
    conn.executemany("DELETE FROM outbox WHERE desk_id = ? AND key = ?", never)
    conn.executemany(
        "INSERT INTO outbox VALUES (?,?,'parcel','',?,'ready',?,0,0,'',?) ON CONFLICT (desk_id, key)"
        " DO UPDATE SET state = 'ready', run_at = excluded.run_at, attempts = 0",
        [(desk, timer_key(waybill), waybill, run_at, at) for waybill, run_at in runs.items() if run_at],
    )
