"""Punitive damages: fraud, unsafe food, promises, and who may not have them."""

import re

from csdesk.domain.entitlement.decision import Answer, Decision
from csdesk.domain.entitlement.facts import Faulty, record
from csdesk.domain.entitlement.fields import Fields, count, each, flag, money, past, text, told, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.entitlement.pack import Provision
from csdesk.domain.money import Money

FIELDS: Fields = {
    "ground": told("ground"),
    "at": past,
    "price": money,
    "unit_price": money,
    "items": each(record({"sku": text, "price": money, "qty": count})),
    "qty": count,
    "loss": money,
    "prepaid": money,
    "defendant": word("defendant"),
    "knowing": flag,
    "buyer_knew": flag,
    "reasonable_qty": count,
    "affects_quality": flag,
    "affects_safety": flag,
    "misleading": flag,
    "claimant_conduct": word("claimant_conduct"),
    "merchant_promise_multiplier": count,
    "merchant_promise_amount": money,
    "merchant_promise": text,
    "merchant_proves_no_deception": flag,
    "deal_price_lower_for_buyer": flag,
    "no_intent_proven": flag,
    "rounding_only": flag,
    "evades_refund": flag,
}
ALIASES = {
    "losses": "loss",
    "quantity": "qty",
    "paid": "price",
    "merchant_proves_no_intent": "no_intent_proven",
    "promise_multiplier": "merchant_promise_multiplier",
    "seller_knew": "knowing",
    "operator_knew": "knowing",
    "defendant_knew": "knowing",
    "malicious_evasion": "evades_refund",
    "maliciously_evades": "evades_refund",
    "evades_refunds": "evades_refund",
    "refund_evaded": "evades_refund",
    "buyer_knowing": "buyer_knew",
    "consumer_knew": "buyer_knew",
    "bought_knowingly": "buyer_knew",
    "reasonable_quantity": "reasonable_qty",
    "price_paid": "price",
    "promise_multiple": "merchant_promise_multiplier",
    "merchant_proves_no_deceit": "merchant_proves_no_deception",
}
# 假一赔十, 假一罚三, 假1赔10.
PROMISE = re.compile(r"假[一1][赔罚]([二两三四五六七八九十百]|[1-9]\d{0,3})")
PROMISED = dict(zip("二两三四五六七八九十百", (2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100), strict=True))
DATED_BY = ("purchased_at", "at", "now")


def decide(m: Matter) -> Decision:
    """What is owed beyond the refund.

    Answers `refund`, `additional`, `multiplier`, `floor_applied`, `by`, `best`, `options`, `is_fraud`, and
    what else the ground brings.
    """
    return _judged(m, _ground(m))


def judge(m: Matter, ground: str) -> Decision:
    """The same for a ground of the pack that the question itself found."""
    return _judged(m, m.rule(f"ground_{ground}"))


def _judged(m: Matter, ground: Provision) -> Decision:
    conduct = m.facts.word("claimant_conduct")
    bad_faith = m.law("bad_faith_claim")
    if conduct == "bad_faith" and bad_faith:
        m.say("bad_faith_claim", "bad_faith_claim")
        m.answer(additional=m.amount("0"), refer="public_security")
        return m.close("ineligible", "bad_faith_claim")
    return RULES[str(ground.values["rule"])](m, ground)


def _ground(m: Matter) -> Provision:
    """The ground as the pack knows it, which says by what rule it is judged."""
    said = m.facts.the_word("ground")
    known = m.pack.words["ground"].find(said)
    if known is None:
        allowed = ", ".join(m.pack.words["ground"].words)
        raise Faulty("ground", "unknown_word", said=said[:40], allowed=allowed)
    return m.rule(f"ground_{known}")


def _price(m: Matter) -> Money:
    """What was paid: the price, or unit price times quantity."""
    price, unit, qty = m.facts.money("price"), m.facts.money("unit_price"), m.facts.count("qty")
    if lines := m.facts.records("items"):
        each_line = (line.the_money("price") * (line.count("qty") or 1) for line in lines)
        whole = sum(each_line, m.amount("0"))
        if price is not None and price != whole:
            raise Faulty("price", "does_not_add_up", total=shown(whole))
        return whole
    if unit is not None and qty is not None:
        if price is not None and price != unit * qty:
            raise Faulty("price", "does_not_add_up", total=shown(unit * qty))
        return unit * qty
    if unit is not None and price is None:
        m.need("qty")
    return m.facts.the_money("price")


def _none(m: Matter, reason: str, law: str, **answers: Answer) -> Decision:
    price = m.facts.money("price")
    m.say(reason, law)
    m.answer(**({"refund": price} if price is not None else {}), additional=m.amount("0"), **answers)
    return m.close("ineligible", reason)


def _fraud(m: Matter, ground: Provision) -> Decision:
    """Always fraud: 处罚办法§5⑦-⑩, §6, §13."""
    m.say("is_fraud", f"{ground.code} fraud_definition", ground=ground.code.removeprefix("ground_"))
    return _three_times(m)


def _rebuttable(m: Matter, ground: Provision) -> Decision:
    """Fraud unless the merchant proves that it did not deceive: 处罚办法§5①-⑥, §16(1)."""
    if m.facts.true("merchant_proves_no_deception"):
        return _none(m, "no_deception_proven", f"{ground.code} fraud_definition", is_fraud=False)
    return _fraud(m, ground)


def _price_fraud(m: Matter, ground: Provision) -> Decision:
    """Price fraud (明码标价规定§19), unless one of the three exceptions of §21 holds."""
    for exception in ("no_intent_proven", "deal_price_lower_for_buyer", "rounding_only"):
        if m.facts.true(exception):
            return _none(m, exception, "price_fraud_exceptions", is_fraud=False)
    return _fraud(m, ground)


def _label_flaw(m: Matter, ground: Provision) -> Decision:
    """A flaw of label, manual or advertisement that neither touches quality nor misleads (条例§49(1))."""
    m.need("affects_quality", "misleading")
    if not m.facts.the_flag("affects_quality") and not m.facts.the_flag("misleading"):
        return _none(m, "harmless_label_flaw", ground.code, is_fraud=False)
    return _fraud(m, ground)


def _three_times(m: Matter) -> Decision:
    """Three times the price, at least 500 yuan (消法§55(1)), or more by promise."""
    if m.facts.true("buyer_knew"):
        m.contest("knowing_buyer")
        return _none(m, "knowing_buyer", "fraud_damages", is_fraud=False)
    price, law = _price(m), m.rule("fraud_damages")
    times, floor = law.number("times"), m.amount(str(law.values["floor"]))
    additional = max(price * times, floor)
    m.say("three_times", "fraud_damages", price=shown(price), times=times, amount=shown(additional))
    if additional != price * times:
        m.say("floor_applied", "fraud_damages", amount=shown(floor))
    m.answer(
        refund=price,
        additional=additional,
        multiplier=times,
        floor_applied=additional != price * times,
        is_fraud=True,
        by="statute",
    )
    return _promised(m, price, additional)


def _times_promised(m: Matter) -> int | None:
    """How many times the price was promised: as a number, or in the words of the promise (假一赔十)."""
    times = m.facts.count("merchant_promise_multiplier")
    said = PROMISE.search(m.facts.word("merchant_promise") or "")
    if times is not None or said is None:
        return times
    return PROMISED.get(said[1]) or int(said[1])


def _promised(m: Matter, price: Money, statutory: Money) -> Decision:
    """The merchant's own promise, when it is above the law (法释2022-8 §10, 条例§12)."""
    times, amount = _times_promised(m), m.facts.money("merchant_promise_amount")
    promised = max(price * (times or 0), amount if amount is not None else m.amount("0"))
    if promised > statutory:
        m.say("promise_is_higher", "promise_damages", amount=shown(promised))
        m.trust("promise")
        m.answer(additional=promised, by="promise", floor_applied=False)
        if "best" in m.answers:
            m.answer(best=promised)
        if times and promised == price * times:
            m.answer(multiplier=times)
    return m.close("eligible", remedies=("refund", "damages"))


def _food(m: Matter, ground: Provision) -> Decision:
    """Ten times the price or three times the loss, at least 1000 yuan (食品安全法§148(2)).

    The producer answers strictly; the operator when it knew. Whoever is asked first pays first.
    """
    m.need("defendant")
    m.say("first_responder", "food_first_responder")
    m.answer(first_responder_duty=True)
    operator = m.facts.the_word("defendant") == "operator"
    if operator and not m.facts.the_flag("knowing"):
        return _none(m, "operator_did_not_know", "food_damages")
    price = _price(m)
    base = _living_needs(m, price)
    law = m.rule("food_damages")
    floor = m.amount(str(law.values["floor"]))
    by_price, by_loss = base * law.number("price_times"), _by_loss(m, law)
    options = [("10x_price", max(by_price, floor))]
    if by_loss is not None:
        options.append(("3x_loss", max(by_loss, floor)))
    best = max(amount for _, amount in options)
    m.say("ten_times", "food_damages", price=shown(base), amount=shown(best))
    applied = max(by_price, by_loss or by_price) < floor
    if applied:
        m.say("floor_applied", "food_damages", amount=shown(floor))
    m.answer(
        refund=price,
        additional=best,
        additional_options=tuple({"basis": basis, "amount": amount} for basis, amount in options),
        multiplier=law.number("price_times"),
        floor_applied=applied,
        by="statute",
        best=best,
    )
    if operator:
        _choice(m, base, best)
    return _promised(m, price, best)


def _by_loss(m: Matter, law: Provision) -> Money | None:
    loss = m.facts.money("loss")
    return None if loss is None else loss * law.number("loss_times")


def _living_needs(m: Matter, price: Money) -> Money:
    """Who bought knowingly is paid only for what a household reasonably needs (法释2024-9 §12)."""
    if not m.facts.true("buyer_knew"):
        return price
    m.need("reasonable_qty", "unit_price")
    bought, reasonable = m.facts.count("qty"), m.facts.the_count("reasonable_qty")
    base_qty = reasonable if bought is None else min(reasonable, bought)
    m.say("living_needs", "food_living_needs", pieces=base_qty)
    m.answer(base_qty=base_qty)
    return m.facts.the_money("unit_price") * base_qty


def _choice(m: Matter, base: Money, by_food: Money) -> None:
    """An operator that knew also deceived: the buyer may choose the ground (法释2024-9 §9)."""
    law = m.law("fraud_damages")
    choice = m.law("food_choice")
    if law is None or choice is None or m.facts.true("buyer_knew"):
        return
    by_fraud = max(base * law.number("times"), m.amount(str(law.values["floor"])))
    m.say("buyer_may_choose", "food_choice fraud_damages", food=shown(by_food), fraud=shown(by_fraud))
    m.answer(
        options=(
            {"basis": str(m.rule("food_damages").values["label"]), "amount": by_food},
            {"basis": str(law.values["label"]), "amount": by_fraud},
        ),
        best=max(by_food, by_fraud),
    )


def _food_label(m: Matter, ground: Provision) -> Decision:
    """A label flaw that does not touch safety and does not mislead (食品安全法§148(2), 法释2024-9 §8)."""
    m.need("affects_safety", "misleading")
    if not m.facts.the_flag("affects_safety") and not m.facts.the_flag("misleading"):
        return _none(m, "harmless_label_flaw", ground.code)
    return _food(m, ground)


def _injury(m: Matter, ground: Provision) -> Decision:
    """A known defect that killed or gravely injured: up to twice the losses (消法§55(2))."""
    if m.facts.flag("knowing") is False:
        return _none(m, "defect_not_known", ground.code)
    losses = m.facts.the_money("loss")
    most = losses * ground.number("times")
    m.say("injury_damages", ground.code, losses=shown(losses), amount=shown(most))
    m.answer(punitive_max=most)
    return m.close("eligible", remedies=("damages",))


def _abscond(m: Matter, ground: Provision) -> Decision:
    """Prepayment taken, shop closed, refunds evaded (预付式消费司法解释§23); the amount is for the court.

    A shop that closes but does not evade the refunds owes what is left, and no more.
    """
    if m.facts.flag("evades_refund") is False:
        m.say("prepaid_no_evasion", ground.code)
        m.answer(punitive_supported=False)
        return m.close("ineligible", "no_evasion")
    m.say("prepaid_abscond", ground.code)
    m.answer(punitive_supported=True)
    return m.close("eligible", remedies=("refund", "damages"))


# How a ground is judged, by the `rule` that the pack gives it.
RULES = {
    "fraud": _fraud,
    "rebuttable": _rebuttable,
    "price_fraud": _price_fraud,
    "label_flaw": _label_flaw,
    "food": _food,
    "food_label": _food_label,
    "injury": _injury,
    "abscond": _abscond,
}
