"""Verbs of a refund without return: where the goods are, turning them back, the merchant's consent, what needs none."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.case import Case, CaseLine, Kind, LineQty
from csdesk.domain.cases.command import Command, Deciding, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Order, Refused
from csdesk.domain.cases.events import Approved, Converted, Event, Moved
from csdesk.domain.cases.goods import check_free, check_more, checked_evidence
from csdesk.domain.cases.goods_events import Conceded, Signalled
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.value import dataclass

STAGES = ("not_shipped", "in_transit", "signed")
GROUNDS = ("rotten", "hazardous", "empty_parcel", "worthless")
DENIALS = ("goods_wanted_back", "no_evidence", "goods_used", "amount_too_high", "other")
# What makes a person look twice, and never decides (DOMAIN §2.10; PIPL §24(3)).
SIGNALS = ("refund_only_ratio", "evidence_reused", "picture_made", "address_cluster", "cheap_return_refused")
# Why goods that were to be refunded come back after all, in the words of a return.
AS_RETURN: Mapping[str, str] = {
    "fruit_rotten": "quality",
    "fresh_spoiled": "quality",
    "minor_flaw": "quality",
    "empty_parcel": "wrong_item",
    "refused_parcel": "no_longer_wanted",
}


def stage_of(order: Order) -> str:
    """Where the goods are by the order's record: one of `STAGES`."""
    if order.signed_at or order.status == "delivered":
        return "signed"
    return "in_transit" if order.shipped_at or order.status == "shipped" else "not_shipped"


def open_units(case: Case) -> tuple[LineQty, ...]:
    """Units asked for that are neither owed already nor with the merchant."""
    left = ((line.line, line.asked - line.conceded - line.received) for line in case.lines)
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


def _too_late(case: Case, ctx: Context) -> Refused | None:
    """Why the order's record forbids to treat the goods as if nobody had signed for them yet."""
    if ctx.order is not None and stage_of(ctx.order) == "signed":
        return Refused("already_received", order=ctx.order.number)
    return None


@verb("classify", example="csdesk case do RO-… classify stage=in_transit")
@dataclass(frozen=True, slots=True)
class Classify(Command):
    """Say where the goods are, as the order tells when `stage` is empty; further than it knows, but never less far."""

    stage: str = field(default="", metadata={"choices": STAGES})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("order_unknown") if refused is None and not case.lines else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        known = stage_of(ctx.order) if ctx.order is not None else ""
        stage = self.stage or known
        if not stage:
            raise Refused("order_unknown")
        if stage not in STAGES:
            raise Refused("bad_choice", field="stage", value=stage, allowed=STAGES)
        if known and STAGES.index(stage) < STAGES.index(known) and ctx.order is not None:
            code = "already_received" if known == "signed" else "already_dispatched"
            raise Refused(code, order=ctx.order.number)
        to = self.to(case, stage)
        return (Moved("classify", to.name, to.phase),)


@dataclass(frozen=True, slots=True)
class _Owing(Deciding):
    """A verb by which units are owed without coming back."""

    lines: tuple[LineQty, ...] = ()

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": open_units(case)}

    def units(self, case: Case, ctx: Context) -> tuple[LineQty, ...]:
        """The named units, all that are open when none are named; Refused when they are not."""
        lines = self.lines or open_units(case)
        left = {units.line: units.qty for units in open_units(case)}
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_asked")
        check_more(lines, case, ctx)
        return lines


@verb("agree_refund", bulk=True, example="csdesk case do RO-… agree_refund")
@dataclass(frozen=True, slots=True)
class AgreeRefund(_Owing):
    """Cancel before dispatch: the units are owed. Once they are signed for, nobody may force this on the merchant.

    网络交易平台规则监督管理办法 (order 116, 2026-02-01) §27: a platform may not make a merchant refund without return.
    """

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is not None:
            return refused
        if case.state != "not_shipped":
            return Refused("no_forced_refund", law="116 §27")
        if ctx.order is not None and (stage := stage_of(ctx.order)) != "not_shipped":
            code = "already_received" if stage == "signed" else "already_dispatched"
            return Refused(code, order=ctx.order.number)
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        to = self.to(case)
        return (Conceded(to.name, to.phase, self.units(case, ctx), "not_shipped", note=self.note),)


@verb("dispatched", example="csdesk case do RO-… dispatched")
@dataclass(frozen=True, slots=True)
class Dispatched(Command):
    """The goods left before the order could be cancelled: they are to be stopped on their way."""


@verb("intercept", example="csdesk case do RO-… intercept note=已联系快递拦截")
@dataclass(frozen=True, slots=True)
class Intercept(Command):
    """Ask the carrier to stop the parcel and bring it back."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return super().off(case, ctx) or _too_late(case, ctx)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("intercept", to.name, to.phase, note=self.note),)


@verb("intercept_fails", example="csdesk case do RO-… intercept_fails note=快递已派送")
@dataclass(frozen=True, slots=True)
class InterceptFails(Command):
    """The carrier could not stop the parcel."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("intercept_fails", to.name, to.phase, note=self.note),)


@verb("turn_back", example="csdesk case do RO-… turn_back refused=true")
@dataclass(frozen=True, slots=True)
class TurnBack(Deciding):
    """The goods are on their way back: stopped by the carrier, or refused by the consumer at the door.

    What comes back is paid for when it is there, what gets lost on the way when that is certain.
    """

    refused: bool = False

    def stance(self) -> Stance:
        return Stance.GRANTS

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx) or _too_late(case, ctx)
        return Refused("nothing_owed") if refused is None and not open_units(case) else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        to = self.to(case)
        lines = tuple(LineQty(line.line, line.asked) for line in case.lines)
        check_free(lines, case, ctx)
        return (Approved(to.name, to.phase, lines, (), "refused" if self.refused else "intercepted"),)


@verb("signed_for", example="csdesk case do RO-… signed_for")
@dataclass(frozen=True, slots=True)
class SignedFor(Command):
    """The consumer has the goods: from here on the merchant has to agree, or the goods come back."""


@verb("goods_lost", confirm=True, example="csdesk case do RO-… goods_lost evidence=SF-20261102")
@dataclass(frozen=True, slots=True)
class GoodsLost(_Owing):
    """The carrier gave the goods up before anybody signed: the loss is the merchant's (电商法 §20; 民法典 §604)."""

    evidence: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not open_units(case):
            return Refused("all_received")
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        # On their way back the goods were refused or stopped; before that a signature ends the merchant's risk.
        late = None if case.state in ("intercepted", "received_inspecting") else _too_late(case, ctx)
        if late is not None:
            raise late
        evidence = checked_evidence(self.evidence, case, "needs_evidence_of_state")
        to = self.to(case)
        return (
            Conceded(to.name, to.phase, self.units(case, ctx), "lost", note=self.note, evidence=evidence),
        )


@verb("ask_consent", example="csdesk case do RO-… ask_consent")
@dataclass(frozen=True, slots=True)
class AskConsent(Command):
    """Ask the merchant whether the consumer may keep the goods and have the money. Silence is no consent."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("ask_consent", to.name, to.phase, note=self.note),)


@verb("give_consent", confirm=True, example="csdesk case do RO-… give_consent lines=1x1 evidence=chat-1102")
@dataclass(frozen=True, slots=True)
class GiveConsent(_Owing):
    """The merchant agrees: the named units are owed and the goods stay; `evidence` names where the merchant said so."""

    evidence: tuple[str, ...] = ()
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        evidence = checked_evidence(self.evidence, case, "needs_consent_evidence")
        to = self.to(case)
        return (
            Conceded(to.name, to.phase, self.units(case, ctx), "consent", note=self.note, evidence=evidence),
        )


@verb("deny_consent", example="csdesk case do RO-… deny_consent reason=goods_wanted_back")
@dataclass(frozen=True, slots=True)
class DenyConsent(Command):
    """The merchant does not agree, and says why. That refuses nothing yet: the goods may come back instead."""

    reason: str = field(default="", metadata={"choices": DENIALS})
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in DENIALS:
            raise Refused("unknown_reason", reason=self.reason, allowed=DENIALS)
        to = self.to(case)
        return (Moved("deny_consent", to.name, to.phase, self.reason, note=self.note),)


@verb(
    "decide_worthless",
    confirm=True,
    example="csdesk case do RO-… decide_worthless ground=rotten evidence=IMG_0412.jpg article=P34",
)
@dataclass(frozen=True, slots=True)
class DecideWorthless(_Owing):
    """The goods are not worth sending back, or must not be: shown by evidence, and decided by an article."""

    ground: str = field(default="", metadata={"choices": GROUNDS})
    evidence: tuple[str, ...] = ()
    article: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.ground not in GROUNDS:
            raise Refused("unknown_reason", reason=self.ground, allowed=GROUNDS)
        evidence = checked_evidence(self.evidence, case, "needs_evidence_of_state")
        if not self.article:
            raise Refused("needs_article")
        to = self.to(case)
        owed = self.units(case, ctx)
        return (Conceded(to.name, to.phase, owed, self.ground, self.article, self.note, evidence),)


@verb("signal", undo=Undo.NONE, why="record", example="csdesk case do RO-… signal signals=evidence_reused")
@dataclass(frozen=True, slots=True)
class Signal(Command):
    """Note what speaks for abuse, for whoever decides. It refuses nothing and changes nothing."""

    signals: tuple[str, ...]
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        named = tuple(dict.fromkeys(self.signals))
        unknown = next((signal for signal in named if signal not in SIGNALS), "")
        if unknown or not named:
            raise Refused("unknown_reason", reason=unknown, allowed=SIGNALS)
        return (Signalled(named, self.note),)


@verb(
    "convert_to_return", undo=Undo.NONE, why="another_kind", example="csdesk case do RO-… convert_to_return"
)
@dataclass(frozen=True, slots=True)
class ConvertToReturn(Command):
    """The goods come back after all: the case goes on as a return, with its lines, its number and its history."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is not None:
            return refused
        if ctx.order is None:
            return Refused("order_unknown")
        if ctx.order.status not in ("shipped", "delivered"):
            return Refused("not_delivered", order=ctx.order.number, status=ctx.order.status)
        # What is owed, paid or here already cannot be asked for a second time under another name.
        settled = any(line.conceded or line.received for line in case.lines)
        settled = settled or any(refund.live for refund in case.refunds)
        return Refused("partly_settled") if settled else None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        lines = tuple(_asked(line) for line in case.lines)
        check_free(tuple(LineQty(line.line, line.asked) for line in lines), case, ctx)
        to = MACHINES[Kind.RETURN].state("reviewing")
        reason = AS_RETURN.get(case.reason, "other")
        return (Converted(Kind.RETURN, to.name, to.phase, lines, reason),)


def _asked(line: CaseLine) -> CaseLine:
    """The line as it was asked for, with nothing done to it."""
    return CaseLine(line.line, line.sku, line.title, line.bought, line.paid, line.asked)
