"""Prepayment: seven days to think, what is left to refund, interest, minors (预付式消费司法解释 §§10-22)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, count, days, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

FIELDS: Fields = {
    "paid_at": past,
    "request_at": past,
    "had_same_service_before": flag,
    "had_same_service_elsewhere": flag,
    "promised_days": days,
    "paid": money,
    "gift_amount": money,
    "consumed_value": money,
    "list_consumed_value": money,
    "cause": word("cause"),
    "sessions": count,
    "used": count,
    "discount_unit": money,
    "list_unit": money,
    "unlimited": flag,
    "months": days,
    "months_elapsed": days,
    "days_total": days,
    "days_elapsed": days,
    "consumer_never_came": flag,
    "interest_agreed": flag,
    "minor_age": count,
    "guardian_consented": flag,
    "fits_age": flag,
    "unlawful_minor_service": flag,
}
# Of a closed shop the cause is known, and nobody asks for the seven days or for an age.
_NOT_CLOSED = (
    "cause",
    "had_same_service_before",
    "had_same_service_elsewhere",
    "minor_age",
    "guardian_consented",
    "fits_age",
)
CLOSED: Fields = {name: f for name, f in FIELDS.items() if name not in _NOT_CLOSED} | {"evades_refund": flag}
CLOSED_ALIASES = {"requested_at": "request_at", "sessions_used": "used", "bonus": "gift_amount"}
ALIASES = {
    "requested_at": "request_at",
    "used_before": "had_same_service_before",
    "sessions_used": "used",
    "guardian_ratified": "guardian_consented",
    "ratified": "guardian_consented",
    "guardian_agreed": "guardian_consented",
    "fit_for_age": "fits_age",
    "age_appropriate": "fits_age",
    "guardian_consent": "guardian_consented",
    "guardian_agrees": "guardian_consented",
    "guardian_approved": "guardian_consented",
    "parental_consent": "guardian_consented",
    "parent_consented": "guardian_consented",
    "fits_age_and_intellect": "fits_age",
    "suits_age": "fits_age",
    "age": "minor_age",
    "gift": "gift_amount",
    "bonus_amount": "gift_amount",
    "consumed": "consumed_value",
    "used_value": "consumed_value",
    "sessions_total": "sessions",
    "total_sessions": "sessions",
    "used_sessions": "used",
    "months_used": "months_elapsed",
    "months_total": "months",
    "total_months": "months",
    "received_same_service_before": "had_same_service_before",
    "same_service_before": "had_same_service_before",
    "had_same_service_elsewhere_before": "had_same_service_elsewhere",
    "had_same_service_from_other": "had_same_service_elsewhere",
    "valid_days": "days_total",
    "total_days": "days_total",
    "term_days": "days_total",
    "days_used": "days_elapsed",
    "stopped_after_months": "months_elapsed",
    "stopped_after_days": "days_elapsed",
    "bonus": "gift_amount",
}
DATED_BY = ("paid_at", "request_at", "purchased_at", "now")
ORDER = (("paid_at", "request_at"),)


def decide(m: Matter) -> Decision:
    """The question that the facts put: a minor, an unlimited card, what was used, interest, the seven days.

    Answers `void`, `refund` (an amount; for minors whether), `no_reason_refund`, `window_last_day`,
    `interest`, `consumer_owes`.
    """
    facts = m.facts
    if facts.has("minor_age"):
        return _minor(m)
    if facts.true("unlimited") or facts.any("months", "days_total"):
        return _pro_rata(m)
    if facts.any("consumed_value", "list_consumed_value", "used"):
        return _left_over(m)
    if facts.any("paid_at", "had_same_service_before"):
        return _seven_days(m)
    if facts.any("interest_agreed", "cause"):
        _interest(m)
        return m.close("computed")
    m.need("paid_at", "request_at", "had_same_service_before")
    return _seven_days(m)


def closed(m: Matter) -> Decision:
    """The shop is closed or gone: the operator is the cause of it, and what is left is owed (条例§22(3)).

    Answers as `decide` does, with `punitive_supported` where the refund is evaded (§23).
    """
    m.need("paid")
    m.facts.values["cause"] = "operator"
    m.say("prepaid_shop_closed", "prepaid_closing")
    if m.facts.true("evades_refund"):
        m.say("prepaid_abscond", "ground_prepaid_abscond")
        m.answer(punitive_supported=True)
    if m.facts.true("unlimited") or m.facts.any("months", "days_total"):
        return _pro_rata(m)
    if not m.facts.any("used"):
        m.need("consumed_value")
    _reckon(m)
    if (request := m.facts.day("request_at")) is not None:
        m.count("deemed_refusal_from", "deemed_refusal_prepaid", request, show="past")
    return m.close("eligible", remedies=("refund",))


def _seven_days(m: Matter) -> Decision:
    """The principal back on request within seven days, unless the consumer knew the service (§14)."""
    m.need("paid_at", "request_at")
    by_law = m.rule("prepaid_window").period
    length = max(by_law.count if by_law else 0, m.facts.count("promised_days") or 0)
    paid_at, request = m.facts.the_day("paid_at"), m.facts.the_day("request_at")
    window = m.count("prepaid_request", "prepaid_window", paid_at, length=length, decisive=False)
    m.answer(window_last_day=window.rolled_day, raw_last_day=window.raw_day)
    if request > window.rolled_day:
        m.say("after_window", "prepaid_window", last=window.rolled_day.isoformat())
        m.answer(no_reason_refund=False)
        return m.close("ineligible", "expired")
    if m.facts.true("had_same_service_elsewhere") or m.facts.the_flag("had_same_service_before"):
        m.say("had_service_before", "prepaid_window")
        m.answer(no_reason_refund=False)
        return m.close("ineligible", "had_same_service_before")
    if request > window.raw_day:
        m.trust("interpretation")
    m.say("inside_window", "prepaid_window", last=window.rolled_day.isoformat())
    m.answer(no_reason_refund=True)
    paid = m.facts.money("paid")
    if paid is not None:
        m.answer(refund=paid)
    return m.close("eligible", remedies=("refund",))


def _left_over(m: Matter) -> Decision:
    """Prepayment less what was used: at the discount, at list price if the consumer ends it (§15, §18-20)."""
    _reckon(m)
    return m.close("computed", remedies=("refund",))


def _reckon(m: Matter) -> None:
    m.need("paid", "cause")
    paid = m.facts.the_money("paid")
    consumer = m.facts.the_word("cause") == "consumer"
    used = _used_at_list(m, paid) if consumer else _used_at_discount(m, paid)
    refund = paid - used if used < paid else m.amount("0")
    m.answer(used_value=used, refund=refund, consumer_owes=m.amount("0"))
    m.say("left_over", "prepaid_principal", paid=shown(paid), used=shown(used), amount=shown(refund))
    if used > paid:
        m.say("no_more_owed", "prepaid_no_more_owed")
    _interest(m)


def _used_at_discount(m: Matter, paid: Money) -> Money:
    """Not the consumer's doing: the discounted price, or the share that the gift makes of it (§18)."""
    unit, used = m.facts.money("discount_unit"), m.facts.count("used")
    if used is not None and unit is None and (sessions := m.facts.count("sessions")):
        return Money(paid.minor * used // sessions, paid.currency)
    if used is not None:
        m.say("used_at_discount", "prepaid_operator_price")
        return m.facts.the_money("discount_unit") * used
    consumed, gift = m.facts.the_money("consumed_value"), m.facts.money("gift_amount")
    if gift is None or not (paid + gift).minor:
        return consumed
    # Rounded down to the fen: what is reckoned is reckoned for the consumer (处罚办法§10).
    m.say("used_at_ratio", "prepaid_operator_price", paid=shown(paid), whole=shown(paid + gift))
    return Money(consumed.minor * paid.minor // (paid + gift).minor, paid.currency)


def _used_at_list(m: Matter, paid: Money) -> Money:
    """The consumer's own doing: the price before the discount; gifts do not lower it (§19)."""
    m.say("used_at_list", "prepaid_consumer_price")
    used = m.facts.count("used")
    if used is not None:
        return m.facts.the_money("list_unit") * used
    value = m.facts.money("list_consumed_value")
    return value if value is not None else m.facts.the_money("consumed_value")


def _pro_rata(m: Matter) -> Decision:
    """Unlimited use for a time: the share of the time that is left (§22)."""
    if m.facts.true("consumer_never_came"):
        m.say("never_came", "prepaid_pro_rata")
        m.answer(refund=m.amount("0"))
        return m.close("ineligible", "never_came")
    unit = ("days_total", "days_elapsed") if m.facts.has("days_total") else ("months", "months_elapsed")
    m.need("paid", *unit)
    paid, whole, gone = m.facts.the_money("paid"), m.facts.the_count(unit[0]), m.facts.the_count(unit[1])
    left = max(whole - gone, 0)
    # Rounded up to the fen, in the consumer's favour.
    refund = Money(-(-paid.minor * left // whole), paid.currency) if whole else m.amount("0")
    m.say("pro_rata", "prepaid_pro_rata", left=left, whole=whole, amount=shown(refund))
    m.answer(refund=refund)
    _interest(m)
    return m.close("computed", remedies=("refund",))


def _interest(m: Matter) -> None:
    """As agreed; else LPR when the operator is the cause, the deposit rate when the consumer is (§16)."""
    if m.facts.true("interest_agreed"):
        m.say("interest_agreed", "prepaid_interest")
        m.answer(interest="as_agreed")
        return
    cause = m.facts.word("cause")
    if cause is None:
        return
    rate = "1y_deposit_rate_at_contract" if cause == "consumer" else "1y_LPR_at_contract"
    if cause == "neither":
        return
    m.say("interest_by_law", "prepaid_interest", rate=rate)
    m.answer(interest=rate)


def _minor(m: Matter) -> Decision:
    """A minor's prepayment (§10, 民法典§19-20): void under 8; from 8 unless consented to or fit for age."""
    age, law = m.facts.the_count("minor_age"), m.rule("minor_prepaid")
    if age >= law.number("adult"):
        m.say("adult", "minor_prepaid", age=age)
        m.answer(void=False, refund=False)
        return m.close("ineligible", "adult")
    if age < law.number("no_capacity"):
        return _void(m, "minor_void", age)
    if m.facts.true("guardian_consented") or m.facts.true("fits_age"):
        m.say("minor_bound", "minor_prepaid", age=age)
        m.answer(void=False, effective=True, refund=False)
        return m.close("ineligible", "minor_bound")
    if not m.facts.any("guardian_consented", "fits_age"):
        m.need("guardian_consented", "fits_age")
    # Consent and fitness are for the operator to show: one denied, the other not shown, is not there.
    return _void(m, "minor_ineffective", age)


def _void(m: Matter, code: str, age: int) -> Decision:
    m.say(code, "minor_prepaid", age=age)
    m.answer(void=True, effective=False, refund=True)
    paid = m.facts.money("paid")
    used = m.facts.money("consumed_value") or m.amount("0")
    if paid is not None:
        # What was used may be deducted, but not a game that may not be sold to minors (§10(3)).
        kept = m.amount("0") if m.facts.true("unlawful_minor_service") else min(used, paid)
        m.answer(refund_amount=paid - kept)
    return m.close("eligible", remedies=("refund",))
