"""`csdesk intake`: a file, a pipe, a folder, a call; refusals with line and reason; and what is said of it all."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csdesk.cli.main import run
from csdesk.desk.intake.feeding import batches
from csdesk.desk.intake.receiving import BATCH
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


def csdesk(desk_file: DeskFile, *words: str, agent: str = "wang") -> int:
    return run([*words, "--file", str(desk_file.path), "--agent", agent, "--language", "zh-Hans"])


def said(id_: str = "1", **more: object) -> str:
    told = {
        "source": "gw",
        "id": id_,
        "channel": "chat",
        "text": "我要退货",
        "sender": {"phone": "13900000000"},
    }
    return json.dumps({**told, **more}, ensure_ascii=False)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text(
        "\n".join([said("1"), "", said("1"), said("2", channel="fax"), "no json", said("3")]) + "\n"
    )
    return path


def test_each_line_gets_one_answer_and_a_refusal_its_line_and_reason(
    desk_file: DeskFile, lines: Path, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, "intake", str(lines)) == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert "已立案：退货" in told[0]
    assert "此前已收" in told[1]
    assert told[2].startswith("第 4 行：没有“fax”这个渠道")
    assert told[3].startswith("第 5 行：不是完整的 JSON：第 ")
    assert "JSON is" not in told[3] and "byte" not in told[3]
    assert "可能重复" in told[4]
    assert "{" not in "".join(told)


def test_a_script_gets_one_document_a_line(
    desk_file: DeskFile, lines: Path, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, "intake", str(lines), "--json") == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["line"] for one in told] == [1, 3, 4, 5, 6]
    assert [one.get("refused") for one in told] == [None, None, "unknown_channel", "not_json", None]
    assert told[0]["receipt"]["clocks"][0]["clock"] == "review"


def test_refused_ones_are_listed_without_their_words_and_can_be_given_up(
    desk_file: DeskFile, lines: Path, capsys: pytest.CaptureFixture[str]
):
    csdesk(desk_file, "intake", str(lines))
    capsys.readouterr()
    assert csdesk(desk_file, "intake", "refused", "--json") == 0
    listed = capsys.readouterr().out
    assert "13900000000" not in listed
    found = json.loads(listed)
    assert {one["refusal"]["code"] for one in found} == {"unknown_channel", "not_json"}
    for one in found:
        assert csdesk(desk_file, "intake", "retry", one["refusal"]["id"]) == 1
        assert csdesk(desk_file, "intake", "retry", one["refusal"]["id"], "--forget") == 0
    capsys.readouterr()
    assert csdesk(desk_file, "intake", "refused") == 0
    assert capsys.readouterr().out == "没有被退回的消息。\n"


def test_one_object_over_several_lines_is_one_message(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(json.loads(said()), indent=2), encoding="utf-8-sig")
    assert csdesk(desk_file, "intake", str(path)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_ten_megabytes_on_a_line_are_one_refusal_and_the_next_line_goes_on(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "big.jsonl"
    path.write_text(said("1", text="x" * 10_000_000) + "\n" + said("2") + "\n")
    assert csdesk(desk_file, "intake", str(path), "--json") == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0]["refused"] == "message_too_long"
    assert int(told[0]["detail"]["bytes"]) > 10_000_000
    assert told[1]["receipt"]["began"]


def test_a_slow_pipe_is_answered_line_by_line(desk_file: DeskFile):
    command = [sys.executable, "-m", "csdesk", "intake", "-", "--json", "--file", str(desk_file.path)]
    feeder = subprocess.Popen(
        [*command, "--agent", "wang"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert feeder.stdin is not None
    assert feeder.stdout is not None
    numbers = []
    for n in range(3):
        feeder.stdin.write(said(str(n)) + "\n")
        feeder.stdin.flush()
        numbers.append(json.loads(feeder.stdout.readline())["receipt"]["number"])
    feeder.communicate(timeout=60)
    assert feeder.returncode == 0
    assert len(set(numbers)) == 3


def test_a_pipe_is_cut_into_batches_wherever_its_pieces_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(b'{"id": "%d"}\n' % n for n in range(3 * BATCH)) + b'{"id": "last"}')
    read = io.BytesIO(path.read_bytes()).read
    for piece in (7, 1_000, 65_536):
        read = io.BytesIO(path.read_bytes()).read
        monkeypatch.setattr(os, "read", lambda _, __, read=read, piece=piece: read(piece))
        found = list(batches(path))
        monkeypatch.undo()
        assert max(map(len, found)) <= BATCH
        raws = [json.loads(line.raw)["id"] for batch in found for line in batch]
        assert raws == [*map(str, range(3 * BATCH)), "last"]
        assert [line.number for batch in found for line in batch] == list(range(1, 3 * BATCH + 2))


def test_a_folder_is_taken_as_a_whole(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(said("1"))
    (folder / "b.json").write_text(said("2", channel="fax"))
    assert csdesk(desk_file, "intake", str(folder)) == 1
    told = capsys.readouterr().out
    assert "b.json：没有“fax”这个渠道" in told
    assert told.splitlines()[-1] == "1 条已收，1 条退回，0 个文件还在写入"


def test_a_call_is_filed_under_the_name_of_who_took_it(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    words = ["intake", "call", "--phone", "13900000000", "--text", "耳机开不了机，要维修", "--json"]
    assert csdesk(desk_file, *words) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert receipt["queue"] == "repairs"
    core = desk_file.core("wang")
    case, _ = core.load(core.case_id(receipt["number"]))
    assert (case.opened_by, case.channel) == ("wang", "phone")
    again = ["intake", "call", "--phone", "13900000000", "--text", "还有充电器", "--case", receipt["number"]]
    assert csdesk(desk_file, *again) == 0
    assert len(core.load(case.id)[0].messages) == 2


def test_a_call_that_cannot_be_filed_is_one_sentence_and_is_not_kept(
    desk_file: DeskFile, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, "intake", "call", "--text", "没留号码") == 1
    assert "没有可以答复的联系方式" in capsys.readouterr().err
    csdesk(desk_file, "intake", "refused")
    assert capsys.readouterr().out == "没有被退回的消息。\n"


def test_who_may_not_work_takes_no_messages(
    desk_file: DeskFile, lines: Path, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, "intake", str(lines), agent="sun") == 1
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_is_one_sentence(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    assert csdesk(desk_file, "intake", "nowhere.jsonl") == 1
    assert "nowhere.jsonl" in capsys.readouterr().err


def test_a_case_shows_what_was_found_on_its_arrival(
    desk_file: DeskFile, lines: Path, capsys: pytest.CaptureFixture[str]
):
    csdesk(desk_file, "intake", str(lines), "--json")
    receipts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first, last = receipts[0]["receipt"]["number"], receipts[-1]["receipt"]["number"]
    assert csdesk(desk_file, "case", "show", last) == 0
    told = capsys.readouterr().out
    assert f"可能重复：{first}（同一客户）" in told
    assert "发件人无客户档案；类型按内容判断" in told
    assert "已自动告知客户：消息已收到（在线）" in told


def test_a_file_of_messages_that_is_not_there_is_said_in_a_sentence_about_the_file(
    desk_file: DeskFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, "intake", str(tmp_path / "gone.jsonl")) == 1
    said_ = capsys.readouterr().err
    assert "gone.jsonl" in said_ and "init" not in said_
