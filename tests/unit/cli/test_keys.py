"""`csdesk keys`: which there are, a new one, an old one gone; by whom it may be done, and one sentence for each no."""

import base64
import json

import pytest

from csdesk.cli.main import run
from csdesk.store import keys as keysource
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


def csdesk(file: DeskFile, *words: str, who: str = "gao") -> int:
    return run([*words, "--file", str(file.path), "--agent", who, "--language", "zh-Hans"])


def listed(file: DeskFile, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert csdesk(file, "keys", "list", "--json") == 0
    return {one["key_id"]: one for one in json.loads(capsys.readouterr().out)}


def test_a_key_is_changed_and_the_old_one_retired(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    desk_file.customer()
    ((old, before),) = listed(desk_file, capsys).items()
    assert (before["current"], before["persons"]) == (True, 1)
    assert csdesk(desk_file, "keys", "retire", old) == 1
    assert "正在使用" in capsys.readouterr().err
    assert csdesk(desk_file, "keys", "rotate") == 0
    told = capsys.readouterr().out
    after = listed(desk_file, capsys)
    assert [(key == old, one["current"], one["persons"]) for key, one in after.items()] == [
        (False, True, 1),
        (True, False, 0),
    ]
    new = next(iter(after))
    assert f"已换用主密钥 {new}，重新加密了 1 个人的密钥" in told
    assert csdesk(desk_file, "keys", "status") == 0
    assert "没有未完成的轮换" in capsys.readouterr().out
    assert csdesk(desk_file, "keys", "retire", old) == 0
    assert f"{old} 已停用" in capsys.readouterr().out
    assert csdesk(desk_file, "keys", "list") == 0
    said = capsys.readouterr().out
    assert "已停用" in said
    assert csdesk(desk_file, "keys", "retire", "没有") == 1
    assert "没有叫 没有 的主密钥" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("list",), ("status",), ("rotate",), ("retire", "k1"), ("next",)])
@pytest.mark.parametrize("who", ["wang", "zhao", "sun"])
def test_nobody_else_may_see_or_change_them(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], who: str
):
    assert csdesk(desk_file, "keys", *words, who=who) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "权限" in told.err


def test_a_vault_that_csdesk_only_reads_gets_the_next_document_by_hand(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    desk_file.customer()
    document = keysource.to_document(desk_file.store().masters.keyring)
    monkeypatch.setenv("CSDESK_KEYS", "env:MY_KEYS")
    monkeypatch.setenv("MY_KEYS", base64.b64encode(document.encode()).decode())
    assert csdesk(desk_file, "keys", "rotate") == 1
    assert "只能读取 MY_KEYS" in capsys.readouterr().err
    assert csdesk(desk_file, "keys", "next") == 0
    following = capsys.readouterr().out
    current = json.loads(following)["current"]
    monkeypatch.setenv("MY_KEYS", base64.b64encode(following.encode()).decode())
    assert csdesk(desk_file, "keys", "rotate") == 0
    assert f"已换用主密钥 {current}" in capsys.readouterr().out
    monkeypatch.setenv("MY_KEYS", base64.b64encode(document.encode()).decode())
    assert csdesk(desk_file, "keys", "status") == 1
    told = capsys.readouterr().err
    assert current in told
    assert len(told.splitlines()) == 1
