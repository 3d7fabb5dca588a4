"""European Union: withdrawal from distance contracts (Directive 2011/83/EU), who proves a defect."""

from datetime import date

from csdesk.domain.clocks.deadline import Deadline
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import (
    Fields,
    Moment,
    days,
    each,
    flag,
    moment,
    money,
    past,
    product_class,
)
from csdesk.domain.entitlement.matter import Matter, shown

WITHDRAWAL: Fields = {
    "delivered": past,
    "deliveries": each(past),
    "contract_date": past,
    "one_order": flag,
    "service": flag,
    "info_given": flag,
    "info_given_on": past,
    "withdrawn_on": past,
    "product_class": product_class,
    "custom_made": flag,
    "perishable": flag,
    "periodical": flag,
    "sealed_hygienic": flag,
    "sealed_media": flag,
    "unsealed": flag,
    "digital_content": flag,
    "express_consent": flag,
    "acknowledged_loss": flag,
    "confirmation_sent": flag,
    "fully_performed": flag,
}
WITHDRAWAL_ALIASES = {
    "received": "delivered",
    "delivered_at": "delivered",
    "withdrawal_notice": "withdrawn_on",
    "withdraw_on": "withdrawn_on",
    "notice_on": "withdrawn_on",
    "opened": "unsealed",
    "seal_broken": "unsealed",
    "unsealed_by_consumer": "unsealed",
    "product": "product_class",
    "goods": "product_class",
    "exception": "product_class",
    "personalised": "custom_made",
    "personalized": "custom_made",
    "sealed_hygiene": "sealed_hygienic",
    "withdraw_at": "withdrawn_on",
    "notice_sent": "withdrawn_on",
    "ordered": "contract_date",
    "contract_concluded": "contract_date",
    "contract_concluded_at": "contract_date",
    "concluded": "contract_date",
    "concluded_on": "contract_date",
    "cancelled_on": "withdrawn_on",
    "cancelled_at": "withdrawn_on",
    "cancellation_notice": "withdrawn_on",
    "notice_sent_on": "withdrawn_on",
    "withdrawal_sent": "withdrawn_on",
    "delivery_date": "delivered",
    "delivered_on": "delivered",
    "received_on": "delivered",
    "received_at": "delivered",
}
REFUND: Fields = {
    "withdrawal_notice": past,
    "goods_back": past,
    "proof_of_sending": past,
    "trader_collects": flag,
}
REFUND_ALIASES = {"notice_on": "withdrawal_notice", "withdrawn_on": "withdrawal_notice"}
AMOUNT: Fields = {
    "goods": money,
    "standard_delivery": money,
    "chosen_express": money,
    "diminished_value": money,
    "told_of_right": flag,
}
AMOUNT_ALIASES = {
    "express_delivery": "chosen_express",
    "chosen_delivery": "chosen_express",
    "delivery": "standard_delivery",
    "value_diminished": "diminished_value",
    "value_loss": "diminished_value",
    "loss_in_value": "diminished_value",
    "deduction_for_use": "diminished_value",
}
FREIGHT: Fields = {"told_consumer_bears": flag, "trader_offered_to_bear": flag}
FUNCTION: Fields = {"contract_date": moment, "online_interface": flag}
DELIVERY: Fields = {"ordered": past, "agreed_days": days, "agreed_date": moment}
DELIVERY_ALIASES = {
    "contract_date": "ordered",
    "ordered_at": "ordered",
    "agreed_time_days": "agreed_days",
    "agreed_on": "agreed_date",
    "agreed_delivery": "agreed_date",
    "agreed_delivery_date": "agreed_date",
}
BURDEN: Fields = {"delivered": past, "defect": past}
BURDEN_ALIASES = {"defect_found": "defect", "defect_on": "defect"}

# Art. 16: the family of goods, the fact that puts goods there, and whether the seal must be broken.
EXCEPTIONS = (
    ("custom", "custom_made", False),
    ("fresh", "perishable", False),
    ("periodical", "periodical", False),
    ("sealed", "sealed_hygienic", True),
    ("media", "sealed_media", True),
    ("excepted", "", False),
)


def withdrawal(m: Matter) -> Decision:
    """Answers `right`, `last_day`, `raw_last_day`, `pays_for_use`."""
    if m.facts.true("digital_content"):
        return _digital(m)
    if m.facts.true("service") and m.facts.true("fully_performed"):
        m.say("service_performed", "withdrawal_exceptions")
        m.answer(right=False)
        return m.close("ineligible", "service_performed")
    excepted = _excepted(m)
    if excepted:
        m.say("withdrawal_excepted", "withdrawal_exceptions", family=excepted)
        m.answer(right=False)
        return m.close("ineligible", f"excepted_{excepted}")
    last = last_day(m)
    m.answer(last_day=last.rolled_day, raw_last_day=last.raw_day)
    withdrawn = m.facts.day("withdrawn_on")
    if withdrawn and withdrawn > last.rolled_day:
        m.say("after_window", "withdrawal_window", last=last.rolled_day.isoformat())
        m.answer(right=False)
        return m.close("ineligible", "expired")
    m.say("withdrawal_open", "withdrawal_window", last=last.rolled_day.isoformat())
    m.answer(right=True)
    return m.close("eligible", remedies=("return",))


def last_day(m: Matter) -> Deadline:
    """14 days after the last good; 12 months more without the information, 14 days from a late one."""
    start = _start(m)
    first = m.count("withdrawal", "withdrawal_window", start)
    told, told_on = m.facts.flag("info_given"), m.facts.day("info_given_on")
    if told is not False and told_on is None:
        return first
    extended = m.count("withdrawal", "withdrawal_extended", first.rolled_day)
    if told_on is None:
        m.say("not_informed", "withdrawal_extended")
        return extended
    if told_on <= start:
        return first
    late = m.count("withdrawal", "withdrawal_window", told_on)
    m.say("informed_late", "withdrawal_extended", day=told_on.isoformat())
    return min(late, extended, key=lambda deadline: deadline.rolled_day)


def _start(m: Matter) -> date:
    deliveries = [entry.day for entry in m.facts.items("deliveries") if isinstance(entry, Moment)]
    if m.facts.true("service"):
        return m.facts.the_day("contract_date")
    if not deliveries:
        return m.facts.the_day("delivered")
    if m.facts.flag("one_order") is False:
        m.flag("several_contracts")
    m.say("last_good_counts", "withdrawal_window", day=max(deliveries).isoformat())
    # Goods of several orders are several contracts; the newest is the one still asked about.
    return max(deliveries)


def _excepted(m: Matter) -> str:
    product = m.facts.product()
    families = product.families if product else frozenset[str]()
    for family, fact, when_unsealed in EXCEPTIONS:
        if (family in families or m.facts.true(fact)) and (not when_unsealed or m.facts.the_flag("unsealed")):
            return family
    return ""


def _digital(m: Matter) -> Decision:
    """Digital content: lost only by consent, acknowledgement and confirmation together (art. 16(m))."""
    steps = ("express_consent", "acknowledged_loss", "confirmation_sent")
    if any(m.facts.flag(name) is False for name in steps):
        m.say("digital_right_kept", "withdrawal_digital")
        m.answer(right=True, pays_for_use=False)
        return m.close("eligible", remedies=("withdraw",))
    m.need(*steps)
    m.say("digital_right_lost", "withdrawal_digital")
    m.answer(right=False)
    return m.close("ineligible", "digital_consented")


def refund_deadline(m: Matter) -> Decision:
    """14 days from the notice; the trader may wait for the goods or proof that they were sent (art. 13)."""
    m.need("withdrawal_notice")
    due = m.count("refund_due", "refund_term", m.facts.the_day("withdrawal_notice"))
    m.say("refund_term", "refund_term", last=due.rolled_day.isoformat())
    m.answer(refund_due=due.rolled_day)
    if not m.facts.true("trader_collects"):
        m.say("may_withhold", "refund_withheld")
        m.answer(may_withhold_until="goods_back_or_proof_of_sending")
    return m.close("computed")


def return_deadline(m: Matter) -> Decision:
    """The goods are sent back within 14 days of the notice (art. 14(1))."""
    m.need("withdrawal_notice")
    due = m.count("send_back_by", "return_term", m.facts.the_day("withdrawal_notice"))
    m.say("return_term", "return_term", last=due.rolled_day.isoformat())
    m.answer(send_back_by=due.rolled_day)
    return m.close("computed")


def refund_amount(m: Matter) -> Decision:
    """Price and standard delivery; what express cost beyond it stays with the consumer (art. 13(2))."""
    m.need("goods")
    refund = m.facts.the_money("goods") + (m.facts.money("standard_delivery") or m.amount("0"))
    if m.facts.money("chosen_express") is not None:
        m.need("standard_delivery")
        m.say("express_not_refunded", "refund_delivery")
    lost = m.facts.money("diminished_value")
    if lost is not None and m.facts.flag("told_of_right") is not False:
        m.say("diminished_value", "diminished_value", amount=shown(lost))
        refund = refund - lost if lost < refund else m.amount("0")
    m.say("refund", "refund_delivery", amount=shown(refund), least=shown(refund))
    m.answer(refund=refund)
    return m.close("computed")


def return_freight(m: Matter) -> Decision:
    """The consumer pays the way back if told so, and the trader did not offer to (art. 14(1))."""
    if not m.facts.true("trader_offered_to_bear"):
        m.need("told_consumer_bears")
    consumer = m.facts.true("told_consumer_bears") and not m.facts.true("trader_offered_to_bear")
    payer = "consumer" if consumer else "trader"
    m.say(f"return_freight_{payer}", "return_cost")
    m.answer(payer=payer)
    return m.close("computed", payer=payer)


def withdrawal_function(m: Matter) -> Decision:
    """A button to withdraw, on online interfaces, for contracts since art. 11a applies."""
    m.need("contract_date", "online_interface")
    required = m.law("withdrawal_button") is not None and m.facts.the_flag("online_interface")
    m.say("button_required" if required else "button_not_required", "withdrawal_button")
    m.answer(button_required=required)
    return m.close("computed")


def delivery_default(m: Matter) -> Decision:
    """By the agreed day or within the agreed days; else within 30 days of the contract (art. 18(1))."""
    if agreed := m.facts.day("agreed_date"):
        m.say("delivery_agreed", "delivery_default", last=agreed.isoformat())
        m.answer(deliver_by=agreed)
        return m.close("computed")
    m.need("ordered")
    length = m.facts.count("agreed_days")
    due = m.count("deliver_by", "delivery_default", m.facts.the_day("ordered"), length=length)
    m.say("delivery_default", "delivery_default", last=due.rolled_day.isoformat())
    m.answer(deliver_by=due.rolled_day)
    return m.close("computed")


def burden_of_proof(m: Matter) -> Decision:
    """Within the term of the pack from delivery a defect is presumed to have been there."""
    m.need("delivered", "defect")
    until = m.count("presumed_until", "burden_of_proof", m.facts.the_day("delivered")).rolled_day
    trader = m.facts.the_day("defect") <= until
    m.say("burden_trader" if trader else "burden_consumer", "burden_of_proof", last=until.isoformat())
    m.answer(burden="trader" if trader else "consumer", presumed_until=until)
    return m.close("computed")
