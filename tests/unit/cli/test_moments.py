"""`csdesk backup --moments` and `csdesk restore --as-of`: the desk as it was at a moment that somebody says."""

from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.store.moments import moments
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


def test_a_desk_comes_back_as_of_a_moment_said_in_its_own_time(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["csdesk", *map(str, words)])
        code = main()
        said = capsys.readouterr()
        return code, said.out + said.err

    folder, file = tmp_path / "moments", desk_file.path
    assert run("backup", folder, "--moments", "--file", file)[0] == 0
    code, said = run("backup", folder, "--moments", "--file", file)
    assert (code, "keeps 2 moments" in said) == (0, True)
    there = ("--file", tmp_path / "back.db")
    code, said = run("restore", folder, "--as-of", "2099-01-01", *there)
    assert code == 0 and "The moment restored is 20" in said
    assert run("verify", "--agent", "wang", *there)[0] == 0
    code, said = run("restore", folder, "--as-of", "2001-01-01 10:00", *there, "--overwrite")
    assert code == 1 and "later" in said
    code, said = run("restore", folder, "--as-of", "tomorrow", *there)
    assert code == 1 and "2026-11-22 10:00" in said
    code, said = run("restore", folder / f"{moments(folder)[-1]}.db", "--as-of", "2026-11-22", *there)
    assert code == 1 and "--moments" in said
    code, said = run("restore", tmp_path, *there)
    assert code == 1 and "--moments" in said
