"""What comes late: a lock, an Esc or another case was quicker than the desk."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.queries import GetDraft, Held, QueuePage
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.case import Seen as SeenCase
from csdesk.tui.screens.locking import LockScreen
from csdesk.tui.screens.opening import OpenForm
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, desk_file
from tests.proxy import Proxy
from tests.tui.consoles import Hands, console
from tests.tui.test_away import far, proxy
from tests.tui.test_case import open_case
from tests.tui.test_queue import listed, opened
from tests.tui.test_typed_ahead import function_key_of, half_written, key_of, two, typed

__all__ = ["desk_file", "proxy"]


def leases(file: DeskFile) -> dict[str, bool]:
    """What Wang holds: the case, and whether it is put aside."""
    return {lease.case: bool(lease.parked) for lease in file.core("wang").ask(Held())}


async def rest(hands: Hands) -> None:
    """Wait until nothing waits for the desk, also not what an answer has begun."""
    for _ in range(3):
        await hands.until(lambda: hands.app.idle)
        await hands.settle()


async def test_what_was_typed_before_the_lock_does_not_open_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        await open_case(hands, case.id)
        await rest(hands)
        proxy.weather.delay_s = 0.1
        typed(hands, key_of(hands, "case_next"), "enter", function_key_of(hands, "lock"))
        await hands.until(lambda: hands.app.locked)
        await rest(hands)
        assert hands.app.locked and isinstance(hands.screen, LockScreen)


async def test_esc_behind_the_next_case_stays_with_this_one(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        screen = await open_case(hands, case.id)
        await rest(hands)
        proxy.weather.delay_s = 0.1
        for key in ("case_next", "next"):
            typed(hands, key_of(hands, key), "escape", key_of(hands, "reply"), *"hello")
            await hands.until(lambda: screen.writing)
            await rest(hands)
            assert screen.case_id == case.id and screen.writing
            assert screen.reply.composer is not None and screen.reply.composer.text.startswith("hello")
            assert (hands.app.leasing.held, leases(desk_file)) == (case.id, {case.id: False})
            await hands.keys("escape")
            await hands.until(lambda: not screen.writing)
            await rest(hands)


async def test_esc_behind_the_next_case_or_a_form_stays_in_the_queue(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        await rest(hands)
        proxy.weather.delay_s = 0.1
        for key in ("next", "verb.note"):
            typed(hands, key_of(hands, key), "escape", key_of(hands, "down"))
            await rest(hands)
            await hands.until(lambda: hands.app.leasing.held == "")
            assert isinstance(hands.screen, QueueScreen)
            assert (hands.screen.list.window.cursor, leases(desk_file)) == (1, {})
            await hands.press("up")


async def test_a_case_that_is_opened_since_stays_in_hand(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first, second, third = *two(desk_file), opened(desk_file, title="水杯")
    answer = asyncio.Event()
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, first, second, third)
        await open_case(hands, first.id)
        await rest(hands)
        ask = hands.app.desk.ask

        async def slow(question: Any) -> Any:
            if isinstance(question, QueuePage) and question.after is not None:
                await answer.wait()
            return await ask(question)

        monkeypatch.setattr(hands.app.desk, "ask", slow)
        await hands.press("case_next")
        await hands.keys("escape", "escape")
        await hands.at(QueueScreen)
        new = await open_case(hands, third.id)
        await hands.until(lambda: hands.app.leasing.held == third.id)
        answer.set()
        await rest(hands)
        assert hands.screen is new
        assert (hands.app.leasing.held, leases(desk_file)) == (third.id, {third.id: False})


async def test_a_lock_in_the_midst_of_parking_leaves_one_state_of_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await half_written(hands, case)
        proxy.weather.delay_s = 0.15
        typed(hands, function_key_of(hands, "park"))
        await asyncio.sleep(0.1)
        typed(hands, function_key_of(hands, "lock"))
        await hands.until(lambda: hands.app.locked)
        await rest(hands)
        proxy.weather.delay_s = 0
        await hands.keys("enter")
        await hands.until(lambda: not hands.app.locked)
        await rest(hands)
        parked = dict.fromkeys(hands.app.leasing.parked, True)
        held = {hands.app.leasing.held: False} if hands.app.leasing.held else {}
        assert leases(desk_file) == parked | held
        draft = desk_file.core("wang").ask(GetDraft(case.id))
        assert draft is not None and draft.text == "half"


async def test_a_lock_behind_the_way_back_to_a_parked_case_keeps_it_parked(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        await open_case(hands, case.id)
        await hands.press("park")
        await hands.at(OrderScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        await rest(hands)
        proxy.weather.delay_s = 0.1
        typed(hands, function_key_of(hands, "unpark"), function_key_of(hands, "lock"))
        await hands.until(lambda: hands.app.locked)
        await rest(hands)
        assert hands.app.leasing.parked == [case.id] and leases(desk_file) == {case.id: True}


async def test_a_parked_case_that_is_opened_from_the_queue_is_put_aside_no_more(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await open_case(hands, case.id)
        await hands.press("park")
        await hands.at(OrderScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        await open_case(hands, case.id)
        await rest(hands)
        assert hands.app.leasing.parked == [] and leases(desk_file) == {case.id: False}
        await hands.press("back")
        await hands.at(QueueScreen)
        await rest(hands)
        assert leases(desk_file) == {}


async def test_a_next_case_refused_behind_the_lock_leaves_nothing_in_hand(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case, other = two(desk_file)
    read, answer = CaseScreen._read, asyncio.Event()

    async def refusing(screen: CaseScreen, wanted: str) -> SeenCase:
        if wanted != other.id:
            return await read(screen, wanted)
        await screen.console.leasing.let_go()
        await screen.console.leasing.hold(wanted)
        await answer.wait()
        raise Refused("not_found")

    monkeypatch.setattr(CaseScreen, "_read", refusing)
    async with console(desk_file) as hands:
        await listed(hands, case, other)
        await open_case(hands, case.id)
        await rest(hands)
        await hands.press("case_next")
        await hands.until(lambda: hands.app.leasing.held == other.id)
        await hands.keys(function_key_of(hands, "lock"))
        await hands.at(LockScreen)
        answer.set()
        await rest(hands)
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await rest(hands)
        assert leases(desk_file) == {}


async def test_a_case_opened_behind_the_lock_is_there_when_it_is_unlocked(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        form = await asked(hands, case)
        await hands.keys(function_key_of(hands, "lock"))
        await hands.at(LockScreen)
        form.done(case.id)  # the desk's answer
        await rest(hands)
        assert isinstance(hands.screen, LockScreen)
        await hands.keys("enter")
        await hands.at(CaseScreen)
        assert hands.app.screen_stack[1:] == [hands.screen]


async def asked(hands: Hands, case: Case) -> OpenForm:
    """The form for a case without an order, by keys; what is typed behind Enter is for the form."""
    hands.app.action_orders()
    await hands.at(OrderScreen)
    await hands.write("nowhere")
    await hands.sees("临时工单")
    await hands.keys("enter")
    await hands.at(OpenForm)
    form = hands.screen
    assert isinstance(form, OpenForm)
    return form
