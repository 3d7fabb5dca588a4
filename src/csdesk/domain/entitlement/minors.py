"""What a minor bought: void, bound, or waiting for the guardian (民法典§§19-20, 145)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, count, flag, money, past
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "minor_age": count,
    "paid": money,
    "paid_at": past,
    "guardian_consented": flag,
    "fits_age": flag,
    "ratification_asked_at": past,
    "age_shown": flag,
}
ALIASES = {
    "guardian_ratified": "guardian_consented",
    "ratified": "guardian_consented",
    "fit_for_age": "fits_age",
    "age_appropriate": "fits_age",
    "guardian_agreed": "guardian_consented",
    "guardian_consent": "guardian_consented",
    "guardian_agrees": "guardian_consented",
    "guardian_approved": "guardian_consented",
    "parental_consent": "guardian_consented",
    "parent_consented": "guardian_consented",
    "fits_age_and_intellect": "fits_age",
    "suits_age": "fits_age",
    "age": "minor_age",
    "amount": "paid",
}
DATED_BY = ("paid_at", "purchased_at", "now")


def decide(m: Matter) -> Decision:
    """Whether the purchase stands. Answers `void`, `effective`, `refund_amount`, and `ratification_by`."""
    m.need("minor_age")
    age, law = m.facts.the_count("minor_age"), m.rule("minor_capacity")
    if age >= law.number("adult"):
        m.say("adult", "minor_capacity", age=age)
        m.answer(void=False, effective=True)
        return m.close("ineligible", "adult")
    if age < law.number("no_capacity"):
        return _undone(m, "minor_void", void=True)
    if m.facts.true("guardian_consented") or m.facts.true("fits_age"):
        m.say("minor_bound", "minor_capacity", age=age)
        m.answer(void=False, effective=True)
        return m.close("ineligible", "minor_bound")
    asked = m.facts.day("ratification_asked_at")
    if asked and not m.facts.has("guardian_consented"):
        limit = m.count("ratification_by", "ratification", asked)
        m.answer(ratification_by=limit.rolled_day)
    if not m.facts.any("guardian_consented", "fits_age"):
        m.need("guardian_consented", "fits_age")
    return _undone(m, "minor_ineffective", void=False)


def _undone(m: Matter, code: str, *, void: bool) -> Decision:
    m.say(code, "minor_capacity", age=m.facts.the_count("minor_age"))
    m.answer(void=void, effective=False)
    if (paid := m.facts.money("paid")) is not None:
        m.answer(refund_amount=paid)
    return m.close("eligible", remedies=("refund",))
