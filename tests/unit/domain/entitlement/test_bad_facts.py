"""Facts that cannot be decided on: every fault names its field, and nothing is raised."""

import pytest

from csdesk.domain.entitlement.decision import BadFacts
from csdesk.domain.entitlement.kinds import decide

SOUND = {
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "general",
    "signed_at": "2026-03-05T11:00:00+08:00",
    "request_at": "2026-03-08T09:30:00+08:00",
    "intact": True,
}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"signed_at": "2026-03-05T11:00:00"}, ("signed_at", "no_zone")),
        ({"signed_at": "5 March"}, ("signed_at", "not_a_day")),
        ({"signed_at": "2026-02-29"}, ("signed_at", "not_a_day")),
        ({"signed_at": True}, ("signed_at", "not_a_day")),
        ({"signed_at": "1912-01-01"}, ("signed_at", "day_out_of_range")),
        ({"signed_at": "2026-11-22T12:00:01+08:00"}, ("signed_at", "after_now")),
        ({"signed_at": "2026-11-23"}, ("signed_at", "after_now")),
        ({"request_at": "2026-03-05T10:59:59+08:00"}, ("request_at", "before")),
        ({"product_class": "perpetual motion"}, ("product_class", "unknown_class")),
        ({"product_class": 7}, ("product_class", "unknown_class")),
        ({"sale_channel": "telepathy"}, ("sale_channel", "unknown_word")),
        ({"intact": "perhaps"}, ("intact", "not_a_flag")),
        ({"merchant_promise_days": -1}, ("merchant_promise_days", "count_out_of_range")),
        ({"merchant_promise_days": 1.5}, ("merchant_promise_days", "not_a_count")),
        ({"merchant_promise_days": 10**9}, ("merchant_promise_days", "count_out_of_range")),
        ({"merchant_label": 3}, ("merchant_label", "not_text")),
        ({"currency": "USD"}, ("currency", "not_the_currency")),
        ({"now": "yesterday"}, ("now", "not_a_day")),
        ({"product_class": "apparel", "tag_removed": True}, ("intact", "contradicts")),
        ({"channel": "shop"}, ("channel", "contradicts")),
    ],
)
def test_a_fault_names_its_field(faults, changes, fault):
    assert fault in faults("no_reason_return", **{**SOUND, **changes})


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (-0.01, "negative"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        ("1e999", "not_a_number"),
        (0.001, "too_fine"),
        (10**18, "too_large"),
        ([1], "not_a_number"),
        (True, "not_a_number"),
    ],
)
def test_an_amount_that_is_none(faults, price, code):
    assert faults("punitive_damages", ground="fraud", price=price) == [("price", code)]


def test_all_faults_are_told_at_once(faults):
    found = faults("no_reason_return", **{**SOUND, "signed_at": "?", "intact": 4, "buyer": "nobody"})
    assert {field for field, _ in found} == {"signed_at", "intact", "buyer"}


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"kind": "horoscope"}, ("kind", "unknown_kind")),
        ({}, ("kind", "unknown_kind")),
        ({"kind": 7}, ("kind", "unknown_kind")),
        ({"kind": "no_reason_return", "jurisdiction": "MARS"}, ("jurisdiction", "unknown_jurisdiction")),
        ({"kind": "no_reason_return", "jurisdiction": 1}, ("jurisdiction", "unknown_jurisdiction")),
        ({"kind": "sanbao", "jurisdiction": "EU"}, ("kind", "unknown_kind")),
        ({"kind": "withdrawal", "jurisdiction": "EU", "country": "XX"}, ("country", "unknown_country")),
        ({"kind": "deadline", "event": "eclipse", "at": "2026-03-05"}, ("event", "unknown_word")),
        ({"kind": "punitive_damages", "ground": "bad luck", "price": 1}, ("ground", "unknown_word")),
        ({"kind": "sanbao", "product_class": "car", "event": "flat_tyre"}, ("event", "unknown_word")),
        (
            {"kind": "no_reason_refund_amount", "items": [{"paid": -1}], "returned": "all"},
            ("items", "inside"),
        ),
        ({"kind": "no_reason_refund_amount", "items": ["A"]}, ("items", "not_an_object")),
    ],
)
def test_a_question_that_cannot_be_put(book, facts, fault):
    bad = decide(facts, book)
    assert isinstance(bad, BadFacts)
    assert [(error.field, error.code) for error in bad.errors] == [fault]


def test_what_is_no_object_at_all_is_told(book):
    bad = decide(["kind"], book)  # type: ignore[arg-type]
    assert isinstance(bad, BadFacts)
    assert bad.errors[0].code == "not_an_object"


def test_a_null_is_a_fact_not_stated(told):
    assert told("no_reason_return", **{**SOUND, "signed_at": None})["missing"] == ["signed_at"]


def test_received_and_signed_may_differ_and_the_signature_counts(told):
    decision = told("no_reason_return", delivered_at="2026-03-01", **SOUND)
    assert decision["window_last_day"] == "2026-03-12"


def test_missing_is_not_a_fault(decided):
    assert decided("no_reason_return").outcome == "needs_info"


def test_an_unknown_fact_is_named_and_changes_nothing(told):
    plain, noted = told("no_reason_return", **SOUND), told("no_reason_return", **SOUND, colour="red")
    assert noted["unknown"] == ["colour"]
    assert "unknown_fact" in noted["flags"]
    assert noted["decision"] == plain["decision"]


def test_a_strangers_words_are_shortened_and_printable(book):
    bad = decide({"kind": "no_reason_return", "product_class": "\x1b]52;" + "x" * 999}, book)
    assert isinstance(bad, BadFacts)
    said = str(dict(bad.errors[0].args)["said"])
    assert len(said) <= 40
    assert said.isprintable()


@pytest.mark.parametrize("said", ["Home-Textile", "home textiles", " HOME_TEXTILE "])
def test_a_word_is_known_whatever_its_case_and_hyphens(told, said):
    decision = told("no_reason_return", **{**SOUND, "product_class": said})
    assert decision["decision"] == "eligible"
