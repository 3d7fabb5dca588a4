"""The verdict in the console: beside the request, explained, supposed, recorded, gone against, and kept."""

import pytest

from csdesk.desk.core import Core
from csdesk.desk.queries import ShowRulings
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve, Inspect, Receive, Reject, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.entering import FactForm, moment
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.override import OverrideScreen
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.rulings import RulingsScreen
from csdesk.tui.screens.verdict import VerdictScreen
from csdesk.tui.widgets.fields import TextField
from tests.building import DAY, MONDAY, DeskFile, line
from tests.hostile import CATEGORIES
from tests.tui.consoles import NARROW, WIDE, Hands, console
from tests.tui.test_case import open_case
from tests.tui.test_many import agreed


def asked(file: DeskFile, *facts: str, lines: int = 1) -> tuple[Core, Case]:
    """A return for no reason of headphones that came on Saturday, and what was found out about them."""
    number = file.order(*(line(1, 39_800, title=f"降噪耳机{n}") for n in range(1, lines + 1)))
    wang = file.core("wang")
    units = tuple(LineQty(n, 1) for n in range(1, lines + 1))
    case = wang.do(Open(Kind.RETURN, number, units, reason="no_reason", summary="不喜欢，想退")).case
    known = ("product_class=headphones", *facts)
    return wang, wang.do(Establish(known), case.id).case


async def explained(hands: Hands, case: str) -> VerdictScreen:
    """Open a case and the explanation of its verdict."""
    await open_case(hands, case)
    await hands.sees("权益")
    await hands.press("explain")
    await hands.at(VerdictScreen)
    screen = hands.screen
    assert isinstance(screen, VerdictScreen)
    await hands.until(lambda: bool(screen.facts.picks))
    return screen


async def stand_on(hands: Hands, screen: VerdictScreen, name: str) -> None:
    """Move the cursor to a fact or an article."""
    await hands.press("top")
    for _ in screen.facts.picks:
        if screen.facts.picked is not None and screen.facts.picked.id == name:
            return
        await hands.press("down")
    raise AssertionError(f"no {name} among {[pick.id for pick in screen.facts.picks]}")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_verdict_stands_beside_the_request(desk_file: DeskFile, size: tuple[int, int]):
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file, size=size) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("+ 无理由退货", "支持", "法定", "消法§25(1)", "可以 退货", "消费者承担")
        await hands.sees("退货申请 11-0", "剩")
        assert screen.facts.top == 0


async def test_a_missing_fact_is_named_and_the_law_that_asks_for_it(desk_file: DeskFile):
    _, case = asked(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("? 无理由退货", "待核实", "还缺 商品是否完好")


async def test_it_changes_with_the_case(desk_file: DeskFile):
    wang, case = asked(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("待核实")
        wang.do(Establish(("intact=false",)), case.id)
        await hands.sees("x 无理由退货", "不支持", "商品不完好")


async def test_of_several_lines_it_says_which_and_that_others_differ(desk_file: DeskFile):
    wang, case = asked(desk_file, "intact=true", lines=2)
    wang.do(Establish(("intact=false",), line=2), case.id)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("商品 1  + 无理由退货", "支持", "商品 2 不支持")
        await hands.press("explain")
        await hands.at(VerdictScreen)
        await hands.sees("商品 1/2")
        await hands.press("field_next")
        await hands.sees("商品 2/2", "x 无理由退货")


async def test_a_case_that_puts_no_question_shows_none(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    _, case = asked(desk_file)
    # Which kinds put none is the law's affair.
    monkeypatch.setattr("csdesk.desk.law.judging.Bench.judge", lambda *_: None)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.until(lambda: screen.owed is not None)
        assert "权益" not in hands.shown()
        await hands.press("explain")
        await hands.sees("不涉及权益判定")
        assert hands.screen is screen


async def test_the_explanation_tells_money_deadlines_grounds_articles_and_pack(desk_file: DeskFile):
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file) as hands:
        await explained(hands, case.id)
        await hands.sees(
            "+ 无理由退货", "运费 消费者承担", "退货申请：", "起算日", "数7日", "商品完好", "消法§25(3)",
            "2017-03-15 起施行", "已知事实", "商品是否完好", "已记录", "签收时间", "系统", "其他可补充的事实",
        )  # fmt: skip
        await hands.press("page_down")
        await hands.sees("规则包CN")
        await hands.press("back")
        await hands.at(CaseScreen)


async def test_what_if_changes_the_verdict_and_is_kept_nowhere(desk_file: DeskFile):
    wang, case = asked(desk_file)
    async with console(desk_file) as hands:
        screen = await explained(hands, case.id)
        assert screen.facts.picked is not None and screen.facts.picked.id == "intact"
        await hands.press("open")
        await hands.sees("+ 无理由退货", "假设 1 项，未保存", "* 商品是否完好", "假设")
        await hands.press("open")
        await hands.sees("x 无理由退货", "商品不完好")
        await hands.press("open")
        await hands.sees("? 无理由退货", "还缺的事实")
        assert screen.supposed == {}
        await hands.press("open")
        await hands.sees("假设 1 项")
        await hands.press("drop")
        await hands.sees("? 无理由退货")
        await hands.press("open")
        await hands.press("back")
        await hands.at(CaseScreen)
        await hands.sees("? 无理由退货")
    after = wang.load(case.id)[0]
    assert (after.version, after.stated(1)) == (case.version, case.stated(1))


async def test_what_is_supposed_can_be_recorded(desk_file: DeskFile):
    wang, case = asked(desk_file)
    async with console(desk_file) as hands:
        screen = await explained(hands, case.id)
        await hands.press("open")
        await hands.sees("假设 1 项")
        await hands.press("send")
        await hands.until(lambda: not screen.supposed)
        await hands.sees("已记录")
        await hands.press("back")
        await hands.sees("+ 无理由退货", "记录事实：商品是否完好 是")
    assert wang.load(case.id)[0].stated(1)["intact"] is True


async def test_a_word_is_chosen_a_moment_is_typed_and_a_wrong_one_is_said(desk_file: DeskFile):
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file) as hands:
        screen = await explained(hands, case.id)
        await stand_on(hands, screen, "product_class")
        await hands.press("open")
        await hands.at(FactForm)
        await hands.sees("假设：商品类别", "耳机")
        await hands.write("生鲜")
        await hands.keys("enter")
        await hands.at(VerdictScreen)
        await hands.sees("x 无理由退货", "鲜活易腐")
        await hands.press("drop")
        await stand_on(hands, screen, "request_at")
        await hands.press("open")
        await hands.at(FactForm)
        await hands.keys("ctrl+u")
        await hands.write("昨天")
        await hands.press("send")
        await hands.sees("不是日期或时间")
        await hands.press("back")
        await hands.at(VerdictScreen)
        assert screen.supposed == {}


def test_a_day_without_a_year_is_the_last_one(desk_file: DeskFile):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    assert moment("request_at", "11-01", zone, MONDAY) == "2026-11-01"
    assert moment("request_at", "12月3日", zone, MONDAY) == "2025-12-03"
    assert moment("request_at", "2026/11/01 08:05", zone, MONDAY) == "2026-11-01T08:05+08:00"
    with pytest.raises(Refused, match="bad_moment"):
        moment("request_at", "13-45", zone, MONDAY)


async def test_from_an_article_to_its_text(desk_file: DeskFile):
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file) as hands:
        screen = await explained(hands, case.id)
        await stand_on(hands, screen, "article:no_reason_return_measures 10")
        await hands.press("open")
        await hands.at(PolicyScreen)
        await hands.sees("网络购买商品七日无理由退货暂行办法第10条")
        await hands.press("back")
        await hands.at(VerdictScreen)


async def go_against(hands: Hands, case: Case) -> None:
    """Approve what the law does not grant."""
    screen = await open_case(hands, case.id)
    await hands.sees("不支持")
    hands.app.run_verb(case.id, screen.current_case()[1], "approve")  # type: ignore[index]
    await hands.at(VerbForm)
    await hands.sees("同意申请")
    assert "不按判定的理由" not in hands.shown()
    await hands.press("send")
    await hands.at(OverrideScreen)
    await hands.sees("同意申请：与判定不符", "x 无理由退货", "不支持", "商品不完好", "消法§25")


async def test_against_the_verdict_nothing_happens_without_a_reason(desk_file: DeskFile):
    wang, case = asked(desk_file, "intact=false")
    async with console(desk_file) as hands:
        await go_against(hands, case)
        await hands.press("send")
        await hands.sees("请先写明理由")
        await hands.press("back")
        await hands.at(VerbForm)
        await hands.press("back")
        await hands.at(CaseScreen)
    assert wang.load(case.id)[0].version == case.version


async def test_with_a_reason_it_is_done_and_both_stand_in_the_timeline(desk_file: DeskFile):
    wang, case = asked(desk_file, "intact=false")
    async with console(desk_file) as hands:
        await go_against(hands, case)
        hands.screen.query_one(TextField).insert("老客户，店长同意破例")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("待寄回", "不按判定办理：判定为不支持", "老客户，店长同意破例")
    (kept,) = wang.ask(ShowRulings(case.id))
    assert (kept.against, kept.override) == (True, "老客户，店长同意破例")


async def test_of_the_marked_those_that_contradict_stay_marked(desk_file: DeskFile):
    wang, yes = asked(desk_file, "intact=true")
    _, no = asked(desk_file, "intact=false")
    async with console(desk_file) as hands:
        screen = hands.screen
        assert isinstance(screen, QueueScreen)
        await hands.until(lambda: screen.list.current is not None)
        screen.list.marks = {yes.id, no.id}
        screen.action_verb("approve")
        await agreed(hands, desk_file, "“同意申请”")
        await hands.until(lambda: screen.list.marks == {no.id})
        await hands.sees("与“同意申请”不符")
    assert wang.load(yes.id)[0].state == "approved_wait_ship"
    assert wang.load(no.id)[0].version == no.version


def refunded(file: DeskFile) -> tuple[Core, Case]:
    """A return that was approved, came back intact and was paid back."""
    wang, case = asked(file, "intact=true")
    one = (LineQty(1, 1),)
    for command in (Approve(), ShipBack("顺丰", "SF1234567890123", one), Receive(one), Inspect(), PayBack()):
        case = wang.do(command, case.id).case
        file.clock.forward(hours=1)
    return wang, case


async def test_why_it_was_refunded_is_one_key_from_the_refund(desk_file: DeskFile):
    wang, case = refunded(desk_file)
    desk_file.clock.forward(ms=3 * DAY)
    wang.do(Establish(("intact=false",)), case.id)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("退款 ¥398.00", "I 为何退款", "按判定办理：支持")
        await hands.press("rulings")
        await hands.at(RulingsScreen)
        await hands.sees("退款 Wang + 支持", "同意申请 Wang + 支持", "规则包CN", "当时的事实")
        await hands.press("open")
        await hands.at(VerdictScreen)
        await hands.sees("退款时的判定", "+ 无理由退货")
        screen = hands.screen
        assert isinstance(screen, VerdictScreen)
        await stand_on(hands, screen, "intact")
        await hands.press("open")
        await hands.sees("事实不能再改")
        await hands.press("back")
        await hands.at(RulingsScreen)
        await hands.press("back")
        await hands.at(CaseScreen)


async def test_before_any_decision_the_key_says_that_there_is_none(desk_file: DeskFile):
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.press("rulings")
        await hands.sees("还没有按判定办理过")


@pytest.mark.parametrize("category", sorted(CATEGORIES))
async def test_hostile_text_as_a_fact_is_only_text(desk_file: DeskFile, category: str):
    _, case = asked(desk_file)
    async with console(desk_file) as hands:
        screen = await explained(hands, case.id)
        for text in CATEGORIES[category][:5]:
            screen._suppose("merchant_label", text[:150])
            await hands.pilot.pause()
            await hands.until(lambda: screen.view is not None)
            assert not any(ord(sign) < 32 and sign != "\n" for sign in hands.shown())
            assert hands.screen is screen
        await hands.press("drop")


async def test_an_adverse_verb_without_the_facts_asks_too(desk_file: DeskFile):
    wang, case = asked(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        hands.app.call(_reject(hands, case))
        await hands.at(OverrideScreen)
        await hands.sees("? 无理由退货", "还缺 商品是否完好", "事实还没核实清楚就拒绝")
        await hands.press("back")
        await hands.at(CaseScreen)
    assert wang.load(case.id)[0].version == case.version


async def _reject(hands: Hands, case: Case) -> None:
    await hands.app.do(Reject(reason="not_intact", article="P02"), case.id)
