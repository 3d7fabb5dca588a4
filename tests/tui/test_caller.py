"""A caller is checked by two things they know before anything of theirs is seen; Enter opens what they call about."""

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.caller import CallerScreen
from csdesk.tui.screens.case import CaseScreen
from tests.building import DeskFile
from tests.tui.consoles import console


async def test_a_caller_is_checked_and_an_inquiry_opened_with_the_keyboard(desk_file: DeskFile):
    customer = desk_file.customer("欧阳明", phone="13812345678")
    number = desk_file.order(number="W7771340", customer=customer)
    case = desk_file.core("li").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    async with console(desk_file) as hands:
        await hands.press("caller")
        await hands.at(CallerScreen)
        screen = hands.screen
        assert isinstance(screen, CallerScreen)
        await hands.write("1340")
        await hands.keys("enter")
        await hands.sees("还需再核对 1 项信息")
        await hands.keys("tab", "tab", "tab")
        await hands.write("0000")
        await hands.keys("enter")
        await hands.sees("核验未通过")
        assert screen.picks.picks == [] and screen.whose.text == ""
        await hands.keys("backspace", "backspace", "backspace", "backspace")
        await hands.write("5678")
        await hands.keys("enter")
        await hands.sees("欧*", "138****5678", "核验通过")
        assert [pick.id.split(":")[0] for pick in screen.picks.picks] == ["case", "order", "new"]
        assert screen.picks.picks[0].id == f"case:{case.id}"
        await hands.write("9")  # something else was said: nothing of theirs stays in sight
        assert screen.picks.picks == [] and screen.whose.text == ""
        await hands.keys("backspace", "enter")
        await hands.until(lambda: screen.found is not None)
        await hands.keys("down", "down", "enter")
        await hands.at(CaseScreen)
        await hands.sees("IQ-", "来电人身份已核验（订单号、手机号）")
