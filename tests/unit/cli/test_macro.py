"""`csdesk macro`: kept, listed, shown, begun and forgotten from the command line."""

import pytest

from csdesk.cli.main import run
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file
from tests.unit.effects.conftest import a_worker
from tests.unit.effects.test_incident import work

__all__ = ["desk_file"]


def call(desk_file: DeskFile, *arguments: str) -> int:
    return run(
        ["macro", *arguments, "--file", str(desk_file.path), "--agent", "wang", "--language", "zh-Hans"]
    )


def test_a_macro_from_its_steps_to_its_end(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    wang = desk_file.core("wang")
    done = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    assert call(desk_file, "save", "破损", "tag add=破损", "prioritise priority=2") == 0
    assert call(desk_file, "list") == 0
    assert "破损  我的" in capsys.readouterr().out
    assert call(desk_file, "show", "破损") == 0
    assert "=破损" in capsys.readouterr().out
    assert call(desk_file, "run", "破损", done.number) == 0
    work(a_worker(desk_file), desk_file, seconds=10**9)
    now = wang.load(done.case.id)[0]
    assert (now.tags, now.priority) == (("破损",), 2)
    assert call(desk_file, "delete", "破损") == 0
    capsys.readouterr()
    assert call(desk_file, "show", "破损") == 1
    assert "没有名为“破损”的宏" in capsys.readouterr().err


def test_a_step_that_cannot_be_read_is_wrong_usage(desk_file: DeskFile):
    assert call(desk_file, "save", "破损", "tag 破损") == 2
    assert call(desk_file, "save", "破损", "tag 'add=破损") == 2
