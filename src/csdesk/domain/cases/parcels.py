"""Verbs about parcels that do not do what parcels should: one that is lost, goods that need not be sent at all."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.case import Case, Kind, LineQty, Parcel
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved
from csdesk.domain.cases.goods import awaited, away, check_free, checked_evidence, on_the_way
from csdesk.domain.cases.goods_events import Conceded, ParcelLost
from csdesk.domain.cases.repair_time import opened, timed
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.tracking import Scan
from csdesk.domain.value import dataclass

RISKS = ("merchant", "consumer")
KEEP_REASONS = ("policy", "worthless", "hazardous")


def losable(case: Case) -> tuple[Parcel, ...]:
    """Parcels on their way; of those on the way back only such as carry units that are neither here nor given up.

    Once the request is refused nothing is owed for what does not come: only goods on their way home matter.
    """
    if case.state in ("rejected", "platform_review"):
        return on_the_way(case, "home")
    return tuple(p for p in on_the_way(case) if p.direction != "back" or _still(case, p.lines))


@verb(
    "parcel_lost",
    undo=Undo.NONE,
    why="record",
    confirm=True,
    example="csdesk case do RT-… parcel_lost waybill=SF1234567890123 risk=merchant",
)
@dataclass(frozen=True, slots=True)
class LoseParcel(Command):
    """The carrier gave a parcel up; `risk` says who bears the loss of one that was on its way back.

    On the way out the merchant bears it until the consumer signs (电商法 §20; 民法典 §604), and so the loss of the
    consumer's own goods on their way home, since it chose the carrier (an interpretation). On the way back the law
    names nobody: borne by who chose the carrier (an interpretation), and disputed when that is the consumer.
    """

    waybill: str = ""
    risk: str = field(default="merchant", metadata={"choices": RISKS})
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("nothing_on_the_way") if refused is None and not losable(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        whole = losable(case)
        # Where the carrier has given one up, that is the one.
        named = [parcel for parcel in whole if Scan.LOST in parcel.findings] or whole
        return {"waybill": named[0].waybill} if len(named) == 1 else {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        if self.risk not in RISKS:
            raise Refused("unknown_reason", reason=self.risk, allowed=RISKS)
        parcel = self._parcel(case)
        lost = ParcelLost(parcel.id, parcel.waybill, parcel.direction, parcel.lines)
        if case.kind is Kind.REPAIR:
            return self._repair(case, ctx, parcel, lost)
        if parcel.direction == "home":
            to = self.to(case, "received_inspecting")
            return (lost, Conceded(to.name, to.phase, parcel.lines, "lost_home", note=self.note))
        if parcel.direction == "out":
            to = self.to(case, "stock_check" if case.kind is Kind.REISSUE else "received_inspecting")
            return (lost, Moved("parcel_lost", to.name, to.phase, note=self.note))
        units = _still(case, parcel.lines)
        if self.risk == "consumer":
            to = self.to(case, "dispute")
            return (lost, Moved("parcel_lost", to.name, to.phase, reason="lost", note=self.note))
        to = self.to(case, "received_inspecting")
        return (lost, Conceded(to.name, to.phase, units, "lost", note=self.note))

    def _parcel(self, case: Case) -> Parcel:
        waybill = "".join(self.waybill.split())
        whole = [p for p in losable(case) if not waybill or p.waybill == waybill]
        if not whole:
            raise Refused("no_such_parcel", waybill=self.waybill)
        if len(whole) > 1:
            raise Refused("which_parcel", allowed=tuple(p.waybill for p in whole), field="waybill")
        return whole[0]

    def _repair(self, case: Case, ctx: Context, parcel: Parcel, lost: ParcelLost) -> tuple[Event, ...]:
        """Goods that the repairer answers for are replaced: the right to an exchange opens (an interpretation)."""
        to = self.to(case, "diagnosing")
        moved = Moved("parcel_lost", to.name, to.phase, reason="lost", note=self.note)
        answers = parcel.direction == "out" or self.risk == "merchant"
        time = timed(case, "consumer", ctx)
        return (lost, moved, *(opened(case, ctx) if answers else ()), *time[:1])


def _still(case: Case, lines: tuple[LineQty, ...]) -> tuple[LineQty, ...]:
    """The units of a parcel that may still come: what was missing once is awaited again when it was sent anew."""
    left = {units.line: units.qty for units in away(case)}
    still = ((units.line, min(units.qty, left.get(units.line, 0))) for units in lines)
    return tuple(LineQty(number, qty) for number, qty in still if qty > 0)


@verb("keep_goods", confirm=True, example="csdesk case do RT-… keep_goods reason=policy")
@dataclass(frozen=True, slots=True)
class KeepGoods(Deciding):
    """The consumer need not send approved goods back: by the merchant's own policy, or with evidence and an article.

    Nobody may be made to refund without return (order 116 §27): without such a policy goods stay away only when they
    are worth nothing or must not be sent.
    """

    reason: str = field(default="policy", metadata={"choices": KEEP_REASONS})
    evidence: tuple[str, ...] = ()
    article: str = ""
    lines: tuple[LineQty, ...] = ()
    note: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": awaited(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in KEEP_REASONS:
            raise Refused("unknown_reason", reason=self.reason, allowed=KEEP_REASONS)
        evidence: tuple[str, ...] = ()
        if self.reason == "policy":
            rules = ctx.policy.operations.rules(case.kind, case.merchant)
            if not (rules.refund if case.kind is Kind.RETURN else rules.delivery).early:
                raise Refused("no_such_policy", kind=case.kind)
        else:
            evidence = checked_evidence(self.evidence, case, "needs_evidence_of_state")
            if not self.article:
                raise Refused("needs_article")
        lines = self.lines or awaited(case)
        left = {units.line: units.qty for units in awaited(case)}
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_approved")
        check_free(lines, case, ctx)
        to = self.to(case)
        return (Conceded(to.name, to.phase, lines, self.reason, self.article, self.note, evidence),)
