"""`csdesk person` and `csdesk agent pin`: a look with its reason, who looked, and a PIN that no argument holds."""

import io
import json

import pytest

from csdesk.cli.main import run
from csdesk.desk import look_queries as q
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import write
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


def call(desk_file: DeskFile, who: str, *arguments: str) -> int:
    return run([*arguments, "--file", str(desk_file.path), "--agent", who, "--language", "zh-Hans"])


def test_a_look_asks_a_reason_is_listed_and_its_record_is_verified(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    wang = desk_file.core("wang")
    done = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    assert call(desk_file, "wang", "person", "reveal", done.number, "--reason", "call_back") == 1
    assert "要先占用或受理" in capsys.readouterr().err
    run(["case", "do", done.number, "take", "--file", str(desk_file.path), "--agent", "wang"])
    capsys.readouterr()
    assert call(desk_file, "wang", "person", "reveal", done.number) == 0
    told = capsys.readouterr().out
    assert "call_back   回电顾客  电话" in told and "13812345678" not in told
    assert (
        call(desk_file, "wang", "person", "reveal", done.number, "--reason", "check_caller", "--only", "name")
        == 0
    )
    assert capsys.readouterr().out == "姓名  张伟\n"
    assert call(desk_file, "wang", "person", "looks", done.number) == 1
    assert "没有" in capsys.readouterr().err
    assert call(desk_file, "zhao", "person", "looks", done.number, "--json") == 0
    (look,) = json.loads(capsys.readouterr().out)
    assert (look["actor"], look["fields"], look["reason"]) == ("wang", ["name"], "check_caller")
    assert call(desk_file, "sun", "person", "looks", "--of", "wang") == 0
    assert "核对来电人身份" in capsys.readouterr().out
    assert call(desk_file, "zhao", "person", "alarms") == 0
    assert "没有异常查看" in capsys.readouterr().out
    store = desk_file.store()
    assert list(verify(store)) == []
    with write(store.conn) as conn:
        conn.execute("UPDATE look SET actor = 'li'")
    assert [(one.code, one.detail["seq"]) for one in verify(store)] == [("look", 1)]


def test_a_pin_is_typed_twice_and_never_an_argument(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def typed(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    wang = desk_file.core("wang")
    typed("270913", "270914")
    assert call(desk_file, "wang", "agent", "pin") == 1
    assert "不一致" in capsys.readouterr().err
    typed()
    assert call(desk_file, "wang", "agent", "pin") == 1  # nothing typed takes nothing away and sets nothing
    assert not wang.ask(q.HasPin())
    typed("270913", "270913")
    assert call(desk_file, "wang", "agent", "pin") == 0
    typed("000", "8888x", "8888x")
    assert call(desk_file, "wang", "agent", "pin") == 1
    assert "还可以试 4 次" in capsys.readouterr().err
    typed("270913")
    assert call(desk_file, "wang", "agent", "pin", "--remove") == 0
    assert not wang.ask(q.HasPin())
    wang.ask(q.SetPin("270913"))
    assert call(desk_file, "gao", "agent", "pin", "--reset", "wang") == 0
    assert not wang.ask(q.HasPin())
