"""Evidence: kept once, sealed, whole or not at all, whatever is handed in and whenever somebody pulls the plug."""

import io
import os
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from csdesk.desk import evidence_queries as q
from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import take_out
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import FileEvidence
from csdesk.domain.cases.goods import checked_evidence
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.domain.media import media
from csdesk.effects import evidence_in
from csdesk.effects.evidence_in import SETTLED_S, Filed, file_one, take_evidence
from csdesk.store import evidence
from csdesk.store.backup import backup, restore
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.evidence import BLOCK, folder_of, of_case, place_of
from csdesk.store.verify import verify
from tests.building import DeskFile

PNG = b"\x89PNG\r\n\x1a\n" + b"Zhang San 13812345678 " * 40
MOST = 20_000_000
_ZIP = io.BytesIO()
with zipfile.ZipFile(_ZIP, "w") as _zip:
    _zip.writestr("a.js", "x")
ZIPPED = _ZIP.getvalue()


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def case(desk_file: DeskFile, core: Core) -> str:
    done = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality"))
    core.do(Take(), done.case.id)
    return done.case.id


@pytest.fixture
def folder(tmp_path: Path, core: Core, case: str) -> Path:
    made = tmp_path / "in"
    (made / core.number(core.load(case)[0])).mkdir(parents=True)
    return made


def keep(core: Core, case: str, content: bytes = PNG, name: str = "张三.png", most: int = MOST) -> Filed:
    return file_one(core, case, io.BytesIO(content), name, "cli", most)


def drop(folder: Path, name: str, content: bytes = PNG, *, fresh: bool = False) -> Path:
    (case,) = (path for path in folder.iterdir() if path.name != "refused")
    path = case / name
    path.write_bytes(content)
    if not fresh:
        os.utime(path, (1, 1))
    return path


def look(core: Core, folder: Path, most: int = MOST) -> tuple[int, list[str], int]:
    took = take_evidence(core, folder, most, lambda why: why.code)
    return len(took.filed), [why.code for _, why in took.refused], took.left


def stored(core: Core) -> list[Path]:
    root = folder_of(core.store.conn.path)
    return sorted(path for path in root.rglob("*") if path.is_file()) if root.exists() else []


def wrong(core: Core) -> list[str]:
    return [finding.code for finding in verify(core.store, contents=True)]


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 7])
def test_what_comes_out_is_what_went_in(core: Core, case: str, tmp_path: Path, size: int):
    content = (b"a" * 1_021 + b"b\n") * (size // 1_023 + 1)
    filed = keep(core, case, content[:size])
    take_out(core, case, filed.sha256[:6], tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content[:size]
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
    assert wrong(core) == []


def test_nothing_of_it_can_be_read_on_the_disk(core: Core, case: str, desk_file: DeskFile):
    keep(core, case)
    (path,) = stored(core)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        stat.S_IMODE(folder_of(desk_file.path).stat().st_mode)
        == stat.S_IMODE(path.parent.stat().st_mode)
        == 0o700
    )
    everything = b"".join(one.read_bytes() for one in desk_file.path.parent.rglob("*") if one.is_file())
    assert b"Zhang San" not in everything and "张三".encode() not in everything


def test_the_same_content_is_kept_once_in_a_case_and_apart_in_another(
    core: Core, case: str, desk_file: DeskFile
):
    first = keep(core, case)
    before = core.load(case)[0].version
    assert keep(core, case, name="other.png") == Filed(first.sha256, first.size, first.media, again=True)
    assert core.load(case)[0].version == before and len(stored(core)) == 1
    other = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality")).case.id
    assert not keep(core, other).again and len(stored(core)) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "evidence_empty"),
        (b"PK\x03\x04" + b"x" * 40, "evidence_archive"),
        (b"\0" * 257 + b"ustar" + b"\0" * 300, "evidence_archive"),
        (b"\x1f\x8b\x08", "evidence_archive"),
        (b"MZ\x90\0", "evidence_type"),
        (b"#!/bin/sh\nrm -rf /\n", "evidence_type"),
        (b"\0\1\2\3", "evidence_type"),
        (b"\xff\xd8\xff" + b"x" * 2_000, "evidence_too_large"),
        (b"GIF89a" + b"x" * 50 + ZIPPED, "evidence_archive"),
        (b"%PDF-1.4\n" + ZIPPED + b"\n%%EOF trailing", "evidence_archive"),
    ],
)
def test_what_is_not_kept_leaves_nothing(core: Core, case: str, content: bytes, code: str):
    before = core.load(case)[0]
    with pytest.raises(Refused) as refused:
        keep(core, case, content, most=1_500)
    assert refused.value.code == code
    assert core.load(case)[0] == before and stored(core) == []


def test_text_in_both_charsets_is_text_also_where_a_sign_is_torn():
    assert media("微信聊天记录：右耳没有声音".encode()[:-1]) == "text/plain"
    assert media("微信聊天记录".encode("gb18030")) == "text/plain"
    assert media(b"BMW was late\n") == "text/plain"
    assert media(b"BM\x36\0\0\0") == "image/bmp"


def test_a_large_file_passes_in_bounded_memory(core: Core, case: str):
    class Endless(io.RawIOBase):
        asked = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= BLOCK
            self.asked += size
            return b"GIF8" + b"x" * (size - 4)

    stream = Endless()
    with pytest.raises(Refused, match="evidence_too_large"):
        file_one(core, case, stream, "a.gif", "cli", 3_000_000)  # type: ignore[arg-type]
    assert stream.asked < 3_000_000 + 3 * BLOCK and stored(core) == []


def test_killed_before_the_commit_a_file_without_a_row_stays_and_the_next_filing_takes_its_place(
    core: Core, case: str, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Core, "within", killed)
        with pytest.raises(KeyboardInterrupt):
            keep(core, case)
    (orphan,) = stored(core)
    assert of_case(core.store, case) == [] and core.load(case)[0].evidence == () and wrong(core) == []
    before = orphan.read_bytes()
    assert not keep(core, case).again
    assert stored(core) == [orphan] and orphan.read_bytes() != before and wrong(core) == []


def test_a_killed_writers_part_is_swept_and_a_living_ones_is_not(core: Core, case: str):
    root = folder_of(core.store.conn.path)
    root.mkdir(mode=0o700)
    (root / ".part-dead").write_bytes(b"half")
    handle, alive = evidence._part(root)
    try:
        keep(core, case)
        assert alive.exists() and not (root / ".part-dead").exists()
    finally:
        os.close(handle)


def test_a_full_disk_is_said_and_nothing_is_kept(core: Core, case: str, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="full"):
        keep(core, case)
    assert stored(core) == [] and of_case(core.store, case) == []


@pytest.mark.parametrize("how", ["flip", "cut", "swap", "key", "gone", "grown"])
def test_a_changed_file_is_found_named_and_never_given_out(core: Core, case: str, tmp_path: Path, how: str):
    filed = keep(core, case, PNG * 900)
    path = place_of(core.store.conn.path, case, filed.sha256)
    raw = path.read_bytes()
    head, one = evidence._HEAD, BLOCK + 29
    first, second = raw[head : head + one], raw[head + one : head + 2 * one]
    changed = {
        "flip": raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:],
        "cut": raw[: head + one],
        "swap": raw[:head] + second + first + raw[head + 2 * one :],
        "key": raw[: head - 1] + bytes([raw[head - 1] ^ 1]) + raw[head:],
        "grown": raw + b"x",
    }
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(changed[how])
    assert wrong(core) == ["evidence_missing" if how == "gone" else "evidence_changed"]
    with pytest.raises(StoreError):
        take_out(core, case, filed.sha256[:6], tmp_path / "out")
    assert not list(tmp_path.glob("*out*")) and not list(tmp_path.glob("*.part"))


def test_only_who_has_the_case_takes_a_file_out_and_it_goes_on_record(
    core: Core, case: str, desk_file: DeskFile, tmp_path: Path
):
    filed = keep(core, case)
    li = desk_file.core("li")
    with pytest.raises(Refused, match="evidence_not_yours"):
        take_out(li, case, filed.sha256, tmp_path / "a.png")
    assert li.ask(q.EvidenceOf(case))[0].name is None
    assert core.ask(q.EvidenceOf(case))[0].name == "张三.png"
    take_out(core, case, filed.sha256, tmp_path / "a.png")
    with pytest.raises(StoreError, match="already"):
        take_out(core, case, filed.sha256, tmp_path / "a.png")
    taken = core.store.conn.execute("SELECT actor FROM event WHERE type = 'evidence_taken_out'").fetchall()
    assert taken == [("wang",)]


def test_an_erased_customers_files_are_unreadable_and_no_more_are_taken(
    core: Core, case: str, tmp_path: Path
):
    filed = keep(core, case)
    person = core.load(case)[0].customer
    with write(core.store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 1 WHERE person = ?", (person,))
    core.store.keys.drop(core.desk, person)
    assert core.ask(q.EvidenceOf(case))[0].name is None
    for attempt in (
        lambda: take_out(core, case, filed.sha256, tmp_path / "a"),
        lambda: keep(core, case, b"text"),
    ):
        with pytest.raises(StoreError, match="erased"):
            attempt()
    assert not (tmp_path / "a").exists()


def test_a_hash_stands_for_its_file_where_verbs_ask_for_evidence(core: Core, case: str):
    filed = keep(core, case)
    after = core.load(case)[0]
    named = checked_evidence((filed.sha256[:6], filed.sha256[:9].upper(), "IMG_0412.jpg", "ffffff"), after)
    assert named == (f"sha256:{filed.sha256}", "IMG_0412.jpg", "ffffff")


def test_a_verb_by_hand_files_nothing_that_is_not_stored(core: Core, case: str):
    with pytest.raises(Refused, match="evidence_not_stored"):
        core.do(FileEvidence("0" * 64, 3, "image/png", "a.png"), case)
    with pytest.raises(Refused, match="evidence_not_stored"):
        core.do(FileEvidence("../../../etc/passwd", 3, "image/png", "a.png"), case)


def test_a_backup_brings_the_files_and_a_restore_mends_them(
    core: Core, case: str, tmp_path: Path, desk_file: DeskFile
):
    filed = keep(core, case)
    copy = tmp_path / "copy" / "desk.db"
    copy.parent.mkdir()
    backup(desk_file.path, copy)
    path = place_of(desk_file.path, case, filed.sha256)
    path.write_bytes(b"x" * path.stat().st_size)
    assert wrong(core) == ["evidence_changed"]
    desk_file.close()
    restore(copy, desk_file.path, overwrite=True)
    assert wrong(desk_file.core("wang")) == []


def test_a_folder_is_taken_and_emptied_once_its_files_have_settled(core: Core, case: str, folder: Path):
    drop(folder, "a.png"), drop(folder, ".half.png"), drop(folder, "b.txt", b"chat", fresh=True)
    assert look(core, folder) == (1, [], 1)
    assert [kept.media for kept in core.load(case)[0].evidence] == ["image/png"]
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [".half.png", "b.txt"]
    drop(folder, "again.png")
    assert look(core, folder) == (1, [], 1) and len(core.load(case)[0].evidence) == 1
    later = (folder / core.number(core.load(case)[0]) / "b.txt").stat().st_mtime + SETTLED_S
    assert len(take_evidence(core, folder, MOST, str, now=lambda: later).filed) == 1


def test_what_is_refused_waits_beside_its_reason(core: Core, folder: Path):
    drop(folder, "a.zip", b"PK\x03\x04xx")
    drop(folder, "big.png", PNG * 10)
    secret = folder.parent / "secret.png"
    secret.write_bytes(PNG)
    (number,) = (path.name for path in folder.iterdir())
    (folder / number / "link.png").symlink_to(secret)
    os.mkfifo(folder / number / "pipe")
    (folder / "RT-0000-0000").mkdir()
    lost = folder / "RT-0000-0000" / "x.png"
    lost.write_bytes(PNG)
    os.utime(lost, (1, 1))
    filed, codes, left = look(core, folder, most=5_000)
    no_case = [code for code in codes if code in ("no_such_case", "bad_number")]
    assert (filed, left, len(no_case)) == (0, 0, 1)
    assert sorted(set(codes) - set(no_case)) == ["evidence_archive", "evidence_no_file", "evidence_too_large"]
    aside = folder / "refused" / number
    assert (aside / "a.zip.why").read_text() == "evidence_archive\n"
    assert (aside / "link.png").is_symlink() and secret.read_bytes() == PNG
    assert (folder / "refused" / "RT-0000-0000" / "x.png").exists()
    assert look(core, folder) == (0, [], 0)


def test_a_linked_folder_is_not_followed(core: Core, folder: Path, tmp_path: Path):
    (number,) = (path for path in folder.iterdir())
    number.rename(tmp_path / "elsewhere")
    number.symlink_to(tmp_path / "elsewhere")
    old = tmp_path / "elsewhere" / "a.png"
    old.write_bytes(PNG)
    os.utime(old, (1, 1))
    assert look(core, folder) == (0, [], 0) and old.exists()


@pytest.mark.parametrize("name", ["\x1b[31mred\x07.png", "a\nb.png", "\u202egnp.exe.png", "=cmd.png"])
def test_names_with_signs_that_act_are_kept_without_them(core: Core, case: str, folder: Path, name: str):
    drop(folder, name)
    assert look(core, folder)[0] == 1
    (kept,) = of_case(core.store, case)
    assert kept.name is not None
    assert not any(sign in kept.name for sign in "\x1b\x07\n\u202e/")


def test_killed_after_keeping_the_next_look_removes_the_file(
    core: Core, case: str, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    path = drop(folder, "a.png")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _unless(path, killed, Path.unlink))
        with pytest.raises(KeyboardInterrupt):
            look(core, folder)
    assert path.exists() and len(core.load(case)[0].evidence) == 1
    assert look(core, folder) == (1, [], 0)
    assert not path.exists() and len(core.load(case)[0].evidence) == 1


KILLED = """
import io, os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.effects import evidence_in
from csdesk.store.file import open_store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Pulled(io.BytesIO):
    asked = 0
    def read(self, size=-1):
        self.asked += 1
        if sys.argv[3] == "writing" and self.asked == 3:
            die()
        return super().read(size)

if sys.argv[3] == "placed":
    Core.within = die
core = Core(open_store(Path(sys.argv[1])), Actor("wang", Role.AGENT))
evidence_in.file_one(core, sys.argv[2], Pulled(b"GIF8" * 300_000), "a.gif", "cli", 9_000_000)
"""


@pytest.mark.parametrize("when", ["writing", "placed"])
def test_a_plug_pulled_for_good_leaves_no_row_and_nothing_that_anybody_must_mend(
    core: Core, case: str, desk_file: DeskFile, when: str
):
    command = [sys.executable, "-c", KILLED, str(desk_file.path), case, when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    # Placed, it still has the name under which it waited; the next writer sweeps that.
    assert len(stored(core)) == {"writing": 1, "placed": 2}[when]
    assert of_case(core.store, case) == [] and wrong(core) == []
    keep(core, case, b"GIF8" * 300_000)
    assert len(stored(core)) == 1 and wrong(core) == []


def test_what_nobody_may_take_yet_and_what_comes_for_the_erased_hold_nothing_up(
    core: Core, case: str, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    shut, real = drop(folder, "a.png"), evidence_in.opened

    def opened(path: Path, *, follow: bool) -> BinaryIO:
        if path == shut:
            raise StoreError("no_permission", path=str(path))
        return real(path, follow=follow)

    monkeypatch.setattr(evidence_in, "opened", opened)
    drop(folder, "b.png")
    assert look(core, folder) == (1, [], 1)
    with write(core.store.conn) as conn:
        conn.execute("UPDATE person_key SET sealed = x'', shredded_at = 1")
    core.store.keys.clear()
    drop(folder, "c.txt", b"text")
    assert look(core, folder) == (0, ["evidence_erased"], 1)


def _unless(path: Path, killed: Callable[..., None], real: Callable[..., None]) -> Callable[..., None]:
    return lambda self, *a, **k: killed() if self == path else real(self, *a, **k)
