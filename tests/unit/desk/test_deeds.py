"""What somebody did, and runs taken back: each case only while the run is their last there, each once."""

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import (
    BeginRun,
    Deed,
    Deeds,
    RedoRun,
    RunItems,
    RunView,
    ShowRun,
    UndoRun,
    Weigh,
)
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Prioritise, TakeBack
from tests.building import DeskFile


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def cases(desk_file: DeskFile, wang: Core) -> list[Case]:
    return [wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case for _ in range(3)]


def carried_out(file: DeskFile, core: Core, run: RunView) -> RunView:
    system = file.core("system")
    while not bulk_answers.step(system, run.id):
        pass
    file.clock.forward(ms=1)
    return core.ask(ShowRun(run.id))


def tagged(file: DeskFile, core: Core, cases: list[Case], tag: str) -> RunView:
    file.clock.forward(ms=1)
    return carried_out(file, core, core.ask(BeginRun("tag", tuple(case.id for case in cases), {"add": tag})))


def tags(core: Core, cases: list[Case]) -> list[tuple[str, ...]]:
    return [core.load(case.id)[0].tags for case in cases]


def of_run(core: Core, run: str) -> Deed:
    return next(deed for deed in core.ask(Deeds()) if deed.id == run)


def test_a_run_is_taken_back_done_again_and_taken_back_once_more(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    run = tagged(desk_file, wang, cases, "申通")
    back = carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    assert (back.verb, back.counts["done"], tags(wang, cases)) == ("undo", 3, [(), (), ()])
    again = carried_out(desk_file, wang, wang.ask(RedoRun(back.id)))
    assert (again.verb, tags(wang, cases)) == ("tag", [("申通",)] * 3)
    assert wang.ask(RedoRun(back.id)).id == again.id
    carried_out(desk_file, wang, wang.ask(UndoRun(again.id)))
    assert tags(wang, cases) == [(), (), ()]


def test_what_was_done_since_stands_and_is_named(desk_file: DeskFile, wang: Core, cases: list[Case]):
    run = tagged(desk_file, wang, cases, "申通")
    wang.do(Prioritise(2), cases[0].id)
    wang.do(TakeBack(), cases[1].id)
    back = carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    why = {one.case: (one.why, one.detail.get("verb")) for one in wang.ask(RunItems(back.id))}
    assert why[cases[0].id] == ("undo_since", "prioritise")
    assert why[cases[1].id][0] in ("undone_already", "undo_nothing")
    assert tags(wang, cases) == [("申通",), (), ()]
    wang.do(TakeBack(), cases[0].id)
    retried = carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    assert (retried.counts["done"], tags(wang, cases)[0]) == (1, ())


def test_a_run_half_way_is_stopped_and_what_it_did_is_taken_back(desk_file: DeskFile, wang: Core):
    many = [wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case for _ in range(13)]
    run = wang.ask(BeginRun("tag", tuple(case.id for case in many), {"add": "申通"}))
    assert not bulk_answers.step(desk_file.core("system"), run.id)
    back = carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    assert (wang.ask(ShowRun(run.id)).state, back.counts["done"]) == ("stopped", 10)
    assert tags(wang, many) == [()] * 13


def test_the_history_holds_verbs_and_runs_and_what_can_be_taken_back(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    desk_file.clock.forward(ms=1)
    wang.do(Prioritise(1), cases[0].id)
    run = tagged(desk_file, wang, cases, "申通")
    last, before, *opened = wang.ask(Deeds())
    assert (last.id, last.off) == (run.id, None)
    assert (before.verb, before.off and before.off.code) == ("prioritise", "undo_since")
    assert {deed.off.code for deed in opened if deed.off} == {"undo_none"}
    carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    off = of_run(wang, run.id).off
    assert off is not None and off.code == "undo_run_done"
    assert next(deed for deed in wang.ask(Deeds()) if deed.verb == "prioritise").off is None
    with pytest.raises(Refused, match="undo_run_done"):
        wang.ask(UndoRun(run.id))


def test_a_run_of_payments_is_weighed_with_its_money_and_not_taken_back(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    all_of_them = tuple(case.id for case in cases)
    entered = {"minor": "1000", "way": "coupon"}
    weighed = wang.ask(Weigh("compensate", all_of_them, entered))
    assert (weighed.able, weighed.money) == (3, (("CNY", 3000),))
    run = wang.ask(BeginRun("compensate", all_of_them, entered))
    with pytest.raises(Refused, match="undo_none"):
        wang.ask(UndoRun(run.id))
    assert wang.ask(ShowRun(run.id)).state == "running"
