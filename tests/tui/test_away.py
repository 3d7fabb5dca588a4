"""A console whose line goes down and comes back: its signs, what it goes on showing, what waits and is decided on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from csdesk.client import offline
from csdesk.client.offline import LinkedDesk
from csdesk.desk.queries import Hold, KeepDraft, QueueCounts, ShowCase
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.shared import Note, Prioritise
from csdesk.tui.away import follow
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.unsent import UnsentScreen
from tests.building import DeskFile
from tests.proxy import Proxy
from tests.serving import Serving
from tests.tui.consoles import Hands, console, key_event
from tests.tui.test_case import case_screen, open_case
from tests.tui.test_queue import listed, opened


@pytest.fixture
def proxy(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A line to a server of the desk; `proxy.token` lets wang in."""
    # A machine that is busy is no line that is down.
    monkeypatch.setattr(offline, "LATE_S", 600.0)
    monkeypatch.setattr("csdesk.client.remote.ANSWER_S", 600.0)
    monkeypatch.setattr(offline, "DOUBT_S", 0.0)
    monkeypatch.setattr(offline, "RETURN_S", (0.02, 0.05))
    monkeypatch.setattr("csdesk.client.remote.AGAIN_S", (0.02,))
    serving = Serving(desk_file)
    line = Proxy(int(serving.where.rsplit(":", 1)[1]))
    yield line
    line.stop()
    serving.stop()


@asynccontextmanager
async def far(file: DeskFile, proxy: Proxy, folder: Path) -> AsyncIterator[Hands]:
    """Wang's console behind the line."""
    serving_token = _token(file)
    desk = await LinkedDesk.open(proxy.where, serving_token, folder=folder)
    here = []

    def instead(local: object) -> LinkedDesk:
        here.append(local)
        return desk

    async with console(file, around=instead) as hands:
        follow(hands.app)
        yield hands
    await here[0].close()  # type: ignore[attr-defined]


def _token(file: DeskFile) -> str:
    from contextlib import closing

    from csdesk.store import tokens
    from csdesk.store.connection import write
    from csdesk.store.file import open_store

    with closing(open_store(file.path)) as store, write(store.conn) as conn:
        return tokens.make(conn, store.desk.id, "wang", label="test", by="gao", now=file.clock())[1]


def told(file: DeskFile, case: Case) -> list[str]:
    """The notes of a case."""
    wang = file.core("wang")
    wang.ask(Hold(case.id))
    return [entry.text or "" for entry in wang.ask(ShowCase(case.id)).timeline if entry.verb == "note"]


async def down(hands: Hands, proxy: Proxy) -> None:
    proxy.cut()
    hands.app.call(_asks(hands))
    await hands.sees("离线")


async def _asks(hands: Hands) -> None:
    await hands.app.desk.ask(QueueCounts())


async def test_a_console_goes_on_while_its_line_is_down(desk_file: DeskFile, proxy: Proxy, tmp_path: Path):
    case, other = opened(desk_file, title="降噪耳机"), opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        await hands.press("open")
        await hands.at(CaseScreen)
        await hands.sees("降噪耳机", "待受理")
        seen = case_screen(hands)
        await hands.until(lambda: seen.owed is not None)
        await hands.press("back")
        await hands.at(QueueScreen)
        await down(hands, proxy)

        # What was read is read again, and its age is told; a case is not claimed meanwhile.
        await hands.press("open")
        await hands.at(CaseScreen)
        await hands.sees("降噪耳机", "内容读于")
        assert hands.app.leasing.held == ""
        await hands.press("verb.take")
        await hands.sees("连接断开时不能")

        # A note is written as ever; a sign says that it waits.
        await hands.press("verb.note")
        await hands.at(VerbForm)
        await hands.write("jia")
        await hands.press("send")
        await hands.at(CaseScreen)
        await hands.sees("待发 1", "已存在本机")
        await hands.app.desk.do(Prioritise(2), case.id)
        assert told(desk_file, case) == []

        await hands.press("unsent")
        await hands.at(UnsentScreen)
        await hands.sees("jia", "待发出的操作")
        await hands.press("retry")
        await hands.sees("恢复连接后会自动发出")
        await hands.press("back")
        await hands.press("quit")
        await hands.sees("还有 2 项没有发出")

        # Meanwhile somebody else was there first: one is sent, the other waits for a decision.
        desk_file.clock.forward(hours=1)  # wang's hold ran out, since nobody could renew it
        desk_file.core("chen").do(Prioritise(1), case.id)
        proxy.mend()
        await hands.sees("待定 1", "不再适合")
        assert told(desk_file, case) == ["jia"]
        await hands.until(lambda: hands.app.leasing.held == case.id)
        await hands.press("unsent")
        await hands.at(UnsentScreen)
        await hands.sees("未执行", "现在：待受理", "优先级 1", "Chen")
        await hands.press("retry")
        await hands.until(lambda: "待定" not in hands.shown())
        li = desk_file.core("li")
        await hands.until(lambda: li.ask(ShowCase(case.id)).case.priority == 2)


async def test_what_was_given_up_in_the_list_is_not_sent(desk_file: DeskFile, proxy: Proxy, tmp_path: Path):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await hands.sees("待受理")
        await hands.app.desk.ask(ShowCase(case.id))
        await down(hands, proxy)
        await hands.app.desk.do(Note("一"), case.id)
        await hands.app.desk.do(Note("二"), case.id)
        await hands.press("unsent")
        await hands.at(UnsentScreen)
        await hands.press("drop")
        await hands.sees("已放弃")
        await hands.press("back")
        proxy.mend()
        await hands.sees("已恢复连接")
        assert told(desk_file, case) == ["二"]


async def test_a_draft_that_the_desk_refuses_is_told_of_and_looked_at(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await hands.app.desk.ask(ShowCase(case.id))
        await down(hands, proxy)
        await hands.app.desk.ask(KeepDraft(case.id, "亲，已收到退货", 0, channel="pigeon"))
        await hands.app.desk.do(Note("照发"), case.id)
        proxy.mend()
        await hands.sees("回复草稿没有存到服务器", "待定 1")
        assert "离线内容" not in hands.shown()
        assert told(desk_file, case) == ["照发"]
        await hands.press("unsent")
        await hands.at(UnsentScreen)
        await hands.sees("回复草稿", "亲，已收到退货", "未执行", "现在：待受理")
        await hands.press("retry")
        await hands.sees("仍不能执行")
        await hands.press("drop")
        await hands.sees("已放弃")
        await hands.until(lambda: "待定" not in hands.shown())


async def test_keys_are_answered_with_what_was_read_while_the_desk_is_still_asked(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = opened(desk_file, title="降噪耳机"), opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case, other)
        queue = hands.screen
        assert isinstance(queue, QueueScreen)
        for name in ("mine", "returns"):
            queue.show(name)
            await hands.until(lambda name=name: queue.list.window.queue == name)  # type: ignore[misc]
        await hands.until(lambda: queue.preview.view is not None and queue.preview.view.case.id == case.id)
        proxy.weather.deaf = True  # from here on nothing is answered
        queue.show("mine")
        await hands.until(lambda: queue.list.window.queue == "mine")
        queue.show("returns")
        await hands.until(lambda: [row.id for row in queue.list.window.rows] == [case.id, other.id])
        await hands.press("open")
        await hands.at(CaseScreen)
        await hands.sees("降噪耳机")
        screen = hands.screen
        assert isinstance(screen, CaseScreen) and screen.view is None
        # Nothing acts on a picture: what is typed for the case waits until it is there as it is now.
        await hands.press("verb.note")
        await hands.write("jia")
        await hands.settle()
        assert told(desk_file, case) == []
        proxy.mend()
        await hands.at(VerbForm)
        await hands.sees("jia")
        await hands.press("send")
        await hands.until(lambda: told(desk_file, case) == ["jia"])


async def test_whoever_goes_elsewhere_before_the_last_place_was_read_stays_there(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case, other = opened(desk_file, title="降噪耳机"), opened(desk_file)
    proxy.weather.delay_s = 0.1
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await hands.press("queue_next")
        queue = hands.screen
        assert isinstance(queue, QueueScreen)
        await hands.until(lambda: queue.list.window.queue == "returns")
        await hands.until(lambda: bool(queue.tabs.counts) and hands.app.idle)
        assert queue.tabs.queue == queue.list.window.queue == "returns"
        await listed(hands, case, other)


async def test_keys_behind_the_one_for_the_next_case_are_for_that_case_and_esc_takes_them_back(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    urgent, other = opened(desk_file), opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, urgent, other)
        queue = hands.screen
        assert isinstance(queue, QueueScreen)
        await hands.until(lambda: bool(queue.tabs.counts) and hands.app.idle)
        await hands.press("down")
        assert queue.list.current is not None and queue.list.current.id == other.id
        proxy.weather.delay_s = 0.1
        for key in "Nrjqz":
            hands.app.post_message(key_event(key))
        await hands.at(CaseScreen)
        screen = case_screen(hands)
        await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.text == "jqz")
        assert screen.case_id == urgent.id
        await hands.press("back")
        await hands.press("back")
        await hands.at(QueueScreen)
        proxy.weather.deaf = True
        await hands.press("next")
        await hands.keys("r", "escape")
        await hands.press("palette")  # it has the keys again, and nothing of what was typed is left
        await hands.at(PaletteScreen)
        await hands.press("back")
        proxy.mend()
        await hands.until(lambda: hands.app.idle and hands.screen.settled)
        assert isinstance(hands.screen, QueueScreen)  # Esc called the next case off


async def test_what_is_scrolled_while_the_case_is_read_anew_stays_there(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    for n in range(40):
        desk_file.core("wang").do(Hear(f"第 {n} 条消息"), case.id)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await open_case(hands, case.id)
        await hands.press("back")
        await hands.at(QueueScreen)
        proxy.weather.deaf = True
        await hands.press("open")
        await hands.at(CaseScreen)
        screen = case_screen(hands)
        await hands.until(lambda: screen.talk.last_top > 0)
        assert screen.view is None  # it is as it was read last
        await hands.press("top")
        assert screen.talk.last_top > screen.talk.top == 0
        proxy.mend()
        await hands.until(lambda: screen.view is not None and not screen._awaited)
        await hands.settle()
        assert screen.talk.top == 0


async def test_letters_behind_the_key_of_a_form_or_a_reply_are_its_text_however_slow_the_desk(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path
):
    case = opened(desk_file)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await listed(hands, case)
        await hands.sees("待受理")
        proxy.weather.delay_s = 0.05
        # All of it is there before the console has looked at its first key.
        for key in "njqz":
            hands.app.post_message(key_event(key))
        await hands.at(VerbForm)
        await hands.sees("jqz")
        await hands.press("back")
        await hands.at(QueueScreen)
        for key in "rjqz":
            hands.app.post_message(key_event(key))
        await hands.at(CaseScreen)
        screen = hands.screen
        assert isinstance(screen, CaseScreen)
        await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.text == "jqz")
        # Likewise in a case that is there already.
        await hands.press("back")
        await hands.until(lambda: not screen.writing)
        await screen.reply.drop()
        for key in "rjqz":
            hands.app.post_message(key_event(key))
        await hands.until(lambda: screen.reply.composer is not None and screen.reply.composer.text == "jqz")
