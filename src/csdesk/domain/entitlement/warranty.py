"""How long the duty to repair, exchange or take back lasts, and from when it runs (条例§18)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, days, flag, past
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "warranty_months": days,
    "agreed_warranty_months": days,
    "needs_installation": flag,
    "installed_at": past,
    "exchange_completed_at": past,
    "repair_days": days,
}


def ends(m: Matter) -> Decision:
    """The last day of the agreed months: from delivery, installation or exchange, repair days not counted.

    Answers `warranty_end`, `restarted`.
    """
    months = m.facts.the_count("warranty_months")
    # Before the regulation an agreed term ran as agreed: from delivery, without restart or days left out.
    exchanged = m.facts.day("exchange_completed_at")
    restarted = exchanged is not None and m.law("warranty_runs") is not None
    law = "warranty_runs" if exchanged or m.law("warranty_runs") else "warranty_agreed"
    if exchanged and restarted:
        start = exchanged
        m.say("warranty_restarts", "warranty_runs", day=start.isoformat())
    elif m.facts.true("needs_installation") or m.facts.has("installed_at"):
        start = m.facts.the_day("installed_at")
        m.say("warranty_from_installation", law, day=start.isoformat())
    else:
        start = m.facts.the_day("received_at")
        m.say("warranty_from_delivery", law, day=start.isoformat())
    excluded = (m.facts.count("repair_days") or 0) if law == "warranty_runs" else 0
    if excluded:
        m.say("repair_time_excluded", "warranty_runs", days=excluded)
    end = m.count("warranty_end", law, start, length=months, excluded=excluded)
    m.answer(warranty_end=end.rolled_day, restarted=restarted)
    return m.close("computed")


def shortest(m: Matter) -> Decision:
    """An agreed term never falls below the national one for the class (条例§18(1))."""
    m.need("product_class")
    product = m.facts.the_product()
    agreed = m.facts.the_count("agreed_warranty_months")
    national = m.law(f"guarantee_{product.name}")
    if national is None or "months" not in national.values:
        m.say("no_national_term", "warranty_floor", product=product.name)
        if "guaranteed" in product.families:
            m.trust("interpretation")
        m.answer(effective_warranty_months=agreed)
        return m.close("computed")
    months = max(agreed, national.number("months"))
    code = "national_term_binds" if months > agreed else "agreed_term_binds"
    m.say(code, f"warranty_floor guarantee_{product.name}", months=months)
    m.answer(effective_warranty_months=months)
    return m.close("computed")
