"""Quality and conformity: what a defect, a shortage or a cancelled order gives the consumer."""

import re
from collections.abc import Callable

from csdesk.domain.entitlement import warranty
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.facts import Facts, record
from csdesk.domain.entitlement.fields import (
    Fields,
    count,
    days,
    either,
    flag,
    money,
    past,
    product_class,
    text,
    word,
)
from csdesk.domain.entitlement.matter import Matter

# An agreement to take back within so many days, in words: 30天包退, 30_days_return. Exchange alone is not meant.
AGREED_DAYS = re.compile(
    r"(?<!\d)(\d{1,4})[\s_-]*(?:天|日|days?)(?=.{0,20}(?:退|return|refund))", re.IGNORECASE
)
# An agreement that can be reckoned with: how many days it gives for each remedy.
AGREEMENT: Fields = {"return_days": days, "exchange_days": days, "repair_days": days}
FIELDS: Fields = {
    "sale_channel": word("sale_channel"),
    "product_class": product_class,
    "national_rule": text,
    "agreement": either(record(AGREEMENT), text),
    "agreed_return_days": days,
    "received_at": past,
    "request_at": past,
    "defect_found_at": past,
    "nonconforming": flag,
    "defect": text,
    "termination_ground": flag,
    "seller_knew": flag,
    "dispute": text,
    "defect_disclosed_before_purchase": flag,
    "legal_mandatory_breach": flag,
    "individual_specification": flag,
    "activated": flag,
    "outer_box_opened": flag,
    "officially_unqualified": flag,
    "shop_term": text,
    "item": word("item"),
    "caused_damage": flag,
    "flaw_told": flag,
    "affects_normal_use": flag,
    "merchant_defence": text,
    "ordered_qty": count,
    "delivered_qty": count,
    "order_state": word("order_state"),
    "merchant_says": text,
    "price": money,
    **warranty.FIELDS,
}
ALIASES = {
    "signed_at": "received_at",
    "delivered_at": "received_at",
    "accepted_at": "received_at",
    "requested_at": "request_at",
    "merchant_knew": "seller_knew",
    "quality_problem": "nonconforming",
    "received_qty": "delivered_qty",
    "ordered_quantity": "ordered_qty",
    "received_quantity": "delivered_qty",
    "delivered_quantity": "delivered_qty",
    "exchanged_at": "exchange_completed_at",
    "installation_required": "needs_installation",
    "defective": "nonconforming",
    "wrong_item": "nonconforming",
    "wrong_colour": "nonconforming",
    "wrong_color": "nonconforming",
    "wrong_size": "nonconforming",
    "wrong_model": "nonconforming",
    "not_as_described": "nonconforming",
    "quality_defect": "nonconforming",
    "promised_return_days": "agreed_return_days",
    "days_in_repair": "repair_days",
    "disclosed_before_purchase": "defect_disclosed_before_purchase",
}
DATED_BY = (
    "request_at",
    "defect_found_at",
    "exchange_completed_at",
    "installed_at",
    "received_at",
    "purchased_at",
)
ORDER = (
    ("received_at", "request_at"),
    ("received_at", "defect_found_at"),
    ("received_at", "exchange_completed_at"),
    ("received_at", "installed_at"),
)
BURDEN: Fields = {
    "product_class": product_class,
    "received_at": past,
    "defect_found_at": past,
    "request_at": past,
    "dispute": text,
}
BURDEN_ALIASES = {"signed_at": "received_at", "delivered_at": "received_at", "requested_at": "request_at"}
ALL = ("return", "exchange", "repair")


def decide(m: Matter) -> Decision:
    """The answer to the question that the facts put; the quality claim when they put no other."""
    for asked, answer in QUESTIONS:
        if asked(m):
            return answer(m)
    return _claim(m)


def _unqualified(m: Matter) -> Decision:
    """Officially found unqualified: refund on request, on any day (消法§54); over 15 days is refusal."""
    m.say("officially_unqualified", "officially_unqualified quality_freight")
    request = m.facts.day("request_at")
    if request:
        m.count("deemed_refusal_from", "deemed_refusal_unqualified", request, show="past")
    m.answer(return_freight="merchant")
    return m.close("must_refund", remedies=("return",), payer="merchant")


def _shortage(m: Matter) -> Decision:
    """Fewer pieces than ordered: make up, refund the rest, or damages (消法§48, §52)."""
    m.need("ordered_qty", "delivered_qty")
    short = m.facts.the_count("ordered_qty") - m.facts.the_count("delivered_qty")
    if short <= 0:
        m.say("no_shortage")
        return m.close("ineligible", "no_shortage")
    m.say("shortage", "shortage", pieces=short)
    m.answer(shortage=short, return_freight="merchant")
    return m.close("eligible", remedies=("reissue", "refund_shortfall", "damages"), payer="merchant")


def _cancelled(m: Matter) -> Decision:
    """A submitted order is a contract; the merchant may not cancel it, nor say otherwise (电商法§49)."""
    formed = m.facts.the_word("order_state") != "cart"
    m.answer(contract_formed=formed, merchant_liable=formed)
    if not formed:
        m.say("no_contract", "contract_formed")
        return m.close("ineligible", "no_contract")
    m.say("contract_formed", "contract_formed")
    return m.close("eligible", remedies=("perform", "refund", "damages"))


def _gift(m: Matter) -> Decision:
    """Gifts carry the same duty of safety; lesser flaws must have been told first (条例§7, 法释2022-8 §8)."""
    if m.facts.true("caused_damage"):
        m.say("gift_caused_damage", "gift_liability")
        m.answer(merchant_liable=True)
        return m.close("eligible", remedies=("damages",))
    # A flaw that was not told makes liable by itself (条例§7(2)), as does one that spoils the normal use.
    told, spoils = m.facts.flag("flaw_told"), m.facts.flag("affects_normal_use")
    liable = told is False or spoils is True
    if not liable:
        m.need("flaw_told", "affects_normal_use")
    m.say("gift_flaw" if liable else "gift_flaw_told", "gift_liability")
    m.answer(merchant_liable=liable)
    return m.close("eligible" if liable else "ineligible", "ok" if liable else "flaw_told")


def burden(m: Matter) -> Decision:
    """Durable goods and decoration: a defect found within six months is for the merchant to disprove.

    What is reported within six months was found within them.
    """
    m.need("product_class", "received_at")
    if "durable" not in m.facts.the_product().families:
        m.say("not_durable", "burden_reversed")
        m.answer(burden_of_proof="consumer")
        return m.close("computed")
    reversed_until = m.count("reversed_until", "burden_reversed", m.facts.the_day("received_at"))
    reported = m.facts.day("request_at")
    if reported is None or reported > reversed_until.rolled_day or m.facts.has("defect_found_at"):
        reported = m.facts.the_day("defect_found_at")
    inside = reported <= reversed_until.rolled_day
    m.say("burden_inside" if inside else "burden_outside", "burden_reversed")
    m.answer(burden_of_proof="merchant" if inside else "consumer", reversed_until=reversed_until.rolled_day)
    return m.close("computed")


def _claim(m: Matter) -> Decision:
    """Return, exchange or repair at the merchant's cost (消法§24); exclusions of §25 do not reach here."""
    if m.facts.true("defect_disclosed_before_purchase"):
        m.need("legal_mandatory_breach")
        if not m.facts.the_flag("legal_mandatory_breach"):
            m.say("known_defect", "known_defect")
            return m.close("reject_quality_claim", "known_defect")
    if m.facts.flag("nonconforming") is False:
        m.say("conforming")
        return m.close("ineligible", "conforming")
    m.need("nonconforming", "received_at", "request_at")
    _void_term(m)
    _not_excluded(m)
    if _too_late(m):
        return m.close("ineligible", "notice_too_late")
    remedies = _remedies(m)
    m.say("freight_merchant", "quality_freight")
    m.answer(return_freight="merchant")
    m.count("deemed_refusal_from", "deemed_refusal_quality", m.facts.the_day("request_at"), show="past")
    return m.close("eligible", remedies=remedies, payer="merchant")


def _remedies(m: Matter) -> tuple[str, ...]:
    received, request = m.facts.the_day("received_at"), m.facts.the_day("request_at")
    window = m.count("quality_return", "quality_window", received, decisive=False)
    if request <= window.rolled_day:
        if request > window.raw_day:
            m.trust("interpretation")
        m.say("inside_quality_window", "quality_window", last=window.rolled_day.isoformat())
        return ALL
    agreed = _agreed(m)
    if agreed and (request - received).days <= agreed:
        m.say("inside_agreed_return", "quality_window", days=agreed)
        m.trust("promise")
        return ALL
    if m.facts.true("termination_ground"):
        m.say("termination_ground", "quality_termination")
        return ALL
    # Who asserts a ground to end the contract shows it: unless stated, it is not there.
    m.say("after_quality_window", "quality_window quality_termination", last=window.rolled_day.isoformat())
    return ("exchange", "repair")


def _agreed(m: Matter) -> int:
    """Days for return by agreement; a national rule or agreement that is only named has to be looked up."""
    stated = m.facts.get("agreement")
    agreed = stated.count("return_days") if isinstance(stated, Facts) else None
    if isinstance(stated, str):
        told = AGREED_DAYS.search(stated)
        if told is None:
            m.need("agreed_return_days")
        agreed = int(told[1]) if told else None
    product = m.facts.product()
    if m.facts.get("national_rule") or (product and "guaranteed" in product.families):
        m.say("national_rule_exists", "quality_window")
        m.flag("three_guarantees_apply")
    return agreed or m.facts.count("agreed_return_days") or 0


def _too_late(m: Matter) -> bool:
    """Two years without notice, unless a warranty runs longer or the seller knew (民法典§621)."""
    if m.facts.true("seller_knew") or m.facts.any("warranty_months", "agreed_warranty_months"):
        return False
    last = m.count("quality_notice", "quality_notice_longest", m.facts.the_day("received_at"), decisive=False)
    if m.facts.the_day("request_at") <= last.rolled_day:
        return False
    m.say("notice_too_late", "quality_notice_longest", last=last.rolled_day.isoformat())
    return True


def _void_term(m: Matter) -> None:
    """A shop term that takes signature for approval, or statutory remedies away, is void (法释2022-8 §1)."""
    term = m.facts.word("shop_term")
    rule = m.law("void_terms")
    if term and rule and any(phrase in term for phrase in rule.words("phrases")):
        m.say("void_term", "void_terms")
        m.answer(void_terms=("shop_term",))


def _not_excluded(m: Matter) -> None:
    if m.facts.true("activated") or m.facts.true("outer_box_opened"):
        m.say("use_does_not_end_quality", "quality_window")
    product = m.facts.product()
    specified = m.facts.true("individual_specification")
    if specified or (product and product.families & {"custom", "fresh", "digital", "periodical"}):
        m.say("exclusion_does_not_reach", "quality_window")
        m.answer(note="§25 exclusion does not cut §24 rights")


# Which question the facts put, in this order: an official finding outranks a dispute about proof.
QUESTIONS: tuple[tuple[Callable[[Matter], bool], Callable[[Matter], Decision]], ...] = (
    (lambda m: m.facts.true("officially_unqualified"), _unqualified),
    (lambda m: m.facts.any("ordered_qty", "delivered_qty"), _shortage),
    (lambda m: m.facts.any("order_state"), _cancelled),
    (lambda m: m.facts.word("item") == "gift" and m.facts.any("caused_damage", "flaw_told"), _gift),
    (lambda m: m.facts.any("agreed_warranty_months") and not m.facts.any("nonconforming"), warranty.shortest),
    (lambda m: m.facts.any("warranty_months") and not m.facts.any("nonconforming"), warranty.ends),
    (lambda m: m.facts.any("dispute", "defect_found_at") and not m.facts.any("request_at"), burden),
)
