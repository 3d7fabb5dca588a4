"""Verify a bundle of a csdesk case: python3 verify_bundle.py BUNDLE.zip [--key FINGERPRINT]. Python >= 3.9 suffices.

Nothing but the standard library is used, nothing is unpacked, nothing is asked of a network. The archive has one form
only: members stored without compression, one after the other, no gap, no comment, no extra field; then manifest.json
(canonical JSON: keys sorted, no blanks) and manifest.sig (64 bytes, Ed25519, RFC 8032, over the bytes of the manifest).
The manifest names every other member in order with its size and SHA-256. `docs/evidence-bundle.md` describes it all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

FORMAT = "csdesk-bundle-1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
NEEDED = ("cover.html", "timeline.jsonl", "messages.jsonl", "decisions.jsonl", "chain.jsonl")
LINES = ("timeline.jsonl", "messages.jsonl", "decisions.jsonl")
MOST_MEMBERS, MOST_BYTES, MOST_TEXT = 400, 2_000_000_000, 200_000_000
BLOCK = 1 << 20
GENESIS = b"csdesk case chain v1"
_NAME = re.compile(r"[a-z]+\.(?:html|pdf|json|jsonl|sig)|files/[0-9a-f]{64}\.[a-z0-9]{1,5}")
# A member as it must be: 2.0, no flag, stored, 1980-01-01 00:00, a plain file (0600) made on Unix.
_VERSION, _DAY, _UNIX, _MODE = 20, 0x21, (3 << 8) | 20, 0o100600 << 16
_LINK = 0o120000

# Why a bundle is refused, in English and Chinese; {…} is filled with what was found.
SENTENCES = {
    "not_zip": ("This is no bundle: no archive ends where the file ends.", "这不是证据包：文件结尾不是压缩包的结尾。"),
    "zip_shape": ("The archive is not laid out as a bundle is, at {where}.", "压缩包的结构与证据包不符：{where}。"),
    "too_large": ("The archive is larger than any bundle: {where}.", "超过证据包允许的大小：{where}。"),
    "too_many": ("The archive has more members than any bundle: {n}.", "压缩包内文件过多：{n} 个。"),
    "compressed": ("{name} is compressed; a bundle only stores.", "{name} 被压缩过；证据包只原样存放。"),
    "encrypted": ("{name} is encrypted; a bundle is readable.", "{name} 被加密；证据包应当可读。"),
    "link": ("{name} is a link or a folder, no file.", "{name} 是链接或文件夹，不是文件。"),
    "bad_name": ("A member has a name that no part has: {name}.", "包内有不合规的文件名：{name}。"),
    "duplicate_name": ("{name} is there twice.", "{name} 重复出现。"),
    "crc": ("The checksum of {name} is wrong.", "{name} 的校验码不对。"),
    "manifest_missing": ("The bundle has no {name} at its end.", "包尾缺少 {name}。"),
    "manifest_unreadable": ("The manifest cannot be read: {where}.", "清单无法读取：{where}。"),
    "manifest_not_canonical": ("The manifest is not in canonical form.", "清单不是规范格式。"),
    "format": (
        "The bundle has a format that this verifier does not know: {where}.",
        "本工具不认识的证据包格式：{where}。",
    ),
    "key_malformed": ("The key is no fingerprint: 64 digits 0-9 a-f.", "公钥指纹格式不对：应为 64 位 0-9、a-f。"),
    "key_missing": ("The manifest names no public key.", "清单里没有公钥。"),
    "key_fingerprint": ("The fingerprint in the manifest is not its key's.", "清单里的指纹与公钥不符。"),
    "key_other": (
        "Signed with another key ({found}) than expected; if the desk has changed its key, ask it for the fingerprint.",
        "签名用的不是指定的公钥（实际为 {found}）；如对方更换过密钥，请向其索取新指纹。",
    ),
    "signature_length": ("The signature has {n} bytes, not 64.", "签名长度为 {n} 字节，应为 64。"),
    "signature_wrong": ("The signature does not fit the manifest.", "签名与清单不符。"),
    "part_needed": ("The manifest lacks {name}.", "清单里缺少 {name}。"),
    "part_missing": ("{name} is in the manifest and not in the bundle.", "清单里有 {name}，包里没有。"),
    "part_extra": ("{name} is in the bundle and not in the manifest.", "包里有 {name}，清单里没有。"),
    "part_order": ("The parts are in another order than the manifest says, at {name}.", "文件顺序与清单不符：{name}。"),
    "part_size": ("{name} has another size than the manifest says.", "{name} 的大小与清单不符。"),
    "part_changed": ("{name} was changed: its SHA-256 is another.", "{name} 被改动：SHA-256 不符。"),
    "line_unreadable": ("Line {n} of {name} cannot be read.", "{name} 第 {n} 行无法读取。"),
    "chain_gap": ("The chain lacks event {n}.", "事件链缺少第 {n} 条。"),
    "chain_changed": ("Event {n} of the chain does not fit its hash.", "事件链第 {n} 条与其哈希不符。"),
    "chain_head": ("The chain ends at another hash than the manifest says.", "事件链末端的哈希与清单不符。"),
    "chain_count": ("The chain has {n} events, not as many as the manifest says.", "事件链有 {n} 条，与清单不符。"),
    "line_order": ("{name} is not in the order of events, at line {n}.", "{name} 第 {n} 行顺序不对。"),
    "line_not_in_chain": ("Line {n} of {name} tells what the chain does not.", "{name} 第 {n} 行在事件链中查不到。"),
    "file_not_in_chain": ("{name} was never filed in the case.", "{name} 从未在本案归档。"),
    "file_misnamed": ("{name} is not called by its SHA-256.", "{name} 的文件名不是它的 SHA-256。"),
    "file_absent": (
        "A filed file is neither there nor named as withheld: {hash}.",
        "已归档的文件既不在包内，也未注明扣留：{hash}。",
    ),
}  # fmt: skip


class Bad(Exception):
    """A bundle that is refused: why as a code of SENTENCES, and what was found."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def sentence(self, language: int = 0) -> str:
        """Why, in English (0) or Chinese (1)."""
        return SENTENCES[self.code][language].format(**self.detail)


class Member(NamedTuple):
    """A file of the archive: where its content begins, how long it is, its CRC-32."""

    name: str
    at: int
    size: int
    crc: int


class Proven(NamedTuple):
    """What a bundle that was verified says of itself."""

    manifest: dict[str, Any]
    fingerprint: str
    trusted: bool


Verify = Callable[[bytes, bytes, bytes], bool]


# Ed25519 by RFC 8032, 5.1: slow (some 10 ms) and plain. Nothing here is secret, so nothing need be constant in time.

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(n: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _add(total, point)
        point = _add(point, point)
        n >>= 1
    return total


def _point(sent: bytes) -> Point | None:
    y = int.from_bytes(sent, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT % _P
    if x * x % _P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _sent(point: Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether 64 bytes are the Ed25519 signature of `message` by the holder of the public key (32 bytes)."""
    key, s = _point(public), int.from_bytes(signature[32:], "little")
    base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    if key is None or base is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    x, y, z, t = _times(k, key)
    return _sent(_add(_times(s, base), (-x % _P, y, z, -t % _P))) == signature[:32]


# The archive


def members(file: BinaryIO) -> list[Member]:
    """The files of the archive in order, of the one layout that a bundle has; nothing is read but headers."""
    size = file.seek(0, 2)
    if size > MOST_BYTES:
        raise Bad("too_large", where=f"{size} B")
    file.seek(max(size - 22, 0))
    end = file.read(22)
    if len(end) != 22 or end[:4] != b"PK\x05\x06":
        raise Bad("not_zip")
    disk, first, here, n, length, start, comment = struct.unpack("<4H2LH", end[4:])
    if n > MOST_MEMBERS:
        raise Bad("too_many", n=n)
    if (disk, first, comment) != (0, 0, 0) or here != n or start + length != size - 22:
        raise Bad("zip_shape", where="end")
    file.seek(start)
    directory, at = file.read(length), 0
    found: list[Member] = []
    seen: set[str] = set()
    for _ in range(n):
        member, at = _entry(file, directory, at, found[-1] if found else None)
        if member.name in seen:
            raise Bad("duplicate_name", name=member.name)
        seen.add(member.name)
        found.append(member)
    if at != length or (found[-1].at + found[-1].size if found else 0) != start:
        raise Bad("zip_shape", where="directory")
    return found


def _entry(file: BinaryIO, directory: bytes, at: int, last: Member | None) -> tuple[Member, int]:
    """The member at `at` of the directory, and where the next one is; `last` is the one before it."""
    head = directory[at : at + 46]
    if len(head) != 46 or head[:4] != b"PK\x01\x02":
        raise Bad("zip_shape", where="directory")
    (
        made,
        needed,
        flags,
        method,
        time,
        day,
        crc,
        packed,
        size,
        named,
        extra,
        said,
        disk,
        inner,
        outer,
        begins,
    ) = struct.unpack("<6H3L5H2L", head[4:])
    raw = directory[at + 46 : at + 46 + named]
    name = _safe(raw)
    if flags & 1:
        raise Bad("encrypted", name=name)
    if method or packed != size:
        raise Bad("compressed", name=name)
    if (outer >> 16) & 0o170000 == _LINK or outer & 0x10:
        raise Bad("link", name=name)
    if (made, needed, flags, time, day, extra, said, disk, inner, outer) != (
        _UNIX, _VERSION, 0, 0, _DAY, 0, 0, 0, 0, _MODE,
    ):  # fmt: skip
        raise Bad("zip_shape", where=name)
    if begins != (last.at + last.size if last else 0):
        raise Bad("zip_shape", where=name)
    file.seek(begins)
    own = struct.pack("<4s5H3L2H", b"PK\x03\x04", _VERSION, 0, 0, 0, _DAY, crc, size, size, len(raw), 0) + raw
    if file.read(len(own)) != own:
        raise Bad("zip_shape", where=name)
    return Member(name, begins + len(own), size, crc), at + 46 + named


def _safe(raw: bytes) -> str:
    """A name that a part may have: no folder but files/, no way up, no sign that is none."""
    name = raw.decode("ascii", "backslashreplace")
    if not _NAME.fullmatch(name):
        raise Bad("bad_name", name=ascii(name)[1:81])
    return name


def _text(file: BinaryIO, member: Member) -> bytes:
    if member.size > MOST_TEXT:
        raise Bad("too_large", where=member.name)
    file.seek(member.at)
    content = file.read(member.size)
    if zlib.crc32(content) != member.crc:
        raise Bad("crc", name=member.name)
    return content


def _hash(file: BinaryIO, member: Member) -> tuple[str, int]:
    """SHA-256 and CRC-32 of a part, block by block."""
    file.seek(member.at)
    hashed, crc, left = hashlib.sha256(), 0, member.size
    while left:
        block = file.read(min(left, BLOCK))
        hashed.update(block)
        crc, left = zlib.crc32(block, crc), left - len(block)
    return hashed.hexdigest(), crc


# The manifest, its signature and its parts


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def canonical(value: object) -> bytes:
    """The one form of a manifest: keys sorted, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _no_number(said: str) -> None:
    raise ValueError(said)  # NaN and Infinity are no JSON


_FIELDS = {
    **dict.fromkeys(("bundle", "case", "case_id", "kind", "made_by", "recipient", "language"), str),
    **{"made_at": int, "desk": dict, "chain": dict, "redacted": list, "withheld": list, "parts": list},
}


def _manifest(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:
        raise Bad("manifest_unreadable", where=type(exc).__name__) from None
    if not isinstance(found, dict):
        raise Bad("manifest_unreadable", where=type(found).__name__)
    try:
        same = canonical(found) == raw
    except ValueError:  # half of a surrogate pair
        same = False
    if not same:
        raise Bad("manifest_not_canonical")
    if found.get("format") != FORMAT:
        raise Bad("format", where=ascii(found.get("format"))[:80])
    for name, kind in _FIELDS.items():
        if not isinstance(found.get(name), kind):
            raise Bad("manifest_unreadable", where=name)
    shapes = (("parts", ("name", str), ("sha256", str), ("size", int)), ("withheld", ("sha256", str)))
    for name, *inner in shapes:
        for part in found[name]:
            if not isinstance(part, dict) or not all(isinstance(part.get(f), kind) for f, kind in inner):
                raise Bad("manifest_unreadable", where=name)
    return found


def _key(manifest: dict[str, Any], wanted: str) -> tuple[bytes, str]:
    """The public key of a manifest and its fingerprint, which must be `wanted` unless that is empty."""
    if wanted and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise Bad("key_malformed")
    key = manifest.get("key")
    public = str(key.get("public")) if isinstance(key, dict) else ""
    named = isinstance(key, dict) and key.get("algorithm") == "Ed25519"
    if not isinstance(key, dict) or not named or not re.fullmatch(r"[0-9a-f]{64}", public):
        raise Bad("key_missing")
    found = hashlib.sha256(bytes.fromhex(public)).hexdigest()
    if key.get("fingerprint") != found:
        raise Bad("key_fingerprint")
    if wanted and wanted != found:
        raise Bad("key_other", found=found)
    return bytes.fromhex(public), found


def _parts(file: BinaryIO, there: list[Member], manifest: dict[str, Any]) -> dict[str, Member]:
    """The parts by name, each as the manifest says, none more and none less."""
    told, found = {part["name"]: part for part in manifest["parts"]}, {one.name: one for one in there}
    for name in NEEDED:
        if name not in told:
            raise Bad("part_needed", name=name)
    for name in told:
        if name not in found:
            raise Bad("part_missing", name=ascii(name)[1:81])
    for name in found:
        if name not in told:
            raise Bad("part_extra", name=name)
    for member, part in zip(there, manifest["parts"]):  # noqa: B905  Python 3.9
        if member.name != part["name"]:
            raise Bad("part_order", name=member.name)
        if member.size != part["size"]:
            raise Bad("part_size", name=member.name)
        digest, crc = _hash(file, member)
        if digest != part["sha256"]:
            raise Bad("part_changed", name=member.name)
        if crc != member.crc:
            raise Bad("crc", name=member.name)
    if len(there) != len(manifest["parts"]):
        raise Bad("part_order", name=MANIFEST)
    return found


# What happened


def _lines(file: BinaryIO, member: Member) -> list[dict[str, Any]]:
    found = []
    for n, line in enumerate(_text(file, member).splitlines(), 1):
        try:
            value = json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_no_number)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or not isinstance(value.get("seq"), int):
            raise Bad("line_unreadable", name=member.name, n=n)
        found.append(value)
    return found


_HEADER = ("seq", "type", "v", "at", "actor", "cause", "verb", "person")


def _linked(previous: bytes, event: dict[str, Any]) -> bytes:
    """The hash of an event: the hash before it, its header and both bodies, each with its length before it."""
    digest = hashlib.sha256(previous)
    header = "\x1f".join(str(event[name]) for name in _HEADER)
    bodies = (base64.b64decode(event[name], validate=True) for name in ("payload", "sealed"))
    for part in (header.encode(), *bodies):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


def _chain(events: list[dict[str, Any]], manifest: dict[str, Any]) -> None:
    """Every event chained to the one before it, from the case's beginning to the head that was signed."""
    place = f"\x1f{manifest['desk'].get('id')}\x1f{manifest['case_id']}"
    previous = hashlib.sha256(GENESIS + place.encode()).digest()
    for n, event in enumerate(events, 1):
        if event["seq"] != n:
            raise Bad("chain_gap", n=n)
        try:
            previous = _linked(previous, event)
        except (KeyError, ValueError, TypeError):
            raise Bad("line_unreadable", name="chain.jsonl", n=n) from None
        if event.get("hash") != previous.hex():
            raise Bad("chain_changed", n=n)
    if manifest["chain"].get("events") != len(events):
        raise Bad("chain_count", n=len(events))
    if manifest["chain"].get("head") != previous.hex():
        raise Bad("chain_head")


def _told(name: str, lines: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    """Every line is of an event of the chain, at its time and by its actor, in order."""
    last = 0
    for n, line in enumerate(lines, 1):
        seq = line["seq"]
        if seq <= last:
            raise Bad("line_order", name=name, n=n)
        event = events[seq - 1] if seq <= len(events) else None
        if event is None or any(
            line.get(field) != event.get(field) for field in ("type", "at", "actor", "verb")
        ):
            raise Bad("line_not_in_chain", name=name, n=n)
        last = seq


def _files(parts: dict[str, Member], events: list[dict[str, Any]], manifest: dict[str, Any]) -> None:
    """Every file was filed in the case, and every file that was filed is there or named as withheld."""
    filed = set()
    for n, event in enumerate(events, 1):
        if event["type"] == "evidence_filed":
            try:
                filed.add(json.loads(base64.b64decode(event["payload"]))["sha256"])
            except (ValueError, KeyError, TypeError):
                raise Bad("line_unreadable", name="chain.jsonl", n=n) from None
    there = set()
    for part in manifest["parts"]:
        if part["name"].startswith("files/"):
            digest = part["sha256"]
            if part["name"][6:70] != digest:
                raise Bad("file_misnamed", name=part["name"])
            if digest not in filed:
                raise Bad("file_not_in_chain", name=part["name"])
            there.add(digest)
    for digest in sorted(filed - there - {one["sha256"] for one in manifest["withheld"]}):
        raise Bad("file_absent", hash=ascii(digest)[1:65])


def check(file: BinaryIO, fingerprint: str = "", verify: Verify = signed) -> Proven:
    """What the bundle says of itself, when all of it is proven; Bad with the first reason why not.

    `fingerprint` is the SHA-256 of the public key (hex), from whoever made the bundle and by another way than the
    bundle; without it a bundle proves only that nobody changed it since somebody signed it.
    """
    wanted = re.sub(r"[\s:]", "", fingerprint.lower().strip())
    there = members(file)
    for name, at in ((SIGNATURE, -1), (MANIFEST, -2)):
        if len(there) < -at or there[at].name != name:
            raise Bad("manifest_missing", name=name)
    raw, signature = _text(file, there[-2]), _text(file, there[-1])
    manifest = _manifest(raw)
    public, found = _key(manifest, wanted)
    if len(signature) != 64:
        raise Bad("signature_length", n=len(signature))
    if not verify(public, signature, raw):
        raise Bad("signature_wrong")
    parts = _parts(file, there[:-2], manifest)
    events = _lines(file, parts["chain.jsonl"])
    _chain(events, manifest)
    for name in LINES:
        _told(name, _lines(file, parts[name]), events)
    _files(parts, events, manifest)
    return Proven(manifest, found, bool(wanted))


def main(arguments: list[str]) -> int:
    """Verify one bundle from a command line: 0 when it is proven, 1 when not, 2 when there is nothing to read."""
    key = ""
    if len(arguments) == 3 and arguments[1] == "--key":
        key = arguments[2] or "-"
    elif len(arguments) != 1:
        print("python3 verify_bundle.py BUNDLE.zip [--key FINGERPRINT]", file=sys.stderr)
        return 2
    try:
        with open(arguments[0], "rb") as file:  # noqa: PTH123  plain words for whoever reads this
            proven = check(file, key)
    except OSError as exc:
        print(f"{arguments[0]!a}: {exc.strerror}", file=sys.stderr)
        return 2
    except Bad as exc:
        print(f"REFUSED {exc.code}: {exc.sentence()}")
        return 1
    told = proven.manifest
    print(f"PROVEN case {told['case']!a}: {len(told['parts'])} parts, {told['chain']['events']} events.")
    print(f"Signed with the key {proven.fingerprint}.")
    if not proven.trusted:
        print(
            "WARNING: this key came with the bundle; compare its fingerprint with the one the desk gives you."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
