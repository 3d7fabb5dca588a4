"""Verbs over marked cases: one question, a run, what could not be stays marked; a run is taken back and redone."""

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import BeginRun
from csdesk.desk.macro_queries import SaveMacro, Step
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.tui.recording import NameScreen
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.macros import MacroScreen
from csdesk.tui.screens.many import ManyForm
from csdesk.tui.screens.moving import PickOne
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.runs import RunsScreen
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_queue import numbers, queue


def opened(file: DeskFile, kind: Kind = Kind.RETURN) -> Case:
    units = () if kind in (Kind.COMPLAINT, Kind.INQUIRY) else (LineQty(1, 1),)
    return file.core("wang").do(Open(kind, file.order(), units)).case


def work(file: DeskFile) -> None:
    """Carry out whatever runs there are."""
    system = file.core("system")
    for (run,) in system.store.conn.execute("SELECT id FROM bulk WHERE state = 'running'").fetchall():
        while not bulk_answers.step(system, run):
            file.clock.forward(ms=1)


async def marked(hands: Hands, n: int) -> None:
    await hands.until(lambda: len(numbers(hands)) == n)
    await hands.press("mark_all")
    await hands.sees(f"已标记 {n} 张")


async def agreed(hands: Hands, file: DeskFile, question: str) -> None:
    """Say yes to the question, and let the worker carry the run out."""
    await hands.at(ConfirmScreen)
    await hands.sees(question)
    await hands.keys("1")
    await hands.sees("张…")
    work(file)


async def test_marked_cases_are_taken_together_and_what_could_not_be_stays_marked(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    desk_file.core("li").do(Take(), cases[1].id)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await marked(hands, 3)
        await hands.press("verb.take")
        await agreed(hands, desk_file, "对 3 张工单执行“领取”？")
        await hands.sees("2 张完成，1 张未成", "Li 正在处理")
        assert [wang.load(case.id)[0].assignee for case in cases] == ["wang", "li", "wang"]
        assert queue(hands).list.marks == {cases[1].id}
        await hands.press("runs")
        await hands.at(RunsScreen)
        await hands.sees("完成 2/3", "未成 1", "可撤销")
        await hands.press("open")
        await hands.sees(wang.number(cases[1]), "Li")


async def test_a_form_is_shown_once_and_what_is_entered_holds_for_all(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(2)]
    async with console(desk_file) as hands:
        await marked(hands, 2)
        await hands.press("verb.tag")
        await hands.at(ManyForm)
        await hands.sees("2 张工单")
        await hands.write("申通")
        await hands.press("send")
        await agreed(hands, desk_file, "对 2 张工单执行“标签”？")
        await hands.sees("2 张完成")
    core = desk_file.core("wang")
    assert [core.load(case.id)[0].tags for case in cases] == [("申通",), ("申通",)]


async def test_the_question_tells_which_kinds_cannot(desk_file: DeskFile):
    fits, _ = opened(desk_file), opened(desk_file, Kind.COMPLAINT)
    async with console(desk_file) as hands:
        await marked(hands, 2)
        queue(hands).action_verb("approve")
        await agreed(hands, desk_file, "其中 1 张现在不能：投诉 1 张")
        await hands.sees("1 张完成，1 张未成")
        assert fits.id not in queue(hands).list.marks
        queue(hands).action_verb("approve")
        await hands.sees("标记的 1 张现在都不能")


async def test_a_run_is_taken_back_where_it_still_is_the_last_and_done_again(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    wang = desk_file.core("wang")

    def mine() -> list[str]:
        return [wang.load(case.id)[0].assignee for case in cases]

    async with console(desk_file) as hands:
        await marked(hands, 3)
        await hands.press("verb.take")
        await agreed(hands, desk_file, "对 3 张工单")
        await hands.sees("3 张完成")
        assert mine() == ["wang"] * 3
        await hands.press("undo")
        await hands.sees("撤销操作：0/3 张…")
        work(desk_file)
        await hands.sees("撤销操作：3 张完成")
        assert mine() == [""] * 3
        await hands.press("redo")
        await hands.sees("领取：0/3 张…")
        work(desk_file)
        await hands.sees("领取：3 张完成")
        assert mine() == ["wang"] * 3


async def test_a_run_of_an_earlier_console_is_taken_back_in_the_history(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(2)]
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await marked(hands, 2)
        await hands.press("verb.take")
        await agreed(hands, desk_file, "对 2 张工单")
    desk_file.clock.forward(seconds=1)  # what is done in one millisecond has no order
    async with console(desk_file) as hands:
        await hands.press("runs")
        await hands.at(RunsScreen)
        await hands.sees("可撤销", "完成 2/2")
        await hands.press("undo")
        await hands.sees("撤销操作：0/2 张…")
        work(desk_file)
        await hands.sees("撤销操作：2 张完成", "U 重做")
        await hands.press("redo")
        await hands.sees("领取：0/2 张…")
        work(desk_file)
        await hands.sees("领取：2 张完成")
    assert [wang.load(case.id)[0].assignee for case in cases] == ["wang", "wang"]


async def test_what_could_not_be_is_marked_again_from_the_history(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(2)]
    desk_file.core("li").do(Take(), cases[1].id)
    run = desk_file.core("wang").ask(BeginRun("take", tuple(case.id for case in cases)))
    work(desk_file)
    assert run.total == 2
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 2)
        await hands.press("runs")
        await hands.sees("完成 1/2", "未成 1")
        await hands.press("mark")
        await hands.sees("已标记 1 张")
        await hands.press("back")
        await hands.at(QueueScreen)
        assert queue(hands).list.marks == {cases[1].id}


async def test_a_run_is_stopped_in_the_history(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(2)]
    async with console(desk_file) as hands:
        await marked(hands, 2)
        await hands.press("verb.take")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.sees("0/2 张…")
        await hands.press("runs")
        await hands.sees("进行中")
        await hands.press("drop")
        await hands.sees("已停止，0 张完成，2 张未做")
        await hands.press("back")
        await hands.at(QueueScreen)
        assert queue(hands).list.marks == {case.id for case in cases}


async def test_repeat_goes_to_all_marked_cases(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 3)
        await hands.press("verb.take")
        await hands.until(lambda: any(wang.load(one.id)[0].assignee for one in cases))
        await hands.press("mark_all")
        await hands.press("repeat")
        await agreed(hands, desk_file, "对 3 张工单执行“领取”？")
        await hands.sees("2 张完成，1 张未成")
    assert [wang.load(one.id)[0].assignee for one in cases] == ["wang"] * 3


async def test_one_reply_goes_to_all_marked_cases_each_with_its_own_number(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(2)]
    core = desk_file.core("wang")
    async with console(desk_file) as hands:
        await marked(hands, 2)
        await hands.press("reply")
        await hands.at(PickOne)
        await hands.sees("给 2 张工单的客户回复", "{case_number}")
        await hands.keys("2")
        await hands.at(ManyForm)
        await hands.write("单号 {case_number} 已收到")
        await hands.press("send")
        await agreed(hands, desk_file, "对 2 张工单执行“回复”？")
        await hands.sees("2 张完成")
    assert [core.load(case.id)[0].messages[-1].direction for case in cases] == ["out", "out"]


async def test_a_canned_reply_is_picked_for_all(desk_file: DeskFile):
    for _ in range(2):
        opened(desk_file)
    async with console(desk_file) as hands:
        await marked(hands, 2)
        await hands.press("reply")
        await hands.at(PickOne)
        await hands.keys("1")
        await hands.at(CannedScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
    assert desk_file.core("wang").store.conn.execute("SELECT count(*) FROM bulk").fetchone() == (0,)


async def test_what_is_recorded_is_named_and_carried_out_on_marked_cases(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    core = desk_file.core("wang")
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 3)
        await hands.screen.press("record")
        await hands.sees("正在录制")
        await hands.press("verb.take")
        await hands.until(lambda: any(core.load(case.id)[0].assignee for case in cases))
        await hands.sees("领取，现为", "正在录制宏")  # for as long as it is
        await hands.screen.press("record")
        await hands.at(NameScreen)
        await hands.write("接手")
        await hands.keys("enter")
        await hands.sees("已保存“接手”，共 1 步")
        await hands.press("mark_all")
        await hands.screen.press("macros")
        await hands.at(MacroScreen)
        await hands.sees("接手  我的  领取")
        await hands.keys("1")
        await agreed(hands, desk_file, "对 3 张工单依次执行“接手”？")
        # The first is mine since the recording: the step finds it done, and is no failure.
        await hands.sees("《接手》：3 张完成")
    assert [core.load(case.id)[0].assignee for case in cases] == ["wang"] * 3


async def test_a_macro_that_writes_to_customers_says_so_before_it_runs(desk_file: DeskFile):
    async with console(desk_file) as hands:
        for steps, told in (
            ((Step("take", {}),), False),
            ((Step("take", {}), Step("reply", {"canned": "r1"})), True),
        ):
            macro = await hands.app.desk.ask(SaveMacro(f"m{told}", steps))
            asked = await hands.app.recording._question(macro, ("a", "b", "c"))
            assert ("会给 3 位消费者发送回复" in asked) is told


async def test_a_reply_of_ones_own_words_is_no_step(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.until(lambda: hands.app.idle)
        await hands.app.recording.start_or_stop()
        hands.app.recording.note(Reply("张先生您好"))
        assert "不能录进宏" in hands.app.said[0]
        await hands.app.recording.start_or_stop()
        assert hands.app.said[0] == "没有录到操作。"


async def test_a_second_key_marks_all_of_a_queue_longer_than_what_is_loaded(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("csdesk.tui.widgets.case_list.PAGE", 3)
    cases = [opened(desk_file) for _ in range(60)]
    async with console(desk_file, size=NARROW) as hands:
        await hands.until(lambda: 0 < len(numbers(hands)) < 60)
        await hands.press("mark_all")
        await hands.sees("再按一次 V 标记本队列全部")
        assert len(queue(hands).list.marks) < 60
        await hands.press("mark_all")
        await hands.sees("已标记本队列全部 60 张")
        assert queue(hands).list.marks == {case.id for case in cases}
        await hands.press("mark_all")
        await hands.until(lambda: hands.app.idle)
        assert len(queue(hands).list.marks) == 60
        await hands.press("back")
        assert queue(hands).list.marks == set()


async def test_all_of_a_short_queue_stay_marked_whatever_was_marked_before(desk_file: DeskFile):
    """A second V took every mark off without a word, and the next verb was done to one case."""
    cases = [opened(desk_file) for _ in range(3)]
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 3)
        for key in ("mark", "mark_all", "mark_all"):
            await hands.press(key)
        await hands.sees("已标记 3 张")
        assert queue(hands).list.marks == {case.id for case in cases}


async def test_the_question_tells_what_a_payment_comes_to_for_all(desk_file: DeskFile):
    for _ in range(3):
        opened(desk_file)
    async with console(desk_file) as hands:
        await marked(hands, 3)
        queue(hands).action_verb("compensate")
        await hands.at(ManyForm)
        await hands.write("1000")
        await hands.press("send")
        await hands.at(ConfirmScreen)
        await hands.sees("对 3 张工单执行", "最多涉及 ¥30.00")
        await hands.keys("2")
        await hands.at(QueueScreen)
    assert desk_file.core("wang").store.conn.execute("SELECT count(*) FROM bulk").fetchone() == (0,)
