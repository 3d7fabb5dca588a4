"""The sheets over the queue: status menu, search, palette, command line, help."""

from csdesk.domain.cases.case import Kind
from csdesk.tui.actions import registry
from csdesk.tui.screens.command import CommandScreen
from csdesk.tui.screens.find import FindScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.overlay import Overlay, Sheet
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.status import StatusMenu
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_queue import listed, numbers, opened, queue


def picks(hands: Hands) -> list[str]:
    screen = hands.app.screen
    assert isinstance(screen, Overlay)
    return [pick.id for pick in screen.picks.picks if pick.id]


async def test_the_status_menu_offers_what_is_on_first_and_says_why_the_rest_is_off(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.until(lambda: bool(picks(hands)))
        offered = picks(hands)
        assert offered[:3] == ["take", "approve", "reject"]
        assert offered.index("refund") > offered.index("note")
        assert "undo" not in offered
        await hands.sees("1 领取", "这类工单的操作")
        # What is off stands below with its reason, and the list scrolls to it.
        await hands.press("bottom")
        await hands.sees("没有可撤回的回复")


async def test_the_status_menu_finds_a_verb_by_letters_of_its_name_and_says_why_it_is_off(
    desk_file: DeskFile,
):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.until(lambda: bool(picks(hands)))
        assert hands.screen.query_one(Sheet).region.y > 0  # its title and the case behind it stay in sight
        await hands.press("filter")
        await hands.write("tuikuan")
        await hands.until(lambda: "refund" in picks(hands)[:3])
        await hands.sees("退款", "在验货中")
        await hands.press("back")
        await hands.until(lambda: picks(hands)[0] == "take")
        await hands.press("filter")
        await hands.write("lq")
        await hands.until(lambda: picks(hands)[0] == "take")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await hands.until(lambda: desk_file.core("wang").load(case.id)[0].assignee == "wang")


async def test_a_digit_of_the_status_menu_carries_the_verb_out(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.until(lambda: bool(picks(hands)))
        await hands.keys(str(picks(hands).index("take") + 1))
        await hands.until(lambda: wang.load(case.id)[0].assignee == "wang")
        await hands.at(QueueScreen)


async def test_a_verb_that_asks_for_something_opens_its_form(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("verb.note")
        await hands.at(VerbForm)
        await hands.press("back")
        await hands.at(QueueScreen)


async def test_a_line_that_is_off_cannot_be_picked(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.until(lambda: bool(picks(hands)))
        await hands.press("bottom")
        await hands.press("open")
        await hands.at(StatusMenu)
        assert hands.app.said[0]


async def test_cases_are_found_by_four_signs_of_the_number_and_opened(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file, title="电饭煲")
    async with console(desk_file) as hands:
        await listed(hands, first, second)
        await hands.press("find")
        await hands.at(FindScreen)
        await hands.write(second.body[2:6])
        await hands.until(lambda: picks(hands) == [second.id])
        await hands.keys("enter")
        await hands.until(lambda: hands.screen.context == "case")


async def test_a_search_without_a_hit_says_so(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 1)
        await hands.press("find")
        await hands.write("ZZZZ")
        await hands.sees("没有找到")
        await hands.press("back")
        await hands.at(QueueScreen)


async def test_the_palette_finds_verbs_and_actions_by_any_letters_and_runs_them_behind(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.until(lambda: queue(hands).preview.view is not None)
        await hands.press("palette")
        await hands.at(PaletteScreen)
        assert set(picks(hands)) == {
            action.id
            for action in registry().values()
            if "queue" in action.contexts and not action.keyed and action.id != "palette"
        }
        await hands.write("领取")
        assert picks(hands)[0] == "verb.take"
        await hands.keys("enter")
        await hands.until(lambda: wang.load(case.id)[0].assignee == "wang")


async def test_the_command_line_knows_names_of_verbs_and_says_what_it_does_not_know(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("command")
        await hands.at(CommandScreen)
        await hands.write("fly")
        await hands.keys("enter")
        await hands.sees("没有“fly”这个命令")
        await hands.press("command")
        await hands.write("take")
        await hands.keys("enter")
        await hands.until(lambda: wang.load(case.id)[0].assignee == "wang")


async def test_colon_q_leaves_the_console(desk_file: DeskFile):
    async with console(desk_file) as hands:
        await hands.press("command")
        await hands.write("q")
        await hands.keys("enter")
        await hands.until(lambda: hands.app.return_value == 0)


async def test_help_lists_every_bound_action_of_the_place_and_finds_them_by_key_or_name(desk_file: DeskFile):
    opened(desk_file, Kind.INQUIRY)
    async with console(desk_file) as hands:
        await hands.until(lambda: len(numbers(hands)) == 1)
        await hands.press("help")
        await hands.at(HelpScreen)
        bound = {
            action.id
            for action in registry().values()
            if "queue" in action.contexts and hands.app.keymap.keys.get(action.id)
        }
        assert set(picks(hands)) == bound
        await hands.write("f12")
        assert picks(hands) == ["preview"]
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await hands.until(lambda: not queue(hands).preview.display)
