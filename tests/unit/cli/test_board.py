"""`csdesk board` and `csdesk broadcast`: what they print, as lines and as JSON, and what they refuse."""

import json

import pytest

from csdesk.cli.main import run
from csdesk.desk.broadcast_queries import Broadcasts
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


def csdesk(desk_file: DeskFile, *words: str, agent: str = "zhao") -> int:
    return run([*words, "--file", str(desk_file.path), "--agent", agent, "--language", "zh-Hans"])


def test_the_board_prints_queues_shifts_and_what_needs_a_person(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    zhao = desk_file.core("zhao")
    case = zhao.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    zhao.do(Assign("wang"), case.case.id)
    # The command looks at the real clock, by which this case is late or not; the rest is the same.
    assert csdesk(desk_file, "board") == 0
    told = capsys.readouterr().out
    assert "退货  在办 1  " in told
    assert "未派 0" in told
    assert "wang Wang  未签入  名下 1  " in told
    assert csdesk(desk_file, "board", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert [one["live"] for one in view["queues"] if one["queue"] == "returns"] == [1]
    assert csdesk(desk_file, "board", agent="wang") == 1
    assert "客服没有“指派”的权限" in capsys.readouterr().err


def test_a_broadcast_is_told_listed_and_taken_back(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    assert csdesk(desk_file, "broadcast", "系统 18:00 升级", "--minutes", "60", "--json") == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["text"], said["actor"], said["until"] - said["at"]) == ("系统 18:00 升级", "zhao", 3_600_000)
    assert csdesk(desk_file, "broadcast", agent="wang") == 0
    assert "zhao：系统 18:00 升级" in capsys.readouterr().out
    assert csdesk(desk_file, "broadcast", "--take-back", said["id"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "agent", "reason"),
    [
        (("请回电 13812345678",), "zhao", "138****5678"),
        (("好", "--minutes", "0"), "zhao", "1 到 1440"),
        (("大家好",), "wang", "没有“指派”的权限"),
        (("--take-back", "x"), "zhao", "没有这条公告"),
    ],
)
def test_a_broadcast_that_cannot_be_says_why_and_tells_nobody(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], agent: str, reason: str
):
    assert csdesk(desk_file, "broadcast", *words, agent=agent) == 1
    told = capsys.readouterr()
    assert reason in told.err
    assert not told.out
    assert desk_file.core("zhao").ask(Broadcasts()) == []
