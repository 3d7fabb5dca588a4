"""How a decision is told in short: citations, facts, and the articles that come first."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.law.basis import basis
from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.queries import Entry
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.kinds import decide

BOOK = load_lawbook()
ZH = Words("zh-Hans", ZoneInfo("Asia/Shanghai"))
NOW = 1_793_584_800_000  # 2026-11-02 10:00 in Shanghai


def decided(**facts: object) -> Decision:
    found = decide(
        {"kind": "no_reason_return", "sale_channel": "online", "buyer": "consumer", **facts}, BOOK, now_ms=NOW
    )
    assert isinstance(found, Decision)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_law_of_the_packs_has_a_short_name(language: str):
    words = Words(language, UTC)
    laws = {
        id_.partition(" ")[0]
        for pack in BOOK.packs.values()
        for provisions in pack.provisions.values()
        for provision in provisions
        for id_ in provision.cited
    }
    assert sorted(law for law in laws if not words.has(f"cite.{law}")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_and_confidence_has_its_word(language: str):
    words = Words(language, UTC)
    outcomes = ("eligible", "ineligible", "needs_info", "policy_dependent", "computed", "must_refund",
                "reject_quality_claim")  # fmt: skip
    keys = [f"verdict.{outcome}" for outcome in outcomes]
    keys += [f"sure.{how}" for how in ("statute", "promise", "policy", "interpretation", "contested")]
    assert [key for key in keys if not words.has(key)] == []


def test_a_law_is_named_once_and_more_articles_are_hinted_at():
    articles = ("consumer_rights_law 25(1)", "no_reason_return_measures 10", "consumer_rights_law 25(3)")
    assert ZH.cites(articles) == "消法§25(1)、§25(3)、七日办法§10"
    assert ZH.cites((*articles, "civil_code 201")) == "消法§25(1)、§25(3)、七日办法§10等"
    assert ZH.cite("a_law_of_this_desk 7") == "a_law_of_this_desk§7"


def test_what_settled_the_decision_is_cited_before_what_every_one_needs():
    late = decided(signed_at="2026-10-01", request_at="2026-10-20", product_class="headphones")
    assert late.outcome == "ineligible"
    first = [article.id for article in basis(late)]
    assert first[:2] == ["consumer_rights_law 25(1)", "no_reason_return_measures 10"]
    assert set(first) == {article.id for article in late.articles}


def test_facts_read_as_people_say_them():
    assert ZH.fact("intact", True) == "是"
    assert ZH.fact("intact", None) == ZH.fact("intact", "") == "不知道"
    assert ZH.fact("product_class", "headphones") == "耳机"
    assert ZH.fact("signed_at", "2026-11-01T02:00:00+00:00") == "2026-11-01 10:00"
    assert ZH.fact("signed_at", "2026-11-01") == "2026-11-01"
    assert ZH.fact("signed_at", "2026-99-99 99:99") == "2026-99-99 99:99"
    assert ZH.fact("sale_channel", "online") == "网络"
    assert ZH.fact("merchant_label", "拆封不退") == "拆封不退"


def test_the_timeline_says_which_facts_and_whether_a_verb_went_with_the_verdict():
    stated = Entry(1, NOW, "wang", "establish", "facts_stated",
                   {"facts": [(1, "intact", False)], "dropped": ("signed_at",)})  # fmt: skip
    assert ZH.entry(stated) == "记录事实：商品是否完好 否；撤销 签收时间"
    detail = {"stance": "grants", "ruled": "ineligible", "why": "not_intact", "law": ("consumer_rights_law 25(3)",),
              "pack": "CN 2026-11-22"}  # fmt: skip
    followed = Entry(
        2, NOW, "wang", "approve", "ruled", {**detail, "ruled": "eligible", "why": "ok", "against": False}
    )
    assert ZH.entry(followed) == "按判定办理：支持，符合条件（消法§25(3)）"
    against = Entry(3, NOW, "wang", "approve", "ruled", {**detail, "against": True})
    assert ZH.entry(against) == "不按判定办理：判定为不支持，商品不完好（消法§25(3)）"


def test_a_refusal_for_the_verdict_names_it_with_its_basis():
    refused = Refused(
        "against_verdict", verb="approve", ruled="ineligible", ground="not_intact", line=1,
        law=("consumer_rights_law 25(3)",), field="override",
    )  # fmt: skip
    told = ZH.refused(refused)
    assert "判定为“不支持：商品不完好”" in told and "消法§25(3)" in told and "不按判定的理由" in told


def test_a_value_that_a_fact_cannot_have_is_told_by_what_is_wrong_with_it():
    assert ZH.refused(Refused("bad_fact", name="days", why="not_a_count")) == "days：应是0以上的整数"
