"""What the command line says of an import, and where it puts the rejects."""

import json
import os
from datetime import UTC
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.interop.command import import_files
from tests.unit.interop.conftest import change

WORDS = Words("en", UTC)


def test_the_rejects_lie_beside_the_first_file(
    zhao: Core, shop: list[Path], capsys: pytest.CaptureFixture[str]
):
    change(shop[0], lambda data: data["#W1000002"].update(user_id="ghost"))
    done = import_files(zhao, shop, "retail")
    path = shop[0].with_name("orders.json.rejects.jsonl")
    assert json.loads(path.read_text("utf-8"))["code"] == "unknown_customer"
    assert done.tell(WORDS, as_json=False) == 0
    said = capsys.readouterr().out
    assert str(path) in said
    assert "orders.json:" in said
    assert "ghost" not in said


def test_the_rejects_lie_here_where_the_folder_cannot_be_written(
    zhao: Core, shop: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    change(shop[0], lambda data: data["#W1000002"].update(user_id="ghost"))
    monkeypatch.chdir(tmp_path)
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: path != shop[0].parent and access(path, mode)
    )
    done = import_files(zhao, shop, "retail")
    assert done.report.rejects_path == str(tmp_path / "orders.json.rejects.jsonl")


def test_a_report_as_json_holds_every_count(zhao: Core, shop: list[Path], capsys: pytest.CaptureFixture[str]):
    assert import_files(zhao, shop, "retail", dry_run=True).tell(WORDS, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"] is True
    assert [file["added"] for file in told["files"]] == [2, 2, 4]


def test_an_import_of_which_nothing_is_left_has_failed(
    zhao: Core, shop: list[Path], capsys: pytest.CaptureFixture[str]
):
    assert import_files(zhao, [shop[0]], "retail").tell(WORDS, as_json=False) == 1
    assert capsys.readouterr().out


def test_a_second_report_tells_what_changed(zhao: Core, shop: list[Path], capsys: pytest.CaptureFixture[str]):
    import_files(zhao, shop, "retail")
    change(shop[0], lambda data: data["#W1000002"].update(status="processed"))
    import_files(zhao, shop, "retail").tell(WORDS, as_json=False)
    said = capsys.readouterr().out
    assert "#W1000002" in said
    assert "status" in said
