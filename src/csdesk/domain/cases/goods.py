"""Verbs about goods, shared by return, exchange and repair: allow, refuse, send back, receive, inspect, dispute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from csdesk.domain.cases.case import Case, Disposition, Kind, LineQty
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import (
    Approved,
    Event,
    GoodsInspected,
    GoodsReceived,
    Graded,
    Moved,
    ParcelSent,
)
from csdesk.domain.cases.rulings import Stance

REJECT_REASONS = (
    "expired",
    "excluded_custom_made",
    "excluded_fresh",
    "excluded_digital_unsealed",
    "excluded_periodical",
    "excluded_confirmed_unsuitable",
    "not_intact",
    "not_remote_sale",
    "not_consumer",
    "no_defect_found",
    "no_evidence",
    "other",
)


def _all(case: Case, attribute: str, less: str = "") -> tuple[LineQty, ...]:
    """All units that `attribute` counts, less those `less` counts, of the lines where any are left."""
    counted = (
        (line.line, getattr(line, attribute) - (getattr(line, less) if less else 0)) for line in case.lines
    )
    return tuple(LineQty(number, qty) for number, qty in counted if qty > 0)


@verb("approve", bulk=True, confirm=False, example="csdesk case do RT-… approve lines=1x1")
@dataclass(frozen=True, slots=True)
class Approve(Deciding):
    """Allow units to come back (all that was asked when no lines are named), to the merchant's address or `address`.

    Without a true return address an approval is worth nothing (处罚办法 §9: no address for 15 days is a refusal).
    """

    lines: tuple[LineQty, ...] = ()
    exchange_sku: str = ""
    reason: str = ""
    address: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super(Approve, cls).off(case, ctx)
        if refused is None and not case.lines:
            return Refused("order_unknown")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": _all(case, "asked")}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        known = case.return_address or (ctx.order is not None and ctx.order.return_address)
        if not known and not self.address.strip():
            raise Refused("no_return_address", field="address")
        lines = self.lines or _all(case, "asked")
        asked = {line.line: line.asked for line in case.lines}
        check_quantities(case, lines, lambda number: asked[number], "over_asked")
        # Asked for in time, but claimed by another case since: this one was rejected or closed in between.
        free = {line.line: line.qty - line.claimed for line in ctx.order.lines} if ctx.order else asked
        check_quantities(case, lines, lambda number: free.get(number, 0), "over_bought")
        # Allowed on appeal or after a reopening: goods that are here already need not be sent again.
        here = case.kind is not Kind.REPAIR and any(line.received for line in case.lines)
        to = self.to(case, "received_inspecting" if here else "")
        swap = tuple((units.line, self.exchange_sku) for units in lines) if self.exchange_sku else ()
        return (Approved(to.name, to.phase, lines, swap, self.reason, self.address.strip()),)


@verb("reject", bulk=False, confirm=True, example="csdesk case do RT-… reject reason=expired article=P02")
@dataclass(frozen=True, slots=True)
class Reject(Deciding):
    """Refuse the request, with a reason from the list and the article it rests on."""

    reason: str = field(default="", metadata={"choices": REJECT_REASONS})
    article: str = ""
    note: str = ""

    def stance(self) -> Stance:
        return Stance.DENIES

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in REJECT_REASONS:
            raise Refused("unknown_reason", reason=self.reason, allowed=REJECT_REASONS)
        if self.reason != "other" and not self.article:
            raise Refused("needs_article")
        to = self.to(case)
        return (
            Moved(
                "reject",
                to.name,
                to.phase,
                self.reason,
                self.article,
                outcome="rejected",
                decides=True,
                note=self.note,
            ),
        )


@verb("appeal", undo=Undo.INVERSE, example="csdesk case do RT-… appeal note=消费者不认可")
@dataclass(frozen=True, slots=True)
class Appeal(Command):
    """The consumer does not accept the refusal: the platform looks at it."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("appeal", to.name, to.phase, note=self.note),)


@verb(
    "ship_back",
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… ship_back carrier=顺丰 waybill=SF1234567890123",
)
@dataclass(frozen=True, slots=True)
class ShipBack(Command):
    """The consumer sent approved units back; a case may have several parcels."""

    carrier: str
    waybill: str
    lines: tuple[LineQty, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super(ShipBack, cls).off(case, ctx)
        return Refused("all_sent") if refused is None and not unsent(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": unsent(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        waybill = "".join(self.waybill.split())
        if not 5 <= len(waybill) <= 40:
            raise Refused("bad_waybill", waybill=self.waybill)
        if any(parcel.waybill == waybill for parcel in case.parcels):
            raise Refused("waybill_twice", waybill=waybill)
        left = {units.line: units.qty for units in unsent(case)}
        lines = self.lines or unsent(case)
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_approved")
        to = self.to(case)
        return (ParcelSent(to.name, to.phase, ctx.fresh(), "back", self.carrier, waybill, lines),)


def unsent(case: Case) -> tuple[LineQty, ...]:
    """Approved units that no parcel has announced and that did not come without one."""
    announced: dict[int, int] = {}
    for parcel in case.parcels:
        if parcel.direction == "back":
            for units in parcel.lines:
                announced[units.line] = announced.get(units.line, 0) + units.qty
    left = (
        (line.line, line.approved + case.home(line) - max(announced.get(line.line, 0), line.received))
        for line in case.lines
    )
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def away(case: Case) -> tuple[LineQty, ...]:
    """Approved units that are not here, missing ones included: a lost parcel may turn up."""
    left = ((line.line, line.approved + case.home(line) - line.received) for line in case.lines)
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def awaited(case: Case) -> tuple[LineQty, ...]:
    """Approved units that have neither arrived nor been found missing."""
    missing = {line.line: line.missing for line in case.lines}
    left = ((units.line, units.qty - missing[units.line]) for units in away(case))
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


@verb("receive", undo=Undo.NONE, why="goods", example="csdesk case do RT-… receive lines=1x1")
@dataclass(frozen=True, slots=True)
class Receive(Command):
    """Units arrived at the merchant. Receipts add up and never pass what was approved."""

    lines: tuple[LineQty, ...] = ()
    waybill: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super(Receive, cls).off(case, ctx)
        return Refused("all_received") if refused is None and not away(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": awaited(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        left = {units.line: units.qty for units in away(case)}
        parcel = next((p for p in case.parcels if p.waybill == self.waybill), None) if self.waybill else None
        if self.waybill and parcel is None:
            raise Refused("no_such_parcel", waybill=self.waybill)
        lines = self.lines or (parcel.lines if parcel else awaited(case))
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_approved")
        return (GoodsReceived(to.name, to.phase, lines, parcel.id if parcel else ""),)


@verb("inspect", undo=Undo.NONE, why="goods", example="csdesk case do RT-… inspect graded=1x1:restock")
@dataclass(frozen=True, slots=True)
class Inspect(Command):
    """Judge units that arrived (restock, dispose, return_to_consumer) and name those that are missing."""

    graded: tuple[Graded, ...] = ()
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super(Inspect, cls).off(case, ctx)
        if refused is None and not awaited(case) and not _all(case, "received", "inspected"):
            return Refused("all_inspected")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {
            "graded": tuple(
                Graded(u.line, u.qty, Disposition.RESTOCK) for u in _all(case, "received", "inspected")
            )
        }

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        graded = self.graded or self.suggest(case)["graded"]
        if not graded:
            raise Refused("no_units")
        here = {line.line: line.received - line.inspected for line in case.lines}
        coming = {units.line: units.qty for units in awaited(case)}
        for found in graded:
            if found.disposition not in tuple(Disposition):
                raise Refused(
                    "unknown_disposition", disposition=found.disposition, allowed=tuple(Disposition)
                )
            if found.line not in here:
                raise Refused("no_such_line", line=found.line)
            left = coming if found.disposition == Disposition.MISSING else here
            if not 1 <= found.qty <= left.get(found.line, 0):
                raise Refused("over_received", line=found.line, qty=found.qty, most=left.get(found.line, 0))
            left[found.line] -= found.qty
        return (GoodsInspected(to.name, to.phase, tuple(graded), self.note),)


@verb("dispute", undo=Undo.INVERSE, example="csdesk case do RT-… dispute note=吊牌被剪，有照片")
@dataclass(frozen=True, slots=True)
class Dispute(Command):
    """The goods are said not to be intact; the note names the photographs that show it (七日办法 §§8-9)."""

    note: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.note.strip():
            raise Refused("needs_evidence")
        to = self.to(case)
        return (Moved("dispute", to.name, to.phase, reason="not_intact", note=self.note),)


@verb("settle_dispute", undo=Undo.INVERSE, example="csdesk case do RT-… settle_dispute accepted=true")
@dataclass(frozen=True, slots=True)
class SettleDispute(Command):
    """End a dispute about the goods' state: accepted, the return goes on; not accepted, the goods go back."""

    accepted: bool
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        # Units that passed inspection stay owed, whatever was said of the others.
        on = self.accepted or any(line.accepted for line in case.lines)
        to = self.to(case, "received_inspecting" if on else "rejected")
        outcome = "" if on else "rejected"
        return (Moved("settle_dispute", to.name, to.phase, outcome=outcome, decides=True, note=self.note),)
