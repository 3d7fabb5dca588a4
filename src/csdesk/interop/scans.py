"""Tracking files of carriers and of those who gather them, and lists of couriers, as their maps tell them."""

import hashlib
from collections.abc import Sequence
from typing import ClassVar

from csdesk.desk.tracking import tell
from csdesk.domain.carriers import MOST_WAYBILL, normal_waybill
from csdesk.domain.tracking import Courier, Event, Scan, scan_of
from csdesk.domain.value import dataclass
from csdesk.interop.entity import Entity, Pending, Read
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.store import tracking
from csdesk.store.tracking import Told

# A scan of tomorrow is a clock that runs wrong, not a parcel that does.
AHEAD_MS = 86_400_000
MOST_ID = 100
# What some sources say of both: left in a locker or at a station; the words of the line tell which.
LEFT = "left"
_BY_CODE = {scan.value: scan for scan in Scan}
_SCANS = dict.fromkeys((*_BY_CODE, LEFT))


def _scan(said: str, text: str) -> Scan:
    """A code says more than words, but `other` says nothing, and "on its way" less than a line that names a turn."""
    if said == LEFT:
        return Scan.LOCKER if scan_of(text) is Scan.LOCKER else Scan.STATION
    scan = _BY_CODE[said]
    if scan not in (Scan.OTHER, Scan.IN_TRANSIT) or (worded := scan_of(text)) is Scan.OTHER:
        return scan
    return worded


class Tracking(Entity):
    """Scans of parcels, known or not; a scan told again corrects itself, and cases hear what has changed."""

    name: ClassVar[str] = "tracking"
    record: ClassVar[type] = Told
    corrects: ClassVar[bool] = True
    told = 0
    unknown_parcel = 0

    def read(self, told: Fields, item: Item) -> Read | None:
        waybill = normal_waybill(told.line("waybill", required=True, most=MOST_WAYBILL))
        if waybill and not (waybill.isascii() and sum(map(str.isalnum, waybill)) >= 5):
            told.problem("waybill", "not_a_waybill")
        carrier = told.line("carrier", most=100)
        events = tuple(self._event(inner) for inner in told.members("scans"))
        if not events and not told.problems:
            told.problem("scans", "missing")
        if told.problems:
            return None
        # A line a scan, or all of a parcel's in one: then the parcel is the record.
        id_ = f"{waybill}/{events[0].id}" if len(events) == 1 else waybill
        return Read(id_, Told(waybill, carrier, events))

    def _event(self, told: Fields) -> Event:
        at = told.moment("at", required=True)
        if at > self.run.at + AHEAD_MS:
            told.problem("at", "in_the_future")
        place, text = told.line("place", between=" "), told.line("text", most=1_000)
        said = told.choice("scan", _SCANS, Scan.OTHER)
        courier = told.line("courier", most=40)
        id_ = told.line("id", most=MOST_ID) or self._id(at, said, text)
        return Event(id_, at, _scan(said, text), place, text, courier)

    def _id(self, at: int, scan: str, text: str) -> str:
        """A name for a scan that its source did not name; keyed, so that nobody can try texts against it."""
        told = f"{at}\x1f{scan}\x1f{text}".encode()
        return hashlib.blake2b(told, key=self.store.people.text_key(), digest_size=8).hexdigest()

    def put(self, pending: Sequence[Pending], at: int) -> int:
        told = [p.read.record for p in pending]
        waybills = list(dict.fromkeys(parcel.waybill for parcel in told))
        before = tracking.unknown_among(self.conn, self.desk, waybills)
        rows = tracking.put_scans(self.store, told, at)
        self.unknown_parcel += tracking.unknown_among(self.conn, self.desk, waybills) - before
        self.told += tell(self.run.core, waybills)
        return rows


@dataclass(frozen=True, slots=True)
class CourierTold:
    """A courier as a list tells of one; `checked_at` and `expires_at` UTC ms, 0 unknown."""

    carrier: str
    verified: bool
    checked_at: int
    expires_at: int


class Couriers(Entity):
    """Couriers by their number at the carrier: identity checked or not, and until when that holds."""

    name: ClassVar[str] = "couriers"
    record: ClassVar[type] = CourierTold

    def read(self, told: Fields, item: Item) -> Read | None:
        id_ = told.line("id", required=True, most=40)
        carrier = self.run.core.carriers.code(told.line("carrier", required=True, most=100))
        checked, expires = told.moment("checked_at"), told.moment("expires_at")
        record = CourierTold(carrier, told.flag("verified", False), checked, expires)
        if expires and expires <= checked:
            told.problem("expires_at", "before_check")
        return None if told.problems else Read(f"{carrier}/{id_}", record)

    def put(self, pending: Sequence[Pending], at: int) -> int:
        rows = (
            (
                p.read.record.carrier,
                Courier(
                    p.read.external_id.partition("/")[2],
                    p.read.record.verified,
                    p.read.record.checked_at,
                    p.read.record.expires_at,
                ),
            )
            for p in pending
        )
        return tracking.put_couriers(self.conn, self.desk, rows)
