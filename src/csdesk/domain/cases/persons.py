"""Who the customer is to the desk: marked as VIP, minor or abusive; the warning, and a call or chat that was ended.

A mark belongs to the person and stands in every case of theirs; the verb that set it stands in the chain of one case.
No mark takes a right away: no verb is refused because of one, and no deadline that law, a letter or a promise set
depends on one.
"""

from collections.abc import Iterable
from dataclasses import field
from types import MappingProxyType
from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.cases.targets import VIP
from csdesk.domain.clocks.days import end_of_day_ms, local_day
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

MINOR, ABUSIVE = "minor", "abusive"
# Each mark, and what it may rest on. Codes only: what somebody did is told in a note of the case, sealed.
GROUNDS = MappingProxyType({
    VIP: ("purchases", "agreement"),
    MINOR: ("age_told", "guardian_told", "age_proven"),
    ABUSIVE: ("insult", "threat", "harassment"),
})  # fmt: skip
FLAGS = tuple(GROUNDS)
_GROUNDS = tuple(ground for grounds in GROUNDS.values() for ground in grounds)
MEDIA = ("call", "chat")
# Counters of a case: warnings given, and calls or chats ended.
WARNED, ENDED = "contact_warned", "contact_ended"


@event("person_flagged")
@dataclass(frozen=True, slots=True)
class PersonFlagged(Event):
    """The case's customer was marked, or is so no more (`off`); `until` UTC ms, 0 for until somebody takes it off."""

    commutes: ClassVar[bool] = True
    flag: str
    grounds: str = ""
    until: int = 0
    off: bool = False


@event("contact_warned")
@dataclass(frozen=True, slots=True)
class ContactWarned(Event):
    """The customer was told that a call or chat ends if they go on so; `text` what was said."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    medium: str
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _counted(case, WARNED)


@event("contact_ended")
@dataclass(frozen=True, slots=True)
class ContactEnded(Event):
    """A call or chat was ended, for what (`grounds`); the case goes on, and what is written is answered."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    medium: str
    grounds: str
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _counted(case, ENDED)


def _counted(case: Case, name: str) -> Case:
    return replace(case, counters={**case.counters, name: case.counters.get(name, 0) + 1})


def as_flagged(ctx: Context, happened: Iterable[Event]) -> Context:
    """What a decision may look at, with the marks as they are after these events."""
    flags = ctx.flags
    for one in happened:
        if isinstance(one, PersonFlagged):
            flags = flags - {one.flag} if one.off else flags | {one.flag}
    return ctx if flags == ctx.flags else replace(ctx, flags=flags)


def _ended(case: Case) -> Refused | None:
    return None if case.open else Refused("case_closed", state=case.state)


def _nobody(case: Case) -> Refused | None:
    """Why a case has no person who could be marked: none is known, or nobody is to know who reported."""
    return Refused("no_person") if case.protected or not case.customer else None


def _check(flag: str, ctx: Context) -> None:
    if flag not in FLAGS:
        raise Refused("bad_choice", field="flag", value=flag, allowed=FLAGS)
    # It follows the customer into every case: one angry agent does not decide that.
    if flag == ABUSIVE and not ctx.actor.may(Right.ASSIGN):
        raise Refused("no_right", role=ctx.actor.role, right=Right.ASSIGN)


@verb(
    "flag_person",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… flag_person flag=minor grounds=guardian_told",
)
@dataclass(frozen=True, slots=True)
class FlagPerson(Command):
    """Mark the customer, in all their cases: `vip`, `minor`, or `abusive` (for a senior and above).

    `last_day`: until when the mark holds; empty: until somebody takes it off. Marking again renews ground and day.
    """

    flag: str = field(metadata={"choices": FLAGS})
    grounds: str = field(metadata={"choices": _GROUNDS})
    last_day: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return _ended(case) or _nobody(case)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        _check(self.flag, ctx)
        if self.grounds not in GROUNDS[self.flag]:
            raise Refused("bad_choice", field="grounds", value=self.grounds, allowed=GROUNDS[self.flag])
        return (PersonFlagged(self.flag, self.grounds, self._until(ctx)),)

    def _until(self, ctx: Context) -> int:
        from csdesk.domain.clocks.said import said_day

        if not self.last_day.strip():
            return 0
        today = local_day(ctx.now, ctx.zone)
        day = said_day(self.last_day, today)
        if day is None or day < today:
            raise Refused("bad_last_day", said=self.last_day, field="last_day")
        return end_of_day_ms(day, ctx.zone)


@verb(
    "unflag_person",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… unflag_person flag=vip",
)
@dataclass(frozen=True, slots=True)
class UnflagPerson(Command):
    """Take a mark off the customer, in all their cases; that they had it stays in the record."""

    flag: str = field(metadata={"choices": FLAGS})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return _ended(case) or _nobody(case) or (None if ctx.flags else Refused("not_flagged"))

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        _check(self.flag, ctx)
        if self.flag not in ctx.flags:
            raise Refused("not_flagged")
        return (PersonFlagged(self.flag, off=True),)


@verb(
    "warn_contact",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… warn_contact medium=call text=已提醒文明沟通，否则结束通话",
)
@dataclass(frozen=True, slots=True)
class WarnContact(Command):
    """Record the one warning: if insults or threats go on, the call or chat ends. `text`: what was said."""

    medium: str = field(default="call", metadata={"choices": MEDIA})
    text: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return _ended(case) or (Refused("already_warned") if case.counters.get(WARNED) else None)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        _check_medium(self.medium)
        return (ContactWarned(self.medium, self.text.strip()),)


@verb(
    "end_contact",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… end_contact medium=call grounds=insult",
)
@dataclass(frozen=True, slots=True)
class EndContact(Command):
    """Record that a call or chat was ended after the warning, and for what.

    The case stays as it is: its clocks run, its verbs are on, and what the customer writes next is answered.
    """

    grounds: str = field(metadata={"choices": GROUNDS[ABUSIVE]})
    medium: str = field(default="call", metadata={"choices": MEDIA})
    text: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return _ended(case) or (None if case.counters.get(WARNED) else Refused("needs_warning"))

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        _check_medium(self.medium)
        if self.grounds not in GROUNDS[ABUSIVE]:
            raise Refused("bad_choice", field="grounds", value=self.grounds, allowed=GROUNDS[ABUSIVE])
        return (ContactEnded(self.medium, self.grounds, self.text.strip()),)


def _check_medium(medium: str) -> None:
    if medium not in MEDIA:
        raise Refused("bad_choice", field="medium", value=medium, allowed=MEDIA)
