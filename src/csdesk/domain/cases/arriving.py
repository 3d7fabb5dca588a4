"""How a case comes in by itself: what was found on arrival, the acknowledgement, what machines answered, links."""

from dataclasses import field
from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import RECEIVED, Event, ReplyHeld, event
from csdesk.domain.cases.evidence import MOST_EXHIBITS, MOST_NAME, EvidenceFiled
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.track_events import Linked, Unlinked
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

# What a person may say that two cases have to do with each other.
LINKS = ("same_matter", "related")


@dataclass(frozen=True, slots=True)
class Alike:
    """An open case that may be the same matter, by its number.

    `why`: `thread` (it names a message of that case, open or not, that went to somebody else), `order`, `person`,
    `claimed` (whom an unproven sender says to be), `words`.
    """

    number: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CameFile:
    """A file that came: safe name, media type, bytes, SHA-256 in hex, why it is not stored, "" for one that is."""

    name: str
    media: str
    size: int
    sha256: str
    why: str = ""

    @property
    def told(self) -> str:
        """The file in a line."""
        return f"{self.name} ({self.media}, {self.size})"


@event("arrived")
@dataclass(frozen=True, slots=True)
class Arrived(Event):
    """What was found when a message opened this case; a person judges it, nothing follows from it by itself.

    `claim`: who the sender is: `proven` (a known customer's own record), `new`, `unproven` (says to be somebody the
    desk knows), `several` (what they gave is several people's). `sorted`: how the kind was chosen: `said` by the
    channel, by `words`, or `unknown`. `order_seen`: an order that the message names and the case was not joined to.
    `written_at`: when it was written (UTC ms, 0 unknown): a period asks for that, not for when it came.
    """

    commutes: ClassVar[bool] = True
    source: str
    claim: str
    sorted: str
    order_seen: str = ""
    alike: tuple[Alike, ...] = ()
    written_at: int = 0


@event("files_came")
@dataclass(frozen=True, slots=True)
class FilesCame(Event):
    """Files that came with a message: `files` names them line by line, `sha256` tells their contents apart.

    `why` says of each why it was not kept (a code of `evidence.UNKEPT`), "" of one that was; empty where nobody tried.
    """

    sealed: ClassVar[tuple[str, ...]] = ("files",)
    commutes: ClassVar[bool] = True
    count: int
    sha256: tuple[str, ...]
    files: str = ""
    why: tuple[str, ...] = ()


@event("message_marked")
@dataclass(frozen=True, slots=True)
class MessageMarked(Event):
    """What a reader of a message has to know of it: what was removed or cut, a forged sender, a program that came.

    `marks` are codes (`inbound.MARKS`); `files` says line by line of which file one was told, where it was one.
    """

    sealed: ClassVar[tuple[str, ...]] = ("files",)
    commutes: ClassVar[bool] = True
    marks: tuple[str, ...]
    files: str = ""


@event("machine_wrote")
@dataclass(frozen=True, slots=True)
class MachineWrote(Event):
    """A machine answered in the customer's place: it is away (`automatic`), or nothing arrives there (`bounce`)."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    commutes: ClassVar[bool] = True
    nature: str
    channel: str
    text: str


@verb("arrive", right=Right.RUN, undo=Undo.NONE, why="outside")
@dataclass(frozen=True, slots=True)
class Arrive(Open):
    """Begin a case with a message from outside, acknowledge it at once, and keep what was found on arrival."""

    source: str = ""
    claim: str = "new"
    sorted: str = "unknown"
    order_seen: str = ""
    alike: tuple[Alike, ...] = ()
    acknowledge: bool = True
    written_at: int = 0

    def begin(self, ctx: Context) -> tuple[Event, ...]:
        # Not super(): a dataclass with slots is another class than the one in which this is written.
        begun = Open.begin(self, ctx)
        told = Arrived(self.source, self.claim, self.sorted, self.order_seen, self.alike, self.written_at)
        if not self.acknowledge:
            return (*begun, told)
        return (*begun, told, _receipt(self.channel, ctx))


def _receipt(channel: str, ctx: Context) -> ReplyHeld:
    # Nobody holds it back: it says nothing but that the message is here.
    return ReplyHeld(ctx.fresh(1), channel, ctx.now, canned=RECEIVED)


@verb("acknowledge_message", right=Right.RUN, shared=True, undo=Undo.NONE, why="outside")
@dataclass(frozen=True, slots=True)
class AcknowledgeMessage(Command):
    """Tell the customer that what they wrote is here, under this case's number; it is no answer and no result."""

    channel: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (_receipt(self.channel or case.way, ctx),)


@verb("record_files", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class RecordFiles(Command):
    """Keep which files came with a message by a channel, and file as evidence those that the desk has stored.

    What the case has already, or has no room for, is told and not filed; that refuses no message.
    """

    came: tuple[CameFile, ...]
    channel: str = ""
    message: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.came:
            raise Refused("empty_text")
        known = {kept.sha256 for kept in case.evidence}
        whys, filed = list[str](), list[Event]()
        for file in self.came:
            why = file.why
            if not why and file.sha256 in known:
                why = "evidence_there"
            elif not why and len(known) >= MOST_EXHIBITS:
                why = "evidence_case_full"
            whys.append(why)
            if not why:
                known.add(file.sha256)
                name = file.name[:MOST_NAME]
                filed.append(
                    EvidenceFiled(file.sha256, file.size, file.media, self.channel, name, self.message)
                )
        hashes, listed = tuple(file.sha256 for file in self.came), "\n".join(file.told for file in self.came)
        return (FilesCame(len(self.came), hashes, listed, tuple(whys)), *filed)


@verb("mark_message", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class MarkMessage(Command):
    """Keep what was removed from a message, or looked wrong in it."""

    marks: tuple[str, ...]
    files: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.marks:
            raise Refused("empty_text")
        return (MessageMarked(self.marks, self.files),)


@verb("hear_machine", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class HearMachine(Command):
    """Record what a machine answered to a message of this case; it reopens nothing and stops no clock."""

    nature: str
    text: str
    channel: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (MachineWrote(self.nature, self.channel or case.channel, self.text),)


@verb(
    "link_case",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do IQ-… link_case other=RT-7K3M-9QX4",
)
@dataclass(frozen=True, slots=True)
class LinkCase(Command):
    """Say that another case has to do with this one; both stay what they are. The desk finds `other` by its number."""

    other: str
    how: str = field(default="same_matter", metadata={"choices": LINKS})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.how not in LINKS:
            raise Refused("bad_choice", field="how", value=self.how, allowed=LINKS)
        if self.other == case.id:
            raise Refused("link_itself")
        if any(other == self.other for _, other in case.links):
            raise Refused("already_linked")
        return (Linked(self.how, self.other),)


@verb(
    "unlink_case",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do IQ-… unlink_case other=RT-7K3M-9QX4",
)
@dataclass(frozen=True, slots=True)
class UnlinkCase(Command):
    """Take back what a person said of two cases, in both. What one case came from or went into stays."""

    other: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if any(how in LINKS for how, _ in case.links) else Refused("not_linked")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        found = next((how for how, other in case.links if other == self.other), "")
        if not found:
            raise Refused("not_linked")
        if found not in LINKS:
            raise Refused("link_of_origin")
        return (Unlinked(found, self.other),)
