"""Earnest money, renewals, payments that went wrong (民法典§586-587, 条例§10, 电商法§55, §57)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

EARNEST: Fields = {"contract_price": money, "earnest": money, "defaulted": word("party")}
EARNEST_ALIASES = {"price": "contract_price", "earnest_money": "earnest", "breach_by": "defaulted"}
RENEWAL: Fields = {
    "charged_at": past,
    "charged": money,
    "noticed": flag,
    "easy_cancel": flag,
    "used_since": flag,
}
RENEWAL_ALIASES = {"paid": "charged", "notice_given": "noticed", "renewed_at": "charged_at"}
PAYMENT: Fields = {
    "problem": word("payment_problem"),
    "captured": money,
    "user_at_fault": flag,
    "provider_not_cause": flag,
}
PAYMENT_ALIASES = {"amount": "captured", "paid": "captured", "user_fault_proven": "user_at_fault"}
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
    law = "payment_unauthorised" if problem == "unauthorised" else "payment_wrong"
    m.say(f"payment_{problem}", law)
    by = "merchant" if m.facts.true("provider_not_cause") else "payment_provider"
    m.answer(bears_loss=by)
    if captured is not None:
        m.answer(refund=captured)
    remedies = ("order_repaired", "refund") if problem == "no_order" else ("refund",)
    return m.close("eligible", remedies=remedies)
