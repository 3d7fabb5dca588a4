"""What was kept back from a refund: for a gift, for a broken promotion, for freight beyond its insurance."""

from csdesk.domain.entitlement import amounts
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.facts import Faulty
from csdesk.domain.entitlement.fields import Fields, flag, money, past, text, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

FIELDS: Fields = {
    "deducted_for": word("deducted_for"),
    "deducted": money,
    "gift_returned": flag,
    "gift_price_marked": flag,
    "gift_marked_price": money,
    "promo": text,
    "list_total": money,
    "returned_list": money,
    "order_paid": money,
    "refunded_amount": money,
    "nonconforming": flag,
    "merchant_free_return_shipping": flag,
    "freight_paid": money,
    "insurance_paid": money,
    "request_at": past,
}
ALIASES = {"gift_price": "gift_marked_price", "promotion": "promo"}
DATED_BY = ("purchased_at", "request_at", "now")


def decide(m: Matter) -> Decision:
    """What is still owed to the consumer. Answers `refund` (what is owed in all) and `shortfall`."""
    return ANSWERS[m.facts.the_word("deducted_for")](m)


def _gift(m: Matter) -> Decision:
    """A gift that is not returned costs what was marked for it beforehand, else nothing (七日办法§12)."""
    m.need("gift_returned", "deducted")
    allowed = m.amount("0")
    if m.facts.the_flag("gift_returned"):
        m.say("gift_came_back", "gift_price")
    elif m.facts.the_flag("gift_price_marked"):
        allowed = m.facts.the_money("gift_marked_price")
        m.say("gift_charged", "gift_price", amount=shown(allowed))
    else:
        m.say("gift_not_marked", "gift_price")
    m.answer(gift_deducted=allowed)
    return _owed(m, m.facts.the_money("deducted"), allowed)


def _promotion(m: Matter) -> Decision:
    """Part of a bundle or of 满减 comes back: what stays is settled anew, more or less is made good (§17)."""
    m.need("promo", "list_total", "returned_list", "refunded_amount")
    whole, came_back = m.facts.the_money("list_total"), m.facts.the_money("returned_list")
    if came_back > whole:
        raise Faulty("returned_list", "does_not_add_up", total=shown(whole))
    paid = m.facts.money("order_paid")
    if amounts.at_one_price(m):
        m.need("order_paid")
        reckoned = m.facts.the_money("order_paid")
    else:
        reckoned = whole - amounts.promotion(m, whole)
    if paid is not None and paid != reckoned:
        raise Faulty("order_paid", "does_not_add_up", total=shown(reckoned))
    back = amounts.settled(m, reckoned, whole, came_back)
    m.answer(refund=back)
    return _owed(m, back, m.facts.the_money("refunded_amount"))


def _freight(m: Matter) -> Decision:
    """Return freight above what its insurance paid: the merchant's on the quality track or by promise."""
    m.need("nonconforming", "freight_paid", "insurance_paid")
    if m.facts.the_flag("nonconforming"):
        m.say("freight_merchant", "quality_freight")
    elif m.facts.the_flag("merchant_free_return_shipping"):
        m.say("freight_agreed", "no_reason_freight promise_binds")
        m.trust("promise")
    else:
        m.say("freight_consumer", "no_reason_freight")
        m.say("insurance_by_its_terms")
        return m.close("ineligible", "consumer_pays_freight", payer="consumer")
    return _owed(m, m.facts.the_money("freight_paid"), m.facts.the_money("insurance_paid"), "merchant")


def _owed(m: Matter, due: Money, had: Money, payer: str = "") -> Decision:
    """The difference between what is due and what was had (or may be kept)."""
    short = due - had if due > had else m.amount("0")
    m.answer(shortfall=short)
    if not short.minor:
        m.say("nothing_short")
        return m.close("ineligible", "nothing_short")
    m.say("still_owed", "", amount=shown(short))
    return m.close("eligible", remedies=("refund",), payer=payer)


ANSWERS = {"gift": _gift, "promotion": _promotion, "freight": _freight}
