"""A bundle of a case for mediation, 12315, arbitration or court: one signed archive that proves itself to anybody.

What is in it and how it is proven: `docs/evidence-bundle.md`; `verify_bundle.py` beside this is the proof.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from csdesk.desk.answers import merchant, reads
from csdesk.desk.canary_watch import watch
from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import REDACTIONS, BundleEvidence, check_bundle
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.interop.bundle_cover import Cover, Section, html, pdf
from csdesk.interop.bundle_parts import Exhibited, Story, exhibits, lines, story
from csdesk.interop.redaction import USUAL, Veil
from csdesk.interop.verify_bundle import (
    FORMAT,
    MANIFEST,
    MOST_BYTES,
    SIGNATURE,
    Bad,
    Proven,
    canonical,
    check,
)
from csdesk.store import exports, looks
from csdesk.store.appearing import appearing
from csdesk.store.connection import translated, write
from csdesk.store.signing import Signer, fits

# What a member of the archive takes besides its content, at most.
_HEADERS = 400
LOOKED_AT = "file"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which case, for whom, what is hidden in it (None: what is usual for them), and whether with a cover as PDF."""

    case: str
    recipient: str
    redacted: tuple[str, ...] | None = None
    pdf: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that lies there: its id, how much is in it, which files are withheld, and its key's fingerprint."""

    id: str
    case: str
    recipient: str
    redacted: tuple[str, ...]
    parts: int
    events: int
    files: int
    withheld: tuple[str, ...]
    fingerprint: str


def make(core: Core, wanted: Wanted, to: Path, signer: Callable[[], Signer], words: Words) -> Made:
    """Write a bundle to `to` (0600), whole or not at all; who did so for whom is on record before it appears.

    `signer` is asked for once it is clear that a bundle may be made.

    Refused `evidence_not_yours` for whoever does not read the case, `bad_choice`, `bundle_no_pdf`, `bundle_over`;
    StoreError `already_exists`, `tampered`, `no_such_file`.
    """
    core.need(Right.WORK)
    redacted = USUAL.get(wanted.recipient, ()) if wanted.redacted is None else wanted.redacted
    check_bundle(wanted.recipient, redacted)
    case, _ = core.load(core.case_id(wanted.case))
    # Who reported a wrong is told to nobody, whatever the recipient may otherwise know.
    redacted = tuple(name for name in REDACTIONS if case.protected or name in redacted)
    if not reads(core, case):
        raise Refused("evidence_not_yours")
    work = _Work(core, wanted, redacted, signer(), words, case.id)
    with appearing(to) as out:
        raw = work.write(out)
        _record(core, work, hashlib.sha256(raw).hexdigest())
    return work.made()


def _record(core: Core, work: "_Work", digest: str) -> None:
    """In the case's history, and among the looks at its customer's data: what is not hidden was shown."""
    with write(core.store.conn) as conn:
        core.within(BundleEvidence(work.id, work.wanted.recipient, digest, work.redacted), work.case.id)
        watch(core, "bundle", work.case.customer)
        made = exports.Made(core.me.id, 0, work.id, core.now(), "bundle", "zip", work.wanted.recipient, 1, "")
        exports.add(conn, core.desk, made, (work.case.id,))
        if work.case.customer:
            shown = tuple(name for name in looks_at() if name not in work.redacted)
            now = core.now()
            looks.add(
                conn,
                core.desk,
                at=now,
                actor=core.me.id,
                person=work.case.customer,
                case=work.case.id,
                fields=(*shown, LOOKED_AT),
                reason=f"bundle_{work.wanted.recipient}",
                until=now,
            )


def looks_at() -> tuple[str, ...]:
    """The fields of a customer's record that a bundle shows unless they are hidden."""
    return tuple(name for name in REDACTIONS if name != "id")


class _Work:
    """A bundle while it is made."""

    def __init__(
        self,
        core: Core,
        wanted: Wanted,
        redacted: tuple[str, ...],
        signer: Signer,
        words: Words,
        case_id: str,
    ) -> None:
        self.id = os.urandom(8).hex()
        self.wanted, self.redacted, self.at = wanted, redacted, core.now()
        self._core, self._signer, self._words = core, signer, words
        loaded, _ = core.load(case_id)
        known = core.store.people.open(loaded.customer) if loaded.customer else None
        self.veil = Veil(known, redacted)
        self.story: Story = story(core, case_id, self.veil, words)
        self.case: Case = self.story.case
        self.files = list[Exhibited]()
        self._parts = list[dict[str, object]]()
        self._size = 0

    def write(self, out: BinaryIO) -> bytes:
        """Write the archive; the bytes of its manifest. Files come first: the cover lists them."""
        told = self.story
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            for one in exhibits(self._core, self.case, self.veil):
                if not one.why:
                    self._put(archive, one.name, one.content)
                self.files.append(Exhibited(one.kept, one.name, why=one.why))
            self._put(archive, "timeline.jsonl", lines(told.timeline))
            self._put(archive, "messages.jsonl", lines(told.messages))
            self._put(archive, "decisions.jsonl", lines(told.decisions))
            self._put(archive, "chain.jsonl", lines(told.chain))
            cover = self._cover()
            self._put(archive, "cover.html", html(cover))
            if self.wanted.pdf:
                self._put(archive, "cover.pdf", pdf(cover))
            raw = canonical(self._manifest())
            archive.writestr(_member(MANIFEST), raw)
            archive.writestr(_member(SIGNATURE), self._signer.sign(raw))
        return raw

    def _put(self, archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        self._size += len(content) + _HEADERS
        if self._size > MOST_BYTES - 10_000_000:  # the manifest and its signature come after
            raise Refused("bundle_over", most_mb=MOST_BYTES // 1_000_000)
        archive.writestr(_member(name), content)
        digest = hashlib.sha256(content).hexdigest()
        self._parts.append({"name": name, "size": len(content), "sha256": digest})

    def _withheld(self) -> list[Exhibited]:
        return [one for one in self.files if one.why]

    def _manifest(self) -> dict[str, object]:
        case, desk, key = self.case, self._core.store.desk, self._signer.public
        return {
            "format": FORMAT,
            "bundle": self.id,
            "case": self._core.number(case),
            "case_id": case.id,
            "kind": case.kind.value,
            "desk": {"id": desk.id, "name": clean_line(desk.name).text},
            "made_at": self.at,
            "made_by": self._core.me.id,
            "recipient": self.wanted.recipient,
            "language": self._words.language,
            "redacted": list(self.redacted),
            "withheld": [
                {"sha256": one.kept.sha256, "size": one.kept.size, "media": one.kept.media, "why": one.why}
                for one in self._withheld()
            ],
            "chain": {"events": len(self.story.chain), "head": self.story.head.hex()},
            "key": {"algorithm": "Ed25519", "public": key.public, "fingerprint": key.fingerprint},
            "parts": self._parts,
        }

    def _cover(self) -> Cover:
        words, core = self._words, self._core
        number, whom = core.number(self.case), words.code("recipient", self.wanted.recipient)
        when = f"{words.moment(self.at)} {core.zone.key}"
        mark = words("bundle.mark", id=self.id, case=number, who=core.me.id, when=when, whom=whom)
        about = (
            (words("bundle.case"), number),
            (words("bundle.kind"), words.code("kind", self.case.kind.value)),
            (words("bundle.state"), words.code("state", self.case.state)),
            (words("bundle.opened"), words.moment(self.case.opened_at)),
            (words("bundle.order"), self.veil.known(self.case.order_number)),
            (words("bundle.merchant"), merchant(core, self.case.merchant)[0]),
            *((words(f"look_field.{name}"), self.veil.field(name)) for name in looks_at()),
        )
        hidden = words.between.join(words.code("redaction", name) for name in self.redacted)
        of_it = (
            (words("bundle.id"), self.id),
            (words("bundle.whom"), whom),
            (words("bundle.made"), f"{when}  {core.me.id}  {core.store.desk.name}"),
            (words("bundle.hidden"), hidden or words("bundle.nothing")),
        )
        none = ((words("bundle.none"), ""),)
        sections = (
            Section(words("bundle.about"), _told(about)),
            Section(words("bundle.of_it"), of_it),
            Section(words("bundle.decisions"), self._decided() or none),
            Section(words("bundle.files"), tuple(map(self._file, self.files)) or none),
            Section(words("bundle.proof"), self._proof()),
            Section(words("bundle.timeline"), self._happened()),
            Section(words("bundle.messages"), self._spoken() or none),
        )
        return Cover(words.language, words("bundle.title", case=number), mark, sections)

    def _decided(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (line["when"], f"{ruling['said']}  {ruling['cited']}".strip())
            for line in self.story.decisions
            for ruling in line["rulings"]
        )

    def _file(self, one: Exhibited) -> tuple[str, str]:
        words, kept = self._words, one.kept
        told = (words.code("media", kept.media), words.size(kept.size), self.veil(kept.name or ""))
        why = words("bundle.withheld", why=words.code("bundle_withheld", one.why)) if one.why else ""
        return words.moment(kept.at), "\n".join(filter(None, ("  ".join(told).strip(), kept.sha256, why)))

    def _proof(self) -> tuple[tuple[str, str], ...]:
        words = self._words
        return (
            (words("bundle.events"), str(len(self.story.chain))),
            (words("bundle.head"), self.story.head.hex()),
            (words("bundle.key"), self._signer.public.fingerprint),
            (words("bundle.how"), words("bundle.how_said")),
        )

    def _happened(self) -> tuple[tuple[str, str], ...]:
        return tuple((line["when"], f"{line['seq']}. {line['said']}") for line in self.story.timeline)

    def _spoken(self) -> tuple[tuple[str, str], ...]:
        words = self._words
        return tuple(
            (
                f"{line['when']}\n{words('bundle.' + line['direction'])}",
                f"{line['seq']}. {line['text']}",
            )
            for line in self.story.messages
        )

    def made(self) -> Made:
        withheld = tuple(one.kept.sha256 for one in self._withheld())
        return Made(
            self.id,
            self._core.number(self.case),
            self.wanted.recipient,
            self.redacted,
            len(self._parts),
            len(self.story.chain),
            len(self.files),
            withheld,
            self._signer.public.fingerprint,
        )


def _told(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The rows that tell something."""
    return tuple(row for row in rows if row[1].strip())


def _member(name: str) -> zipfile.ZipInfo:
    """A member as a verifier wants it: the same whenever and wherever it is written."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o100600 << 16
    return info


def verify(path: Path, fingerprint: str = "") -> Proven:
    """What a bundle proves, its signature looked at by OpenSSL. Refused `bundle_<code>`: the first reason why not."""
    try:
        with translated(path), path.open("rb") as file:
            return check(file, fingerprint, fits)
    except Bad as exc:
        raise Refused(f"bundle_{exc.code}", **exc.detail) from None
