"""Guided work at the console: skipping, taking over as both sides see it, handing over, a parked stack."""

from functools import partial

from csdesk.desk import guided_queries as gq
from csdesk.desk import queries as q
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.store.leases import HOLD_MS
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.guided import SkipScreen
from csdesk.tui.screens.handover import HandoverScreen
from csdesk.tui.screens.leads import LinksScreen
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_queue import listed, opened


def parked(hands: Hands, count: int) -> bool:
    """Whether so many cases are put aside."""
    return len(hands.app.leasing.parked) == count


def writing(hands: Hands, case_id: str) -> bool:
    """Whether a reply to this case is being written."""
    screen = hands.screen
    return isinstance(screen, CaseScreen) and screen.case_id == case_id and screen.writing and screen.typing


async def next_case(hands: Hands, case_id: str) -> CaseScreen:
    """`N`, and the case it opened."""
    await hands.press("next")
    await hands.until(lambda: isinstance(hands.screen, CaseScreen) and hands.screen.view is not None)
    screen = hands.screen
    assert isinstance(screen, CaseScreen)
    await hands.until(lambda: screen.view is not None and screen.view.case.id == case_id)
    return screen


async def test_skipping_asks_why_and_goes_on_and_a_new_console_remembers(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, first, second)
        await next_case(hands, first.id)
        await hands.press("skip")
        await hands.at(SkipScreen)
        await hands.sees("为什么跳过", "1 语言不通", "2 不熟悉这类业务", "7 其他")
        await hands.keys("2")
        await hands.until(lambda: isinstance(hands.screen, CaseScreen) and hands.screen.case_id == second.id)
        assert [lease.case for lease in desk_file.core("wang").ask(q.Held())] == [second.id]
        await hands.press("skip")
        await hands.at(SkipScreen)
        await hands.keys("7")
        await hands.sees("请写明原因")
        await hands.write("zhao")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await hands.sees("没有可领的工单了")
    # Another console of mine would not get them either.
    assert desk_file.core("wang").ask(q.Next()) is None
    told = desk_file.core("zhao").ask(gq.Skips("2026-11-01", "2026-11-30")).latest
    assert {(one.why, one.note) for one in told} == {("skill", ""), ("other", "zhao")}


async def test_leaving_the_reasons_skips_nothing(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await next_case(hands, case.id)
        await hands.press("skip")
        await hands.at(SkipScreen)
        await hands.press("filter")
        await hands.press("back")
        await hands.press("back")
        await hands.at(CaseScreen)
        assert [lease.case for lease in desk_file.core("wang").ask(q.Held())] == [case.id]
        assert desk_file.core("zhao").ask(gq.Skips("2026-11-01", "2026-11-30")).latest == ()


async def test_a_take_over_is_seen_at_both_consoles_and_the_draft_stays_whose_it_was(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as wang, console(desk_file, "zhao") as zhao:
        wang.turn()
        await listed(wang, case)
        screen = await next_case(wang, case.id)
        await wang.press("reply")
        await wang.until(lambda: wang.screen.typing)
        await wang.write("nihao")
        zhao.turn()
        await listed(zhao, case)
        await zhao.press("open")
        await zhao.at(CaseScreen)
        await zhao.sees("Wang 正在处理。要接管请按 a")
        await zhao.press("verb.take")
        await zhao.at(ConfirmScreen)
        await zhao.sees("接管吗")
        await zhao.keys("2")
        await zhao.at(CaseScreen)
        assert desk_file.core("wang").ask(q.ShowCase(case.id)).case.assignee == ""
        await zhao.press("verb.take")
        await zhao.at(ConfirmScreen)
        await zhao.keys("1")
        await zhao.at(CaseScreen)
        await zhao.sees("起由你接手，之前是 Wang 在处理。")
        assert "nihao" not in zhao.shown()
        # At once, in the middle of a sentence.
        wang.turn()
        await wang.sees("已由 Zhao 接管，你的草稿已保留", "接管了这张工单")
        assert wang.app.leasing.held == ""
        assert screen.reply.composer is not None
        assert screen.reply.composer.field.text == "nihao"
        await wang.press("send")
        await wang.sees("已由 Zhao 接管，你不能再操作")
        draft = desk_file.core("wang").ask(q.GetDraft(case.id))
        assert draft is not None
        assert draft.text == "nihao"
        assert desk_file.core("zhao").ask(q.ShowCase(case.id)).case.messages == ()
        zhao.turn()
        await zhao.press("refresh")
        await zhao.sees("对方有一份", "只有对方能看。")
        assert "nihao" not in zhao.shown()


async def test_a_parked_case_that_is_taken_over_leaves_the_stack(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as wang:
        await listed(wang, case)
        await next_case(wang, case.id)
        await wang.press("park")
        await wang.until(lambda: wang.app.leasing.parked == [case.id])
        desk_file.core("zhao").do(Take(over=True), case.id)
        await wang.sees("已由 Zhao 接管")
        assert wang.app.leasing.parked == []


async def test_several_parked_cases_come_back_last_first_with_draft_and_caret(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    async with console(desk_file) as hands:
        await listed(hands, *cases)
        for n, case in enumerate(cases):
            await next_case(hands, case.id)
            await hands.press("reply")
            await hands.until(lambda: hands.screen.typing)
            await hands.write("abc" * (n + 1))
            await hands.keys("left")
            await hands.press("park")
            await hands.until(partial(parked, hands, n + 1))
            desk_file.clock.forward(seconds=1)
            await hands.at(OrderScreen)
            await hands.press("back")
            await hands.at(QueueScreen)
        for n, case in reversed(list(enumerate(cases))):
            await hands.press("unpark")
            await hands.until(partial(writing, hands, case.id))
            back = hands.screen
            assert isinstance(back, CaseScreen)
            assert back.reply.composer is not None
            field = back.reply.composer.field
            assert (field.text, field.caret) == ("abc" * (n + 1), 3 * (n + 1) - 1)
            await hands.press("back")
            await hands.until(lambda: not hands.screen.typing)
            await hands.press("back")
            await hands.at(QueueScreen)
        assert desk_file.core("wang").ask(q.Held()) == []


async def test_keys_renew_the_hold_and_silence_lets_it_go(desk_file: DeskFile, monkeypatch):
    case = opened(desk_file)
    monkeypatch.setattr("csdesk.tui.leasing.RENEW_SECONDS", -1.0)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await next_case(hands, case.id)
        li = desk_file.core("li")
        for _ in range(3):
            desk_file.clock.forward(ms=HOLD_MS - 1)
            await hands.press("down")
            await hands.until(
                lambda: desk_file.core("wang").ask(q.Held())[0].expires == desk_file.clock() + HOLD_MS
            )
        assert li.ask(q.Next()) is None
        desk_file.clock.forward(ms=HOLD_MS)
        assert li.ask(q.Next()) == case.id


async def test_a_shift_is_handed_over_from_one_list(desk_file: DeskFile):
    mine, other = opened(desk_file), opened(desk_file)
    for case in (mine, other):
        desk_file.core("wang").do(Take(), case.id)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, mine, other)
        await hands.press("handover")
        await hands.at(HandoverScreen)
        await hands.sees("下班交接", "退回队列", "（未填）")
        await hands.press("send")
        await hands.sees("还有 2 单没填交接说明")
        await hands.write("laidian")
        await hands.press("field_next")
        await hands.sees("留给自己")
        while "Li 在线" not in hands.shown():
            await hands.press("field_next")
        await hands.keys("enter")
        await hands.keys("enter")
        await hands.sees("laidian", "无需说明")
        await hands.press("send")
        await hands.at(QueueScreen)
        await hands.sees("已交接 2 单，你已签退", "离线")
    owners = [desk_file.core("li").ask(q.ShowCase(case.id)).case.assignee for case in (mine, other)]
    assert owners == ["li", ""]


async def test_what_was_not_handed_over_stays_in_the_list_with_the_reason(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("wang").do(Take(), case.id)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("handover")
        await hands.at(HandoverScreen)
        await hands.sees("（未填）")
        desk_file.core("zhao").do(Take(), case.id)
        await hands.keys("enter")
        await hands.press("send")
        await hands.sees("1 单没有交接成", "这张工单不在你手上")
        assert hands.app.leasing.here
        await hands.press("back")
        await hands.at(QueueScreen)


async def test_with_nothing_in_hand_there_is_nothing_to_hand_over(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.press("handover")
        await hands.sees("你手上没有工单", "按 S 签退")
        assert isinstance(hands.screen, QueueScreen)


async def test_a_duplicate_is_merged_from_the_page_of_linked_cases(desk_file: DeskFile):
    order = desk_file.order(line(2, 39_800))
    li = desk_file.core("li")
    kept = li.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    twice = li.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    async with console(desk_file, size=NARROW) as hands:
        await hands.until(
            lambda: isinstance(hands.screen, QueueScreen) and len(hands.screen.list.window.rows) == 2
        )
        hands.app.open_case(twice.case.id)
        await hands.sees("可办")
        await hands.press("links")
        await hands.at(LinksScreen)
        await hands.sees(kept.number, "m 并入所选工单")
        await hands.press("merge")
        await hands.at(ConfirmScreen)
        await hands.sees(f"把 {twice.number} 并入 {kept.number}？")
        await hands.keys("1")
        await hands.until(lambda: not desk_file.core("wang").load(twice.case.id)[0].open)
        await hands.until(
            lambda: isinstance(hands.screen, CaseScreen) and hands.screen.case_id == kept.case.id
        )
    assert desk_file.core("wang").load(kept.case.id)[0].links == (("merged_from", twice.case.id),)


async def test_units_are_split_off_in_the_form(desk_file: DeskFile):
    order = desk_file.order(line(2, 39_800))
    case = desk_file.core("li").do(Open(Kind.RETURN, order, (LineQty(1, 2),)))
    async with console(desk_file) as hands:
        await hands.until(
            lambda: isinstance(hands.screen, QueueScreen) and len(hands.screen.list.window.rows) == 1
        )
        hands.app.open_case(case.case.id)
        await hands.sees("可办")
        hands.app.run_verb(case.case.id, case.case.version, "split")
        await hands.at(VerbForm)
        await hands.sees("拆分工单", "拆成", "同类工单")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.until(lambda: desk_file.core("wang").load(case.case.id)[0].lines[0].asked == 1)
    wang = desk_file.core("wang")
    ((how, part),) = wang.load(case.case.id)[0].links
    assert how == "part_off"
    assert wang.load(part)[0].lines[0].asked == 1
