"""Three guarantees (三包) for listed goods, phones, computers: faults, repairs, delays, depreciation."""

from csdesk.domain.clocks.days import days_between
from csdesk.domain.entitlement import car
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.facts import Faulty
from csdesk.domain.entitlement.fields import Fields, count, days, flag, money, past, product_class, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.entitlement.pack import Provision
from csdesk.domain.money import Money

FIELDS: Fields = {
    "product_class": product_class,
    "guarantee_point": word("guarantee_point"),
    "sold_at": past,
    "performance_fault_at": past,
    "same_model_in_stock": flag,
    "accepts_other_model": flag,
    "wants": word("remedy"),
    "sent_repair_at": past,
    "returned_at": past,
    "cause": word("repair_cause"),
    "repaired_at": past,
    "same_fault_at": past,
    "repairs_failed": count,
    "replacements_failed": count,
    "sold_with_host": flag,
    "invoice_price": money,
    "days_used": days,
    "waiting_days": days,
    "repair_days": days,
    **car.FIELDS,
}
ALIASES = {
    "invoiced_at": "sold_at",
    "fault_at": "performance_fault_at",
    "failed_repairs": "repairs_failed",
    "days_in_repair": "repair_days",
    "cumulative_days": "repair_days",
    "total_repair_days": "repair_days",
    "price_paid": "invoice_price",
    **car.ALIASES,
}
DATED_BY = (
    "sold_at",
    "warranty_start",
    "sent_repair_at",
    "repaired_at",
    "purchased_at",
    "now",
)
ORDER = (
    ("sold_at", "performance_fault_at"),
    ("sold_at", "sent_repair_at"),
    ("sent_repair_at", "returned_at"),
    ("sent_repair_at", "now"),
    ("repaired_at", "same_fault_at"),
    ("warranty_start", "now"),
)
# The facts without which a point that was put cannot be decided.
POINTS = {
    "early_fault": ("sold_at", "performance_fault_at"),
    "failed_repairs": ("repairs_failed",),
    "repair_time": ("sent_repair_at", "cause"),
}
# The family of goods names the regime: the prefix of its rules in the pack.
REGIMES = ("car", "phone", "accessory", "computer", "listed")


def decide(m: Matter) -> Decision:
    """The remedies open under the guarantee. Answers `options` and, by question, `day7_last`, `day15_last`,
    `days_in_repair`, `cost_bearer`, `repair_guarantee_until`, `guarantee_breached`, `depreciation`, `refund`.
    """
    product = m.facts.the_product()
    regime = next((name for name in REGIMES if name in product.families), None)
    if regime is None:
        m.say("not_guaranteed", "", product=product.name)
        return m.close("policy_dependent", "no_national_guarantee")
    if regime == "car":
        return car.decide(m)
    if m.facts.has("replacements_failed"):
        return _accessory(m)
    regime = "phone" if regime == "accessory" else regime
    if m.facts.has("repaired_at", "same_fault_at"):
        return _repair_holds(m, regime)
    m.need(*POINTS.get(m.facts.word("guarantee_point") or "", ()))
    in_repair = m.facts.has("sent_repair_at") or (m.facts.has("repair_days") and not m.facts.has("sold_at"))
    enough = m.rule(f"{regime}_failed_repairs").number("times")
    failed = m.facts.count("repairs_failed")
    # Too few failed repairs say nothing about how long this one takes.
    if failed is not None and (failed >= enough or not in_repair):
        return _failed_repairs(m, regime)
    if in_repair:
        return _repair_time(m, regime)
    return _early_fault(m, regime)


def _early_fault(m: Matter, regime: str) -> Decision:
    """A performance fault within 7 days, within 15, or later within the guarantee."""
    m.need("sold_at", "performance_fault_at")
    sold, fault = m.facts.the_day("sold_at"), m.facts.the_day("performance_fault_at")
    seventh = m.count("day7_last", f"{regime}_fault_return", sold).rolled_day
    fifteenth = m.count("day15_last", f"{regime}_fault_exchange", sold).rolled_day
    m.answer(day7_last=seventh, day15_last=fifteenth)
    if fault <= seventh:
        m.say("fault_in_7_days", f"{regime}_fault_return")
        m.answer(depreciation=m.amount("0"))
        if (price := m.facts.money("invoice_price")) is not None:
            m.answer(refund=price)
        return _options(m, "return", "exchange", "repair")
    if fault <= fifteenth:
        m.say("fault_in_15_days", f"{regime}_fault_exchange")
        return _exchange_due(m, regime, "exchange", "repair")
    return _later(m)


def _later(m: Matter) -> Decision:
    """After day 15: repair, as long as the guarantee of the class lasts."""
    product = m.facts.the_product()
    term = m.law(f"guarantee_{product.name}")
    if term is None or "months" not in term.values:
        m.say("term_unknown", "", product=product.name)
        m.trust("interpretation")
        return _options(m, "repair")
    excluded = (m.facts.count("repair_days") or 0) + (m.facts.count("waiting_days") or 0)
    ends = m.count(
        "guarantee_ends",
        f"guarantee_{product.name}",
        m.facts.the_day("sold_at"),
        length=term.number("months"),
        excluded=excluded,
    )
    if m.facts.the_day("performance_fault_at") <= ends.rolled_day:
        m.say("fault_in_guarantee", f"guarantee_{product.name}", last=ends.rolled_day.isoformat())
        return _options(m, "repair")
    m.say("guarantee_over", f"guarantee_{product.name}", last=ends.rolled_day.isoformat())
    m.answer(options=())
    return m.close("ineligible", "guarantee_over")


def _failed_repairs(m: Matter, regime: str) -> Decision:
    """Two repairs that failed open the exchange."""
    rule = m.rule(f"{regime}_failed_repairs")
    failed = m.facts.the_count("repairs_failed")
    if failed < rule.number("times"):
        m.say("repairs_not_enough", rule.code, failed=failed, times=rule.number("times"))
        return _options(m, "repair")
    m.say("repairs_failed", rule.code, failed=failed)
    return _exchange_due(m, regime, *rule.words("options"))


def _repair_time(m: Matter, regime: str) -> Decision:
    """Too long in repair: the limit depends on who is the cause, and must be exceeded."""
    if m.facts.has("sent_repair_at"):
        end = m.facts.day("returned_at") or m.now
        if end is None:
            m.need("now")
        spent = days_between(m.facts.the_day("sent_repair_at"), end or m.on)
    else:
        spent = m.facts.the_count("repair_days")
    m.answer(days_in_repair=spent)
    cause = m.facts.the_word("cause")
    own = cause == "repairer_own"
    rule = m.rule(f"{regime}_own_delay" if own else f"{regime}_parts_wait")
    limit = rule.number("over")
    if own:
        m.answer(cost_bearer="repairer")
    if spent <= limit:
        m.say("repair_within_limit", rule.code, days=spent, limit=limit)
        return _options(m, "repair")
    m.say("repair_over_limit", rule.code, days=spent, limit=limit)
    return _exchange_due(m, regime, "exchange")


def _repair_holds(m: Matter, regime: str) -> Decision:
    """Repaired goods must work for 30 days."""
    until = m.count("repair_guarantee_until", f"{regime}_repair_holds", m.facts.the_day("repaired_at"))
    breached = m.facts.the_day("same_fault_at") <= until.rolled_day
    m.say("repair_did_not_hold" if breached else "repair_held", f"{regime}_repair_holds")
    m.answer(repair_guarantee_until=until.rolled_day, guarantee_breached=breached)
    return m.close("eligible" if breached else "computed", remedies=("repair",) if breached else ())


def _accessory(m: Matter) -> Decision:
    """An accessory replaced twice in vain is refunded."""
    rule = m.rule("accessory_replaced")
    failed = m.facts.the_count("replacements_failed")
    if failed < rule.number("times"):
        m.say("replacements_not_enough", rule.code, failed=failed, times=rule.number("times"))
        return _options(m, "exchange")
    m.say("replacements_failed", rule.code, failed=failed)
    price = m.facts.money("invoice_price")
    if price is not None:
        m.answer(refund=price)
    return _options(m, "return")


def _exchange_due(m: Matter, regime: str, *options: str) -> Decision:
    """An exchange is due: without the same model all money back, with it less depreciation (contested)."""
    in_stock = m.facts.flag("same_model_in_stock")
    wants_money = m.facts.word("wants") == "return"
    if in_stock is False and (wants_money or m.facts.flag("accepts_other_model") is False):
        m.say("no_same_model", f"{regime}_no_same_model")
        return _money_back(m, m.amount("0"))
    if in_stock is False and not m.facts.has("accepts_other_model"):
        m.say("no_same_model", f"{regime}_no_same_model")
        return _options(m, "exchange", "return")
    if in_stock and wants_money:
        m.contest("same_model_refund")
        rule = m.rule(f"{regime}_depreciation")
        return _depreciated(m, rule)
    return _options(m, *options)


def _depreciated(m: Matter, rule: Provision) -> Decision:
    """Invoice price × daily rate × days used; repair and waiting days do not count."""
    m.need("invoice_price")
    price, used = m.facts.the_money("invoice_price"), _days_used(m)
    term = m.law(f"guarantee_{m.facts.the_product().name}")
    if term is None or "daily_rate" not in term.values:
        m.say("rate_unknown", rule.code)
        m.flag("depreciation_unknown")
        return _options(m, "return")
    numerator, denominator = term.rate("daily_rate").as_integer_ratio()
    fee = Money(min(price.minor * used * numerator // denominator, price.minor), price.currency)
    m.say(
        "depreciation",
        f"{rule.code} {term.code}",
        price=shown(price),
        rate=str(term.rate("daily_rate")),
        days=used,
        amount=shown(fee),
    )
    return _money_back(m, fee)


def _days_used(m: Matter) -> int:
    away = (m.facts.count("repair_days") or 0) + (m.facts.count("waiting_days") or 0)
    stated = m.facts.count("days_used")
    if stated is not None:
        if away > stated:
            raise Faulty("repair_days", "more_than_bought", most=stated)
        return stated - away
    m.need("sold_at")
    # The fee runs to the return; the day of the fault stands for it until then, never the clock on the wall.
    end = m.facts.day("returned_at") or m.facts.day("now") or m.facts.day("performance_fault_at")
    if end is None:
        m.need("days_used")
    spent = days_between(m.facts.the_day("sold_at"), end or m.on)
    if away > spent:
        raise Faulty("repair_days", "more_than_bought", most=spent)
    return spent - away


def _money_back(m: Matter, depreciation: Money) -> Decision:
    price = m.facts.money("invoice_price")
    m.answer(depreciation=depreciation)
    if price is not None:
        m.answer(refund=price - depreciation)
    return _options(m, "return")


def _options(m: Matter, *options: str) -> Decision:
    m.answer(options=options)
    return m.close("eligible", remedies=options, payer="merchant")
