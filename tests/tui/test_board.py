"""The board: what it shows, where it leads, what it does to many cases, and a broadcast that reaches everybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from csdesk.desk import bulk_answers
from csdesk.desk.broadcast_queries import Broadcast
from csdesk.desk.queries import Hold
from csdesk.desk.staff_queries import SetAgentState
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign
from csdesk.domain.text import clean
from csdesk.store.broadcasts import Said
from csdesk.tui.screens.board import BoardScreen
from csdesk.tui.screens.broadcasting import BroadcastScreen, NewsScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.moving import PickOne
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.runs import RunsScreen
from csdesk.tui.widgets.news import NewsLine
from tests.building import DeskFile
from tests.hostile import HOSTILE
from tests.tui.consoles import NARROW, WIDE, Hands, console
from tests.tui.test_queue import numbers, queue


def opened(file: DeskFile, kind: Kind = Kind.RETURN, to: str = "") -> Case:
    zhao = file.core("zhao")
    units = () if kind in (Kind.COMPLAINT, Kind.INQUIRY) else (LineQty(1, 1),)
    case = zhao.do(Open(kind, file.order(), units)).case
    return zhao.do(Assign(to), case.id).case if to else case


def work(file: DeskFile) -> None:
    """Carry out whatever runs there are."""
    system = file.core("system")
    for (run,) in system.store.conn.execute("SELECT id FROM bulk WHERE state = 'running'").fetchall():
        while not bulk_answers.step(system, run):
            pass


def assignees(file: DeskFile, *cases: Case) -> list[str]:
    core = file.core("sun")
    return [core.load(case.id)[0].assignee for case in cases]


@asynccontextmanager
async def board(file: DeskFile, size: tuple[int, int] = WIDE) -> AsyncIterator[Hands]:
    async with console(file, "zhao", size) as hands:
        await hands.press("board")
        await hands.at(BoardScreen)
        await hands.until(lambda: shown(hands).view is not None)
        yield hands


def shown(hands: Hands) -> BoardScreen:
    assert isinstance(hands.screen, BoardScreen)
    return hands.screen


def row(hands: Hands, name: str) -> list[str]:
    """The words of the line that begins with this name."""
    found = [line.lstrip("> ").split() for line in hands.shown().splitlines()]
    return next(words for words in found if words[:1] == [name])


async def on_agent(hands: Hands, who: str) -> None:
    """Put the cursor on somebody."""
    await hands.press("queue_next")
    while (current := shown(hands).agents.current) and current.id != who:
        await hands.press("down")


async def pick(hands: Hands, number: str) -> None:
    """Pick what has this number in the sheet in front."""
    before = hands.app.screen
    await hands.keys(number)
    await hands.until(lambda: hands.app.screen is not before)


async def test_the_board_counts_queues_and_shifts(desk_file: DeskFile):
    opened(desk_file)
    mine = opened(desk_file, to="wang")
    opened(desk_file, Kind.COMPLAINT, to="li")
    desk_file.clock.forward(hours=47, ms=60_000 * 30)
    desk_file.core("wang").ask(Hold(mine.id))
    desk_file.core("li").ask(SetAgentState("break"))
    desk_file.clock.forward(seconds=240)
    async with board(desk_file) as hands:
        await hands.sees("退货", "RT-")
        # Two returns are due 48 hours after they came: within the hour; the complaint was, after 24.
        assert row(hands, "退货") == ["退货", "2", "2/2", "1"]
        assert row(hands, "投诉")[:3] == ["投诉", "1", "!1"]
        assert row(hands, "投诉")[-1] == "23小时"
        view = shown(hands).view
        assert view is not None
        held = view.agents[2].held
        assert row(hands, "Wang") == ["Wang", "未签入", held, "4分", "1"]
        assert row(hands, "Li") == ["Li", "小休", "4分", "1", "!1"]


async def test_every_line_is_as_wide_as_its_place_in_both_sizes(desk_file: DeskFile):
    opened(desk_file, to="wang")
    desk_file.clock.forward(days=3)
    for size in (WIDE, NARROW):
        async with board(desk_file, size) as hands:
            tables = shown(hands).tables
            for table in tables:
                for y in range(table.size.height):
                    assert table.render_line(y).cell_length == table.size.width
            assert sum(table.size.height for table in tables[1:]) < size[1]
            await hands.sees("RT-", "!1")


async def test_who_may_not_hand_out_cases_is_told_so(desk_file: DeskFile):
    async with console(desk_file, "wang") as hands:
        await hands.press("board")
        await hands.sees("客服没有“指派”的权限")
        assert isinstance(hands.screen, QueueScreen)


async def test_the_board_follows_changes_by_itself(desk_file: DeskFile):
    opened(desk_file)
    async with board(desk_file) as hands:
        await hands.sees("在办 1 ")
        opened(desk_file)
        await hands.sees("在办 2 ")


async def test_enter_opens_the_queue_under_the_cursor(desk_file: DeskFile):
    opened(desk_file, Kind.EXCHANGE)
    case = opened(desk_file, Kind.COMPLAINT)
    async with board(desk_file) as hands:
        await hands.press("down")
        await hands.press("open")
        await hands.at(QueueScreen)
        await hands.sees("[投诉1]")
        await hands.until(lambda: numbers(hands) == [case.id])


async def test_enter_on_an_agent_lists_their_cases_and_no_others(desk_file: DeskFile):
    opened(desk_file, to="wang")
    theirs = {opened(desk_file, to="li").id, opened(desk_file, Kind.COMPLAINT, to="li").id}
    async with board(desk_file) as hands:
        await on_agent(hands, "li")
        await hands.press("open")
        await hands.at(QueueScreen)
        await hands.until(lambda: set(numbers(hands)) == theirs)
        await hands.sees("[Li]")
        # What comes to them appears here too.
        theirs.add(opened(desk_file, to="li").id)
        await hands.until(lambda: set(numbers(hands)) == theirs)
        await hands.press("queue_next")
        await hands.until(lambda: queue(hands).list.window.queue == "returns")
        assert "[Li]" not in hands.shown()


async def test_the_most_urgent_of_somebody_go_to_another_after_one_question(desk_file: DeskFile):
    cases = []
    for _ in range(7):
        cases.append(opened(desk_file, to="wang"))
        desk_file.clock.forward(hours=1)
    async with board(desk_file) as hands:
        await on_agent(hands, "wang")
        await hands.press("reassign")
        await hands.at(PickOne)
        await hands.sees("最急的 5 张", "全部 7 张")
        await pick(hands, "1")
        # Who is here and has least comes first; the one who gives is not offered.
        await hands.sees("Chen", "Li", "名下 0 张")
        assert "Wang" not in [line.split()[1] for line in hands.shown().splitlines() if "名下" in line]
        await pick(hands, "2")
        await hands.sees("把 5 张工单派给Li？")
        await hands.at(ConfirmScreen)
        await pick(hands, "1")
        await hands.until(lambda: "指派：0/5" in hands.app.said[0])
        work(desk_file)
        await hands.until(lambda: hands.app.said == ("指派：5 张完成。", "good"))
        assert assignees(desk_file, *cases) == ["li"] * 5 + ["wang"] * 2


async def test_leaving_a_question_moves_nothing(desk_file: DeskFile):
    case = opened(desk_file, to="wang")
    async with board(desk_file) as hands:
        await on_agent(hands, "wang")
        await hands.press("reassign")
        await hands.at(PickOne)
        await pick(hands, "1")
        await pick(hands, "1")
        await hands.at(ConfirmScreen)
        await hands.press("back")
        await hands.at(BoardScreen)
        assert assignees(desk_file, case) == ["wang"]
        assert desk_file.core("sun").store.conn.execute("SELECT count(*) FROM bulk").fetchone() == (0,)


async def test_what_nobody_has_in_a_queue_is_given_out_and_what_somebody_has_stays(desk_file: DeskFile):
    free, taken = opened(desk_file), opened(desk_file, to="li")
    other = opened(desk_file, Kind.COMPLAINT)
    async with board(desk_file) as hands:
        await hands.press("reassign")
        await hands.at(PickOne)
        await pick(hands, "1")
        await hands.sees("派给谁？")
        await pick(hands, "4")  # Li has one already, so the others come first
        await hands.at(ConfirmScreen)
        await pick(hands, "1")
        await hands.until(lambda: "0/1" in hands.app.said[0])
        work(desk_file)
        await hands.until(lambda: hands.app.said[1] == "good")
    assert assignees(desk_file, free, taken, other) == ["li", "li", ""]


async def test_late_cases_of_a_queue_are_raised_and_what_could_not_be_is_listed(desk_file: DeskFile):
    late, kept = opened(desk_file), opened(desk_file, to="wang")
    desk_file.clock.forward(days=3)
    fresh = opened(desk_file)
    desk_file.core("wang").ask(Hold(kept.id))
    async with board(desk_file) as hands:
        await hands.press("raise_late")
        await hands.at(PickOne)
        await pick(hands, "2")
        await hands.sees("的 2 张超时工单")
        await pick(hands, "1")
        await hands.until(lambda: "0/2" in hands.app.said[0])
        work(desk_file)
        await hands.until(lambda: "1 张未成" in hands.app.said[0])
        core = desk_file.core("sun")
        assert [core.load(case.id)[0].priority for case in (late, kept, fresh)] == [2, 0, 0]
        await hands.press("runs")
        await hands.at(RunsScreen)
        await hands.sees("完成 1/2", "未成 1")
        await hands.press("open")
        await hands.sees(core.number(kept), "Wang")


async def test_the_worker_that_stands_still_is_what_needs_a_person(desk_file: DeskFile):
    opened(desk_file)
    desk_file.clock.forward(days=3)
    async with board(desk_file) as hands:
        await hands.sees("! 后台任务没有运行", "后台 已停！")
        await hands.press("queue_prev")
        await hands.press("open")
        await hands.sees("csdesk work")


async def test_cases_that_nobody_here_may_take_are_named_with_the_reason(desk_file: DeskFile):
    opened(desk_file)
    opened(desk_file)
    for who in ("wang", "li", "chen", "zhao"):
        desk_file.core("zhao").ask(SetAgentState("break", who))
    async with board(desk_file) as hands:
        await hands.sees("! 退货 2 张没有人能接：会接的人都不在线", "!2")


# Broadcasts


async def test_a_broadcast_reaches_every_console_and_each_puts_it_away_for_itself(desk_file: DeskFile):
    async with console(desk_file, "wang") as wang, board(desk_file) as zhao:
        await zhao.press("broadcast")
        await zhao.at(BroadcastScreen)
        await zhao.write("系统18点维护")
        await zhao.keys("enter")
        await zhao.at(BoardScreen)
        await wang.sees("公告", "系统18点维护", "Zhao")
        await zhao.sees("系统18点维护")
        await wang.press("heard")
        await wang.until(lambda: not wang.app.screen.query(NewsLine))
        await zhao.sees("系统18点维护")
        # It can still be read.
        wang.turn()
        await wang.screen.press("news")
        await wang.at(NewsScreen)
        await wang.sees("系统18点维护")


async def test_a_broadcast_with_somebodys_number_is_refused_and_stays_to_be_written_better(
    desk_file: DeskFile,
):
    async with board(desk_file) as hands:
        await hands.press("broadcast")
        await hands.at(BroadcastScreen)
        await hands.write("请回电13812345678")
        await hands.keys("enter")
        await hands.sees("138****5678")
        assert isinstance(hands.screen, BroadcastScreen)
        assert not hands.app.news.said


async def test_a_console_that_opens_later_has_the_line_and_loses_it_when_it_is_over(desk_file: DeskFile):
    desk_file.core("zhao").ask(Broadcast("申通华东停运，先别催件", 30))
    async with console(desk_file, "wang") as hands:
        await hands.sees("申通华东停运")
        desk_file.clock.forward(seconds=1801)
        await hands.app.news.ask()
        await hands.until(lambda: not hands.app.screen.query(NewsLine))


def spans(line: NewsLine, width: int) -> bool:
    return line.size.width == width


async def test_a_text_that_came_past_the_gate_still_cannot_act_on_a_terminal(desk_file: DeskFile):
    now = desk_file.clock.now
    async with console(desk_file, "wang", NARROW) as hands:
        for n, text in enumerate(HOSTILE):
            hands.app.news.said = [Said(str(n), "zhao", text, now, now + 60_000)]
            await hands.app.news.show()
            (line,) = hands.app.screen.query(NewsLine)
            await hands.until(partial(spans, line, NARROW[0]))
            strip = line.render_line(0)
            assert strip.cell_length == NARROW[0]
            told = "".join(segment.text for segment in strip)
            assert clean(told).text == told
