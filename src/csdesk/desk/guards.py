"""Guards: facts that must hold before a canned reply is used, told from the case; what it cannot tell is asked.

The codes are those of `data/knowledge/canned.toml`. Each function answers True, False, or None: the desk cannot
know. Then a person confirms it, and what was confirmed in a reply that left counts from then on (`Known.confirmed`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from csdesk.domain.cases.case import Case, CaseLine, Kind
from csdesk.domain.cases.context import Order
from csdesk.domain.cases.events import ReplyHeld, Undone
from csdesk.domain.cases.repair import FAILED_REPAIRS
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.desk.law.judging import Judged
    from csdesk.domain.entitlement.decision import Decision
    from csdesk.store.cases import Past

# How a confirmed guard is written in a reply's event.
CONFIRMED = "guard."
# Nothing is decided yet in these, or what was decided is looked at again.
_UNDECIDED = frozenset({
    "submitted", "reviewing", "diagnosing", "reported", "evidence", "platform_review", "human_review",
})  # fmt: skip
_REFUSED = frozenset({"rejected", "dispute"})
_REFUSING = frozenset({"rejected", "not_upheld"})
_QUALITY = frozenset({"quality_remedy", "sanbao", "burden_of_proof"})
_COUPONS = frozenset({"coupon", "voucher", "points", "优惠券", "积分", "红包"})
_LATE_REFUND = frozenset({"refund_late", "refund_overdue"})
_GRANTED = frozenset({"eligible", "must_refund"})

Holds = bool | None


@dataclass(frozen=True, slots=True)
class Money:
    """What the order cost, minor units: its total, and whether a line was sold below its price."""

    total: int
    discounted: bool


@dataclass
class Known:
    """What guards are told from. What costs a read or a decision is asked for by the guards that need it."""

    case: Case
    order: Order | None
    now: int
    address: str = ""
    judge: Callable[[], "tuple[Judged, ...]"] = tuple
    past: Callable[[], "Sequence[Past]"] = tuple
    price: Callable[[], Money | None] = lambda: None
    stock: Callable[[Iterable[str]], dict[str, int]] = lambda skus: {}
    _told: dict[str, Holds] = field(default_factory=dict)

    def holds(self, code: str) -> Holds:
        """Whether a guard holds; None when the desk cannot know, as with a code of somebody else's list."""
        if code not in self._told:
            guard = GUARDS.get(code)
            told = guard(self) if guard is not None else None
            self._told[code] = True if told is None and CONFIRMED + code in self.confirmed else told
        return self._told[code]

    @cached_property
    def history(self) -> "Sequence[Past]":
        """What happened and was not taken back, in order; nothing when a later csdesk wrote some of it."""
        past = self.past()
        undone = {p.event.cause for p in past if isinstance(p.event, Undone)}
        return [p for p in past if p.cause not in undone]

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The verbs that were used and not taken back."""
        return frozenset(p.verb for p in self.history)

    @cached_property
    def confirmed(self) -> frozenset[str]:
        """What was confirmed in replies to this case that were not recalled."""
        sent = {m.id for m in self.case.messages if m.direction == "out" and m.state != "recalled"}
        if not sent:
            return frozenset()
        held = (p.event for p in self.history if isinstance(p.event, ReplyHeld) and p.event.id in sent)
        return frozenset(code for event in held for code in event.confirmed)

    @cached_property
    def decisions(self) -> "tuple[tuple[str, Decision], ...]":
        """The question (kind) and the decision of each line that puts one; none where facts exclude each other."""
        from csdesk.domain.entitlement.decision import Decision

        judged = self.judge()
        return tuple((j.decision.kind, j.decision) for j in judged if isinstance(j.decision, Decision))

    @cached_property
    def money(self) -> Money | None:
        """What the order cost; None without an order."""
        return self.price()

    @cached_property
    def lines(self) -> tuple[CaseLine, ...]:
        """The lines that the case asks about."""
        return tuple(line for line in self.case.lines if line.asked)

    def stated(self, name: str) -> object:
        """What people established under this name, on any line; None when nobody did or they differ."""
        values = {fact.value for fact in self.case.facts if fact.name == name}
        return values.pop() if len(values) == 1 else None


def _stated_flag(known: Known, name: str) -> Holds:
    value = known.stated(name)
    return value if isinstance(value, bool) else None


# Goods


def _return_approved(known: Known) -> Holds:
    case = known.case
    return any(line.approved for line in case.lines) and case.state not in _UNDECIDED | _REFUSED


def _repair_accepted(known: Known) -> Holds:
    return known.case.kind is Kind.REPAIR and _return_approved(known)


def _received(known: Known) -> Holds:
    return any(line.received for line in known.case.lines) if known.case.lines else None


def _gift_missing(known: Known) -> Holds:
    """A gift is a line that cost nothing; one that is no line of the order is only known to people."""
    case = known.case
    if (returned := _stated_flag(known, "gift_returned")) is not None:
        return not returned
    if not any(line.received for line in case.lines):
        return False
    gifts = [line for line in known.lines if not line.paid]
    if gifts:
        return any(line.missing or line.received < (line.approved or line.asked) for line in gifts)
    return None


def _exchange_completed(known: Known) -> Holds:
    """An exchange counts from the day on which the other goods were delivered (条例 §18)."""
    return known.case.kind is Kind.EXCHANGE and bool(known.case.counters.get("warranty_from"))


def _two_failed_repairs(known: Known) -> Holds:
    case = known.case
    if case.counters.get("failed_repairs", 0) >= FAILED_REPAIRS:
        return True
    # An exchange that says so speaks of repairs elsewhere.
    return None if case.kind is Kind.EXCHANGE and case.reason == "two_repairs_failed" else False


def _reissue_shipped(known: Known) -> Holds:
    out = any(parcel.direction == "out" and not parcel.lost_at for parcel in known.case.parcels)
    return out and known.case.kind is not Kind.REPAIR


def _shortage_verified(known: Known) -> Holds:
    """Found by comparing what was ordered with what came (`verify`); until then the question is open."""
    if known.case.kind is Kind.REISSUE:
        return any(line.conceded for line in known.case.lines)
    return _granted(known, "shortage")


def _out_of_stock(known: Known) -> Holds:
    """Said by an agent (`no_stock`), or by the shop's own stock of the goods."""
    case = known.case
    if case.state == "out_of_stock" or "no_stock" in known.verbs:
        return True
    if known.order is None:
        return None
    wanted = {line.line for line in known.lines}
    skus = [line.sku for line in known.order.lines if not wanted or line.line in wanted]
    left = known.stock(skus)
    return any(not left[sku] for sku in skus) if skus and all(sku in left for sku in skus) else None


# Order and delivery


def _signed_at(known: Known) -> Holds:
    order = known.order
    if order is not None and order.signed_at:
        return True
    if any(known.stated(name) for name in ("signed_at", "received_at", "collected_at")):
        return True
    return False if order is not None and order.status in ("pending", "shipped") else None


def _tracking_signed(known: Known) -> Holds:
    order = known.order
    return None if order is None else bool(order.signed_at) or order.status == "delivered"


def _not_signed(known: Known) -> Holds:
    signed = _tracking_signed(known)
    return None if signed is None else not signed


def _order_paid(known: Known) -> Holds:
    order = known.order
    return None if order is None else bool(order.paid_at) or any(p.captured > 0 for p in order.payments)


def _coupon_used(known: Known) -> Holds:
    """A coupon that paid is a payment; one that lowered the price shows only as a lower price."""
    if known.order is None:
        return None
    if any(payment.method in _COUPONS for payment in known.order.payments):
        return True
    return None if known.money is None or known.money.discounted else False


def _bundle_broken(known: Known) -> Holds:
    """Only where part of a discounted order stays with the consumer can a discount no longer hold."""
    if known.order is None or known.money is None:
        return None
    asked = {line.line: line.asked for line in known.case.lines}
    stays = any(line.qty > asked.get(line.line, 0) for line in known.order.lines)
    return None if stays and asked and known.money.discounted else False


# Money


def _refunds(known: Known) -> list[str]:
    return [refund.state for refund in known.case.refunds if refund.live]


def _refund_decided(known: Known) -> Holds:
    """One that waits for a second person is not decided."""
    return any(state != "awaiting" for state in _refunds(known))


def _refund_confirmed(known: Known) -> Holds:
    states = _refunds(known)
    return bool(states) and set(states) == {"confirmed"}


def _refund_overdue(known: Known) -> Holds:
    case = known.case
    if _refund_confirmed(known):
        return False
    if any(clock.name == "refund" and clock.due <= known.now for clock in case.clocks):
        return True
    # A complaint about a late refund speaks of another case, or of none.
    return None if case.reason in _LATE_REFUND else False


def _duplicate_capture(known: Known) -> Holds:
    """Found by an agent (`find_duplicate`), else told by the payments: more than the order cost, the same twice."""
    if "find_duplicate" in known.verbs:
        return True
    if known.order is None or known.money is None:
        return None
    taken = [payment.captured for payment in known.order.payments]
    return sum(taken) > known.money.total and len(set(taken)) < len(taken)


def _captured_no_order(known: Known) -> Holds:
    if "find_orphan" in known.verbs:
        return True
    if {"find_duplicate", "repair_order", "explain_payment"} & known.verbs:
        return False
    # What was shipped had an order.
    return False if known.order is not None and known.order.status in ("shipped", "delivered") else None


# Decisions


def _reason(code: str) -> Callable[[Known], Holds]:
    def told(known: Known) -> Holds:
        decisions = [decision for _, decision in known.decisions]
        if any(decision.reason == code for decision in decisions):
            return True
        return None if not decisions or any(d.outcome == "needs_info" for d in decisions) else False

    return told


def _granted(known: Known, question: str) -> Holds:
    outcomes = {decision.outcome for kind, decision in known.decisions if kind == question}
    if not outcomes or "needs_info" in outcomes:
        return None
    return bool(outcomes & _GRANTED)


def _merchant_pays_freight(known: Known) -> Holds:
    """A verdict that gives nothing to send back lets nobody pay for that."""
    decisions = [decision for _, decision in known.decisions]
    payers = {decision.payer for decision in decisions if decision.payer}
    if not payers and decisions and all(decision.outcome == "ineligible" for decision in decisions):
        return False
    return None if len(payers) != 1 else payers == {"merchant"}


def _quality_claim(known: Known) -> Holds:
    if _stated_flag(known, "nonconforming"):
        return True
    asked = {kind for kind, _ in known.decisions}
    return bool(asked & _QUALITY) if asked else None


def _not_quality_claim(known: Known) -> Holds:
    quality = _quality_claim(known)
    return None if quality is None else not quality


def _rejected(known: Known) -> Holds:
    case = known.case
    if case.state in _REFUSED:
        return True
    return case.outcome in _REFUSING and case.state not in _UNDECIDED


def _confirmation_record(known: Known) -> Holds:
    """Only a confirmation for this very purchase is one (七日办法 §7)."""
    how = known.stated("unsuitable_confirmed")
    return None if how is None else how == "explicit_per_order"


def _inspection_photos(known: Known) -> Holds:
    """Named when goods were inspected or found not intact; a picture that nobody named is only known to people."""
    if any(getattr(p.event, "evidence", ()) for p in known.history if p.verb in ("inspect", "dispute")):
        return True
    return None if any(line.inspected for line in known.case.lines) else False


def _identity_verified(known: Known) -> Holds:
    """Two identifiers that match (`verify_identity`); other kinds of case keep no record of it."""
    case = known.case
    if "verify_identity" in known.verbs:
        return True
    return False if case.kind is Kind.PRIVACY_REQUEST else _stated_flag(known, "identity_verified")


def _decided(known: Known) -> Holds:
    case = known.case
    if case.kind is Kind.INQUIRY:
        return None  # an answer is all the result that a question has
    return bool(case.decided_at) and case.state not in _UNDECIDED


def _result_notified(known: Known) -> Holds:
    case = known.case
    told = case.noticed
    return told if case.kind is Kind.INQUIRY else told and bool(_decided(known))


GUARDS: Mapping[str, Callable[[Known], Holds]] = MappingProxyType({
    "signed_at": _signed_at,
    "return_approved": _return_approved,
    "return_address": lambda known: bool(known.address),
    "received": _received,
    "refund_decided": _refund_decided,
    "refund_confirmed": _refund_confirmed,
    "refund_overdue": _refund_overdue,
    "not_quality_claim": _not_quality_claim,
    "quality_claim": _quality_claim,
    "rejected": _rejected,
    "expired": _reason("expired"),
    "excluded_custom_made": _reason("excluded_custom_made"),
    "excluded_fresh": _reason("excluded_fresh"),
    "excluded_digital_unsealed": _reason("excluded_digital_unsealed"),
    "excluded_confirmed_unsuitable": _reason("excluded_confirmed_unsuitable"),
    "confirmation_record": _confirmation_record,
    "not_intact": _reason("not_intact"),
    "inspection_photos": _inspection_photos,
    "coupon_used": _coupon_used,
    "bundle_broken": _bundle_broken,
    "gift_missing": _gift_missing,
    "merchant_pays_freight": _merchant_pays_freight,
    "exchange_completed": _exchange_completed,
    "repair_accepted": _repair_accepted,
    "two_failed_repairs": _two_failed_repairs,
    "waiting_parts": lambda known: known.case.state == "waiting_parts",
    "shortage_verified": _shortage_verified,
    "reissue_shipped": _reissue_shipped,
    "order_paid": _order_paid,
    "out_of_stock": _out_of_stock,
    "not_signed": _not_signed,
    "tracking_signed": _tracking_signed,
    "captured_no_order": _captured_no_order,
    "duplicate_capture": _duplicate_capture,
    "subscription_cancelled": lambda known: _stated_flag(known, "subscription_cancelled"),
    "deposit_due": lambda known: _granted(known, "deposit"),
    "identity_verified": _identity_verified,
    "decided": _decided,
    "result_notified": _result_notified,
})  # fmt: skip
