"""The reply: its draft is never lost, what it cites stands above it, and after sending it can be recalled."""

from textual import events

from csdesk.desk.queries import GetDraft, Held, KeepDraft
from csdesk.domain.cases.case import Case, Kind, LineQty, Message
from csdesk.domain.cases.conversation import Hear, SettleReply
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.library import Article, Canned, put_articles, put_canned
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.composing import Composer
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.order import OrderScreen
from csdesk.tui.screens.policy import PolicyScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.replying import PAUSE_SECONDS
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_queue import listed, opened

LAW = "中华人民共和国消费者权益保护法"
TEXT = (
    "经营者采用网络方式销售商品，消费者有权自收到商品之日起七日内退货，且无需说明理由。退货的商品应当完好。"
)


def stock(store: Store) -> None:
    """An article and two canned replies, one of which wants a value that no case has."""
    article = Article(
        "L25", LAW, "第二十五条", f"第二十五条 {TEXT}", 25, title="无理由退货", effective_from="2014-03-15"
    )
    with write(store.conn):
        put_articles(store, [article], 1)
        put_canned(
            store,
            [
                Canned("C1", "同意退货", "您好，{product}的退货已同意。", shortcut="tyth", articles=("L25",)),
                Canned("C2", "回电时间", "我们会在{promised_at}前给您回电，{other_thing}。", shortcut="hdsj"),
            ],
            1,
        )


async def write_reply(hands: Hands, case: Case, text: str) -> Composer:
    """Open a case and write into its reply field."""
    screen = await open_case(hands, case.id)
    await hands.press("reply")
    await hands.until(lambda: screen.writing)
    await hands.write(text)
    assert screen.reply.composer is not None
    return screen.reply.composer


async def test_a_draft_is_kept_when_the_hands_rest_and_comes_back_in_another_console(desk_file: DeskFile):
    assert PAUSE_SECONDS < 0.5
    case, wang = opened(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好，包裹明天到")
        await hands.keys("left", "left")
        await hands.until(lambda: (wang.ask(GetDraft(case.id)) or _NONE).caret == 6)
        # The line drops: nothing more is said to the desk.
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.sees("您好，包裹明天到")
        assert screen.reply.composer is not None and screen.reply.composer.field.caret == 6
        assert not screen.writing, "keys of a case that is opened are verbs until one asks to write"
        await hands.press("reply")
        await hands.write("后")
        await hands.sees("您好，包裹明后天到")


class _None:
    caret = -1


_NONE = _None()


async def test_leaving_the_case_keeps_the_draft_at_once(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "半句")
        await hands.press("back")
        assert not case_screen(hands).writing
        await hands.press("back")
        await hands.at(QueueScreen)
        draft = wang.ask(GetDraft(case.id))
        assert draft is not None and (draft.text, draft.caret) == ("半句", 2)


async def test_an_empty_reply_leaves_no_draft_and_no_field(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("wang").ask(KeepDraft(case.id, "x", 1))
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.press("reply")
        await hands.keys("backspace")
        await hands.press("back")
        await hands.until(lambda: screen.reply.composer is None)
        assert desk_file.core("wang").ask(GetDraft(case.id)) is None


async def test_a_call_in_mid_sentence_parks_the_case_and_it_comes_back_with_draft_and_caret(
    desk_file: DeskFile,
):
    case, other = opened(desk_file), opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好，包裹")
        await hands.keys("left")
        await hands.press("park")
        await hands.at(OrderScreen)
        (lease,) = wang.ask(Held())
        assert (lease.case, bool(lease.parked)) == (case.id, True)
        await hands.press("back")
        await hands.at(QueueScreen)
        await open_case(hands, other.id)
        await hands.press("unpark")
        await hands.until(
            lambda: isinstance(hands.app.screen, CaseScreen) and case_screen(hands).case_id == case.id
        )
        screen = case_screen(hands)
        await hands.until(lambda: screen.writing)
        assert screen.reply.composer is not None
        assert (screen.reply.composer.field.text, screen.reply.composer.field.caret) == ("您好，包裹", 4)
        assert [type(one) for one in hands.app.screen_stack] == [QueueScreen, CaseScreen]


async def test_going_on_to_the_next_case_keeps_each_draft_with_its_case(desk_file: DeskFile):
    first, second = opened(desk_file), opened(desk_file)
    async with console(desk_file) as hands:
        await write_reply(hands, first, "给第一位")
        await hands.press("back")
        screen = case_screen(hands)
        await hands.until(lambda: screen._place is not None)
        await hands.press("case_next")
        await hands.until(lambda: screen.case_id == second.id and screen.reply.composer is None)
        await hands.until(lambda: screen._place is not None)
        await hands.press("case_prev")
        await hands.until(lambda: screen.case_id == first.id)
        await hands.sees("给第一位")


async def test_a_sent_reply_is_held_counted_down_and_can_be_recalled_as_a_draft(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好，已为您登记")
        await hands.press("send")
        await hands.sees("~ 回复 10 秒后发出，按 X 撤回", "您好，已为您登记", "待发出")
        screen = case_screen(hands)
        await hands.until(lambda: screen.reply.composer is None)
        assert wang.ask(GetDraft(case.id)) is None
        desk_file.clock.forward(seconds=3)
        await hands.sees("回复 7 秒后发出")
        # A key is for what was painted before it.
        await hands.until(lambda: hands.app.idle and screen.painted(case.id) < float("inf"))
        await hands.settle()
        await hands.press("verb.recall")
        await hands.sees("已撤回")
        await hands.until(
            lambda: screen.reply.composer is not None and screen.reply.composer.text == "您好，已为您登记"
        )
        assert not screen.hold_line.display
    assert [m.state for m in wang.load(case.id)[0].messages] == ["recalled"]


async def test_the_countdown_ends_when_the_reply_has_left(desk_file: DeskFile):
    case, system = opened(desk_file), desk_file.core("system")
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好")
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")
        (message,) = system.load(case.id)[0].messages
        system.do(SettleReply(message.id, "sent"), case.id)
        await hands.sees("已发出")
        assert not case_screen(hands).hold_line.display


async def test_a_reply_with_an_open_blank_is_not_sent_and_the_blank_is_selected(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "您好，{运单号}已登记")
        await hands.sees("还有空未填：运单号")
        await hands.press("send")
        await hands.sees("还有空未填：运单号。")
        assert composer.field.selected_text == "{运单号}"
        await hands.write("SF123")
        await hands.sees("您好，SF123已登记")
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")
    assert len(wang.load(case.id)[0].messages) == 1


async def test_nothing_written_is_not_sent(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await write_reply(hands, case, "  ")
        await hands.press("send")
        await hands.sees("还没有写内容")
    assert desk_file.core("wang").load(case.id)[0].messages == ()


async def test_an_article_is_cited_with_its_law_number_and_words_and_goes_with_the_reply(desk_file: DeskFile):
    stock(desk_file.store())
    case, wang = opened(desk_file), desk_file.core("wang")
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "您好，")
        await hands.press("policy")
        await hands.at(PolicyScreen)
        await hands.write("七日")
        await hands.sees("第二十五条")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.until(lambda: f"《{LAW}》第二十五条" in composer.text)
        assert "“经营者采用网络方式销售商品，" in composer.text and "完好" not in composer.text
        await hands.sees(f"引用 《{LAW}》第二十五条")
        assert composer.articles == ("L25",)
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")
    (held,) = (e for e in wang.ask(_show(case)).timeline if e.code == "reply_held")
    assert held.detail["articles"] == ("L25",)


def _show(case: Case):
    from csdesk.desk.queries import ShowCase

    return ShowCase(case.id)


async def test_a_citation_that_is_deleted_again_does_not_count_and_one_in_a_draft_does(desk_file: DeskFile):
    stock(desk_file.store())
    case = opened(desk_file)
    desk_file.core("wang").ask(KeepDraft(case.id, f"根据《{LAW}》第二十五条，可以退。", 3))
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        await hands.until(
            lambda: screen.reply.composer is not None and screen.reply.composer.articles == ("L25",)
        )
        assert screen.reply.composer is not None
        screen.reply.composer.field.put("可以退。", 0)
        assert screen.reply.composer.articles == ()


async def test_a_canned_reply_is_written_at_the_caret_with_its_articles(desk_file: DeskFile):
    stock(desk_file.store())
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    wang.do(Approve(), case.id)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "张先生，")
        await hands.press("canned")
        await hands.at(CannedScreen)
        await hands.write("tyth")
        await hands.sees("同意退货", "您好，降噪耳机的退货已同意。")
        await hands.keys("enter")
        await hands.at(CaseScreen)
        await hands.until(lambda: composer.text == "张先生，您好，降噪耳机的退货已同意。")
        assert (composer.canned, composer.articles) == ("C1", ("L25",))
        await hands.press("send")
        await hands.sees("回复 10 秒后发出")


async def test_from_the_queue_one_key_offers_canned_replies_for_the_case_under_the_cursor(
    desk_file: DeskFile,
):
    stock(desk_file.store())
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    case = desk_file.core("wang").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    async with console(desk_file) as hands:
        await listed(hands, case)
        hands.app.say("说的是上一张工单", "warn")
        await hands.keys("c", *"tyth")  # typed on without waiting
        await hands.at(CannedScreen)
        await hands.sees("您好，降噪耳机的退货已同意。")
        assert "说的是上一张工单" not in hands.shown()
        await hands.keys("enter")
        await hands.at(CaseScreen)
        screen = case_screen(hands)
        await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.canned == "C1")
        assert screen.writing


async def test_a_typed_shortcut_becomes_its_reply(desk_file: DeskFile):
    stock(desk_file.store())
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    case = desk_file.core("wang").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "/tyth ")
        await hands.until(lambda: composer.text == "您好，降噪耳机的退货已同意。")
        assert composer.canned == "C1"


async def test_what_is_pasted_passes_the_gate(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "前")
        composer.field.post_message(events.Paste("\x1b]52;c;cm0=\x07运单\u202e号\r\nSF1"))
        await hands.until(lambda: "SF1" in composer.text)
        assert not {"\x1b", "\x07", "\u202e", "\r"} & set(composer.field.text)


async def test_in_a_small_terminal_the_reply_stands_under_the_case(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file, size=NARROW) as hands:
        composer = await write_reply(hands, case, "您好")
        await hands.sees("您好", "没有引用条款")
        assert composer.region.bottom == case_screen(hands).hold_line.region.y or composer.region.bottom <= 22
        assert composer.field.size.height >= 4 and case_screen(hands).facts.size.height >= 8


async def test_a_long_reply_says_how_long_it_may_be(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "好")
        assert "字" not in hands.shown()
        composer.field.put("好" * 5_001, 0)
        await hands.sees("5001/5000 字")
        await hands.press("send")
        await hands.sees("内容太长，最多 5000 字")


async def test_tab_goes_from_writing_to_reading_and_the_draft_stays_in_sight(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await write_reply(hands, case, "您好")
        screen = case_screen(hands)
        await hands.press("field_next")
        assert not screen.writing and screen.context == "case"
        await hands.sees("您好")
        await hands.press("reply")
        await hands.until(lambda: screen.writing)


async def test_a_reply_goes_where_the_customer_wrote_last_or_where_its_author_sends_it(desk_file: DeskFile):
    case, system = opened(desk_file), desk_file.core("system")
    async with console(desk_file) as hands:
        composer = await write_reply(hands, case, "您好")
        await hands.sees("经电话  ")
        system.do(Hear("还在吗", channel="chat"), case.id)
        await hands.sees("经在线  ")
        assert composer.channel == "chat"
        await hands.press("send")
        await hands.until(lambda: [m.channel for m in _sent(desk_file, case)] == ["chat"])
        screen = case_screen(hands)
        await hands.until(lambda: screen.reply.composer is None and hands.app.idle)
        await hands.press("reply")
        await hands.until(lambda: screen.writing)
        await hands.write("再说一句")
        await hands.press("channel")
        await hands.sees("经邮件  ")
        await hands.press("send")
        await hands.until(lambda: [m.channel for m in _sent(desk_file, case)] == ["chat", "email"])


def _sent(desk_file: DeskFile, case: Case) -> list[Message]:
    return [m for m in desk_file.core("wang").load(case.id)[0].messages if m.direction == "out"]


async def test_a_call_is_noted_by_key_and_stands_in_the_conversation_as_one_entry(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.press("verb.note_call")
        await hands.at(VerbForm)
        await hands.until(lambda: hands.screen.settled and hands.screen.typing)
        await hands.write("客户说耳机已寄出")
        await hands.press("send")
        await hands.sees("呼入电话（客户）：已接通")
        await hands.sees("客户说耳机已寄出")
    (call,) = [m for m in desk_file.core("wang").load(case.id)[0].messages if m.call]
    assert (call.direction, call.channel, call.author) == ("in", "phone", "customer")
