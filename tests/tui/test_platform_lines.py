"""What a platform says of a case, above its facts in the console."""

from csdesk.domain.cases.platform import TellPlatform
from tests.building import DeskFile
from tests.tui.consoles import console
from tests.tui.test_case import open_case
from tests.unit.effects.test_incident import complaint, shipped


async def test_a_case_shows_its_platforms_state_and_where_it_differs(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = complaint(wang, shipped(desk_file, "申通"))
    system = wang.by_itself()
    system.do(TellPlatform("taobao", "SUCCESS"), case.id)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, case.id)
        await hands.sees("平台状态：淘宝/天猫 SUCCESS 成功", "平台与本系统不一致")
    system.do(TellPlatform("kuaishou", "[b]9"), case.id)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, case.id)
        await hands.sees("平台状态：kuaishou [b]9（未知代码，原样保留）")
        assert "不一致" not in hands.shown()
