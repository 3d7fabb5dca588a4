"""Whether one is here: a key says it, the status line shows it, and `N` explains why no case comes."""

from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.presence import PresenceScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile
from tests.tui.consoles import NARROW, console
from tests.tui.test_queue import listed, opened


def state(file: DeskFile, who: str = "wang") -> str:
    return file.core(who).ask(sq.MyState()).state


async def test_a_break_is_two_keys_and_the_next_case_waits_until_one_is_back(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        assert "小休" not in hands.shown()
        await hands.press("presence")
        await hands.at(PresenceScreen)
        await hands.sees("我的状态", "1 在线", "当前", "2 小休", "释放手上的工单")
        await hands.keys("2")
        await hands.sees("你现在是“小休”。", "小休  Wang")
        assert state(desk_file) == "break"
        await hands.press("next")
        await hands.sees("你现在是“小休”，不派单。按 S 改回在线后再领。")
        assert isinstance(hands.screen, QueueScreen)
        await hands.press("presence")
        await hands.at(PresenceScreen)
        await hands.press("open")  # the first: available
        await hands.sees("你现在是“在线”。")
        await hands.press("next")
        await hands.at(CaseScreen)
        assert "小休" not in hands.shown()


async def test_who_goes_leaves_the_open_case_with_its_draft_kept(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("next")
        await hands.at(CaseScreen)
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("nihao")
        await hands.press("back")
        await hands.until(lambda: not hands.screen.typing)
        await hands.press("presence")
        await hands.at(PresenceScreen)
        await hands.keys("2")
        await hands.at(QueueScreen)
        await hands.sees("已释放 1 单")
        wang = desk_file.core("wang")
        assert wang.ask(q.Held()) == []
        draft = wang.ask(q.GetDraft(case.id))
        assert draft is not None
        assert draft.text == "nihao"
        await hands.press("down")
        assert wang.ask(q.Held()) == []  # no key renews what was given back


async def test_leaving_the_menu_changes_nothing(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.press("presence")
        await hands.at(PresenceScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        assert desk_file.core("wang").ask(sq.MyState()).since == 0


async def test_a_console_learns_what_was_said_elsewhere_when_it_opens_and_when_it_asks(desk_file: DeskFile):
    case = opened(desk_file)
    zhao = desk_file.core("zhao")
    zhao.ask(sq.SetAgentState("training", "wang"))
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.sees("培训  Wang")
        zhao.ask(sq.SetAgentState("available", "wang"))
        await hands.press("next")
        await hands.at(CaseScreen)
        zhao.ask(sq.SetAgentState("off", "wang"))
        await hands.press("next")
        await hands.sees("你现在是“离线”，不派单", "离线  Wang")


async def test_an_auditor_has_no_state_and_is_told_so(desk_file: DeskFile):
    async with console(desk_file, "sun") as hands:
        await hands.press("presence")
        await hands.at(PresenceScreen)
        await hands.keys("2")
        await hands.sees("没有")
