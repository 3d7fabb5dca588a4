"""Bundles of a case: whole, hidden as they should be, on record; and refused with the right reason when touched."""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from csdesk.desk.look_queries import Looks
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import RECIPIENTS, REDACTIONS
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.interop import verify_bundle
from csdesk.interop.bundle import Wanted, make, verify
from csdesk.interop.bundle_cover import Cover, Section, html, pdf
from csdesk.interop.redaction import USUAL, Veil
from csdesk.interop.verify_bundle import check
from csdesk.interop.verify_bundle import signed as fits
from csdesk.store.errors import StoreError
from csdesk.store.people import Customer
from csdesk.store.signing import Signer, signers
from csdesk.store.signing import fits as opened_by
from tests.building import build
from tests.unit.interop import bundles as b
from tests.unit.interop.bundles import Odd, Parts, Shelf

SCRIPT = Path(verify_bundle.__file__)
STRANGER = Signer(b"\x07" * 32)
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("bundles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(folder / "home"))
        desk = build(folder)
        yield Shelf(desk, b.filed(desk), folder)
        desk.close()


@pytest.fixture(autouse=True)
def keys(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the desk that all these tests share."""
    monkeypatch.setenv("CSDESK_HOME", str(shelf.folder / "home"))


# What each tampering starts from


@dataclass(frozen=True)
class Bundle:
    """An untouched bundle in its parts, another one of the same case, one of another case, and who signed them."""

    raw: bytes
    parts: Parts
    later: Parts
    foreign: Parts
    signer: Signer

    def at(self, name: str) -> int:
        return [one for one, _ in self.parts].index(name)

    @property
    def photos(self) -> list[str]:
        return [name for name, _ in self.parts if name.endswith(".jpg")]

    def odd(self, name: str, **how: object) -> bytes:
        return b.packed(self.parts, {self.at(name): Odd(**how)})  # type: ignore[arg-type]

    def renamed(self, old: str, new: str) -> bytes:
        return b.packed([(new if name == old else name, content) for name, content in self.parts])

    def swapped(self, name: str, content: bytes) -> bytes:
        return b.packed(b.replaced(self.parts, name, content))

    def manifest(self, **changes: object) -> bytes:
        return b.signed(self.parts, {**b.manifest_of(self.parts), **changes}, self.signer)

    def without(self, name: str) -> Parts:
        return [part for part in self.parts if part[0] != name]

    def lied(
        self, name: str, change: Callable[[list[dict[str, object]]], object], **manifest: object
    ) -> bytes:
        """Lines of a part changed, and all of it signed by the desk itself."""
        told = b.lines_of(self.parts, name)
        change(told)
        return b.told_anew(b.replaced(self.parts, name, b.lines(told)), self.signer, **manifest)


@pytest.fixture(scope="module")
def bundle(shelf: Shelf) -> Bundle:
    wang = shelf.desk.core("wang")
    other = wang.do(Open(Kind.RETURN, shelf.desk.order(), (LineQty(1, 1),), reason="quality"))
    wang.do(Take(), other.case.id)
    path, _ = shelf.made("base.zip")
    later, _ = shelf.made("later.zip", "court")
    foreign, _ = shelf.made("foreign.zip", number=other.number)
    parts, again, others = map(b.parts_of, (path, later, foreign))
    return Bundle(path.read_bytes(), parts, again, others, shelf.signer())


def flipped(content: bytes, at: int = 5) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def renumbered(events: list[dict[str, object]]) -> None:
    """One event changed and all hashes from there on made anew: only the head that was signed tells."""
    events[2]["actor"] = "li"
    previous = bytes.fromhex(str(events[1]["hash"]))
    for event in events[2:]:
        previous = verify_bundle._linked(previous, event)
        event["hash"] = previous.hex()


def malleable(x: Bundle) -> bytes:
    """The same signature with the group's order added to its second half."""
    signature = dict(x.parts)[b.SIGNATURE]
    s = int.from_bytes(signature[32:], "little") + ORDER
    return x.swapped(b.SIGNATURE, signature[:32] + s.to_bytes(32, "little"))


def by_stranger(x: Bundle, **key: str) -> bytes:
    return b.signed(x.parts, {**b.manifest_of(x.parts), "key": key}, STRANGER)


def with_file(x: Bundle, name: str, content: bytes) -> bytes:
    return b.told_anew([(name, content), *x.parts], x.signer)


def head_of(events: list[dict[str, object]]) -> dict[str, object]:
    return {"events": len(events), "head": events[-1]["hash"]}


def pretty(x: Bundle) -> bytes:
    raw = json.dumps(b.manifest_of(x.parts), indent=1).encode()
    return b.packed([*x.parts[:-2], (b.MANIFEST, raw), (b.SIGNATURE, x.signer.sign(raw))])


def doubled(x: Bundle) -> bytes:
    raw = b'{"case":"RT-0000-0000",' + dict(x.parts)[b.MANIFEST][1:]
    return b.packed([*x.parts[:-2], (b.MANIFEST, raw), (b.SIGNATURE, x.signer.sign(raw))])


T, M, D, C = "timeline.jsonl", "messages.jsonl", "decisions.jsonl", "chain.jsonl"
STRANGE, ED = STRANGER.public, "Ed25519"
TAMPERINGS: dict[str, tuple[str, Callable[[Bundle], bytes]]] = {
    # The archive
    "an empty file": ("not_zip", lambda x: b""),
    "the end is cut": ("not_zip", lambda x: x.raw[:-30]),
    "something stands behind the end": ("not_zip", lambda x: x.raw + b"\0"),
    "a comment": ("not_zip", lambda x: x.raw[:-2] + b"\x02\x00hi"),
    "something stands before the beginning": ("zip_shape", lambda x: b"#!/bin/sh\n" + x.raw),
    "a gap between two members": ("zip_shape", lambda x: x.odd(T, gap=b"hidden")),
    "an extra field": ("zip_shape", lambda x: x.odd(T, extra=b"\x01\x00\x02\x00ab")),
    "another day": ("zip_shape", lambda x: x.odd(T, day=0x22)),
    "two names for one member": ("zip_shape", lambda x: x.odd(T, other_name="../../x.jsonl")),
    "a size that is not there": ("zip_shape", lambda x: x.odd(T, size=10)),
    "a count of another directory": ("zip_shape", lambda x: x.raw[:-14] + b"\x01\x00\x01\x00" + x.raw[-10:]),
    "a thousand members": ("too_many", lambda x: b.packed([("a.json", b"")] * 1_000)),
    "a packed member": ("compressed", lambda x: x.odd(T, method=8)),
    "a bomb": ("compressed", lambda x: b.packed([("a.json", bytes(3_000_000))], {0: Odd(method=8)})),
    "an encrypted member": ("encrypted", lambda x: x.odd(T, flags=1)),
    "a link": ("link", lambda x: x.odd(T, outer=0o120777 << 16)),
    "a folder": ("link", lambda x: x.odd(T, outer=0x10)),
    "a way up": ("bad_name", lambda x: x.renamed(T, "../timeline.jsonl")),
    "an absolute name": ("bad_name", lambda x: x.renamed(T, "/etc/passwd")),
    "a drive": ("bad_name", lambda x: x.renamed(T, "C:\\timeline.jsonl")),
    "a control in a name": ("bad_name", lambda x: x.renamed(T, "timeline.jsonl\x1b]0;x\x07")),
    "a line in a name": ("bad_name", lambda x: x.renamed(T, "timeline.jsonl\n")),
    "a turned name": ("bad_name", lambda x: x.renamed(T, "timeline\u202elnosj.exe")),
    "a member twice": ("duplicate_name", lambda x: b.packed([x.parts[0], *x.parts])),
    "a checksum": ("crc", lambda x: x.odd(T, crc=1)),
    "a checksum of the manifest": ("crc", lambda x: x.odd(b.MANIFEST, crc=1)),
    # The manifest and its signature
    "no manifest": ("manifest_missing", lambda x: b.packed(x.without(b.MANIFEST))),
    "no signature": ("manifest_missing", lambda x: b.packed(x.without(b.SIGNATURE))),
    "the manifest first": ("manifest_missing", lambda x: b.packed([x.parts[-2], *x.parts[:-2], x.parts[-1]])),
    "an unreadable manifest": ("manifest_unreadable", lambda x: x.swapped(b.MANIFEST, b"\xff{")),
    "a deep manifest": ("manifest_unreadable", lambda x: x.swapped(b.MANIFEST, b"[" * 200_000)),
    "a name twice in the manifest": ("manifest_unreadable", doubled),
    "a manifest that lacks its parts": ("manifest_unreadable", lambda x: x.manifest(parts="none")),
    "a manifest in another form": ("manifest_not_canonical", pretty),
    "a later format": ("format", lambda x: x.manifest(format="csdesk-bundle-2")),
    "no key": ("key_missing", lambda x: x.manifest(key={})),
    "a key of half the length": (
        "key_missing",
        lambda x: x.manifest(key={"algorithm": ED, "public": "ab" * 16}),
    ),
    "a key of another kind": (
        "key_missing",
        lambda x: x.manifest(key={**b.manifest_of(x.parts)["key"], "algorithm": "RSA"}),
    ),
    "a number that is none": ("manifest_unreadable", lambda x: x.manifest(made_at=float("nan"))),
    "a maker that is no name": ("manifest_unreadable", lambda x: x.manifest(made_by=["wang"])),
    "a stranger's key under our fingerprint": (
        "key_fingerprint",
        lambda x: by_stranger(x, algorithm=ED, public=STRANGE.public, fingerprint=x.signer.public.fingerprint),
    ),
    "a stranger's key and signature": (
        "key_other",
        lambda x: by_stranger(x, algorithm=ED, public=STRANGE.public, fingerprint=STRANGE.fingerprint),
    ),
    "a short signature": ("signature_length", lambda x: x.swapped(b.SIGNATURE, b"short")),
    "a signature of zeros": ("signature_wrong", lambda x: x.swapped(b.SIGNATURE, bytes(64))),
    "a bit of the signature": (
        "signature_wrong",
        lambda x: x.swapped(b.SIGNATURE, flipped(dict(x.parts)[b.SIGNATURE])),
    ),
    "the signature of another bundle": (
        "signature_wrong",
        lambda x: x.swapped(b.SIGNATURE, dict(x.later)[b.SIGNATURE]),
    ),
    "a signature that somebody bent": ("signature_wrong", malleable),
    "a stranger signs under our key": (
        "signature_wrong",
        lambda x: b.signed(x.parts, b.manifest_of(x.parts), STRANGER),
    ),
    "another recipient": (
        "signature_wrong",
        lambda x: x.swapped(b.MANIFEST, dict(x.parts)[b.MANIFEST].replace(b"mediation", b"courtroom")),
    ),
    # The parts
    "a bit of the timeline": ("part_changed", lambda x: x.swapped(T, flipped(dict(x.parts)[T]))),
    "a photo for another one": (
        "part_changed",
        lambda x: x.swapped(x.photos[0], dict(x.parts)[x.photos[1]]),
    ),
    "two parts change their names": (
        "part_size",
        lambda x: b.packed(b.replaced(b.replaced(x.parts, T, dict(x.parts)[M]), M, dict(x.parts)[T])),
    ),
    "the messages of another bundle": ("part_size", lambda x: x.swapped(M, dict(x.later)[M])),
    "a part is gone": ("part_missing", lambda x: b.packed(x.without(M))),
    "a photo is gone": ("part_missing", lambda x: b.packed(x.without(x.photos[1]))),
    "a part more": ("part_extra", lambda x: b.packed([("note.html", b"hi"), *x.parts])),
    "another order": ("part_order", lambda x: b.packed([x.parts[1], x.parts[0], *x.parts[2:]])),
    # What a desk that lies would sign
    "no messages": ("part_needed", lambda x: b.told_anew(x.without(M), x.signer)),
    "no chain": ("part_needed", lambda x: b.told_anew(x.without(C), x.signer)),
    "an event is gone": ("chain_gap", lambda x: x.lied(C, lambda events: events.pop(3))),
    "events in another order": ("chain_gap", lambda x: x.lied(C, lambda events: events.reverse())),
    "the last event is gone": ("chain_count", lambda x: x.lied(C, lambda events: events.pop())),
    "the last event is gone, and counted so": (
        "chain_head",
        lambda x: x.lied(
            C,
            lambda events: events.pop(),
            chain={**b.manifest_of(x.parts)["chain"], "events": len(b.lines_of(x.parts, C)) - 1},
        ),
    ),
    "another actor": ("chain_changed", lambda x: x.lied(C, lambda events: events[4].update(actor="li"))),
    "another time": ("chain_changed", lambda x: x.lied(C, lambda events: events[4].update(at=1))),
    "another sealed body": (
        "chain_changed",
        lambda x: x.lied(C, lambda events: events[0].update(sealed="AAAA")),
    ),
    "hashes made anew": ("chain_head", lambda x: x.lied(C, renumbered)),
    "the chain of another case": (
        "chain_changed",
        lambda x: b.told_anew(
            b.replaced(x.parts, C, dict(x.foreign)[C]), x.signer, chain=head_of(b.lines_of(x.foreign, C))
        ),
    ),
    "an event without a body": (
        "line_unreadable",
        lambda x: x.lied(C, lambda events: events[0].pop("payload")),
    ),
    "a line that is none": (
        "line_unreadable",
        lambda x: b.told_anew(b.replaced(x.parts, T, b"[]\n"), x.signer),
    ),
    "a line at another time": ("line_not_in_chain", lambda x: x.lied(T, lambda told: told[1].update(at=1))),
    "a decision that nobody took": (
        "line_not_in_chain",
        lambda x: x.lied(D, lambda told: told.append({**told[0], "seq": 999})),
    ),
    "a decision by nobody": ("line_not_in_chain", lambda x: x.lied(D, lambda told: told.append({"seq": 999}))),
    "messages in another order": ("line_order", lambda x: x.lied(M, lambda told: told.reverse())),
    "a message twice": ("line_order", lambda x: x.lied(M, lambda told: told.append(told[-1]))),
    "a photo that nobody filed": (
        "file_not_in_chain",
        lambda x: with_file(x, f"files/{hashlib.sha256(b'x').hexdigest()}.jpg", b"x"),
    ),
    "a photo under another hash": ("file_misnamed", lambda x: with_file(x, f"files/{'0' * 64}.jpg", b"x")),
    "a photo is gone, and not listed": (
        "file_absent",
        lambda x: b.told_anew(x.without(x.photos[0]), x.signer),
    ),
    "a letter is gone without a word": (
        "file_absent",
        lambda x: x.manifest(withheld=[]),
    ),
}  # fmt: skip


def refusal(path: Path, key: str) -> str:
    try:
        verify(path, key)
    except Refused as why:
        return why.code.removeprefix("bundle_")
    return "proven"


DRIVER = """
import runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
for path in sys.argv[3:]:
    main([path, "--key", sys.argv[2]])
"""


def test_each_tampering_is_refused_for_its_reason_by_both_verifiers(
    shelf: Shelf, bundle: Bundle, tmp_path: Path
):
    assert len(TAMPERINGS) >= 50
    key, paths = bundle.signer.public.fingerprint, [tmp_path / f"{n}.zip" for n in range(len(TAMPERINGS))]
    for path, (_, tamper) in zip(paths, TAMPERINGS.values(), strict=True):
        path.write_bytes(tamper(bundle))
    expected = {name: code for name, (code, _) in TAMPERINGS.items()}
    ours = {name: refusal(path, key) for name, path in zip(TAMPERINGS, paths, strict=True)}
    assert ours == expected
    command = [sys.executable, "-I", "-S", "-c", DRIVER, str(SCRIPT), key, *map(str, paths)]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    alone = re.findall(r"^(?:REFUSED (\w+): .+\.|PROVEN.*)$", said, re.M)
    assert dict(zip(TAMPERINGS, alone, strict=True)) == expected
    assert said.count("\n") == len(TAMPERINGS)
    assert {*expected.values()} | {"too_large", "key_malformed"} == {*verify_bundle.SENTENCES}


def test_no_bit_can_be_turned_and_no_byte_added_or_taken(bundle: Bundle):
    """Every byte of a bundle has one value only; a sample of them, since each is another SHA-256 of it all."""
    raw, key = bundle.raw, bundle.signer.public.fingerprint
    assert check(io.BytesIO(raw), key, opened_by).trusted
    for at in range(0, len(raw), 61):
        for changed in (flipped(raw, at), raw[:at] + raw[at + 1 :], raw[:at] + b"\0" + raw[at:]):
            with pytest.raises(verify_bundle.Bad):
                check(io.BytesIO(changed), key, opened_by)


def test_the_untouched_bundle_is_proven_by_python_alone(shelf: Shelf, bundle: Bundle, tmp_path: Path):
    path, key = tmp_path / "a b.zip", bundle.signer.public.fingerprint
    path.write_bytes(bundle.raw)
    assert b.packed(bundle.parts) == bundle.raw
    assert verify(path, key).trusted and not verify(path).trusted
    spaced = " ".join(re.findall("....", key.upper()))
    alone = partial(subprocess.run, capture_output=True, text=True, env={}, cwd=tmp_path)
    for arguments, code, said in (
        (["--key", spaced], 0, "PROVEN"),
        ([], 0, "WARNING"),
        (["--key", STRANGE.fingerprint], 1, "key_other"),
        (["--key", ""], 1, "key_malformed"),
    ):
        done = alone([sys.executable, "-I", "-S", str(SCRIPT), str(path), *arguments])
        assert (done.returncode, done.stderr) == (code, "") and said in done.stdout
    assert refusal(path, key[:16]) == "key_malformed"
    gone = alone([sys.executable, "-I", "-S", str(SCRIPT), "none.zip"])
    assert gone.returncode == 2 and "Traceback" not in gone.stderr


def test_a_file_larger_than_any_bundle_is_not_read(tmp_path: Path):
    path = tmp_path / "hole.zip"
    with path.open("wb") as file:
        file.truncate(verify_bundle.MOST_BYTES + 1)
    assert refusal(path, "") == "too_large"


def test_signatures_are_those_of_rfc_8032():
    """Section 7.1, tests 1 to 3."""
    known = (
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    )  # fmt: skip
    for public, message, signature in known:
        key, said, sent = (bytes.fromhex(part) for part in (public, message, signature))
        assert fits(key, sent, said)
        assert not fits(key, sent, said + b"\0") and not fits(key, flipped(sent, 40), said)


# What is hidden


PERSONAL = (
    "张伟",
    "13812345678",
    "138 1234 5678",
    "１３８１２３４５６７８",
    "zhang@example.com",
    "文三路1号",
)


def clear(parts: Parts) -> str:
    """Everything that parts say, packed streams and encoded bodies opened."""
    found = []
    for name, content in parts:
        found.append(content.decode("utf-8", "replace"))
        if name.endswith(".pdf"):
            found += map(spelled, re.findall(rb"stream\r?\n(.*?)endstream", content, re.S))
        if name == C:
            found += [base64.b64decode(line["payload"]).decode() for line in b.lines_of(parts, C)]
    return "\n".join(found)


def spelled(stream: bytes) -> str:
    """The text of a page: its lines are strings of UTF-16, with signs escaped in octal."""
    raw = stream.strip()
    packed = base64.a85decode(raw.removesuffix(b"~>")) if raw.endswith(b"~>") else raw
    page = zlib.decompress(packed) if packed[:1] == b"x" else packed
    said = []
    for text in re.findall(rb"\(((?:[^\\()]|\\.)*)\)\s*Tj", page, re.S):
        plain = re.sub(
            rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1], text, flags=re.S
        )
        said.append(plain.decode("utf-16-be", "replace"))
    return "".join(said)


def test_nothing_that_is_hidden_is_left_anywhere(shelf: Shelf):
    path, made = shelf.made("hidden.zip", "12315", REDACTIONS)
    parts = b.parts_of(path)
    told, raw = clear(parts), path.read_bytes()
    assert [one for one in PERSONAL if one in told] == []
    for code in ("utf-8", "utf-16-be", "utf-16-le", "gb18030"):
        assert [one for one in PERSONAL if one.encode(code) in raw] == []
    assert "张*" in told and "138****5678" in told and "13900001111" not in told
    (letter,) = made.withheld
    assert letter == hashlib.sha256(b.LETTER).hexdigest()
    assert "顾客张伟来电" not in told and refusal(path, "") == "proven"


def test_what_is_not_hidden_is_told_in_full(shelf: Shelf):
    """The same search finds it all in a bundle for a court: so it would have found it above."""
    path, made = shelf.made("court.zip", "court")
    parts = b.parts_of(path)
    assert [one for one in PERSONAL if one not in clear(parts)] == [] and made.withheld == ()
    pdf = clear([part for part in parts if part[0] == "cover.pdf"])
    assert all(one in pdf for one in ("张伟", "13812345678", "文三路1号", made.id, "法院"))
    assert dict(parts)[f"files/{hashlib.sha256(b.LETTER).hexdigest()}.txt"] == b.LETTER


def test_each_recipient_has_what_is_usual_and_a_phone_may_stay_while_others_go(shelf: Shelf):
    assert {*USUAL} == {*RECIPIENTS}
    path, made = shelf.made("authority.zip", "12315")
    said = b.lines_of(b.parts_of(path), M)[0]["text"]
    assert made.redacted == ("email", "address", "id")
    assert "13812345678" in said and "张伟" in said
    assert "zhang@" not in said and "13900001111" not in said and "文三路" not in said


def test_names_and_places_are_found_however_they_are_written():
    veil = Veil(
        Customer("Anna de Vries", "+86 138-1234-5678", "Anna@Example.com", "广东省深圳市南山区 科苑路2号"),
        REDACTIONS,
    )
    said = "ANNA DE VRIES, Anna, 广东省 深圳市南山区科苑路2号, 科苑路 2号, anna@example.COM, 138 1234 5678"
    assert veil(said) == "A*** V***, A***, 广东省深圳市***, ***, A***@example.COM, 138****5678"
    assert (
        veil("Annabel of 138123456780") != veil.known("Annabel of 138123456780") == "Annabel of 138123456780"
    )
    assert Veil(None, REDACTIONS)("13812345678 张伟") == "138****5678 张伟"
    kept = Veil(Customer(phone="13812345678"), ("name", "email"))
    identity = "11010519491231002X"
    assert kept(f"13812345678 {identity} 13900001111") == f"13812345678 {identity} 139****1111"


@pytest.mark.parametrize("code", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_a_file_that_says_in_letters_what_is_hidden_is_found_also_in_a_pdf(code: str):
    veil = Veil(Customer("张伟", "13812345678"), ("name", "phone"))
    letter = "收件人 张伟".encode(code)
    printed = (
        b"%PDF-1.4\n1 0 obj\nstream\n"
        + zlib.compress(letter)
        + b"\nendstream\nendobj\nstream\nplain\nendstream"
    )
    assert veil.shown_in(letter) and veil.shown_in(printed)
    assert not veil.shown_in("收件人 李雷 13900001111".encode(code))
    assert not Veil(Customer("张伟"), ("phone",)).shown_in(letter)


def test_who_reported_is_hidden_from_everybody(shelf: Shelf):
    li = shelf.desk.core("li")
    report = li.do(Open(Kind.REPORT, shelf.desk.order(), summary=b.SAID))
    li.do(Take(), report.case.id)
    to = shelf.folder / "report.zip"
    made = make(li, Wanted(report.number, "court", ()), to, shelf.signer, Words("en", li.zone))
    parts = b.parts_of(to)
    assert made.redacted == REDACTIONS
    assert [one for one in PERSONAL if one in clear(parts)] == []
    assert b'<html lang="en">' in dict(parts)["cover.html"] and "for court only" in clear(parts)


def test_a_cover_is_text_whatever_people_wrote_and_the_same_again():
    hostile = "<script>x</script> \x1b]52;c;x\x07 \u202e </td> 😀" + "长" * 3_000
    cover = Cover("zh-Hans", hostile, hostile, (Section(hostile, ((hostile, hostile),) * 3),))
    page, printed = html(cover).decode(), pdf(cover)
    assert "<script" not in page and "\x1b" not in page and "\u202e" not in page
    assert page.count("<tr>") == 3 == page.count("</tr>") and page.count("</td>") == 6
    assert pdf(cover) == printed and printed.startswith(b"%PDF") and printed.count(b"/Type /Page\n") > 3


# Who may, what is on record, and the key


def test_a_bundle_is_for_whoever_holds_the_case_and_stands_on_record(shelf: Shelf, tmp_path: Path):
    li, zhao = shelf.desk.core("li"), shelf.desk.core("zhao")
    to = tmp_path / "a.zip"
    with pytest.raises(Refused, match="evidence_not_yours"):
        make(li, Wanted(shelf.number, "court"), to, shelf.signer, Words("zh-Hans", li.zone))
    assert not any(tmp_path.iterdir())
    path, made = shelf.made("record.zip", "arbitration")
    case, _ = zhao.load(zhao.case_id(shelf.number))
    kept = zhao.store.conn.execute(
        "SELECT actor, payload FROM event WHERE case_id = ? AND type = 'evidence_bundled' ORDER BY seq DESC",
        (case.id,),
    ).fetchone()
    told = json.loads(kept[1])
    assert kept[0] == "wang" and (told["bundle"], told["recipient"]) == (made.id, "arbitration")
    assert told["sha256"] == hashlib.sha256(dict(b.parts_of(path))[b.MANIFEST]).hexdigest()
    look = zhao.ask(Looks(shelf.number, "", 1))[0]
    assert look.actor == "wang"
    assert look.reason == "bundle_arbitration" and {"name", "phone", "file"} <= {*look.fields}
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_made_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    before = sorted(shelf.folder.iterdir())
    for recipient, redacted in (("press", None), ("court", ("shoe",))):
        with pytest.raises(Refused, match="bad_choice"):
            shelf.made("none.zip", recipient, redacted)
    monkeypatch.setitem(sys.modules, "reportlab.pdfgen.canvas", None)
    with pytest.raises(Refused, match="bundle_no_pdf"):
        shelf.made("none.zip")
    assert sorted(shelf.folder.iterdir()) == before
    taken = shelf.folder / "taken.zip"
    taken.write_bytes(b"mine")
    with pytest.raises(StoreError, match="is there already"):
        shelf.made("taken.zip")
    assert taken.read_bytes() == b"mine"


def test_a_file_that_was_changed_in_its_place_makes_no_bundle(shelf: Shelf):
    from csdesk.store.evidence import place_of

    core = shelf.desk.core("wang")
    place = place_of(shelf.desk.path, core.case_id(shelf.number), hashlib.sha256(b.PHOTO).hexdigest())
    content = place.read_bytes()
    place.write_bytes(flipped(content, len(content) - 3))
    try:
        with pytest.raises(StoreError, match="was changed or moved"):
            shelf.made("torn.zip")
        assert not (shelf.folder / "torn.zip").exists()
    finally:
        place.write_bytes(content)


def test_a_new_key_signs_and_the_former_one_stays_known(shelf: Shelf):
    store = shelf.desk.core("wang").store
    first, again = signers(store, None)[0], signers(store, None)[0]
    assert first.public == again.public
    old, _ = shelf.made("old.zip")
    new, former, *_ = [signer.public for signer in signers(store, None, anew=True)]
    assert former == first.public != new
    path, made = shelf.made("new.zip")
    assert made.fingerprint == new.fingerprint
    assert refusal(path, former.fingerprint) == "key_other"
    assert refusal(path, new.fingerprint) == refusal(old, former.fingerprint) == "proven"
