"""Less came than was owed: pieces, a part, weight, a gift, or nothing at all in the box (消法§48, §52)."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, count, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.money import Money

FIELDS: Fields = {
    "short_of": word("short_of"),
    "ordered_qty": count,
    "delivered_qty": count,
    "ordered_grams": count,
    "delivered_grams": count,
    "part_listed": flag,
    "gift_promised": flag,
    "missing_shown": flag,
    "request_at": past,
    "received_at": past,
    "paid": money,
}
ALIASES = {"signed_at": "received_at", "received_qty": "delivered_qty", "requested_at": "request_at"}
DATED_BY = ("request_at", "received_at", "purchased_at", "now")
ORDER = (("received_at", "request_at"),)


def decide(m: Matter) -> Decision:
    """Make up, pay back the share, or damages. Answers `shortage` and, where it can be reckoned, `refund`."""
    of = m.facts.the_word("short_of")
    if of in ("pieces", "weight"):
        names = ("ordered_qty", "delivered_qty") if of == "pieces" else ("ordered_grams", "delivered_grams")
        m.need(*names)
        owed, came = m.facts.the_count(names[0]), m.facts.the_count(names[1])
        if came >= owed:
            m.say("no_shortage")
            return m.close("ineligible", "no_shortage")
        m.say("shortage" if of == "pieces" else "short_weight", "shortage", pieces=owed - came)
        m.answer(shortage=owed - came)
        return _make_up(m, owed - came, owed)
    if of == "gift":
        return _named(m, "gift_promised", "promise_binds", "gift_was_promised", "no_gift_promised")
    if of == "part":
        return _named(m, "part_listed", "shortage", "part_was_listed", "part_not_listed")
    return _named(m, "missing_shown", "shortage", "box_was_empty", "empty_box_not_shown")


def _named(m: Matter, fact: str, law: str, owed: str, not_owed: str) -> Decision:
    """What was named beforehand is owed; what was not, is not."""
    m.need(fact)
    if not m.facts.the_flag(fact):
        m.say(not_owed, law)
        return m.close("ineligible", not_owed)
    m.say(owed, law)
    whole = 1 if owed == "box_was_empty" else 0
    return _make_up(m, whole, whole)


def _make_up(m: Matter, short: int, owed: int) -> Decision:
    """The share is rounded up to the fen, in the consumer's favour; whole 0: no share can be reckoned."""
    paid, request = m.facts.money("paid"), m.facts.day("request_at")
    if paid is not None and owed:
        back = Money(-(-paid.minor * short // owed), paid.currency)
        m.say("share_back", "shortage", amount=shown(back))
        m.answer(refund=back)
    m.answer(return_freight="merchant")
    if request:
        m.count("deemed_refusal_from", "deemed_refusal_quality", request, show="past")
    return m.close("eligible", remedies=("reissue", "refund_shortfall", "damages"), payer="merchant")
