"""Chinese numerals and integers, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import numerals


@given(st.integers(0, 99_999))
def test_each_integer_comes_back_from_its_numeral(number):
    assert numerals.to_int(numerals.from_int(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10), ("十五", 15), ("二十", 20), ("一百零三", 103), ("一百一十", 110), ("一千二百四十", 1240),
        ("一千零四", 1004), ("一二四〇", 1240), ("两百", 200), ("一万零五", 10_005), ("25", 25), ("零", 0),
    ],
)  # fmt: skip
def test_numerals_are_read(text, number):
    assert numerals.to_int(text) == number


@pytest.mark.parametrize(
    "text", ["", "退", "十十", "百千", "一二十", "25条", "123456", "-5", "²", "一" * 10, "万万"]
)
def test_what_is_no_number_is_none(text):
    assert numerals.to_int(text) is None


@pytest.mark.parametrize(
    ("number", "text"), [(10, "十"), (25, "二十五"), (110, "一百一十"), (1004, "一千零四")]
)
def test_integers_are_written_as_laws_write_them(number, text):
    assert numerals.from_int(number) == text


def test_an_integer_without_a_numeral_is_refused():
    with pytest.raises(ValueError, match="0 to 99,999"):
        numerals.from_int(100_000)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("7天无理由", "七天无理由"),
        ("十五日内退款", "15日内退款"),
        ("一般情况", "一般情况"),
        ("iphone 15", "iphone 15"),
    ],
)
def test_counts_are_put_in_the_other_script(text, other):
    assert numerals.other_script(text) == other
