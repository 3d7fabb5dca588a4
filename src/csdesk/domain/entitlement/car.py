"""Three guarantees for family cars (家用汽车产品修理更换退货责任规定, SAMR order 43)."""

from datetime import timedelta

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.facts import Faulty
from csdesk.domain.entitlement.fields import Fields, count, days, money, past, rate, word
from csdesk.domain.entitlement.matter import Matter, shown
from csdesk.domain.entitlement.pack import Provision
from csdesk.domain.money import Money

FIELDS: Fields = {
    "warranty_start": past,
    "km": count,
    "event": word("car_event"),
    "repair_days": days,
    "times": count,
    "price": money,
    "n": rate,
    "transport_days": days,
    "invoiced_at": past,
    "delivered_at": past,
}
ALIASES = {
    "mileage": "km",
    "repairs": "times",
    "count": "times",
    "repair_count": "times",
    "replacements": "times",
    "replacement_count": "times",
    "safety_repairs": "times",
    "repairs_done": "times",
    "replaced_times": "times",
    "repair_times": "times",
    "car_price": "price",
    "coefficient": "n",
    "excluded_days": "transport_days",
}
# Each ground of §24(1) with its answer and the number of the rule that must be reached, or exceeded.
REPEATED = {
    "safety_repairs": ("art24_1", "safety_repairs", False),
    "assembly_replaced": ("art24_2", "replaced", False),
    "same_part_replaced": ("art24_3", "replaced", False),
    "cumulative_repair_days": ("art24_4", "repair_days", True),
    "same_fault_repairs": ("art24_4", "same_fault", True),
}


def decide(m: Matter) -> Decision:
    """Answers `art20`, `art22`, `art23`, `art24_1` to `_4`, `options`, `use_fee`, `substitute_from_day`."""
    event = m.facts.the_word("event")
    if event == "single_repair":
        return _substitute(m)
    if event == "safety_failure":
        return _early(m, "art23", "car_safety")
    if event == "assembly_fault":
        return _assembly(m)
    return _repeated(m, event)


def _start(m: Matter) -> None:
    """The guarantee runs from the invoice, from delivery when that is another day (§18)."""
    for name in ("delivered_at", "invoiced_at"):
        if not m.facts.has("warranty_start") and m.facts.has(name):
            m.facts.values["warranty_start"] = m.facts.get(name)


def _inside(m: Matter, rule: Provision, name: str) -> bool:
    """Within the days and within the kilometres of a rule, whichever ends first."""
    _start(m)
    m.need("warranty_start")
    if m.now is None:
        m.need("now")
    last = m.count(name, rule.code, m.facts.the_day("warranty_start")).rolled_day
    in_days = (m.now or m.on) <= last
    if not in_days or "km" not in rule.values:
        return in_days
    return m.facts.the_count("km") <= rule.number("km")


def _early(m: Matter, answer: str, code: str) -> Decision:
    rule = m.rule(code)
    inside = _inside(m, rule, f"{answer}_last")
    m.say(f"car_{answer}" if inside else f"car_not_{answer}", code)
    m.answer(**{answer: inside})
    if inside:
        _no_use_fee(m)
        return _open(m)
    m.answer(options=("repair",))
    return m.close("eligible", remedies=("repair",), payer="merchant")


def _assembly(m: Matter) -> Decision:
    """Engine, gearbox, battery, motor: in 7 days the car (§22), in 60 days and 3000 km the part (§20)."""
    if _inside(m, m.rule("car_early"), "art22_last"):
        m.say("car_art22", "car_early")
        m.answer(art22=True)
        _no_use_fee(m)
        return _open(m)
    m.answer(art22=False)
    inside = _inside(m, m.rule("car_assembly"), "art20_last")
    m.say("car_art20" if inside else "car_not_art20", "car_assembly")
    options = ("replace_assembly",) if inside else ("repair",)
    m.answer(art20=inside, options=options)
    return m.close("eligible", remedies=options, payer="merchant")


def _repeated(m: Matter, event: str) -> Decision:
    """What does not stay repaired (§24), within the guarantee; a fee for the use is due (§27)."""
    answer, limit, exceed = REPEATED[event]
    rule = m.rule("car_repeated")
    reached = _reached(m, event)
    most = rule.number(limit)
    if not (reached > most if exceed else reached >= most):
        m.say("car_not_enough", rule.code, reached=reached, limit=most)
        m.answer(**{answer: False}, options=("repair",))
        return m.close("eligible", remedies=("repair",), payer="merchant")
    if not _inside(m, m.rule("car_guarantee"), "guarantee_ends"):
        m.say("car_guarantee_over", "car_guarantee")
        m.answer(**{answer: False}, options=())
        return m.close("ineligible", "guarantee_over")
    m.say("car_repeated", rule.code, reached=reached, limit=most)
    m.answer(**{answer: True})
    _use_fee(m)
    return _open(m)


def _reached(m: Matter, event: str) -> int:
    if event != "cumulative_repair_days":
        return m.facts.the_count("times")
    spent, moved = m.facts.the_count("repair_days"), m.facts.count("transport_days") or 0
    if moved > spent:
        raise Faulty("transport_days", "more_than_bought", most=spent)
    return spent - moved


def _use_fee(m: Matter) -> None:
    """Price × km / 1000 × n, where n is on the certificate and at most 0.5 %."""
    price, km, n = m.facts.money("price"), m.facts.count("km"), m.facts.rate("n")
    rule = m.rule("car_use_fee")
    if price is None or km is None:
        return
    cap = rule.rate("cap")
    if n is None:
        m.flag("use_fee_is_a_maximum")
    if n is not None and n > cap:
        m.say("coefficient_capped", rule.code, cap=str(cap))
    numerator, denominator = min(n if n is not None else cap, cap).as_integer_ratio()
    fee = Money(min(price.minor * km * numerator // (1000 * denominator), price.minor), price.currency)
    m.say("car_use_fee", rule.code, price=shown(price), km=km, amount=shown(fee))
    m.answer(use_fee=fee, refund=price - fee)


def _no_use_fee(m: Matter) -> None:
    """The fee is due under §24 alone (§27): an early failure gives the whole price back."""
    price = m.facts.money("price")
    if price is not None:
        m.answer(use_fee=m.amount("0"), refund=price)


def _substitute(m: Matter) -> Decision:
    """A single repair over 5 days: a substitute car or the fare from day 6 (§21)."""
    rule, spent = m.rule("car_substitute"), m.facts.the_count("repair_days")
    limit = rule.number("over")
    if spent <= limit:
        m.say("repair_within_limit", rule.code, days=spent, limit=limit)
        m.answer(substitute_from_day=None)
        return m.close("ineligible", "repair_within_limit")
    m.say("car_substitute", rule.code, day=limit + 1)
    m.answer(substitute_from_day=limit + 1)
    start = m.facts.day("sent_repair_at")
    if start:
        m.answer(substitute_from=start + timedelta(days=limit + 1))
    return m.close("eligible", remedies=("substitute_car", "fare"), payer="merchant")


def _open(m: Matter) -> Decision:
    m.answer(options=("exchange", "return"))
    return m.close("eligible", remedies=("exchange", "return"), payer="merchant")
