"""Refund without return (仅退款): by where the goods are, never forced by a platform (order 116 §27)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, money, past, product_class, rate, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

FIELDS: Fields = {
    "stage": word("goods_stage"),
    "product_class": product_class,
    "request_at": past,
    "signed_at": past,
    "merchant_agrees": flag,
    "goods_worthless": flag,
    "unsafe_to_return": flag,
    "evidence": flag,
    "lost": flag,
    "goods_back": flag,
    "refused_on_delivery": flag,
    "platform_forces": flag,
    "paid": money,
    "worthless_share": rate,
    "evidence_reused": flag,
    "high_refund_ratio": flag,
    "ai_picture_suspected": flag,
    "address_cluster": flag,
}
ALIASES = {
    "goods_stage": "stage",
    "shipment_state": "stage",
    "state": "stage",
    "merchant_consents": "merchant_agrees",
    "merchant_consent": "merchant_agrees",
    "rotten": "goods_worthless",
}
DATED_BY = ("request_at", "purchased_at", "now")
ORDER = (("signed_at", "request_at"),)
# Signs of abuse are for people to look at (条例§19(4)); no answer turns on them.
SIGNALS = ("evidence_reused", "high_refund_ratio", "ai_picture_suspected", "address_cluster")


def decide(m: Matter) -> Decision:
    """Whether the money goes back without the goods. Answers `refund_when` and, where known, `refund`."""
    for signal in SIGNALS:
        if m.facts.true(signal):
            m.flag("abuse_signal")
            m.say("abuse_signal", "good_faith", signal=signal)
    paid = m.facts.money("paid")
    stage = m.facts.the_word("stage")
    if paid is not None:
        m.answer(refund=paid)
    if stage == "not_shipped":
        m.say("not_shipped", "contract_formed")
        m.answer(refund_when="now")
        return m.close("eligible", remedies=("cancel", "refund"))
    if stage == "in_transit":
        return _in_transit(m)
    return _signed(m)


def _in_transit(m: Matter) -> Decision:
    """On the road: intercept or refuse; the money follows when the goods are back or lost (电商法§20)."""
    done = any([m.facts.true("lost"), m.facts.true("goods_back")])
    m.say("in_transit_done" if done else "in_transit", "delivery_risk")
    m.answer(refund_when="now" if done else "goods_back_or_lost")
    return m.close("eligible", remedies=("refund",) if done else ("intercept", "refuse_delivery", "refund"))


def _signed(m: Matter) -> Decision:
    """Signed for: with the merchant's consent, or goods shown to be worthless or unsafe to send back."""
    if m.facts.true("merchant_agrees"):
        m.say("merchant_agrees", "promise_binds")
        m.trust("promise")
        m.answer(refund_when="now")
        return m.close("eligible", remedies=("refund",))
    if m.facts.true("goods_worthless") or m.facts.true("unsafe_to_return"):
        m.need("evidence")
        if m.facts.the_flag("evidence"):
            m.say("worthless_shown", "quality_termination")
            m.trust("interpretation")
            m.answer(refund_when="now")
            _share(m)
            return m.close("eligible", remedies=("refund",))
    m.need("merchant_agrees")
    m.say("no_forced_refund", "no_forced_refund")
    if m.facts.true("platform_forces"):
        m.flag("platform_may_not_force")
    return m.close("ineligible", "merchant_consent_needed", remedies=("return", "exchange", "repair"))


def _share(m: Matter) -> None:
    """Part of the goods is worthless: its share of the price, rounded up to the fen."""
    share, paid = m.facts.rate("worthless_share"), m.facts.money("paid")
    if share is None or paid is None:
        return
    part, whole = share.as_integer_ratio()
    back = Money(-(-paid.minor * part // whole), paid.currency)
    m.say("worthless_part", "quality_termination", amount=shown(back))
    m.answer(refund=back)
