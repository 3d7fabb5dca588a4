"""A folder as a way in: whole files once, half ones later, bad ones aside with their reason, links never."""

import json
import os
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.desk.inbound import Receipt
from csdesk.desk.intake.refusals import refusals
from csdesk.effects.folder_in import SETTLED_S, take_folder
from tests.building import DeskFile


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


def put(folder: Path, name: str, **more: object) -> Path:
    told = {"id": name, "channel": "chat", "text": "我要退货", "sender": {"phone": "13900000000"}, **more}
    path = folder / name
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_whole_files_are_taken_and_moved_the_oldest_first(core: Core, folder: Path):
    for n, name in enumerate(("b.json", "a.json")):
        os.utime(put(folder, name), (n, n))
    done = take_folder(core, folder, "spool")
    assert [fed.file for fed in done.fed] == ["b.json", "a.json"]
    assert all(isinstance(fed.taken, Receipt) and fed.taken.began for fed in done.fed)
    assert names(folder) == ["a.json", "b.json"]
    assert sorted(path.name for path in (folder / "taken").iterdir()) == ["a.json", "b.json"]
    assert take_folder(core, folder, "spool").fed == ()


def test_a_file_that_was_taken_but_not_moved_is_known(core: Core, folder: Path):
    put(folder, "a.json")
    (first,) = take_folder(core, folder, "spool").fed
    put(folder, "a.json")
    (again,) = take_folder(core, folder, "spool").fed
    assert isinstance(first.taken, Receipt)
    assert isinstance(again.taken, Receipt)
    assert (again.taken.number, again.taken.again) == (first.taken.number, True)
    assert sorted(path.name for path in (folder / "taken").iterdir()) == ["a.2.json", "a.json"]


def test_a_file_still_being_written_is_left_until_it_is_whole_or_old(core: Core, folder: Path):
    half = folder / "half.json"
    half.write_text('{"id": "1", "chan')
    written = half.stat().st_mtime
    assert take_folder(core, folder, "spool", now=lambda: written + 1).left == 1
    assert half.exists()
    done = take_folder(core, folder, "spool", now=lambda: written + SETTLED_S)
    assert (len(done.fed), done.left) == (1, 0)
    assert json.loads((folder / "refused" / "half.reason").read_text())["code"] == "not_json"


def test_hidden_and_other_files_and_links_are_left_alone(core: Core, folder: Path, tmp_path: Path):
    put(folder, ".a.json")
    put(folder, "a.json.part")
    (folder / "link.json").symlink_to(put(tmp_path, "elsewhere.json"))
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    assert take_folder(core, folder, "spool").fed == ()
    assert (tmp_path / "elsewhere.json").exists()


def test_a_bad_file_goes_aside_with_its_reason_and_the_others_go_on(core: Core, folder: Path):
    put(folder, "bad.json", channel="fax")
    put(folder, "good.json")
    (folder / "big.json").write_bytes(b'{"text": "' + b"x" * 2_000_000)
    take_folder(core, folder, "spool")
    reason = json.loads((folder / "refused" / "bad.reason").read_text())
    assert reason["code"] == "unknown_channel"
    assert reason["kept"] in {one.id for one in refusals(core)}
    assert json.loads((folder / "refused" / "big.reason").read_text())["code"] == "message_too_long"
    assert (folder / "taken" / "good.json").exists()
