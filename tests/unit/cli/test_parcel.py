"""`csdesk parcel` and `csdesk courier`: what a person is shown and told, and what is refused in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.__main__ import main
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

SF = "SF1234567890123"
CSV = f"""waybill,at,scan,place,text,courier
{SF},2026-11-01T20:00:00,,浙江省杭州市余杭区,快递员正在派送（13900001111）,77
{SF},2026-11-01T10:00:00,collected,,,
{SF},2026-11-01T21:00:00,locker,,,77
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        more = ("--file", str(desk_file.path), "--agent", "zhao")
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments, *more])
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_trail_in_words_with_what_nobody_may_read_masked(run: Run, tmp_path: Path):
    path = tmp_path / "scans.csv"
    path.write_text(CSV, "utf-8")
    code, out, _ = run("import", str(path), "--map", "tracking")
    assert code == 0 and "1 个运单还不属于任何订单或工单" in out
    code, out, _ = run("parcel", SF.lower())
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == f"{SF}  顺丰速运 95338"
    assert "没有订单或工单" in lines[1]
    assert [line.split("  ")[2] for line in lines[2:]] == ["已揽收", "派送中", "放入快递柜"]
    assert "余杭" not in out and "13900001111" not in out
    assert SF in run("parcel", "unknown")[1]
    assert json.loads(run("parcel", "unknown", "--json")[1])[0]["scans"] == 3
    code, out, _ = run("courier", "set", "顺丰", "77", "--unverified")
    assert code == 0 and "未核验" in out
    assert "! 派送的快递员身份未核验" in run("parcel", SF)[1].splitlines()[-1]
    assert run("courier", "list", "--carrier", "shunfeng")[1].startswith("SF")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("parcel", "YT1"), "没有运单 YT1 的包裹。"),
        (("courier", "set", "顺丰", "77", "--expires", "gestern"), "不是日期"),
        (("courier", "set", "顺丰", " "), "快递员编号"),
        (("courier", "set", "顺丰", "77", "--checked", "2026-01-02", "--expires", "2026-01-01"), "有效期至"),
    ],
)
def test_what_cannot_be_is_one_sentence(run: Run, arguments: tuple[str, ...], said: str):
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert said in err


def test_nothing_unknown_is_said_so(run: Run):
    assert run("parcel", "unknown")[1] == "没有无主的物流记录。\n"
