"""A person's rights over their data, and what a leak obliges to (个人信息保护法§§15, 44-50, 57, 69)."""

from csdesk.domain.entitlement import deadlines
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, days, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter, shown

FIELDS: Fields = {
    "data_request": word("data_request"),
    "request_at": past,
    "identity_verified": flag,
    "data_wrong": flag,
    "must_be_kept": flag,
    "promised_days": days,
    "leak_found": flag,
    "found_at": past,
    "harm_avoided": flag,
    "incident_level": word("incident_level"),
    "scam_contact": flag,
    "handler_proves_no_fault": flag,
    "loss": money,
}
ALIASES = {"requested_at": "request_at", "retention_required": "must_be_kept", "losses": "loss"}
DATED_BY = ("request_at", "found_at", "now")
# What may be asked once the person is known, by which rule.
RIGHTS = {
    "access": "data_access",
    "copy": "data_access",
    "port": "data_access",
    "correct": "data_correct",
    "delete": "data_delete",
    "close_account": "account_closed",
    "explain": "data_explained",
}


def decide(m: Matter) -> Decision:
    """Answers `respond_due` (policy: the law says in time) and, of a leak, `notify_authority`, `notify_people`."""
    asked = m.facts.the_word("data_request")
    if asked == "leak":
        return _leak(m)
    _due(m)
    if asked in ("withdraw_consent", "stop_marketing"):
        m.say("consent_ends", "consent_withdrawn" if asked == "withdraw_consent" else "marketing_stop")
        return m.close("eligible", remedies=(asked,))
    if not m.facts.the_flag("identity_verified"):
        m.say("identity_first", "data_identity data_refusal_reasons")
        return m.close("ineligible", "identity_not_verified")
    if asked == "correct" and not m.facts.the_flag("data_wrong"):
        m.say("data_is_right", "data_correct data_refusal_reasons")
        return m.close("ineligible", "data_is_right")
    m.say("right_over_data", RIGHTS[asked], kind=asked)
    if asked in ("delete", "close_account") and m.facts.the_flag("must_be_kept"):
        m.say("kept_by_law", "data_kept")
        return m.close("eligible", "kept_by_law", remedies=(asked, "restrict"))
    return m.close("eligible", remedies=(asked,))


def _due(m: Matter) -> None:
    """The answer within 15 working days, or sooner where that was promised."""
    m.need("request_at")
    start, promised = m.facts.the_day("request_at"), m.facts.count("promised_days")
    due = m.count("respond_due", "privacy_reply", start).rolled_day
    if promised is not None:
        sooner = m.count("respond_due", "promised_days", start, length=promised).rolled_day
        m.deadlines.pop(-1 if sooner >= due else -2)
        due = min(due, sooner)
    m.answer(respond_due=due)


def _leak(m: Matter) -> Decision:
    """A leak: stop it, tell the authority and the people (§57); who cannot show no fault pays (§69)."""
    m.need("leak_found")
    if m.facts.true("scam_contact"):
        m.say("scam_to_police")
        m.answer(refer="public_security")
    if not m.facts.the_flag("leak_found"):
        m.say("no_leak_found", "data_refusal_reasons data_access")
        return m.close("ineligible", "no_leak_found", remedies=("access",))
    avoided = m.facts.true("harm_avoided")
    m.say("leak_harm_avoided" if avoided else "leak_told", "leak_notice")
    m.answer(notify_authority=True, notify_people=not avoided)
    if m.facts.word("incident_level") == "larger":
        m.need("found_at")
        found = m.facts.moment("found_at")
        if found is not None:
            deadlines.minutes(m, "authority_report_due", "cyber_incident_report", "found_at", found)
    if m.facts.true("handler_proves_no_fault"):
        m.say("no_fault_proven", "leak_liability")
        return m.close("eligible", remedies=("leak_notice",))
    if (loss := m.facts.money("loss")) is not None:
        m.say("leak_damages", "leak_liability", amount=shown(loss))
        m.answer(damages=loss)
    return m.close("eligible", remedies=("leak_notice", "damages"))
