"""Where a call begins: an order is found as one types, and a case is opened on it in a few keys."""

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.opening import OpenForm
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console, lines


async def orders(hands: Hands, text: str) -> OrderScreen:
    """Press the key for orders and type what the caller says."""
    await hands.press("orders")
    await hands.at(OrderScreen)
    await hands.write(text)
    screen = hands.screen
    assert isinstance(screen, OrderScreen)
    await hands.until(lambda: screen._answered == text.strip())
    return screen


async def test_name_phone_tail_order_number_and_waybill_find_the_order(desk_file: DeskFile):
    customer = desk_file.customer("欧阳明", phone="13812345678")
    number = desk_file.order(line(2, 39_800, title="降噪耳机"), customer=customer)
    for said in ("欧阳明", "5678", number.lower(), "13812345678"):
        async with console(desk_file) as hands:
            await orders(hands, said)
            await hands.sees(number, "欧*", "138****5678", "降噪耳机", "x2", "微信支付", "¥398.00")
            screen = hands.screen
            assert isinstance(screen, OrderScreen)
            assert "欧阳明" not in lines(screen.pane) and "13812345678" not in lines(screen.pane)


async def test_one_letter_or_three_digits_ask_for_nothing(desk_file: DeskFile):
    desk_file.order(customer=desk_file.customer("欧阳明", phone="13812345678"))
    async with console(desk_file) as hands:
        screen = await orders(hands, "678")
        await hands.sees("请至少输入两个字，或四位数字")
        assert screen.picks.picks == []


async def test_a_return_is_opened_on_units_of_a_line_with_reason_and_words(desk_file: DeskFile):
    customer = desk_file.customer("欧阳明")
    number = desk_file.order(line(3, 39_800, title="降噪耳机"), line(1, title="T恤"), customer=customer)
    async with console(desk_file) as hands:
        await orders(hands, "欧阳明")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.sees(number, "1 咨询", "2 退货", "1 降噪耳机", "0/3", "2 T恤", "0/1")
        await hands.keys("2")
        await hands.keys("2", "enter")
        await hands.write("zlwt")
        await hands.sees("质量问题")
        await hands.keys("enter")
        await hands.sees("1 电话")
        await hands.keys("2")
        await hands.write("左耳没有声音")
        await hands.sees("新建", "工单转为“待受理”", "审核")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("RT-", "质量问题", "在线", "左耳没有声音", "申请 2/3", f"{number}  已签收")
        assert [type(one) for one in hands.app.screen_stack] == [QueueScreen, CaseScreen]


async def test_an_inquiry_takes_five_keys_beside_what_names_the_order(desk_file: DeskFile):
    number = desk_file.order(line(1), customer=desk_file.customer("欧阳明"))
    async with console(desk_file, size=NARROW) as hands:
        await orders(hands, "欧阳明")  # f
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("1", "f9")
        await hands.at(CaseScreen)
        await hands.sees("IQ-", "包裹在哪", number)


async def test_units_that_another_case_claims_cannot_be_claimed_again(desk_file: DeskFile):
    number = desk_file.order(line(2, 39_800, title="降噪耳机"), customer=desk_file.customer("欧阳明"))
    desk_file.core("li").do(Open(Kind.RETURN, number, (LineQty(1, 1),)))
    async with console(desk_file) as hands:
        await orders(hands, "欧阳明")
        await hands.sees("其他工单已申请 1", "已有工单", "RT-")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("2")
        await hands.sees("1/1")
        await hands.keys("2", "enter", "1", "f9")
        await hands.sees("还能申请 1 件，不能是 2 件")
        assert isinstance(hands.screen, OpenForm)


async def test_an_order_that_is_not_in_the_system_gets_a_provisional_case(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await orders(hands, "W9999")
        await hands.sees("系统里没有", "W9999")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("1", "enter", "1")
        await hands.sees("W9999")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("订单 W9999（未关联）", "IQ-")
        screen = hands.screen
        assert isinstance(screen, CaseScreen) and screen.view is not None
        assert (screen.view.case.order, screen.view.case.order_number) == ("", "W9999")


async def test_goods_that_never_arrived_cannot_be_returned(desk_file: DeskFile):
    desk_file.order(line(1), customer=desk_file.customer("欧阳明"), status="pending")
    async with console(desk_file) as hands:
        await orders(hands, "欧阳明")
        await hands.sees("待发货")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("2", "enter", "1", "f9")
        await hands.sees("还没有到货")


async def test_a_case_opened_over_another_gives_that_one_back_when_it_is_left(desk_file: DeskFile):
    from tests.tui.test_case import open_case
    from tests.tui.test_queue import opened

    first = opened(desk_file)
    desk_file.order(line(1), customer=desk_file.customer("欧阳明"))
    async with console(desk_file) as hands:
        await open_case(hands, first.id)
        await orders(hands, "欧阳明")
        await hands.keys("enter")
        await hands.at(OpenForm)
        await hands.keys("1", "f9")
        await hands.until(
            lambda: isinstance(hands.app.screen, CaseScreen) and hands.app.screen.case_id != first.id
        )
        second = hands.app.screen
        await hands.until(lambda: isinstance(second, CaseScreen) and second.view is not None)
        await hands.press("back")
        await hands.until(
            lambda: isinstance(hands.app.screen, CaseScreen) and hands.app.screen.case_id == first.id
        )
        await hands.until(lambda: hands.app.leasing.held == first.id)
