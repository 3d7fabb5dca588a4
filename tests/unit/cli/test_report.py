"""`csdesk report` as people, sheets and programs read it."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from csdesk.__main__ import main
from csdesk.desk.days import today
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign
from csdesk.store.connection import write
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]
FIRST, LAST = "2026-11-02", "2026-11-03"


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, who: str = "zhao") -> tuple[int, str, str]:
        file = ("--file", str(desk_file.path), "--agent", who)
        monkeypatch.setattr("sys.argv", ["csdesk", "report", *arguments, *file])
        capsys.readouterr()
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def opened(desk_file: DeskFile) -> DeskFile:
    """Two inquiries, and one of a shop whose name a sheet would compute."""
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = wang.do(Open(Kind.INQUIRY, summary="一")).case
    zhao.do(Assign("wang"), case.id)
    wang.do(Open(Kind.INQUIRY, summary="二"))
    with write(zhao.store.conn) as conn:
        conn.execute("UPDATE merchant SET name = '=cmd()' WHERE id = 'mute'")
    wang.do(Open(Kind.RETURN, desk_file.order(merchant="mute"), (LineQty(1, 1),)))
    return desk_file


def test_people_read_the_numbers_of_the_span(opened: DeskFile, run: Run):
    code, out, _ = run("--from", FIRST, "--to", LAST)
    assert code == 0
    assert out.splitlines()[0] == "2026-11-02 至 2026-11-03"
    assert "新开工单：3" in out and "期末未关闭：3" in out and "中位 – 分钟" in out


def test_a_table_stands_in_columns(opened: DeskFile, run: Run):
    lines = run("--from", FIRST, "--to", LAST, "--by", "agent", "--per", "day")[1].splitlines()
    assert lines[1].startswith("日期        分组")
    assert lines[2].startswith("2026-11-02  （无）  2")
    assert lines[3].startswith("2026-11-02  wang    1")


def test_a_sheet_computes_nothing(opened: DeskFile, run: Run):
    code, out, _ = run("--from", FIRST, "--to", LAST, "--by", "merchant", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(row["merchant"], row["label"], row["opened"]) for row in rows] == [
        ("", "", "2"),
        ("mute", "'=cmd()", "1"),
        ("", "", "3"),
    ]
    assert rows[-1]["day"] == "total"


def test_a_program_reads_json(opened: DeskFile, run: Run):
    told = json.loads(run("--from", FIRST, "--to", LAST, "--by", "kind", "--json")[1])
    assert {row["key"]: row["opened"] for row in told["rows"]} == {"inquiry": 2, "return": 1}
    assert (told["total"]["opened"], told["total"]["first_median_minutes"]) == (3, None)


def test_a_week_ends_today_when_nothing_is_said(desk_file: DeskFile, run: Run):
    told = json.loads(run("--per", "day", "--json")[1])
    assert len(told["rows"]) == 7
    assert told["rows"][-1]["day"] >= today(desk_file.core("zhao"))


@pytest.mark.parametrize(
    ("arguments", "who", "said"),
    [
        (("--by", "colour"), "zhao", "colour"),
        (("--per", "hour"), "zhao", "hour"),
        (("--from", "x"), "zhao", "2026-11-01"),
        (("--from", "x", "--to", "y"), "zhao", "2026-11-01"),
        ((), "wang", ""),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(run: Run, arguments: tuple[str, ...], who: str, said: str):
    code, out, err = run(*arguments, who=who)
    assert (code, out) == (1, "")
    assert said in err and err.count("\n") == 1
