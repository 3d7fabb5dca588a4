"""What carriers' scans and opened parcels tell a case: where a parcel stands, since when, what is wrong with it."""

from typing import ClassVar

from csdesk.domain.cases.case import Case, Parcel
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace

ARRIVED = "goods_here_since"


@event("tracking_told")
@dataclass(frozen=True, slots=True)
class TrackingTold(Event):
    """Where a parcel stands by its scans; `parcel` is its id in the case, or "" for a shipment of the order.

    `standing` is a code of `tracking.Scan`, `since` its time; `signed_at` since when it counts as delivered (0: it does
    not). `findings` are all there are now, `new` and `gone` what changed.
    """

    commutes: ClassVar[bool] = True
    waybill: str
    parcel: str
    carrier: str
    standing: str
    since: int
    signed_at: int
    findings: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    sent_at: int = 0

    def fold(self, case: Case, stamp: Stamp) -> Case:
        if self.parcel:
            return replace(
                case, parcels=tuple(self._now(p) if p.id == self.parcel else p for p in case.parcels)
            )
        known = [p for p in case.shipments if p.waybill == self.waybill]
        before = known[0] if known else Parcel("", "out", self.carrier, self.waybill, (), self.sent_at)
        others = tuple(p for p in case.shipments if p.waybill != self.waybill)
        return replace(case, shipments=(*others, self._now(before)))

    def _now(self, parcel: Parcel) -> Parcel:
        return replace(
            parcel, standing=self.standing, since=self.since, signed_at=self.signed_at, findings=self.findings
        )


@event("handed_over")
@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """A parcel is with the merchant since `at` by its signature, whatever the merchant has booked; 0: it is not."""

    parcel: str
    waybill: str
    at: int
    before: int = 0

    def fold(self, case: Case, stamp: Stamp) -> Case:
        counters = dict(case.counters)
        if self.before and counters.get(ARRIVED) == self.before:
            del counters[ARRIVED]
        # As with what is booked: periods count from the arrival of goods that nobody has settled yet.
        first = ARRIVED not in counters
        if self.at and (first or not any(line.received > line.settled for line in case.lines)):
            counters[ARRIVED] = self.at
        return replace(case, counters=counters)


@event("parcel_opened")
@dataclass(frozen=True, slots=True)
class ParcelOpened(Event):
    """What people found in a parcel when they opened it: `wrong_item`, `short`."""

    commutes: ClassVar[bool] = True
    parcel: str
    findings: tuple[str, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        def with_findings(parcel: Parcel) -> Parcel:
            kept = (*parcel.findings, *(f for f in self.findings if f not in parcel.findings))
            return replace(parcel, findings=kept)

        return replace(
            case, parcels=tuple(with_findings(p) if p.id == self.parcel else p for p in case.parcels)
        )
