"""Evidence of a case: files kept by the hash of their content, and each time one of them was taken out in clear."""

import re
from dataclasses import field
from typing import ClassVar

from csdesk.domain.cases.case import Case, Exhibit
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.cases.opening import CHANNELS
from csdesk.domain.clocks.days import add_months, end_of_day_ms, local_day
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

# What a file may be, by its content; an archive hides what is in it and is for its sender to unpack.
MEDIA = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/heic", "image/tiff",
    "application/pdf", "text/plain",
    "audio/mpeg", "audio/ogg", "audio/wav", "audio/amr",
    "video/mp4", "video/webm", "video/x-msvideo",
})  # fmt: skip
ARCHIVES = frozenset({
    "application/zip", "application/vnd.rar", "application/x-7z-compressed", "application/gzip",
    "application/x-bzip2", "application/x-xz", "application/x-tar",
})  # fmt: skip
# By whose hand, or by which channel of messages.
CAPTURE = "capture"
BY_HAND = ("cli", "folder", "api", CAPTURE)
SOURCES = (*BY_HAND, *CHANNELS)
# Why a file that came with a message was not kept, besides what `check_media` and the store refuse.
UNKEPT = (
    "evidence_archive", "evidence_type", "evidence_empty", "evidence_too_large", "evidence_message_full",
    "evidence_cut", "evidence_absent", "evidence_no_file", "evidence_garbled", "evidence_differs",
    "evidence_there", "evidence_case_full",
)  # fmt: skip
# For whom a bundle of a case is made, and what of its customer can be hidden in it.
RECIPIENTS = ("mediation", "12315", "arbitration", "court")
REDACTIONS = ("name", "phone", "email", "address", "id")
# In the counters of a case: until when it is held against deletion.
HELD = "held_until"
MOST_MONTHS = 120
# A case's snapshot holds a line for each.
MOST_EXHIBITS = 200
MOST_NAME = 200
_HASH = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{6,64}")


@event("evidence_filed")
@dataclass(frozen=True, slots=True)
class EvidenceFiled(Event):
    """A file was kept: SHA-256 of its content in hex, bytes, media type by content, by which door, and its name.

    `message` is the key under which the desk knows the message that brought it for ever: a keyed hash in hex.
    """

    sealed: ClassVar[tuple[str, ...]] = ("name",)
    commutes: ClassVar[bool] = True
    sha256: str
    size: int
    media: str
    source: str
    name: str = ""
    message: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        kept = Exhibit(self.sha256, self.size, self.media, stamp.at, stamp.actor, self.source, self.message)
        return replace(case, evidence=(*case.evidence, kept))


@event("evidence_taken_out")
@dataclass(frozen=True, slots=True)
class EvidenceTakenOut(Event):
    """A file was written in clear outside the desk."""

    commutes: ClassVar[bool] = True
    sha256: str


@event("evidence_held")
@dataclass(frozen=True, slots=True)
class EvidenceHeld(Event):
    """The case is held against deletion until then (UTC ms), for proceedings before `recipient`."""

    commutes: ClassVar[bool] = True
    recipient: str
    until: int

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, counters={**case.counters, HELD: self.until})


@event("evidence_released")
@dataclass(frozen=True, slots=True)
class EvidenceReleased(Event):
    """The case is not held against deletion any more."""

    commutes: ClassVar[bool] = True

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, counters={**case.counters, HELD: 0})


def held_until(case: Case) -> int:
    """Until when (UTC ms) a case is held against deletion; 0 when it is not."""
    return case.counters.get(HELD, 0)


@event("evidence_bundled")
@dataclass(frozen=True, slots=True)
class EvidenceBundled(Event):
    """A signed bundle of the case left the desk: its id, for whom, what was hidden in it, SHA-256 of its manifest."""

    commutes: ClassVar[bool] = True
    bundle: str
    recipient: str
    redacted: tuple[str, ...]
    sha256: str


@verb(
    "file_evidence",
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do RT-… file_evidence sha256=3f9a01… size=4096 media=image/jpeg name=a.jpg",
)
@dataclass(frozen=True, slots=True)
class FileEvidence(Command):
    """Record a file that the desk has stored; `csdesk evidence add` and the drop folder store it and say this.

    Closed cases take files too: evidence comes late. What is filed already is refused and changes nothing.
    """

    sha256: str
    size: int
    media: str
    name: str
    source: str = "cli"

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not _HASH.fullmatch(self.sha256):
            raise Refused("evidence_bad_hash", field="sha256")
        check_media(self.media)
        if self.size < 1:
            raise Refused("evidence_empty")
        if self.source not in BY_HAND:
            raise Refused("bad_choice", field="source", value=self.source, allowed=BY_HAND)
        if any(kept.sha256 == self.sha256 for kept in case.evidence):
            raise Refused("evidence_there", hash=self.sha256[:8])
        if len(case.evidence) >= MOST_EXHIBITS:
            raise Refused("evidence_case_full", most=MOST_EXHIBITS)
        return (EvidenceFiled(self.sha256, self.size, self.media, self.source, self.name[:MOST_NAME]),)


@verb(
    "take_out_evidence",
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do RT-… take_out_evidence sha256=3f9a01",
)
@dataclass(frozen=True, slots=True)
class TakeOutEvidence(Command):
    """Record that a file leaves the desk in clear; `csdesk evidence save` says this before it writes."""

    sha256: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.evidence else Refused("no_evidence_filed")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (EvidenceTakenOut(exhibit(case, self.sha256).sha256),)


@verb(
    "keep_evidence",
    right=Right.ASSIGN,
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do RT-… keep_evidence recipient=court months=24",
)
@dataclass(frozen=True, slots=True)
class KeepEvidence(Command):
    """Hold the case and its files against deletion: proceedings are under way, or to be expected, for so many months.

    Whoever asks for erasure meanwhile has their data only stored until then. Asked again it counts from now.
    """

    recipient: str = field(metadata={"choices": RECIPIENTS})
    months: int = 12

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not 1 <= self.months <= MOST_MONTHS:
            raise Refused("bad_months", months=self.months, most=MOST_MONTHS)
        last = add_months(local_day(ctx.now, ctx.zone), self.months)
        return (EvidenceHeld(self.recipient, end_of_day_ms(last, ctx.zone)),)


@verb(
    "release_evidence",
    right=Right.ASSIGN,
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do RT-… release_evidence",
)
@dataclass(frozen=True, slots=True)
class ReleaseEvidence(Command):
    """End the hold: the proceedings are over."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if held_until(case) > ctx.now else Refused("evidence_not_held")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (EvidenceReleased(),)


@verb(
    "bundle_evidence",
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do RT-… bundle_evidence bundle=3f9a01 recipient=court sha256=3f9a01…",
)
@dataclass(frozen=True, slots=True)
class BundleEvidence(Command):
    """Record that a bundle of the case leaves the desk; `csdesk evidence bundle` says this before it writes."""

    bundle: str
    recipient: str
    sha256: str
    redacted: tuple[str, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        check_bundle(self.recipient, self.redacted)
        if not _HASH.fullmatch(self.sha256) or not _PREFIX.fullmatch(self.bundle):
            raise Refused("evidence_bad_hash", field="sha256")
        return (EvidenceBundled(self.bundle, self.recipient, self.redacted, self.sha256),)


def check_bundle(recipient: str, redacted: tuple[str, ...]) -> None:
    """Refused `bad_choice` for a recipient or a redaction that there is not."""
    for name, value, allowed in (
        ("recipient", recipient, RECIPIENTS),
        *(("redacted", one, REDACTIONS) for one in redacted),
    ):
        if value not in allowed:
            raise Refused("bad_choice", field=name, value=value[:80], allowed=allowed)


def check_media(media: str) -> None:
    """Refused `evidence_archive` or `evidence_type` for what is not kept."""
    if media in ARCHIVES:
        raise Refused("evidence_archive")
    if media not in MEDIA:
        raise Refused("evidence_type", media=media or "–")


def exhibit(case: Case, said: str) -> Exhibit:
    """The filed file whose hash begins with `said`, at least six digits of it.

    Refused `evidence_bad_hash`, `no_such_evidence`, `evidence_ambiguous`.
    """
    prefix = said.strip().lower().removeprefix("sha256:")
    if not _PREFIX.fullmatch(prefix):
        raise Refused("evidence_bad_hash", field="hash")
    found = [kept for kept in case.evidence if kept.sha256.startswith(prefix)]
    if not found:
        raise Refused("no_such_evidence", hash=prefix[:12])
    if len(found) > 1:
        raise Refused("evidence_ambiguous", hash=prefix[:12], n=len(found))
    return found[0]
