"""`csdesk init`: a whole desk, or nothing that stands in the way of the next try."""

from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.store.errors import StoreError


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
    return main()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CSDESK_HOME", str(tmp_path / "home"))
    return tmp_path / "desk.db"


def test_a_disk_that_fills_leaves_no_half_desk(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    beside = path.with_name("desk.db.mine")
    beside.write_text("of somebody else")

    def full(store: object) -> None:
        raise StoreError("disk_full", path=str(path))

    monkeypatch.setattr("csdesk.interop.shipped.load_knowledge", full)
    assert run(monkeypatch, "init", "--file", str(path)) == 1
    assert "磁盘已满" in capsys.readouterr().err
    assert not path.exists() and beside.exists()
    monkeypatch.undo()
    monkeypatch.setenv("CSDESK_HOME", str(path.parent / "home"))
    assert run(monkeypatch, "init", "--no-knowledge", "--file", str(path)) == 0


def test_what_is_there_is_left_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run(monkeypatch, "init", "--no-knowledge", "--file", str(path)) == 0
    before = path.read_bytes()
    assert run(monkeypatch, "init", "--file", str(path)) == 1
    assert "已存在" in capsys.readouterr().err
    assert path.read_bytes() == before
