"""Macros: kept under a name, mine or everybody's, and carried out whole on each case or not at all."""

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import RunItems, RunView, ShowRun, UndoRun
from csdesk.desk.core import Core
from csdesk.desk.macro_queries import DropMacro, Macros, RunMacro, SaveMacro, ShareMacro, Step
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Noted
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.store.cases import history
from tests.building import DeskFile

TAG = Step("tag", {"add": "破损"})
TELL = Step("reply", {"text": "{case_number} 已收到，稍后答复"})


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def cases(desk_file: DeskFile, wang: Core) -> list[Case]:
    return [wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case for _ in range(2)]


def carried_out(file: DeskFile, core: Core, run: RunView) -> RunView:
    while not bulk_answers.step(file.core("system"), run.id):
        pass
    return core.ask(ShowRun(run.id))


def test_a_macro_does_all_its_steps_on_each_case_and_is_taken_back_whole(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    wang.ask(SaveMacro("破损三步", (TAG, Step("prioritise", {"priority": "2"}), TELL)))
    run = carried_out(desk_file, wang, wang.ask(RunMacro("破损三步", tuple(case.id for case in cases))))
    assert (run.verb, run.counts["done"]) == ("macro:破损三步", 2)
    for case in cases:
        now = wang.load(case.id)[0]
        assert (now.tags, now.priority, now.messages[-1].state) == (("破损",), 2, "held")
    back = carried_out(desk_file, wang, wang.ask(UndoRun(run.id)))
    assert back.counts["done"] == 2
    for case in cases:
        now = wang.load(case.id)[0]
        assert (now.tags, now.priority, now.messages[-1].state) == ((), 0, "recalled")


def test_a_step_that_is_refused_leaves_its_case_as_it_was_and_is_named(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    desk_file.core("li").do(Take(), cases[0].id)
    wang.ask(SaveMacro("接手", (TAG, Step("take", {}))))
    run = carried_out(desk_file, wang, wang.ask(RunMacro("接手", tuple(case.id for case in cases))))
    (refused,) = wang.ask(RunItems(run.id))
    assert (refused.case, refused.detail["step"]) == (cases[0].id, "take")
    assert [wang.load(case.id)[0].tags for case in cases] == [(), ("破损",)]


def test_a_macro_is_mine_unless_it_is_shared_by_who_may(desk_file: DeskFile, wang: Core):
    zhao, li = desk_file.core("zhao"), desk_file.core("li")
    with pytest.raises(Refused, match="no_right"):
        wang.ask(SaveMacro("大家的", (TAG,), shared=True))
    zhao.ask(SaveMacro("大家的", (TAG,), shared=True))
    wang.ask(SaveMacro("我的", (TAG,)))
    assert [(one.name, one.shared) for one in wang.ask(Macros())] == [("我的", False), ("大家的", True)]
    assert [one.name for one in li.ask(Macros())] == ["大家的"]
    with pytest.raises(Refused, match="no_such_macro"):
        li.ask(DropMacro("我的"))
    with pytest.raises(Refused, match="no_right"):
        li.ask(DropMacro("大家的"))
    wang.ask(DropMacro("我的"))
    assert [one.name for one in wang.ask(Macros())] == ["大家的"]


def test_a_macro_becomes_everybodys_once_and_of_two_of_a_name_the_one_that_is_meant_is_forgotten(
    desk_file: DeskFile, wang: Core
):
    zhao = desk_file.core("zhao")
    zhao.ask(SaveMacro("破损", (TAG,)))
    assert zhao.ask(ShareMacro("破损")).shared
    assert [(one.name, one.shared, one.steps) for one in wang.ask(Macros())] == [("破损", True, (TAG,))]
    for who, code in ((wang, "no_right"), (zhao, "macro_shared")):
        with pytest.raises(Refused) as error:
            who.ask(ShareMacro("破损"))
        assert error.value.code == code
    zhao.ask(SaveMacro("破损", (TELL,)))  # one of my own beside it
    zhao.ask(DropMacro("破损", shared=True))
    assert [(one.shared, one.steps) for one in zhao.ask(Macros())] == [(False, (TELL,))]


def test_saving_under_the_same_name_replaces_what_it_held(wang: Core):
    wang.ask(SaveMacro("一步", (TAG,)))
    wang.ask(SaveMacro("一步", (Step("take", {}),)))
    (kept,) = wang.ask(Macros())
    assert [step.verb for step in kept.steps] == ["take"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (SaveMacro("", (TAG,)), "macro_name"),
        (SaveMacro("13812345678", (TAG,)), "macro_name"),
        (SaveMacro("空", ()), "macro_steps"),
        (SaveMacro("多", (TAG,) * 11), "macro_steps"),
        (SaveMacro("不行", (Step("withdraw", {}),)), "not_in_bulk"),
        (SaveMacro("不全", (Step("reply", {}),)), "field_missing"),
        (SaveMacro("电话", (Step("reply", {"text": "请拨 138 1234 5678"}),)), "macro_personal"),
        (SaveMacro("身份证", (Step("tag", {"add": "11010519491231002X"}),)), "macro_personal"),
        (RunMacro("没有", ("x",)), "no_such_macro"),
    ],
)
def test_what_is_no_macro_is_refused_and_nothing_kept(wang: Core, ask: SaveMacro, code: str):
    with pytest.raises(Refused, match=code):
        wang.ask(ask)
    assert wang.ask(Macros()) == []


def test_what_a_macro_says_lies_sealed(wang: Core):
    wang.ask(SaveMacro("答复", (TELL,)))
    (sealed,) = wang.store.conn.execute("SELECT sealed FROM macro").fetchone()
    assert "稍后答复".encode() not in bytes(sealed)


def test_a_step_that_finds_its_work_done_is_passed_over_and_a_note_is_filled(
    desk_file: DeskFile, wang: Core, cases: list[Case]
):
    wang.do(Take(), cases[0].id)
    wang.ask(SaveMacro("接手备注", (Step("take", {}), TAG, Step("note", {"text": "{case_number} 转仓库"}))))
    run = carried_out(desk_file, wang, wang.ask(RunMacro("接手备注", tuple(case.id for case in cases))))
    assert run.counts["done"] == 2
    for case in cases:
        past = history(wang.store.conn, wang.desk, case.id, wang.store.keys)
        notes = [one.event.text for one in past if isinstance(one.event, Noted)]
        assert (notes, wang.load(case.id)[0].assignee) == ([f"{wang.number(case)} 转仓库"], "wang")
    # Another agent's case is no work done: that is refused as ever.
    li = desk_file.core("li")
    li.ask(SaveMacro("接手", (Step("take", {}),)))
    run = carried_out(desk_file, li, li.ask(RunMacro("接手", (cases[0].id,))))
    assert run.counts["refused"] == 1
