"""Folding: one spelling for every way to type a text, and the way back to the original."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import normalise

ANY = st.text(st.characters(), max_size=40)  # lone surrogates, marks, right-to-left, controls: all of it
MIXED = st.text("退貨货運费ＡＢab１2 \u200b\u0301é한ㅎㅏ각゙かが\ud800\x00\u202e①ﬁ㎏ß", max_size=30)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("七日無理由退貨", "七日无理由退货"),
        ("ＡＰＰ　１２３", "app 123"),
        ("退\u200b货\ufeff", "退货"),
        ("退\x00货\ud800", "退 货 "),
        ("Straße", "strasse"),
        ("㈱①", "(株)1"),
        ("裡面 著作", "里面 著作"),
    ],
)
def test_each_way_of_typing_folds_to_one(typed, folded):
    assert normalise.fold(typed) == folded


@given(st.one_of(ANY, MIXED))
def test_the_map_gives_the_same_text_as_fold(text):
    folded, offsets = normalise.fold_map(text)
    assert folded == normalise.fold(text)
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)


@given(st.one_of(ANY, MIXED))
def test_folded_text_can_be_stored_and_holds_no_control(text):
    folded = normalise.fold(text)
    folded.encode()
    assert not any(unicodedata.category(c) == "Cc" for c in folded)


@given(st.text("退貨货運abＡ１ \u200b", max_size=20), st.text("退貨货運abＡ１ ", max_size=20))
def test_folding_a_joined_text_joins_the_folded_parts(left, right):
    assert normalise.fold(left + right) == normalise.fold(left) + normalise.fold(right)


def test_spans_lead_back_to_the_original_characters():
    folded, offsets = normalise.fold_map("ＡＢ退\u200b貨ﬁ")
    at = folded.index("退货")
    assert normalise.original_spans(offsets, [(at, at + 2)]) == [(2, 5)]
    at = folded.index("i")
    assert normalise.original_spans(offsets, [(at, at + 1)]) == [(5, 6)]
    assert normalise.original_spans(offsets, [(2, 4), (0, 1), (1, 2)]) == [(0, 5)]
