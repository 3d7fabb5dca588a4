"""Forms of verbs: what is filled in, refused beside its field, shown before it happens, and done once."""

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.goods import Approve, Inspect, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Tag
from csdesk.interop.shipped import load_knowledge
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.override import OverrideScreen
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.widgets.bars import StatusLine
from csdesk.tui.widgets.choice import Choice
from csdesk.tui.widgets.grid import UnitGrid
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_queue import opened


def bought(file: DeskFile, *lines: object, **order: object) -> tuple[Core, Case]:
    """A return of everything in an order, and wang who works on it."""
    number = file.order(*lines, **order)  # type: ignore[arg-type]
    units = tuple(LineQty(n, one.qty) for n, one in enumerate(lines, 1))  # type: ignore[attr-defined]
    wang = file.core("wang")
    return wang, wang.do(Open(Kind.RETURN, number, units, reason="quality")).case


async def form(hands: Hands, case: Case, verb: str) -> VerbForm:
    """Open a case and the form of a verb on it."""
    await open_case(hands, case.id)
    screen = case_screen(hands)
    await hands.until(lambda: screen.view is not None)
    hands.app.run_verb(case.id, screen.current_case()[1], verb)  # type: ignore[index]
    await hands.at(VerbForm)
    made = hands.screen
    assert isinstance(made, VerbForm)
    await hands.until(lambda: made.focused is not None and made.told.painted_at < float("inf"))
    return made


def grid(screen: VerbForm) -> UnitGrid:
    (found,) = screen.query(UnitGrid)
    return found


async def test_what_is_likely_is_filled_in_and_one_key_does_it(desk_file: DeskFile):
    wang, case = bought(desk_file, line(2, 39_800, title="降噪耳机"), line(1, 9_900, title="白色圆领T恤"))
    async with console(desk_file) as hands:
        await form(hands, case, "approve")
        await hands.sees("同意申请", "1 降噪耳机", "2/2", "2 白色圆领T恤", "1/1", "待寄回")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("同意 2", "待寄回")
    assert [(one.line, one.approved) for one in wang.load(case.id)[0].lines] == [(1, 2), (2, 1)]


async def test_a_number_that_is_likely_is_replaced_by_what_is_typed(desk_file: DeskFile):
    """Two hours of sleep became forty-two."""
    _, case = bought(desk_file, line(2, 39_800))
    async with console(desk_file) as hands:
        screen = await form(hands, case, "snooze")
        assert screen.rows["hours"].text == "4"
        await hands.write("2")
        assert screen.rows["hours"].text == "2"
        await hands.write("0")
        assert screen.rows["hours"].text == "20"


async def test_what_a_form_did_is_said_on_the_screen_below_it(desk_file: DeskFile):
    """It was said while the form was still in front, and the screen below went on showing what it had said before."""
    _, case = bought(desk_file, line(2, 39_800, title="降噪耳机"))
    async with console(desk_file) as hands:
        await form(hands, case, "approve")
        await hands.press("send")
        await hands.until(lambda: isinstance(hands.app.screen, CaseScreen) and hands.app.idle)
        status = hands.screen.query_one(StatusLine)
        # What is painted, not what would be: `sees` draws the line anew.
        await hands.until(lambda: "同意申请，现为" in "".join(text for text, _ in status._shown))


async def test_quantities_are_typed_and_counted_and_never_pass_the_most_by_counting(desk_file: DeskFile):
    wang, case = bought(desk_file, line(12, 39_800), line(1, 9_900))
    async with console(desk_file) as hands:
        screen = await form(hands, case, "approve")
        await hands.keys("1", "1")
        assert grid(screen).text == "1x11,2x1"
        await hands.keys("+", "+", "+")
        assert grid(screen).text == "1x12,2x1"
        await hands.keys("-", "-")
        await hands.press("down")
        await hands.keys("space")
        assert grid(screen).text == "1x10"
        await hands.press("send")
        await hands.at(CaseScreen)
    assert [one.approved for one in wang.load(case.id)[0].lines] == [10, 0]


async def test_too_many_is_said_beside_the_field_and_nothing_happens(desk_file: DeskFile):
    wang, case = bought(desk_file, line(1, 39_800))
    async with console(desk_file) as hands:
        screen = await form(hands, case, "approve")
        await hands.keys("3")
        await hands.sees("3/1")
        assert screen.rows["lines"].beside.text and screen.rows["lines"].beside.display
        await hands.press("send")
        assert hands.screen is screen
        await hands.keys("backspace", "1")
        assert not screen.rows["lines"].beside.display
    assert wang.load(case.id)[0].state == "submitted"


async def test_taking_all_units_away_does_not_mean_all_of_them(desk_file: DeskFile):
    wang, case = bought(desk_file, line(1, 39_800))
    for command in (Approve(), Receive(), Inspect()):
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "refund")
        await hands.keys("0")
        await hands.press("send")
        await hands.sees("没有可操作的商品")
        assert hands.screen is screen
    assert wang.load(case.id)[0].refunds == ()


async def test_a_refund_shows_its_money_by_payment_and_a_double_press_pays_once(desk_file: DeskFile):
    wang, case = bought(desk_file, line(2, 39_800), payments=[("alipay", 30_000), ("gift_card", 9_800)])
    for command in (Approve(), Receive(), Inspect()):
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        await form(hands, case, "refund")
        await hands.sees("退款 ¥398.00", "支付宝", "¥300.00", "礼品卡", "¥98.00", "款项已经付出", "退款中")
        await hands.keys("1")
        await hands.sees("退款 ¥199.00", "¥150.00", "¥49.00")
        await hands.keys("f9", "f9")
        await hands.at(CaseScreen)
        await hands.sees("退款 ¥199.00")
    (refund,) = wang.load(case.id)[0].refunds
    assert (refund.minor, [(part.method, part.minor) for part in refund.parts]) == (
        19_900,
        [("alipay", 15_000), ("gift_card", 4_900)],
    )


async def test_money_typed_ahead_of_its_picture_is_dropped(desk_file: DeskFile):
    wang, case = bought(desk_file, line(1, 39_800))
    for command in (Approve(), Receive(), Inspect()):
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "refund")
        screen.pressed_at = screen.told.painted_at - 1
        screen.action_send()
        await hands.sees("这一步不能撤销，所以没有执行")
        assert hands.screen is screen
    assert wang.load(case.id)[0].refunds == ()


async def test_a_reason_is_chosen_by_number_by_letters_and_by_arrows(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        screen = await form(hands, case, "reject")
        reason = screen.rows["reason"].editor
        assert isinstance(reason, Choice)
        await hands.sees("1 超过期限", "9 非消费者")
        await hands.keys("down", "down")
        assert reason.text == "excluded_fresh"
        await hands.write("wfxgz")
        await hands.sees("未发现故障")
        assert reason.text == "no_defect_found"
        await hands.keys("backspace", "backspace", "backspace", "backspace", "backspace", "1")
        assert reason.text == "expired"
        assert screen.focused is screen.rows["article"].editor


async def test_a_refusal_needs_its_article_which_is_looked_up_from_the_form(desk_file: DeskFile):
    load_knowledge(desk_file.store())
    case = opened(desk_file)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "reject")
        await hands.press("send")
        await hands.sees("还缺“原因”")
        await hands.keys("1")
        await hands.press("send")
        await hands.sees("请写明依据的条款")
        assert screen.focused is screen.rows["article"].editor
        await hands.press("policy")
        await hands.at(PolicyScreen)
        await hands.write("七日无理由")
        await hands.sees("P01")
        await hands.keys("enter")
        await hands.at(VerbForm)
        await hands.until(lambda: screen.rows["article"].text.startswith("P"))
        await hands.sees("本台条款")
        await hands.press("send")
        # The facts are not known yet, and nobody is refused for want of a question.
        await hands.at(OverrideScreen)
        await hands.write("三天前已电话核实")
        await hands.press("send")
        await hands.at(CaseScreen)
    done = desk_file.core("wang").load(case.id)[0]
    assert (done.state, done.outcome) == ("rejected", "rejected")


async def test_inspection_moves_units_between_the_dispositions(desk_file: DeskFile):
    wang, case = bought(desk_file, line(3, 39_800))
    for command in (Approve(), Receive((LineQty(1, 2),))):
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "inspect")
        await hands.sees("可再售", "报废", "退还消费者", "缺件")
        assert grid(screen).text == "1x2:restock"
        await hands.keys("right", "+")
        assert grid(screen).text == "1x1:restock,1x1:dispose"
        await hands.keys("right", "right", "+", "+")
        assert grid(screen).text == "1x1:restock,1x1:dispose,1x1:missing"
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("可再售 1", "报废 1", "缺 1")


async def test_parcels_on_the_way_can_be_named_when_goods_arrive(desk_file: DeskFile):
    wang, case = bought(desk_file, line(2, 39_800))
    for command in (Approve(), ShipBack("顺丰", "SF0000000001", (LineQty(1, 1),))):
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "receive")
        await hands.press("field_next")
        await hands.sees("1 不指定包裹", "2 顺丰 SF0000000001")
        await hands.keys("2")
        assert screen.rows["waybill"].text == "SF0000000001"


async def test_a_case_is_given_to_somebody_from_a_list(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "chen") as hands:
        await form(hands, case, "assign")
        await hands.write("Li")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.sees("受理人 Li", "指派给 Li")


async def test_one_line_and_enter_put_a_tag_on(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.press("verb.tag")
        await hands.at(VerbForm)
        await hands.write("破损，加急")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.sees("#破损 #加急")


async def test_a_note_of_several_lines_is_written_and_sent_with_the_send_key(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await form(hands, case, "note")
        await hands.write("电话无人接听\n明天再打")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("内部备注", "电话无人接听", "明天再打")


async def test_a_note_that_a_call_interrupts_is_there_when_the_form_opens_again(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await form(hands, case, "note")
        await hands.write("电话里说")
        await hands.press("park")
        await hands.at(OrderScreen)
        await hands.press("back")
        await hands.at(QueueScreen)
        again = await form(hands, case, "note")
        assert again.rows["text"].text == "电话里说"
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("电话里说")
        assert (await form(hands, case, "note")).rows["text"].text == ""


async def test_leaving_a_form_does_nothing(desk_file: DeskFile):
    wang, case = bought(desk_file, line(1, 39_800))
    async with console(desk_file) as hands:
        await form(hands, case, "approve")
        await hands.press("back")
        await hands.at(CaseScreen)
    assert wang.load(case.id)[0].state == "submitted"


async def test_an_order_found_later_brings_its_lines(desk_file: DeskFile):
    number = desk_file.order(line(2, 39_800, title="降噪耳机"))
    case = desk_file.core("wang").do(Open(Kind.COMPLAINT, order_hint="W0", reason="service")).case
    async with console(desk_file) as hands:
        screen = await form(hands, case, "link_order")
        for _ in "W0":
            await hands.keys("backspace")
        await hands.write(number)
        await hands.sees("1 降噪耳机", "0/2")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees(f"{number}  已签收")
        assert screen.order is not None


async def test_an_inquiry_becomes_a_return_with_units_and_a_reason_of_that_kind(desk_file: DeskFile):
    number = desk_file.order(line(1, 39_800, title="降噪耳机"))
    case = desk_file.core("wang").do(Open(Kind.INQUIRY, number)).case
    async with console(desk_file) as hands:
        screen = await form(hands, case, "convert")
        await hands.sees("1 退货")
        await hands.keys("1", "1")
        await hands.press("field_next")
        await hands.sees("1 七天无理由")
        await hands.keys("1")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("RT-", "申请 1/1", "七天无理由")
        assert screen.verb == "convert"


async def test_when_both_press_the_same_verb_the_slower_is_told_who_and_what(desk_file: DeskFile):
    _, case = bought(desk_file, line(1, 39_800))
    li = desk_file.core("li")
    async with console(desk_file) as hands:
        screen = await form(hands, case, "approve")
        version = screen.view.case.version
        # Wang let go of the case meanwhile; li was a moment faster than the watcher that would show it.
        await hands.app.leasing.let_go()
        done = li.do(Approve(), case.id, version=version)
        await hands.press("send")
        await hands.sees("刚被改动（Li 同意申请）", "你的操作没有执行")
        await hands.sees("“待寄回”状态下不能“同意申请”")
        assert hands.screen is screen
    assert desk_file.core("wang").load(case.id)[0].version == done.case.version


async def test_what_commutes_does_not_conflict(desk_file: DeskFile):
    _, case = bought(desk_file, line(1, 39_800))
    async with console(desk_file) as hands:
        await form(hands, case, "approve")
        desk_file.core("li").do(Tag(add=("加急",)), case.id)
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("待寄回", "#加急")


async def test_a_verb_that_asks_for_nothing_is_two_keys_away(desk_file: DeskFile):
    case = desk_file.core("wang").do(Open(Kind.COMPLAINT, desk_file.order(), reason="service")).case
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.keys("s", "1")
        await hands.sees("已受理", "协商")


async def test_a_letter_grades_what_came_back_and_the_same_letter_takes_the_grade_off(desk_file: DeskFile):
    wang, case = bought(desk_file, line(1, 39_800))
    wang.do(Approve(), case.id)
    wang.do(ShipBack("顺丰", "SF1234567890"), case.id)
    wang.do(Receive(), case.id)
    async with console(desk_file) as hands:
        screen = await form(hands, case, "inspect")
        await hands.sees("成色")
        await hands.keys("b")
        await hands.until(lambda: grid(screen).text == "1x1:restock:B")
        await hands.keys("b")
        await hands.until(lambda: grid(screen).text == "1x1:restock")
        await hands.keys("a")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("可再售 1")


async def test_a_letter_has_its_day_by_the_published_calendar_and_an_owner_out_of_a_list(desk_file: DeskFile):
    case = desk_file.core("wang").do(Open(Kind.COMPLAINT, desk_file.order(), reason="service")).case
    async with console(desk_file) as hands:
        screen = await form(hands, case, "notice")
        await hands.write("A-1")
        await hands.press("field_next")
        await hands.write("7个工作日")
        await hands.sees("来函答复", "11-12 00:00")
        assert "未公布" not in hands.shown()
        owner = screen.rows["owner"].editor
        assert isinstance(owner, Choice)
        assert owner.options[0].value == ""
        assert {"wang", "li", "zhao"} <= {option.value for option in owner.options}


async def test_a_track_is_asked_only_for_what_its_kind_needs(desk_file: DeskFile):
    case = desk_file.core("wang").do(Open(Kind.COMPLAINT, desk_file.order(), reason="service")).case
    async with console(desk_file) as hands:
        screen = await form(hands, case, "open_track")
        await hands.keys("3")
        await hands.until(lambda: screen.rows["track_kind"].text == "merchant")
        assert not screen.rows["owner"].display and not screen.rows["agreement"].display
        screen.rows["track_kind"].editor.focus()
        await hands.until(lambda: screen.focused is screen.rows["track_kind"].editor)
        await hands.keys("2")
        await hands.until(lambda: screen.rows["owner"].display and screen.rows["deadline"].display)
