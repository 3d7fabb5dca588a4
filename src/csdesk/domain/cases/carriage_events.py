"""What a carrier was asked for and what it answered; and which of a case's labels a waybill belongs to."""

from typing import ClassVar

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import CarrierAsk, Case, LineQty
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace

LABEL, PICKUP, CANCEL = "label", "pickup", "pickup_cancel"
ASKS = (LABEL, PICKUP, CANCEL)
# Nobody knows yet what became of these.
UNSETTLED = frozenset({"asked", "in_doubt"})


@event("carrier_asked")
@dataclass(frozen=True, slots=True)
class CarrierAsked(Event):
    """A carrier is asked for `ask` (one of ASKS); a pick-up between `start` and `until` (UTC ms) at `place`.

    `place` is a reference, never an address. `of`: the ask that this one is about.
    """

    commutes: ClassVar[bool] = True
    id: str
    ask: str
    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    payer: str = ""
    place: str = ""
    start: int = 0
    until: int = 0
    of: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        about = find(case, self.of)
        made = CarrierAsk(
            self.id,
            self.ask,
            "asked",
            stamp.at,
            self.lines,
            self.carrier,
            self.payer,
            self.place,
            self.start,
            self.until,
            self.of,
            about.waybill if about else "",
        )
        return replace(case, carrier_asks=(*case.carrier_asks, made))


@event("carrier_taken")
@dataclass(frozen=True, slots=True)
class CarrierTaken(Event):
    """The carrier did it: `label` is where the label lies (an address or a number there), `start` the agreed slot."""

    commutes: ClassVar[bool] = True
    id: str
    ask: str
    reference: str = ""
    carrier: str = ""
    waybill: str = ""
    label: str = ""
    start: int = 0
    until: int = 0

    def fold(self, case: Case, stamp: Stamp) -> Case:
        ask = find(case, self.id)
        if ask is None:
            return case
        done = replace(
            ask,
            state="done",
            reference=self.reference,
            carrier=self.carrier or ask.carrier,
            waybill=self.waybill or ask.waybill,
            label=self.label,
            start=self.start or ask.start,
            until=self.until or ask.until,
            why="",
        )
        after = _put(case, done)
        gone = find(after, ask.of) if ask.what == CANCEL else None
        return _put(after, replace(gone, state="cancelled")) if gone else after


@event("carrier_declined")
@dataclass(frozen=True, slots=True)
class CarrierDeclined(Event):
    """The carrier did nothing, for `fault`: it is for people now."""

    commutes: ClassVar[bool] = True
    id: str
    ask: str
    fault: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        ask = find(case, self.id)
        return _put(case, replace(ask, state="failed", why=self.fault)) if ask else case


@event("carrier_doubted")
@dataclass(frozen=True, slots=True)
class CarrierDoubted(Event):
    """The carrier could not say whether it did it (`fault`); it is asked after, and never for it again."""

    commutes: ClassVar[bool] = True
    id: str
    ask: str
    fault: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        ask = find(case, self.id)
        return _put(case, replace(ask, state="in_doubt", why=self.fault)) if ask else case


def _put(case: Case, ask: CarrierAsk) -> Case:
    return replace(case, carrier_asks=tuple(ask if one.id == ask.id else one for one in case.carrier_asks))


def find(case: Case, id_: str) -> CarrierAsk | None:
    """What the case asked of a carrier under this id."""
    return next((ask for ask in case.carrier_asks if id_ and ask.id == id_), None)


def labelled(case: Case, waybill: str) -> CarrierAsk | None:
    """The ask that this waybill was given to; a cancelled one too, since what a carrier collects is on its way."""
    number = normal_waybill(waybill)
    return next(
        (
            a
            for a in case.carrier_asks
            if a.what != CANCEL and a.waybill and normal_waybill(a.waybill) == number
        ),
        None,
    )


def collected(case: Case, ask: CarrierAsk) -> bool:
    """Whether the goods of a label or pick-up are on their way: its waybill is a parcel of the case."""
    number = normal_waybill(ask.waybill)
    return bool(number) and any(normal_waybill(parcel.waybill) == number for parcel in case.parcels)
