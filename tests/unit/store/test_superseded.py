"""A text that was superseded never stands above the one in its place, however articles, days and choices fall."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk.search.learned import question_terms
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.library import Article, put_articles
from tests.building import DeskFile

LAW = "样例法"
DAYS = [(date(2020, 1, 1) + timedelta(days=300 * n)).isoformat() for n in range(8)]
WORDS = ["退货", "运费", "发票", "瑕疵", "七日"]


@pytest.fixture
def store(desk_file: DeskFile) -> Store:
    return desk_file.store()


@st.composite
def shelves(draw: st.DrawFn) -> list[Article]:
    """Some articles, each in one to four editions; an edition may say when it ends, and may forget to."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        starts = sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=4)))
        for at, (first, after) in enumerate(zip(starts, [*starts[1:], 7], strict=True)):
            text = "、".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))) + f"，版本{at}。"
            ends = draw(st.booleans()) and after < 7
            until = (date.fromisoformat(DAYS[after]) - timedelta(1)).isoformat() if ends else ""
            found.append(
                Article(
                    f"{number}@{first}", LAW, f"第{number}条", text, number, 0, "", "", DAYS[first], until
                )
            )
    return draw(st.permutations(found))


def current(shelf: list[Article], number: int, day: str) -> Article | None:
    """The edition in force: the latest that had begun."""
    begun = [one for one in shelf if one.number == number and one.effective_from <= day]
    return max(begun, key=lambda one: one.effective_from, default=None)


def queries(words: list[str]) -> Iterator[str]:
    yield "".join(words)
    yield f"{LAW}1"
    yield words[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shelves(), st.sampled_from(DAYS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.data())
def test_no_superseded_text_stands_above_its_successor(
    store: Store, shelf: list[Article], day: str, words: list[str], data: st.DataObject
):
    with write(store.conn):
        for table in ("article", "article_gram", "article_terms", "library", "taught", "taught_term"):
            store.conn.execute(f"DELETE FROM {table}")
        put_articles(store, shelf, 1)
        for one in data.draw(st.lists(st.sampled_from(shelf), max_size=3)):
            store.policies.teach(one.external_id, question_terms("".join(words)), 1_600_000_000_000)
    for text in queries(words):
        hits = store.policies.search(text, day, "zh-Hans", 20)
        place = {hit.article.external_id: n for n, hit in enumerate(hits)}
        for hit in hits:
            now = current(shelf, hit.article.number, day)
            old = now is not None and hit.article.effective_from < now.effective_from
            if now is None or not old or hit.article.text == now.text:
                continue
            assert not hit.in_force
            assert hit.successor == now.external_id
            assert place[now.external_id] < place[hit.article.external_id]
