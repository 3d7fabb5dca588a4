"""What is the local desk's own: its thread, its watch on the file, and cases that a later csdesk wrote."""

import asyncio
import threading

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.local import MANY, WATCH_SECONDS
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Tag, TakeBack
from csdesk.store import feed, folds
from csdesk.store.connection import write
from tests.building import DeskFile


def test_a_change_is_looked_for_at_least_once_a_second():
    assert WATCH_SECONDS <= 1


async def test_the_store_is_opened_and_used_in_one_thread_that_is_not_the_loops(desk_file: DeskFile):
    desk = await desk_file.desk("wang")
    threads = set()
    connection = desk._core.store.conn
    desk._core.now = lambda: threads.add(threading.get_ident()) or 1  # type: ignore[func-returns-value]
    await desk.do(Open(Kind.INQUIRY))
    await desk.ask(q.Held())
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    with pytest.raises(Exception, match="thread"):
        connection.execute("SELECT 1")
    await desk.close()


@pytest.mark.parametrize("kept", [3, MANY + 5])
async def test_a_watch_that_missed_changes_says_everything(desk_file: DeskFile, kept: int):
    desk = await desk_file.desk("wang")
    other = desk_file.core("li")
    case = other.do(Open(Kind.INQUIRY)).case
    news = desk.watch()
    first = asyncio.ensure_future(anext(news))
    while not first.done():
        other.do(Note("一"), case.id)
        await asyncio.wait([first], timeout=0.2)
    last = feed.last_change(other.store.conn, other.desk)
    with write(other.store.conn) as conn:
        rows = [(other.desk, last + n, case.id, n) for n in range(1, MANY + 10)]
        conn.executemany("INSERT INTO change VALUES (?,?,?,?,0,0)", rows)
        feed.prune(conn, other.desk, kept)
    async with asyncio.timeout(20):
        async for changes in news:
            if changes.everything:
                break
    await desk.close()


def test_pruning_keeps_the_newest_and_the_sequence_goes_on(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.INQUIRY)).case
    for _ in range(9):
        wang.do(Note("一"), case.id)
    with write(wang.store.conn) as conn:
        feed.prune(conn, wang.desk, 4)
    assert [change.seq for change in feed.changes(wang.store.conn, wang.desk, 0)] == [7, 8, 9, 10]
    wang.do(Note("一"), case.id)
    assert feed.last_change(wang.store.conn, wang.desk) == 11


# A case of a later csdesk.


def later(core: Core) -> str:
    """A case in whose chain an event stands that this csdesk has never heard of."""
    case = core.do(Open(Kind.INQUIRY)).case.id
    core.do(Tag(("破损",)), case)
    with write(core.store.conn) as conn:
        conn.execute(
            "UPDATE event SET type = 'teleported', v = 2 WHERE case_id = ? AND type = 'tagged'", (case,)
        )
    return case


def test_a_case_of_a_later_csdesk_can_be_read_and_not_be_changed(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = later(wang)
    for command in (Note("一"), Reply("您好"), TakeBack()):
        with pytest.raises(Refused) as refused:
            wang.do(command, case)
        assert refused.value.code == "case_of_later_version"
        assert refused.value.detail["events"] == ("teleported v2",)
    view = wang.ask(q.ShowCase(case))
    assert "teleported" in view.readonly
    assert view.case.tags == ("破损",)
    assert [entry.code for entry in view.timeline] == ["opened"]


def test_undo_looks_past_a_case_of_a_later_csdesk(desk_file: DeskFile):
    wang = desk_file.core("wang")
    mine = wang.do(Open(Kind.INQUIRY)).case.id
    wang.do(Tag(("急",)), mine)
    desk_file.clock.forward(seconds=1)
    later(wang)
    assert wang.ask(q.LastVerb()) == (mine, "tag")


def test_a_refusal_inside_the_transaction_leaves_no_row(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.INQUIRY)).case.id
    tables = ("event", "cases", "outbox", "request", "change", "doc", "person_key")

    def rows() -> list[int]:
        return [wang.store.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    before = rows()
    with pytest.raises(Refused):
        wang.do(Reply(" "), case)
    with pytest.raises(Refused):
        wang.do(Open(Kind.RETURN, reason="because"))
    assert rows() == before
    assert folds.load(wang.store.conn, wang.desk, case) is not None
