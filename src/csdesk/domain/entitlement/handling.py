"""What the merchant must do by when: give a return address, pay back, answer (处罚办法§8-9, 七日办法§11, §13)."""

from datetime import date

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "duty": word("duty"),
    "request_at": past,
    "address_given": flag,
    "goods_back_at": past,
    "refunded": flag,
    "intact": flag,
    "nonconforming": flag,
    "answered": flag,
    "paid": money,
}
ALIASES = {
    "requested_at": "request_at",
    "returned_goods_received_at": "goods_back_at",
    "return_received_at": "goods_back_at",
    "refund_received": "refunded",
}
DATED_BY = ("goods_back_at", "request_at", "now")
ORDER = (("request_at", "goods_back_at"),)


def decide(m: Matter) -> Decision:
    """Whether the merchant is late. Answers `refund_due`, `deemed_refusal_from`, `deemed_refusal`, `refund`."""
    return ANSWERS[m.facts.the_word("duty")](m)


def _address(m: Matter) -> Decision:
    """A true address, name and phone for the return at once; over 15 days without is refusal."""
    m.need("request_at", "address_given")
    if m.facts.the_flag("address_given"):
        m.say("address_given", "return_address")
        return m.close("ineligible", "address_given")
    m.say("address_owed", "return_address")
    m.say("notice_counts_not_dispatch", "no_reason_window")
    refused = _refusal(m, "deemed_refusal_return", m.facts.the_day("request_at"))
    m.say("platform_mediates", "platform_mediates")
    return m.close("eligible", "deemed_refusal" if refused else "ok", remedies=("return", "mediation"))


def _refund(m: Matter) -> Decision:
    """Seven days after the goods came back intact; of goods that are not as owed, 15 days after the request."""
    m.need("goods_back_at", "refunded")
    if m.facts.the_flag("refunded"):
        m.say("already_refunded")
        return m.close("ineligible", "already_refunded")
    if (paid := m.facts.money("paid")) is not None:
        m.answer(refund=paid)
    if m.facts.true("nonconforming"):
        return _quality_refund(m)
    if m.facts.flag("intact") is False:
        m.say("stated_not_intact", "intact")
        return m.close("ineligible", "not_intact")
    back, today = m.facts.the_day("goods_back_at"), _today(m)
    due = m.count("refund_due", "refund_after_return", back, decisive=False)
    m.answer(refund_due=due.rolled_day)
    if due.raw_day < today <= due.rolled_day:
        m.trust("interpretation")
    refused = _refusal(m, "deemed_refusal_refund", back)
    if today <= due.rolled_day:
        m.say("refund_not_due", "refund_after_return", last=due.rolled_day.isoformat())
        return m.close("computed", "not_yet_due")
    m.say("refund_overdue", "refund_after_return", last=due.rolled_day.isoformat())
    return m.close("eligible", "deemed_refusal" if refused else "refund_overdue", remedies=("refund",))


def _quality_refund(m: Matter) -> Decision:
    m.need("request_at")
    m.say("quality_refund_owed", "quality_freight invoice_price")
    refused = _refusal(m, "deemed_refusal_quality", m.facts.the_day("request_at"))
    return m.close("eligible", "deemed_refusal" if refused else "ok", remedies=("refund",), payer="merchant")


def _answer(m: Matter) -> Decision:
    """A claim put off: the law gives 15 days; how soon to reply at first is the desk's own policy."""
    m.need("request_at", "answered")
    if m.facts.the_flag("answered"):
        m.say("claim_answered")
        return m.close("ineligible", "claim_answered")
    refused = _refusal(m, "deemed_refusal_quality", m.facts.the_day("request_at"))
    m.say("routes_open", "dispute_routes platform_mediates")
    if refused:
        return m.close("eligible", "deemed_refusal", remedies=("mediation", "authority_complaint"))
    return m.close("computed", "not_yet_due", remedies=("mediation",))


def _refusal(m: Matter, law: str, start: date) -> bool:
    """Whether more than the days of the rule have gone by: then putting off counts as refusing."""
    first_late = m.count("deemed_refusal_from", law, start, show="past").first_day_past
    refused = _today(m) >= first_late
    m.answer(deemed_refusal_from=first_late, deemed_refusal=refused)
    m.say("deemed_refusal" if refused else "not_yet_refusal", law, day=first_late.isoformat())
    return refused


def _today(m: Matter) -> date:
    if m.now is None:
        m.need("now")
    return m.now or m.on


ANSWERS = {"return_address": _address, "refund": _refund, "answer": _answer}
