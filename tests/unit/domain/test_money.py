"""Money is exact: what is read is what was written, and no split or partial refund makes or loses a fen."""

import pickle
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.money import (
    MAX_MINOR,
    BadAmount,
    CurrencyMismatch,
    Money,
    cumulative,
    exponent,
    format_plain,
    parse,
    share,
    unit_prices,
)

MINOR = st.integers(-MAX_MINOR, MAX_MINOR)
CURRENCY = st.sampled_from(["CNY", "JPY", "KWD", "CLF", "USD", "TWD"])
MONEY = st.builds(Money, MINOR, CURRENCY)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


def refused(value: Any, currency: str = "CNY", **options: bool) -> str:
    with pytest.raises(BadAmount) as caught:
        parse(value, currency, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("12.34", "CNY", 1234),
        ("0.1", "CNY", 10),
        (" 1,234.50 ", "CNY", 123450),
        ("１２．３４", "CNY", 1234),
        ("12.3400", "CNY", 1234),
        ("+5", "CNY", 500),
        ("1234", "JPY", 1234),
        ("1234.000", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("-0.00", "CNY", 0),
        (46.66, "USD", 4666),
        (1e3, "CNY", 100000),
        (12, "CNY", 1200),
        (Decimal("1E+3"), "CNY", 100000),
        (Decimal("0E+999999"), "CNY", 0),
        (10**13, "CNY", MAX_MINOR),
    ],
)
def test_amounts_are_read_exactly(value: str | Decimal | int | float, currency: str, minor: int) -> None:
    assert parse(value, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12.345", "too_fine"),
        (Decimal("0.001"), "too_fine"),
        (Decimal("1E-999999999"), "too_fine"),
        (0.1 + 0.2, "too_fine"),
        ("nan", "not_finite"),
        ("-Inf", "not_finite"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (Decimal("sNaN"), "not_finite"),
        ("", "not_a_number"),
        ("twelve", "not_a_number"),
        ("12,5", "not_a_number"),
        ("1_000", "not_a_number"),
        ("1e3", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("٣", "not_a_number"),
        ("12\x00", "not_a_number"),
        (True, "not_a_number"),
        ("9" * 10**6, "not_a_number"),
        ("10000000000000.01", "too_large"),
        (10**13 + 1, "too_large"),
        pytest.param(10**5000, "too_large", id="huge int"),
        (Decimal("1E+999999999"), "too_large"),
        (1e300, "too_large"),
        ("-0.01", "negative"),
        (-1, "negative"),
    ],
)
def test_bad_amounts_say_why(value: Any, code: str) -> None:
    assert refused(value) == code


def test_a_negative_amount_is_read_where_it_is_allowed() -> None:
    assert parse("-12.34", "CNY", allow_negative=True) == Money(-1234, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "RMB", "XAU", "CN", "\x1b[2J"])
def test_unknown_currencies_are_refused_everywhere(currency: str) -> None:
    assert refused("1", currency) == "unknown_currency"
    with pytest.raises(BadAmount, match="unknown_currency") as caught:
        Money(1, currency)
    assert "\x1b" not in str(caught.value)


def test_exponents_follow_iso_4217() -> None:
    assert [exponent(code) for code in ("CNY", "JPY", "KRW", "BHD", "CLF", "MGA")] == [2, 0, 0, 3, 4, 2]


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_minor_units_are_only_ever_int(minor: Any) -> None:
    with pytest.raises(TypeError, match="int"):
        Money(minor, "CNY")


@given(MONEY)
def test_plain_format_reads_back(money: Money) -> None:
    assert parse(format_plain(money), money.currency, allow_negative=True) == money


@given(MINOR)
def test_the_decimal_context_cannot_change_a_reading(minor: int) -> None:
    with localcontext() as context:
        context.prec = 3
        assert parse(format_plain(Money(minor, "CNY")), "CNY", allow_negative=True).minor == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(123450, "CNY", "1234.50"), (-5, "CNY", "-0.05"), (0, "KWD", "0.000"), (1234, "JPY", "1234")],
)
def test_plain_format(minor: int, currency: str, text: str) -> None:
    assert format_plain(Money(minor, currency)) == text


@given(MINOR, MINOR, st.integers(-1000, 1000))
def test_arithmetic_is_that_of_integers(left: int, right: int, times: int) -> None:
    one, other = Money(left, "CNY"), Money(right, "CNY")
    assert (one + other).minor == left + right
    assert (one - other).minor == left - right
    assert (-one).minor == -left
    assert one * times == times * one == Money(left * times, "CNY")
    assert [one < other, one <= other, one > other, one >= other, one == other] == [
        left < right,
        left <= right,
        left > right,
        left >= right,
        left == right,
    ]
    assert sum([one, other], Money.zero("CNY")) == one + other


def test_currencies_never_mix() -> None:
    yuan, yen = Money(100, "CNY"), Money(100, "JPY")
    assert yuan != yen
    for mix in (
        lambda: yuan + yen,
        lambda: yuan - yen,
        lambda: yuan < yen,
        lambda: yuan >= yen,
        lambda: max(yuan, yen),
    ):
        with pytest.raises(CurrencyMismatch) as caught:
            mix()
        assert set(caught.value.params.values()) == {"CNY", "JPY"}
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.params == caught.value.params


@given(MONEY, WEIGHTS)
def test_shares_add_up_and_stay_within_one_unit_of_their_due(total: Money, weights: list[int]) -> None:
    if not sum(weights):
        weights = [*weights, 1]
    parts = share(total, weights)
    assert sum(parts, Money.zero(total.currency)) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor * sum(weights) - total.minor * weight) < sum(weights)
        assert weight or part.minor == 0
    assert share(-total, weights) == tuple(-part for part in parts)


@given(MONEY, WEIGHTS)
def test_a_bigger_weight_never_gets_less(total: Money, weights: list[int]) -> None:
    parts = share(total, [*weights, 1])
    ranked = sorted(zip([*weights, 1], (abs(part.minor) for part in parts), strict=True))
    assert all(low <= high for (light, low), (heavy, high) in pairwise(ranked) if light < heavy)


def test_shares_break_ties_by_place() -> None:
    assert [part.minor for part in share(Money(100, "CNY"), [1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in share(Money(5, "CNY"), [0, 3, 1, 0])] == [0, 4, 1, 0]


def test_shares_without_weight() -> None:
    nothing = Money.zero("CNY")
    assert share(nothing, [0, 0]) == (nothing, nothing)
    assert share(nothing, []) == ()
    for weights, code in (([0, 0], "no_weights"), ([], "no_weights"), ([2, -1], "negative_weight")):
        with pytest.raises(BadAmount, match=code):
            share(Money(1, "CNY"), weights)


@given(MONEY, st.integers(1, 200), st.data())
def test_refunds_in_any_parts_pay_exactly_what_was_paid(total: Money, qty: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, qty), max_size=5)))
    marks = [0, *cuts, qty]
    paid = Money.zero(total.currency)
    for before, after in pairwise(marks):
        paid += cumulative(total, qty, after) - cumulative(total, qty, before)
        assert paid == cumulative(total, qty, after)
        assert abs(paid.minor) * qty <= abs(total.minor) * after
    assert paid == total


@given(MONEY, st.integers(1, 200))
def test_unit_prices_are_the_steps_of_cumulative(total: Money, qty: int) -> None:
    prices = unit_prices(total, qty)
    for k in range(qty + 1):
        assert sum(prices[:k], Money.zero(total.currency)) == cumulative(total, qty, k)
    sizes = {abs(price.minor) for price in prices}
    assert max(sizes) - min(sizes) <= 1


def test_two_partial_receipts_of_three_units_for_one_yuan() -> None:
    assert [price.minor for price in unit_prices(Money(100, "CNY"), 3)] == [33, 33, 34]


@pytest.mark.parametrize(("qty", "k"), [(0, 0), (3, 4), (3, -1), (-1, -1)])
def test_impossible_quantities_are_refused(qty: int, k: int) -> None:
    with pytest.raises(BadAmount) as caught:
        cumulative(Money(1, "CNY"), qty, k)
    assert (caught.value.code, caught.value.params) == ("quantity", {"quantity": qty, "part": k})
    if qty < 1:
        with pytest.raises(BadAmount, match="quantity"):
            unit_prices(Money(1, "CNY"), qty)
