"""Goods that are the consumer's and with us: sent home after a repair or a failed inspection, come back, given up."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import Command, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, ParcelSent
from csdesk.domain.cases.goods import checked_evidence, checked_waybill, on_the_way
from csdesk.domain.cases.goods_events import GoodsGivenUp, ParcelCameBack
from csdesk.domain.cases.repair_time import timed
from csdesk.domain.value import dataclass

# Why goods stay though they are the consumer's: given up in writing, neither fetched nor taken in after notice
# (民法典 §§570, 572 let them be deposited: an interpretation), or not to be sent by any carrier.
KEPT_FOR = ("renounced", "unclaimed", "hazardous")


def for_home(case: Case) -> tuple[LineQty, ...]:
    """Units here that are the consumer's to have again: repaired ones, or those that failed inspection."""
    if case.kind is Kind.REPAIR:
        left = ((line.line, line.received - line.sent_out) for line in case.lines)
    else:
        left = ((line.line, line.for_home) for line in case.lines)
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def _checked(lines: tuple[LineQty, ...], case: Case) -> tuple[LineQty, ...]:
    """The named units, all that are for home when none are named; Refused when they are not."""
    can = {units.line: units.qty for units in for_home(case)}
    lines = lines or for_home(case)
    check_quantities(case, lines, lambda number: can.get(number, 0), "over_for_home")
    return lines


class _Homeward(Command):
    """A verb about units that are for home."""

    __slots__ = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("nothing_for_home") if refused is None and not for_home(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": for_home(case)}


@verb(
    "send_home",
    undo=Undo.NONE,
    why="goods",
    confirm=True,
    example="csdesk case do RP-… send_home carrier=顺丰 waybill=SF…",
)
@dataclass(frozen=True, slots=True)
class SendHome(_Homeward):
    """Goods that are the consumer's go back: repaired ones, or such as failed inspection. No replacement, no money."""

    carrier: str
    waybill: str
    lines: tuple[LineQty, ...] = ()

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        waybill, lines = checked_waybill(self.waybill), _checked(self.lines, case)
        if any(parcel.waybill == waybill for parcel in case.parcels):
            raise Refused("waybill_twice", waybill=waybill)
        direction = "out" if case.kind is Kind.REPAIR else "home"
        sent = ParcelSent(to.name, to.phase, ctx.fresh(), direction, self.carrier, waybill, lines)
        return (sent, *(timed(case, "consumer", ctx) if case.kind is Kind.REPAIR else ()))


@verb(
    "give_up_goods",
    confirm=True,
    example="csdesk case do RT-… give_up_goods reason=renounced evidence=chat-1102",
)
@dataclass(frozen=True, slots=True)
class GiveUpGoods(_Homeward):
    """Goods of the consumer stay: given up in writing, unclaimed after notice, or not to be sent; shown by evidence."""

    reason: str = field(default="", metadata={"choices": KEPT_FOR})
    evidence: tuple[str, ...] = ()
    lines: tuple[LineQty, ...] = ()
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in KEPT_FOR:
            raise Refused("unknown_reason", reason=self.reason, allowed=KEPT_FOR)
        self.to(case)
        evidence = checked_evidence(self.evidence, case, "needs_evidence_of_waiver")
        return (GoodsGivenUp(_checked(self.lines, case), self.reason, evidence, self.note),)


@verb("came_back", undo=Undo.NONE, why="goods", confirm=True, example="csdesk case do RT-… came_back")
@dataclass(frozen=True, slots=True)
class CameBack(Command):
    """A parcel on its way home was refused or could not be delivered, and is here again with all its goods."""

    waybill: str = ""
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("nothing_on_the_way") if refused is None and not on_the_way(case, "home") else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        self.to(case)
        waybill = "".join(self.waybill.split())
        found = [p for p in on_the_way(case, "home") if not waybill or p.waybill == waybill]
        if not found:
            raise Refused("no_such_parcel", waybill=self.waybill)
        if len(found) > 1:
            raise Refused("which_parcel", allowed=tuple(p.waybill for p in found), field="waybill")
        return (ParcelCameBack(found[0].id, found[0].waybill, found[0].lines, self.note),)
