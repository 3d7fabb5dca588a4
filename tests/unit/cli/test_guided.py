"""Skips and hand-overs from the command line."""

import csv
import io

from csdesk.desk import queries as q
from csdesk.domain.cases.shared import Take
from tests.building import DeskFile, desk_file
from tests.tui.test_queue import opened
from tests.unit.cli.test_agent import Run, run

__all__ = ["desk_file", "run"]


def test_skips_are_counted_and_listed_for_whoever_runs_the_shift(run: Run, desk_file: DeskFile):
    case = opened(desk_file)
    number = desk_file.core("wang").number(case)
    code, told, _ = run("case", "skip", number, "other", "--note", "=1+1 要主管定")
    assert code == 0
    assert f"已跳过 {number}" in told
    assert run("case", "skip", number, "mood")[0] == 1
    assert run("report", "--by", "skip")[0] == 1  # not for an agent
    code, told, _ = run("report", "--by", "skip", "--from", "2026-01-01", "--to", "2026-12-31", who="zhao")
    assert code == 0
    assert "跳过的工单：1 次" in told
    assert f"wang  {number}  其他  =1+1 要主管定" in told
    code, told, _ = run(
        "report", "--by", "skip", "--from", "2026-01-01", "--to", "2026-12-31", "--csv", who="zhao"
    )
    rows = list(csv.reader(io.StringIO(told.removeprefix("\ufeff"))))
    assert rows == [["agent", "reason", "times", "cases"], ["wang", "other", "1", "1"]]


def test_a_shift_is_handed_over_in_one_command(run: Run, desk_file: DeskFile):
    wang = desk_file.core("wang")
    first, second = opened(desk_file), opened(desk_file)
    for case in (first, second):
        wang.do(Take(), case.id)
    one, two = wang.number(first), wang.number(second)
    code, told, _ = run("agent", "handover")
    assert code == 0
    assert [line.split()[0] for line in told.splitlines()] == [one, two]
    code, told, _ = run("agent", "handover", f"{one}=nobody:说明", "--rest", "pool", "--note", "等仓库")
    assert code == 1
    assert f"没有交接 {one}" in told
    assert f"已交接 {two}" in told
    assert "在线" in told
    assert wang.ask(q.ShowCase(second.id)).case.assignee == ""
    code, told, _ = run("agent", "handover", f"{one}=li：催过两次：要回电")
    assert code == 0
    assert "离线" in told
    view = desk_file.core("li").ask(q.ShowCase(first.id))
    assert view.case.assignee == "li"
    assert [entry.text for entry in view.timeline if entry.code == "noted"] == ["催过两次：要回电"]
    assert run("agent", "handover", "RT-1234")[0] == 2
