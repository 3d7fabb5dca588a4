"""Articles and canned replies from elsewhere: ids, numbers, dates in force, slots."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.conversation import slots
from csdesk.interop.importer import run_import
from csdesk.interop.texts import effective_ends
from csdesk.store.library import (
    ARTICLE_COLUMNS,
    CANNED_COLUMNS,
    Article,
    Canned,
    to_article,
    to_canned,
)
from tests.unit.interop.conftest import DATA

TEXTS = ("statutes.jsonl", "platform.jsonl", "corpus.jsonl")


def articles(core: Core) -> dict[str, Article]:
    rows = core.store.conn.execute(f"SELECT {ARTICLE_COLUMNS} FROM article")
    return {article.external_id: article for article in map(to_article, rows)}


def replies(core: Core) -> dict[str, Canned]:
    rows = core.store.conn.execute(f"SELECT {CANNED_COLUMNS} FROM canned")
    return {reply.external_id: reply for reply in map(to_canned, rows)}


def test_one_map_takes_statutes_platform_rules_and_a_corpus(zhao: Core):
    report = run_import(zhao, [DATA / name for name in TEXTS], "articles")
    assert [file.added for file in report.files] == [4, 1, 2]
    found = articles(zhao)
    law = found["样例商品退换条例 第二十五条"]
    assert (law.law, law.article_no, law.number, law.suffix) == ("样例商品退换条例", "第二十五条", 25, 0)
    assert (law.confidence, law.chapter, law.text) == ("statute", "第一章　总则", "商品完好的，可以退货。")
    rule = found["样例平台争议处理规则 第四十条"]
    assert (rule.law, rule.source, rule.confidence) == ("样例平台争议处理规则", "样例平台", "policy")
    assert (rule.effective_from, rule.number) == ("2025-08-15", 40)


def test_an_id_that_a_record_came_with_stays_and_its_suffix_is_read(zhao: Core):
    run_import(zhao, [DATA / "corpus.jsonl"], "articles")
    found = articles(zhao)
    assert set(found) == {"T7", "T8"}
    assert (found["T7"].number, found["T7"].suffix) == (120, 1)


def test_a_packed_file_is_the_same_file(zhao: Core, write: Callable[..., Path]):
    run_import(zhao, [DATA / "statutes.jsonl"], "articles")
    packed = write("statutes.jsonl.gz", gzip.compress((DATA / "statutes.jsonl").read_bytes()))
    report = run_import(zhao, [packed], "articles")
    assert (report.total("unchanged"), report.total("added"), report.total("changed")) == (4, 0, 0)


def test_a_superseded_text_knows_the_day_it_left_force(zhao: Core, write: Callable[..., Path]):
    later = {"rule": "网络交易监督管理办法", "article_no": "第十八条", "article_text": "新文。", "id": "N18",
             "effective": "2025-03-18"}  # fmt: skip
    run_import(zhao, [DATA / "statutes.jsonl", write("new.jsonl", [later])], "articles")
    found = articles(zhao)
    assert found["网络交易监督管理办法 第十八条"].effective_to == "2025-03-17"
    assert found["N18"].effective_to == ""
    assert found["样例商品退换条例 第一条"].effective_to == ""


def test_the_three_superseded_texts_are_listed():
    ends = effective_ends()
    assert ends["市场监督管理投诉举报处理暂行办法"] == "2026-04-14"
    assert ends["网络零售第三方平台交易规则制定程序规定（试行）"] == "2026-01-31"
    assert len(set(ends.values())) == 3


def test_a_changed_article_is_found_by_its_new_words(zhao: Core, write: Callable[..., Path]):
    record = {"id": "A1", "law": "样例法", "article_no": "第一条", "text": "运费由商家承担。"}
    run_import(zhao, [write("a.jsonl", [record])], "articles")
    record["text"] = "运费由消费者承担。"
    report = run_import(zhao, [write("b.jsonl", [record])], "articles")
    assert [(change.name, change.fields) for change in report.changes] == [("A1", ("text",))]
    assert articles(zhao)["A1"].text == "运费由消费者承担。"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("text", "", "missing"),
        ("text", 7, "wrong_type"),
        ("text", "长" * 1_000_000, "too_long"),
        ("law", None, "missing"),
        ("article_no", ["第一条"] * 600, "too_long"),
        ("effective", "last summer", "bad_time"),
    ],
)
def test_a_bad_article_is_left_out(
    zhao: Core, write: Callable[..., Path], field: str, value: object, code: str
):
    good = {"id": "A1", "law": "样例法", "article_no": "第一条", "text": "可以。"}
    report = run_import(zhao, [write("a.jsonl", [good, {**good, "id": "A2", field: value}])], "articles")
    assert code in report.reasons
    assert set(articles(zhao)) == {"A1"}


def test_brackets_become_slots_and_braces_are_made_safe(zhao: Core):
    report = run_import(zhao, [DATA / "replies.jsonl"], "canned")
    assert report.total("added") == 2
    found = replies(zhao)
    chinese = found["general/aftersales.md#1"]
    assert slots(chinese.body) == ("order_number", "product", "天数", "包装/吊牌")
    assert "｛不影响｝" in chinese.body
    assert (chinese.title, chinese.topic, chinese.source) == (
        "退货政策说明",
        "客户询问退货政策",
        "general/aftersales.md",
    )
    english = found["general/aftersales.md#2"]
    assert slots(english.body) == ("order_number", "Date")
    assert (chinese.language, english.language) == ("zh-Hans", "en")


@pytest.mark.parametrize(
    "body", ["[]", "[ ]", "[[a]]", "[" * 50, "[a\nb]", "{x}", "{[x]}", "[" + "长" * 99 + "]"]
)
def test_no_body_ends_in_a_slot_that_cannot_be_filled(zhao: Core, write: Callable[..., Path], body: str):
    run_import(
        zhao, [write("r.jsonl", [{"file": "f", "no": 1, "title": "t", "body": f"好 {body}"}])], "canned"
    )
    kept = replies(zhao)["f#1"].body
    assert kept.count("{") == kept.count("}") == len(slots(kept))
    assert all(name.strip() for name in slots(kept))
