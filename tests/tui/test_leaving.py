"""Leaving the console while the desk still answers."""

import asyncio

import pytest
from textual.app import ScreenStackError

from tests.building import DeskFile
from tests.tui.consoles import console


async def test_work_that_ends_after_the_last_screen_is_gone_breaks_nothing(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    async with console(desk_file) as hands:
        app = hands.app
        stack = type(app).screen_stack
        ended: list[str] = []

        async def late() -> None:
            ended.append("late")
            raise ScreenStackError("No screens on stack")

        monkeypatch.setattr(type(app), "screen_stack", property(lambda self: []))
        await app._guarded(late())
        monkeypatch.setattr(type(app), "screen_stack", stack)
        with pytest.raises(ScreenStackError):  # with a screen in front it is a fault like any other
            await app._guarded(late())
        assert ended == ["late", "late"]
        await asyncio.sleep(0)
