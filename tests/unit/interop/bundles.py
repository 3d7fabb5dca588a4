"""Bundles as tests make, take apart and falsify them: a case with everything in it, and archives written by hand."""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.effects.evidence_in import file_one
from csdesk.interop.bundle import Made, Wanted, make
from csdesk.interop.verify_bundle import canonical
from csdesk.store.signing import Signer, signers
from tests.building import DeskFile

Parts = list[tuple[str, bytes]]
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
PHOTO = b"\xff\xd8\xff\xe0" + b"photo" * 100
OTHER = b"\xff\xd8\xff\xe0" + b"PHOTO" * 100
LETTER = "我是张伟，电话 138 1234 5678，住文三路1号".encode()
SAID = (
    "我是张伟，电话13812345678或１３８１２３４５６７８，邮箱zhang@example.com，"
    "寄到浙江省杭州市西湖区文三路1号；同事电话13900001111"
)


def filed(desk: DeskFile) -> str:
    """A return that was granted, with words, photos and a letter; gives its number."""
    wang = desk.core("wang")
    asked = Open(Kind.RETURN, desk.order(), (LineQty(1, 1),), reason="no_reason", summary=SAID)
    done = wang.do(asked)
    case = done.case.id
    wang.do(Take(), case)
    wang.do(Hear(SAID), case)
    wang.do(Note("顾客张伟来电"), case)
    wang.do(Approve(), case)
    for name, content in (("张伟13812345678.jpg", PHOTO), ("b.jpg", OTHER), ("letter.txt", LETTER)):
        file_one(wang, case, io.BytesIO(content), name, "cli", 20_000_000)
    return done.number


@dataclass(frozen=True)
class Shelf:
    """A desk with a case, its signers, and where bundles go."""

    desk: DeskFile
    number: str
    folder: Path

    def signer(self) -> Signer:
        return signers(self.desk.core("wang").store, None)[0]

    def made(
        self,
        name: str,
        recipient: str = "mediation",
        redacted: tuple[str, ...] | None = None,
        number: str = "",
    ) -> tuple[Path, Made]:
        core, to = self.desk.core("wang"), self.folder / name
        wanted = Wanted(number or self.number, recipient, redacted)
        return to, make(core, wanted, to, self.signer, Words("zh-Hans", core.zone))


def parts_of(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


@dataclass(frozen=True)
class Odd:
    """How a member is written otherwise than it should be."""

    flags: int = 0
    method: int = 0
    day: int = 0x21
    extra: bytes = b""
    outer: int = 0o100600 << 16
    other_name: str = ""
    size: int | None = None
    crc: int | None = None
    gap: bytes = b""


def packed(parts: Parts, odd: dict[int, Odd] | None = None) -> bytes:
    """An archive of these members, byte by byte as a bundle is written but for what is odd."""
    out, directory = bytearray(), bytearray()
    for n, (name, content) in enumerate(parts):
        how = (odd or {}).get(n, Odd())
        raw, body = name.encode(), content
        if how.method:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            body = deflate.compress(content) + deflate.flush()
        crc = zlib.crc32(content) if how.crc is None else how.crc
        size = len(content) if how.size is None else how.size
        out += how.gap
        told = (how.flags, how.method, 0, how.day, crc, size if how.size else len(body), size)
        directory += b"PK\x01\x02" + struct.pack(
            "<6H3L5H2L", 0x314, 20, *told, len(raw), len(how.extra), 0, 0, 0, how.outer, len(out)
        )
        directory += raw + how.extra
        local = (how.other_name or name).encode()
        out += b"PK\x03\x04" + struct.pack("<5H3L2H", 20, *told, len(local), len(how.extra))
        out += local + how.extra + body
    start, n = len(out), len(parts)
    return (
        bytes(out + directory) + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, n, n, len(directory), start, 0)
    )


def manifest_of(parts: Parts) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dict(parts)[MANIFEST])
    return found


def signed(parts: Parts, manifest: dict[str, Any], signer: Signer) -> bytes:
    """The archive with this manifest, signed whoever signs."""
    raw = canonical(manifest)
    rest = [part for part in parts if part[0] not in (MANIFEST, SIGNATURE)]
    return packed([*rest, (MANIFEST, raw), (SIGNATURE, signer.sign(raw))])


def told_anew(parts: Parts, signer: Signer, **changes: Any) -> bytes:
    """The archive with a manifest that fits its parts, as a desk that lies would sign it."""
    rest = [part for part in parts if part[0] not in (MANIFEST, SIGNATURE)]
    listed = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in rest
    ]
    return signed(parts, {**manifest_of(parts), "parts": listed, **changes}, signer)


def replaced(parts: Parts, name: str, content: bytes) -> Parts:
    return [(one, content if one == name else old) for one, old in parts]


def lines_of(parts: Parts, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in dict(parts)[name].splitlines()]


def lines(told: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in told).encode()
