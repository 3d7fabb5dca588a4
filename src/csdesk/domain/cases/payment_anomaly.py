"""Payment anomaly 支付异常: money was taken and something is wrong with that; found out, put right, confirmed.

Whoever processes a payment finds the cause of a wrong instruction and corrects it in time (电商法 §55); a payment that
the user did not authorise is the provider's loss unless it proves the user's fault (§57). The hours and days here are
the desk's own: the law says "in time".
"""

from dataclasses import field

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.command import Command, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Counted, Event, Moved
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.refunds import FOUND_PAYMENT
from csdesk.domain.cases.telling import needed
from csdesk.domain.value import dataclass

REASONS = (
    "paid_no_order",
    "double_charge",
    "unauthorised",
    "amount_mismatch",
    "refund_not_arrived",
    "fake_support",
    "phishing",
    "other",
)
# Somebody posed as the desk or as a bank: whatever becomes of the money, the police hear of it (条例 §49(2) for fraud).
CRIMES = ("fake_support", "phishing")
RULINGS = ("provider_bears", "user_fault")


def police_told(case: Case) -> bool:
    """Whether a track to the police was ever opened."""
    return any(track.kind == "police" for track in case.tracks)


@verb("reconcile", example="csdesk case do PA-… reconcile")
@dataclass(frozen=True, slots=True)
class Reconcile(Command):
    """Hold the order's record against what the payment provider captured."""


@dataclass(frozen=True, slots=True)
class Solve(Command):
    """A way out of the search. Where somebody posed as the desk or a bank, the police must hear of it first."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and case.reason in CRIMES and not police_told(case):
            return Refused("needs_police", reason=case.reason)
        return refused


@verb("repair_order", example="csdesk case do PA-… repair_order ref=W2611341")
@dataclass(frozen=True, slots=True)
class RepairOrder(Solve):
    """The money is right and the order was not: it is made or corrected; `ref` is its number."""

    ref: str
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, ref = self.to(case), needed(self.ref, "ref")
        return (
            Moved(
                "repair_order",
                to.name,
                to.phase,
                outcome="order_repaired",
                decides=True,
                note=self.note,
                ref=ref,
            ),
        )


@dataclass(frozen=True, slots=True)
class FindPayment(Solve):
    """A payment of the order, by its number, that no order stands behind; `refund_payment` then gives it back."""

    payment: int
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        if ctx.order is None:
            raise Refused("order_unknown")
        if not any(paid.number == self.payment for paid in ctx.order.payments):
            known = tuple(str(paid.number) for paid in ctx.order.payments)
            raise Refused("no_such_payment", payment=self.payment, allowed=known)
        moved = Moved(
            self.verb.name,
            to.name,
            to.phase,
            outcome="refunded",
            decides=True,
            note=self.note,
            ref=str(self.payment),
        )
        return (moved, Counted(FOUND_PAYMENT, self.payment))


@verb("find_duplicate", example="csdesk case do PA-… find_duplicate payment=2")
@dataclass(frozen=True, slots=True)
class FindDuplicate(FindPayment):
    """The same order was paid twice: this payment is the one too many (电商法 §55)."""


@verb("find_orphan", example="csdesk case do PA-… find_orphan payment=1")
@dataclass(frozen=True, slots=True)
class FindOrphan(FindPayment):
    """Money was captured and no order came of it (电商法 §55)."""


@verb("freeze_payment", confirm=True, example="csdesk case do PA-… freeze_payment")
@dataclass(frozen=True, slots=True)
class FreezePayment(Command):
    """The customer did not make this payment: freeze it at once, then take it to the provider (电商法 §57)."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("freeze_payment", to.name, to.phase, note=self.note),)


@verb("to_provider", example="csdesk case do PA-… to_provider ref=ZF-20261102-77")
@dataclass(frozen=True, slots=True)
class ToProvider(Solve):
    """Take the frozen payment to its provider; `ref` is the number under which the provider works on it."""

    ref: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, ref = self.to(case), needed(self.ref, "ref")
        return (Moved("to_provider", to.name, to.phase, ref=ref),)


@verb(
    "provider_ruled", example="csdesk case do PA-… provider_ruled outcome=provider_bears proof=ZF-20261102-77"
)
@dataclass(frozen=True, slots=True)
class ProviderRuled(Command):
    """What the provider found: it bears the loss, or it proves the user's fault; then `proof` names the evidence."""

    outcome: str = field(default="", metadata={"choices": RULINGS})
    proof: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.outcome not in RULINGS:
            raise Refused("unknown_outcome", outcome=self.outcome, allowed=RULINGS)
        fault = self.outcome == "user_fault"
        proof = needed(self.proof, "proof") if fault else self.proof.strip()
        to = self.to(case, "explained" if fault else "result_confirmed")
        article = "电子商务法 §57"
        return (
            Moved(
                "provider_ruled",
                to.name,
                to.phase,
                article=article,
                outcome=self.outcome,
                decides=True,
                ref=proof,
            ),
        )


@verb("explain_payment", example="csdesk case do PA-… explain_payment proof=对账单20261102第18行")
@dataclass(frozen=True, slots=True)
class ExplainPayment(Solve):
    """Nothing is wrong with the payment: say so with the proof (a line of the statement, the provider's answer)."""

    proof: str
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, proof = self.to(case), needed(self.proof, "proof")
        return (
            Moved(
                "explain_payment",
                to.name,
                to.phase,
                outcome="explained",
                decides=True,
                note=self.note,
                ref=proof,
            ),
        )


@verb("confirm_result", example="csdesk case do PA-… confirm_result")
@dataclass(frozen=True, slots=True)
class ConfirmResult(Command):
    """The customer sees the same: the order is there, or the explanation holds."""


_REFUNDS = ("refund_duplicate", "refund_orphan_capture")
_POLICY_DAY = Term("reconcile", 24, "hours", "policy")

MACHINE = register(
    Machine(
        Kind.PAYMENT_ANOMALY,
        reasons=REASONS,
        states=(
            State("reported", Phase.OURS, (_POLICY_DAY,)),
            State("reconciling", Phase.OURS, (Term("find_cause", 3, "days", "policy"),)),
            State("order_repaired", Phase.OURS, (Term("confirm", 3, "days", "policy"),)),
            State("refund_duplicate", Phase.OURS, (Term("refund", 24, "hours", "policy"),)),
            State("refund_orphan_capture", Phase.OURS, (Term("refund", 24, "hours", "policy"),)),
            # The provider's answer to a refund; nobody of ours can hurry it.
            State("refunding", Phase.WAITING, (Term("refund", 7, "days", "policy"),), waits="bank"),
            State("unauthorised_frozen", Phase.OURS, (Term("provider", 24, "hours", "policy"),)),
            State("provider", Phase.WAITING, (Term("provider_answer", 15, "days", "policy"),), waits="bank"),
            State("explained", Phase.OURS, (Term("confirm", 3, "days", "policy"),)),
            State("result_confirmed", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
        ),
        edges=(
            # Back again too: what was found may have been given back elsewhere, or be the customer's own payment.
            Edge("reconcile", ("reported", *_REFUNDS, "unauthorised_frozen"), "reconciling"),
            Edge("find_duplicate", ("reconciling",), "refund_duplicate"),
            Edge("find_orphan", ("reconciling",), "refund_orphan_capture"),
            Edge("repair_order", ("reconciling",), "order_repaired"),
            Edge("explain_payment", ("reconciling",), "explained"),
            Edge("freeze_payment", ("reported", "reconciling"), "unauthorised_frozen"),
            Edge("to_provider", ("unauthorised_frozen",), "provider"),
            Edge("provider_ruled", ("provider",), "result_confirmed"),
            Edge("refund_payment", (*_REFUNDS, "refunding"), "refunding"),
            Edge("settle_refund", ("refunding",), "result_confirmed"),
            # What the provider would not pay must be looked at anew.
            Edge("refund_failed", ("refunding",), "reconciling"),
            Edge("confirm_result", ("order_repaired", "explained"), "result_confirmed"),
            Edge("close", ("result_confirmed", "explained"), "closed"),
            # The customer does not take the explanation.
            Edge("appeal", ("explained", "order_repaired"), "reconciling"),
            Edge("withdraw", ("reported", "reconciling"), "withdrawn"),
            Edge("reopen", ("closed", "withdrawn"), "reconciling"),
        ),
    )
)
