"""Delivery: who bears a parcel that is lost, stalled, signed for by others, left anywhere (电商法§20, §51-52)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, moment, money, past, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "delivery_problem": word("delivery_problem"),
    "buyer_chose_courier": flag,
    "lost_confirmed": flag,
    "goods_received": flag,
    "signed_by": word("signed_by"),
    "proxy_consented": flag,
    "collected_at": past,
    "promised_by": moment,
    "urged": flag,
    "shipped_at": past,
    "signed_at": past,
    "request_at": past,
    "courier_complained_at": past,
    "paid": money,
}
ALIASES = {
    "locker_consent": "proxy_consented",
    "consented": "proxy_consented",
    "deliver_by": "promised_by",
    "signer": "signed_by",
}
DATED_BY = ("shipped_at", "signed_at", "request_at", "now")
ORDER = (("shipped_at", "signed_at"), ("shipped_at", "courier_complained_at"))


def decide(m: Matter) -> Decision:
    """What the consumer may ask of the merchant, who recovers it from the courier.

    Answers `delivered`, `delivered_on`, `courier_reply_due`, `refund`.
    """
    problem = m.facts.the_word("delivery_problem")
    complained = m.facts.day("courier_complained_at")
    if complained:
        reply = m.count("courier_reply_due", "courier_reply", complained)
        m.say("courier_answers", "courier_reply", last=reply.rolled_day.isoformat())
        m.answer(courier_reply_due=reply.rolled_day)
    if m.facts.true("buyer_chose_courier"):
        m.say("buyer_chose_courier", "delivery_risk")
        return m.close("ineligible", "buyer_chose_courier")
    return ANSWERS[problem](m)


def _lost(m: Matter) -> Decision:
    """Lost: nobody signed, so it was never delivered; the risk stays with the merchant (电商法§20)."""
    m.need("lost_confirmed")
    if not m.facts.the_flag("lost_confirmed"):
        return _stalled(m)
    m.say("lost_is_merchants", "delivery_risk")
    return _undelivered(m)


def _not_received(m: Matter) -> Decision:
    """Signed for, not received: delivery is the consumer's own signature, or of whom the consumer named."""
    if m.facts.true("goods_received"):
        m.say("goods_received", "delivery_risk")
        return _delivered(m, "already_received")
    signer = m.facts.the_word("signed_by")
    if signer == "consumer":
        m.say("own_signature", "delivery_risk")
        return _delivered(m, "own_signature")
    if signer == "unknown":
        m.say("signature_unproven", "delivery_unproven")
        m.contest("delivery_proof")
        return _undelivered(m)
    if m.facts.the_flag("proxy_consented"):
        m.say("proxy_agreed", "delivery_consent")
        return _delivered(m, "delivered_as_agreed")
    m.say("proxy_not_agreed", "delivery_consent delivery_risk")
    return _undelivered(m)


def _left(m: Matter) -> Decision:
    """Left in a locker or at a station: with consent delivered, else when it is collected (电商法§52(2))."""
    if m.facts.the_flag("proxy_consented"):
        m.say("proxy_agreed", "delivery_consent")
        return _delivered(m, "delivered_as_agreed")
    m.say("left_without_consent", "delivery_consent")
    m.answer(refer="postal_authority")
    collected = m.facts.day("collected_at")
    if collected is None:
        m.answer(delivered=False)
        return m.close("eligible", remedies=("redeliver", "courier_complaint"), payer="merchant")
    m.say("collected_counts", "delivery_risk", day=collected.isoformat())
    m.answer(delivered=True, delivered_on=collected)
    return m.close("eligible", remedies=("courier_complaint",))


def _stalled(m: Matter) -> Decision:
    """On the road too long: the promised day counts; urged in vain, the contract may be ended (民法典§563)."""
    m.need("promised_by")
    last = m.facts.the_day("promised_by")
    if m.now is None:
        m.need("now")
    if (m.now or m.on) <= last:
        m.say("promised_day_not_over", "delivery_overdue", last=last.isoformat())
        m.trust("promise")
        return m.close("computed", "not_yet_due", remedies=("trace",))
    m.say("delivery_overdue", "delivery_overdue", last=last.isoformat())
    if m.facts.true("urged"):
        m.say("urged_in_vain", "delivery_overdue")
        return _undelivered(m)
    return m.close("eligible", "delivery_overdue", remedies=("trace", "perform"), payer="merchant")


def _undelivered(m: Matter) -> Decision:
    m.answer(delivered=False)
    paid = m.facts.money("paid")
    if paid is not None:
        m.answer(refund=paid)
    return m.close("eligible", remedies=("reissue", "refund"), payer="merchant")


def _delivered(m: Matter, reason: str) -> Decision:
    m.answer(delivered=True)
    return m.close("ineligible", reason)


ANSWERS = {"lost": _lost, "not_received": _not_received, "left": _left, "stalled": _stalled}
