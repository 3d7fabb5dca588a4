"""What stands beside a case: tracks, letters, paused deadlines, money that waits; and each side in full on a key."""

from functools import partial

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.clocks import Notice, PauseClocks
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.tracks import OpenTrack
from csdesk.tui.kinds import AUTHORITY, TABS
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.detail import DetailScreen
from csdesk.tui.screens.leads import AwaitingScreen
from csdesk.tui.widgets.tabs import QueueTabs
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import open_case
from tests.tui.test_queue import queue


def complaint(file: DeskFile) -> str:
    """A complaint with the merchant asked, a letter of an authority, and its own time standing still."""
    li = file.core("li")
    case = li.do(Open(Kind.COMPLAINT, file.order(line(1, 39_800)), reason="service")).case
    li.do(OpenTrack("merchant", "山海数码"), case.id)
    li.do(Notice("12315-2026-0042", "7个工作日"), case.id)
    return case.id


async def test_tracks_and_letters_stand_with_their_time_and_who_answers(desk_file: DeskFile):
    case = complaint(desk_file)
    async with console(desk_file, "zhao") as hands:
        await open_case(hands, case)
        await hands.sees(
            "并行事项", "商家协办", "山海数码", "剩 2 天", "来函", "12315-2026-0042", "负责人 Li"
        )


async def test_every_deadline_is_explained_on_a_key_and_the_sides_follow_one_another(desk_file: DeskFile):
    case = complaint(desk_file)
    async with console(desk_file, "zhao") as hands:
        await open_case(hands, case)
        await hands.press("clocks")
        await hands.at(DetailScreen)
        await hands.sees("时限是怎么算的", "12315-2026-0042", "2026-11-11")
        await hands.press("ledger")
        await hands.sees("订单账目", "实收 ¥398.00", "账目相符")
        await hands.press("field_next")
        await hands.sees("没有包裹")
        await hands.press("back")
        await hands.at(CaseScreen)


async def test_a_deadline_that_stands_still_says_for_whom_and_is_never_late(desk_file: DeskFile):
    li = desk_file.core("li")
    case = li.do(Open(Kind.EXCHANGE, desk_file.order(line(1, 19_900)), (LineQty(1, 1),))).case
    paused = li.do(PauseClocks("customer"), case.id).case
    assert [clock.name for clock in paused.clocks if clock.open_pause] == ["review"]
    desk_file.clock.forward(days=30)
    async with console(desk_file, "li") as hands:
        await open_case(hands, case.id)
        await hands.sees("= 审核", "已暂停，等消费者，还剩 2 天")
        assert "! 审核" not in hands.shown()


async def test_a_supervisor_finds_what_waits_for_a_second_person(desk_file: DeskFile):
    li = desk_file.core("li")
    case = li.do(Open(Kind.COMPLAINT, desk_file.order(line(1, 39_800)), reason="service")).case
    li.do(Compensate(60_000), case.id)
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        await hands.press("awaiting")
        await hands.at(AwaitingScreen)
        await hands.sees("¥600.00", "补偿", "Li 提出")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.sees("补偿 ¥600.00", "待复核", "Li 提出，等复核")


async def test_who_proposed_it_is_told_that_somebody_else_must_look(desk_file: DeskFile):
    li = desk_file.core("li")
    case = li.do(Open(Kind.COMPLAINT, desk_file.order(line(1, 39_800)), reason="service")).case
    li.do(Compensate(60_000), case.id)
    async with console(desk_file, "li") as hands:
        await open_case(hands, case.id)
        await hands.sees("你提出的，须由另一位有权限的人复核")


async def test_all_tabs_can_be_reached_on_a_small_screen_and_say_how_many_are_out_of_sight(
    desk_file: DeskFile,
):
    async with console(desk_file, "zhao", NARROW) as hands:
        tabs = queue(hands).query_one(QueueTabs)
        await hands.until(lambda: tabs.names == TABS)
        start = TABS.index("all") + 1
        for name in (*TABS[start:], *TABS[:start]):
            await hands.press("queue_next")
            await hands.until(partial(stands_on, hands, name))
            told = "".join(text for _, parts in tabs.fitted(80) for text, _ in parts)
            assert name in [shown for shown, _ in tabs.fitted(80)] and len(told) <= 80
            assert "全部" in told and "我的" in told


def stands_on(hands: Hands, name: str) -> bool:
    return queue(hands).list.window.queue == name


async def test_letters_of_authorities_have_no_tab_for_whom_they_are_not(desk_file: DeskFile):
    async with console(desk_file, "wang") as hands:
        await hands.until(lambda: AUTHORITY not in queue(hands).query_one(QueueTabs).names)
