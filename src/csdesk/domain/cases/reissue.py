"""Reissue 补发: what came short or broken is sent again, or its money goes back (DOMAIN §3; 消法 §§48, 52)."""

from collections.abc import Mapping
from typing import Any

from csdesk.domain.cases.case import Case, Kind, LineQty, Phase
from csdesk.domain.cases.command import Command, Deciding, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved
from csdesk.domain.cases.exchange import owed_units
from csdesk.domain.cases.goods import check_more, checked_evidence
from csdesk.domain.cases.goods_events import Conceded
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.value import dataclass

REASONS = (
    "missing_item",
    "missing_part",
    "short_weight",
    "partly_damaged",
    "gift_missing",
    "other",
)


def unverified(case: Case) -> tuple[LineQty, ...]:
    """Reported units that nobody has found to be owed."""
    left = ((line.line, line.asked - line.conceded) for line in case.lines)
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


@verb("verify", example="csdesk case do RI-… verify lines=1x1 evidence=IMG_0412.jpg")
@dataclass(frozen=True, slots=True)
class Verify(Deciding):
    """Compare what was ordered with what came: the named units (all that were reported) are owed, goods or money.

    The rest of the report is refused by it. `evidence` names pictures of the parcel, the packing list, the scales.
    """

    evidence: tuple[str, ...]
    lines: tuple[LineQty, ...] = ()
    note: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    def about(self) -> frozenset[int]:
        return frozenset(units.line for units in self.lines)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not case.lines:
            return Refused("order_unknown")
        return Refused("all_verified") if refused is None and not unverified(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": unverified(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        evidence = checked_evidence(self.evidence, case, "needs_evidence_of_state")
        lines = self.lines or unverified(case)
        left = {units.line: units.qty for units in unverified(case)}
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_asked")
        check_more(lines, case, ctx)
        to = self.to(case)
        return (Conceded(to.name, to.phase, lines, "short", note=self.note, evidence=evidence),)


@verb("check_stock", bulk=True, example="csdesk case do RI-… check_stock")
@dataclass(frozen=True, slots=True)
class CheckStock(Command):
    """Ask the warehouse whether what is owed is there."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("nothing_owed") if refused is None and not owed_units(case) else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("check_stock", to.name, to.phase, note=self.note),)


def _states() -> tuple[State, ...]:
    review = Term("review", 48, "hours", "policy", pauses_on=("customer",))
    refusal = Term("refusal", 15, "days", "law", "处罚办法 §8", since="asked")
    # 消法 §§24, 52 name no days for the money; what the law has is 15 days, then it counts as refused.
    refund = (
        Term("refund", 7, "days", "policy"),
        Term("refund_refusal", 15, "days", "law", "处罚办法 §8"),
    )
    keeps = ("refund", "refund_refusal")
    return (
        State("reported", Phase.OURS, (review, refusal)),
        State(
            "evidence",
            Phase.WAITING,
            (Term("evidence", 7, "days", "policy", then="auto_close"),),
            keeps=("review", "refusal"),
            waits="customer",
        ),
        State("verified", Phase.OURS, (Term("stock", 24, "hours", "policy"),)),
        State("stock_check", Phase.OURS, (Term("reissue", 72, "hours", "policy"),), keeps=("reissue",)),
        State(
            "reissue_shipped", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),), waits="carrier"
        ),
        State("delivered", Phase.OURS, (Term("close", 3, "days", "policy"),)),
        State("refund_shortfall", Phase.OURS, refund, keeps=keeps),
        State("refunding", Phase.WAITING, keeps=keeps, waits="bank"),
        State("refunded", Phase.OURS, (Term("close", 3, "days", "policy"),)),
        State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),), waits="customer"),
        State("platform_review", Phase.WAITING, (Term("platform", 7, "days", "policy"),), waits="platform"),
        State("closed", Phase.DONE),
        State("withdrawn", Phase.DONE),
        State("auto_closed", Phase.DONE),
    )


_OWING = ("verified", "stock_check", "refund_shortfall", "reissue_shipped", "delivered")
_ASKING = ("reported", "evidence", "platform_review")

MACHINE = register(
    Machine(
        Kind.REISSUE,
        reasons=REASONS,
        states=_states(),
        edges=(
            Edge("verify", _ASKING, "verified"),
            Edge("verify", ("verified", "stock_check")),
            Edge("ask_evidence", ("reported",), "evidence"),
            Edge(
                "check_stock", ("verified", "refund_shortfall", "reported", "platform_review"), "stock_check"
            ),
            Edge("reissue", _OWING, "reissue_shipped"),
            Edge("reissue", ("refunded",), "reissue_shipped"),
            Edge("deliver", ("reissue_shipped",), "delivered"),
            Edge("deliver", ("stock_check", "refund_shortfall", "refunding", "refunded")),
            Edge("refund", ("refund_shortfall", "refunding"), "refunding"),
            Edge(
                "no_stock",
                ("verified", "stock_check", "reissue_shipped", "delivered", "refunded"),
                "refund_shortfall",
            ),
            Edge(
                "parcel_lost", ("reissue_shipped", "stock_check", "refund_shortfall", "refunding", "refunded")
            ),
            # From stock too: a refund that was given up may be confirmed late, and then nothing is left to send.
            Edge("close", ("delivered", "refunded", "rejected", "refund_shortfall", "stock_check"), "closed"),
            Edge("reject", ("reported", "evidence", "platform_review"), "rejected"),
            Edge("appeal", ("rejected",), "platform_review"),
            Edge(
                "withdraw",
                ("reported", "evidence", "verified", "stock_check", "rejected", "platform_review"),
                "withdrawn",
            ),
            Edge("settle_refund", ("refunding",), "refunded"),
            Edge("refund_failed", ("refunding", "refunded"), "refund_shortfall"),
            Edge("auto_close", ("evidence",), "auto_closed"),
            Edge("reopen", ("closed", "withdrawn", "auto_closed"), "reported"),
        ),
    )
)
