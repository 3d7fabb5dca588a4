"""`csdesk config keys`: what each key does, and all that is wrong with a keymap, with its lines."""

import json
from pathlib import Path

import pytest

from csdesk.cli.main import run


def test_the_keys_of_a_profile_are_told_by_place(capsys: pytest.CaptureFixture[str]):
    assert run(["config", "keys", "vim", "--language", "zh-Hans"]) == 0
    told = capsys.readouterr().out
    assert "# 工单\n" in told and "下一张: J  ]  Right\n" in told
    assert run(["config", "keys", "vim", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"place": "case", "action": "case_next", "keys": ["J", "]", "Right"]} in found


def test_a_keymap_without_mistakes_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = tmp_path / "keys.toml"
    path.write_text('over = "left"\n[verbs]\napprove = ["P"]\n', encoding="utf-8")
    assert run(["config", "keys", str(path), "--check", "--language", "zh-Hans"]) == 0
    assert "没有问题" in capsys.readouterr().out


def test_every_mistake_of_a_keymap_is_told_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = tmp_path / "keys.toml"
    path.write_text('[actions]\nfly = ["f"]\nfind = ["Ctrl+S"]\ndown = ["k"]\n', encoding="utf-8")
    assert run(["config", "keys", str(path), "--check", "--language", "zh-Hans"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"{path}:")[:1] for line in told] == ["2", "3", "4"]
    assert "fly" in told[0] and "Ctrl+S" in told[1] and "队列" in told[2]
