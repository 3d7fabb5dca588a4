"""Vectors of a desk's articles: made once, gone on with after an end in the middle, and what a search makes of them."""

from dataclasses import replace
from typing import Any

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.embedding import BATCH, embed, outstanding
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.roles import Role
from csdesk.search import semantic
from csdesk.store.connection import write
from csdesk.store.library import Article, put_articles
from tests.building import DeskFile
from tests.meanings import Marks

QUESTION = "寄回去快递谁来掏"
MEANS = {QUESTION: "运费"}


def articles(count: int) -> list[Article]:
    """`count` articles of a law; the last one is about freight and shares no word with the question."""
    laws = [Article(f"L{n}", "样例法", f"第{n}条", f"谁来修理第{n}件。", n) for n in range(1, count)]
    return [*laws, Article(f"L{count}", "样例法", f"第{count}条", "运费由经营者承担。", count)]


def put(core: Core, *some: Article) -> None:
    with write(core.store.conn):
        put_articles(core.store, some, 1)


def quiet(done: int, total: int) -> None:
    """Nobody looks."""


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    """An administrator of a desk with two batches of articles and a bit."""
    core = desk_file.core("admin", role=Role.ADMIN)
    put(core, *articles(2 * BATCH + 3))
    return core


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Marks:
    """The model that the desk has."""
    model = Marks(means=MEANS)
    monkeypatch.setattr(semantic, "installed", lambda: True)
    monkeypatch.setattr(semantic, "model", lambda: model)
    return model


def ids(core: Core, text: str = QUESTION, **more: Any) -> list[str]:
    return [hit.id for hit in core.ask(q.RefinePolicies(text, **more))]


def test_what_was_made_before_an_end_in_the_middle_is_not_made_again(core: Core, model: Marks):
    total = 2 * BATCH + 3
    assert outstanding(core, model).pending == total
    model.fails_at = BATCH
    told: list[tuple[int, int]] = []
    with pytest.raises(OSError, match="went down"):
        embed(core, model, lambda *step: told.append(step))
    assert told == [(BATCH, total)]
    assert ids(core) == []  # those without a vector would seem to mean nothing
    first, model.fails_at, model.read = model.read, -1, []
    assert outstanding(core, model).pending == total - BATCH
    done = embed(core, model, quiet)
    assert (done.articles, done.done, done.gone) == (total, total - BATCH, 0)
    assert not {*first} & {*model.read} and len(first) + len(model.read) == total
    assert f"L{total}" in ids(core)[:8]
    assert embed(core, model, quiet).done == 0


def test_only_what_changed_gets_a_new_vector_and_what_went_loses_its_own(core: Core, model: Marks):
    embed(core, model, quiet)
    model.read.clear()
    put(core, *(replace(one, text="质量问题。") for one in articles(3)[:1]))
    with write(core.store.conn):
        core.store.conn.execute("DELETE FROM article WHERE external_id = 'L2'")
    done = embed(core, model, quiet)
    assert (done.done, done.gone) == (1, 1)
    assert ["质量问题" in text for text in model.read] == [True]


def test_another_model_begins_anew_and_the_old_vectors_are_never_compared(core: Core, model: Marks):
    embed(core, model, quiet)
    assert ids(core)
    model.name = "marks-2"
    assert ids(core) == []
    model.read, model.fails_at = [], BATCH
    with pytest.raises(OSError, match="went down"):
        embed(core, model, quiet)
    assert ids(core) == []
    model.fails_at = -1
    assert embed(core, model, quiet).done == BATCH + 3
    assert ids(core)


def test_meaning_adds_what_no_word_finds(core: Core, model: Marks):
    embed(core, model, quiet)
    last = f"L{2 * BATCH + 3}"
    words = [hit.id for hit in core.ask(q.SearchPolicies(QUESTION, 40))]
    assert words and last not in words
    assert last in ids(core, limit=8)
    assert len(ids(core, limit=8)) == 8
    for small in (0, -1):
        assert ids(core, limit=small) == []


@pytest.mark.parametrize(
    "why", ["not installed", "no vectors", "switched off", "too little", "no vectors left"]
)
def test_where_there_is_no_meaning_there_is_nothing_better(
    desk_file: DeskFile, core: Core, model: Marks, monkeypatch: pytest.MonkeyPatch, why: str
):
    if why != "no vectors":
        embed(core, model, quiet)
    if why == "not installed":
        monkeypatch.setattr(semantic, "installed", lambda: False)
    if why == "no vectors left":
        with write(core.store.conn):
            core.store.conn.execute("DELETE FROM article_vector")
    asker = desk_file.core("wang", policy=Policy(semantic=why != "switched off"))
    assert ids(asker, "运费" if why == "too little" else QUESTION) == []
    assert asker.ask(q.SearchPolicies("运费"))


def test_a_superseded_text_never_stands_above_its_successor(core: Core, model: Marks):
    old = Article("OLD", "新法", "第九条", "运费由买家承担，旧的。", 9, effective_from="2010-01-01")
    new = Article("NEW", "新法", "第九条", "由卖家承担。", 9, effective_from="2020-01-01")
    put(core, replace(old, effective_to="2019-12-31"), new)
    embed(core, model, quiet)
    found = ids(core, limit=40)
    assert found.index("NEW") < found.index("OLD")


def test_a_citation_stays_first(core: Core, model: Marks):
    embed(core, model, quiet)
    cited = "样例法第5条的规定"
    assert semantic.has_meaning(cited)
    model.means = {cited: "运费"}
    words = [hit.id for hit in core.ask(q.SearchPolicies(cited))]
    assert words[0] == "L5" and ids(core, cited) == words


def test_who_may_not_load_makes_no_vectors(desk_file: DeskFile, core: Core, model: Marks):
    for what in (
        lambda: embed(desk_file.core("wang"), model, quiet),
        lambda: outstanding(desk_file.core("wang"), model),
    ):
        with pytest.raises(Refused):
            what()
    assert core.store.conn.execute("SELECT count(*) FROM article_vector").fetchone() == (0,)
