"""Phrases found however they are written, in their own place, and not where they are denied or only seem to be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.search.phrases import Found, Phrases

PHRASES = Phrases(
    ["保证退款", "一定給您退", "百分百退款", "加微信转账", "概不退换", "guarantee a refund", "no returns"]
)


def seen(text: str) -> list[str]:
    return [text[found.start : found.end] for found in PHRASES.find(text)]


@pytest.mark.parametrize(
    "said",
    [
        "保证退款",
        "保證退款",
        "保 证 退 款",
        "保\u200b证\u200b退\u200b款",
        "保-证-退-款",
        "保。证。退。款。",
        "保\n证退款",
        "保正退款",
        "保证tk",
        "保证ＴＫ",
        "保证退宽",
        "一定给您退",
        "一定给你退",
        "一定給妳退",
        "1定给你退",
        "100%退款",
        "百分之百退款",
        "加微信转账",
        "加薇信轉帳",
        "加vx转账",
        "加V信转帐",
        "概*不*退*换",
        "概·不·退·换",
        "ｇｕａｒａｎｔｅｅ a refund",
        "Guarantee,  A   REFUND",
    ],
)
def test_a_phrase_is_found_in_disguise_at_its_own_place(said: str):
    text = f"您好，{said}哦" if not said.isascii() else f"Dear customer, {said} today"
    (found,) = PHRASES.find(text)
    assert text[found.start : found.end].rstrip("。") == said.rstrip("。")
    assert found.sure


@pytest.mark.parametrize(
    "said",
    [
        "保证",
        "退款",
        "保证金退款",
        "我们会退款并保证质量",
        "概率不大，退换都行",
        "piano returns",
        "refund a guarantee",
        "",
    ],
)
def test_what_is_no_phrase_is_not_found(said: str):
    assert PHRASES.find(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "我不能保证退款",
        "现在无法 保证退款",
        "我们没有说概不退换",
        "We cannot guarantee a refund",
        "We don't guarantee a refund",
    ],
)
def test_a_phrase_that_is_denied_is_not_sure(said: str):
    (found,) = PHRASES.find(said)
    assert found.denied and not found.sure


@pytest.mark.parametrize(
    "said", ["不，保证退款", "没事的，我保证退款", "I can guarantee a refund", "别担心！概不退换"]
)
def test_a_negation_of_something_else_denies_nothing(said: str):
    (found,) = PHRASES.find(said)
    assert not found.denied and found.sure


def test_two_sentences_are_not_one_phrase_for_sure():
    (found,) = PHRASES.find("质量我们保证。退款已在办理")
    assert found.broken and not found.sure
    assert seen("质量我们保证。退款已在办理") == ["保证。退款"]


def test_all_are_found_in_the_order_of_the_text():
    assert seen("概不退换，保证退款，No returns") == ["概不退换", "保证退款", "No returns"]
    assert seen("保证退款。保证退款") == ["保证退款", "保证退款"]


def test_a_phrase_of_signs_alone_is_never_found():
    assert Phrases(["！！", "", "…"]).find("您好！！……") == []


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_stands_around_it_a_phrase_is_found_where_it_is(before: str, after: str):
    text = f"{before}，概不退换，{after}"
    places = [found for found in PHRASES.find(text) if found.phrase == 4]
    assert any(
        text[f.start : f.end].startswith("概") and text[f.start : f.end].endswith("换") for f in places
    )
    assert all(
        isinstance(found, Found) and 0 <= found.start < found.end <= len(text) for found in PHRASES.find(text)
    )
