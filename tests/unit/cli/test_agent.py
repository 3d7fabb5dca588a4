"""`csdesk agent`: states and skills from the command line, and cases given out by `csdesk work`."""

import json
from collections.abc import Callable

import pytest

from csdesk.__main__ import main
from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`csdesk` with arguments, on the desk, by wang: exit code, what it said, what it complained of."""

    def go(*arguments: str, who: str = "wang") -> tuple[int, str, str]:
        monkeypatch.setenv("CSDESK_FILE", str(desk_file.path))
        monkeypatch.setenv("CSDESK_AGENT", who)
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
        code = main()
        told = capfd.readouterr()
        return code, told.out, told.err

    return go


def test_somebody_says_that_they_are_on_a_break_and_back(run: Run, desk_file: DeskFile):
    assert run("agent", "state", "break") == (0, "wang：小休。\n", "")
    code, told, _ = run("agent", "list")
    assert code == 0
    (mine,) = [line for line in told.splitlines() if line.startswith("wang ")]
    assert mine == "wang        Wang  客服  小休  在手 0（超时 0，挂起 0）"
    assert any(line.startswith("li ") and "未签入" in line for line in told.splitlines())
    assert any(line.startswith("sun ") and line.endswith("审计") for line in told.splitlines())
    assert run("agent", "state", "available", "--language", "en")[1] == "wang: available.\n"


def test_a_supervisor_says_it_for_somebody_and_an_agent_does_not(run: Run):
    code, _, told = run("agent", "state", "li", "off")
    assert code == 1
    assert told.count("\n") == 1
    assert run("agent", "state", "li", "off", who="zhao")[1] == "li：离线。\n"
    assert run("agent", "state", "li", "lunch", who="zhao")[0] == 1
    assert run("agent", "state", "a", "b", "off", who="zhao")[0] == 2


def test_skills_are_said_shown_and_kept(run: Run):
    made = run(
        *("agent", "skills", "li", "--queues", "returns，repairs", "--languages", "en,ja"),
        *("--most-amount", "500000", "--most-cases", "30"),
        who="zhao",
    )
    assert made == (0, "li  退货、维修  en ja  单笔至多 ¥5,000.00  至多 30 单\n", "")
    assert run("agent", "skills", "li")[1] == made[1]
    assert run("agent", "skills", "li", "--queues", "", "--languages", "", who="zhao")[1] == (
        "li  单笔至多 ¥5,000.00  至多 30 单\n"
    )
    told = json.loads(run("agent", "list", "--json")[1])
    (li,) = [one["now"]["skill"] for one in told if one["id"] == "li"]
    assert li == {"queues": [], "languages": [], "most_amount": 500_000, "most_cases": 30}
    assert run("agent", "skills", "zhao")[1] == "zhao  不限\n"


@pytest.mark.parametrize(
    ("arguments", "who", "said"),
    [
        (("li", "--queues", "nowhere"), "zhao", "nowhere"),
        (("li", "--languages", "日语"), "zhao", "日语"),
        (("li", "--most-cases", "-1"), "zhao", "-1"),
        (("li", "--most-cases", "3"), "wang", "客服"),
        (("gao",), "zhao", "gao"),
        (("nobody",), "zhao", "nobody"),
    ],
    ids=["queue", "language", "number", "right", "admin", "stranger"],
)
def test_a_skill_that_cannot_be_is_one_sentence(run: Run, arguments: tuple[str, ...], who: str, said: str):
    code, out, told = run("agent", "skills", *arguments, who=who)
    assert (code, out) == (1, "")
    assert said in told
    assert told.count("\n") == 1


def test_work_gives_cases_out_where_the_desk_pushes(
    run: Run, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    wang = desk_file.core("wang")
    wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    wang.ask(sq.SetAgentState("available"))
    assert run("work", "--once")[0] == 0
    assert [row.assignee for row in wang.ask(q.QueuePage())] == [""]
    monkeypatch.setenv("CSDESK_ROUTING", "push")
    assert run("work", "--once")[0] == 0
    assert [row.assignee for row in wang.ask(q.QueuePage())] == ["wang"]
    monkeypatch.setenv("CSDESK_ROUTING", "shove")
    assert run("work", "--once")[0] == 1
