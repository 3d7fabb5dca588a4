"""What is revealed and for how long, the locked screen, links by a key, and what a draft and a macro's list keep."""

import time
from pathlib import Path

import pytest

from csdesk.desk import look_queries as lq
from csdesk.desk import macro_queries as mq
from csdesk.desk import queries as q
from csdesk.desk.macro_queries import SaveMacro, Step
from csdesk.desk.staff_queries import SetAgentState
from csdesk.domain.cases.case import Case
from csdesk.store.leases import HOLD_MS
from csdesk.tui.launch import write_report
from csdesk.tui.output.terminal import ERASE_SAVED
from csdesk.tui.screens.board import BoardScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.leads import LinksScreen
from csdesk.tui.screens.linking import LinkFind
from csdesk.tui.screens.locking import LockScreen
from csdesk.tui.screens.macros import MacroScreen
from csdesk.tui.screens.moving import PickOne
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.revealing import LooksScreen, RevealScreen
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_queue import listed, opened

PHONE = "13812345678"


async def entered(hands: Hands, case: Case) -> CaseScreen:
    """The case in front, held."""
    await hands.press("next")
    await hands.until(lambda: isinstance(hands.screen, CaseScreen) and hands.screen.view is not None)
    await hands.until(lambda: hands.app.leasing.held == case.id)
    screen = hands.screen
    assert isinstance(screen, CaseScreen)
    return screen


async def reveal(hands: Hands, key: str = "1") -> None:
    """Look for the reason with this number; the phone is seen then."""
    await hands.press("reveal")
    await hands.at(RevealScreen)
    await hands.sees("1 回电顾客", "姓名、电话、地址")
    await hands.keys(key)
    await hands.at(CaseScreen)
    await hands.sees(PHONE)


def looks(file: DeskFile) -> int:
    return len(file.core("wang").ask(lq.Looks()))


async def test_a_reason_and_a_digit_reveal_and_the_mask_comes_back_by_whatever_ends_it(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        screen = await entered(hands, case)
        await reveal(hands)
        await hands.sees("回电顾客（", "恢复脱敏）", "138****5678", "已留痕")
        title, clipboard = hands.app.title, hands.app.clipboard
        await hands.press("copy_number")
        assert PHONE not in f"{hands.app.title}{title}{clipboard}{hands.app.clipboard}"
        screen.revealing.hide()
        await hands.until(lambda: PHONE not in hands.shown())
        # By itself, when its time is over: here as long as the lease still runs, a millisecond.
        desk_file.clock.forward(ms=HOLD_MS - 1)
        await hands.press("reveal")
        await hands.at(RevealScreen)
        await hands.keys("1")
        await hands.until(lambda: looks(desk_file) == 2 and hands.app.idle)
        await hands.until(lambda: not screen.revealing.line.showing)
        await hands.app.leasing.hold(case.id)
        assert not screen.revealing.line.display
        # The desk says that I am not here any more: that ends it without a key.
        await reveal(hands, "2")
        desk_file.core("zhao").ask(SetAgentState("break", "wang"))
        await hands.until(lambda: PHONE not in hands.shown())
        desk_file.core("zhao").ask(SetAgentState("available", "wang"))
        await hands.app.leasing.hold(case.id)
        await hands.press("refresh")
        await hands.until(lambda: screen.off("reveal") is None)
        await reveal(hands)
        await hands.press("park")
        await hands.until(lambda: not isinstance(hands.screen, CaseScreen))
        assert PHONE not in hands.shown()
        assert not screen.revealing.line.showing
        assert looks(desk_file) == 4


async def test_leaving_at_the_question_looks_at_nothing_and_the_looks_are_listed(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await entered(hands, case)
        await hands.press("reveal")
        await hands.at(RevealScreen)
        await hands.press("back")
        await hands.at(CaseScreen)
        assert looks(desk_file) == 0
        await reveal(hands, "3")
        await hands.sees("文三路1号")
        await hands.press("back")
        await hands.at(QueueScreen)
        assert "文三路1号" not in hands.shown()
    async with console(desk_file, "zhao") as hands:
        await listed(hands, case)
        await hands.press("open")
        await hands.at(CaseScreen)
        await hands.until(lambda: hands.screen.off("looks") is None)
        await hands.screen.press("looks")
        await hands.at(LooksScreen)
        await hands.sees("Wang", "姓名、电话、地址", "核对收寄件、取件信息")
        await hands.press("back")
        await hands.at(CaseScreen)
        # What is unusual stands on the board, and Enter there lists what that agent looked at.
        await hands.app.leasing.let_go()
        wang = desk_file.core("wang")
        wang.ask(q.Hold(case.id))
        for _ in range(10):
            wang.ask(lq.Reveal(case.id, "call_back"))
        await hands.press("board")
        await hands.at(BoardScreen)
        await hands.sees("Wang 11-02 11:00 起一小时内查看脱敏信息 11 次")
        await hands.press("queue_prev")
        await hands.press("open")
        await hands.at(LooksScreen)
        await hands.sees("Wang 的查看记录", "回电顾客")


async def test_a_lock_without_a_pin_hides_all_and_enter_opens_it_where_one_was(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        written: list[str] = []
        await listed(hands, case)
        await entered(hands, case)
        await reveal(hands)
        await hands.press("copy_number")
        driver = hands.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("nihao")
        await hands.keys("ctrl+home")  # letters are letters while one types
        await hands.at(LockScreen)
        await hands.sees("已锁屏", "没有设置 PIN")
        assert not any(secret in hands.shown() for secret in (PHONE, "nihao", "张*", "Wang", case.body))
        assert ERASE_SAVED in "".join(written)
        assert "]52;c;IA==" in "".join(written)  # a blank where the number stood
        assert hands.app.clipboard == ""
        wang = desk_file.core("wang")
        await hands.until(lambda: [one.parked > 0 for one in wang.ask(q.Held())] == [True])
        draft = wang.ask(q.GetDraft(case.id))
        assert draft is not None and draft.text == "nihao"
        await hands.press("back")
        # What comes up over it is left before anybody sees it.
        hands.app.push_screen(ConfirmScreen(f"{PHONE}?"))
        await hands.until(lambda: isinstance(hands.app.screen, LockScreen))
        await hands.press("open")
        await hands.at(CaseScreen)
        await hands.until(lambda: [one.parked for one in wang.ask(q.Held())] == [0])
        assert hands.app.leasing.held == case.id
        assert PHONE not in hands.shown()
        await hands.sees("nihao")


async def test_a_lock_by_itself_takes_the_pin_and_nothing_else(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("wang").ask(lq.SetPin("270913"))
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        hands.app.lock_minutes = 5
        hands.app.privacy.look()
        assert not hands.app.locked  # a key was pressed just now
        hands.app.touched_at = time.monotonic() - 301
        hands.app.privacy.look()
        await hands.at(LockScreen)
        await hands.sees("输入 PIN")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("1111\n")
        await hands.sees("还可以试 4 次")
        await hands.press("quit")
        await hands.sees("请先解锁")
        await hands.press("back")
        assert isinstance(hands.screen, LockScreen)
        assert "1111" not in hands.shown()
        await hands.write("270913\n")
        await hands.at(QueueScreen)
        assert not hands.app.locked


async def test_two_cases_are_linked_and_unlinked_by_keys(desk_file: DeskFile):
    one, two = opened(desk_file), opened(desk_file, title="鼠标")
    async with console(desk_file) as hands:
        await listed(hands, one, two)
        screen = await entered(hands, one)
        wang = desk_file.core("wang")
        await hands.press("link")
        await hands.at(LinkFind)
        await hands.until(lambda: hands.screen.typing)
        await hands.write(wang.number(two))
        await hands.sees("鼠标")
        await hands.keys("enter")
        await hands.at(PickOne)
        await hands.sees("关系")
        await hands.keys("2")
        await hands.until(lambda: wang.load(two.id)[0].links == (("related", one.id),))
        assert wang.load(one.id)[0].links == (("related", two.id),)
        await hands.at(CaseScreen)
        await hands.until(lambda: screen.view is not None and bool(screen.view.case.links))
        await hands.press("links")
        await hands.at(LinksScreen)
        await hands.sees(wang.number(two))
        await hands.press("drop")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.until(lambda: wang.load(two.id)[0].links == wang.load(one.id)[0].links == ())


async def test_a_parked_reply_comes_back_with_the_channel_that_was_chosen(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        screen = await entered(hands, case)
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("nihao")
        await hands.press("channel")
        composer = screen.reply.composer
        assert composer is not None
        chosen = composer.channel
        assert screen.view is not None and chosen != screen.view.case.way
        await hands.press("park")
        await hands.at(OrderScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        draft = desk_file.core("wang").ask(q.GetDraft(case.id))
        assert draft is not None
        assert (draft.text, draft.channel) == ("nihao", chosen)
        await hands.press("unpark")
        await hands.at(CaseScreen)
        await hands.until(lambda: hands.screen.typing)
        front = hands.screen
        assert isinstance(front, CaseScreen)
        assert front.reply.composer is not None
        assert front.reply.composer.channel == chosen


async def test_a_macro_is_deleted_and_shared_from_its_list_each_after_a_question(desk_file: DeskFile):
    zhao = desk_file.core("zhao")
    for name in ("包裹", "破损"):
        zhao.ask(SaveMacro(name, (Step("tag", {"add": name}),)))
    desk_file.core("wang").ask(SaveMacro("我的", (Step("tag", {"add": "x"}),)))
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: not hands.app.first.practice)
        await hands.screen.press("macros")
        await hands.at(MacroScreen)
        await hands.sees("包裹", "破损")
        await hands.press("drop")
        await hands.at(ConfirmScreen)
        await hands.keys("2")  # no
        await hands.at(MacroScreen)
        assert len(zhao.ask(mq.Macros())) == 2
        await hands.press("drop")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.until(lambda: [one.name for one in zhao.ask(mq.Macros())] == ["破损"])
        await hands.at(MacroScreen)
        await hands.press("share")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.until(lambda: [one.shared for one in zhao.ask(mq.Macros())] == [True])
        await hands.at(MacroScreen)
        await hands.sees("已设为公用")
    async with console(desk_file, "wang") as hands:
        await hands.screen.press("macros")
        await hands.at(MacroScreen)
        await hands.press("share")  # mine is under the cursor, and I hand out no cases
        await hands.sees("由能派单的人设置和删除")


def test_a_crash_report_names_no_value_that_was_revealed(home: Path):
    try:
        seen = lq.Revealed("RT-1", "call_back", 0, 1, (("phone", PHONE),))
        raise ValueError(f"{seen} {PHONE}")
    except ValueError as error:
        report = write_report(error)
    assert PHONE not in report.read_text(encoding="utf-8")
    assert "test_privacy.py" in report.read_text(encoding="utf-8")
