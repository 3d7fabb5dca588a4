"""Earnest money, deposits, renewals, cancelled orders, payments that went wrong (民法典§586-587, 电商法§21-57)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, days, flag, money, past, text, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

EARNEST: Fields = {"contract_price": money, "earnest": money, "defaulted": word("party")}
EARNEST_ALIASES = {"price": "contract_price", "earnest_money": "earnest", "breach_by": "defaulted"} | {
    "defaulting_party": "defaulted",
    "earnest_paid": "earnest",
    "breaching_party": "defaulted",
}
RENEWAL: Fields = {
    "charged_at": past,
    "charged": money,
    "noticed": flag,
    "easy_cancel": flag,
    "used_since": flag,
}
RENEWAL_ALIASES = {"paid": "charged", "notice_given": "noticed", "renewed_at": "charged_at"} | {
    "notice_before_renewal": "noticed",
    "notified": "noticed",
    "amount": "charged",
}
PAYMENT: Fields = {
    "problem": word("payment_problem"),
    "captured": money,
    "owed": money,
    "arrived": flag,
    "user_at_fault": flag,
    "provider_not_cause": flag,
}
PAYMENT_ALIASES = {"amount": "captured", "paid": "captured", "user_fault_proven": "user_at_fault"}
CANCELLED: Fields = {
    "order_state": word("order_state"),
    "cancelled_by": word("party"),
    "induced_to_cancel": flag,
    "merchant_says": text,
    "paid": money,
}
DEPOSIT: Fields = {
    "deposit": money,
    "goods_returned": flag,
    "withheld_for": word("withheld_for"),
    "damage_shown": flag,
    "damage_amount": money,
    "request_at": past,
    "agreed_refund_days": days,
}
DEPOSIT_ALIASES = {"requested_at": "request_at", "returned_goods": "goods_returned"}
DATED_BY = ("charged_at", "purchased_at", "now")


def earnest(m: Matter) -> Decision:
    """Earnest money: at most 20 % of the price; kept, or returned twice over. Answers `earnest`, `refund`."""
    m.need("contract_price", "earnest", "defaulted")
    price, given = m.facts.the_money("contract_price"), m.facts.the_money("earnest")
    numerator, denominator = m.rule("earnest_money").rate("most").as_integer_ratio()
    counted = min(given, Money(price.minor * numerator // denominator, price.currency))
    beyond = given - counted
    m.say("earnest_counted", "earnest_money", amount=shown(counted))
    by_breach = {"merchant": counted * 2 + beyond, "consumer": beyond, "none": given}
    refund = by_breach[m.facts.the_word("defaulted")]
    m.say("earnest_back", "earnest_money", amount=shown(refund))
    m.answer(earnest=counted, refund=refund)
    return m.close("computed", remedies=("refund",) if refund.minor else ())


def renewal(m: Matter) -> Decision:
    """A renewal without notice, or that cannot easily be cancelled, is undone (条例§10). Answers `refund`."""
    m.need("noticed")
    if m.facts.the_flag("noticed") and m.facts.flag("easy_cancel") is not False:
        m.say("renewal_noticed", "renewal_notice")
        return m.close("ineligible", "renewal_noticed")
    m.say("renewal_without_notice", "renewal_notice")
    m.trust("interpretation")
    charged = m.facts.money("charged")
    if charged is not None:
        m.answer(refund=charged)
    return m.close("eligible", remedies=("cancel", "refund"))


def payment(m: Matter) -> Decision:
    """Captured without an order, twice, or unauthorised (电商法§55, §57). Answers `refund`, `bears_loss`."""
    problem = m.facts.the_word("problem")
    captured = m.facts.money("captured")
    if problem == "unauthorised" and m.facts.true("user_at_fault"):
        m.say("user_at_fault", "payment_unauthorised")
        m.answer(bears_loss="user")
        return m.close("ineligible", "user_at_fault")
    m.need("arrived" if problem == "refund_failed" else "captured")
    if problem == "amount_mismatch":
        return _mismatch(m)
    if problem == "refund_failed" and m.facts.the_flag("arrived"):
        m.say("refund_arrived")
        return m.close("ineligible", "refund_arrived")
    if captured is not None and not captured.minor:
        m.say("nothing_captured")
        return m.close("ineligible", "nothing_captured")
    law = "payment_unauthorised" if problem == "unauthorised" else "payment_wrong"
    m.say(f"payment_{problem}", law)
    by = "merchant" if m.facts.true("provider_not_cause") else "payment_provider"
    m.answer(bears_loss=by)
    if captured is not None:
        m.answer(refund=captured)
    remedies = ("order_repaired", "refund") if problem == "no_order" else ("refund",)
    return m.close("eligible", remedies=remedies)


def _mismatch(m: Matter) -> Decision:
    """More was taken than the price shown or agreed: the difference goes back (明码标价规定§20)."""
    m.need("owed")
    captured, owed = m.facts.the_money("captured"), m.facts.the_money("owed")
    if captured <= owed:
        m.say("nothing_overcharged")
        return m.close("ineligible", "nothing_overcharged")
    m.say("overcharged", "ground_page_price_mismatch", amount=shown(captured - owed))
    m.answer(refund=captured - owed, bears_loss="merchant")
    return m.close("eligible", remedies=("refund",))


def cancelled(m: Matter) -> Decision:
    """An order that was submitted is a contract; the merchant may not call it off (电商法§49).

    Answers `contract_formed`, `merchant_liable`, `refund`. A consumer whom the merchant talked into cancelling
    did not cancel.
    """
    m.need("order_state", "cancelled_by")
    formed = m.facts.the_word("order_state") != "cart"
    by_consumer = m.facts.the_word("cancelled_by") == "consumer" and not m.facts.true("induced_to_cancel")
    m.answer(contract_formed=formed, merchant_liable=formed and not by_consumer)
    if not formed:
        m.say("no_contract", "contract_formed")
        return m.close("ineligible", "no_contract")
    if (paid := m.facts.money("paid")) is not None:
        m.answer(refund=paid)
    if by_consumer:
        m.say("consumer_cancelled")
        return m.close("ineligible", "consumer_cancelled", remedies=("refund",))
    m.say("contract_formed", "contract_formed")
    return m.close("eligible", remedies=("perform", "refund", "damages"))


def deposit(m: Matter) -> Decision:
    """A deposit goes back once its condition is met; no unreasonable condition binds (电商法§21).

    Answers `refund`, and `refund_due` where a term was agreed: the law only says in time.
    """
    m.need("deposit", "goods_returned")
    if not m.facts.the_flag("goods_returned"):
        m.say("deposit_not_due", "deposit")
        return m.close("ineligible", "deposit_not_due")
    back = _deposit_back(m)
    m.answer(refund=back)
    request, agreed = m.facts.day("request_at"), m.facts.count("agreed_refund_days")
    if request and agreed is not None:
        m.answer(refund_due=m.count("refund_due", "promised_days", request, length=agreed).rolled_day)
    if not back.minor:
        return m.close("ineligible", "damage_uses_deposit")
    return m.close("eligible", remedies=("refund",))


def _deposit_back(m: Matter) -> Money:
    """The whole, less damage that the merchant shows: conditions not told before, or unfair, take nothing off."""
    whole, why = m.facts.the_money("deposit"), m.facts.the_word("withheld_for")
    if why == "damage" and m.facts.the_flag("damage_shown"):
        damage = m.facts.the_money("damage_amount")
        m.say("damage_taken_off", "deposit", amount=shown(min(damage, whole)))
        return whole - min(damage, whole)
    m.say("deposit_back", "deposit", amount=shown(whole))
    return whole
