"""The case screen."""

from tests.building import DeskFile, line
from tests.tui.consoles import console

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.case import CaseScreen


async def test_x(desk_file: DeskFile) -> None:
    number = desk_file.order(
        line(2, 39_800),
        line(1, 9_900, "TEE", "白色圆领T恤"),
        payments=[("alipay", 40_000), ("balance", 9_700)],
    )
    wang = desk_file.core("wang")
    case = wang.do(
        Open(
            Kind.RETURN,
            number,
            (LineQty(1, 2), LineQty(2, 1)),
            reason="no_reason",
            summary="耳机戴着不舒服，想退。T恤也退",
        )
    ).case
    async with console(desk_file) as hands:
        hands.app.open_case(case.id)
        await hands.at(CaseScreen)
        await hands.sees("蓝牙耳机")
        print(hands.shown())
        await hands.press("reply")
        await hands.pilot.pause()
        await hands.write("您好ab")
        print(hands.shown(), hands.screen.context)
        hands.app.save_screenshot("/tmp/t2/case.svg")
    assert 0
