"""Short fields: which way of matching wins, what is marked, and slips of the finger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import fuzzy
from csdesk.search.fuzzy import Short

ITEMS = [
    Short.of("policy", "退货政策说明", "tz"),
    Short.of("freight", "退货运费说明", "yf", uses=3),
    Short.of("late", "物流延迟处理"),
    Short.of("vip", "VIP 客户回访"),
    Short.of("th", "特惠活动", "th"),
]


def ids(query, items=ITEMS):
    return [hit.id for hit in fuzzy.rank(query, items)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("yf", "freight"),
        ("退货政", "policy"),
        ("運費", "freight"),
        ("物流 处理", "late"),
        ("wlyc", "late"),
        ("wuliuyanchi", "late"),
        ("wuliuyanch", "late"),
        ("物留延迟", "late"),
        ("物流延退处理", "late"),
        ("vip", "vip"),
        ("ＶＩＰ", "vip"),
    ],
)
def test_each_way_of_typing_finds_it_first(query, first):
    assert ids(query)[0] == first


def test_ways_rank_in_their_order_whatever_the_use():
    items = [
        Short.of("near", "退货运飞说", uses=10_000),
        Short.of("sound", "推货运废", uses=10_000),
        Short.of("inside", "关于退货运费", uses=100),
        Short.of("prefix", "退货运费说明", uses=1),
        Short.of("exact", "别的", "退货运费"),
    ]
    assert ids("退货运费", items)[:3] == ["exact", "prefix", "inside"]
    assert ids("退货运费", items).index("sound") > 2


def test_a_shortcut_beats_initials():
    assert ids("th")[0] == "th"
    assert set(ids("th")[1:]) == {"policy", "freight"}


def test_more_used_stands_first_among_equals():
    assert ids("退货")[:2] == ["freight", "policy"]


def test_nothing_typed_gives_the_most_used():
    assert ids("")[0] == "freight"
    assert len(ids("")) == len(ITEMS)


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("運費", "运费"),
        ("wlyc", "物流延迟"),
        ("liuyan", "流延"),
        ("物流 处理", "物流处理"),
        ("物留延迟", "物流延迟"),
    ],
)
def test_what_matched_is_marked(query, marked):
    hit = fuzzy.rank(query, ITEMS)[0]
    title = next(i.title for i in ITEMS if i.id == hit.id)
    assert "".join(title[a:b] for a, b in hit.spans) == marked


def test_the_limit_holds_and_nothing_is_found_twice():
    items = [Short.of(str(n), "退货说明") for n in range(50)]
    assert len(fuzzy.rank("退货", items, limit=7)) == 7
    found = ids("退货说", items)
    assert len(found) == len(set(found))


@given(st.text(st.characters(), max_size=30))
def test_anything_can_be_typed(query):
    for hit in fuzzy.rank(query, ITEMS):
        assert 0 < hit.score <= 1
        title = next(i.title for i in ITEMS if i.id == hit.id)
        assert all(0 <= a < b <= len(title) for a, b in hit.spans)


def test_a_pasted_page_is_a_query_too():
    fuzzy.rank("退货" * 5_000, ITEMS)
