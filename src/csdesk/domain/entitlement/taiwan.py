"""Taiwan: withdrawal in seven days by sending back or notice (消保法§19), closed exceptions (準則§2)."""

from csdesk.domain.clocks.deadline import Deadline
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, past, product_class
from csdesk.domain.entitlement.matter import Matter

WITHDRAWAL: Fields = {
    "received": past,
    "dispatched": past,
    "notice_sent": past,
    "product_class": product_class,
    "opened_for_inspection": flag,
    "unsealed": flag,
    "told_in_advance": flag,
    "info_given": flag,
    "info_given_on": past,
}
WITHDRAWAL_ALIASES = {
    "delivered": "received",
    "received_at": "received",
    "sent_back": "dispatched",
    "notice_on": "notice_sent",
    "seal_broken": "unsealed",
}
REFUND: Fields = {"goods_back": past}

# The closed list, and whether a kind counts only once it was unsealed.
EXCEPTIONS = (
    ("fresh", False),
    ("custom", False),
    ("periodical", False),
    ("downloaded", False),
    ("media", True),
    ("hygiene", True),
    ("flight", False),
)


def withdrawal(m: Matter) -> Decision:
    """Answers `right`, `last_day`, `raw_last_day`, `cost_bearer`, `extinguished_after_months`."""
    excepted = _excepted(m)
    if excepted:
        m.say("withdrawal_excepted", "withdrawal_exceptions", family=excepted)
        m.answer(right=False)
        return m.close("ineligible", f"excepted_{excepted}")
    m.need("received")
    last = _last_day(m)
    m.answer(last_day=last.rolled_day, raw_last_day=last.raw_day, cost_bearer="trader")
    m.say("trader_bears_cost", "withdrawal_cost")
    sent = [day for name in ("dispatched", "notice_sent") if (day := m.facts.day(name)) is not None]
    if not sent:
        return m.close("computed", payer="trader")
    right = min(sent) <= last.rolled_day
    m.say("sent_in_time" if right else "after_window", "withdrawal_window", last=last.rolled_day.isoformat())
    m.answer(right=right)
    if right:
        return m.close("eligible", remedies=("return",), payer="trader")
    return m.close("ineligible", "expired")


def _excepted(m: Matter) -> str:
    """An exception counts only if the consumer was told of it before buying."""
    product = m.facts.product()
    families = product.families if product else frozenset[str]()
    for family, when_unsealed in EXCEPTIONS:
        if family not in families or (when_unsealed and not m.facts.the_flag("unsealed")):
            continue
        if m.facts.the_flag("told_in_advance"):
            return family
        m.say("not_told_of_exception", "withdrawal_exceptions")
    return ""


def _last_day(m: Matter) -> Deadline:
    """Seven days from receipt; told late of the right: seven from then, four months from receipt at most."""
    received = m.facts.the_day("received")
    told_on = m.facts.day("info_given_on")
    first = m.count("withdrawal", "withdrawal_window", received)
    if m.facts.flag("info_given") is not False and (told_on is None or told_on <= received):
        return first
    longest = m.count("withdrawal_extinguished", "withdrawal_extended", received)
    period = m.rule("withdrawal_extended").period
    m.answer(extinguished_after_months=period.count if period else None)
    m.say("informed_late" if told_on else "not_informed", "withdrawal_extended")
    if told_on is None:
        return longest
    late = m.count("withdrawal", "withdrawal_window", told_on)
    return min(late, longest, key=lambda deadline: deadline.rolled_day)


def refund_deadline(m: Matter) -> Decision:
    """15 days from the day after the goods came back (§19-2)."""
    m.need("goods_back")
    due = m.count("refund_due", "refund_term", m.facts.the_day("goods_back"))
    m.say("refund_term", "refund_term", last=due.rolled_day.isoformat())
    m.answer(refund_due=due.rolled_day)
    return m.close("computed")
