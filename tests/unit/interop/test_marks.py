"""Marks in exports: a file that was found tells which export it is from, also in part and without its last column."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.cli.main import run
from csdesk.desk.audit_queries import AuditLog
from csdesk.desk.core import Core
from csdesk.desk.leak_queries import CanaryAlarms, Exports, OpenLeak, PlantCanary, SeenBy, ShowLeak
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Tag, Take
from csdesk.interop import tracing
from csdesk.interop.export import CASES, export
from csdesk.interop.marks import NUMBER, json_line, rows_in
from csdesk.interop.tracing import listed, trace
from csdesk.store.connection import write
from csdesk.store.verify import verify
from tests.building import DeskFile

WIDTH = {"cases": CASES}
Save = Callable[[str], Path]


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    core = desk_file.core("wang")
    for n in range(12):
        case = core.do(
            Open(Kind.COMPLAINT if n % 2 else Kind.INQUIRY, summary=f'第{n}句话, “引号"\n换行')
        ).case
        core.do(Take(), core.number(case))
        core.do(Tag(("加急", "a,b")), core.number(case))
        desk_file.clock.forward(seconds=1)
    return core


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def put(text: str) -> Path:
        path = tmp_path / "found.txt"
        path.write_text(text, "utf-8", newline="")
        return path

    return put


def exported(core: Core, format_: str, table: str = "cases", queue: str = "") -> str:
    out = io.StringIO(newline="")
    export(core, table, format_, out, queue)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
@pytest.mark.parametrize("table", ["cases", "replies", "events"])
def test_an_export_is_on_record_before_its_rows_and_its_rows_name_it(
    wang: Core, desk_file: DeskFile, save: Save, format_: str, table: str
):
    text, sun = exported(wang, format_, table), desk_file.core("sun")
    (made,) = sun.ask(Exports())
    assert (made.actor, made.what, made.format, made.queue, made.cases) == ("wang", table, format_, "", 12)
    assert set(NUMBER.findall(text)) == {made.id}
    found = trace(sun, save(text))
    assert [(one.made, one.how) for one in found.found] == [(made, "number")]
    assert found.strange == ()
    (said,) = [one for one in wang.ask(AuditLog(of="wang")).entries if one.sort == "export"]
    assert (said.what, said.detail) == (table, (made.id, format_, "", "12"))


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
@pytest.mark.parametrize("table", ["cases", "replies", "events"])
def test_rows_without_their_number_tell_it_by_how_they_are_written(
    wang: Core, desk_file: DeskFile, save: Save, format_: str, table: str
):
    texts = [exported(core, format_, table) for core in (wang, desk_file.core("li"), desk_file.core("zhao"))]
    sun = desk_file.core("sun")
    by = {made.actor: made.id for made in sun.ask(Exports())}
    bare = re.sub(r'(, "export": ?|,)"?XP-[0-9A-Z-]+"?', "", texts[1])
    assert not NUMBER.search(bare)
    (found,) = trace(sun, save(bare)).found
    assert (found.made.id, found.how) == (by["li"], "pattern")
    assert found.rows == found.of >= 12
    if table != "cases":
        return  # narrower tables tell less a row, so a few of their rows do not suffice
    # Some of its rows among those of another export: both are named.
    other = re.sub(r'(, "export": ?|,)"?XP-[0-9A-Z-]+"?', "", texts[2])
    ends = "\r\n" if format_ == "csv" else "\n"
    mixed = ends.join([*bare.split(ends)[:9], *other.split(ends)[-6:]])
    assert {one.made.id for one in trace(sun, save(mixed)).found} == {by["li"], by["zhao"]}


def test_what_was_written_anew_tells_nothing_and_no_export_is_named_by_chance(
    wang: Core, desk_file: DeskFile, save: Save
):
    for who in ("wang", "li", "zhao"):
        text = exported(desk_file.core(who), "jsonl")
    rows = [json.loads(line) for line in text.splitlines()]
    anew = "".join(json.dumps({k: v for k, v in row.items() if k != "export"}) + "\n" for row in rows)
    sun = desk_file.core("sun")
    assert trace(sun, save(anew)).found == ()
    assert trace(sun, save("number,kind\r\nIQ-1,x\r\n")).found == ()
    assert trace(sun, save("XP-7K3M-9QX4 somebody's")).strange == ("XP-7K3M-9QX4",)
    assert trace(sun, save('{\n{"a":\n[[[[""\n\x00')).found == ()


def test_the_marks_change_no_value(wang: Core):
    sheet = list(csv.DictReader(io.StringIO(exported(wang, "csv", "replies"), newline="")))
    lines = [json.loads(line) for line in exported(wang, "jsonl", "replies").splitlines()]
    assert [{**row, "export": ""} for row in sheet] == [{**row, "export": ""} for row in lines]
    assert any("\n" in row["text"] for row in sheet)


def test_a_row_is_read_back_as_it_was_written():
    row = {"number": "IQ-1", "tags": ["a", {"b": ": "}], "text": '他说："x": {', "n": None}
    longer = {"number": True, "tags": False, "text": True, "n": False}
    (found,) = rows_in(json_line(row, longer) + "\n", WIDTH)
    assert dict(found.seen) == longer


def test_who_exported_a_persons_case_saw_it_and_no_other(wang: Core, desk_file: DeskFile):
    person = desk_file.customer("陆远", phone="13900001111")
    case = wang.do(Open(Kind.INQUIRY, desk_file.order(customer=person))).case
    exported(desk_file.core("li"), "csv", queue="complaints")
    exported(desk_file.core("chen"), "csv", queue="inquiries")
    exported(desk_file.core("zhao"), "jsonl", "events")
    desk_file.clock.forward(seconds=1)
    later = wang.do(
        Open(Kind.INQUIRY, desk_file.order(customer=desk_file.customer("晚", phone="13900002222")))
    ).case
    sun = desk_file.core("sun")
    assert {one.actor for one in sun.ask(SeenBy(case.id)) if one.how == "export"} == {"chen", "zhao"}
    assert not [one for one in sun.ask(SeenBy(later.id)) if one.how == "export"]


def test_an_export_that_holds_a_canarys_case_raises_an_alarm(wang: Core, desk_file: DeskFile):
    zhao = desk_file.core("zhao")
    made = zhao.ask(PlantCanary("王小雨", "13000000001", desk_file.order(number="W20261102001")))
    exported(wang, "csv")
    assert zhao.ask(CanaryAlarms()) == []  # nobody made a case of it
    wang.do(Open(Kind.INQUIRY, made.order))
    exported(wang, "csv", queue="complaints")
    assert zhao.ask(CanaryAlarms()) == []
    exported(wang, "csv", queue="inquiries")
    assert [(one.actor, one.how) for one in zhao.ask(CanaryAlarms())] == [("wang", "export")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE export_made SET actor = 'li'",
        "UPDATE export_made SET held = x''",
        "DELETE FROM export_made WHERE seq = 1",
    ],
)
def test_the_record_of_exports_cannot_be_changed_unseen(wang: Core, change: str):
    exported(wang, "csv", queue="inquiries")
    exported(wang, "csv", queue="complaints")
    assert list(verify(wang.store)) == []
    with write(wang.store.conn) as conn:
        conn.execute(change)
    assert {one.code for one in verify(wang.store)} == {"export"}


def test_only_who_oversees_traces_and_what_cannot_be_read_is_said(
    wang: Core, desk_file: DeskFile, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refused(core: Core, path: Path) -> str:
        with pytest.raises(Refused) as error:
            trace(core, path)
        return error.value.code

    sun = desk_file.core("sun")
    assert refused(wang, save("x")) == "no_right"
    assert refused(sun, tmp_path / "none") == "leak_unreadable"
    assert refused(sun, tmp_path) == "leak_unreadable"
    monkeypatch.setattr(tracing, "MOST_BYTES", 3)
    assert refused(sun, save("1234")) == "leak_too_large"


def test_a_list_is_any_text_with_numbers_in_it(save: Save):
    text = '\ufeff姓名,电话\r\n张三,"138 0000 0001"\r\n李四;\'W2026-1\t a@b.cn\r\n1,2\r\n138 0000 0001\r\n'
    assert listed(save(text)) == ("138 0000 0001", "W2026-1", "a@b.cn")


def test_the_commands_go_from_a_file_to_its_export_and_to_a_closed_leak(
    wang: Core, desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def said(*words: str, who: str = "sun", code: int = 0) -> str:
        place = ["--file", str(desk_file.path), "--agent", who, "--language", "en"]
        assert run([*words, *place]) == code
        told = capsys.readouterr()
        return told.out + told.err

    out = tmp_path / "cases.csv"
    said("export", "cases", "--format", "csv", "--to", str(out), who="wang")
    leak = said("leak", "open", "Numbers for sale", "--fields", "phone,name").split()[0]
    traced = said("leak", "trace", str(out), "--leak", leak)
    assert "wang  cases (all cases, 12 cases, csv) XP-" in traced
    assert "traced to an export" in said("leak", "show", leak)
    assert [fact.what for fact in desk_file.core("sun").ask(ShowLeak(leak)).facts] == ["opened", "traced"]
    out.write_text(f"13812345678\n{desk_file.order()}\n", "utf-8")
    assert "1 persons are new" in said("leak", "add", leak, str(out))
    assert "Nobody on record" in said("leak", "suspects", leak)
    assert "no export was recognised" in said("leak", "trace", str(out), code=1).casefold()
    assert "Dear customer" in said("leak", "notice", leak)
    assert "LK-" in said("leak", "list")
    assert "still owed" not in said("leak", "step", leak, "contained", "--said", "account closed")
    assert run(["leak", "close", leak, "--file", str(desk_file.path), "--agent", "sun"]) == 1
    assert "尚未办理：通知主管部门" in capsys.readouterr().err
    for step in ("told_authority", "told_people"):
        said("leak", "step", leak, step, "--count", "1")
    assert f"{leak}  closed" in said("leak", "close", leak)
    assert "XP-" in said("leak", "exports")
    assert "not touched" in said("leak", "plant", "Wang", "13000000001", "--like", desk_file.order()) + said(
        "leak", "canaries"
    )
    assert "Nobody touched" in said("leak", "alarms")
    assert run(["leak", "list", "--file", str(desk_file.path), "--agent", "wang"]) == 1


def test_an_open_leak_wants_a_title_and_known_codes(desk_file: DeskFile):
    sun = desk_file.core("sun")
    for ask, code in (
        (OpenLeak("", ""), "bad_title"),
        (OpenLeak("x" * 81, ""), "bad_title"),
        (OpenLeak("x", "", ("shoes",)), "bad_choice"),
        (OpenLeak("x", "", cause="ghost"), "bad_choice"),
        (OpenLeak("x", "", severity="huge"), "bad_choice"),
        (OpenLeak("x", "yesterday"), "bad_since"),
        (OpenLeak("x", "2099-01-01"), "bad_since"),
    ):
        with pytest.raises(Refused) as error:
            sun.ask(ask)
        assert error.value.code == code
