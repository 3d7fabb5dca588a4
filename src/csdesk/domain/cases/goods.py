"""Verbs about goods that several kinds share: allow, refuse, send back, receive, inspect, dispute."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.case import Case, Disposition, Kind, LineQty, Parcel
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.differences import DIFFERENCE, difference_of
from csdesk.domain.cases.events import (
    Approved,
    Counted,
    Event,
    GoodsInspected,
    GoodsReceived,
    Graded,
    Moved,
    ParcelSent,
)
from csdesk.domain.cases.goods_events import Conceded, JudgedAnew
from csdesk.domain.cases.machine import State
from csdesk.domain.cases.repair_time import timed
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.cases.tracking import opened, shortfall
from csdesk.domain.mask import mask_text
from csdesk.domain.tracking import SHORT, WRONG_ITEM
from csdesk.domain.value import dataclass

MOST_EVIDENCE = 20
# So many digits of a hash name a file of a case.
LEAST_HASH = 6

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
    "sent_in_full",
    "consent_denied",
    "already_dispatched",
    "other",
)


def _all(case: Case, attribute: str, less: str = "") -> tuple[LineQty, ...]:
    """All units that `attribute` counts, less those `less` counts, of the lines where any are left."""
    counted = (
        (line.line, getattr(line, attribute) - (getattr(line, less) if less else 0)) for line in case.lines
    )
    return tuple(LineQty(number, qty) for number, qty in counted if qty > 0)


def check_free(lines: tuple[LineQty, ...], case: Case, ctx: Context) -> None:
    """Refuse units that were asked for in time, but claimed by another case since: this one was closed in between."""
    asked = {line.line: line.asked for line in case.lines}
    free = {line.line: line.qty - line.claimed for line in ctx.order.lines} if ctx.order else asked
    check_quantities(case, lines, lambda number: free.get(number, 0), "over_bought")


def check_more(lines: tuple[LineQty, ...], case: Case, ctx: Context) -> None:
    """The same for units on top of those that are owed or here already."""
    mine = {line.line: line.conceded + line.received for line in case.lines}
    check_free(tuple(LineQty(units.line, mine[units.line] + units.qty) for units in lines), case, ctx)


def checked_waybill(said: str) -> str:
    """A waybill without blanks; Refused `bad_waybill` when it cannot be one (5 to 40 characters)."""
    waybill = "".join(said.split())
    if not 5 <= len(waybill) <= 40:
        raise Refused("bad_waybill", waybill=said)
    return waybill


@verb("approve", bulk=True, confirm=False, example="csdesk case do RT-… approve lines=1x1")
@dataclass(frozen=True, slots=True)
class Approve(Deciding):
    """Allow units to come back (all that was asked when no lines are named), to the merchant's address or `address`.

    Without a true return address an approval is worth nothing (处罚办法 §9: no address for 15 days is a refusal).
    `difference_minor`: what the other goods of an exchange cost more (above 0: the consumer owes it) or less, for
    all units, in minor units; the desk reckons it where it knows their price, and `even` waives it.
    """

    lines: tuple[LineQty, ...] = ()
    exchange_sku: str = ""
    reason: str = ""
    address: str = ""
    difference_minor: int = 0
    even: bool = False

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
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
        check_free(lines, case, ctx)
        anew = _anew(case, lines)
        # Allowed on appeal or after a reopening: goods that are here already need not be sent again.
        here = case.kind is not Kind.REPAIR and any(line.here or line.refundable > 0 for line in case.lines)
        to = self.to(case, "received_inspecting" if here else "")
        swap = tuple((units.line, self.exchange_sku) for units in lines) if self.exchange_sku else ()
        approved = Approved(to.name, to.phase, lines, swap, self.reason, self.address.strip())
        if case.kind is not Kind.EXCHANGE:
            return (approved, *anew)
        sku, stated = self.exchange_sku, self.difference_minor
        minor = difference_of(case, lines, sku, stated, self.even, ctx)
        if minor == case.counters.get(DIFFERENCE, 0):
            return (approved, *anew)
        return (approved, *anew, Counted(DIFFERENCE, minor))


def _anew(case: Case, lines: tuple[LineQty, ...]) -> tuple[Event, ...]:
    """What is allowed after all is judged anew where it had failed: what is here now, what went home when it comes."""
    allowed = {units.line for units in lines}
    failed = [line for line in case.lines if line.line in allowed and line.return_to_consumer]
    here = ((line.line, line.return_to_consumer - line.went_home) for line in failed)
    home = tuple(LineQty(line.line, line.went_home) for line in failed if line.went_home)
    if home and on_the_way(case, "home"):
        raise Refused("goods_on_the_way")
    return (JudgedAnew(tuple(LineQty(n, qty) for n, qty in here if qty), home),) if failed else ()


def failed_with(case: Case, to: State) -> tuple[Event, ...]:
    """What is here and was not inspected when the request is refused: the consumer's, who is to have it again."""
    left = _all(case, "received", "inspected") if case.kind is not Kind.REPAIR else ()
    graded = tuple(Graded(u.line, u.qty, Disposition.RETURN_TO_CONSUMER) for u in left)
    return (GoodsInspected(to.name, to.phase, graded),) if graded else ()


@verb("reject", bulk=True, confirm=True, example="csdesk case do RT-… reject reason=expired article=P02")
@dataclass(frozen=True, slots=True)
class Reject(Deciding):
    """Refuse the request, with a reason from the list and the article it rests on."""

    reason: str = field(default="", metadata={"choices": REJECT_REASONS})
    article: str = ""
    note: str = ""

    def stance(self) -> Stance:
        return Stance.DENIES

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        # What was granted and not paid is owed, whatever is said of the rest: a refused case could not pay it.
        owed = tuple(line.line for line in case.lines if line.refundable > 0)
        return Refused("granted_unpaid", lines=owed) if refused is None and owed else refused

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
            *failed_with(case, to),
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
        refused = super().off(case, ctx)
        return Refused("all_sent") if refused is None and not unsent(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": unsent(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        waybill = checked_waybill(self.waybill)
        if any(parcel.waybill == waybill for parcel in case.parcels):
            raise Refused("waybill_twice", waybill=waybill)
        left = {units.line: units.qty for units in unsent(case)}
        lines = self.lines or unsent(case)
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_approved")
        to = self.to(case)
        return (ParcelSent(to.name, to.phase, ctx.fresh(), "back", self.carrier, waybill, lines),)


def on_the_way(case: Case, direction: str = "") -> tuple[Parcel, ...]:
    """Parcels that are neither at an end of their way nor lost."""
    return tuple(p for p in case.parcels if p.on_its_way and direction in ("", p.direction))


def unsent(case: Case) -> tuple[LineQty, ...]:
    """Approved units that no parcel has announced and that did not come without one."""
    back = [parcel for parcel in case.parcels if parcel.direction == "back"]
    announced = _sum(units for parcel in back for units in parcel.lines)
    # What went home and is allowed anew comes in another parcel.
    announced.subtract(
        _sum(u for p in case.parcels if p.direction == "home" for u in p.lines if not p.returned_at)
    )
    lost = _sum(units for parcel in back if parcel.lost_at for units in parcel.lines)
    # Conceded units stay away; those that a lost parcel carried are announced already.
    left = (
        (
            line.line,
            line.approved
            + case.home(line)
            - max(announced[line.line], line.received)
            - max(0, line.conceded - lost[line.line]),
        )
        for line in case.lines
    )
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def _sum(units: Iterable[LineQty]) -> Counter[int]:
    """Units by line."""
    total: Counter[int] = Counter()
    for one in units:
        total[one.line] += one.qty
    return total


def away(case: Case) -> tuple[LineQty, ...]:
    """Approved units that are not here and not given up, missing ones included: a parcel may turn up."""
    left = (
        (line.line, line.approved + case.home(line) - line.received - line.conceded) for line in case.lines
    )
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
        refused = super().off(case, ctx)
        if refused is not None:
            return refused
        # Goods that went home are no goods to come, unless a parcel says so.
        gone = case.kind is Kind.REPAIR and case.state in ("returned", "observing")
        return Refused("all_received") if not away(case) or (gone and not on_the_way(case, "back")) else None

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": awaited(case) or away(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        left = {units.line: units.qty for units in away(case)}
        parcel = next((p for p in case.parcels if p.waybill == self.waybill), None) if self.waybill else None
        if self.waybill and parcel is None:
            raise Refused("no_such_parcel", waybill=self.waybill)
        lines = self.lines or (parcel.lines if parcel else awaited(case) or away(case))
        if parcel is None:
            # The only parcel on its way, when it carries just that, is the one that came.
            coming = on_the_way(case, "back")
            parcel = coming[0] if len(coming) == 1 and set(coming[0].lines) == set(lines) else None
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_approved")
        came = GoodsReceived(to.name, to.phase, lines, parcel.id if parcel else "")
        short = opened(case, parcel.waybill, shortfall(parcel.lines, lines)) if parcel else ()
        if case.kind is not Kind.REPAIR or to.name != "in_repair":
            return (came, *short)
        return (came, *short, *timed(case, "workshop", ctx))


@verb("inspect", undo=Undo.NONE, why="goods", example="csdesk case do RT-… inspect graded=1x1:restock")
@dataclass(frozen=True, slots=True)
class Inspect(Command):
    """Judge units that arrived (restock, dispose, return_to_consumer), with a grade if one wishes; name the missing.

    `wrong_item`: something else lay in the parcel; `waybill` names it where several came.
    """

    graded: tuple[Graded, ...] = ()
    note: str = ""
    wrong_item: bool = False
    waybill: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
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
            if found.grade and found.grade not in ctx.policy.operations.grades:
                raise Refused("unknown_grade", grade=found.grade, allowed=ctx.policy.operations.grades)
            if found.line not in here:
                raise Refused("no_such_line", line=found.line)
            left = coming if found.disposition == Disposition.MISSING else here
            if not 1 <= found.qty <= left.get(found.line, 0):
                raise Refused("over_received", line=found.line, qty=found.qty, most=left.get(found.line, 0))
            left[found.line] -= found.qty
        short = any(found.disposition == Disposition.MISSING for found in graded)
        found = (*((WRONG_ITEM,) if self.wrong_item else ()), *((SHORT,) if short else ()))
        inspected = GoodsInspected(to.name, to.phase, tuple(graded), self.note)
        return (inspected, *opened(case, self.waybill, found))


def checked_evidence(evidence: tuple[str, ...], case: Case, code: str = "needs_evidence") -> tuple[str, ...]:
    """The names of pictures, files or records, each once; Refused with `code` when there is none.

    The first digits of the hash of a file that the case holds (six at least) stand for it as `sha256:…`, whole.
    """
    named = tuple(dict.fromkeys(_cited(case, name.strip()) for name in evidence if name.strip()))
    if not named:
        raise Refused(code, field="evidence")
    if len(named) > MOST_EVIDENCE:
        raise Refused("too_much_evidence", most=MOST_EVIDENCE)
    return named


def _cited(case: Case, name: str) -> str:
    prefix = name.lower().removeprefix("sha256:")
    found = [
        kept.sha256 for kept in case.evidence if len(prefix) >= LEAST_HASH and kept.sha256.startswith(prefix)
    ]
    if len(found) > 1:
        raise Refused("evidence_ambiguous", hash=prefix[:12], n=len(found))
    return f"sha256:{found[0]}" if found else mask_text(name)


@verb(
    "dispute",
    undo=Undo.INVERSE,
    example="csdesk case do RT-… dispute evidence=IMG_0412.jpg,IMG_0413.jpg note=吊牌被剪",
)
@dataclass(frozen=True, slots=True)
class Dispute(Command):
    """The goods are said not to be intact, and photographs show it (七日办法 §§8-9); `evidence` names them."""

    evidence: tuple[str, ...]
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        photographs = checked_evidence(self.evidence, case)
        to = self.to(case)
        moved = Moved("dispute", to.name, to.phase, reason="not_intact", note=self.note, evidence=photographs)
        return (moved,)


def lost_units(case: Case) -> tuple[LineQty, ...]:
    """Units of parcels that were lost on their way back, as far as they are still awaited."""
    gone = _sum(
        units
        for p in case.parcels
        if p.direction == "back" and p.lost_at and not p.received_at
        for units in p.lines
    )
    left = ((units.line, min(units.qty, gone[units.line])) for units in awaited(case))
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


@verb("settle_dispute", undo=Undo.INVERSE, example="csdesk case do RT-… settle_dispute accepted=true")
@dataclass(frozen=True, slots=True)
class SettleDispute(Deciding):
    """End a dispute about goods that are not intact or were lost: accepted, they are owed; not, nothing is.

    Where nothing is owed then, what was not inspected counts as not intact and is the consumer's to have again.
    """

    accepted: bool
    note: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS if self.accepted else Stance.DENIES

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        lost = lost_units(case)
        # A dispute about what was lost says nothing of what came: that is inspected like all goods.
        look = bool(lost) and any(line.received > line.inspected for line in case.lines)
        # Units that passed inspection stay owed, whatever was said of the others; so do conceded ones.
        on = self.accepted or look or any(line.accepted or line.conceded for line in case.lines)
        to = self.to(case, "received_inspecting" if on else "rejected")
        outcome = "" if on else "rejected"
        moved = Moved("settle_dispute", to.name, to.phase, outcome=outcome, decides=True, note=self.note)
        if not self.accepted:
            return (moved, *(() if on else failed_with(case, to)))
        failed = tuple(LineQty(line.line, line.for_home) for line in case.lines if line.for_home)
        anew = (JudgedAnew(failed),) if failed else ()
        return (*((Conceded(to.name, to.phase, lost, "lost"),) if lost else ()), moved, *anew)
