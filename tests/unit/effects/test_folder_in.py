"""A folder as a way in: whole files once, half ones later, bad ones aside with their reason, links never."""

import json
import os
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.desk.inbound import Receipt
from csdesk.desk.intake.feeding import Fed
from csdesk.desk.intake.receiving import Declined
from csdesk.desk.intake.refusals import refusals
from csdesk.effects.folder_in import SETTLED_S, take_folder
from csdesk.store.evidence import folder_of
from tests.building import DeskFile

PNG = b"\x89PNG\r\n\x1a\n" + b"a dent" * 40


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


def kept(core: Core, fed: Fed) -> list[tuple[str, int]]:
    assert isinstance(fed.taken, Receipt)
    return [(one.media, one.size) for one in core.load(core.case_id(fed.taken.number))[0].evidence]


def test_files_beside_a_message_become_evidence_and_go_where_it_goes(core: Core, folder: Path):
    secret = folder.parent / "secret.txt"
    secret.write_text("not yours")
    (folder / "dent.png").write_bytes(PNG)
    (folder / "link.txt").symlink_to(secret)
    named = ("dent.png", "link.txt", "../secret.txt", "b.json", "gone.png", ".hidden")
    put(folder, "a.json", attached=[{"beside": name} for name in named])
    put(folder, "b.json", thread="RT-0000-0000", attached=[{"beside": "b.txt"}])
    (folder / "b.txt").write_text("chat")
    stamps = iter(range(1, 9))
    for path in (folder / "a.json", folder / "b.json"):
        os.utime(path, (next(stamps),) * 2)
    first, second = take_folder(core, folder, "spool").fed
    assert kept(core, first) == [("image/png", len(PNG))]
    (why,) = core.store.conn.execute("SELECT payload FROM event WHERE type = 'files_came'").fetchone()
    assert json.loads(why)["why"] == ["", *["evidence_no_file"] * 5]
    assert isinstance(second.taken, Declined) and [one.id for one in refusals(core)] == [second.taken.kept]
    assert sorted(path.name for path in (folder / "taken").iterdir()) == ["a.json", "dent.png", "link.txt"]
    assert sorted(path.name for path in (folder / "refused").iterdir()) == ["b.json", "b.reason", "b.txt"]
    assert (
        secret.read_text() == "not yours" and len(list(folder_of(core.store.conn.path).glob("held/*"))) == 1
    )


def test_a_fresh_message_waits_for_its_files(core: Core, folder: Path):
    written = put(folder, "a.json", attached=[{"beside": "dent.png"}]).stat().st_mtime
    took = take_folder(core, folder, "spool", now=lambda: written + 1)
    assert (took.fed, took.left) == ((), 1)
    (folder / "dent.png").write_bytes(PNG)
    (fed,) = take_folder(core, folder, "spool", now=lambda: written + 2).fed
    assert kept(core, fed) == [("image/png", len(PNG))]
    # Killed between moving the file and moving its message: the desk knows the message.
    (folder / "taken" / "a.json").rename(folder / "a.json")
    (again,) = take_folder(core, folder, "spool", now=lambda: written + SETTLED_S).fed
    assert isinstance(again.taken, Receipt) and again.taken.again and len(kept(core, again)) == 1
