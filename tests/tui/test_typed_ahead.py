"""Hands that are faster than the desk: what is typed behind a key is meant for what that key brings up."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from textual import events

from csdesk.desk.link import LinkLost
from csdesk.desk.queries import Filled, Hold, KeepDraft
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.shared import Take
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.locking import LockScreen
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.verbs import Verbs
from csdesk.tui.widgets.fields import LineField
from tests.building import DeskFile, desk_file
from tests.proxy import Proxy
from tests.tui.consoles import Hands, console, key_event
from tests.tui.test_away import far, proxy, told
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_compose import stock
from tests.tui.test_queue import listed, opened

__all__ = ["desk_file", "proxy"]


def typed(hands: Hands, *keys: str) -> None:
    """All of it is there before the console has looked at the first key; `<text>` is pasted."""
    for key in keys:
        pasted = key[0] == "<"
        hands.app.post_message(events.Paste(key[1:-1]) if pasted else key_event(key))


def key_of(hands: Hands, action: str) -> str:
    return next(key for key in hands.app.keymap.keys[action] if not key.startswith("f"))


def function_key_of(hands: Hands, action: str) -> str:
    return next(key for key in hands.app.keymap.keys[action] if len(key) > 1)


def untouched(file: DeskFile, *cases: Case) -> None:
    """No key was a verb on them."""
    assert [file.core("wang").load(case.id)[0].version for case in cases] == [case.version for case in cases]


async def half_written(hands: Hands, case: Case) -> None:
    """A case on the screen, with half a reply."""
    await open_case(hands, case.id)
    await hands.press("reply")
    await hands.write("half")


async def written(screen: CaseScreen, hands: Hands, text: str) -> None:
    """Wait until this is the reply."""
    await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.text == text)


def two(file: DeskFile) -> tuple[Case, Case]:
    stock(file.store())
    return opened(file, title="降噪耳机"), opened(file, title="电饭煲")


async def picker(hands: Hands) -> CannedScreen:
    """The picker of canned replies, with one found."""
    await hands.at(CannedScreen)
    screen = hands.screen
    assert isinstance(screen, CannedScreen)
    await hands.write("tyth")
    await hands.until(lambda: screen._filled is not None and screen._filled.id == "C1")
    return screen


@pytest.mark.parametrize("verb", ["n", "r"])
async def test_a_paste_between_letters_stays_between_them(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path, verb: str
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        proxy.weather.delay_s = 0.05
        typed(hands, key_of(hands, "open"), verb, "j", "<pasted>", "z")
        await hands.sees("jpastedz")
        assert "粘贴" not in hands.shown()


async def test_letters_behind_the_reply_of_a_case_with_a_draft_go_behind_it_in_their_order(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    wang.ask(Hold(case.id))
    wang.ask(KeepDraft(case.id, "draft ", 6))
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        proxy.weather.delay_s = 0.1
        typed(hands, *"rjq")
        await hands.at(CaseScreen)
        screen = case_screen(hands)
        await hands.until(lambda: screen.writing)
        typed(hands, "z")
        await written(screen, hands, "draft jqz")


@pytest.mark.parametrize("delay_s", [0.0, 0.1])
async def test_letters_behind_a_chosen_reply_go_behind_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path, delay_s: float
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        screen = await open_case(hands, case.id)
        await hands.press("canned")
        await picker(hands)
        proxy.weather.delay_s = delay_s
        typed(hands, "enter", *"jqz")
        await hands.until(lambda: screen.reply.composer is not None and len(screen.reply.composer.text) > 3)
        await hands.until(
            lambda: screen.reply.composer is not None and screen.reply.composer.text.endswith("jqz")
        )
        assert hands.screen is screen


async def test_enter_before_the_answer_takes_the_first_of_it_and_letters_go_behind(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        screen = await open_case(hands, case.id)
        await hands.press("canned")
        await hands.at(CannedScreen)
        proxy.weather.delay_s = 0.1
        typed(hands, *"tyth", "enter", *"jqz")
        await hands.until(
            lambda: screen.reply.composer is not None and screen.reply.composer.text.endswith("jqz")
        )


async def test_a_reply_chosen_for_one_case_is_not_written_into_the_next(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        screen = await open_case(hands, case.id)
        await hands.until(lambda: screen._place is not None and hands.app.idle)
        await hands.press("canned")
        picks = await picker(hands)
        screen.summon(
            partial(screen._neighbour, 1, screen.stayed)
        )  # as a final verb that was long on its way
        await hands.until(lambda: screen.case_id == other.id)
        assert picks.case_id == case.id
        await hands.keys("enter")
        await hands.sees("已换到另一张工单")
        assert screen.reply.composer is None or not screen.reply.composer.text


async def test_letters_behind_a_number_of_the_menu_go_into_the_form(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        screen = await open_case(hands, case.id)
        await hands.press("status")
        await hands.at(StatusMenu)
        menu = hands.screen
        assert isinstance(menu, StatusMenu)
        await hands.until(lambda: any(pick.id for pick in menu.picks.picks))
        able = [pick.id for pick in menu.picks.picks if pick.id and not pick.off]
        typed(hands, str(able.index("reject") + 1), *"jq")
        await hands.at(VerbForm)
        await hands.settle()
        assert screen in hands.app.screen_stack, "q was no key of the case"


async def test_a_field_that_has_the_keys_loses_none_of_them_to_a_desk_that_is_silent(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        screen = await open_case(hands, case.id)
        await hands.press("reply")
        await hands.write("typed")
        await written(screen, hands, "typed")
        proxy.weather.deaf = True
        screen._picked(Filled("C1", "filled", (), ("L25",)))
        await hands.settle()
        await hands.write("more")
        await hands.keys("escape")
        await hands.until(lambda: not screen.writing)
        assert screen.reply.composer is not None and screen.reply.composer.text == "typedmore"
        proxy.mend()


async def test_the_lock_waits_for_nothing(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    case = opened(desk_file)
    never = asyncio.Event()

    async def form(verbs: Verbs, case: str, verb: str, called_off: object) -> bool:
        await never.wait()
        return False

    monkeypatch.setattr(Verbs, "_form", form)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("verb.note")
        await hands.keys(next(key for key in hands.app.keymap.keys["lock"] if len(key) > 1))
        await hands.until(lambda: hands.app.locked)
        never.set()


async def test_what_was_typed_for_a_case_that_could_not_be_read_does_nothing(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case, other = opened(desk_file), opened(desk_file)

    async def lost(screen: CaseScreen, case: str) -> object:
        await asyncio.sleep(0.1)
        raise LinkLost("x")

    pressed: list[str] = []
    press = CaseScreen.press

    async def noted(screen: CaseScreen, action: str, key: str = "") -> None:
        pressed.append(action)
        await press(screen, action, key)

    monkeypatch.setattr(CaseScreen, "press", noted)
    monkeypatch.setattr(CaseScreen, "_read", lost)
    async with console(desk_file) as hands:
        await listed(hands, case, other)
        await hands.until(lambda: hands.app.idle)
        typed(hands, *"rjq/n")
        await hands.at(CaseScreen)
        screen = case_screen(hands)
        await hands.until(lambda: not screen._awaited)
        await hands.settle()
        assert pressed == [] and hands.screen is screen


async def test_a_console_left_before_its_desk_is_open_leaves_no_work_behind(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        hands.turn()
        hands.app._opened.clear()
        await hands.keys("n")
        assert isinstance(hands.screen, QueueScreen) and not hands.screen.settled
        hands.app.exit(1)


async def test_what_is_typed_behind_a_call_is_the_callers_name(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = two(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        await half_written(hands, case)
        proxy.weather.delay_s = 0.05
        # `a` takes a case of the queue, `2` goes to another queue, `z` puts a case off.
        typed(hands, function_key_of(hands, "park"), *"a2z")
        await hands.at(OrderScreen)
        await hands.until(lambda: hands.screen.query_one(LineField).value == "a2z")
        untouched(desk_file, case, other)
        # Back again: what is typed behind that is written on where the call came.
        typed(hands, "escape", function_key_of(hands, "unpark"), *"way")
        await hands.until(lambda: isinstance(hands.screen, CaseScreen))
        await written(case_screen(hands), hands, "halfway")
        assert case_screen(hands).case_id == case.id


async def test_what_is_typed_behind_the_next_case_is_for_the_next_case(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    first, second, third = *two(desk_file), opened(desk_file, title="水杯")
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, first, second, third)
        screen = await open_case(hands, first.id)
        await hands.until(lambda: hands.app.idle)
        proxy.weather.delay_s = 0.05
        typed(hands, key_of(hands, "case_next"), key_of(hands, "case_next"), key_of(hands, "reply"), *"zq")
        await written(screen, hands, "zq")
        assert screen.case_id == third.id
        untouched(desk_file, first, second, third)


async def test_a_next_case_that_there_is_not_takes_what_was_typed_for_it_with_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        screen = await open_case(hands, case.id)
        await hands.until(lambda: hands.app.idle)
        proxy.weather.delay_s = 0.05
        typed(hands, key_of(hands, "case_next"), key_of(hands, "reply"), *"zq")
        await hands.sees("已经是这个队列的最后一张")
        await hands.until(lambda: hands.app.idle)
        assert hands.screen is screen and not hands.screen.typing
        untouched(desk_file, case)


async def test_two_ways_back_to_the_queue_at_once_end_there(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        screen = await open_case(hands, case.id)
        kept, keep = asyncio.Event(), screen.keep

        async def slowly() -> None:
            await kept.wait()
            await keep()

        screen.keep = slowly  # type: ignore[method-assign]
        both = [asyncio.create_task(hands.app.home()) for _ in range(2)]
        await asyncio.sleep(0)
        kept.set()
        await asyncio.gather(*both)
        await hands.at(QueueScreen)


async def test_a_form_that_is_answered_behind_the_lock_does_not_open_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await hands.until(lambda: hands.app.idle)
        await hands.press("verb.note")
        await hands.at(VerbForm)
        await hands.write("called")
        proxy.weather.delay_s = 0.1
        typed(hands, function_key_of(hands, "send"), function_key_of(hands, "lock"))
        await hands.at(LockScreen)
        await hands.until(lambda: told(desk_file, case) == ["called"])
        await hands.until(lambda: hands.app.idle)
        assert hands.app.locked and isinstance(hands.screen, LockScreen)
        await hands.keys("enter")
        await hands.at(QueueScreen)


async def test_a_call_that_was_parked_just_before_the_lock_does_not_open_it(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await half_written(hands, case)
        proxy.weather.delay_s = 0.1
        typed(hands, function_key_of(hands, "park"), function_key_of(hands, "lock"))
        await hands.until(lambda: hands.app.locked and hands.app.idle)
        await hands.at(LockScreen)
        await hands.until(lambda: hands.app.idle)
        assert hands.app.locked and isinstance(hands.screen, LockScreen)


async def test_esc_before_there_is_no_next_case_leaves_once(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        screen = await open_case(hands, case.id)
        await hands.until(lambda: hands.app.idle)
        desk_file.core("zhao").do(Take(over=True), case.id)
        proxy.weather.delay_s = 0.05
        typed(hands, key_of(hands, "next"), "escape", "escape")
        await hands.until(lambda: screen not in hands.app.screen_stack and hands.app.idle)
        assert isinstance(hands.screen, QueueScreen)
