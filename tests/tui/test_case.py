"""The case screen: what one look shows, whose it is, moving through it and on, what others change."""

import pytest

from csdesk.desk.queries import Held
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.exchange import Reissue
from csdesk.domain.cases.goods import Approve, Inspect, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.domain.cases.shared import Close, Prioritise, Tag, Take
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.widgets.bars import Hints
from tests.building import DAY, DeskFile, line
from tests.hostile import CATEGORIES
from tests.tui.consoles import NARROW, WIDE, Hands, console, lines
from tests.tui.test_queue import listed, opened


def lived(file: DeskFile) -> Case:
    """A return of two lines that has seen parcels, an inspection and a refund to two payments."""
    number = file.order(
        line(2, 39_800, title="降噪耳机"),
        line(1, 9_900, "TEE", "白色圆领T恤"),
        payments=[("alipay", 40_000), ("balance", 9_700)],
    )
    wang = file.core("wang")
    units = (LineQty(1, 2), LineQty(2, 1))
    case = wang.do(Open(Kind.RETURN, number, units, reason="quality", summary="左耳没有声音，想退")).case
    file.clock.forward(hours=1)
    for command in (
        Approve(),
        ShipBack("顺丰", "SF1234567890123", (LineQty(1, 2),)),
        Receive((LineQty(1, 2),)),
        Inspect(),
        Tag(add=("耳机",)),
        Prioritise(2),
        Hear("什么时候退款？打13912345678找我"),
        Reply("已经在办理，请放心"),
        PayBack((LineQty(1, 1),)),
    ):
        case = wang.do(command, case.id).case
    return case


def case_screen(hands: Hands) -> CaseScreen:
    screen = hands.screen
    assert isinstance(screen, CaseScreen)
    return screen


async def test_a_case_whose_countdown_goes_on_was_seen_when_it_was_painted(desk_file: DeskFile):
    """A verb that cannot be taken back was dropped as typed too early when a deadline was worded anew just then."""
    case = opened(desk_file)
    async with console(desk_file, "wang") as hands:
        screen = await open_case(hands, case.id)
        seen, told = screen.painted(case.id), [str(line) for line in screen.facts.lines]
        desk_file.clock.forward(hours=3)
        screen._lay(later=True)
        assert [str(line) for line in screen.facts.lines] != told
        await hands.settle()
        assert screen.painted(case.id) == seen
        desk_file.clock.forward(hours=3)
        screen._lay()
        await hands.until(lambda: seen < screen.painted(case.id) < float("inf"))


async def open_case(hands: Hands, case: str, *, then: str = "") -> CaseScreen:
    """Open a case and wait until it stands there."""
    hands.turn()
    hands.app.open_case(case, then=then)
    await hands.at(CaseScreen)
    screen = case_screen(hands)
    await hands.until(lambda: screen.view is not None and screen.painted(case) < float("inf"))
    return screen


async def test_one_look_shows_it_all(desk_file: DeskFile):
    case = lived(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees(
            "退货", "退款中", "等待对方", "紧急", "#耳机", "山海数码", "张*", "138****5678",  # who and where
            "退款", "剩 7 天", "法定", "消法 §25(3)",  # by when, and by what
            "质量问题", "左耳没有声音，想退",  # what was asked
            "1 降噪耳机", "申请 2/2", "同意 2", "收到 2", "可再售 2", "已退 1", "¥398.00", "2 白色圆领T恤",
            "支付宝", "付 ¥400.00", "账户余额", "付 ¥97.00", "退款 ¥199.00", "待打款",
            "寄回", "顺丰 SF1234567890123", "第1项2件",
            "可办", "¥退款", "记录来话",
            "消费者来话", "已经在办理，请放心", "待发出",
        )  # fmt: skip
        assert "139****5678" in hands.shown() and "13912345678" not in hands.shown()
        assert "13812345678" not in hands.shown()


async def test_a_small_screen_has_the_same_in_one_column_that_scrolls(desk_file: DeskFile):
    case = lived(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("退款中", "时限", "诉求", "商品")
        assert "已经在办理" not in hands.shown()
        await hands.press("bottom")
        await hands.sees("已经在办理，请放心")
        assert "诉求" not in hands.shown()
        await hands.press("top")
        await hands.sees("诉求", f"+{len(screen.facts.lines) - screen.facts.size.height}")
        await hands.press("page_down")
        assert screen.facts.top == min(screen.facts.size.height - 1, screen.facts.last_top) > 0
        before = screen.facts.top
        await hands.press("up")
        assert screen.facts.top == before - 1


async def test_side_by_side_the_scroll_keys_move_one_of_the_two(desk_file: DeskFile):
    case = lived(desk_file)
    for n in range(30):
        desk_file.core("wang").do(Hear(f"第 {n} 条消息"), case.id)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("第 29 条消息")
        await hands.press("top")
        assert screen.talk.top == 0
        await hands.press("field_next")
        await hands.press("down")
        assert (screen.talk.top, screen.page) == (0, screen.facts)


async def test_opening_holds_the_case_and_leaving_gives_it_back(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        assert [lease.case for lease in wang.ask(Held())] == [case.id]
        await hands.press("back")
        await hands.at(QueueScreen)
        await hands.until(lambda: wang.ask(Held()) == [])


async def test_who_else_holds_it_is_shown_and_what_was_said_stays_hidden(desk_file: DeskFile):
    number = desk_file.order()
    case = desk_file.core("li").do(Open(Kind.RETURN, number, (LineQty(1, 1),), summary="不想要了，真的")).case
    desk_file.core("li").do(Take(), case.id)
    async with console(desk_file, "li") as first, console(desk_file, "wang") as second:
        await open_case(first, case.id)
        await first.sees("不想要了，真的")
        await open_case(second, case.id)
        await second.sees("! Li 正在处理", "你可以看、写备注，不能做别的", "领取后可见")
        await second.until(lambda: "写回复" not in lines(second.screen.query_one(Hints)))
        assert second.screen.off("reply") == second.screen.off("verb.approve") == "Li 正在处理这张工单。"
        assert second.screen.off("verb.note") is None
        assert "真的" not in second.shown()


async def test_previous_and_next_follow_the_order_of_the_queue(desk_file: DeskFile):
    first, second, third = opened(desk_file), opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, first, second, third)
        await open_case(hands, second.id)
        await hands.press("case_next")
        await hands.until(lambda: case_screen(hands).case_id == third.id)
        await hands.until(lambda: case_screen(hands)._place is not None)
        await hands.press("case_next")
        await hands.sees("已经是这个队列的最后一张")
        await hands.press("case_prev")
        await hands.until(lambda: case_screen(hands).case_id == second.id)
        await hands.until(lambda: [lease.case for lease in desk_file.core("wang").ask(Held())] == [second.id])


async def test_what_somebody_else_does_is_seen_and_said(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        desk_file.core("zhao").do(Tag(add=("催促",)), case.id)
        await hands.sees("刚有改动", "Zhao 标签", "#催促")
        assert hands.screen.current_case() == (case.id, desk_file.core("li").load(case.id)[0].version)


async def test_verbs_go_by_key_and_through_the_status_menu(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.press("verb.take")
        await hands.sees("受理人 Wang", "审核中")
        await hands.press("verb.take")
        await hands.sees("已经是你的工单")
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.sees("1 同意申请")
        await hands.press("back")
        await hands.at(CaseScreen)
        assert "o 同意申请" in hands.shown()


async def test_a_reply_from_the_status_menu_is_written_in_the_case_in_front(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        hands.app.run_verb(case.id, 1, "reply")
        await hands.until(lambda: screen.writing)
        assert [type(one) for one in hands.app.screen_stack] == [QueueScreen, CaseScreen]


async def test_resolving_closes_the_case_and_goes_on_to_the_next(desk_file: DeskFile):
    done, later = opened(desk_file, Kind.INQUIRY), opened(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, done.id)
        await hands.press("resolve")
        await hands.sees("还没有告知消费者结果")
        desk_file.core("wang").do(Reply("包裹今天送到"), done.id)
        await hands.sees("包裹今天送到")
        await hands.press("resolve")
        await hands.until(lambda: case_screen(hands).case_id == later.id)
        assert desk_file.core("wang").load(done.id)[0].state == "closed"
        assert [lease.case for lease in desk_file.core("wang").ask(Held())] == [later.id]


async def test_with_nothing_left_resolving_ends_at_the_queue(desk_file: DeskFile):
    case = opened(desk_file, Kind.INQUIRY)
    desk_file.core("wang").do(Reply("包裹今天送到"), case.id)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.press("resolve")
        await hands.at(QueueScreen)
        await hands.sees("没有可领的工单了")


async def test_a_verb_that_cannot_be_taken_back_is_dropped_while_its_case_is_unseen(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = lived(desk_file)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        screen.pressed_at = screen.painted(case.id) - 1
        hands.app.run_verb(case.id, wang.load(case.id)[0].version, "recall")
        await hands.sees("这一步不能撤销，所以没有执行")
        await hands.press("verb.recall")
        await hands.sees("已撤回")


async def test_late_clocks_have_a_sign_and_near_ones_another(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.clock.forward(days=1, hours=21)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("~ 审核")
        desk_file.clock.forward(hours=5)
        screen._lay()
        await hands.sees("! 审核", "超 3 小时")


async def test_a_closed_case_says_why_nothing_can_be_done(desk_file: DeskFile):
    case = opened(desk_file, Kind.INQUIRY)
    wang = desk_file.core("wang")
    wang.do(Reply("好的"), case.id)
    wang.do(Close(), case.id)
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("已结案", "已完结", "重新打开")
        await hands.press("reply")
        await hands.sees("工单已是“已结案”，不能再操作")
        assert screen.reply.composer is None


async def test_other_cases_of_the_customer_are_in_sight(desk_file: DeskFile):
    customer = desk_file.customer()
    one, two = (desk_file.order(customer=customer) for _ in range(2))
    wang = desk_file.core("wang")
    wang.do(Open(Kind.COMPLAINT, one, reason="service"))
    case = wang.do(Open(Kind.RETURN, two, (LineQty(1, 1),))).case
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("其他", "CP-", "新投诉")


async def test_a_provisional_case_says_that_its_order_is_not_linked(desk_file: DeskFile):
    case = desk_file.core("wang").do(Open(Kind.INQUIRY, order_hint="W999")).case
    async with console(desk_file, size=NARROW) as hands:
        await open_case(hands, case.id)
        await hands.sees("订单 W999（未关联）")


async def test_goods_that_went_out_and_others_that_came_instead_are_shown(desk_file: DeskFile):
    wang = desk_file.core("wang")
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    case = wang.do(Open(Kind.EXCHANGE, number, (LineQty(1, 1),))).case
    for command in (
        Approve(exchange_sku="EAR-2-BLACK"), ShipBack("顺丰", "SF0000000001"), Receive(), Inspect(),
        Reissue("圆通", "YT0000000002"),
    ):  # fmt: skip
        wang.do(command, case.id)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees("换成 EAR-2-BLACK", "寄出 1", "寄出", "圆通 YT0000000002")


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
async def test_nothing_that_a_customer_writes_acts_on_the_terminal(desk_file: DeskFile, kind: str):
    # What UTF-8 cannot write never gets into a desk.
    nasty = [text.encode("utf-8", "replace").decode() for text in CATEGORIES[kind] if text.strip()][:12]
    number = desk_file.order(line(1, 19_900, title=nasty[0]), number="W7")
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),), summary="\n".join(nasty))).case
    for text in nasty:
        wang.do(Hear(text or "x"), case.id)
    wang.do(Tag(add=tuple(text[:30] for text in nasty[:3])), case.id)
    async with console(desk_file, size=NARROW) as hands:
        await open_case(hands, case.id)
        for key in ("bottom", "top"):
            await hands.press(key)
            drawn = hands.shown()
            assert not [sign for sign in drawn if sign != "\n" and (sign < " " or "\x7f" <= sign <= "\x9f")]
            assert "\u202e" not in drawn and "\u200b" not in drawn


async def test_the_widths_of_both_layouts_hold(desk_file: DeskFile):
    case = lived(desk_file)
    for size in (NARROW, WIDE, (104, 30), (200, 60)):
        async with console(desk_file, size=size) as hands:
            screen = await open_case(hands, case.id)
            for page in (screen.header, screen.facts, screen.talk):
                for y in range(page.size.height):
                    assert page.render_line(y).cell_length == page.size.width
    assert DAY


async def test_a_case_taken_in_one_console_is_seen_taken_in_the_other(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "li") as first, console(desk_file, "wang") as second:
        await open_case(first, case.id)
        await open_case(second, case.id)
        first.turn()
        await first.press("verb.take")
        await first.sees("受理人 Li")
        await second.sees("受理人 Li", "刚有改动：Li 领取")


async def test_both_press_the_same_verb_and_the_slower_is_told_who_and_what(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, "li") as first, console(desk_file, "wang") as second:
        await open_case(first, case.id)
        await open_case(second, case.id)
        seen = case_screen(second).current_case()
        assert seen is not None
        first.turn()
        await first.press("verb.take")
        await first.sees("受理人 Li")
        second.turn()
        # As it was seen when the key went down; the watcher may have shown the change since.
        second.app.run_verb(case.id, seen[1], "take")
        await second.sees("刚被改动（Li 领取），你的操作没有执行")
    assert desk_file.core("wang").load(case.id)[0].assignee == "li"


async def test_a_case_left_before_it_was_read_is_given_back(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        hands.app.open_case(case.id)
        screen = hands.app.screen
        assert isinstance(screen, CaseScreen) and screen.view is None
        await hands.app.pop_screen()
        await hands.at(QueueScreen)
        await hands.until(lambda: hands.app.idle)
        assert hands.app.leasing.held == "" and desk_file.core("wang").ask(Held()) == []
