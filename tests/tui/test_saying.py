"""What speaks against a reply, while one types it and when it is sent; canned replies that cannot be used."""

from csdesk.desk.queries import GetDraft
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.events import ReplyHeld
from csdesk.domain.cases.opening import Open
from csdesk.interop.shipped import load_knowledge
from csdesk.store import cases
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.composing import Composer
from csdesk.tui.screens.vouching import VouchScreen
from csdesk.tui.widgets.findings import Findings, moved
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, console
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_compose import write_reply


def a_return(file: DeskFile) -> Case:
    core = file.core("wang")
    load_knowledge(core.store)
    return core.do(Open(Kind.RETURN, file.order(line(1, 19_900, title="降噪耳机")), (LineQty(1, 1),))).case


def below(composer: Composer) -> list[str]:
    """What stands under the reply."""
    widget = composer.query_one(Findings)
    return (
        ["".join(text for text, _ in one) for one in widget.lines(widget.size.width)]
        if widget.display
        else []
    )


def underlined(composer: Composer) -> str:
    """What is marked in the reply."""
    rows = [composer.field.render_line(y) for y in range(composer.field.size.height)]
    return "".join(s.text for row in rows for s in row if s.style is not None and s.style.underline)


def sent(file: DeskFile, case: Case) -> list[ReplyHeld]:
    core = file.core("wang")
    return [
        p.event for p in cases.history(core.store.conn, core.desk, case.id) if isinstance(p.event, ReplyHeld)
    ]


async def test_a_forbidden_phrase_is_marked_with_its_reason_and_alternative_and_stops_sending(
    desk_file: DeskFile,
):
    case = a_return(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "您好，我们保证退款")
        await hands.until(lambda: underlined(composer) == "保证退款")
        await hands.sees("! 不能说“保证退款”：作出决定之前不得承诺退款", "可以说：退款申请我已经提交审核，")
        assert below(composer)[0] == "! 不能说“保证退款”：作出决定之前不得承诺退款"
        await hands.press("send")
        await hands.sees("不能说“保证退款”：作出决定之前不得承诺退款")
        await hands.until(lambda: composer.field.selected_text == "保证退款")
        await hands.write("尽快办理")
        await hands.until(lambda: below(composer) == [] and underlined(composer) == "")
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")
    assert [event.confirmed for event in sent(desk_file, case)] == [()]


async def test_marks_move_along_while_one_types_before_them(desk_file: DeskFile):
    case = a_return(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "保证退款")
        await hands.until(lambda: underlined(composer) == "保证退款")
        composer.field.go(0)
        composer.field.write("您好，")
        await hands.pilot.pause()
        assert underlined(composer) == "保证退款" and composer.field.text == "您好，保证退款"


async def test_what_only_a_person_knows_is_asked_once_and_kept_with_the_reply(desk_file: DeskFile):
    case = a_return(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "请联系13800138000")
        await hands.until(lambda: "138****8000" in "".join(below(composer)))
        await hands.press("send")
        await hands.at(VouchScreen)
        await hands.sees("发送前请核实", "含有电话号码 138****8000，不是这位顾客的")
        await hands.keys("enter")  # what comes first is going back
        await hands.at(CaseScreen)
        assert composer.field.selected_text == "13800138000" and sent(desk_file, case) == []
        await hands.press("send")
        await hands.at(VouchScreen)
        await hands.keys("2")
        await hands.sees("回复 10 秒后发出")
    assert [event.confirmed for event in sent(desk_file, case)] == [("personal.phone",)]


async def test_the_question_fits_a_small_terminal(desk_file: DeskFile):
    case = a_return(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        composer = await write_reply(hands, case, "保证退款，概不退换，请联系13800138000")
        await hands.sees("（另有 2 处）", "可以说：")
        assert composer.field.size.height >= 4


async def test_a_canned_reply_whose_guard_does_not_hold_says_so_and_is_not_inserted(desk_file: DeskFile):
    case = a_return(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "您好")
        await hands.press("canned")
        await hands.at(CannedScreen)
        await hands.write("tkyf")
        await hands.sees("条件不满足：退款已发出并确认")
        await hands.keys("enter")
        assert isinstance(hands.app.screen, CannedScreen)
        await hands.press("back")
        await hands.at(CaseScreen)
        assert composer.text == "您好" and composer.canned == ""
        await hands.write(" /tkyf ")
        await hands.sees("话术“退款已发出，银行入账时间”现在不能用，条件不满足：退款已发出并确认")
        assert "tkyf" in composer.text


async def test_a_restored_draft_keeps_its_citations_and_its_guards(desk_file: DeskFile):
    case, wang = a_return(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "/thyf ")
        await hands.until(lambda: composer.canned == "C04")
        articles = composer.articles
        assert articles
        await hands.until(lambda: getattr(wang.ask(GetDraft(case.id)), "canned", ()) == ("C04",))
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.canned == "C04")
        restored = case_screen(hands).reply.composer
        assert restored is not None
        await hands.until(lambda: restored.articles == articles)
        # The case puts no question of quality that would stand against it.
        await hands.press("reply")
        restored.field.put("", 0)
        await hands.until(lambda: restored.canned == "" and restored.articles == ())


def test_what_was_changed_is_no_longer_found_and_the_rest_keeps_its_place():
    from csdesk.desk.queries import Finding

    one, two = Finding("a", "block", "a", 0, 2, ""), Finding("b", "block", "b", 4, 6, "")
    nowhere = Finding("c", "confirm", "c", -1, -1, "")
    found = [one, two, nowhere]
    assert moved(found, "01__45", "01_x_45") == [one, Finding("b", "block", "b", 5, 7, ""), nowhere]
    assert moved(found, "01__45", "0x1__45")[0].start == 5
    assert moved(found, "01__45", "01__4") == [one, nowhere]
    assert moved(found, "01__45", "") == [nowhere]


async def test_hands_are_not_asked_of_the_desk_twice_for_one_text(desk_file: DeskFile):
    case = a_return(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "保证退款")
        await hands.until(lambda: bool(below(composer)))
        reply, asked = case_screen(hands).reply, []
        desk = hands.app.desk
        ask = desk.ask

        async def count(question):
            asked.append(type(question).__name__)
            return await ask(question)

        desk.ask = count  # type: ignore[method-assign]
        await hands.keys("left", "left")
        await reply.check()
        assert "CheckReply" not in asked
