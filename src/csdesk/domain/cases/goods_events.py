"""What has happened to goods beside sending and receiving: owed without return, delivered, lost, timed in repair."""

from collections.abc import Iterable
from typing import ClassVar

from csdesk.domain.cases.case import Case, CaseLine, LineQty, Phase
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace


def _with_lines(case: Case, changed: Iterable[CaseLine]) -> Case:
    by_number = {line.line: line for line in changed}
    return replace(case, lines=tuple(by_number.get(line.line, line) for line in case.lines))


@event("conceded")
@dataclass(frozen=True, slots=True)
class Conceded(Event):
    """Units are owed though they never come back; `reason` is a code, `article` what it rests on."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    to: str
    phase: Phase
    lines: tuple[LineQty, ...]
    reason: str = ""
    article: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        moved = replace(case, state=self.to, phase=self.phase, decided_at=stamp.at, outcome="approved")
        lines = [
            replace(line, conceded=line.conceded + units.qty)
            for units in self.lines
            if (line := case.line(units.line))
        ]
        return _with_lines(moved, lines)


@event("parcel_delivered")
@dataclass(frozen=True, slots=True)
class ParcelDelivered(Event):
    """Parcels that were on their way out are with the consumer."""

    parcels: tuple[str, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(
            case,
            parcels=tuple(
                replace(p, received_at=stamp.at) if p.id in self.parcels else p for p in case.parcels
            ),
        )


@event("parcel_lost")
@dataclass(frozen=True, slots=True)
class ParcelLost(Event):
    """A parcel will not arrive; what was in one that went out is owed again, what went home is nowhere any more."""

    parcel: str
    waybill: str
    direction: str
    lines: tuple[LineQty, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        parcels = tuple(replace(p, lost_at=stamp.at) if p.id == self.parcel else p for p in case.parcels)
        gone = replace(case, parcels=parcels)
        if self.direction == "back":
            return gone
        change = _nowhere if self.direction == "home" else _owed_again
        lines = [change(line, lost.qty) for lost in self.lines if (line := case.line(lost.line))]
        return _with_lines(gone, lines)


def _owed_again(line: CaseLine, qty: int) -> CaseLine:
    return replace(line, sent_out=line.sent_out - qty)


def _nowhere(line: CaseLine, qty: int) -> CaseLine:
    return replace(
        line,
        received=line.received - qty,
        return_to_consumer=line.return_to_consumer - qty,
        went_home=line.went_home - qty,
    )


@event("parcel_came_back")
@dataclass(frozen=True, slots=True)
class ParcelCameBack(Event):
    """A parcel on its way home was not taken in: its goods are with the merchant again."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    parcel: str
    waybill: str
    lines: tuple[LineQty, ...]
    note: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        parcels = tuple(replace(p, returned_at=stamp.at) if p.id == self.parcel else p for p in case.parcels)
        lines = [
            replace(line, went_home=line.went_home - units.qty)
            for units in self.lines
            if (line := case.line(units.line))
        ]
        return _with_lines(replace(case, parcels=parcels), lines)


@event("goods_given_up")
@dataclass(frozen=True, slots=True)
class GoodsGivenUp(Event):
    """Units that failed inspection need not go home, for `reason`; `evidence` shows it."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    lines: tuple[LineQty, ...]
    reason: str
    evidence: tuple[str, ...] = ()
    note: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        lines = [
            replace(line, given_up=line.given_up + units.qty)
            for units in self.lines
            if (line := case.line(units.line))
        ]
        return _with_lines(case, lines)


@event("judged_anew")
@dataclass(frozen=True, slots=True)
class JudgedAnew(Event):
    """That units failed counts no longer: those here (`lines`) are looked at again, those at `home` may come."""

    lines: tuple[LineQty, ...] = ()
    home: tuple[LineQty, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        here = {units.line: units.qty for units in self.lines}
        home = {units.line: units.qty for units in self.home}
        lines = []
        for line in case.lines:
            gone = home.get(line.line, 0)
            failed = line.return_to_consumer - here.get(line.line, 0) - gone
            went = line.went_home - gone
            lines.append(
                replace(
                    line,
                    received=line.received - gone,
                    return_to_consumer=failed,
                    went_home=went,
                    given_up=min(line.given_up, failed - went),
                )
            )
        return _with_lines(case, lines)


@event("repair_timed")
@dataclass(frozen=True, slots=True)
class RepairTimed(Event):
    """The time of a repair so far, in ms: in the workshop (`own`), waiting for parts; `place` is where it runs on.

    `place`: `workshop`, `parts`, or `consumer` (then nothing runs). Days are whole days of 24 hours.
    """

    place: str
    own: int
    parts: int
    days: int
    parts_days: int

    def fold(self, case: Case, stamp: Stamp) -> Case:
        counted = {
            "repair_ms": self.own,
            "parts_ms": self.parts,
            "days_in_repair": self.days,
            "waiting_parts_days": self.parts_days,
            "workshop_since": stamp.at if self.place == "workshop" else 0,
            "parts_since": stamp.at if self.place == "parts" else 0,
        }
        return replace(case, counters={**case.counters, **counted})


@event("signalled")
@dataclass(frozen=True, slots=True)
class Signalled(Event):
    """Signs of abuse for people to weigh; they decide nothing by themselves (order 116 §27 asks for a human)."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    commutes: ClassVar[bool] = True
    signals: tuple[str, ...]
    note: str = ""


@event("automated")
@dataclass(frozen=True, slots=True)
class Automated(Event):
    """The desk carried out `step` (receipt, delivery, refund) by policy, at `timing`; `refused` says why it did not."""

    step: str
    timing: str
    refused: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        # What was refused once is for people: the desk does not try again.
        if not self.refused:
            return case
        return replace(case, counters={**case.counters, f"auto_{self.step}_stopped": 1})


@event("delivery_ordered")
@dataclass(frozen=True, slots=True)
class DeliveryOrdered(Event):
    """The warehouse was asked to send units; whoever sends them enters the waybill."""

    lines: tuple[LineQty, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        units = sum(one.qty for one in self.lines)
        return replace(case, counters={**case.counters, "delivery_ordered": units})
