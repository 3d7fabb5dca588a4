"""A parcel's way as stations: what its scans have reached, stops on the road drawn together, and what lies ahead."""

from collections.abc import Iterable

from csdesk.domain.tracking import ENDS, HANDED, Event, Scan
from csdesk.domain.value import dataclass

# Stations that no scan names: sent and not scanned yet, the stops on the road, and stations left out of the middle.
SENT, ROAD, MORE = "sent", "road", "more"
# Of a way with more stations the middle is drawn as one: a picture is one line, and all scans stand elsewhere.
MOST_STOPS, HEAD = 7, 2
_ROAD = frozenset({Scan.DEPARTED, Scan.ARRIVED, Scan.IN_TRANSIT, Scan.OTHER})
# What an undisturbed way still has ahead after the furthest of these; collected and out are the usual words of it.
_PLAN = (Scan.COLLECTED.value, ROAD, Scan.OUT_FOR_DELIVERY.value, Scan.SIGNED.value)
_REACHED = {
    SENT: 0,
    Scan.COLLECTED: 1,
    ROAD: 2,
    MORE: 2,
    Scan.CUSTOMS: 2,
    Scan.OUT_FOR_DELIVERY: 3,
    Scan.ATTEMPTED: 3,
    Scan.LOCKER: 3,
    Scan.STATION: 3,
}
_TURNED = frozenset({Scan.REFUSED, Scan.RETURNING})
# Which station a finding is about; what is not named here is about where the parcel was handed over, or is now.
_ABOUT = {
    "lost": Scan.LOST,
    "damaged": Scan.DAMAGED,
    "refused": Scan.REFUSED,
    "returning": Scan.RETURNING,
    "signed_before_shipped": Scan.SIGNED,
    "signed_by_other": Scan.SIGNED_BY_OTHER,
    "locker_without_consent": Scan.LOCKER,
    "station_without_consent": Scan.STATION,
}
_OF_COURIERS = frozenset({"courier_unverified", "courier_expired"})
STALE = "stale"


@dataclass(frozen=True, slots=True)
class Stop:
    """A station that was reached: a scan's code, or SENT, ROAD or MORE; when it was left last (UTC ms); how often.

    Of the road `times` counts the places where the parcel arrived.
    """

    scan: str
    at: int
    times: int = 1


def way(trail: tuple[Event, ...], now: int, *, sent_at: int = 0, signed_at: int = 0) -> tuple[Stop, ...]:
    """The stations of a trail in order, up to `now`, the first one first; what comes after its end is left out.

    `signed_at`: a delivery that the order's source tells of, 0 for none; it ends a way that no scan ends.
    """
    happened = [event for event in trail if event.at <= now]
    ends = [n for n, event in enumerate(happened) if event.scan in ENDS]
    stops: list[Stop] = [] if happened else [Stop(SENT, sent_at)]
    for event in happened[: ends[-1] + 1] if ends else happened:
        _reach(stops, event)
    if signed_at and not ends and not any(event.scan in HANDED for event in happened):
        stops.append(Stop(Scan.SIGNED.value, signed_at))
    if len(stops) > MOST_STOPS:
        left_out = stops[HEAD : HEAD - MOST_STOPS + 1]
        stops[HEAD : HEAD - MOST_STOPS + 1] = [Stop(MORE, left_out[-1].at, len(left_out))]
    return tuple(stops)


def _reach(stops: list[Stop], event: Event) -> None:
    """Add a scan: to the last station where it is of that one, else as a new one."""
    code = ROAD if event.scan in _ROAD else event.scan.value
    arrived = int(event.scan is Scan.ARRIVED or code != ROAD)
    if stops and stops[-1].scan == code:
        last = stops.pop()
        stops.append(Stop(code, event.at, last.times + arrived))
    else:
        stops.append(Stop(code, event.at, arrived))


def ahead(stops: tuple[Stop, ...]) -> tuple[str, ...]:
    """The stations that a way still has before it, as codes; none after its end."""
    last = stops[-1].scan
    if last in ENDS:
        return ()
    if any(stop.scan in _TURNED for stop in stops):
        return (Scan.RETURNED.value,)
    return _PLAN[max(_REACHED.get(stop.scan, 0) for stop in stops) :]


def wrong_at(stops: tuple[Stop, ...], findings: Iterable[str]) -> frozenset[int]:
    """Which stations the findings are about, by place; silence (STALE) is about the road ahead, not about one."""
    found = set(findings)
    scans = {_ABOUT[code] for code in found if code in _ABOUT}
    if found & _OF_COURIERS:
        scans |= HANDED
    return frozenset(n for n, stop in enumerate(stops) if stop.scan in scans)
