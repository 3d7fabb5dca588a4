"""A desk in a database from the command line: made, looked over, migrated; what is for files alone says so."""

import json
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.store.errors import StoreError
from tests.postgres import Postgres


@pytest.fixture
def csdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("CSDESK_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
        code = main()
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_a_desk_in_a_database_is_made_and_kept(csdesk, postgres: Postgres, monkeypatch: pytest.MonkeyPatch):
    address = postgres.database()
    monkeypatch.setenv("CSDESK_FILE", address)

    def full(store: object) -> None:
        raise StoreError("disk_full", path="there")

    with monkeypatch.context() as patch:
        patch.setattr("csdesk.interop.shipped.load_knowledge", full)
        assert csdesk("init")[0] == 1
    # Nothing of it stands in the way.
    assert csdesk("init", "--no-knowledge")[0] == 0
    code, told = csdesk("init", "--no-knowledge")
    assert code == 1 and "已有客服台 main" in told
    monkeypatch.setenv("CSDESK_DESK", "brand-b")
    assert csdesk("init", "--no-knowledge")[0] == 0
    for command in ("doctor", "migrate", "verify"):
        code, told = csdesk(command)
        assert code == 0, told
    assert "核验通过" in told
    code, told = csdesk("backup", "moments", "--moments")
    assert code == 1 and "pg_dump" in told
    monkeypatch.setenv("CSDESK_DESK", "brand-c")
    code, told = csdesk("doctor")
    assert code == 1 and "brand-c" in told


def test_what_spreads_the_tables_is_printed(csdesk):
    code, told = csdesk("migrate", "--citus")
    assert code == 0
    assert "SELECT create_distributed_table('cases', 'desk_id', colocate_with => 'desk');" in told


def test_no_password_is_shown(csdesk):
    code, told = csdesk("doctor", "--file", "postgresql://joe:geheim@127.0.0.1:1/desk?connect_timeout=2")
    assert code == 1
    assert "joe:***@127.0.0.1:1/desk" in told and "geheim" not in told
    code, told = csdesk("config", "show", "--file", "postgresql://joe:geheim@127.0.0.1:1/desk")
    assert "geheim" not in told


def test_a_desk_moves_to_a_database_and_its_backup_comes_back(
    csdesk, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file, address, copy = str(tmp_path / "desk.db"), postgres.database(), str(tmp_path / "copy.db")
    assert csdesk("init", "--no-knowledge", "--file", file)[0] == 0
    code, told = csdesk("migrate", "--from", file, "--to", address, "--json")
    assert code == 0, told
    moved = json.loads(told)
    assert moved["desk"] == "main" and moved["rows"] > 0 and moved["to"].startswith("postgresql://postgres@/")
    code, told = csdesk("migrate", "--from", file, "--to", address)
    assert code == 1 and "已有客服台 main" in told
    monkeypatch.setenv("CSDESK_FILE", address)
    for command in (("verify",), ("agent", "list"), ("backup", copy)):
        code, told = csdesk(*command)
        assert code == 0, told
    code, told = csdesk("backup", copy)
    assert code == 1 and "copy.db" in told
    assert csdesk("backup", copy, "--overwrite")[0] == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    code, told = csdesk("verify", "--file", copy)
    assert code == 0, told
    # Back into another database: the same desk, by the same keys.
    other = postgres.database()
    code, told = csdesk("restore", copy, "--file", other)
    assert code == 0 and "核验通过" in told
    code, told = csdesk("verify", "--file", other)
    assert code == 0, told
    for wrong, said in (
        (("migrate", "--from", file), "--to"),
        (("migrate", "--from", file, "--to", str(tmp_path / "x.db")), "csdesk backup"),
        (("migrate", "--from", str(tmp_path / "no.db"), "--to", address), "no.db"),
    ):
        code, told = csdesk(*wrong)
        assert code == 1 and said in told and "Traceback" not in told


def test_hooks_are_kept_from_the_command_line(csdesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = str(tmp_path / "desk.db")
    monkeypatch.setenv("CSDESK_FILE", file)
    monkeypatch.setenv("HOOK_SECRET", "s" * 40)
    assert csdesk("init", "--no-knowledge")[0] == 0
    code, told = csdesk(
        "webhook", "add", "bi", "http://127.0.0.1:9/in", "--secret", "env:HOOK_SECRET", "--kind", "return"
    )
    assert code == 1 and "权限" in told
    monkeypatch.setenv("CSDESK_AGENT", "admin")
    code, told = csdesk(
        "webhook", "add", "bi", "http://127.0.0.1:9/in", "--secret", "env:HOOK_SECRET", "--kind", "return"
    )
    assert code == 0, told
    assert json.loads(csdesk("webhook", "list", "--json")[1])[0]["kinds"] == ["return"]
    code, told = csdesk("webhook", "list")
    assert code == 0 and "http://127.0.0.1:9/in" in told and "return" in told
    code, told = csdesk("webhook", "test", "bi")
    assert code == 1 and "unreachable" in told
    assert csdesk("webhook", "dead")[0] == 0
    assert csdesk("webhook", "retry", "bi")[0] == 0
    assert csdesk("webhook", "remove", "bi")[0] == 0
    code, told = csdesk("webhook", "remove", "bi")
    assert code == 1 and "bi" in told
