"""Refund without return 仅退款: not shipped, on the way or signed for; never forced on a merchant (DOMAIN §2.10)."""

from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register

REASONS = (
    "fruit_rotten",
    "fresh_spoiled",
    "cancel_before_dispatch",
    "parcel_lost",
    "refused_parcel",
    "minor_flaw",
    "empty_parcel",
    "other",
)
# Before the consumer has signed for the goods; after that the merchant has a say.
MOVING = ("in_transit", "intercepting", "intercept_failed")
SIGNED = ("signed", "consent_asked", "consent_denied")


def _states() -> tuple[State, ...]:
    review = Term("review", 48, "hours", "policy", pauses_on=("customer", "merchant"))
    refusal = Term("refusal", 15, "days", "law", "处罚办法 §8", since="asked")
    kept = ("review", "refusal")
    # The seven days of 消法 §25(3) are for goods that came back without a reason; here the law has only the 15 days
    # after which it counts as refused.
    refund = (
        Term("refund", 7, "days", "policy"),
        Term("refund_refusal", 15, "days", "law", "处罚办法 §8"),
    )
    keeps = ("refund", "refund_refusal")
    return (
        State("submitted", Phase.OURS, (review, refusal)),
        State(
            "evidence",
            Phase.WAITING,
            (Term("evidence", 7, "days", "policy", then="auto_close"),),
            keeps=kept,
            waits="customer",
        ),
        State("not_shipped", Phase.OURS, (Term("cancel", 24, "hours", "policy"),), keeps=kept),
        State("in_transit", Phase.OURS, (Term("intercept", 24, "hours", "policy"),), keeps=kept),
        State(
            "intercepting", Phase.WAITING, (Term("intercept_answer", 3, "days", "policy"),), waits="carrier"
        ),
        State("intercept_failed", Phase.OURS, (review,), keeps=kept),
        State("intercepted", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),), waits="carrier"),
        State("received_inspecting", Phase.OURS, refund, keeps=keeps),
        State("signed", Phase.OURS, (review,), keeps=kept),
        State(
            "consent_asked",
            Phase.WAITING,
            (Term("consent", 48, "hours", "policy"),),
            keeps=kept,
            waits="merchant",
        ),
        State("consent_denied", Phase.OURS, (review,), keeps=kept),
        State("refund_agreed", Phase.OURS, refund, keeps=keeps),
        State("refunding", Phase.WAITING, keeps=keeps, waits="bank"),
        State("refunded", Phase.OURS, (Term("close", 3, "days", "policy"),)),
        State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),), waits="customer"),
        State("platform_review", Phase.OURS, (Term("platform", 7, "days", "policy"),)),
        State("closed", Phase.DONE),
        State("withdrawn", Phase.DONE),
        State("auto_closed", Phase.DONE),
    )


_DECIDING = (
    "submitted",
    "evidence",
    "not_shipped",
    "in_transit",
    "intercept_failed",
    *SIGNED,
    "platform_review",
)
_PAYING = ("received_inspecting", "refund_agreed", "refunding", "refunded")
# Here goods that came back and failed inspection may go to the consumer again.
_HOMEWARD = (*_PAYING, "rejected")

MACHINE = register(
    Machine(
        Kind.REFUND_ONLY,
        reasons=REASONS,
        states=_states(),
        edges=(
            Edge("classify", ("submitted", "evidence", "platform_review")),
            Edge("agree_refund", ("not_shipped",), "refund_agreed"),
            Edge("dispatched", ("not_shipped",), "in_transit"),
            Edge("intercept", ("in_transit", "intercept_failed"), "intercepting"),
            Edge("turn_back", ("in_transit", "intercepting", "intercept_failed"), "intercepted"),
            Edge("intercept_fails", ("intercepting",), "intercept_failed"),
            Edge("signed_for", MOVING, "signed"),
            Edge("receive", ("intercepted", *_PAYING), "received_inspecting"),
            Edge("inspect", _PAYING, "received_inspecting"),
            Edge("ask_consent", ("signed", "consent_denied"), "consent_asked"),
            Edge("give_consent", SIGNED, "refund_agreed"),
            Edge("agree_reduction", SIGNED, "refund_agreed"),
            Edge("decide_worthless", (*SIGNED, "platform_review"), "refund_agreed"),
            Edge("deny_consent", ("signed", "consent_asked"), "consent_denied"),
            # From where it was taken up again too: what was granted before it ended is owed still.
            Edge("refund", ("received_inspecting", "refund_agreed", "refunding", *_DECIDING), "refunding"),
            Edge("refund_difference", ("refund_agreed",), "refunding"),
            Edge("goods_lost", (*MOVING, "intercepted", "received_inspecting"), "refund_agreed"),
            Edge("send_home", _HOMEWARD),
            Edge("deliver", _HOMEWARD),
            Edge("came_back", _HOMEWARD),
            Edge("give_up_goods", _HOMEWARD),
            Edge("parcel_lost", _HOMEWARD),
            Edge("convert_to_return", ("intercept_failed", *SIGNED, "platform_review")),
            Edge("close", ("refunded", "rejected", "received_inspecting", "refund_agreed"), "closed"),
            Edge("ask_evidence", ("submitted",), "evidence"),
            Edge("ask_evidence", ("signed", "consent_denied", "platform_review")),
            Edge("reject", _DECIDING, "rejected"),
            # What would make the merchant pay is named, and refused with the reason why.
            Edge("agree_refund", (*SIGNED, "platform_review"), "refund_agreed"),
            Edge("signal", (*_DECIDING, "intercepting", "intercepted", "rejected")),
            Edge("appeal", ("rejected",), "platform_review"),
            Edge("withdraw", (*_DECIDING, "intercepting", "refund_agreed", "rejected"), "withdrawn"),
            Edge("settle_refund", ("refunding",), "refunded"),
            Edge("refund_failed", ("refunding", "refunded"), "refund_agreed"),
            Edge("auto_close", ("evidence",), "auto_closed"),
            Edge("reopen", ("closed", "withdrawn", "auto_closed"), "submitted"),
        ),
    )
)
