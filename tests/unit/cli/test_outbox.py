"""`csdesk outbox`: jobs that failed listed in words and in JSON, tried again, dropped."""

import json
from collections.abc import Callable

import pytest

from csdesk.__main__ import main
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import write
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def number(desk_file: DeskFile) -> str:
    li = desk_file.core("li")
    done = li.do(Open(Kind.COMPLAINT, desk_file.order(), reason="service"))
    with write(li.store.conn) as conn:
        conn.execute("UPDATE outbox SET state = 'failed', attempts = 12, key = 'clock:1', result = 'http_500'"
                     " WHERE key = (SELECT min(key) FROM outbox WHERE kind = 'clock')")  # fmt: skip
    return done.number


@pytest.fixture
def run(
    desk_file: DeskFile, number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    def run(*arguments: str, who: str = "zhao") -> tuple[int, str, str]:
        told = ["csdesk", "outbox", *arguments, "--file", str(desk_file.path), "--agent", who]
        monkeypatch.setattr("sys.argv", told)
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_what_failed_is_listed(run: Run, number: str):
    code, out, _ = run("list")
    assert code == 0
    assert number in out and "时限" in out and "试了 12 次" in out and "  clock:1\n" in out
    (row,) = json.loads(run("list", "--json")[1])
    assert (row["key"], row["number"], row["tries"], row["again"]) == ("clock:1", number, 12, True)


def test_a_job_is_tried_again(run: Run):
    assert run("retry", "clock:1") == (0, "clock:1 已交回后台重试。\n", "")
    assert run("list")[1] == "没有失败的后台任务。\n"
    code, _, err = run("retry", "clock:1")
    assert code == 1 and err.startswith("没有这项失败任务")


def test_a_job_is_dropped_with_a_reason_only(run: Run):
    assert run("drop", "clock:1")[0] == 2
    assert run("drop", "clock:1", "--reason", " ")[0] == 1
    code, out, _ = run("drop", "clock:1", "--reason", "已由门店处理", "--json")
    assert (code, json.loads(out)) == (0, {"key": "clock:1", "state": "dropped"})


def test_an_agent_is_refused_in_one_sentence(run: Run):
    code, out, err = run("list", who="wang")
    assert (code, out) == (1, "") and "处理失败任务" in err
