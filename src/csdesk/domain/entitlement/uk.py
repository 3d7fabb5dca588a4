"""United Kingdom: refunds after cancelling (CCR 2013), short-term right to reject (CRA 2015 s. 20-24)."""

from datetime import timedelta

from csdesk.domain.clocks.days import days_between
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, count, days, flag, past
from csdesk.domain.entitlement.matter import Matter

REFUND: Fields = {
    "goods_back": past,
    "proof_of_sending": past,
    "cancelled_on": past,
    "no_goods": flag,
    "refund_agreed_on": past,
    "trader_collects": flag,
}
REFUND_ALIASES = {"withdrawal_notice": "cancelled_on", "notice_on": "cancelled_on"}
REJECT: Fields = {
    "delivered": past,
    "reject_on": past,
    "repair_asked": past,
    "repaired_back": past,
    "repairs_failed": count,
    "repaired_once": flag,
    "repair_days": days,
}
REJECT_ALIASES = {
    "delivered_at": "delivered",
    "rejected_on": "reject_on",
    "repair_requested": "repair_asked",
    "repair_requested_on": "repair_asked",
    "repaired_returned": "repaired_back",
    "repair_returned": "repaired_back",
    "goods_back": "repaired_back",
    "returned_repaired": "repaired_back",
    "repair_completed": "repaired_back",
    "in_repair_days": "repair_days",
    "days_in_repair": "repair_days",
    "repair_failed": "repaired_once",
    "already_repaired": "repaired_once",
    "repair_attempted": "repaired_once",
}


def refund_deadline(m: Matter) -> Decision:
    """14 days after the goods, or proof that they were sent, came back.

    After the notice where none go back, or where the trader offered to collect them (reg. 34(5)).

    Rejected goods: 14 days after the trader agreed that a refund is due (CRA s. 20(15)).
    """
    agreed = m.facts.day("refund_agreed_on")
    if agreed:
        due = m.count("refund_due", "reject_refund", agreed)
        m.say("refund_term", "reject_refund", last=due.rolled_day.isoformat())
        m.answer(refund_due=due.rolled_day)
        return m.close("computed")
    stated = [day for name in ("goods_back", "proof_of_sending") if (day := m.facts.day(name)) is not None]
    if not stated and (m.facts.true("no_goods") or m.facts.true("trader_collects")):
        stated = [m.facts.the_day("cancelled_on")]
    if not stated:
        m.need("goods_back")
    due = m.count("refund_due", "refund_term", min(stated))
    m.say("refund_term", "refund_term", last=due.rolled_day.isoformat())
    m.answer(refund_due=due.rolled_day)
    return m.close("computed")


def reject_fault(m: Matter) -> Decision:
    """Reject faulty goods within 30 days; a repair's time does not count, 7 days are left after it (s. 22).

    Answers `short_term_right`, `last_day`, else `next`: one repair or replacement, then price or rejection.
    """
    m.need("delivered", "reject_on")
    delivered, on = m.facts.the_day("delivered"), m.facts.the_day("reject_on")
    asked, back = m.facts.day("repair_asked"), m.facts.day("repaired_back")
    waited = days_between(asked, back) if asked and back and back > asked else 0
    waited = waited or m.facts.count("repair_days") or 0
    last = m.count("reject_by", "short_term_reject", delivered, excluded=waited).rolled_day
    if back:
        last = max(last, back + timedelta(days=m.rule("short_term_reject").number("least_after_repair")))
    right = on <= last
    m.answer(short_term_right=right, last_day=last)
    if right:
        m.say("may_reject", "short_term_reject", last=last.isoformat())
        return m.close("eligible", remedies=("reject", "repair_or_replacement"), payer="trader")
    failed = (m.facts.count("repairs_failed") or 0) > 0 or m.facts.true("repaired_once")
    then = "price_reduction_or_final_reject" if failed else "repair_or_replacement"
    m.say("reject_over", "later_remedies", last=last.isoformat())
    m.answer(next=then)
    return m.close("eligible", remedies=(then,), payer="trader")
