"""What the bottom lines say: keys by what they do here, help always, nothing left over from another place."""

from csdesk.domain.cases.conversation import SettleReply
from csdesk.tui.screens.find import FindScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.leads import LinksScreen
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.views import ColumnsScreen, ViewName
from csdesk.tui.widgets.bars import Hints
from csdesk.tui.widgets.preview import Preview
from tests.building import DeskFile
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import open_case
from tests.tui.test_compose import write_reply
from tests.tui.test_overlays import picks
from tests.tui.test_queue import listed, opened


def footer(hands: Hands) -> str:
    """The keys that the bottom line names, with what they do."""
    (bar,) = hands.screen.query(Hints)
    return "".join(text for text, _ in bar.parts())


async def test_a_small_screen_names_help_where_other_keys_have_no_room(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        await hands.until(lambda: "结案" not in footer(hands))  # read, the case says what cannot be done yet
        assert footer(hands).rstrip().endswith("? 帮助") and "/ 筛选" in footer(hands)
        await open_case(hands, case.id)
        await hands.until(lambda: footer(hands).rstrip().endswith("? 帮助") and "o 下一步" in footer(hands))
        await hands.press("reply")
        await hands.until(lambda: footer(hands).rstrip().endswith("F1 帮助") and "F9 发送" in footer(hands))


async def test_a_list_says_what_enter_does_there_and_an_empty_one_names_no_key_for_a_line(
    desk_file: DeskFile,
):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("find")
        await hands.at(FindScreen)
        assert "Enter" not in footer(hands) and "Esc 返回" in footer(hands)
        await hands.write("5678")
        await hands.until(lambda: picks(hands) == [case.id])
        await hands.until(lambda: "Enter 打开" in footer(hands))
        await hands.press("back")
        await hands.press("policy")
        await hands.at(PolicyScreen)
        assert "引用" not in footer(hands)  # there is no text to cite it in
        await hands.press("back")
        await open_case(hands, case.id)
        await hands.press("links")
        await hands.at(LinksScreen)
        await hands.sees("没有相关工单")
        assert "打开" not in footer(hands) and "并入" not in footer(hands) and "返回" in footer(hands)


async def test_what_was_not_found_is_not_said_in_the_next_place_and_what_was_done_is(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("find")
        await hands.at(FindScreen)
        await hands.write("无此人")
        await hands.sees("没有找到")
        await hands.press("back")
        await hands.at(QueueScreen)
        await hands.press("verb.note")
        await hands.at(VerbForm)
        assert "没有找到" not in hands.shown()
        await hands.press("back")
        await hands.press("verb.take")
        await hands.until(lambda: hands.app.said[1] == "good")
        done = hands.app.said[0]
        await hands.press("find")
        await hands.at(FindScreen)
        assert hands.app.said == (done, "good")


async def test_a_view_without_a_name_is_asked_for_one(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("filter")
        await hands.write("类型:退货")
        await hands.keys("enter")
        await hands.at(QueueScreen)
        await hands.sees("[类型:退货 1]")
        await hands.press("keep_view")
        await hands.at(ViewName)
        assert "Enter 继续" in footer(hands)
        await hands.keys("enter")
        await hands.sees("先写个名称")
        assert isinstance(hands.app.screen, ViewName)
        await hands.write("耳机")
        await hands.keys("enter")
        await hands.at(ColumnsScreen)
        assert "先写个名称" not in hands.shown()


async def test_undo_says_why_what_was_done_last_cannot_be_taken_back(desk_file: DeskFile):
    case, system = opened(desk_file), desk_file.core("system")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好，已为您登记")
        await hands.press("send")
        await hands.sees("10 秒后发出")
        (message,) = system.load(case.id)[0].messages
        system.do(SettleReply(message.id, "sent"), case.id)
        await hands.sees("已发出")
        await hands.press("undo")
        await hands.sees("! 回复已经发出，不能撤回")


async def test_the_palette_begins_with_what_the_bottom_line_names(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await listed(hands, case)
        await hands.press("palette")
        await hands.at(PaletteScreen)
        offered = picks(hands)
        assert offered[:3] == ["open", "verb.take", "next"]
        assert offered.index("down") > offered.index("mark")
        assert len(offered) == len(set(offered))


async def test_a_canned_reply_behind_a_sentence_begins_a_line_of_its_own(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "根据规定，运费由商家承担。")
        composer.insert("您好，已登记。", "C1", {})
        assert composer.text == "根据规定，运费由商家承担。\n您好，已登记。"
        composer.insert("再见", "C2", {})
        assert composer.text.endswith("已登记。\n再见")
        composer.insert("！", "C2", {})
        assert composer.text.endswith("再见！")


async def test_a_late_deadline_stands_whole_in_the_preview_of_a_small_screen(desk_file: DeskFile):
    case = opened(desk_file)
    due = min(clock.due for clock in case.clocks)
    desk_file.clock.forward(ms=due - desk_file.clock() + 16 * 3_600_000)
    async with console(desk_file, size=NARROW) as hands:
        await listed(hands, case)
        preview = hands.screen.query_one(Preview)
        await hands.until(lambda: preview.view is not None)
        assert "! 超 16 小时 内部" in hands.shown()
