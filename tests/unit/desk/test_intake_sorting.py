"""What a message asks for, by its words: the plain ones are sorted right, the others left to a person."""

import tomllib

import pytest

from csdesk import resources
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.sorting import BadPhrases, choose, language_of, read_phrases
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.kinds import MACHINES


def message(text: str, **more: str) -> Inbound:
    return Inbound("gw", "1", "chat", Sender(), text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("快递到哪了，三天没动", "inquiry", "where_is_parcel"),
        ("怎么退货？", "inquiry", "how_to_return"),
        ("帮我开发票，谢谢", "inquiry", "invoice"),
        ("退款什么时候到账", "inquiry", "refund_arrival"),
        ("我要退货，七天无理由", "return", "no_reason"),
        ("不喜欢，想退", "return", "no_longer_wanted"),
        ("收到的是假货，我要退货", "return", "counterfeit"),
        ("想換大一碼，這雙鞋太小了", "exchange", "size"),
        ("耳机开不了机，要维修", "repair", "no_power"),
        ("少发了一件衣服", "reissue", "missing_item"),
        ("水果烂了一半，要退款", "refund_only", "fruit_rotten"),
        ("仅退款，不退货", "refund_only", "other"),
        ("我要投诉你们客服态度差", "complaint", "service"),
        ("自动续费没有提醒我", "complaint", "auto_renewal"),
        ("我要举报这家店卖假货", "report", "counterfeit"),
        ("重复扣款了，扣了两次", "payment_anomaly", "double_charge"),
        ("请删除我的个人信息", "privacy_request", "delete_data"),
        ("Where is my parcel?", "inquiry", "where_is_parcel"),
        ("I WANT TO RETURN this jacket, I changed my mind", "return", "no_longer_wanted"),
        ("I was charged twice", "payment_anomaly", "double_charge"),
        ("There is an item missing", "reissue", "missing_item"),
    ],
)
def test_what_is_said_plainly_is_sorted(text: str, kind: str, reason: str):
    found = choose(message(text))
    assert (found.kind.value, found.reason, found.how) == (kind, reason, "words")


@pytest.mark.parametrize("text", ["您好", "在吗？", "退款", "Hello there", "…", "我要换货也要投诉", "😀"])
def test_what_does_not_say_it_is_left_to_a_person(text: str):
    found = choose(message(text))
    assert (found.kind.value, found.reason, found.how) == ("inquiry", "other", "unknown")


def test_the_channel_that_asked_is_believed_and_words_find_the_reason_alone():
    assert choose(message("我要投诉", kind="repair", reason="noise")).reason == "noise"
    found = choose(message("屏幕坏了，我要投诉", kind="repair"))
    assert (found.kind.value, found.reason, found.how) == ("repair", "screen", "said")


def test_a_very_long_story_is_read_as_far_as_it_says_something():
    assert choose(message("我要退货" + "啊" * 90_000)).kind.value == "return"
    assert choose(message("啊" * 90_000 + "我要退货")).how == "unknown"


@pytest.mark.parametrize(
    "tables",
    [
        {"refund": {"other": {"x": 1}}},
        {"return": {"no_such": {"x": 1}}},
        {"return": {"other": {"x": 0}}},
        {"return": {"other": {"x": True}}},
        {"return": {"other": {" ": 1}}},
    ],
)
def test_a_table_that_names_what_is_not_there_is_refused(tables: dict[str, dict[str, dict[str, int]]]):
    with pytest.raises(BadPhrases):
        read_phrases(tables)


def test_every_kind_has_phrases():
    with resources.path("data/intake.toml").open("rb") as file:
        found = read_phrases(tomllib.load(file))
    assert {phrase.kind for phrase in found} == {kind.value for kind in MACHINES if kind is not Kind.INCIDENT}


@pytest.mark.parametrize(
    ("text", "said", "language"),
    [
        ("我要退货", "", "zh-Hans"),
        ("我們要退貨，請處理", "", "zh-Hant"),
        ("Where is my parcel", "", "en"),
        ("123", "", ""),
        ("anything", "zh_TW", "zh-Hant"),
        ("anything", "EN-us", "en"),
        ("anything", "ja", "ja"),
    ],
)
def test_the_language_is_as_the_channel_says_or_as_it_is_written(text: str, said: str, language: str):
    assert language_of(message(text, language=said)) == language
