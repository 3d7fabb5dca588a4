"""The filter language: what is read, what is not and where, and what stands under the caret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search.filtering import FilterFault, Term, Value, language, minutes, parse, sort, typing
from csdesk.search.normalise import fold


def test_the_example_of_the_manual_is_read_term_by_term():
    kind, due, assignee, merchant, amount, words = parse(
        'kind:退货 due:<2h -assignee:me merchant:"海风" amount:>500 破损'
    )
    assert kind == Term("kind", (Value("退货", 5),), False, 0)
    assert due.values == (Value("2h", 12, "<"),)
    assert (assignee.field, assignee.negated, assignee.at) == ("assignee", True, 16)
    assert merchant.values[0].text == "海风"
    assert amount.values == (Value("500", 50, ">"),)
    assert (words.field, words.values[0].text) == ("", "破损")


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("类型：退货，换货", "kind:退货,换货"),
        ("類型:退货", "kind:退货"),
        ("ＫＩＮＤ：退货", "kind:退货"),
        ("时限：＜２ｈ", "due:<2h"),
        ("金额:≥500", "amount:>=500"),
        ("“海风 数码”", '"海风 数码"'),
        ("－经办：我", "-assignee:我"),
        ("类型:退货\u3000破损", "kind:退货 破损"),
    ],
)
def test_signs_and_names_of_any_width_and_language_say_the_same(typed: str, same: str):
    def told(text: str) -> list[object]:
        return [(t.field, t.negated, [(v.text, v.op, v.until) for v in t.values]) for t in parse(text)]

    assert told(typed) == told(same)


@pytest.mark.parametrize(
    ("typed", "code", "at"),
    [
        ("foo:1", "filter_field", 0),
        ("破损 http://a.cn", "filter_field", 3),
        ("kind:", "filter_value", 5),
        ("kind:a,", "filter_value", 7),
        ("amount:>", "filter_value", 8),
        ("amount:5..", "filter_value", 7),
        ("amount:>5..9", "filter_value", 8),
        ('kind:"a', "filter_quote", 5),
        ('"', "filter_quote", 0),
        ('""', "filter_value", 0),
        ("x" * 501, "filter_long", 500),
        ("a " * 21, "filter_terms", 40),
        ("kind:" + "a," * 20 + "a", "filter_values", 45),
    ],
)
def test_a_fault_is_named_with_the_sign_it_is_at(typed: str, code: str, at: int):
    with pytest.raises(FilterFault) as caught:
        parse(typed)
    assert (caught.value.code, caught.value.at) == (code, at)


@given(st.text(max_size=60) | st.text(alphabet='kind类型:："“”<>=,，- .a1\u3000\ud800\u202e', max_size=60))
def test_any_text_is_read_or_refused_with_a_sign_inside_it(text: str):
    try:
        terms = parse(text)
    except FilterFault as fault:
        assert 0 <= fault.at <= len(text)
    else:
        assert all(text[term.at :] and term.values and all(v.text for v in term.values) for term in terms)
    for caret in range(len(text) + 1):
        under = typing(text, caret)
        assert 0 <= under.start <= under.end == caret


def test_spans_of_time_are_minutes_in_any_unit_people_write():
    told = {
        "2h": 120,
        "90分钟": 90,
        "3天": 4320,
        "1 周": 10080,
        "２小时": 120,
        "5": None,
        "h": None,
        "2x": None,
    }
    assert {text: minutes(text) for text in told} == told


def test_what_is_sorted_by_is_said_in_the_filter():
    assert sort(parse("kind:退货")) == "due"
    assert sort(parse("sort:-amount 破损")) == "-amount"
    assert sort(parse("-排序：创建")) == "-opened"
    for wrong in ("sort:x", "sort:<amount", "sort:amount,due"):
        with pytest.raises(FilterFault, match="filter_sort"):
            sort(parse(wrong))


@pytest.mark.parametrize(
    ("typed", "field", "under"),
    [
        ("", "", ""),
        ("类", "", "类"),
        ("kind:退货 due:<2h -ass", "", "ass"),
        ("kind:退", "kind", "退"),
        ("kind:退货,换", "kind", "换"),
        ("时限:<2", "due", "2"),
        ('merchant:"海 风', "merchant", "海 风"),
        ("foo:退", "", "foo:退"),
    ],
)
def test_what_stands_under_the_caret_is_what_can_be_completed(typed: str, field: str, under: str):
    found = typing(typed, len(typed))
    assert (found.field, found.typed) == (field, under)


def test_no_two_fields_share_a_name():
    names = [fold(name) for field in language().fields.values() for name in field.names]
    assert len(names) == len(set(names)) == len(language().by_name)
