"""Goods that failed inspection: the screen says that they wait, keys send them home, and the case ends only then."""

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.status import StatusMenu
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import open_case
from tests.tui.test_walk import came, carry_out, look
from tests.unit.domain.cases.play import make


def failed(file: DeskFile, core: Core) -> Case:
    """A return of two units that came and failed inspection."""
    number = file.order(line(2, 39_800, "SKU-1", "商品1"))
    case = core.do(Open(Kind.RETURN, number, (LineQty(1, 2),))).case
    for command in (Approve(), Receive(), Inspect((Graded(1, 2, "return_to_consumer"),))):
        case = core.do(command, case.id).case
    return case


async def by_keys(hands: Hands, core: Core, case: Case, command: Command) -> Case:
    """Carry out a verb as a person does, and wait until the screen shows what came of it."""
    await open_case(hands, case.id)
    await look(hands, case)
    await carry_out(hands, core, case, command)
    return await came(hands, core, case)


async def test_goods_go_home_come_back_and_are_given_up_with_keys_alone(desk_file: DeskFile):
    zhao = desk_file.core("zhao")
    case = failed(desk_file, zhao)
    async with console(desk_file, "zhao", NARROW) as hands:
        for verb, data in (
            ("send_home", {"lines": (LineQty(1, 1),)}),
            ("came_back", {}),
            ("send_home", {"lines": (LineQty(1, 1),), "waybill": "SF3234567891"}),
            ("deliver", {}),
            ("give_up_goods", {}),
        ):
            case = await by_keys(hands, zhao, case, make(verb, **data))
        assert (case.lines[0].went_home, case.lines[0].given_up) == (1, 1)


async def test_the_case_says_what_is_to_go_home_and_offers_that_first(desk_file: DeskFile):
    zhao = desk_file.core("zhao")
    case = failed(desk_file, zhao)
    async with console(desk_file, "zhao") as hands:
        await open_case(hands, case.id)
        await look(hands, case)
        await hands.sees(hands.app.words("units.for_home", n=2))
        await hands.press("status")
        await hands.at(StatusMenu)
        menu = hands.screen
        assert isinstance(menu, StatusMenu)
        await hands.until(lambda: bool(menu.picks.picks))
        assert next(one.id for one in menu.picks.picks if one.id) == "send_home"
