"""`csdesk case clocks`, and the verbs about clocks, as a shell sees them."""

import json
from pathlib import Path

import pytest

from csdesk.cli.main import run
from tests.building import DeskFile, build


@pytest.fixture
def desk(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    made = build(tmp_path)
    yield made
    made.close()


@pytest.fixture
def csdesk(desk: DeskFile, capsys: pytest.CaptureFixture[str]):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run([*arguments, "--file", str(desk.path), "--agent", "wang"])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def number(desk: DeskFile, csdesk) -> str:
    _, out, _ = csdesk("case", "open", "complaint", "--order", desk.order(), "--reason", "service", "--json")
    return str(json.loads(out)["number"])


def test_every_clock_of_a_case_is_told_with_its_basis_and_its_arithmetic(csdesk, number: str):
    csdesk("case", "do", number, "notice", "letter=12315-2026-0042", "deadline=7个工作日")
    code, out, _ = csdesk("case", "clocks", number)
    assert code == 0
    assert "来函答复 12315-2026-0042" in out and "负责人 wang" in out
    assert "1. 起算日" in out and "受理告知" in out and "自定" not in out
    code, out, _ = csdesk("case", "clocks", number, "--json")
    told = json.loads(out)
    assert {one["clock"]["basis"] for one in told} == {"notice", "policy"}
    assert all(one["steps"] for one in told)


def test_targets_and_hours_of_the_settings_reach_the_case(
    csdesk, desk: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_SLA", "first=30 resolution=8h")
    monkeypatch.setenv("CSDESK_HOURS", "Mon-Fri 09:00-12:00 13:30-18:00; Sat 09:00-18:00")
    _, out, _ = csdesk("case", "open", "complaint", "--order", desk.order(), "--reason", "service", "--json")
    _, out, _ = csdesk("case", "clocks", json.loads(out)["number"])
    assert "首次响应" in out and "解决" in out


def test_a_setting_that_cannot_be_read_is_one_sentence(csdesk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CSDESK_HOURS", "nine to five")
    code, out, err = csdesk("case", "list")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and "nine to five" in err


def test_a_call_for_the_past_is_refused_in_one_sentence(csdesk, number: str):
    code, _, err = csdesk("case", "do", number, "promise_callback", "at=2020-01-01 10:00")
    assert code == 1
    assert "2020-01-01 10:00 已过" in err and err.count("\n") == 1
