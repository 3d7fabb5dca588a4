"""The folder as a way out: written once for a key, whole, private, and found where the gateway put it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from csdesk.effects.ports import Confirmed, Failed, Part, Recipient, Sent, Unknown
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel, Spool, file_name

TO = Recipient("p1", "张伟", "13812345678", "zhang@example.com", "zh-Hans")
PARTS = (Part(1, "wechat", "pay-1", 12_000), Part(2, "points", "pay-2", 900))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_message_is_one_private_file_with_all_that_a_gateway_needs(tmp_path: Path):
    out = tmp_path / "a" / "out"
    assert FileChannel(out).send("message:1", TO, "您好", channel="phone", case="RT-7K3M-9QX4") == Sent()
    assert names(out) == ["message-1.json", "taken"]
    assert json.loads((out / "message-1.json").read_bytes()) == {
        "key": "message:1",
        "case": "RT-7K3M-9QX4",
        "channel": "phone",
        "to": {
            "person": "p1",
            "name": "张伟",
            "phone": "13812345678",
            "email": "zhang@example.com",
            "language": "zh-Hans",
        },
        "text": "您好",
    }
    assert (mode(out), mode(out / "taken"), mode(out / "message-1.json")) == (0o700, 0o700, 0o600)


def test_an_open_umask_makes_nothing_readable_for_others(tmp_path: Path):
    before = os.umask(0)
    try:
        FileChannel(tmp_path / "out").send("message:1", TO, "您好", channel="phone", case="RT")
    finally:
        os.umask(before)
    assert mode(tmp_path / "out") == 0o700
    assert mode(tmp_path / "out" / "message-1.json") == 0o600


def test_the_same_key_writes_nothing_a_second_time(tmp_path: Path):
    spool = Spool(tmp_path / "out")
    assert spool.put("message:1", {"text": "一"})
    assert not spool.put("message:1", {"text": "二"})
    assert b"\xe4\xb8\x80" in (tmp_path / "out" / "message-1.json").read_bytes()


def test_a_key_that_the_gateway_has_taken_does_not_come_back(tmp_path: Path):
    out = tmp_path / "out"
    spool = Spool(out)
    spool.put("message:1", {})
    (out / "message-1.json").rename(out / "taken" / "message-1.json")
    assert not spool.put("message:1", {})
    assert names(out) == ["taken"]


def test_what_a_crash_left_half_written_is_replaced_and_never_taken(tmp_path: Path):
    out = tmp_path / "out"
    spool = Spool(out)
    spool.put("message:0", {})
    (out / ".message-1.json.new").write_bytes(b'{"tex')
    assert spool.put("message:1", {"text": "一"})
    assert names(out) == ["message-0.json", "message-1.json", "taken"]
    assert json.loads((out / "message-1.json").read_bytes()) == {"text": "一"}


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".x", "a b", "x\n", "键", "k" * 200])
def test_a_key_that_names_another_place_is_refused(key: str):
    with pytest.raises(ValueError, match="key"):
        file_name(key)


def test_many_processes_write_a_key_once(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from csdesk.effects.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1]))\n"
        "print(sum(spool.put(f'message:{n}', {'by': sys.argv[2]}) for n in range(50)))"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "out"), str(n)], stdout=subprocess.PIPE, text=True
        )
        for n in range(3)
    ]
    told = [run.communicate()[0] for run in runs]
    assert sum(map(int, told)) == 50
    assert len(list((tmp_path / "out").glob("*.json"))) == 50


def test_a_folder_that_cannot_be_written_is_a_failure_to_try_again(tmp_path: Path):
    (tmp_path / "out").write_text("a file in the way")
    answer = FileChannel(tmp_path / "out").send("message:1", TO, "您好", channel="phone", case="RT")
    assert isinstance(answer, Failed)
    assert not answer.final


def test_a_refund_is_one_instruction_with_its_parts(tmp_path: Path):
    provider = FileProvider(tmp_path / "pay")
    answers = [
        provider.refund("refund:1", PARTS, currency="CNY", case="RT-7K3M-9QX4", order="W1", cause="goods")
        for _ in range(2)
    ]
    assert answers == [Confirmed("refund-1.json")] * 2
    (instruction,) = (tmp_path / "pay").glob("*.json")
    told = json.loads(instruction.read_bytes())
    assert (told["minor"], told["currency"], told["order"]) == (12_900, "CNY", "W1")
    part = {"payment": 1, "method": "wechat", "reference": "pay-1", "minor": 12_000}
    assert told["parts"][0] == {**part, "kind": "money", "count": 0, "if_expired": ""}


def test_a_folder_tells_whether_an_instruction_was_written_also_when_it_was_taken(tmp_path: Path):
    provider = FileProvider(tmp_path / "pay")
    assert provider.find("refund:1") is None
    provider.refund("refund:1", PARTS, currency="CNY", case="RT", order="W1", cause="goods")
    assert provider.find("refund:1") == Confirmed("refund-1.json")
    written = tmp_path / "pay" / "refund-1.json"
    written.rename(tmp_path / "pay" / "taken" / written.name)
    assert provider.find("refund:1") == Confirmed("refund-1.json")


def test_a_provider_whose_disk_fails_does_not_say_that_nothing_was_paid(tmp_path: Path):
    (tmp_path / "pay").write_text("a file in the way")
    answer = FileProvider(tmp_path / "pay").refund(
        "refund:1", PARTS, currency="CNY", case="RT", order="W1", cause="goods"
    )
    assert isinstance(answer, Unknown)
