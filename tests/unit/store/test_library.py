"""The library: kept once, indexed as it changes, unseen by other desks, current law above superseded."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk.search import normalise, tokens
from csdesk.store.connection import write
from csdesk.store.file import Store, open_store
from csdesk.store.library import (
    Article,
    Canned,
    Counts,
    preferred,
    put_articles,
    put_canned,
    shelf_of,
    tidy_articles,
)
from csdesk.store.library_policies import Hit, highlights
from tests.building import DeskFile
from tests.hostile import HOSTILE

DAY = "2026-11-22"
LAW = "中华人民共和国消费者权益保护法"


def article(id_: str, text: str, number: int = 0, law: str = LAW, **more: object) -> Article:
    return replace(Article(id_, law, f"第{number}条", text, number), **more)  # type: ignore[arg-type]


RETURNS = article("C24", "消费者有权自收到商品之日起七日内退货，且无需说明理由。", 25)
FREIGHT = article("C25", "退回商品的运费由消费者承担。\n双方另有约定的，按照约定。", 26)
GOODS = article("C22", "商品存在瑕疵的，经营者应当负责修理。", 23)


@pytest.fixture
def store(desk_file: DeskFile) -> Store:
    return desk_file.store()


def put(store: Store, *records: Article) -> Counts:
    with write(store.conn):
        return put_articles(store, records, 1)


def found(store: Store, text: str, day: str = DAY, language: str = "zh-Hans", limit: int = 20) -> list[Hit]:
    return store.policies.search(text, day, language, limit)


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.article.external_id for hit in hits]


def grams(store: Store) -> dict[str, int]:
    sql = "SELECT term, docs FROM article_gram WHERE desk_id = ?"
    return dict(store.conn.execute(sql, (store.desk.id,)))


def test_what_is_put_again_unchanged_is_left_alone(store: Store):
    assert put(store, RETURNS, FREIGHT) == Counts(new=2)
    before = shelf_of(store.conn, store.desk.id)
    assert put(store, RETURNS, FREIGHT) == Counts(same=2)
    assert shelf_of(store.conn, store.desk.id) == before


def test_a_changed_text_is_found_by_its_new_words_only(store: Store):
    put(store, RETURNS, FREIGHT)
    changed = replace(FREIGHT, text="邮资由经营者出。")
    assert put(store, changed, RETURNS) == Counts(changed=1, same=1)
    assert ids(found(store, "邮资")) == ["C25"]
    assert found(store, "约定") == []
    assert "运费" not in grams(store)


def test_one_id_twice_in_a_batch_keeps_the_last(store: Store):
    assert put(store, RETURNS, replace(RETURNS, text="另一个说法。")) == Counts(new=1, changed=1)
    assert [hit.article.text for hit in found(store, "C24")] == ["另一个说法。"]
    assert "退货" not in grams(store)


def test_one_id_from_two_sources_is_two_articles(store: Store):
    assert put(store, RETURNS, replace(RETURNS, source="别处")) == Counts(new=2)
    assert len(found(store, "退货")) == 2


words = st.text("退货运费七日内商品ab1 。", min_size=1, max_size=12)
steps = st.lists(st.tuples(st.sampled_from("ABCDE"), words), min_size=1, max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_counts_are_those_of_the_articles_however_they_came(
    desk_file: DeskFile, steps: list[tuple[str, str]]
):
    store = open_store(desk_file.path)
    try:
        with write(store.conn):
            for table in ("article", "article_gram", "article_terms", "library"):
                store.conn.execute(f"DELETE FROM {table}")
            for id_, text in steps:
                put_articles(store, [article(id_, text, law="样例法")], 1)
        kept = dict(steps)
        wanted = Counter(
            term
            for text in kept.values()
            for term in set(tokens.index_terms("样例法") + tokens.index_terms(text))
        )
        assert grams(store) == dict(wanted)
        shelf = shelf_of(store.conn, store.desk.id)
        assert shelf is not None
        assert shelf.articles == len(kept)
        in_index = store.conn.execute("SELECT count(*) FROM article_terms").fetchone()[0]
        assert in_index == len(kept)
    finally:
        store.close()


@pytest.mark.parametrize("text", ["退货", "退貨", "tuihuo", "退化", "７日退货", "退货 运费", "th"])
def test_words_of_two_characters_are_found_in_every_spelling(store: Store, text: str):
    put(store, RETURNS, FREIGHT, GOODS)
    assert "C24" in ids(found(store, text))


@pytest.mark.parametrize("text", ["消法25", "消保法第二十五条", "《消费者权益保护法》第25条", "C24", "c24"])
def test_a_citation_or_an_id_comes_first(store: Store, text: str):
    put(store, FREIGHT, GOODS, RETURNS)
    assert ids(found(store, text))[0] == "C24"


def test_a_cited_paragraph_is_what_is_marked(store: Store):
    text = "第一款。\n第二款：\n（一）甲；\n（二）乙。\n第三款。"
    put(store, article("A", text, 17))
    marked = {}
    for cited in ("消法17第2款", "消法17第2款第2项", "消法17第3款", "消法17第9款"):
        hit = found(store, cited)[0]
        marked[cited] = [text[start:end] for start, end in hit.spans]
    assert marked["消法17第2款"] == ["第二款：\n（一）甲；\n（二）乙。"]
    assert marked["消法17第2款第2项"] == ["（二）乙。"]
    assert marked["消法17第3款"] == ["第三款。"]
    assert "第三款。" not in marked["消法17第9款"]


def test_a_law_that_came_later_can_be_cited_at_once(store: Store):
    put(store, RETURNS)
    assert "E17" not in ids(found(store, "电商法17"))
    put(store, article("E17", "全面、真实披露信息。", 17, law="中华人民共和国电子商务法"))
    assert ids(found(store, "电商法17"))[0] == "E17"


OLD = article("OLD", "自动续费前五日提醒。", 18, law="网络交易监督管理办法", effective_to="2025-03-17")
NEW = article("NEW", "自动续费前提醒。", 18, law="网络交易监督管理办法", effective_from="2025-03-18")


@pytest.mark.parametrize("text", ["自动续费前五日提醒", "五日", "网络交易办法18", "OLD"])
def test_a_superseded_text_stands_below_its_successor_and_names_it(store: Store, text: str):
    put(store, OLD, NEW, RETURNS)
    hits = found(store, text)
    assert ids(hits)[:2] == ["NEW", "OLD"]
    assert [(hit.in_force, hit.successor) for hit in hits[:2]] == [(True, ""), (False, "NEW")]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_what_is_in_force_depends_on_the_day(store: Store):
    put(store, OLD, NEW)
    for day, first in (("2025-03-17", "OLD"), ("2025-03-18", "NEW")):
        hits = found(store, "自动续费", day)
        assert [hit.article.external_id for hit in hits if hit.in_force] == [first]


def test_a_later_text_supersedes_one_whose_end_nobody_noted(store: Store):
    put(store, replace(OLD, effective_to="", effective_from="2021-05-01"), NEW)
    hits = found(store, "五日")
    assert [(hit.article.external_id, hit.in_force) for hit in hits] == [("NEW", True), ("OLD", False)]


def test_an_edition_in_the_name_of_a_law_is_the_same_law(store: Store):
    put(store, replace(OLD, law="网络交易监督管理办法（2021年修订）"), NEW)
    assert [hit.successor for hit in found(store, "五日")] == ["", "NEW"]


def test_the_same_text_from_another_file_is_no_successor(store: Store):
    put(store, RETURNS, replace(RETURNS, external_id="X", effective_from="2014-03-15"))
    assert [hit.in_force for hit in found(store, "退货")] == [True, True]


def test_without_a_successor_what_left_force_goes_below_what_is_in_force(store: Store):
    put(store, OLD, RETURNS, article("R", "续费自动。", 3, law="样例法"))
    hits = found(store, "自动续费前五日提醒")
    assert [hit.in_force for hit in hits] == [True] * (len(hits) - 1) + [False]
    assert (hits[-1].article.external_id, hits[-1].successor) == ("OLD", "")
    assert ids(found(store, "网络交易办法18"))[0] == "OLD"  # asked for by name


def test_one_article_in_three_languages_is_one_hit_in_the_readers(store: Store):
    said = {"zh-Hans": "七日无理由退货", "zh-Hant": "七日無理由退貨", "en": "seven-day return"}
    put(store, *(article("P01", text, 1, law="本台", language=tag) for tag, text in said.items()), RETURNS)
    for tag, text in said.items():
        for typed in ("无理由退货", "seven"):
            hits = [h for h in found(store, typed, language=tag) if h.article.external_id == "P01"]
            assert [hit.article.text for hit in hits] == [text]
        shown = store.policies.article("P01", DAY, tag)
        assert shown is not None
        assert shown.article.language == tag
    assert preferred(("en", "zh-Hant", "zh-Hans"), "fr") == "zh-Hans"
    assert preferred(("en", "zh-Hant"), "fr") == "en"


def test_nothing_of_another_desk_shows(desk_file: DeskFile, store: Store):
    with write(store.conn):
        store.conn.execute(
            "INSERT INTO desk VALUES ('other', '别台', 'Asia/Shanghai', ?, 0, 0)", (store.desk.file_id,)
        )
        store.conn.execute(
            "INSERT INTO fingerprint SELECT 'other', name, value FROM fingerprint WHERE desk_id = ?",
            (store.desk.id,),
        )
    other = open_store(desk_file.path, desk_id="other")
    put(store, RETURNS)
    put(other, replace(RETURNS, text="别台的退货秘密。"), FREIGHT)
    with write(store.conn):
        put_canned(store, [Canned("C1", "退货说明", "请退货。")], 1)
    with write(other.conn):
        put_canned(other, [Canned("C1", "别台退货", "别台。"), Canned("C2", "运费", "运费。")], 1)
    for text in ("退货", "秘密", "消法25", "C24", "C25", "运费", "yunfei", "mm"):
        assert {hit.article.text for hit in found(store, text)} <= {RETURNS.text}
    assert [r.canned.title for r in store.replies.search("", "zh-Hans", 9)] == ["退货说明"]
    assert ids(found(other, "运费"))[0] == "C25"
    assert "运费" not in grams(store)
    other.close()


def test_another_process_sees_what_was_put(desk_file: DeskFile, store: Store):
    reader = desk_file.store()
    assert found(reader, "消法25") == []
    assert reader.replies.search("退货", "zh-Hans", 5) == []
    put(store, RETURNS)
    with write(store.conn):
        put_canned(store, [Canned("C1", "退货说明", "请退货。")], 1)
    assert ids(found(reader, "消法25")) == ["C24"]
    assert [r.canned.external_id for r in reader.replies.search("退货", "zh-Hans", 5)] == ["C1"]


def test_a_tidied_index_finds_the_same(store: Store):
    put(store, RETURNS)
    put(store, FREIGHT, GOODS)
    before = found(store, "退货运费商品")
    with write(store.conn):
        tidy_articles(store.conn)
    assert ids(found(store, "退货运费商品")) == ids(before)


TYPED = (
    *(
        "",
        " ",
        "退",
        '"',
        "退货*",
        "^退货",
        "退货 NEAR 运费",
        "NEAR(",
        "(",
        "-",
        ":",
        "title:退货",
        "AND",
        "OR NOT",
    ),
    *("'; DROP TABLE article; --", "%", "_", "\x00", "退\x00货", "\ud800", "退\udfff货", "😀", "\u202e退货"),
    *(
        "退货" * 5_000,
        "a" * 10_000,
        "第条" * 5_000,
        "消法" + "9" * 300,
        "消法99999",
        "消法第零条",
        "退\u200b货",
    ),
)


@pytest.mark.parametrize("text", TYPED, ids=ascii)
def test_whatever_is_typed_is_answered(store: Store, text: str):
    put(store, RETURNS, FREIGHT)
    with write(store.conn):
        put_canned(store, [Canned("C1", "退货说明", "请退货。", "thsm")], 1)
    assert len(found(store, text)) <= 2
    assert store.policies.article(text, DAY, "zh-Hans") is None
    assert len(store.replies.search(text, "zh-Hans", 5)) <= 1
    assert store.replies.reply(text, "zh-Hans") is None


def test_no_hostile_line_is_an_error(store: Store):
    put(store, RETURNS)
    for line in HOSTILE:
        found(store, line, limit=3)
        store.replies.search(line, "zh-Hans", 3)


pieces = st.lists(
    st.sampled_from(["退货", "運費", "…", "①", "ﬁ", "\u200b", "e\u0301", "Ａ", "\n", "七日", " "])
)


@given(pieces, st.lists(st.sampled_from(["退货", "运费", "七日", "货", "a"]), min_size=1, max_size=4))
def test_what_is_marked_is_what_the_search_core_marks(said: list[str], terms: list[str]):
    text = "".join(said)
    wanted = [term for term in terms if len(term) > 1] or terms
    lines = [(line.start(), line[0]) for line in re.finditer(r"[^\n]+", text)]
    told = [(at + a, at + b) for at, line in lines for a, b in tokens.highlights(line, wanted)]
    assert list(highlights(text, wanted)) == told
    assert all(any(w in normalise.fold(text[a:b]) for w in wanted) for a, b in told)


def test_a_reply_changed_keeps_its_place(store: Store):
    first, second = (
        Canned("C1", "甲", "甲。"),
        Canned("C2", "乙", "乙。", kinds=("return",), states=("submitted",)),
    )
    with write(store.conn):
        assert put_canned(store, [first, second], 1) == Counts(new=2)
        assert put_canned(store, [replace(first, body="丙。"), second], 1) == Counts(changed=1, same=1)
    kept = [reply.canned for reply in store.replies.search("", "zh-Hans", 9)]
    assert kept == [replace(first, body="丙。"), second]
