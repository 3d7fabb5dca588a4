"""Labels and pick-ups (上门取件) for goods on their way back: asked of a carrier, settled by its answer.

The outbox carries an ask out, once by the key of its job. A label that comes back names the waybill: its first scan
books the parcel (`BookCollected`), so that the consumer need not announce it.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.carriage_events import (
    CANCEL,
    LABEL,
    PICKUP,
    UNSETTLED,
    CarrierAsked,
    CarrierDeclined,
    CarrierDoubted,
    CarrierTaken,
    collected,
    find,
    labelled,
)
from csdesk.domain.cases.case import CarrierAsk, Case, LineQty
from csdesk.domain.cases.command import Command, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.goods import ShipBack, unsent
from csdesk.domain.clocks.said import said_moment
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

PAYERS = ("merchant", "consumer")
# The customer's own address, which lies sealed and is opened only when the carrier is told.
HOME = "home"
PLACES = (HOME,)
# Carriers take bookings for a week or two; a slot beyond this is a slip of the year.
MOST_AHEAD_MS = 30 * 86_400_000
MOST_CARRIER = 40
# Far more than any case asks for; ids of one command are `fresh` numbers that no verb uses.
_FIRST_ID = 950
_WINDOW = re.compile(r"\s*(\d{1,2}[:：]\d\d)\s*(?:-|–|—|~|～|至|到)\s*(\d{1,2}[:：]\d\d)\s*", re.ASCII)


def standing(case: Case, *whats: str) -> tuple[CarrierAsk, ...]:
    """Labels and pick-ups that hold and whose goods nobody has collected yet."""
    return tuple(
        ask
        for ask in case.carrier_asks
        if ask.what in (whats or (LABEL, PICKUP))
        and ask.state in (*UNSETTLED, "done")
        and not collected(case, ask)
    )


def free(case: Case) -> tuple[LineQty, ...]:
    """Units that are to come back and that neither a parcel nor a label or pick-up is for."""
    held: Counter[int] = Counter()
    for ask in standing(case):
        if not ask.of:
            held.update({units.line: units.qty for units in ask.lines})
    left = ((units.line, units.qty - held[units.line]) for units in unsent(case))
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def collectable(case: Case) -> tuple[CarrierAsk, ...]:
    """Labels that are made, and that nobody was asked to come for."""
    booked = {ask.of for ask in standing(case, PICKUP)}
    return tuple(a for a in standing(case, LABEL) if a.state == "done" and a.id not in booked)


def cancellable(case: Case) -> tuple[CarrierAsk, ...]:
    """Pick-ups, and labels without one, that the carrier has taken and that nobody has asked to cancel."""
    asked = {ask.of for ask in case.carrier_asks if ask.what == CANCEL and ask.state != "failed"}
    booked = {ask.of for ask in standing(case, PICKUP)}
    return tuple(a for a in standing(case) if a.state == "done" and a.id not in asked and a.id not in booked)


def coming(case: Case, now: int) -> bool:
    """Whether a carrier will still come for goods of this case: until then nobody is late in sending them."""
    return any(ask.until > now for ask in standing(case, PICKUP))


class CarrierCommand(Command):
    """A verb that books something with a carrier, at the cost of `payer`.

    Empty, the desk takes the payer from the verdict (七日办法 §18: the consumer's without a reason; 消法 §24(2): the
    merchant's where the goods are at fault); where there is none, a person must say.
    """

    __slots__ = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_carrier_system") if refused is None and not ctx.policy.carriage else refused


def _checked(case: Case, wanted: tuple[LineQty, ...], carrier: str, payer: str) -> tuple[LineQty, ...]:
    """The units of a new label or pick-up; Refused for more than are free, or where nobody pays."""
    left = {units.line: units.qty for units in free(case)}
    lines = wanted or free(case)
    check_quantities(case, lines, lambda number: left.get(number, 0), "over_labelled")
    _check_freight(carrier, payer)
    return lines


def _check_freight(carrier: str, payer: str) -> None:
    if len(carrier) > MOST_CARRIER:
        raise Refused("text_too_long", most=MOST_CARRIER)
    if not payer:
        raise Refused("freight_payer_unknown", field="payer")
    if payer not in PAYERS:
        raise Refused("bad_choice", field="payer", value=payer, allowed=PAYERS)


@verb(
    "request_label",
    undo=Undo.NONE,
    why="outside",
    confirm=True,
    example="csdesk case do RT-… request_label lines=1x1 carrier=顺丰",
)
@dataclass(frozen=True, slots=True)
class RequestLabel(CarrierCommand):
    """Ask the carrier for a prepaid label for approved units, which the consumer sticks on the parcel back."""

    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    payer: str = field(default="", metadata={"choices": PAYERS, "asked": "freight_payer_unknown"})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("all_labelled") if refused is None and not free(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": free(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        lines = _checked(case, self.lines, self.carrier, self.payer)
        return (CarrierAsked(ctx.fresh(), LABEL, lines, self.carrier.strip(), self.payer),)


@verb(
    "request_pickup",
    undo=Undo.NONE,
    why="outside",
    confirm=True,
    example="csdesk case do RT-… request_pickup day=明天 window=09:00-11:00",
)
@dataclass(frozen=True, slots=True)
class RequestPickup(CarrierCommand):
    """Ask a carrier to collect goods (上门取件) on a day, between two times of the desk's zone.

    `waybill`: of the label that lies on the parcel; without one, the pick-up makes a waybill of its own. `place` is
    `home`: the customer's own address, which the carrier is told and no event holds.
    """

    day: str
    window: str
    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    waybill: str = ""
    place: str = field(default=HOME, metadata={"choices": PLACES})
    payer: str = field(default="", metadata={"choices": PAYERS, "asked": "freight_payer_unknown"})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        idle = not free(case) and not collectable(case)
        return Refused("all_labelled") if refused is None and idle else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        made = collectable(case)
        if len(made) == 1 and not free(case):
            return {"waybill": made[0].waybill, "lines": made[0].lines, "carrier": made[0].carrier}
        return {"lines": free(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.place not in PLACES:
            raise Refused("bad_choice", field="place", value=self.place, allowed=PLACES)
        start, until = slot(self.day, self.window, ctx)
        label = self._label(case)
        if label is None:
            lines, carrier, payer = (
                _checked(case, self.lines, self.carrier, self.payer),
                self.carrier,
                self.payer,
            )
        else:
            lines, carrier, payer = label.lines, self.carrier or label.carrier, self.payer or label.payer
            if self.lines and set(self.lines) != set(lines):
                raise Refused("other_units_than_label", waybill=label.waybill)
            _check_freight(carrier, payer)
        of = label.id if label else ""
        return (
            CarrierAsked(ctx.fresh(), PICKUP, lines, carrier.strip(), payer, self.place, start, until, of),
        )

    def _label(self, case: Case) -> CarrierAsk | None:
        """The label on the parcel to be collected: the one that is named, or the only one when all units have one."""
        made, number = collectable(case), "".join(self.waybill.split())
        if not number:
            return made[0] if len(made) == 1 and not free(case) else None
        named = [ask for ask in made if ask.waybill == number]
        if not named:
            raise Refused("no_such_parcel", waybill=self.waybill)
        return named[0]


def slot(day: str, window: str, ctx: Context) -> tuple[int, int]:
    """When a pick-up begins and ends (UTC ms), of what a person wrote: `明天`, `2026-11-23` and `09:00-11:00`."""
    found = _WINDOW.fullmatch(window)
    start, until = (
        said_moment(f"{day.strip()} {found[n]}", ctx.now, ctx.zone) if found else None for n in (1, 2)
    )
    if start is None or until is None or until <= start:
        raise Refused("bad_slot", field="day" if found else "window", value=f"{day} {window}".strip()[:80])
    if start <= ctx.now:
        raise Refused("slot_past", field="day", value=f"{day} {window}".strip()[:80])
    if start > ctx.now + MOST_AHEAD_MS:
        raise Refused("slot_too_far", field="day", days=MOST_AHEAD_MS // 86_400_000)
    return start, until


@verb(
    "cancel_pickup",
    undo=Undo.NONE,
    why="outside",
    confirm=True,
    example="csdesk case do RT-… cancel_pickup",
)
@dataclass(frozen=True, slots=True)
class CancelPickup(CarrierCommand):
    """Ask the carrier not to come, or to void a label nobody has used; never once the goods were collected."""

    waybill: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not cancellable(case):
            asks = (a for a in case.carrier_asks if a.what != CANCEL and a.state == "done")
            gone = any(collected(case, ask) for ask in asks)
            return Refused("collected_already" if gone else "nothing_to_cancel")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        can = cancellable(case)
        return {"waybill": can[0].waybill} if len(can) == 1 else {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        number = "".join(self.waybill.split())
        can = [a for a in cancellable(case) if not number or number in (a.waybill, a.reference)]
        if not can:
            raise Refused("no_such_parcel", waybill=self.waybill)
        if len(can) > 1:
            raise Refused(
                "which_parcel", allowed=tuple(a.waybill or a.reference for a in can), field="waybill"
            )
        return (CarrierAsked(ctx.fresh(), CANCEL, can[0].lines, can[0].carrier, of=can[0].id),)


def called_off(case: Case, ctx: Context) -> tuple[Event, ...]:
    """Pick-ups that are to come, and that nobody needs any more, are cancelled, once.

    The case has ended, or the goods came another way: nobody is to ring at the consumer's door for nothing.
    """
    if not case.carrier_asks:
        return ()
    asked = {ask.of for ask in case.carrier_asks if ask.what == CANCEL}
    wanted = {units.line for units in unsent(case)} if case.open else set()
    found = [
        ask
        for ask in standing(case, PICKUP)
        if ask.state == "done" and ask.until > ctx.now and ask.id not in asked
        if not any(units.line in wanted for units in ask.lines)
    ]
    return tuple(
        CarrierAsked(ctx.fresh(_FIRST_ID + n), CANCEL, ask.lines, ask.carrier, of=ask.id)
        for n, ask in enumerate(found)
    )


@verb("book_collected", right=Right.LOAD, undo=Undo.NONE, why="record", shared=True)
@dataclass(frozen=True, slots=True)
class BookCollected(Command):
    """The parcel under a label is on its way, since its carrier scans it: nobody need announce it."""

    waybill: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        ask = labelled(case, self.waybill)
        if ask is None or collected(case, ask):
            raise Refused("no_such_parcel", waybill=self.waybill)
        left = {units.line: units.qty for units in unsent(case)}
        inside = ((units.line, min(units.qty, left.get(units.line, 0))) for units in ask.lines)
        lines = tuple(LineQty(line, qty) for line, qty in inside if qty > 0)
        if not lines:
            # They came another way: what the carrier scans is none of this case.
            raise Refused("no_such_parcel", waybill=self.waybill)
        if refused := ShipBack.off(case, ctx):
            raise refused
        return ShipBack(ask.carrier, ask.waybill, lines).decide(case, ctx)


@verb("settle_carrier_ask", right=Right.RUN, undo=Undo.NONE, why="outside", shared=True)
@dataclass(frozen=True, slots=True)
class SettleCarrierAsk(Command):
    """The carrier has answered: `done`, `failed` (it did nothing), or `in_doubt` (nobody can say)."""

    id: str
    state: str
    reference: str = ""
    reason: str = ""
    carrier: str = ""
    waybill: str = ""
    label: str = ""
    start: int = 0
    until: int = 0

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        # An answer that comes when the case has ended is still what happened.
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        ask = find(case, self.id)
        if ask is None or ask.state not in UNSETTLED or (ask.state, self.state) == ("in_doubt", "in_doubt"):
            raise Refused("already_settled", id=self.id)
        if self.state == "in_doubt":
            return (CarrierDoubted(ask.id, ask.what, self.reason),)
        if self.state == "failed":
            return (CarrierDeclined(ask.id, ask.what, self.reason),)
        told = (self.reference, self.carrier, self.waybill, self.label, self.start, self.until)
        return (CarrierTaken(ask.id, ask.what, *told),)
