"""From what was typed to an FTS5 expression, over a small shelf of articles."""

import json

import pysqlite3 as sqlite3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.search import pinyin, plan, tokens

ARTICLES = [
    "消费者有权自收到商品之日起七日内退货，且无需说明理由。",
    "发包方可以解除合同，承包方未按时缴纳费用。",
    "因产品存在缺陷造成损害的，被侵权人可以请求赔偿。",
    "退货的运费由消费者承担，另有约定的除外。",
    "卖家应在 7 天内处理 APP 上的申请。",
]


class Shelf:
    """A vocabulary kept in a dict, and the index beside it."""

    def __init__(self, texts):
        self.articles = len(texts)
        self.held: dict[str, int] = {}
        self.db = sqlite3.connect(":memory:")
        self.db.execute(
            "CREATE VIRTUAL TABLE t USING fts5(b, i, content='', contentless_delete=1, tokenize='ascii')"
        )
        for n, text in enumerate(texts):
            body, initials = tokens.index_terms(text), pinyin.initials_index(text)
            self.db.execute(
                "INSERT INTO t (rowid, b, i) VALUES (?, ?, ?)", (n, " ".join(body), " ".join(initials))
            )
            for term in {*body, *initials}:
                self.held[term] = self.held.get(term, 0) + 1

    def docs(self, terms):
        json.dumps(terms)
        return {t: self.held[t] for t in terms if t in self.held}

    def alike(self, sounds):
        found: dict[str, list[tuple[str, int]]] = {}
        for term, docs in sorted(self.held.items(), key=lambda item: -item[1]):
            if not term.isascii() and (sound := pinyin.sound(term)) in sounds:
                found.setdefault(sound, []).append((term, docs))
        return found

    def find(self, query):
        match = plan.plan(query, self).match
        rows = self.db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t)", (match,))
        return [n for (n,) in rows]


@pytest.fixture(scope="module")
def shelf():
    return Shelf(ARTICLES)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("运费谁承担", 3),
        ("運費誰承擔", 3),
        ("缺陷", 2),
        ("chengbaofang", 1),
        ("jiechuhetong", 1),
        ("jcht", 1),
        ("cpqx sunhai", 2),
        ("app", 4),
        ("七天处理", 4),
        ("7日无需说明理由", 0),
    ],
)
def test_the_right_article_stands_first(shelf, query, first):
    assert shelf.find(query)[0] == first


def test_a_homophone_nobody_wrote_is_heard():
    shelf = Shelf([*ARTICLES, "产品有缺陷。"])
    assert plan.plan("缺现", shelf).terms[0] == "缺陷" or "缺陷" in plan.plan("缺现", shelf).terms
    assert set(shelf.find("缺现")) == {2, 5}


def test_chinese_questions_never_ask_for_initials(shelf):
    assert not any(t.startswith(pinyin.INITIALS) for t in plan.plan("退货运费", shelf).terms)


def test_words_that_only_ask_are_dropped_unless_alone(shelf):
    assert "如何" not in "".join(plan.plan("如何退货", shelf).terms)
    assert plan.plan("如何", Shelf(["如何退货"])).terms


@given(st.text(st.characters(), max_size=80))
@settings(max_examples=200)
def test_anything_can_be_typed(query):
    SHELF.find(query)


@pytest.mark.parametrize(
    "query", ["", " ", '"', "退" * 10_000, "tui" * 3_000, "x'; DROP TABLE t; --", "NEAR(退 货)", "\x00"]
)
def test_hostile_queries_do_bounded_work(shelf, query):
    assert len(plan.plan(query, shelf).terms) <= tokens.MATCH_MAX
    shelf.find(query)


SHELF = Shelf(ARTICLES)
