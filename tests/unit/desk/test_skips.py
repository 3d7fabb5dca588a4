"""What agents passed over is not pushed to them, and hides nothing from others."""

from csdesk.desk import guided_queries as gq
from csdesk.desk import staff_queries as sq
from csdesk.desk.routing import CASES_A_STEP, Router
from tests.building import DeskFile, desk_file
from tests.tui.test_queue import opened

__all__ = ["desk_file"]


def assignee(file: DeskFile, case: str) -> str:
    return file.core("zhao").load(case)[0].assignee


def test_a_case_is_pushed_to_whoever_did_not_pass_it_over(desk_file: DeskFile):
    case = opened(desk_file)
    desk_file.core("wang").ask(gq.SkipCase(case.id, "skill"))
    router = Router(desk_file.core("system"))
    desk_file.core("wang").ask(sq.SetAgentState("available"))
    assert router.step() == 0
    desk_file.core("li").ask(sq.SetAgentState("available"))
    assert router.step() == 1
    assert assignee(desk_file, case.id) == "li"


def test_many_cases_that_all_passed_over_do_not_hold_up_the_next(desk_file: DeskFile):
    wang = desk_file.core("wang")
    skipped = [opened(desk_file) for _ in range(CASES_A_STEP + 2)]
    for case in skipped:
        wang.ask(gq.SkipCase(case.id, "skill"))
    last = opened(desk_file)
    wang.ask(sq.SetAgentState("available"))
    assert Router(desk_file.core("system")).step() == 1
    assert assignee(desk_file, last.id) == "wang"
    desk_file.clock.forward(hours=9)
    assert Router(desk_file.core("system")).step() == CASES_A_STEP
