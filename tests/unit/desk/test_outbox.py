"""Jobs that the worker gave up: who sees them, what a person makes of them, and what is kept of that."""

import pytest

from csdesk.desk.outbox_queries import DeadLetters, DropJob, RetryJob
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.store import outbox
from csdesk.store.connection import write
from csdesk.store.verify import verify
from tests.building import MONDAY, DeskFile


@pytest.fixture
def failed(desk_file: DeskFile) -> str:
    """A complaint one of whose deadlines the worker gave up; gives the key of the job."""
    li = desk_file.core("li")
    case = li.do(Open(Kind.COMPLAINT, desk_file.order(), reason="service")).case
    with write(li.store.conn) as conn:
        (key,) = conn.execute(
            "SELECT key FROM outbox WHERE kind = 'clock' AND case_id = ?", (case.id,)
        ).fetchone()
        conn.execute(
            "UPDATE outbox SET state = 'failed', attempts = 12, result = 'error: KeyError' WHERE key = ?",
            (key,),
        )
    return key


def test_what_failed_is_listed_with_its_case_and_why(desk_file: DeskFile, failed: str):
    zhao = desk_file.core("zhao")
    (one,) = zhao.ask(DeadLetters())
    assert (one.key, one.kind, one.tries, one.reason) == (failed, "clock", 12, "error: KeyError")
    assert zhao.case_id(one.number) == one.case
    assert one.again


@pytest.mark.parametrize("who", ["wang", "chen", "sun", "system"])
def test_others_neither_see_nor_touch_them(desk_file: DeskFile, failed: str, who: str):
    core = desk_file.core(who)
    with pytest.raises(Refused, match="no_right"):
        core.ask(DeadLetters())
    for errand in (RetryJob(failed), DropJob(failed, "why")):
        with pytest.raises(Refused, match="no_right"):
            core.ask(errand)


def test_one_that_is_tried_again_is_due_now_from_its_first_try_on(desk_file: DeskFile, failed: str):
    zhao = desk_file.core("zhao")
    zhao.ask(RetryJob(failed))
    assert zhao.ask(DeadLetters()) == []
    row = zhao.store.conn.execute("SELECT state, attempts, run_at FROM outbox WHERE key = ?", (failed,))
    assert row.fetchone() == ("ready", 0, MONDAY)
    assert outbox.due(zhao.store.conn, zhao.desk, MONDAY)
    with pytest.raises(Refused, match="no_such_job"):
        zhao.ask(RetryJob(failed))


def test_one_that_is_dropped_keeps_who_why_and_what_had_failed(desk_file: DeskFile, failed: str):
    gao = desk_file.core("gao")
    with pytest.raises(Refused, match="drop_reason"):
        gao.ask(DropJob(failed, " \t "))
    gao.ask(DropJob(failed, "已由门店处理"))
    assert gao.ask(DeadLetters()) == []
    rows = gao.store.conn.execute("SELECT key, at, actor, what, reason, result FROM outbox_ruling").fetchall()
    assert rows == [(failed, MONDAY, "gao", "drop", "已由门店处理", "error: KeyError")]
    assert list(verify(gao.store)) == [], "a promise that somebody took back is not a broken one"
    with pytest.raises(Refused, match="no_such_job"):
        gao.ask(DropJob(failed, "again"))


@pytest.mark.parametrize("kind", ["message", "refund", "order", "carrier"])
def test_what_its_case_knows_of_is_done_anew_there(desk_file: DeskFile, failed: str, kind: str):
    zhao = desk_file.core("zhao")
    with write(zhao.store.conn) as conn:
        conn.execute("UPDATE outbox SET kind = ? WHERE key = ?", (kind, failed))
    assert [one.again for one in zhao.ask(DeadLetters())] == [False]
    with pytest.raises(Refused, match="told_in_case"):
        zhao.ask(RetryJob(failed))
    zhao.ask(DropJob(failed, "客户已另行答复"))
    assert zhao.ask(DeadLetters()) == []


def test_the_list_is_read_by_its_index(desk_file: DeskFile, failed: str):
    conn = desk_file.core("zhao").store.conn
    plan = conn.execute(
        "EXPLAIN QUERY PLAN SELECT key FROM outbox INDEXED BY outbox_failed"
        " WHERE desk_id = '' AND state = 'failed' ORDER BY run_at, key LIMIT 5"
    ).fetchall()
    assert len(plan) == 1 and "outbox_failed (desk_id=?)" in plan[0][3]
