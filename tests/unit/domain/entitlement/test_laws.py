"""Laws for all facts: nothing raised, nothing more generous later, amounts bounded, explanation and verdict agree."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.desk.law.packs import load_lawbook
from csdesk.domain.entitlement.decision import BadFacts, Decision, as_json
from csdesk.domain.entitlement.kinds import RULES, decide
from csdesk.domain.entitlement.pack import CONFIDENCE
from csdesk.domain.money import Money

BOOK = load_lawbook()
NOW_MS = 1_795_320_000_000  # 2026-11-22T12:00:00+08:00
KINDS = sorted((place or "CN", kind) for place, kind in RULES)

days = st.dates(date(2024, 1, 1), date(2026, 11, 20)).map(str)
moments = days | st.builds("{}T{:02}:30:00+08:00".format, days, st.integers(0, 23))
amounts = st.integers(0, 10**7).map(lambda fen: fen / 100)
vocabulary = sorted({word for words in BOOK.packs["CN"].words.values() for word in words.words})
classes = sorted(BOOK.packs["CN"].classes)
junk = st.none() | st.floats() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
values = (
    st.booleans()
    | moments
    | amounts
    | st.integers(0, 400)
    | st.sampled_from(vocabulary)
    | st.sampled_from(classes)
    | st.lists(moments, max_size=3)
    | junk
    | st.dictionaries(st.text(max_size=4), junk, max_size=2)
)


@st.composite
def any_facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts of any kind in which anything may stand anywhere."""
    place, kind = draw(st.sampled_from(KINDS))
    fields = sorted(RULES.get((place, kind), RULES.get(("", kind))).fields)  # type: ignore[union-attr]
    stated = draw(st.dictionaries(st.sampled_from([*fields, "nonsense"]), values, max_size=12))
    return {**stated, "kind": kind, "jurisdiction": place}


@st.composite
def sound_facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts of any kind without those that are faulty."""
    facts = draw(any_facts())
    for _ in range(4):
        decision = run(facts)
        if isinstance(decision, Decision):
            return facts
        faulty = {error.field for error in decision.errors}
        facts = {name: value for name, value in facts.items() if name not in faulty}
    return {"kind": facts["kind"], "jurisdiction": facts["jurisdiction"]}


def run(facts: dict[str, Any]) -> Decision | BadFacts:
    return decide(facts, BOOK, now_ms=NOW_MS)


def sound(facts: dict[str, Any]) -> Decision:
    decision = run(facts)
    assert isinstance(decision, Decision), decision
    return decision


@settings(max_examples=1500)
@given(any_facts())
def test_nothing_is_ever_raised_and_every_fault_has_a_field(facts):
    decision = run(facts)
    if isinstance(decision, BadFacts):
        assert all(error.code and error.field for error in decision.errors)
    else:
        json.dumps(as_json(decision))


@settings(max_examples=800)
@given(sound_facts())
def test_the_explanation_agrees_with_the_verdict(facts):
    decision = sound(facts)
    last = decision.grounds[-1]
    assert last.code == "verdict"
    assert dict(last.args) == {"outcome": decision.outcome, "reason": decision.reason}
    known = {article.id for article in decision.articles}
    assert {id_ for ground in decision.grounds for id_ in ground.articles} <= known
    assert all(article.in_force(decision.on) for article in decision.articles)
    assert (decision.outcome == "needs_info") == bool(decision.missing)
    assert decision.confidence in CONFIDENCE


@settings(max_examples=400)
@given(sound_facts(), st.randoms(use_true_random=False))
def test_replaying_gives_the_same_bytes_whatever_the_order_of_the_facts(facts, chance):
    names = list(facts)
    chance.shuffle(names)
    first, again = as_json(sound(facts)), as_json(sound({name: facts[name] for name in names}))
    assert json.dumps(as_json(sound(facts))) == json.dumps(first)
    assert {**first, "unknown": None} == {**again, "unknown": None}


COMPLETE = {
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "apparel",
    "signed_at": "2026-03-05",
    "request_at": "2026-03-09",
    "intact": True,
    "tag_removed": False,
    "unsuitable_confirmed": "none",
}
CHANGED: dict[str, list[Any]] = {
    "sale_channel": ["online", "shop", "tv"],
    "buyer": ["consumer", "business"],
    "product_class": ["apparel", "phone", "seafood", "custom_made", "food"],
    "request_at": ["2026-03-09", "2026-03-12", "2026-03-13"],
    "intact": [True, False],
}


@given(
    st.permutations(sorted(COMPLETE)),
    st.fixed_dictionaries({name: st.sampled_from(choices) for name, choices in CHANGED.items()}),
)
def test_more_facts_never_take_a_verdict_back(order, changes):
    facts = {**COMPLETE, **changes}
    stated: dict[str, Any] = {"kind": "no_reason_return"}
    reached = False
    for name in order:
        stated[name] = facts[name]
        decision = sound(stated)
        assert not (reached and decision.outcome == "needs_info")
        reached = decision.outcome != "needs_info"
    assert reached


@given(
    st.dates(date(2024, 7, 1), date(2026, 10, 1)), st.integers(0, 40), st.integers(0, 40), st.integers(0, 30)
)
def test_a_later_request_is_never_more_generous(signed, first, second, promised):
    early, late = sorted((first, second))

    def asked(after: int) -> str:
        facts = {**COMPLETE, "signed_at": str(signed), "request_at": str(signed + timedelta(after))}
        return sound({"kind": "no_reason_return", "merchant_promise_days": promised, **facts}).outcome

    assert not (asked(early) == "ineligible" and asked(late) == "eligible")


@given(st.dates(date(2024, 7, 1), date(2026, 6, 1)), st.integers(0, 120), st.integers(0, 120))
def test_a_later_claim_or_fault_never_opens_more_remedies(start, first, second):
    early, late = (str(start + timedelta(days)) for days in sorted((first, second)))

    def claim(on: str) -> set[str]:
        facts = {"nonconforming": True, "received_at": str(start), "request_at": on}
        return set(sound({"kind": "quality_remedy", **facts}).remedies)

    def fault(on: str) -> set[str]:
        facts = {"product_class": "phone", "sold_at": str(start), "performance_fault_at": on}
        return set(sound({"kind": "sanbao", **facts}).remedies)

    assert claim(late) <= claim(early)
    assert fault(late) <= fault(early)


@given(st.integers(0, 10**8), st.sampled_from(["fraud", "counterfeit", "false_reference_price"]))
def test_fraud_never_costs_more_than_three_times_or_the_floor(fen, ground):
    decision = sound({"kind": "punitive_damages", "ground": ground, "price": fen / 100})
    paid = Money(fen, "CNY")
    assert decision.amounts["additional"] == max(paid * 3, Money(50_000, "CNY"))
    assert decision.amounts["refund"] == paid


@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_food_never_costs_more_than_ten_times_three_losses_or_the_floor(price, loss):
    facts = {"ground": "unsafe_food", "defendant": "producer", "price": price / 100, "loss": loss / 100}
    decision = sound({"kind": "punitive_damages", **facts})
    assert decision.amounts["additional"].minor == max(price * 10, loss * 3, 100_000)


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=5),
    st.data(),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_a_refund_never_exceeds_what_was_paid(prices, data, off, gift):
    paid = max(sum(prices) - off, 0)
    returned = data.draw(st.sets(st.integers(0, len(prices) - 1), min_size=1))
    decision = sound(
        {
            "kind": "no_reason_refund_amount",
            "items": [{"sku": str(n), "price": price / 100} for n, price in enumerate(prices)],
            "returned": [str(n) for n in sorted(returned)],
            "paid": paid / 100,
            "gift_returned": False,
            "gift_marked_price": gift / 100,
            "free_shipping_threshold": 50,
            "shipping_fee_if_below": 9,
        }
    )
    refund, least = decision.amounts["refund"], decision.amounts["refund_min"]
    assert 0 <= least.minor <= refund.minor <= paid


@given(
    st.integers(1, 10**8),
    st.integers(0, 10**6),
    st.integers(0, 10**8),
    st.sampled_from(["operator", "consumer"]),
)
def test_a_prepayment_never_gives_back_more_than_was_paid(paid, gift, used, cause):
    facts = {"paid": paid / 100, "gift_amount": gift / 100, "consumed_value": used / 100, "cause": cause}
    assert 0 <= sound({"kind": "prepaid", **facts}).amounts["refund"].minor <= paid


@given(st.dates(date(2020, 1, 1), date(2026, 10, 1)))
def test_the_mediation_limit_is_that_of_its_day(accepted):
    decision = sound({"kind": "deadline", "event": "gov_mediation_accepted", "at": str(accepted)})
    (due,) = decision.deadlines
    unit = {dict(step.args)["unit"] for step in due.deadline.steps if step.code == "counted"}
    assert unit == ({"day"} if accepted >= date(2026, 4, 15) else {"working_day"})


@pytest.mark.parametrize(("place", "kind"), KINDS)
def test_every_kind_answers_an_empty_set_of_facts(place, kind):
    decision = sound({"kind": kind, "jurisdiction": place})
    assert decision.outcome in {"needs_info", "policy_dependent"}
