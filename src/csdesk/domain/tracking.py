"""A parcel's trail: scans put in order whatever order they come in, and what they say went wrong on the road."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

from csdesk.domain.value import dataclass

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

    @property
    def far(self) -> int:
        """How far on its way: 1 with the sender's carrier, 2 on the road, 3 at the door, 4 and more an end or a turn.

        A case is told when this changes: not of each stop on the road.
        """
        return _FAR.get(self, 2)


_FAR = {
    scan: n
    for n, scans in enumerate(
        (
            (Scan.COLLECTED,),
            (),
            (Scan.OUT_FOR_DELIVERY, Scan.ATTEMPTED),
            (Scan.LOCKER,),
            (Scan.STATION,),
            (Scan.SIGNED,),
            (Scan.SIGNED_BY_OTHER,),
            (Scan.REFUSED,),
            (Scan.RETURNING,),
            (Scan.RETURNED,),
            (Scan.DAMAGED,),
            (Scan.LOST,),
        ),
        1,
    )
    for scan in scans
}
# After one of these nothing is due any more. A later scan still counts: carriers scan a signed parcel again.
ENDS = frozenset({Scan.SIGNED, Scan.SIGNED_BY_OTHER, Scan.RETURNED, Scan.LOST})
# In whose hands the parcel then is: the receiver's own, or somebody's whom the receiver may not have asked.
HANDED = frozenset({Scan.SIGNED, Scan.SIGNED_BY_OTHER, Scan.LOCKER, Scan.STATION})
# What a receiver can agree to beside a delivery into the own hands: left in a locker or a station, signed by another.
LOCKER, STATION, OTHER = "locker", "station", "other"
CONSENTS = (LOCKER, STATION, OTHER)
ALL_CONSENTS = frozenset(CONSENTS)
_NEEDS = {Scan.LOCKER: LOCKER, Scan.STATION: STATION, Scan.SIGNED_BY_OTHER: OTHER}
# At a merchant's warehouse whoever is on duty signs; goods left at a locker are not there yet.
WAREHOUSE = frozenset({OTHER})


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

    `delivered_at`: since when it counts as delivered (0: it does not): in the receiver's hands, or in those that the
    receiver agreed to. `findings` are codes of what the trail shows, those of `GRAVITY`, the gravest first.
    """

    scan: Scan | None
    since: int
    signed_at: int
    findings: tuple[str, ...] = ()
    delivered_at: int = 0

    @property
    def over(self) -> bool:
        """Whether the carrier has nothing left to do."""
        return self.scan in ENDS

    def stale_at(self, stale_hours: int) -> int:
        """When silence becomes a finding, in UTC ms; 0 where nobody waits for a scan any more."""
        waits = self.since and not self.signed_at and not self.over
        return self.since + stale_hours * HOUR if waits else 0


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
    """What a trail in order says at `now`. `consents`: those of `CONSENTS` that the receiver gave.

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
    findings = tuple(sorted(found, key=order.__getitem__))
    return Standing(scan, since, handed.at if handed else 0, findings, delivered_at(happened, consents))


def delivered_at(trail: Iterable[Event], consents: frozenset[str]) -> int:
    """Since when a trail in order counts as delivered to a receiver who gave these consents, UTC ms; 0 for not yet."""
    agreed = (event.at for event in trail if event.scan in HANDED and _agreed(event.scan, consents))
    return next(agreed, 0)


def _agreed(scan: Scan, consents: frozenset[str]) -> bool:
    return scan not in _NEEDS or _NEEDS[scan] in consents


# What people find in a parcel when they open it; no trail tells it, and no trail takes it back.
WRONG_ITEM, SHORT = "wrong_item", "short"
OPENED = (WRONG_ITEM, SHORT)
GRAVITY = (
    "lost",
    "signed_before_shipped",
    "signed_by_other",
    "locker_without_consent",
    "station_without_consent",
    *OPENED,
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
            case Scan.LOST | Scan.DAMAGED | Scan.REFUSED | Scan.RETURNING:
                yield event.scan.value
            case Scan.SIGNED_BY_OTHER if not _agreed(event.scan, consents):
                yield event.scan.value
            case Scan.LOCKER | Scan.STATION if not _agreed(event.scan, consents):
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


# What carriers' pages say where no code comes with a line, the surest first; of a line the first that fits counts.
_SAID = (
    (Scan.RETURNED, "退回.{0,6}签收|退件.{0,4}签收|已退回发件|退签"),
    (Scan.LOST, "丢失|遗失|灭失"),
    (Scan.REFUSED, "拒收|拒签"),
    (Scan.RETURNING, "退回中|退件|正在退回|退回发件|原路返回"),
    (Scan.DAMAGED, "破损|损坏"),
    (Scan.SIGNED, "已取出|已被取走|已自提|凭取[件货]码签收|已取件|本人签收|已由本人"),
    (Scan.LOCKER, "(?:丰巢|快递柜|智能柜|自提柜|格口|投柜|入柜)"),
    (Scan.STATION, "驿站|代收点|自提点|服务站|兔喜|妈妈店|菜鸟"),
    (Scan.SIGNED_BY_OTHER, "代签|代收|他人签收|家人|前台|门卫|物业|保安|邻居"),
    (Scan.ATTEMPTED, "派送不成功|派件异常|无人接听|联系不上|再次派送|未能妥投|改约"),
    (Scan.SIGNED, "签收|妥投|已送达"),
    (Scan.OUT_FOR_DELIVERY, "派件中|派送中|正在派送|正在派件|正在为您派|投递中|安排投递"),
    (Scan.COLLECTED, "揽收|已收件|已揽件|收取|已收寄"),
    (Scan.CUSTOMS, "清关|海关|报关"),
    (Scan.DEPARTED, "离开|发往|已发出|装车|已出发"),
    (Scan.ARRIVED, "到达|抵达|已到"),
    (Scan.IN_TRANSIT, "运输中|中转|途经|转运"),
)
# 拒绝放驿站, 请勿放快递柜: what was asked not to happen did not happen.
_NOT = "(?:请勿|不要|勿|拒绝|无需|未)(?:代收|代签|放|投)?(?:入|到)?(?:驿站|快递柜|丰巢|代收点)?"


# Compiled when the first page is read: these take 2 ms, and most who import this look at no page.
@cache
def _said() -> tuple[re.Pattern[str], tuple[tuple[Scan, re.Pattern[str]], ...]]:
    return re.compile(_NOT), tuple((scan, re.compile(words)) for scan, words in _SAID)


def scan_of(text: str) -> Scan:
    """What a line of a carrier's page says happened, by its words; `OTHER` where none of them is known."""
    denied, said = _said()
    plain = denied.sub("", text)
    return next((scan for scan, words in said if words.search(plain)), Scan.OTHER)
