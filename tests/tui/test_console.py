"""The console as a whole: keys and input methods, holds and parking, slow desks, and what it says."""

import asyncio
from typing import Any, ClassVar

import pytest
from textual import events

from csdesk.desk.queries import Held
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.shared import Take
from csdesk.tui import doors
from csdesk.tui.actions import CONTEXTS, registry
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.command import CommandScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.find import FindScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.standing import standing
from csdesk.tui.widgets.fields import LineField
from tests.building import DeskFile
from tests.tui.consoles import Hands, console
from tests.tui.test_queue import listed, opened, queue


def everywhere() -> list[type[ConsoleScreen[Any]]]:
    """Every screen there is."""
    return [
        QueueScreen, StatusMenu, ConfirmScreen, FindScreen, PaletteScreen, CommandScreen, HelpScreen,
        VerbForm, OrderScreen, type(doors.case("")), type(doors.policy()), type(doors.canned("")),
    ]  # fmt: skip


@pytest.mark.parametrize("screen", everywhere(), ids=lambda screen: screen.__name__)
def test_every_action_of_a_place_has_a_method_there(screen: type[ConsoleScreen[Any]]):
    from csdesk.tui.app import ConsoleApp

    # A screen may be several places: the case is read in one and answered in the other.
    places = {screen.context} if isinstance(screen.context, str) else {"case", "compose"}
    assert places <= set(CONTEXTS)
    missing = [
        action.id
        for action in registry().values()
        if places & set(action.contexts)
        and not action.verb
        and not callable(
            getattr(screen, f"action_{action.id}", getattr(ConsoleApp, f"action_{action.id}", None))
        )
    ]
    assert missing == []


async def test_full_width_keys_mean_their_half_width_twins(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        hands.app.post_message(events.Key("fullwidth_latin_small_letter_j", "ｊ"))
        await hands.until(lambda: queue(hands).list.window.cursor == 1)
        hands.app.post_message(events.Key("fullwidth_colon", "："))
        await hands.at(CommandScreen)


async def test_three_chinese_characters_in_a_list_say_once_that_the_input_method_is_on_and_which_keys_work(
    desk_file: DeskFile,
):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        for sign in "退货":
            hands.app.post_message(events.Key(sign, sign))
        await hands.pilot.pause()
        assert "输入法" not in hands.shown()
        hands.app.post_message(events.Key("单", "单"))
        await hands.sees("输入法在中文状态", "Enter 打开", "Ctrl+G 领下一张")
        hands.app.say("别的")
        for sign in "退货单退货单":
            hands.app.post_message(events.Key(sign, sign))
        await hands.pilot.pause()
        assert "别的" in hands.shown()
        await hands.keys("down")
        for sign in "退货单":
            hands.app.post_message(events.Key(sign, sign))
        await hands.sees("输入法在中文状态")


async def test_what_an_input_method_wrote_in_one_go_is_no_command_at_its_end(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(queue(hands).list.window.rows) == 1)
        for at, sign in enumerate("货："):  # the second within a thousandth of a second
            event = events.Key("fullwidth_colon" if sign == "：" else sign, sign)
            event.time = 1_000.0 + at / 1_000
            hands.app.post_message(event)
        await hands.pilot.pause()
        await hands.at(QueueScreen)
        event = events.Key("fullwidth_colon", "：")
        event.time = 1_001.0
        hands.app.post_message(event)
        await hands.at(CommandScreen)


async def test_letters_in_a_text_field_are_letters(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.press("find")
        await hands.at(FindScreen)
        await hands.write("jkq退货")
        assert hands.screen.focused is not None
        assert getattr(hands.screen.focused, "value", "") == "jkq退货"
        await hands.at(FindScreen)


async def test_a_paste_outside_a_field_fires_nothing(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        hands.app.post_message(events.Paste("aaa:q\n" * 2_000))
        await hands.sees("这里不接受粘贴")
        assert wang.load(case.id)[0].assignee == ""


async def test_a_paste_into_a_field_of_one_line_is_one_line_without_anything_that_acts(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.press("find")
        await hands.at(FindScreen)
        await hands.until(lambda: hands.screen.typing)
        hands.app.post_message(events.Paste("\x1b[31m退货\r\n\x1b]52;c;cm0=\x07 单号\u202e\tjjq"))
        field = hands.screen.focused
        await hands.until(lambda: getattr(field, "value", "") != "")
        assert isinstance(field, LineField)
        assert not {"\x1b", "\x07", "\u202e", "\r", "\n", "\t"} & set(field.value)
        assert [word for word in ("退货", "单号", "jjq") if word not in field.value] == []
        await hands.at(FindScreen)


async def test_the_second_ctrl_c_leaves(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.keys("ctrl+c")
        await hands.sees("再按一次 Ctrl+C 退出")
        assert hands.app.return_value is None
        await hands.keys("ctrl+c")
        await hands.until(lambda: hands.app.return_value == 0)


async def test_a_slow_desk_shows_a_sign_and_takes_keys(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        gate = asyncio.Event()
        do = hands.app.desk.do

        async def slowly(*args: Any, **more: Any) -> Any:
            await gate.wait()
            return await do(*args, **more)

        hands.app.desk.do = slowly  # type: ignore[method-assign]
        await hands.press("verb.take")
        await hands.sees("读取中")
        await hands.press("down")
        assert queue(hands).list.window.cursor == 1
        gate.set()
        await hands.sees("领取，现为“审核中”")
        assert "读取中" not in hands.shown()


async def test_a_verb_that_cannot_be_taken_back_is_dropped_before_its_case_is_painted(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        screen = queue(hands)
        screen.painted = lambda case: float("inf")  # type: ignore[method-assign]
        await hands.press("down")
        hands.app.run_verb(case.id, case.version, "recall")
        await hands.sees("没有执行")
        await hands.press("verb.note")  # a form says itself whose it is, and looks at its own picture
        await hands.at(VerbForm)
        await hands.press("back")
        await hands.at(QueueScreen)
        await hands.press("verb.take")
        await hands.sees("领取，现为")


class Stopwatch:
    """Stands for `time` in the room of leases."""

    now: ClassVar[float] = 1000.0

    @classmethod
    def monotonic(cls) -> float:
        return cls.now


async def test_the_open_case_is_held_renewed_by_keys_and_given_back(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    from csdesk.tui import leasing

    monkeypatch.setattr(leasing, "time", Stopwatch)
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("open")
        await hands.until(lambda: [lease.case for lease in wang.ask(Held())] == [case.id])
        expires = wang.ask(Held())[0].expires
        desk_file.clock.forward(seconds=30)
        await hands.keys("f12")
        assert wang.ask(Held())[0].expires == expires
        monkeypatch.setattr(Stopwatch, "now", 1100.0)
        await hands.keys("f12")
        await hands.until(lambda: wang.ask(Held())[0].expires == expires + 30_000)
        await hands.press("back")
        await hands.until(lambda: wang.ask(Held()) == [])


async def test_a_call_parks_the_open_case_and_another_key_brings_it_back(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("您好正在为您")
        await hands.press("park")
        await hands.at(OrderScreen)
        await hands.until(lambda: [bool(lease.parked) for lease in wang.ask(Held())] == [True])
        await hands.sees("挂起 1")
        await hands.press("back")
        await hands.at(QueueScreen)
        await hands.press("unpark")
        await hands.sees("您好正在为您")
        await hands.until(lambda: [lease.parked for lease in wang.ask(Held())] == [0])
        assert "挂起" not in queue_status(hands)


def queue_status(hands: Hands) -> str:
    return standing(hands.app)


async def test_what_another_holds_can_be_seen_but_is_said_to_be_held(desk_file: DeskFile):
    from csdesk.desk.queries import Hold

    case = opened(desk_file)
    desk_file.core("li").ask(Hold(case.id))
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("open")
        await hands.sees("Li 正在处理，你可以看、写备注，不能做别的")


async def test_an_auditor_sees_everything_and_may_change_nothing(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "sun") as hands:
        await listed(hands, case)
        await hands.press("verb.take")
        await hands.sees("没有“处理工单”的权限")
        await hands.press("next")
        await hands.sees("没有“处理工单”的权限")


async def test_the_footer_names_only_what_can_be_used(desk_file: DeskFile):
    case = opened(desk_file, Kind.INQUIRY)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.until(lambda: queue(hands).preview.view is not None)
        await hands.sees("a 领取")
        desk_file.core("li").do(Take(), case.id)
        await hands.until(lambda: "a 领取" not in hands.shown())


async def test_hostile_names_and_goods_reach_the_screen_without_a_control_character(desk_file: DeskFile):
    hostile = "\x1b]52;c;cm0gLXJm\x07[@click=app.quit]降噪\x9b31m耳机[/x]\u202e"
    opened(desk_file, title=hostile)
    async with console(desk_file) as hands:
        await hands.sees("[@click=app.quit]降噪")
        shown = hands.shown()
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in shown.replace("\n", ""))
        assert "\u202e" not in shown
