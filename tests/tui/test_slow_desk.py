"""A desk that takes its time: no key waits for it, a sign says so, and nothing typed is lost."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from csdesk.desk.queries import GetDraft
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.board import BoardScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.verdict import VerdictScreen
from tests.building import DeskFile
from tests.tui.consoles import Hands, console
from tests.tui.test_queue import listed, opened, queue

# Where an answer of the desk is not needed to go on, a key is done long before this.
KEY_SECONDS = 20.0
# They leave the place (tried above), or paint and ask nothing.
LEAVES = frozenset({"quit", "back", "redraw"})


@asynccontextmanager
async def silent(hands: Hands) -> AsyncIterator[None]:
    """Nothing is answered in here; all of it is afterwards."""
    desk, gate = hands.app.desk, asyncio.Event()
    ask, do = desk.ask, desk.do

    async def asked(*args: Any, **more: Any) -> Any:
        await gate.wait()
        return await ask(*args, **more)

    async def done(*args: Any, **more: Any) -> Any:
        await gate.wait()
        return await do(*args, **more)

    desk.ask, desk.do = asked, done  # type: ignore[method-assign]
    try:
        yield
    finally:
        desk.ask, desk.do = ask, do  # type: ignore[method-assign]
        gate.set()


async def test_while_the_desk_is_silent_one_moves_opens_reads_help_and_goes_back(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    async with console(desk_file) as hands:
        await listed(hands, *cases)
        async with silent(hands):
            await hands.press("down")
            assert queue(hands).list.window.cursor == 1
            await hands.press("open")
            await hands.at(CaseScreen)
            await hands.sees("读取中")
            await hands.press("help")
            await hands.at(HelpScreen)
            await hands.press("back")
            await hands.at(CaseScreen)
            await hands.press("back")
            await hands.at(QueueScreen)
            await hands.press("down")
            assert queue(hands).list.window.cursor == 2
        await hands.until(lambda: "读取中" not in hands.shown())
        assert isinstance(hands.screen, QueueScreen)


async def test_a_reply_is_left_while_the_desk_is_silent_and_kept_once_it_answers(desk_file: DeskFile):
    (case,) = [opened(desk_file)]
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("next")
        await hands.at(CaseScreen)
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        async with silent(hands):
            await hands.write("nihao")
            await hands.press("back")
            assert not hands.screen.typing
            await hands.press("back")  # what is not kept yet is not left behind
            assert isinstance(hands.screen, CaseScreen)
            await hands.press("back")
            await hands.press("help")
            await hands.at(HelpScreen)
            await hands.press("back")
            await hands.at(CaseScreen)
        await hands.at(QueueScreen)
        draft = desk_file.core("wang").ask(GetDraft(case.id))
        assert draft is not None and draft.text == "nihao"


PLACES: list[tuple[type[ConsoleScreen[Any]], tuple[str, ...]]] = [
    (QueueScreen, ()),
    (CaseScreen, ("open",)),
    (VerdictScreen, ("open", "explain")),
    (BoardScreen, ("board",)),
]


@pytest.mark.parametrize(("place", "way"), PLACES, ids=lambda one: getattr(one, "__name__", ""))
async def test_no_key_waits_for_the_desk(
    place: type[ConsoleScreen[Any]], way: tuple[str, ...], desk_file: DeskFile
):
    cases = [opened(desk_file) for _ in range(2)]
    async with console(desk_file, "zhao") as hands:
        await listed(hands, *cases)
        for step in way:
            await hands.press(step)
        await hands.at(place)
        screen, keymap = hands.screen, hands.app.keymap
        bound = [
            name
            for name, keys in keymap.keys.items()
            if name not in LEAVES and any(keymap.action(screen.context, key) == name for key in keys)
        ]
        assert len(bound) > 8
        async with silent(hands):
            for name in bound:
                hands.turn()
                try:
                    await asyncio.wait_for(screen.press(name, "1"), KEY_SECONDS)
                except TimeoutError:
                    raise AssertionError(f"{name} in {screen.context} waits for the desk") from None
                while hands.app.screen is not screen and screen in hands.app.screen_stack:
                    await hands.app.pop_screen()
            hands.app.workers.cancel_all()  # what was begun ends here: nobody answers it


async def test_work_that_is_ended_before_it_began_is_not_left_lying(desk_file: DeskFile):
    async def work() -> None:
        raise AssertionError("it must not begin")

    async with console(desk_file) as hands:
        hands.turn()
        made = work()
        hands.app.call(made)
        hands.app.workers.cancel_all()
        await hands.until(lambda: inspect.getcoroutinestate(made) == inspect.CORO_CLOSED)
