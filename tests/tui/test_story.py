"""A whole return, with keys alone: found by the customer's name, worked, paid back, answered, closed."""

from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.store.verify import verify
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.opening import OpenForm
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_compose import LAW, stock
from tests.tui.test_order import orders


async def verb(hands: Hands, name: str) -> None:
    """Pick a verb in the status menu by the number that stands before it."""
    await hands.press("status")
    await hands.at(StatusMenu)
    menu = hands.screen
    assert isinstance(menu, StatusMenu)
    await hands.until(lambda: bool(menu.picks.picks))
    place = [pick.id for pick in menu.picks.picks if pick.id].index(name)
    await hands.keys(str(place + 1))
    await hands.at(VerbForm)
    form = hands.screen
    assert isinstance(form, VerbForm)
    await hands.until(lambda: form.told.painted_at < float("inf"))


async def done(hands: Hands, state: str) -> None:
    """Carry the form out; the case then says where it stands."""
    await hands.press("send")
    await hands.at(CaseScreen)
    await hands.sees(state)


async def test_a_return_of_two_lines_from_the_first_key_to_the_closed_case(desk_file: DeskFile):
    stock(desk_file.store())
    number = desk_file.order(
        line(2, 39_801, "EAR-2", "降噪耳机"), line(1, 9_900, "TEE", "白色圆领T恤"), line(1, 5_000, "CUP", "马克杯"),
        customer=desk_file.customer("欧阳明", phone="13811112222"),
        payments=[("alipay", 50_000), ("gift_card", 4_701)],
    )  # fmt: skip
    async with console(desk_file) as hands:
        # The order, by the customer's name; a return of two of its three lines.
        await orders(hands, "欧阳明")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("2")
        await hands.keys("2", "down", "1", "enter")
        await hands.keys("1", "enter")
        await hands.press("field_next")
        await hands.write("都不想要了")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("RT-", "待受理", "申请 2/2", "申请 1/1", number)
        screen = hands.screen
        assert isinstance(screen, CaseScreen)
        case = screen.case_id

        await verb(hands, "approve")
        await done(hands, "待寄回")
        # Two parcels, two days.
        for waybill, take in (("SF1111111111", ("1", "down", "0")), ("SF2222222222", ("1", "down", "1"))):
            desk_file.clock.forward(days=1)
            await verb(hands, "ship_back")
            await hands.write("顺丰")
            await hands.keys("enter")
            await hands.write(waybill)
            await hands.keys("enter", *take)
            await done(hands, waybill)
            desk_file.clock.forward(hours=3)
            await verb(hands, "receive")
            await hands.press("field_next")
            await hands.keys("down")
            await hands.press("field_prev")
            await hands.keys(*take)
            await done(hands, "验货中")
        await hands.sees("收到 2", "收到 1", "+ 11-03 13:00 收到", "+ 11-04 16:00 收到")

        await verb(hands, "inspect")
        await done(hands, "可再售 2")
        await verb(hands, "refund")
        await hands.sees("退款 ¥497.01", "支付宝", "礼品卡")
        await done(hands, "退款中")
        system = desk_file.core("system")
        (refund,) = system.load(case)[0].refunds
        system.do(SettleRefund(refund.id, "confirmed"), case)
        await hands.sees("已退款", "已到账")

        # A canned reply that cites an article, and the end.
        await hands.press("canned")
        await hands.at(CannedScreen)
        await hands.write("tyth")
        await hands.sees("的退货已同意。")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.until(lambda: screen.writing)
        await hands.press("policy")
        await hands.at(PolicyScreen)
        await hands.write("消法25")
        await hands.sees("第二十五条")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.sees(f"引用 《{LAW}》第二十五条")
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")
        await hands.press("resolve")
        await hands.at(QueueScreen)

    core = desk_file.core("wang")
    view = core.ask(ShowCase(case))
    assert (view.case.state, view.case.refunded) == ("closed", 39_801 + 9_900)
    assert [entry.verb for entry in view.timeline if entry.code != "ruled"] == [
        "open", "approve", "ship_back", "receive", "ship_back", "receive", "inspect", "refund", "settle_refund",
        "reply", "close",
    ]  # fmt: skip
    (reply,) = (entry for entry in view.timeline if entry.code == "reply_held")
    assert reply.detail["articles"] == ("L25",) and reply.detail["canned"] == "C1"
    assert sum(part.minor for part in view.case.refunds[0].parts) == 49_701
    assert list(verify(desk_file.store())) == []


async def test_a_simple_return_is_approved_with_a_canned_reply_in_seven_keys(desk_file: DeskFile):
    stock(desk_file.store())
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    case = desk_file.core("li").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    async with console(desk_file, size=NARROW) as hands:
        await hands.press("next")  # 1
        await hands.at(CaseScreen)
        await hands.sees("待受理")
        await verb(hands, "approve")  # 2, 3
        await done(hands, "待寄回")  # 4
        await hands.press("canned")  # 5
        await hands.at(CannedScreen)
        await hands.sees("的退货已同意。")
        await hands.keys("enter")  # 6
        await hands.at(CaseScreen)
        screen = hands.screen
        assert isinstance(screen, CaseScreen)
        await hands.until(lambda: screen.writing)
        await hands.press("send")  # 7
        await hands.sees("回复 10 秒后发出")
    assert desk_file.core("li").load(case.id)[0].state == "approved_wait_ship"
