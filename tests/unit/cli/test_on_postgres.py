"""Every group of commands on a desk in PostgreSQL: one that reads and, where it is short, one that writes."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.store.dsn import Dsn
from tests.building import Clock, DeskFile, on_postgres

ARTICLE = {"law": "消费者权益保护法", "article_no": "第二十五条", "article_text": "七日内有权无理由退货。"}
READ = (
    ("sun", "audit", "log"),
    ("gao", "leak", "list"),
    ("gao", "leak", "exports"),
    ("gao", "leak", "canaries"),
    ("sun", "person", "looks"),
    ("sun", "person", "alarms"),
    ("gao", "keys", "status"),
    ("sun", "caller", "checks"),
    ("gao", "policy", "check"),
    ("gao", "outbox", "list"),
    ("gao", "token", "list"),
    ("gao", "session", "list"),
    ("gao", "device", "list"),
    ("gao", "pack", "list"),
    ("wang", "view", "list"),
    ("wang", "macro", "list"),
    ("wang", "courier", "list"),
    ("wang", "parcel", "unknown"),
    ("wang", "intake", "refused"),
    ("wang", "agent", "list"),
    ("zhao", "board"),
    ("zhao", "report", "--by", "kind"),
    ("wang", "ask", "queue_counts"),
    ("gao", "doctor"),
)
WRITE = (
    ("gao", "audit", "anchor"),
    ("gao", "keys", "rotate"),
    ("gao", "agent", "add", "new", "--name", "New", "--role", "agent"),
    ("gao", "token", "make", "wang"),
    ("zhao", "broadcast", "大家好"),
    ("gao", "leak", "open", "名单外流", "--fields", "name,phone", "--how", "论坛上有人卖"),
    ("gao", "export", "cases"),
    ("gao", "work", "--once"),
    ("gao", "audit", "verify"),
    ("gao", "verify"),
)


def test_every_group_of_commands_works_on_a_database(
    home: Path,
    tmp_path: Path,
    postgres_desks: Dsn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    desk = DeskFile(home / "unused", Clock(time.time_ns() // 1_000_000))
    on_postgres(desk, postgres_desks)
    monkeypatch.setenv("CSDESK_FILE", postgres_desks.text)
    monkeypatch.setenv("CSDESK_DESK", desk.desk_id)
    run = runner(monkeypatch, capsys)

    order = desk.order()
    opened = json.loads(run("wang", "case", "open", "return", "--order", order, "--lines", "1x1", "--json"))
    number = opened["number"]
    for who, *command in (*READ, *WRITE):
        run(who, *command)
    assert number in run("wang", "case", "list") and number in run("sun", "audit", "log")
    assert order in run("wang", "order", "show", order)
    for asked in (("case", "show", number), ("evidence", "list", number)):
        run("wang", *asked)
    assert "138****5678" in run("wang", "caller", "verify", "--order", order, "--phone", "5678")
    assert "wang" in run("sun", "person", "seen", number)

    articles = tmp_path / "articles.jsonl"
    articles.write_text(json.dumps(ARTICLE, ensure_ascii=False) + "\n")
    run("gao", "import", str(articles), "--map", "articles")
    assert "第二十五条" in run("wang", "search", "policies", "无理由退货")


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A command line as somebody; what it prints, once it has ended well."""

    def run(who: str, *arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
        monkeypatch.setenv("CSDESK_AGENT", who)
        code = main()
        told = capsys.readouterr()
        assert code == 0, f"{arguments}: {told.out[-1500:]}{told.err[-1500:]}"
        return told.out

    return run
