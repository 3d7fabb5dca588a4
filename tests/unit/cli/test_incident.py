"""`csdesk incident`: declared, found, attached, told and ended from the command line."""

import json

import pytest

from csdesk.cli.main import run
from csdesk.desk.bulk_queries import Runs
from csdesk.domain.cases.incident import JoinIncident
from tests.building import DeskFile, desk_file
from tests.unit.effects.conftest import a_worker
from tests.unit.effects.test_incident import complaint, shipped, work

__all__ = ["desk_file"]


def call(desk_file: DeskFile, *arguments: str) -> int:
    return run(
        ["incident", *arguments, "--file", str(desk_file.path), "--agent", "wang", "--language", "zh-Hans"]
    )


def test_an_incident_from_its_declaration_to_its_end(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    wang = desk_file.core("wang")
    cases = [complaint(wang, shipped(desk_file, "申通", f"客户{n}")) for n in range(3)]
    assert (
        call(desk_file, "open", "申通停运", "--cause", "carrier_stopped", "--carrier", "申通", "--json") == 0
    )
    number = json.loads(capsys.readouterr().out)["number"]
    assert call(desk_file, "fitting", number) == 0
    assert capsys.readouterr().out.count("CP-") == 3
    assert call(desk_file, "attach", number) == 0
    assert "归入事件，共 3 单" in capsys.readouterr().out
    work(a_worker(desk_file), desk_file, seconds=10**9)
    assert call(desk_file, "members", number, "--which", "uninformed", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert call(desk_file, "close", number) == 1
    assert "还有 3 个成员没有收到上次通知" in capsys.readouterr().err
    assert call(desk_file, "inform", number, "--text", "您好，{case_number} 暂时停运") == 0
    assert call(desk_file, "decide", number, "acknowledge") == 0
    assert call(desk_file, "runs", number) == 0
    assert capsys.readouterr().out.count("共 3 单") == 4
    assert call(desk_file, "describe", number) == 0
    assert "快递 申通" in capsys.readouterr().out
    assert call(desk_file, "close", number, "--because", "已逐个致电") == 0
    assert wang.load(cases[0].id)[0].open


def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    wang = desk_file.core("wang")
    case = complaint(wang, shipped(desk_file, "申通"))
    assert call(desk_file, "open", "停运") == 1
    assert "条件太宽" in capsys.readouterr().err
    assert wang.store.conn.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    assert call(desk_file, "members", wang.number(case)) == 1
    assert "不是事件" in capsys.readouterr().err
    assert call(desk_file, "open", "停运", "--carrier", "申通", "--json") == 0
    number = json.loads(capsys.readouterr().out)["number"]
    wang.do(JoinIncident(number), case.id)
    assert call(desk_file, "decide", number, "compensate", "minor=viel") == 1
    assert call(desk_file, "inform", number, "--late") == 1
    assert "还没有发过通知" in capsys.readouterr().err
    assert wang.ask(Runs(number)) == []


def test_a_case_names_its_incident_or_the_one_that_fits(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    wang = desk_file.core("wang")
    case = wang.number(complaint(wang, shipped(desk_file, "申通")))
    assert call(desk_file, "open", "申通停运", "--carrier", "申通", "--json") == 0
    number = json.loads(capsys.readouterr().out)["number"]

    def show(*more: str) -> str:
        arguments = ["--file", str(desk_file.path), "--agent", "wang", "--language", "zh-Hans"]
        assert run(["case", "show", case, *more, *arguments]) == 0
        return capsys.readouterr().out

    assert f"可能属于事件 {number} 申通停运" in show()
    wang.do(JoinIncident(number), case)
    shown = show()
    assert f"\n属于事件 {number} 申通停运" in shown
    assert f"归入事件 {number}" in shown  # its line in the timeline
    assert [one["number"] for one in json.loads(show("--json"))["incidents"]] == [number]
