"""A parcel's trail: scans put in order whatever order they come in, and what they say went wrong on the road."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

HOUR = 3_600_000


class Scan(StrEnum):
    """What a carrier says happened to a parcel; `OTHER` is a line of its page that no code fits."""

    COLLECTED = "collected"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    CUSTOMS = "customs"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    LOCKER = "locker"
    STATION = "station"
    SIGNED = "signed"
    SIGNED_BY_OTHER = "signed_by_other"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"
    DAMAGED = "damaged"
    LOST = "lost"
    OTHER = "other"


# After one of these nothing is due any more. A later scan still counts: carriers scan a signed parcel again.
ENDS = frozenset({Scan.SIGNED, Scan.SIGNED_BY_OTHER, Scan.RETURNED, Scan.LOST})
# In whose hands the parcel then is: the receiver's own, or somebody's whom the receiver may not have asked.
HANDED = frozenset({Scan.SIGNED, Scan.SIGNED_BY_OTHER, Scan.LOCKER, Scan.STATION})


@dataclass(frozen=True, slots=True)
class Event:
    """One scan. `id` is the carrier's name for it, unique in a waybill; `at` UTC ms; texts have passed the gate.

    `courier` is who carried it then, by the carrier's number of that person, never by name.
    """

    id: str
    at: int
    scan: Scan
    place: str = ""
    text: str = ""
    courier: str = ""


@dataclass(frozen=True, slots=True)
class Courier:
    """Who carries for a carrier: whether identity and background were checked, and until when that holds (UTC ms)."""

    id: str
    verified: bool
    checked_at: int = 0
    expires_at: int = 0

    def doubt(self, at: int) -> str:
        """Why a delivery at `at` by this person is flagged: `courier_unverified`, `courier_expired`, or ""."""
        if not self.verified or (self.checked_at and at < self.checked_at):
            return "courier_unverified"
        return "courier_expired" if self.expires_at and at >= self.expires_at else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a parcel stands. `since` is its last scan; `signed_at` 0 until it is in somebody's hands.

    `findings` are codes of what the trail shows, the gravest first: lost, signed_before_shipped, signed_by_other,
    locker_without_consent, station_without_consent, damaged, refused, returning, courier_unverified,
    courier_expired, stale.
    """

    scan: Scan | None
    since: int
    signed_at: int
    findings: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the carrier has nothing left to do."""
        return self.scan in ENDS


def merged(known: Iterable[Event], told: Iterable[Event]) -> tuple[Event, ...]:
    """The trail with what was told since: each event once, by time; what was told later corrects its own id."""
    by_id = {event.id: event for event in known}
    by_id.update((event.id, event) for event in told)
    return tuple(sorted(by_id.values(), key=lambda event: (event.at, event.scan in ENDS, event.id)))


def standing(
    trail: tuple[Event, ...],
    now: int,
    *,
    shipped_at: int = 0,
    stale_hours: int = 72,
    consents: frozenset[str] = frozenset(),
    couriers: Mapping[str, Courier] | None = None,
) -> Standing:
    """What a trail in order says at `now`. `consents`: `locker` and `station` where the receiver agreed to them.

    A parcel without a scan counts from `shipped_at`. Leaving goods in a locker or a station without consent is
    not delivery (快递市场管理办法, 条例 §25); who signed for another without being asked neither.
    """
    happened = tuple(event for event in trail if event.at <= now)
    last = happened[-1] if happened else None
    since = last.at if last else shipped_at
    handed = next((event for event in happened if event.scan in HANDED), None)
    ended = next((event for event in reversed(happened) if event.scan in ENDS), None)
    scan = (ended or last).scan if (ended or last) else None  # type: ignore[union-attr]
    found = dict.fromkeys(_seen(happened, shipped_at, consents))
    found |= dict.fromkeys(_doubts(happened, couriers or {}))
    if ended is None and handed is None and since and now - since >= stale_hours * HOUR:
        found["stale"] = None
    order = {code: n for n, code in enumerate(GRAVITY)}
    return Standing(scan, since, handed.at if handed else 0, tuple(sorted(found, key=order.__getitem__)))


GRAVITY = (
    "lost",
    "signed_before_shipped",
    "signed_by_other",
    "locker_without_consent",
    "station_without_consent",
    "damaged",
    "refused",
    "returning",
    "courier_unverified",
    "courier_expired",
    "stale",
)


def _seen(trail: tuple[Event, ...], shipped_at: int, consents: frozenset[str]) -> Iterable[str]:
    for event in trail:
        match event.scan:
            case Scan.LOST | Scan.DAMAGED | Scan.REFUSED | Scan.RETURNING | Scan.SIGNED_BY_OTHER:
                yield event.scan.value
            case Scan.LOCKER | Scan.STATION if event.scan.value not in consents:
                yield f"{event.scan.value}_without_consent"
            case Scan.SIGNED if shipped_at and event.at < shipped_at:
                yield "signed_before_shipped"
            case _:
                pass


def _doubts(trail: tuple[Event, ...], couriers: Mapping[str, Courier]) -> Iterable[str]:
    for event in trail:
        courier = couriers.get(event.courier)
        if event.scan in HANDED and courier is not None and (doubt := courier.doubt(event.at)):
            yield doubt
