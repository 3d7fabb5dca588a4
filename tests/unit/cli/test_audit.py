"""`csdesk audit`: history proven and its faults named, anchors handed to a file or a command, the log in pages."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.desk.config import Config, ConfigError
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.effects.anchoring import anchor_pollers, daily
from csdesk.effects.pollers import NoAnswer
from csdesk.store import anchors, looks
from csdesk.store.connection import write
from csdesk.store.doctor import examine
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def number(desk_file: DeskFile) -> str:
    wang = desk_file.core("wang")
    done = wang.do(Open(Kind.INQUIRY, desk_file.order()))
    for command in (Take(), Note("一"), Note("二")):
        desk_file.clock.forward(seconds=1)
        wang.do(command, done.case.id)
    desk_file.core("li").do(Open(Kind.INQUIRY))
    with write(wang.store.conn) as conn:
        looks.add(conn, wang.desk, at=desk_file.clock(), actor="wang", person=done.case.customer, case=done.case.id,
                  fields=("phone",), reason="call_back", until=desk_file.clock() + 60_000)  # fmt: skip
    return done.number


@pytest.fixture
def run(
    desk_file: DeskFile, number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    def run(*arguments: str, who: str = "sun") -> tuple[int, str, str]:
        monkeypatch.setattr(
            "sys.argv", ["csdesk", "audit", *arguments, "--file", str(desk_file.path), "--agent", who]
        )
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_sound_desk_is_said_to_be_and_damage_is_named_with_its_case(
    run: Run, desk_file: DeskFile, number: str
):
    code, out, _ = run("verify")
    assert code == 0 and out.startswith("历史核对通过")
    with write(desk_file.store().conn) as conn:
        conn.execute("UPDATE event SET actor = 'li' WHERE verb = 'take' AND type = 'assigned'")
    code, out, _ = run("verify")
    assert code == 1 and f"工单 {number}：第 " in out and "的内容被改动过。" in out
    code, out, _ = run("verify", "--json")
    told = json.loads(out)
    assert (code, told["faults"], told["found"][0]["code"], told["found"][0]["who"]) == (
        1,
        1,
        "changed",
        number,
    )


def test_an_anchor_goes_to_the_file_and_history_is_compared_with_it(
    run: Run, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    kept = tmp_path / "anchors.jsonl"
    code, out, _ = run("anchor")
    assert code == 0 and "audit_anchor" in out
    monkeypatch.setenv("CSDESK_AUDIT_ANCHOR", str(kept))
    code, out, _ = run("anchor", "--json")
    assert code == 0
    first, second = kept.read_text().splitlines()
    assert out == second + "\n"
    assert (json.loads(first)["n"], json.loads(second)["n"], json.loads(second)["cases"]) == (1, 2, 2)
    code, out, _ = run("verify", "--anchors", str(kept))
    assert code == 0 and "2 个锚点" in out
    assert run("verify", "--since", "2")[0] == 0
    with write(desk_file.store().conn) as conn:
        conn.execute("DELETE FROM event")
        conn.execute("DELETE FROM cases")
        conn.execute("DELETE FROM anchor_head")
        conn.execute("DELETE FROM anchor")
    assert run("verify")[0] == 0
    code, out, _ = run("verify", "--anchors", str(kept))
    assert code == 1 and out.count("本库中没有第 ") == 2


def test_what_cannot_be_used_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wrong = tmp_path / "wrong"
    wrong.write_text("{}\n")
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for arguments in (
        ("verify", "--anchors", str(tmp_path / "none")),
        ("verify", "--anchors", str(wrong)),
        ("verify", "--anchors", str(empty)),
        ("verify", "--since", "9"),
        ("log", "--since", "gestern"),
        ("log", "--after", "x"),
    ):
        code, out, err = run(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1), arguments
    monkeypatch.setenv("CSDESK_AUDIT_ANCHOR", "nowhere/at/all")
    assert run("anchor")[0] == 1
    assert run("anchor", who="wang")[0] == 1
    with pytest.raises(ConfigError):
        anchor_pollers(Config(audit_anchor="!"))


def test_the_worker_anchors_once_a_day_and_tries_again_what_nobody_took(
    desk_file: DeskFile, number: str, tmp_path: Path
):
    system, kept, open_ = desk_file.core("system"), tmp_path / "kept", tmp_path / "open"
    script = f"import sys, pathlib; pathlib.Path({str(open_)!r}).exists() or sys.exit(3);"
    script += f" pathlib.Path({str(kept)!r}).open('a').write(sys.stdin.read())"
    command = f'!{sys.executable} -c "{script}"'
    (poller,) = anchor_pollers(Config(audit_anchor=command))
    with pytest.raises(NoAnswer, match="exit 3"):
        poller.run(system)
    found = {one.code: one for one in examine(desk_file.path, now=desk_file.clock())}
    assert (found["anchor_waiting"].detail["n"], found["anchor_waiting"].detail["fault"]) == (1, "exit 3")
    open_.touch()
    for _ in range(3):
        daily(system, command)
    assert [json.loads(one)["n"] for one in kept.read_text().splitlines()] == [1]
    desk_file.clock.forward(days=1)
    daily(system, command)
    assert [json.loads(one)["n"] for one in kept.read_text().splitlines()] == [1, 2]
    assert anchors.waiting(system.store.conn, system.desk) == []
    codes = {one.code for one in examine(desk_file.path, now=desk_file.clock())}
    assert "anchor" in codes and "anchor_waiting" not in codes
    later = examine(desk_file.path, now=desk_file.clock.forward(days=3))
    assert "anchor_old" in {one.code for one in later}


def test_the_log_tells_who_did_and_looked_at_what_in_pages(run: Run, number: str):
    code, out, _ = run("log")
    assert code == 0 and number in out and "查看" in out and "一" not in out.replace("下一页", "")
    seen, after = [], ""
    while True:
        page = json.loads(run("log", "--limit", "2", "--json", *(("--after", after) if after else ()))[1])
        seen += page["entries"]
        after = page["after"]
        if not after:
            break
    everything = [json.loads(one) for one in run("log", "--lines")[1].splitlines()]
    assert seen == everything
    assert sorted(one["what"] for one in everything) == ["call_back", "note", "note", "open", "open", "take"]
    assert [one["at"] for one in everything] == sorted((one["at"] for one in everything), reverse=True)


def test_the_log_is_narrowed_to_an_agent_a_case_and_a_day(run: Run, number: str):
    def asked(*arguments: str, who: str = "sun") -> list[tuple[str, str]]:
        out = run("log", "--lines", *arguments, who=who)[1]
        return sorted((one["actor"], one["what"]) for one in map(json.loads, out.splitlines()))

    mine = [("wang", what) for what in ("call_back", "note", "note", "open", "take")]
    assert asked("--of", "wang") == asked("--case", number) == asked("--of", "wang", who="wang") == mine
    assert asked("--of", "li", "--case", number) == asked("--since", "2026-11-03") == []
    assert run("log", "--of", "li", who="wang")[0] == 1
    assert run("log", "--case", number, who="wang")[0] == 1
