"""United States (16 CFR 435, 429) and Hong Kong: hardly a statutory right to return; policy decides."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, days, flag, past, text, word
from csdesk.domain.entitlement.matter import Matter

US_WITHDRAWAL: Fields = {"channel": word("sale_channel"), "contract_date": past, "merchant_policy": text}
SHIP: Fields = {"order_complete": past, "stated_time_days": days, "credit_applied": flag}
SHIP_ALIASES = {
    "ordered": "order_complete",
    "stated_days": "stated_time_days",
    "credit_application": "credit_applied",
    "applied_for_credit": "credit_applied",
}
DELAY: Fields = {
    "consent_given": flag,
    "seller_cannot_ship": flag,
    "revised_days": days,
    "cancelled": flag,
}
REFUND: Fields = {"method": word("payment_method"), "cancelled_on": past}
HK_WITHDRAWAL: Fields = {
    "channel": word("sale_channel"),
    "merchant_policy": text,
    "merchant_promise_days": days,
}
CHANNEL_ALIASES = {"sale_channel": "channel"}


def us_withdrawal(m: Matter) -> Decision:
    """No federal right for what is bought online; three business days at the door (16 CFR 429)."""
    m.need("channel")
    if m.facts.the_word("channel") != "door":
        m.say("no_federal_right", "door_to_door")
        m.answer(federal_right=False)
        return _by_policy(m)
    m.answer(federal_right=True)
    signed = m.facts.day("contract_date")
    if signed:
        m.answer(last_day=m.count("cancel_by", "door_to_door", signed).rolled_day)
    m.say("door_to_door", "door_to_door")
    return m.close("eligible", remedies=("cancel",))


def ship_deadline(m: Matter) -> Decision:
    """Shipped in the stated time, else within 30 days of the completed order (16 CFR 435.2(a)).

    50 days where the buyer asked the seller for credit to pay by (435.2(a)(1), not read).
    """
    m.need("order_complete")
    stated = m.facts.count("stated_time_days")
    term = "ship_term_credit" if stated is None and m.facts.true("credit_applied") else "ship_term"
    due = m.count("ship_by", term, m.facts.the_day("order_complete"), length=stated)
    m.say(
        "ship_stated" if stated is not None else "ship_default", "ship_term", last=due.rolled_day.isoformat()
    )
    m.answer(ship_by=due.rolled_day)
    return m.close("computed")


def delay(m: Matter) -> Decision:
    """Not shipped in time: tell, and offer to cancel for a refund (16 CFR 435.2(b), (c))."""
    if m.facts.true("cancelled"):
        m.say("delay_cancelled", "delay_notice")
        m.answer(must=("refund",))
        return m.close("eligible", remedies=("refund",))
    m.need("consent_given")
    if m.facts.the_flag("consent_given"):
        m.say("delay_consented", "delay_notice")
        m.answer(must=("ship_by_revised_date",))
        return m.close("computed")
    m.say("delay_unconsented", "delay_notice")
    m.answer(must=("notify", "offer_cancel_refund"))
    return m.close("eligible", remedies=("cancel", "refund"))


def prompt_refund(m: Matter) -> Decision:
    """Seven working days; one billing cycle for the seller's own credit (16 CFR 435.1)."""
    m.need("method")
    if m.facts.the_word("method") == "own_credit":
        m.say("refund_billing_cycle", "prompt_refund")
        m.answer(billing_cycles=1)
        return m.close("computed")
    rule = m.rule("prompt_refund")
    if rule.period:
        m.answer(working_days=rule.period.count)
    m.say("refund_working_days", "prompt_refund")
    cancelled = m.facts.day("cancelled_on")
    if cancelled:
        m.answer(refund_due=m.count("refund_due", "prompt_refund", cancelled).rolled_day)
    return m.close("computed")


def hk_withdrawal(m: Matter) -> Decision:
    """No statute on returning what was bought online; quality and false descriptions are another matter."""
    m.say("no_statutory_right", "quality_statutes")
    m.answer(statutory_right=False)
    return _by_policy(m)


def _by_policy(m: Matter) -> Decision:
    m.trust("policy")
    if m.facts.any("merchant_policy", "merchant_promise_days"):
        m.say("merchant_policy_decides")
        return m.close("policy_dependent", "merchant_policy")
    m.say("no_policy")
    return m.close("policy_dependent", "no_policy")
