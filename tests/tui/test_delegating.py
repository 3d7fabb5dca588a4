"""Letting somebody approve in one's place with keys alone, and what the list of waiting refunds says of it."""

from csdesk.desk import approval_queries as aq
from csdesk.domain.cases.approval import ApproveRefund
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.delegating import DelegateScreen, DelegatesScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.leads import AwaitingScreen
from csdesk.tui.screens.status import StatusMenu
from tests.building import DAY, DeskFile, line
from tests.tui.consoles import console
from tests.tui.test_case import open_case
from tests.tui.test_queue import queue


async def test_a_delegation_is_given_and_ended_from_the_list_of_waiting_refunds(desk_file: DeskFile):
    zhao = desk_file.core("zhao")
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: queue(hands).list is not None)
        await hands.press("awaiting")
        await hands.at(AwaitingScreen)
        await hands.press("delegate")
        await hands.at(DelegatesScreen)
        await hands.sees("委托给 Li")
        await hands.press("down")  # chen, li, wang
        await hands.keys("enter")
        await hands.at(DelegateScreen)
        await hands.keys(*"zzz", "enter")
        await hands.sees("不是可以委托的金额")
        await hands.keys(*["backspace"] * 3, *"5000", "enter")
        await hands.at(DelegatesScreen)
        await hands.sees("Li 代 Zhao", "¥5,000.00")
        (given,) = zhao.ask(aq.Delegations())
        assert (given.to, given.most) == ("li", 500_000)
        await hands.keys("enter")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.until(lambda: not zhao.ask(aq.Delegations()))


async def test_the_list_says_in_whose_place_and_why_not(desk_file: DeskFile):
    wang, zhao, chen = (desk_file.core(who) for who in ("wang", "zhao", "chen"))
    for core in (wang, chen):
        case = core.do(Open(Kind.COMPLAINT, desk_file.order(line(1, 39_800)), reason="service")).case
        core.do(Compensate(60_000), case.id)
    zhao.ask(aq.Delegate("chen", desk_file.clock.now + DAY))
    async with console(desk_file, "chen") as hands:
        await hands.until(lambda: queue(hands).list is not None)
        await hands.press("awaiting")
        await hands.at(AwaitingScreen)
        await hands.sees("可代 Zhao 复核", "自己提出，须由他人复核")


async def test_the_timeline_names_both(desk_file: DeskFile):
    wang, zhao, li = (desk_file.core(who) for who in ("wang", "zhao", "li"))
    case = wang.do(Open(Kind.COMPLAINT, desk_file.order(line(1, 39_800)), reason="service")).case
    wang.do(Compensate(60_000), case.id)
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY))
    li.do(ApproveRefund(), case.id)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, case.id)
        await hands.sees("代 Zhao 同意退款")


async def test_a_delegate_approves_in_the_console(desk_file: DeskFile):
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = wang.do(Open(Kind.COMPLAINT, desk_file.order(line(1, 39_800)), reason="service")).case
    wang.do(Compensate(60_000), case.id)
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY))
    async with console(desk_file, "li") as hands:
        await open_case(hands, case.id)
        await hands.press("status")
        await hands.at(StatusMenu)
        menu = hands.screen
        assert isinstance(menu, StatusMenu)
        await hands.until(lambda: bool(menu.picks.picks))
        place = [pick.id for pick in menu.picks.picks if pick.id].index("approve_refund")
        await hands.keys(*["down"] * place, "enter")
        await hands.at(VerbForm)
        await hands.sees("代 Zhao 同意退款")  # what it would do
        await hands.press("send")
        await hands.until(lambda: wang.load(case.id)[0].refunds[0].state == "proposed")
    (refund,) = wang.load(case.id)[0].refunds
    assert (refund.approved_by, refund.approved_for) == ("li", "zhao")
