"""The platforms' after-sales codes: every code means something here, unknown ones are kept and told, never dropped."""

import logging
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.inbound import Receipt
from csdesk.desk.intake.receiving import receive
from csdesk.desk.platform_queries import PlatformCodes
from csdesk.desk.platform_words import platform_lines
from csdesk.desk.platforms import BadPlatforms, codes, meaning, platforms, read_platforms
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES
from tests.building import DeskFile
from tests.unit.desk.test_intake import case_of, events, message


def test_every_state_of_a_platform_means_a_state_of_some_kind_that_the_platform_knows():
    assert set(platforms()) == {"taobao", "jd", "pinduoduo", "douyin", "wechat"}
    for platform in platforms().values():
        kinds = {type_: kind for type_, kind in platform.types.items() if kind in MACHINES}
        assert kinds == platform.types
        for state in platform.states:
            told = [meaning(platform.name, type_, state) for type_ in kinds]
            assert all(one.known and one.words for one in told)
            assert any(one.state for one in told), f"{platform.name} {state}"


def test_what_we_mean_has_a_code_that_means_it_back():
    for platform in platforms().values():
        for type_, kind in platform.types.items():
            for state in MACHINES[kind].states:
                for code in codes(platform.name, kind, state.name)[:1]:
                    back = meaning(platform.name, type_, code)
                    assert back.kind is kind and back.state
    assert codes("pinduoduo", Kind.RETURN, "refunded") == ("10",)
    assert meaning("pinduoduo", "3", "10").state == "refunded"
    assert codes("jd", Kind.COMPLAINT, "closed") == ()


# Every code of the platforms' published interfaces, written out by hand.
PUBLISHED = {
    "taobao": (
        "REFUND REFUND_AND_RETURN TMALL_EXCHANGE TAOBAO_EXCHANGE REPAIR RESHIPPING OTHERS",
        "WAIT_SELLER_AGREE WAIT_BUYER_RETURN_GOODS WAIT_SELLER_CONFIRM_GOODS SELLER_REFUSE_BUYER CLOSED SUCCESS"
        " WAIT_BUYER_CONFIRM_REDO_SEND_GOODS WAIT_SELLER_CONFIRM_RETURN_ADDRESS WAIT_SELLER_CONSIGN_GOOGDS"
        " EXCHANGE_TRANSFORM_TO_REFUND EXCHANGE_WAIT_BUYER_CONFIRM_GOODS POST_FEE_DISPUTE_WAIT_ACTIVATE",
    ),
    "jd": ("", "10001 10002 10012 10005 10007 10009 10004 10010 10011 7060 7023 13000"),
    "pinduoduo": ("2 3 4 5 6", "0 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 21 22 24 25 27 31 32 33"),
    "douyin": ("0 1 2 3 4 5 6 7 8", "6 7 8 11 12 13 14 27 28 29 51 53"),
    "wechat": ("", "0 1 2 3 4 5 6 7 8 11 12 13 14"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_code_is_mapped_and_none_of_ours_passes_for_published(name: str):
    types, states = (told.split() for told in PUBLISHED[name])
    platform = platforms()[name]
    # Without a kind, a code of ours still has to be read as what it says.
    assert all(meaning(name, type_, "").kind for type_ in types)
    assert all(meaning(name, "", state).words for state in states)
    ours = {f"types.{one}" for one in set(platform.types) - set(types)}
    ours |= {f"states.{one}" for one in set(platform.states) - set(states)}
    assert ours <= platform.interpreted


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_state_of_every_kind_that_a_platform_knows_has_a_code_or_is_said_to_have_none(name: str):
    platform = platforms()[name]
    for kind in set(platform.types.values()):
        silent = {state.name for state in MACHINES[kind].states if not codes(name, kind, state.name)}
        assert silent == set(platform.silent.get(kind, ())), kind
    assert set(platform.silent) <= set(platform.types.values())


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"shop": {"title": "店"}}, "shop needs"),
        ({"shop": {"title": "店", "types": {"1": "refund"}, "states": {}}}, "shop.types.1"),
        ({"shop": {"title": "店", "types": {}, "states": {"9": ["完成", "done"]}}}, "shop.states.9"),
        ({"shop": {"title": "店", "types": {}, "states": {"9": ["完成"]}}}, "shop.states.9"),
        (
            {"shop": {"title": "店", "types": {}, "states": {}, "interpreted": ["states.9"]}},
            "interpreted states.9",
        ),
        (
            {"shop": {"title": "店", "types": {}, "states": {}, "silent": {"return": ["done"]}}},
            "shop.silent.return",
        ),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_its_place(told: dict[str, object], place: str):
    with pytest.raises(BadPlatforms, match=place):
        read_platforms(told)


def test_a_platforms_type_says_the_kind_and_its_state_stands_beside_the_message(desk_file: DeskFile):
    wang = desk_file.core("wang")
    told = message(text="请处理", platform="pinduoduo", platform_type="6", platform_state="21")
    receipt = receive(wang, told)
    assert receipt.kind == "repair"
    (mark,) = events(wang, receipt, "message_marked")
    assert mark.marks == ("platform_state",)
    assert mark.files == "拼多多 6 21 待商家同意维修"
    assert wang.ask(PlatformCodes("pinduoduo", case_of(wang, receipt).id))[0] == "21"
    with pytest.raises(Refused, match="bad_choice"):
        wang.ask(PlatformCodes("nope", case_of(wang, receipt).id))


@pytest.mark.parametrize(("platform", "kind"), [("taobao", "return"), ("kuaishou", "inquiry")])
def test_a_code_that_nobody_knows_is_kept_shown_and_reported(
    desk_file: DeskFile, caplog: pytest.LogCaptureFixture, platform: str, kind: str
):
    wang = desk_file.core("wang")
    told = message(
        text="请处理", platform=platform, platform_type="REFUND_AND_RETURN", platform_state="NEW\nCODE"
    )
    with caplog.at_level(logging.WARNING):
        receipt = receive(wang, told)
    assert receipt.kind == kind
    (mark,) = events(wang, receipt, "message_marked")
    assert mark.marks == ("platform_unknown",)
    assert "REFUND_AND_RETURN NEW CODE" in mark.files
    assert "NEW CODE" in caplog.text


def test_a_case_says_what_its_platform_says_and_warns_where_they_differ(desk_file: DeskFile):
    wang = desk_file.core("wang")
    words = Words("zh-Hans", ZoneInfo("Asia/Shanghai"))

    def say(id_: str, state: str) -> list[tuple[str, bool]]:
        told = message(
            id=id_, thread=number, text="请处理", platform="taobao", platform_type="REFUND_AND_RETURN",
            platform_state=state,
        )  # fmt: skip
        receipts.append(receive(wang, told))
        return platform_lines(words, wang.load(case_of(wang, receipts[0]).id)[0])

    receipts: list[Receipt] = []
    number = ""
    assert say("p1", "WAIT_SELLER_AGREE") == [
        ("平台状态：淘宝/天猫 WAIT_SELLER_AGREE 买家已申请，待卖家处理", False)
    ]
    number = receipts[0].number
    before = case_of(wang, receipts[0]).state
    said, warning = say("p2", "SUCCESS")
    assert said == ("平台状态：淘宝/天猫 SUCCESS 成功", False)
    assert warning[1] and "不一致" in warning[0] and words.code("state", before) in warning[0]
    assert case_of(wang, receipts[0]).state == before  # nothing moves by itself
    assert say("p3", "NEW_CODE") == [("平台状态：淘宝/天猫 NEW_CODE（未知代码，原样保留）", True)]
    say("p4", "NEW_CODE")
    told = [one.code for one in events(wang, receipts[0], "platform_told")]
    assert told == ["WAIT_SELLER_AGREE", "SUCCESS", "NEW_CODE"]  # once a change


def test_a_kind_that_the_source_names_stands_whatever_the_platform_says(desk_file: DeskFile):
    wang = desk_file.core("wang")
    told = message(kind="complaint", platform="jd", platform_type="10", platform_state="10001")
    assert receive(wang, told).kind == "complaint"
