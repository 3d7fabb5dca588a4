"""Exports: every case, its words only for who may read them, masked, and no cell that a sheet would compute."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk.cli.main import run
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Tag, Take
from csdesk.domain.cases.tracks import OpenTrack
from csdesk.interop import export as exports
from csdesk.interop.export import CASES, cell, export
from csdesk.interop.importer import run_import
from tests.building import DeskFile
from tests.hostile import HOSTILE
from tests.unit.interop import desks


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    """An agent with two inquiries: one is theirs, the other nobody's."""
    core = desk_file.core("wang")
    mine = core.do(Open(Kind.INQUIRY, summary="=HYPERLINK(1) 我的手机 13812345678")).case
    core.do(Take(), core.number(mine))
    core.do(Hear("-2+3"), core.number(mine))
    core.do(Reply("您好"), core.number(mine))
    core.do(Tag(("=cmd",)), core.number(mine))
    desk_file.clock.forward(seconds=1)
    core.do(Open(Kind.COMPLAINT, summary="别人的话"))
    return core


def told(core: Core, table: str, queue: str = "") -> list[dict[str, Any]]:
    out = io.StringIO()
    count = export(core, table, "jsonl", out, queue)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(found) == count
    return found


def sheet(core: Core, table: str) -> list[dict[str, str]]:
    out = io.StringIO()
    export(core, table, "csv", out)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


def test_all_cases_come_oldest_first_whatever_a_look_takes(wang: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exports, "CASES_A_LOOK", 1)
    found = told(wang, "cases")
    assert [(one["kind"], one["open"], one["assignee"]) for one in found] == [
        ("inquiry", True, "wang"),
        ("complaint", True, ""),
    ]
    assert tuple(found[0]) == (*CASES, "export")
    assert [one["kind"] for one in told(wang, "cases", "complaints")] == ["complaint"]


def test_words_are_there_for_who_may_read_them_and_masked(wang: Core):
    mine, heard, reply, others = told(wang, "replies")
    assert mine["text"] == "=HYPERLINK(1) 我的手机 138****5678"
    assert (heard["direction"], heard["text"]) == ("in", "-2+3")
    assert (reply["direction"], reply["state"], reply["author"]) == ("out", "held", "wang")
    assert others["text"] is None


def test_events_are_told_as_in_the_timeline(wang: Core):
    found = told(wang, "events")
    assert [one["event"] for one in found if one["number"] == found[0]["number"]][:2] == [
        "opened",
        "assigned",
    ]
    assert all(
        one["text"] is None for one in found if one["number"] != found[0]["number"] and one["seq"] == 1
    )


def test_no_cell_begins_like_a_formula(wang: Core):
    rows = [*sheet(wang, "cases"), *sheet(wang, "replies"), *sheet(wang, "events")]
    assert not [
        text for row in rows for text in row.values() if text.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    assert sheet(wang, "cases")[0]["tags"] == "'=cmd"
    assert [row["text"] for row in sheet(wang, "replies")] == [
        "'=HYPERLINK(1) 我的手机 138****5678",
        "'-2+3",
        "您好",
        "",
    ]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\x00=1", "\u200b=1", "＝1", "\n-1"]
)
def test_a_formula_is_text_however_it_is_dressed(text: str):
    assert cell(text).startswith("'") or not cell(text).lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not {sign for sign in cell(text) if ord(sign) < 32 and sign != "\n"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_leave_no_control_in_a_cell(text: str):
    assert not {sign for sign in cell(text) if ord(sign) < 32 and sign != "\n"}


def test_a_queue_that_is_none_is_refused(wang: Core):
    with pytest.raises(Refused, match="unknown_queue"):
        export(wang, "cases", "jsonl", io.StringIO(), "cellar")
    with pytest.raises(Refused, match="no_right"):
        export(wang, "cases", "jsonl", io.StringIO(), "authority")


def test_what_came_from_another_desk_goes_out_again(zhao: Core, write: Callable[..., Path]):
    files = [write("t.json", desks.zendesk_tickets()), write("c.json", desks.zendesk_comments())]
    run_import(zhao, files, "zendesk")
    assert [one["state"] for one in told(zhao, "cases")].count("closed") == 1
    assert len(told(zhao, "replies")) == 4  # two openings, and what else was said aloud


def test_the_command_writes_a_file_whole_or_not_at_all(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    place = ["--file", str(desk_file.path), "--agent", "wang", "--language", "en"]
    assert run(["export", "cases", "--format", "csv", "--to", str(tmp_path / "out.csv"), *place]) == 0
    assert (tmp_path / "out.csv").read_text("utf-8").startswith("number,kind")
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    assert run(["export", "cases", "--to", str(tmp_path / "no" / "out.csv"), *place]) == 1
    assert "无法写入" in capsys.readouterr().err
    assert run(["export", "letters", *place]) == 1
    assert "cases、replies、events" in capsys.readouterr().err


def test_an_authoritys_letter_is_in_its_owners_export_and_the_supervisors(wang: Core, desk_file: DeskFile):
    (number,) = (one["number"] for one in told(wang, "cases", "complaints"))
    wang.do(OpenTrack("authority", owner="li", ref="330106-2026-1188", deadline="7个工作日"), number)

    def sees(who: str) -> bool:
        return number in {one["number"] for one in told(desk_file.core(who), "cases")}

    assert (sees("wang"), sees("li"), sees("zhao")) == (False, True, True)
