"""`csdesk policy` and a batch of questions from the command line: answers line by line, bad lines by their number."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from csdesk.cli.main import run
from csdesk.desk.learning_queries import ChoseArticle
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

LAW = "样例办法\n施行日期：2020-01-01\n第一条　退货的运费由经营者承担。\n第二条　应当出具发票。\n"


def call(desk_file: DeskFile, *arguments: str, agent: str = "gao") -> int:
    return run([*arguments, "--file", str(desk_file.path), "--agent", agent, "--language", "zh-Hans"])


@pytest.fixture
def law(tmp_path: Path) -> Path:
    path = tmp_path / "law.md"
    path.write_text(LAW, "utf-8")
    return path


def test_a_law_is_tried_taken_in_and_taken_in_again(
    desk_file: DeskFile, law: Path, capsys: pytest.CaptureFixture[str]
):
    assert call(desk_file, "policy", "import", str(law), "--dry-run") == 0
    assert "试导入，没有写入：新增 2" in capsys.readouterr().out
    assert call(desk_file, "search", "policies", "运费") == 0
    assert capsys.readouterr().out == ""
    assert call(desk_file, "policy", "import", str(law)) == 0
    assert "+ 样例办法 第一条 新增" in capsys.readouterr().out
    law.write_text(LAW.replace("由经营者承担", "由经营者先行承担"), "utf-8")
    assert call(desk_file, "policy", "import", str(law)) == 0
    out = capsys.readouterr().out
    assert "~ 样例办法 第一条 有改动： 条文" in out
    assert "[+先行+]" in out
    assert "改动 1，新版本 0，文件里没有 0，未变 1" in out
    assert call(desk_file, "policy", "import", str(law.with_suffix(".pdf"))) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert call(desk_file, "policy", "import", str(law), "--since", "gestern") == 2


def test_many_questions_at_once(
    desk_file: DeskFile,
    law: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    assert call(desk_file, "policy", "import", str(law)) == 0
    capsys.readouterr()
    asked = tmp_path / "asked.jsonl"
    asked.write_text(
        '{"id": 7, "query": "运费"}\n\n{"id": "b", "query": ""}\n{"id": "c", "query": "\\" * ^ NEAR("}',
        "utf-8",
    )
    batch = ("search", "policies", "--queries", str(asked), "--limit", "1", "--json")
    assert call(desk_file, *batch) == 0
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], [hit["id"] for hit in one["hits"]]) for one in out] == [
        (7, ["样例办法 第一条"]), ("b", []), ("c", []),
    ]  # fmt: skip
    assert out[0]["hits"][0]["score"] > 0
    piped = SimpleNamespace(buffer=io.BytesIO(asked.read_bytes()))
    monkeypatch.setattr("sys.stdin", piped)
    assert call(desk_file, "search", "policies", "--queries", "-", "--limit", "1", "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == out


def test_a_bad_line_is_named_and_nothing_is_asked(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    asked = tmp_path / "asked.jsonl"
    bad = [b'{"id": 1, "query": "a"}', b"{", b'{"id": true, "query": "a"}', b'{"id": 1}', b"\xff", b"[]"]
    asked.write_bytes(b"\n".join(bad))
    assert call(desk_file, "search", "policies", "--queries", str(asked), "--json") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "2 (JSON), 3 (id), 4 (query), 5 (UTF-8), 6 ({…})" in told.err
    assert call(desk_file, "search", "policies", "--queries", str(tmp_path / "none")) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert call(desk_file, "search", "policies") == 2


def test_what_was_learned_is_listed_and_forgotten(
    desk_file: DeskFile, law: Path, capsys: pytest.CaptureFixture[str]
):
    assert call(desk_file, "policy", "import", str(law)) == 0
    assert desk_file.core("wang").ask(ChoseArticle("样例办法 第一条", "退货运费"))
    capsys.readouterr()
    assert call(desk_file, "policy", "learned") == 0
    assert "1 个问法，选用 1 次，最近 2026-11-02" in capsys.readouterr().out
    assert call(desk_file, "policy", "learned", "--forget", "X1") == 1
    assert call(desk_file, "policy", "learned", "--forget", "样例办法 第一条") == 0
    assert "已忘记 1 个问法" in capsys.readouterr().out
    assert call(desk_file, "policy", "learned") == 0
    assert "还没有从选用中学到内容" in capsys.readouterr().out
    assert call(desk_file, "policy", "learned", agent="wang") == 1
