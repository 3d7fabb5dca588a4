"""Terms: what FTS5 must find in Chinese, and expressions that nothing typed can break."""

import string
from itertools import pairwise

import pysqlite3 as sqlite3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import normalise, tokens

CHINESE = st.text("退货运费无理由七日𠮷鿍々ーア", min_size=1, max_size=12)
TYPED = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(
        st.sampled_from(
            ['"', "*", "^", "NEAR", "(", ")", "-", ":", "AND", "OR", "NOT", "\x00", "\ud800", "退货", "%"]
        )
    ).map(" ".join),
)


def index(*texts):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(body, content='', contentless_delete=1, tokenize='ascii')")
    rows = ((n, " ".join(tokens.index_terms(text))) for n, text in enumerate(texts))
    db.executemany("INSERT INTO t (rowid, body) VALUES (?, ?)", rows)
    return lambda match: [
        n for (n,) in db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", (match,))
    ]


def test_terms_are_bigrams_in_order_then_single_characters():
    assert tokens.index_terms("退货，APP 7天") == ["退货", "货", "app", "7", "天", "退"]


def test_two_characters_are_found_wherever_they_stand():
    find = index("申请退货", "退换货", "已退，货到付款", "無理由退貨")
    assert find(tokens.match_any(["退货"])) == [0, 3]
    assert find(tokens.match_any(["退"])) == [0, 1, 2, 3]


@given(st.lists(CHINESE, min_size=1, max_size=4), CHINESE)
def test_a_phrase_finds_exactly_the_texts_that_hold_it(texts, wanted):
    find = index(*texts)
    match = tokens.match_all([" ".join(tokens.phrase_terms(wanted))])
    assert find(match) == [
        n for n, text in enumerate(texts) if normalise.fold(wanted) in normalise.fold(text)
    ]


def test_a_phrase_does_not_reach_over_punctuation():
    find = index("退货，货款", "退货款")
    assert find(tokens.match_all([" ".join(tokens.phrase_terms("退货款"))])) == [1]
    assert find(tokens.match_all([" ".join(tokens.phrase_terms("退货，货款"))])) == [0]


@given(TYPED)
def test_whatever_is_typed_makes_a_valid_expression(typed):
    find = index("退货", typed)
    found = find(tokens.match_any(tokens.query_terms(normalise.fold(typed))))
    assert (1 in found) == bool(tokens.index_terms(typed))


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), max_size=6))
def test_any_terms_make_a_valid_expression(terms):
    index("退货")(tokens.match_any(terms))
    index("退货")(tokens.match_all(terms))


def test_the_terms_of_a_pasted_page_are_bounded():
    page = normalise.fold("".join(chr(0x4E00 + n) for n in range(10_000)))
    assert len(tokens.query_terms(page)) <= 2 * tokens.QUERY_MAX
    assert len(tokens.thrifty(tokens.query_terms(page), {}, 100)) <= tokens.MATCH_MAX


def test_long_words_are_cut_alike_in_index_and_query():
    word = string.ascii_lowercase * 4
    assert index(word)(tokens.match_any(tokens.query_terms(word))) == [0]


def test_the_rarest_terms_are_kept_within_the_budget():
    docs = dict.fromkeys("abcdefgh", 1_500) | {"i": 3, "j": 30_000}
    chosen = tokens.thrifty("abcdefghij", docs, 50_000)
    assert chosen[0] == "i"
    assert "j" not in chosen
    assert sum(docs[t] for t in chosen) <= tokens.POSTINGS


def test_a_question_of_common_terms_keeps_some_of_them():
    docs = dict.fromkeys("abcdefgh", 900)
    assert len(tokens.thrifty("abcdefgh", docs, 1_000)) == tokens.KEEP_MIN
    huge = dict.fromkeys("abcdefgh", 900_000)
    assert len(tokens.thrifty("abcdefgh", huge, 1_000_000)) == 2


def test_keyed_terms_keep_equality_and_phrases_and_show_no_word():
    key = b"k" * 32
    terms = tokens.keyed(tokens.stream("申请退货"), key)
    assert terms[2] == tokens.keyed(["退货"], key)[0] != tokens.keyed(["退货"], b"x" * 32)[0]
    assert all(len(t) == 16 and set(t) <= set("0123456789abcdef") for t in terms)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        tokens.keyed(["退货"], b"short")


def test_highlights_lie_in_the_original_text():
    text = "申請 退\u200b貨：ＡＰＰ"
    assert [text[a:b] for a, b in tokens.highlights(text, ["退货", "货", "app"])] == ["退\u200b貨", "ＡＰＰ"]
    assert tokens.highlights("七日无理由退货", ["无理", "理由", "由退"]) == [(2, 6)]
    assert tokens.highlights("退换货", ["货"]) == [(2, 3)]
    assert tokens.highlights("退货", []) == []


@given(st.text(st.characters(), max_size=30), TYPED)
def test_highlights_are_ordered_and_inside(text, typed):
    spans = tokens.highlights(text, tokens.query_terms(normalise.fold(typed)))
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(left[1] < right[0] for left, right in pairwise(spans))
