"""Files that mean harm at every door: evidence by hand, files of messages, bundles to verify, imports."""

import gzip
import hashlib
import io
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.desk import evidence_queries as q
from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound, Sender
from csdesk.desk.intake.receiving import receive
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.effects.evidence_in import file_one, opened
from csdesk.interop.bundle import verify as verify_bundle
from csdesk.interop.faults import ImportFault
from csdesk.interop.importer import run_import
from csdesk.store.evidence import folder_of, of_case
from csdesk.store.verify import verify
from tests.building import DeskFile, build

MOST = 20_000_000
# Far less than what any of these would unpack to, far more than two blocks.
BOUNDED = 12_000_000


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def linked() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def tarred(name: str, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
        archive.addfile(info, io.BytesIO(b""))
    return out.getvalue()


def chunk(name: bytes, told: bytes) -> bytes:
    return struct.pack(">I", len(told)) + name + told + struct.pack(">I", zlib.crc32(name + told))


def png(width: int, height: int, more: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", more) + chunk(b"IEND", b"")


BOMB = zipped(("bomb", b"\0" * 30_000_000))
HTML = b"<html><script>fetch('http://x/')</script></html>"
# name: (content, what becomes of it as evidence: its media type, or why it is refused)
FILES: dict[str, tuple[bytes, str]] = {
    "zip out of its folder": (zipped(("../../etc/cron.d/x", b"x")), "evidence_archive"),
    "zip with an absolute name": (zipped(("/etc/passwd", b"x"), ("C:\\x", b"x")), "evidence_archive"),
    "zip with a link": (zipped((linked(), b"/etc/passwd")), "evidence_archive"),
    "zip bomb": (BOMB, "evidence_archive"),
    "zip in zip": (zipped(("inner.zip", BOMB)), "evidence_archive"),
    "empty zip": (zipped(), "evidence_type"),
    "tar out of its folder": (tarred("../../x"), "evidence_archive"),
    "tar with a link": (tarred("a", "/etc/passwd"), "evidence_archive"),
    "gzip bomb": (gzip.compress(b"\0" * 30_000_000), "evidence_archive"),
    "office document": (zipped(("[Content_Types].xml", b"<x/>")), "evidence_archive"),
    "png of 4 gigapixels": (png(65_535, 65_535), "image/png"),
    "png beyond all sizes": (png(0xFFFF_FFFF, 0xFFFF_FFFF), "image/png"),
    "png whose data are a bomb": (png(30_000, 30_000, zlib.compress(b"\0" * 9_000_000)), "image/png"),
    "jpeg of 4 gigapixels": (b"\xff\xd8\xff\xc0\x00\x11\x08" + b"\xff" * 4 + b"\x03" * 12, "image/jpeg"),
    "gif of 4 gigapixels": (b"GIF89a" + b"\xff" * 4 + b"\xf7\x00\x00" + b"\0" * 40, "image/gif"),
    "bmp of negative size": (b"BM" + b"\xff" * 52, "image/bmp"),
    "tiff that points at itself": (b"II*\x00\x08\x00\x00\x00\x01\x00" + b"\x08\0\0\0" * 4, "image/tiff"),
    "png and zip": (png(1, 1) + zipped(("a.js", b"x")), "evidence_archive"),
    "jpeg and rar": (b"\xff\xd8\xff" + b"x" * 300_000 + b"Rar!\x1a\x07\x01\x00", "evidence_archive"),
    "rar over the edge of a block": (
        b"\xff\xd8\xff" + b"x" * (256 * 1024 - 6) + b"Rar!\x1a\x07\x00", "evidence_archive",
    ),
    "pdf and 7z": (b"%PDF-1.7\n" + b"7z\xbc\xaf\x27\x1c\x00\x04", "evidence_archive"),
    "pdf and zip": (b"%PDF-1.7\n" + zipped(("a", b"x")) + b"\n%%EOF", "evidence_archive"),
    "gif and script": (b"GIF89a=1;/*" + b"\0" * 9 + b"*/alert(1)", "image/gif"),
    "jpeg and page": (b"\xff\xd8\xff\xe0" + HTML, "image/jpeg"),
    "page as text": (HTML, "text/plain"),
    "svg as text": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "text/plain"),
    "xml that grows": (b"<!DOCTYPE x [<!ENTITY a 'aaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>", "text/plain"),
    "program": (b"MZ\x90\x00" + b"\0" * 60, "evidence_type"),
    "program that ends as a pdf": (b"\x7fELF" + b"\0" * 60 + b"%PDF-1.7", "evidence_type"),
    "script with a picture's name": (b"#!/bin/sh\nrm -rf ~\n", "evidence_type"),
    "only zeros": (b"\0" * 4_096, "evidence_type"),
}  # fmt: skip
NAMES = (
    "../../etc/passwd", "/etc/passwd", "..\\..\\x.png", "a\x00.png", "\x1b[2J.png", "\u202egnp.exe", "con.png",
    "-rf", ".ssh", "a\nb.png", "名" * 300 + ".png", "$(reboot).png", "\ud800.png", "", "=1+1.png",
)  # fmt: skip


class Door:
    """A desk with a case of wang's, and a folder beside it in which nothing may appear."""

    def __init__(self, file: DeskFile, folder: Path) -> None:
        self.core: Core = file.core("wang")
        self.zhao: Core = file.core("zhao")
        self.folder = folder
        order = file.order()
        self.case = self.core.do(Open(Kind.RETURN, order, (LineQty(1, 1),), reason="quality")).case.id
        self.core.do(Take(), self.case)

    def stored(self) -> int:
        root = folder_of(self.core.store.conn.path)
        return sum(path.is_file() for path in root.rglob("*")) if root.exists() else 0


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("bad")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        file = build(folder)
        yield Door(file, folder)
        file.close()


def bounded(what: Callable[[], object]) -> None:
    """Carry it out within a few blocks of memory."""
    tracemalloc.start()
    try:
        what()
        assert tracemalloc.get_traced_memory()[1] < BOUNDED
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("what", FILES)
def test_as_evidence_it_is_kept_unopened_or_refused_whole(door: Door, what: str):
    content, becomes = FILES[what]
    before = door.stored()
    try:
        bounded(lambda: file_one(door.core, door.case, io.BytesIO(content), "照片.png", "cli", MOST))
    except Refused as why:
        assert why.code == becomes and door.stored() == before
        return
    (kept,) = [
        one
        for one in door.core.ask(q.EvidenceOf(door.case))
        if one.sha256 == hashlib.sha256(content).hexdigest()
    ]
    assert kept.media == becomes and door.stored() == before + 1
    # Given out, its name ends as what it is: a page never as one that a browser runs.
    to = door.core.ask(q.SaveEvidence(door.case, kept.sha256, str(door.folder)))
    assert Path(to).read_bytes() == content
    assert (
        Path(to).suffix not in (".html", ".htm", ".svg", ".js", ".exe", ".sh")
        and Path(to).parent == door.folder
    )


@pytest.mark.parametrize("what", FILES)
def test_with_a_message_it_costs_no_message(door: Door, what: str):
    content, becomes = FILES[what]
    file = Attached("a.png", media="image/png", size=len(content), sha256="", content=lambda: iter([content]))
    who = Sender(phone="13900000000", external="u")
    sent = Inbound("gw", f"m/{what}", "chat", who, f"见图 {what}", attached=(file,))
    receipt = receive(door.core.by_itself(), sent)
    case, _ = door.core.load(door.core.case_id(receipt.number))
    kept = [one.media for one in case.evidence if one.sha256 == hashlib.sha256(content).hexdigest()]
    assert kept[-1:] == ([] if becomes.startswith("evidence_") else [becomes])


@pytest.mark.parametrize("what", FILES)
def test_as_a_bundle_it_is_refused_and_nothing_is_unpacked(door: Door, what: str, tmp_path: Path):
    path = tmp_path / "bundle.zip"
    path.write_bytes(FILES[what][0])
    with pytest.raises(Refused, match="bundle_"):
        bounded(lambda: verify_bundle(path))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("ending", ["json", "csv"])
def test_as_an_import_it_is_one_sentence_and_nothing_is_written(
    door: Door, what: str, ending: str, tmp_path: Path
):
    path = tmp_path / f"orders.{ending}"
    path.write_bytes(FILES[what][0])
    before = door.zhao.store.conn.total_changes
    with pytest.raises(ImportFault) as fault:
        run_import(door.zhao, [path], "retail")
    assert str(fault.value).endswith(".") and "\x1b" not in str(fault.value)
    assert door.zhao.store.conn.total_changes == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_file_is_called_it_lies_where_it_should_under_a_name_that_does_nothing(
    door: Door, name: str
):
    content = png(1, 1, name.encode(errors="surrogatepass"))
    filed = file_one(door.core, door.case, io.BytesIO(content), name, "cli", MOST)
    (kept,) = [one for one in of_case(door.core.store, door.case) if one.sha256 == filed.sha256]
    assert kept.name and not any(sign in kept.name for sign in "/\\\x00\x1b\n\u202e\ud800$")
    assert not kept.name.startswith((".", "-")) and len(kept.name.encode()) <= 200
    to = Path(door.core.ask(q.SaveEvidence(door.case, filed.sha256, str(door.folder))))
    assert to.parent == door.folder and to.suffix == ".png" and to.read_bytes() == content


def test_what_is_no_plain_file_is_not_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to("/etc/passwd")
    for name, follow in (("pipe.png", True), ("pipe.png", False), ("link.png", False), (".", True)):
        with pytest.raises(Refused, match="evidence_no_file"):
            opened(tmp_path / name, follow=follow)


def test_after_all_that_the_desk_is_sound(door: Door):
    assert [finding.code for finding in verify(door.core.store, contents=True)] == []
