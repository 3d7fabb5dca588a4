"""The desk's library as it is asked: articles by day and the reader's language, replies for the case."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.conversation import slots as open_slots
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.interop import knowledge
from csdesk.interop.shipped import load_knowledge
from csdesk.resources import path
from csdesk.store.connection import write
from csdesk.store.library import Article, Canned, put_articles, put_canned
from csdesk.store.people import Customer
from tests.building import ZONE, DeskFile, line

LANGUAGES = knowledge.LANGUAGES


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    """An agent of a desk with the knowledge that ships."""
    core = desk_file.core("wang")
    load_knowledge(core.store)
    return core


@pytest.fixture
def opened(core: Core, desk_file: DeskFile) -> Case:
    """A return of two headphones."""
    number = desk_file.order(line(2, 39_800))
    return core.do(Open(Kind.RETURN, number, (LineQty(1, 2),))).case


def ids(hits: list[q.FoundArticle] | list[q.FoundCanned]) -> list[str]:
    return [hit.id for hit in hits]


def test_the_shipped_knowledge_is_put_once(core: Core):
    articles = knowledge.load_articles(path("data/knowledge/articles.toml"))
    assert articles
    sql = "SELECT count(*), count(DISTINCT external_id) FROM article"
    before = core.store.conn.execute(sql).fetchone()
    assert before == (len(articles) * len(LANGUAGES), len(articles))
    load_knowledge(core.store)
    assert core.store.conn.execute(sql).fetchone() == before


@pytest.mark.parametrize("typed", ["退货", "退貨", "运费", "运費", "tuihuo"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_policies_come_in_the_readers_language_each_once(core: Core, typed: str, language: str):
    hits = core.ask(q.SearchPolicies(typed, 40, language=language))
    assert hits
    assert len(set(ids(hits))) == len(hits)
    assert {hit.language for hit in hits} == {language}


def test_a_policy_tells_the_laws_behind_it_with_their_days(core: Core):
    shown = core.ask(q.ShowArticle("P01"))
    assert shown.citations[0] == (
        "《中华人民共和国消费者权益保护法》第二条、第二十五条第一款、第二十五条第三款（2014年3月15日起施行）"
    )
    english = core.ask(q.ShowArticle("P01", "en"))
    assert english.citations[0].endswith("art. 2, art. 25(1), art. 25(3) (in force from 2014-03-15)")
    assert core.ask(q.ShowArticle("P57", "zh-Hant")).citations[-1].startswith("《香港商品說明條例》")
    assert "第十九條之二" in "".join(core.ask(q.ShowArticle("P57", "zh-Hant")).citations)


def test_notes_and_contested_readings_reach_the_agent_and_never_the_text(core: Core):
    shown = core.ask(q.ShowArticle("P20"))
    assert shown.note.count("\n– ") == 2
    assert shown.note not in shown.text
    assert core.ask(q.SearchPolicies("不想要了", 3))[0].id == "P01"  # a keyword, not shown
    assert "不想要了" not in core.ask(q.ShowArticle("P01")).text


def test_a_law_is_cited_with_its_number_and_day(core: Core):
    law = Article(
        "L", "样例法", "第八条", "可以。", 8, effective_from="2020-01-01", effective_to="2030-01-01"
    )
    with write(core.store.conn):
        put_articles(core.store, [law, replace(law, external_id="M", law="另法", effective_from="")], 1)
    assert core.ask(q.ShowArticle("样例法8")).citations == (
        "《样例法》第八条（2020年1月1日至2030年1月1日施行）",
    )
    assert core.ask(q.ShowArticle("M")).citations == ("《另法》第八条（施行至2030年1月1日）",)


def test_today_is_a_day_of_the_desks_zone(core: Core, desk_file: DeskFile):
    law = Article("L", "样例法", "第八条", "可以。", 8, effective_from="2026-11-03")
    with write(core.store.conn):
        put_articles(core.store, [law], 1)
    midnight = int(datetime.fromisoformat("2026-11-03T00:00:00+08:00").timestamp() * 1000)
    assert core.store.desk.zone == ZONE
    for now, in_force in ((midnight - 1, False), (midnight, True)):
        desk_file.clock.now = now
        assert core.ask(q.ShowArticle("L")).in_force is in_force
    assert core.ask(q.SearchPolicies("样例法8", as_of="2026-11-02"))[0].in_force is False


@pytest.mark.parametrize(
    "question",
    [
        q.SearchPolicies("退货", as_of="yesterday"),
        q.ShowArticle("P999"),
        q.ShowArticle("\ud800"),
        q.FillCanned("C99", "RT-"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    core: Core, opened: Case, question: q.SearchPolicies | q.ShowArticle | q.FillCanned
):
    if isinstance(question, q.FillCanned):
        question = replace(question, case=opened.id)
    ask: Ask[Any] = question
    with pytest.raises(Refused):
        core.ask(ask)


@pytest.mark.parametrize("limit", [-1, 0, 3, 10_000])
def test_limits_are_kept(core: Core, limit: int):
    assert len(core.ask(q.SearchPolicies("退货", limit))) <= min(max(limit, 0), 200)
    assert len(core.ask(q.SearchCanned("", limit=limit))) == min(max(limit, 0), 43)


FIRST = {
    **dict.fromkeys(("thyf", "THYF", "退货运费", "退貨運費", "tuihuoyunfei", "退货运废"), "C04"),
    **dict.fromkeys(("whsl", "问候"), "C01"),
    "验货结果": "C10",
}


@pytest.mark.parametrize(("typed", "first"), FIRST.items())
def test_replies_are_found_by_shortcut_title_pinyin_and_words(core: Core, typed: str, first: str):
    assert ids(core.ask(q.SearchCanned(typed)))[0] == first


def test_nothing_typed_gives_what_the_case_needs(core: Core, opened: Case):
    before = core.ask(q.SearchCanned(case=opened.id, limit=40))
    assert "C03" not in [hit.id for hit in before if hit.fits]
    core.do(Approve(), opened.id)
    hits = core.ask(q.SearchCanned(case=opened.id, limit=40))
    assert hits[0].id == "C03"  # made for returns that wait for the parcel
    fits = [hit.fits for hit in hits]
    assert fits == sorted(fits, reverse=True)
    assert not hits[ids(hits).index("C24")].fits


def test_what_fits_the_case_comes_first_but_for_the_very_shortcut(core: Core, opened: Case):
    with write(core.store.conn):
        others = [Canned("X1", "退货", "好。", "th"), Canned("X2", "退货单", "好。", kinds=("repair",))]
        put_canned(core.store, others, 1)
    hits = core.ask(q.SearchCanned("退货", opened.id, limit=10))
    assert hits[0].fits
    assert ids(hits).index("X1") > ids(hits).index("C04")
    # Guards of these do not hold: there are no goods yet, and nothing was rejected.
    assert ids(hits).index("X2") < min(ids(hits).index("C12"), ids(hits).index("C09"))
    assert not hits[ids(hits).index("X2")].fits
    assert ids(core.ask(q.SearchCanned("th", opened.id)))[0] == "X1"


def known_as(core: Core, customer: str, language: str) -> None:
    with write(core.store.conn):
        core.store.people.put([(customer, customer, Customer("Ann", language=language), 2)], 1)


@pytest.mark.parametrize(
    ("customers", "asked", "shown", "filled"),
    [("", "", "zh-Hans", "zh-Hans"), ("en-GB", "", "en", "en"), ("zh_TW", "", "zh-Hant", "zh-Hant"),
     ("en", "zh-Hans", "zh-Hans", "en"), ("", "zh-Hant", "zh-Hant", "zh-Hant"),
     ("ja", "", "zh-Hans", "zh-Hans")],
)  # fmt: skip
def test_a_reply_is_in_the_customers_language(
    core: Core, opened: Case, customers: str, asked: str, shown: str, filled: str
):
    known_as(core, opened.customer, customers)
    hit = core.ask(q.SearchCanned("thyf", opened.id, asked))[0]
    assert (hit.id, hit.language) == ("C04", shown)
    assert core.ask(q.FillCanned("C04", opened.id, language=asked)).language == filled


def test_a_reply_of_one_language_is_shown_to_everybody(core: Core, opened: Case):
    with write(core.store.conn):
        put_canned(core.store, [Canned("E", "发票说明", "Invoice {order_number}.", language="en")], 1)
    assert ids(core.ask(q.SearchCanned("发票", opened.id)))[0] == "E"
    assert core.ask(q.FillCanned("E", opened.id)).text == f"Invoice {opened.order_number}."


def test_a_filled_reply_leaves_with_no_blank(core: Core, opened: Case):
    first = core.ask(q.FillCanned("C01", opened.id))
    assert first.missing == open_slots(first.text) == ("promised_at",)
    with pytest.raises(Refused, match="slot_missing"):
        core.do(Reply(first.text, first.id, first.articles), opened.id)
    blank = core.ask(q.FillCanned("C01", opened.id, (("promised_at", " \n"),)))
    assert blank.missing == ("promised_at",)
    whole = core.ask(q.FillCanned("whsl", opened.id, (("promised_at", "今天18点"),)))
    assert (whole.id, whole.missing, open_slots(whole.text)) == ("C01", (), ())
    assert "今天18点前给您回复" in whole.text
    core.do(Reply(whole.text, whole.id, whole.articles), opened.id)


def test_every_shipped_reply_fills_in_every_language(core: Core, opened: Case):
    book = knowledge.load_canned(path("data/knowledge/canned.toml"))
    asked = {name for name, slot in book.slots.items() if not slot.case_fills}
    for language in LANGUAGES:
        known_as(core, opened.customer, language)
        for reply in book.replies:
            filled = core.ask(q.FillCanned(reply.id, opened.id))
            assert filled.language == language
            assert asked & set(open_slots(reply.body[language])) <= set(filled.missing)
            given = tuple((name, "值") for name in filled.missing)
            assert core.ask(q.FillCanned(reply.id, opened.id, given)).missing == ()


def test_what_the_library_needs_is_not_loaded_before_it_is_asked():
    code = "import sys, csdesk.desk.answers, csdesk.store.file; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "csdesk.store.cases" in loaded
    later = {
        "csdesk.store.library",
        "csdesk.store.library_policies",
        "csdesk.search.cite",
        "pypinyin",
        "rapidfuzz",
    }
    assert loaded & later == set()
