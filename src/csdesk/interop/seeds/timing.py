"""When an order was placed, paid, sent and signed, and where its parcels were in between."""

from __future__ import annotations

from collections.abc import Iterable

from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw, Weighted
from csdesk.interop.seeds.files import (
    Address,
    Carrier,
    Carriers,
    Habits,
    Merchant,
    Province,
    SeedError,
    Signer,
    Stage,
)
from csdesk.interop.seeds.people import People
from csdesk.interop.seeds.year import DAY, YEAR, Year

_HOUR = 3600

# Where a parcel is, in per cent of its way: at the sender's end (0), between (1) or at the buyer's (2).
_STOPS = (
    ("collected", 0, 0),
    ("departed", 9, 0),
    ("in_transit", 42, 1),
    ("arrived", 82, 2),
    ("out_for_delivery", 94, 2),
)


# A demonstration asks about two moments in turn.
YEARS_KEPT = 4


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds to the next step; `stall` is part of `transit`, `cancel` counts from paying."""

    pay: int
    dispatch: int
    transit: int
    stall: int
    cancel: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order must be: at `stage` now, or at `after` for `days` calendar days and no further then."""

    stage: Stage | None = None
    after: Stage | None = None
    days: int = 0
    within_days: int = 365
    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """UTC seconds; None for what has not happened by now."""

    placed: int
    paid: int
    shipped: int | None
    signed: int | None
    cancelled: int | None

    @property
    def stage(self) -> Stage:
        if self.cancelled is not None:
            return "cancelled"
        if self.signed is not None:
            return "signed"
        return "paid" if self.shipped is None else "shipped"


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """`code`: collected, departed, in_transit, arrived, out_for_delivery or signed."""

    code: str
    at_ms: int
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """`signer` is a code of carriers.toml; `lines` are the numbers of the order lines inside."""

    carrier: Carrier
    waybill: str
    shipped_ms: int
    signed_ms: int | None
    signer: Signer | None
    lines: tuple[int, ...]
    events: tuple[TrackEvent, ...]


class Timing:
    """Draws lags, places orders in the year, and writes tracking pages."""

    def __init__(
        self, habits: Habits, carriers: Carriers, provinces: tuple[Province, ...], people: People
    ) -> None:
        self._habits = habits
        self._people = people
        self._phrases = carriers.phrases
        self._carriers = {carrier.code: carrier for carrier in carriers.carrier}
        self._provinces = {province.name: province for province in provinces}
        self._signers = Weighted((signer, signer.weight) for signer in carriers.signer)
        self._signer_of = {signer.code: signer for signer in carriers.signer}
        self._pay = Weighted(((low, high), weight) for weight, low, high in habits.pay_seconds)
        self._dispatch = {
            own: Weighted(((low, high), weight) for weight, low, high in spans)
            for own, spans in ((False, habits.dispatch_hours), (True, habits.self_operated_dispatch_hours))
        }
        self._years: dict[int, Year] = {}

    def check(self, merchants: Iterable[Merchant]) -> None:
        """SeedError for a shop whose carriers or return address the other files do not know."""
        for merchant in merchants:
            for code in merchant.carriers:
                if code not in self._carriers:
                    raise SeedError(f"merchants.toml: {merchant.code} has an unknown carrier '{code}'")
            if merchant.return_address.province not in self._provinces:
                place = merchant.return_address.province
                raise SeedError(f"merchants.toml: {merchant.code} has an unknown province '{place}'")

    def year(self, now: int) -> Year:
        """The year before `now`; the last few that were asked for are kept."""
        if now not in self._years:
            if len(self._years) == YEARS_KEPT:
                self._years.clear()
            self._years[now] = Year(self._habits, now)
        return self._years[now]

    def carrier(self, d: Draw, merchant: Merchant) -> Carrier:
        return self._carriers[d.pick(merchant.carriers)]

    def remote(self, address: Address) -> bool:
        return self._provinces[address.province].remote

    def lags(self, d: Draw, merchant: Merchant, carrier: Carrier, home: Address, wish: Wish) -> Lags:
        """Lags of a parcel that travels, stretched where `wish` asks that the next stage be late."""
        pay = d.between(*self._pay.draw(d))
        low, high = self._dispatch[merchant.self_operated].draw(d)
        dispatch = d.between(low * _HOUR, high * _HOUR)
        fast, slow = self._distance(carrier, merchant.return_address, home)
        transit = d.between(fast * _HOUR, slow * _HOUR)
        stall = 0
        if d.below(100) < self._habits.stalled_percent:
            stall = d.between(self._habits.stall_hours[0] * _HOUR, self._habits.stall_hours[1] * _HOUR)
        return _stretched(d, Lags(pay, dispatch, transit + stall, stall, d.between(60, dispatch)), wish)

    def instant_lags(self, d: Draw, wish: Wish) -> Lags:
        """Lags of goods that only a code or an entry in an account makes the buyer's."""
        pay = d.between(*self._pay.draw(d))
        dispatch = d.between(61, 180)
        return _stretched(d, Lags(pay, dispatch, d.between(1, 10), 0, d.between(60, dispatch - 1)), wish)

    def times(self, d: Draw, now: int, lags: Lags, wish: Wish) -> Times:
        """An order placed so that `wish` holds at `now` (UTC seconds), never more than 365 days before it."""
        reach = {
            "paid": lags.pay,
            "shipped": lags.pay + lags.dispatch,
            "signed": lags.pay + lags.dispatch + lags.transit,
            "cancelled": lags.pay + lags.cancel,
        }
        cancelled = wish.stage == "cancelled"
        if wish.stage is None and wish.after is None:
            cancelled = d.below(100) < self._habits.cancelled_percent
        newest, oldest = _ages(reach, wish, cancelled)
        placed = self.year(now).moment(d, now - min(oldest, YEAR), now - newest)
        if cancelled:
            return Times(placed, placed + lags.pay, None, None, placed + reach["cancelled"])
        shipped: int | None = placed + reach["shipped"]
        signed: int | None = placed + reach["signed"]
        if placed + reach["signed"] > now:
            signed = None
        if placed + reach["shipped"] > now:
            shipped = None
        return Times(placed, placed + lags.pay, shipped, signed, None)

    def parcel(
        self,
        d: Draw,
        carrier: Carrier,
        home: Address,
        origin: Address,
        span: tuple[int, int, int],
        now: int,
        lines: tuple[int, ...],
        signer: str = "",
    ) -> Parcel:
        """A parcel on its way from `span`[0] to `span`[1] (UTC seconds), still for `span`[2] of them."""
        shipped, arrival, _ = span
        run = carrier.waybill.count("#")
        waybill = carrier.waybill.replace("#" * run, d.digits(run))
        hand = self._signer_of[signer] if signer else self._signers.draw(d)
        events = self._events(d, carrier, (origin, home), span, now, hand)
        if arrival > now:
            return Parcel(carrier, waybill, shipped * 1000, None, None, lines, events)
        return Parcel(carrier, waybill, shipped * 1000, arrival * 1000, hand, lines, events)

    def _events(
        self,
        d: Draw,
        carrier: Carrier,
        ends: tuple[Address, Address],
        span: tuple[int, int, int],
        now: int,
        hand: Signer,
    ) -> tuple[TrackEvent, ...]:
        shipped, arrival, stall = span
        origin, home = ends
        way = arrival - shipped - stall
        courier, phone = self._people.courier(d)
        places = ((origin.city, origin.district), (self._people.hub(d), ""), (home.city, home.district))
        standing = (0, 0, stall)  # it stands still before it arrives at the buyer's end
        stops = [(code, shipped + way * share // 100 + standing[end], end) for code, share, end in _STOPS]
        words = {"carrier": carrier.name, "courier": courier, "phone": phone, "signer": hand.label}
        found = []
        for code, at, end in [*stops, ("signed", arrival, 2)]:
            if at > now:
                break
            words["city"], words["district"] = places[end]
            text = d.pick(self._phrases[code]).format_map(words)
            found.append(TrackEvent(code, at * 1000, words["city"], text))
        return tuple(found)

    def _distance(self, carrier: Carrier, origin: Address, home: Address) -> tuple[int, int]:
        hours = carrier.hours
        if self._provinces[home.province].remote:
            return hours.remote
        if origin.province == home.province:
            return hours.near
        if self._provinces[origin.province].zone == self._provinces[home.province].zone:
            return hours.zone
        return hours.far


def reserve(days: int) -> int:
    """Seconds after a stage that certainly hold its `days`-th calendar day whole."""
    return (days + 1) * DAY


def _stretched(d: Draw, lags: Lags, wish: Wish) -> Lags:
    """The same lags, but who complains of waiting has waited: the next stage comes after the complaint."""
    if wish.after == "paid":
        dispatch = max(lags.dispatch, reserve(wish.days) + d.between(_HOUR, 30 * _HOUR))
        return Lags(lags.pay, dispatch, lags.transit, lags.stall, lags.cancel)
    if wish.after == "shipped":
        late = max(0, reserve(wish.days) + d.between(_HOUR, 40 * _HOUR) - lags.transit)
        return Lags(lags.pay, lags.dispatch, lags.transit + late, lags.stall + late, lags.cancel)
    return lags


def _ages(reach: dict[str, int], wish: Wish, cancelled: bool) -> tuple[int, int]:
    """The youngest and the oldest that an order may be, in seconds before now."""
    within = wish.within_days * DAY
    if wish.after is not None:
        start = reach[wish.after]
        return start + reserve(wish.days), start + max(0, wish.days - 1) * DAY + within
    if wish.stage == "paid":
        return reach["paid"], reach["shipped"] - 1
    if wish.stage == "shipped":
        return reach["shipped"], reach["signed"] - 1
    youngest = reach["cancelled"] if cancelled else reach[wish.stage or "paid"]
    return youngest, max(youngest, within)
