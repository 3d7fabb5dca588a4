"""Claims that must be shown before they are reckoned: fraud, false reference prices, unsafe food."""

from csdesk.domain.entitlement import damages
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, moment, money, past, word
from csdesk.domain.entitlement.matter import Matter, shown

_RECKONED: Fields = {name: field for name, field in damages.FIELDS.items() if name != "ground"}
FRAUD: Fields = {**damages.FIELDS, "shown": flag}
REFERENCE: Fields = {
    **_RECKONED,
    "reference_price": money,
    "reference_explained": flag,
    "reference_true": flag,
    "lowest_deal_7d": money,
    "no_deals_7d": flag,
    "last_deal_price": money,
    "raised_before": flag,
}
FOOD: Fields = {
    **_RECKONED,
    "food_problem": word("food_problem"),
    "best_before": moment,
    "received_at": past,
}
ALIASES = damages.ALIASES
FRAUD_ALIASES = {**ALIASES, "proven": "shown", "proven_fake": "shown"}
FOOD_ALIASES = {**ALIASES, "signed_at": "received_at", "expires_on": "best_before"}
DATED_BY = damages.DATED_BY
# Selling these is knowing by itself (法释〔2020〕14号§6): past the shelf life, with a changed date.
KNOWN_BY_ITSELF = ("expired", "forged_date")


def fraud(m: Matter) -> Decision:
    """Fake, falsely advertised, sold by deception: once shown, as `punitive_damages` reckons it."""
    m.need("ground", "shown")
    if not m.facts.the_flag("shown"):
        m.say("claim_not_shown", "fraud_definition")
        return m.close("ineligible", "claim_not_shown")
    m.say("claim_shown", "fraud_definition")
    return damages.decide(m)


def price_comparison(m: Matter) -> Decision:
    """先涨后降: the price compared with is true, or not above the lowest deal of seven days (明码标价规定§16-17)."""
    if m.facts.true("raised_before"):
        m.say("raised_before_sale", "raised_price")
    elif _reference_holds(m):
        m.say("later_drop_is_policy")
        return m.close("ineligible", "reference_price_true")
    return damages.judge(m, "false_reference_price")


def _reference_holds(m: Matter) -> bool:
    reference = m.facts.the_money("reference_price")
    if m.facts.true("reference_explained"):
        holds = m.facts.the_flag("reference_true")
        m.say("reference_explained" if holds else "reference_untrue", "reference_price")
        return holds
    name = "last_deal_price" if m.facts.true("no_deals_7d") else "lowest_deal_7d"
    if not m.facts.has(name):
        m.need(name)
    least = m.facts.the_money(name)
    holds = reference <= least
    code = "reference_not_above" if holds else "reference_above"
    m.say(code, "reference_price", reference=shown(reference), least=shown(least))
    return holds


def food(m: Matter) -> Decision:
    """Food that may not be sold (食品安全法§34): ten times the price, or why not.

    Past its shelf life only when it came after its last day; an operator that sells what is past it, or with
    a changed date, knows (contested).
    """
    problem = m.facts.the_word("food_problem")
    if problem in ("expired", "near_expiry"):
        m.need("best_before", "received_at")
        last = m.facts.the_day("best_before")
        if m.facts.the_day("received_at") <= last:
            m.say("not_expired", "food_banned", last=last.isoformat())
            return m.close("ineligible", "not_expired")
        problem = "expired"
    m.say("food_banned", "food_banned", kind=problem)
    m.need("defendant")
    if problem in KNOWN_BY_ITSELF and m.facts.word("defendant") == "operator":
        m.facts.values["knowing"] = True
        m.say("knowing_by_itself", "food_knowing")
        m.contest("food_knowing")
    return damages.judge(m, "unsafe_food")
