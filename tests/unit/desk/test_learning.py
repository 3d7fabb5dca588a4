"""Chosen articles teach the search: like questions find them, others keep their place, and no person is kept."""

from itertools import pairwise

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.learning_queries import ChoseArticle, ForgetLearned, Learned
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.value import replace
from csdesk.store import library_taught
from csdesk.store.connection import write
from csdesk.store.library import Article, put_articles
from tests.building import DAY, DeskFile

LAW = "样例法"
# None holds a word of 快递员把东西丢了: only what was chosen can lead there.
ARTICLES = [
    Article("A1", LAW, "第一条", "经营者应当承担运输途中的毁损、灭失风险。", 1),
    Article("A2", LAW, "第二条", "退货的运费由经营者承担。", 2),
    Article("A3", LAW, "第三条", "商品存在瑕疵的，应当修理、更换、退货。", 3),
    Article("A4", LAW, "第四条", "消费者可以要求出具发票。", 4),
]
ASKED = "快递员把东西丢了"


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    core = desk_file.core("wang")
    with write(core.store.conn):
        put_articles(core.store, ARTICLES, 1)
    return core


@pytest.fixture
def case(core: Core, desk_file: DeskFile) -> Case:
    return core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case


def found(core: Core, text: str) -> list[str]:
    return [hit.id for hit in core.ask(q.SearchPolicies(text))]


def kept(core: Core) -> str:
    """All that lies in the file of what was learned."""
    rows = core.store.conn.execute("SELECT terms FROM taught").fetchall()
    return " ".join(
        row[0] for row in rows + core.store.conn.execute("SELECT term FROM taught_term").fetchall()
    )


def test_a_chosen_article_is_found_by_those_who_ask_alike(core: Core, case: Case):
    assert found(core, "东西丢了怎么办") == []
    assert core.ask(ChoseArticle("A1", ASKED, case.id))
    assert found(core, "东西丢了怎么办") == ["A1"]
    assert found(core, "東西丟了")[0] == "A1"


def test_what_nobody_chose_stands_on_its_words(core: Core, case: Case):
    before = found(core, "要求出具发票")
    for n in range(30):
        core.ask(ChoseArticle("A2", f"运费谁出{'很' * n}", case.id))
    assert found(core, "要求出具发票") == before
    assert found(core, "发票")[0] == "A4"


def test_only_so_many_questions_are_kept_and_choosing_often_saturates(core: Core, case: Case):
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    for first, second in pairwise(signs):
        core.ask(ChoseArticle("A2", f"{first}{second}运费谁出", case.id))
    count = core.store.conn.execute("SELECT count(*) FROM taught").fetchone()[0]
    assert count == library_taught.MOST_QUESTIONS
    terms = core.store.conn.execute("SELECT count(DISTINCT question) FROM taught_term").fetchone()[0]
    assert terms == count
    found_once = core.store.policies.search("运费", "2026-11-02", "zh-Hans", 5)
    for _ in range(200):
        core.ask(ChoseArticle("A2", "运费谁出", case.id))
    often = core.store.policies.search("运费", "2026-11-02", "zh-Hans", 5)
    assert often[0].score <= (1 + library_taught.LIFT) * found_once[0].score


def test_a_choice_fades(core: Core, case: Case):
    core.ask(ChoseArticle("A1", ASKED, case.id))
    now = core.store.policies.search("东西丢了", "2026-11-02", "zh-Hans", 5)[0].score
    later = core.store.policies.search("东西丢了", "2028-11-01", "zh-Hans", 5)[0].score
    assert later == pytest.approx(now / 4, rel=0.02)


# The customer is 张伟, 13812345678, zhang@example.com, 浙江省杭州市西湖区文三路1号.
@pytest.mark.parametrize(
    ("asked", "hidden"),
    [
        ("张伟的东西丢了", "张伟"),
        ("张伟先生的东西丢了", "先生"),
        ("東西丟了 張偉", "张伟"),
        ("李小明先生说东西丢了", "小明"),
        ("收货人王大锤东西丢了", "大锤"),
        ("文三路1号的东西丢了", "文三"),
        ("江苏省南京市鼓楼区的东西丢了", "鼓楼"),
        ("订单 2611 3401 2 东西丢了", "3401"),
        ("订单26113401东西丢了", "26113401"),
        ("zhangwei 的东西丢了", "zhangwei"),
    ],
)
def test_no_person_is_kept(core: Core, case: Case, asked: str, hidden: str):
    assert core.ask(ChoseArticle("A1", asked, case.id))
    assert hidden not in kept(core)
    assert "丢了" in kept(core)
    assert asked not in kept(core)


@pytest.mark.parametrize(
    "asked",
    [
        "电话 138 1234 5678 东西丢了",
        "一三八一二三四五六七八东西丢了",
        "zhang@example.com 东西丢了",
        "东",
        "A1",
        "样例法1",
        "",
    ],
)
def test_nothing_is_learned_from_numbers_that_reach_somebody_or_from_what_is_no_question(
    core: Core, case: Case, asked: str
):
    assert not core.ask(ChoseArticle("A1", asked, case.id))
    assert kept(core) == ""


def test_without_a_case_only_words_of_articles_are_kept(core: Core):
    assert core.ask(ChoseArticle("A2", "赵四方问退货运费由谁承担"))
    assert "退货" in kept(core)
    assert "赵四" not in kept(core)


def test_it_can_be_switched_off_and_an_auditor_teaches_nothing(core: Core, case: Case, desk_file: DeskFile):
    assert not desk_file.core("sun").ask(ChoseArticle("A1", ASKED, case.id))
    off = desk_file.core("li", policy=Policy(learns=False))
    assert not off.ask(ChoseArticle("A1", ASKED, case.id))
    assert core.ask(ChoseArticle("A1", ASKED, case.id))
    assert found(off, "东西丢了") == []


def test_an_admin_lists_and_forgets(core: Core, case: Case, desk_file: DeskFile):
    core.ask(ChoseArticle("A1", ASKED, case.id))
    desk_file.clock.forward(ms=DAY)
    core.ask(ChoseArticle("A1", ASKED, case.id))
    core.ask(ChoseArticle("A2", "运费谁出", case.id))
    admin = desk_file.core("gao")
    first = admin.ask(Learned())[0]
    assert (first.id, first.questions, first.uses, first.at) == ("A1", 1, 2, desk_file.clock.now)
    assert "快递" in first.terms
    with pytest.raises(Refused, match="no_right"):
        core.ask(ForgetLearned("A1"))
    with pytest.raises(Refused, match="nothing_learned"):
        admin.ask(ForgetLearned("A9"))
    assert admin.ask(ForgetLearned("A1")) == 1
    assert [one.id for one in admin.ask(Learned())] == ["A2"]
    assert found(core, "东西丢了") == []
    assert admin.ask(ForgetLearned()) == 1
    assert kept(core) == ""


def test_a_taught_article_that_was_superseded_stays_below_its_successor(core: Core, case: Case):
    core.ask(ChoseArticle("A1", ASKED, case.id))
    new = replace(ARTICLES[0], external_id="B1", text="新的规定。", effective_from="2026-01-01")
    with write(core.store.conn):
        put_articles(core.store, [replace(ARTICLES[0], effective_to="2025-12-31"), new], 2)
    assert found(core, "东西丢了") == ["B1", "A1"]
