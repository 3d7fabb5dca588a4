"""Runs: one verb for many cases, carried out by the worker in small steps, each case once, with a result for each."""

import os

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import BeginRun, RunItems, ShowRun, StopRun
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.effects.worker import Worker
from csdesk.store import bulk
from tests.building import DeskFile, line
from tests.unit.effects.conftest import Outside


def opened(core: Core, desk_file: DeskFile, name: str, language: str = "") -> Case:
    order = desk_file.order(line(), customer=desk_file.customer(name))
    return core.do(Open(Kind.RETURN, order, (LineQty(1, 1),), language=language)).case


def work(worker: Worker, desk_file: DeskFile) -> None:
    while worker.turn():
        desk_file.clock.forward(ms=1)


def test_a_notice_goes_to_every_case_once_and_each_tells_what_came_of_it(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    cases = [opened(wang, desk_file, f"客户{n}") for n in range(23)]
    run = wang.ask(BeginRun("reply", tuple(c.id for c in cases), {"text": "您的工单 {case_number} 正在处理"}))
    assert (run.total, run.counts["waiting"], run.state) == (23, 23, "running")
    work(worker, desk_file)
    done = wang.ask(ShowRun(run.id))
    assert (done.state, done.counts["done"], done.counts["waiting"]) == ("done", 23, 0)
    desk_file.clock.forward(seconds=10)
    work(worker, desk_file)
    said = [text for _, _, text, _ in outside.letters]
    assert len(said) == len(set(said)) == 23
    assert {wang.number(c) in "".join(said) for c in cases} == {True}


def test_a_case_that_cannot_be_is_told_with_its_reason_and_stops_no_other(
    desk_file: DeskFile, worker: Worker
):
    wang, li = desk_file.core("wang"), desk_file.core("li")
    cases = [opened(wang, desk_file, f"客户{n}") for n in range(3)]
    from csdesk.desk.queries import Hold

    li.ask(Hold(cases[1].id))
    run = wang.ask(BeginRun("prioritise", tuple(c.id for c in cases), {"priority": "2"}))
    work(worker, desk_file)
    (refused,) = wang.ask(RunItems(run.id))
    assert (refused.case, refused.why, refused.detail["who"]) == (cases[1].id, "held_by", "li")
    assert [wang.load(c.id)[0].priority for c in cases] == [2, 0, 2]
    assert {p[0] for p in wang.store.conn.execute("SELECT actor FROM event WHERE verb = 'prioritise'")} == {
        "wang"
    }


def test_a_run_that_breaks_off_between_a_step_and_its_job_does_nothing_twice(
    desk_file: DeskFile, outside: Outside, worker: Worker
):
    wang = desk_file.core("wang")
    cases = [opened(wang, desk_file, f"客户{n}") for n in range(12)]
    run = wang.ask(BeginRun("reply", tuple(c.id for c in cases), {"text": "在查"}))
    system = desk_file.core("system")
    # A worker that dies here has carried ten out and has not said so of its job.
    assert not bulk_answers.step(system, run.id)
    work(worker, desk_file)
    desk_file.clock.forward(seconds=10)
    work(worker, desk_file)
    assert len(outside.letters) == 12
    assert wang.ask(ShowRun(run.id)).counts["done"] == 12


def test_a_stopped_run_leaves_what_waits_alone(desk_file: DeskFile, worker: Worker):
    wang, li = desk_file.core("wang"), desk_file.core("li")
    cases = [opened(wang, desk_file, f"客户{n}") for n in range(15)]
    run = wang.ask(BeginRun("tag", tuple(c.id for c in cases), {"add": "申通"}))
    assert not bulk_answers.step(desk_file.core("system"), run.id)
    with pytest.raises(Refused, match="no_right"):
        li.ask(StopRun(run.id))
    wang.ask(StopRun(run.id))
    work(worker, desk_file)
    after = wang.ask(ShowRun(run.id))
    assert (after.state, after.counts["done"], after.counts["skipped"]) == ("stopped", 10, 5)


def test_the_same_run_asked_for_twice_is_one(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file, "张伟")
    ask = BeginRun("tag", (case.id,), {"add": "一次"}, key="once")
    assert wang.ask(ask).id == wang.ask(ask).id


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (BeginRun("tag", (), {"add": "x"}), "no_cases"),
        (BeginRun("withdraw", ("x",), {}), "not_in_bulk"),
        (BeginRun("fly", ("x",), {}), "unknown_verb"),
        (BeginRun("reply", ("x",), {}), "field_missing"),
        (BeginRun("prioritise", ("x",), {"priority": "high"}), "bad_value"),
        (BeginRun("tag", ("RT-0000-0000",), {"add": "x"}), "no_such_case"),
    ],
)
def test_a_run_that_cannot_be_begins_nothing(desk_file: DeskFile, ask: BeginRun, code: str):
    wang = desk_file.core("wang")
    with pytest.raises(Refused, match=code):
        wang.ask(ask)
    assert wang.store.conn.execute("SELECT count(*) FROM bulk").fetchone() == (0,)


def test_what_a_run_says_lies_sealed(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = opened(wang, desk_file, "张伟")
    secret = f"暗号{os.getpid()}长江"
    run = wang.ask(BeginRun("reply", (case.id,), {"text": secret}))
    rows = wang.store.conn.execute("SELECT * FROM bulk, bulk_item").fetchall()
    assert not any(
        secret.encode() in (v if isinstance(v, bytes) else str(v).encode()) for r in rows for v in r
    )
    kept = bulk.get(wang.store.conn, wang.store.keys, wang.desk, run.id)
    assert kept is not None and kept.entered == {"text": secret}
