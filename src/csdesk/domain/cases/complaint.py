"""Complaint 投诉: heard, answered, negotiated, mediated, ruled on (DOMAIN §3); never closed without a result notice.

What goes on outside (消协, 12315, arbitration, court) runs beside it as tracks, and is no state of it: `courses.py`.
"""

from dataclasses import field

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.command import Command, Deciding, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.value import dataclass

REASONS = (
    "false_advertising",
    "counterfeit",
    "price_fraud",
    "service",
    "delay",
    "refund_late",
    "delivery",
    "food_safety",
    "privacy",
    "auto_renewal",
    "deposit",
    "refund_overdue",
    "no_return_address",
    "gift_deducted",
    "promo_recalculated",
    "freight_insurance_short",
    "parcel_lost_blame",
    "station_without_consent",
    "signed_not_received",
    "price_up_then_down",
    "promise_not_kept",
    "prepaid_shop_closed",
    "deposit_withheld",
    "review_threat",
    "minor_recharge",
    "deflection",
    "out_of_stock_cancelled",
    "other",
)
OUTCOMES = ("upheld", "partly_upheld", "not_upheld")


@verb("acknowledge", bulk=True, example="csdesk case do CP-… acknowledge")
@dataclass(frozen=True, slots=True)
class Acknowledge(Command):
    """Tell the consumer that the complaint was received and who works on it."""


@verb("ask_evidence", example="csdesk case do CP-… ask_evidence note=请提供开箱视频")
@dataclass(frozen=True, slots=True)
class AskEvidence(Command):
    """Ask the consumer for evidence."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("ask_evidence", to.name, to.phase, note=self.note),)


@verb("negotiate", bulk=True, example="csdesk case do CP-… negotiate")
@dataclass(frozen=True, slots=True)
class Negotiate(Command):
    """Consumer and merchant talk."""


@verb("mediate", bulk=True, example="csdesk case do CP-… mediate")
@dataclass(frozen=True, slots=True)
class Mediate(Command):
    """The platform mediates (七日办法 §24; 电商法 §§60-61)."""


@verb("rule", bulk=True, confirm=True, example="csdesk case do CP-… rule outcome=upheld article=P40")
@dataclass(frozen=True, slots=True)
class Rule(Deciding):
    """Decide the complaint: upheld, partly upheld, or not, with the article it rests on."""

    outcome: str = field(default="", metadata={"choices": OUTCOMES})
    article: str = ""
    note: str = ""

    def stance(self) -> Stance:
        return Stance.DENIES if self.outcome == "not_upheld" else Stance.GRANTS

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.outcome not in OUTCOMES:
            raise Refused("unknown_outcome", outcome=self.outcome, allowed=OUTCOMES)
        if not self.article:
            raise Refused("needs_article")
        to = self.to(case)
        return (
            Moved(
                "rule",
                to.name,
                to.phase,
                "",
                self.article,
                outcome=self.outcome,
                decides=True,
                note=self.note,
            ),
        )


@verb("accept", example="csdesk case do CP-… accept")
@dataclass(frozen=True, slots=True)
class Accept(Command):
    """The consumer accepts the decision."""


MACHINE = register(
    Machine(
        Kind.COMPLAINT,
        reasons=REASONS,
        states=(
            State("received", Phase.OURS, (Term("acknowledge", 24, "hours", "policy"),)),
            State("acknowledged", Phase.OURS, (Term("negotiate", 3, "days", "policy"),)),
            State("evidence", Phase.WAITING, (Term("evidence", 3, "days", "policy"),), waits="customer"),
            State(
                "negotiating",
                Phase.WAITING,
                (Term("negotiate", 3, "days", "policy"),),
                keeps=("negotiate",),
                waits="merchant",
            ),
            State("platform_mediation", Phase.OURS, (Term("mediate", 7, "days", "policy"),)),
            State("decided", Phase.WAITING, (Term("accept", 7, "days", "policy"),), waits="customer"),
            State("human_review", Phase.OURS, (Term("review", 3, "days", "policy"),)),
            State("accepted", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
        ),
        edges=(
            Edge("acknowledge", ("received",), "acknowledged"),
            Edge("ask_evidence", ("acknowledged", "negotiating"), "evidence"),
            Edge("negotiate", ("acknowledged", "evidence"), "negotiating"),
            Edge("mediate", ("evidence", "negotiating"), "platform_mediation"),
            Edge("rule", ("negotiating", "platform_mediation", "human_review"), "decided"),
            Edge("accept", ("decided",), "accepted"),
            Edge("close", ("accepted", "decided"), "closed"),
            Edge("appeal", ("decided",), "human_review"),
            Edge(
                "withdraw",
                ("received", "acknowledged", "evidence", "negotiating", "platform_mediation", "decided"),
                "withdrawn",
            ),
            Edge("reopen", ("closed", "withdrawn"), "acknowledged"),
        ),
    )
)
