"""Looking up an article: as one types, by words, initials and citation, with what is in force marked."""

from collections.abc import AsyncIterator

import pytest

from csdesk.desk.queries import FoundArticle
from csdesk.store.connection import write
from csdesk.store.library import Article, put_articles
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile
from tests.hostile import CATEGORIES
from tests.tui.consoles import NARROW, Hands, console

LAW = "中华人民共和国消费者权益保护法"
SINCE = "2014-03-15"
RULES = "网络购买商品七日无理由退货暂行办法"


@pytest.fixture
def shelf(desk_file: DeskFile) -> DeskFile:
    """Three articles, one of which has left force."""
    store = desk_file.store()
    articles = [
        Article(
            "L24", LAW, "第二十四条", "第二十四条 退货的运费由经营者承担。", 24, effective_from="2014-03-15"
        ),
        Article(
            "L25",
            LAW,
            "第二十五条",
            "第二十五条 七日内可以退货，运费由消费者承担。",
            25,
            effective_from="2014-03-15",
        ),
        Article(
            "R1",
            RULES,
            "第一条",
            "第一条 旧的运费规定。",
            1,
            effective_from="2010-01-01",
            effective_to="2017-03-14",
        ),
    ]
    with write(store.conn):
        put_articles(store, articles, 1)
    return desk_file


async def look(hands: Hands) -> AsyncIterator[list[FoundArticle | None]]:
    """Open the look-up and catch what it is dismissed with."""
    taken: list[FoundArticle | None] = []
    hands.app.push_screen(PolicyScreen(), taken.append)
    await hands.at(PolicyScreen)
    yield taken


async def test_words_find_articles_and_show_where_they_stand(shelf: DeskFile):
    async with console(shelf) as hands:
        async for taken in look(hands):
            await hands.write("运费")
            await hands.sees("第二十四条", "第二十五条", "+ 现行有效", "2014-03-15 起施行")
            await hands.keys("enter")
            await hands.at(QueueScreen)
            assert taken[0] is not None and taken[0].law == LAW


async def test_arrows_choose_and_the_text_follows(shelf: DeskFile):
    async with console(shelf) as hands:
        async for taken in look(hands):
            await hands.write("退货 运费")
            # What the first letters found comes first, and goes again.
            await hands.until(lambda: hands.app.idle and len(_picks(hands)) >= 2)
            second = _picks(hands)[1]
            await hands.press("down")
            text = {"L24": "由经营者承担。", "L25": "由消费者承担。", "R1": "旧的运费规定"}[second]
            await hands.sees(text)
            await hands.keys("enter")
            await hands.at(QueueScreen)
            assert taken[0] is not None and taken[0].id == second


def _picks(hands: Hands) -> list[str]:
    screen = hands.screen
    assert isinstance(screen, PolicyScreen)
    return [pick.id for pick in screen.picks.picks]


@pytest.mark.parametrize("typed", ["消法25", "xf25", "《消费者权益保护法》第25条"])
async def test_a_citation_finds_its_article(shelf: DeskFile, typed: str):
    async with console(shelf) as hands:
        async for _ in look(hands):
            await hands.write(typed)
            await hands.until(lambda: _picks(hands)[:1] == ["L25"])


async def test_what_has_left_force_says_so(shelf: DeskFile):
    async with console(shelf, size=NARROW) as hands:
        async for _ in look(hands):
            await hands.write("旧的")
            await hands.until(lambda: hands.app.idle and "R1" in _picks(hands))
            for _ in range(_picks(hands).index("R1")):
                await hands.press("down")
            await hands.sees("! 已失效", "2017-03-14 失效")


async def test_nothing_found_says_so_and_enter_does_nothing(shelf: DeskFile):
    async with console(shelf) as hands:
        async for taken in look(hands):
            await hands.write("zzzz")
            await hands.sees("没有找到")
            await hands.keys("enter")
            assert isinstance(hands.screen, PolicyScreen) and taken == []
            await hands.press("back")
            await hands.at(QueueScreen)
            assert taken == [None]


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
async def test_no_text_of_an_article_acts_on_the_terminal(desk_file: DeskFile, kind: str):
    nasty = [text.encode("utf-8", "replace").decode() for text in CATEGORIES[kind] if text.strip()][:8]
    store = desk_file.store()
    with write(store.conn):
        put_articles(
            store,
            [
                Article(f"N{n}", text[:40], text[:20], f"运费 {text}", n + 1, title=text[:60], note=text)
                for n, text in enumerate(nasty)
            ],
            1,
        )
    async with console(desk_file) as hands:
        async for _ in look(hands):
            await hands.write("运费")
            await hands.until(lambda: bool(_picks(hands)))
            for _ in range(3):
                drawn = hands.shown()
                assert not [
                    sign for sign in drawn if sign != "\n" and (sign < " " or "\x7f" <= sign <= "\x9f")
                ]
                assert not {"\u202e", "\u200b", "\u2066"} & set(drawn)
                await hands.press("down")


async def test_a_day_behind_an_at_sign_asks_as_of_that_day(shelf: DeskFile):
    async with console(shelf) as hands:
        async for _ in look(hands):
            await hands.write("旧的运费规定")
            await hands.sees("! 已失效")
            await hands.write(" @2012-01-01")
            await hands.sees("按 2012-01-01 当天有效的规定", "+ 现行有效")
            assert _picks(hands) == ["R1"]


async def test_what_is_chosen_is_found_higher_next_time(shelf: DeskFile):
    async with console(shelf) as hands:
        async for _ in look(hands):
            await hands.write("退货")
            await hands.until(lambda: hands.app.idle and len(_picks(hands)) == 3)
            second = _picks(hands)[1]
            await hands.press("down")
            await hands.keys("enter")
            await hands.at(QueueScreen)
        store = shelf.store()
        await hands.until(lambda: store.conn.execute("SELECT count(*) FROM taught").fetchone()[0] == 1)
        async for _ in look(hands):
            await hands.write("退货")
            await hands.until(lambda: _picks(hands)[:1] == [second])
