"""A better order of articles slips in while one looks: nothing under the cursor moves, and late answers are dropped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from csdesk.desk.embedding import embed
from csdesk.desk.queries import FoundArticle, RefinePolicies
from csdesk.domain.roles import Role
from csdesk.search import semantic
from csdesk.store.connection import write
from csdesk.store.library import Article, put_articles
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile
from tests.meanings import Marks
from tests.tui.consoles import Hands, console

WORDS, OTHER, NOTHING = "修理的快递", "修理的东西", "咩咩咩咩"


@pytest.fixture
def shelf(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch) -> DeskFile:
    """Six articles with a word of the questions, one that means the first of them, one that means the second."""
    core = desk_file.core("admin", role=Role.ADMIN)
    laws = [Article(f"L{n}", "样例法", f"第{n}条", f"修理{'甲' * n}。", n) for n in range(1, 7)]
    laws += [Article("FREIGHT", "样例法", "第七条", "运费由其承担。", 7)]
    laws += [Article("PAINT", "样例法", "第八条", "颜色应当一致。", 8)]
    with write(core.store.conn):
        put_articles(core.store, laws, 1)
    model = Marks(means={WORDS: "运费", OTHER: "颜色", NOTHING: "运费"})
    embed(core, model, lambda done, total: None)
    monkeypatch.setattr(semantic, "installed", lambda: True)
    monkeypatch.setattr(semantic, "model", lambda: model)
    return desk_file


class Held:
    """A desk whose better orders wait for a word, the oldest first."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self.asked: list[str] = []
        self.given: list[str] = []
        self.waiting: list[asyncio.Event] = []

    async def ask(self, question: Any) -> Any:
        """The desk's answer; a better order only once `let` was called for it."""
        if not isinstance(question, RefinePolicies):
            return await self._desk.ask(question)
        gate = asyncio.Event()
        self.asked.append(question.text)
        self.waiting.append(gate)
        await gate.wait()
        answer = await self._desk.ask(question)
        self.given.append(question.text)
        return answer

    def let(self) -> None:
        """Let the oldest one that waits through."""
        self.waiting.pop(0).set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


@asynccontextmanager
async def looking(
    shelf: DeskFile,
) -> AsyncIterator[tuple[Hands, Held, PolicyScreen, list[FoundArticle | None]]]:
    """The look-up in front, on a desk that holds better orders back."""
    held: list[Held] = []

    def around(desk: Any) -> Held:
        held.append(Held(desk))
        return held[0]

    async with console(shelf, around=around) as hands:
        taken: list[FoundArticle | None] = []
        hands.app.push_screen(PolicyScreen(), taken.append)
        await hands.at(PolicyScreen)
        screen = hands.screen
        assert isinstance(screen, PolicyScreen)
        yield hands, held[0], screen, taken


def picks(screen: PolicyScreen) -> list[str]:
    return [pick.id for pick in screen.picks.picks]


async def test_a_better_order_comes_around_what_is_under_the_cursor(shelf: DeskFile):
    async with looking(shelf) as (hands, held, screen, taken):
        await hands.write(WORDS)
        await hands.until(lambda: held.asked == [WORDS])
        by_words = picks(screen)
        assert len(by_words) >= 6 and "FREIGHT" not in by_words[:3]
        for _ in range(3):
            await hands.press("down")
        chosen = by_words[3]
        held.let()
        await hands.until(lambda: picks(screen) != by_words)
        assert picks(screen).index(chosen) == 3 == screen.picks.cursor and screen.picks.top == 0
        assert "FREIGHT" in picks(screen)[:3] and {*by_words} <= {*picks(screen)}
        assert len({*picks(screen)}) == len(picks(screen))
        await hands.keys("enter")
        await hands.at(QueueScreen)
        assert taken[0] is not None and taken[0].id == chosen


async def test_the_first_line_stays_under_the_cursor_and_what_came_by_meaning_can_be_taken(shelf: DeskFile):
    async with looking(shelf) as (hands, held, screen, taken):
        await hands.write(WORDS)
        await hands.until(lambda: held.asked == [WORDS])
        first = picks(screen)[0]
        held.let()
        await hands.until(lambda: "FREIGHT" in picks(screen)[:2])
        assert picks(screen)[:2] == [first, "FREIGHT"] and screen.picks.cursor == 0
        await hands.press("down")
        await hands.sees("运费由其承担。")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        assert taken[0] is not None and taken[0].id == "FREIGHT"


async def test_the_answer_to_an_older_question_is_dropped_and_the_newer_one_is_asked(shelf: DeskFile):
    async with looking(shelf) as (hands, held, screen, _):
        await hands.write(WORDS)
        await hands.until(lambda: held.asked == [WORDS])
        await hands.keys("backspace", "backspace")
        await hands.write(OTHER[-2:])
        await hands.until(lambda: screen._answered == OTHER)
        before = picks(screen)
        held.let()
        await hands.until(lambda: held.given == [WORDS])
        # One at a time: the newer one is asked only now, and until it is answered nothing moves.
        await hands.until(lambda: held.asked == [WORDS, OTHER])
        assert picks(screen) == before
        held.let()
        await hands.until(lambda: "PAINT" in picks(screen)[:2])


async def test_what_no_word_found_is_shown_and_an_answer_after_leaving_harms_nothing(shelf: DeskFile):
    async with looking(shelf) as (hands, held, screen, taken):
        await hands.write(NOTHING)
        await hands.until(lambda: held.asked == [NOTHING])
        assert picks(screen) == []
        await hands.sees("没有找到")
        held.let()
        await hands.sees("运费由其承担。")
        assert picks(screen)[0] == "FREIGHT" and "没有找到" not in hands.shown()
        await hands.keys(*["backspace"] * len(NOTHING))
        await hands.write(WORDS)
        await hands.until(lambda: held.asked[-1] == WORDS)
        await hands.press("back")
        await hands.at(QueueScreen)
        held.let()
        await hands.until(lambda: held.given[-1] == WORDS)
        await hands.settle()
        assert taken == [None] and isinstance(hands.screen, QueueScreen)
