"""Carrying out what a person may ask of their data: the copy, the correction, the end of it, a consent taken back.

个人信息保护法 §15 (consent taken back), §45 (copy), §46 (correct), §47 (delete; what a law keeps is only stored). The
person's record itself is changed by the desk in the transaction of these events (desk/rights_carrying.py).
"""

from dataclasses import field
from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Deciding, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved, Stamp, event
from csdesk.domain.cases.holdings import Holdings
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.clocks.days import local_day
from csdesk.domain.looking import FIELDS
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass, replace

# Counters of a request: what of it was carried out.
COPIED, CORRECTED, RESTRAINED = "copy_handed", "record_corrected", "data_restrained"
# What a person may have agreed to; `delivery`: a locker, a station, or somebody else who signs.
CONSENTS = ("marketing", "survey", "delivery")
# Requests that end in erasing; a consent taken back may (个人信息保护法 §47(3)).
ENDING = ("delete_data", "close_account")
# Who may have what is only stored: §47 leaves storage and protection, and what the law itself demands.
GROUNDS = ("court", "authority", "audit")
_SIGNS = 200
_LEAST_DIGITS = 5


@event("copy_handed")
@dataclass(frozen=True, slots=True)
class CopyHanded(Event):
    """A copy of all that is held of the person left the desk; `sha256` of the file, how much is in it."""

    sha256: str
    size: int
    orders: int = 0
    cases: int = 0
    files: int = 0

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _counted(case, COPIED)


@event("record_corrected")
@dataclass(frozen=True, slots=True)
class RecordCorrected(Event):
    """The person's record was corrected; `items` names what. The values stand in the record alone, not in the chain."""

    items: tuple[str, ...]

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _counted(case, CORRECTED)


@event("data_restrained")
@dataclass(frozen=True, slots=True)
class DataRestrained(Event):
    """From now on the person's data is only stored, and erased when `until` (UTC ms) is over and no case needs it."""

    until: int
    items: tuple[str, ...] = ()
    article: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _counted(case, RESTRAINED)


@event("restraint_lifted")
@dataclass(frozen=True, slots=True)
class RestraintLifted(Event):
    """The person wants their data used again."""


@event("kept_opened")
@dataclass(frozen=True, slots=True)
class KeptOpened(Event):
    """What is only stored was opened for `ground`, by the letter `letter`; `sha256` of what was handed out."""

    ground: str
    letter: str
    sha256: str


@event("data_erased")
@dataclass(frozen=True, slots=True)
class DataErased(Event):
    """The person's key was destroyed: nothing that was sealed under it can be read again."""


@event("consent_withdrawn")
@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """The person took back consents, of `CONSENTS`."""

    commutes: ClassVar[bool] = True
    items: tuple[str, ...]


def _counted(case: Case, name: str) -> Case:
    return replace(case, counters={**case.counters, name: case.counters.get(name, 0) + 1})


def _nobody(case: Case) -> Refused | None:
    return None if case.customer else Refused("no_person")


def carried_out(case: Case, ctx: Context) -> None:
    """Refused while what the desk itself holds of whoever asks for its end is still in use.

    Where nobody counted what it holds (a form, an import of old requests) nothing is refused.
    """
    if case.reason in ENDING and ctx.holdings is not None and not ctx.holdings.restrained:
        raise Refused("not_carried_out", verb="erase_data")


@verb(
    "hand_over_copy",
    undo=Undo.NONE,
    why="outside",
    example="csdesk case do PR-… hand_over_copy sha256=3f9a01… size=18432",
)
@dataclass(frozen=True, slots=True)
class HandOverCopy(Command):
    """Record that the person's copy leaves the desk; `csdesk person export` says this before the file appears."""

    sha256: str
    size: int
    orders: int = 0
    cases: int = 0
    files: int = 0

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if case.counters.get(COPIED):
            raise Refused("copy_handed_already")
        if len(self.sha256) != 64 or not set(self.sha256) <= set("0123456789abcdef"):
            raise Refused("bad_sha256", value=self.sha256[:12])
        return (CopyHanded(self.sha256, self.size, self.orders, self.cases, self.files),)


@verb(
    "correct_record",
    undo=Undo.NONE,
    why="record",
    confirm=True,
    example="csdesk case do PR-… correct_record new_phone=13900001111",
)
@dataclass(frozen=True, slots=True)
class CorrectRecord(Command):
    """Correct the person's record (个人信息保护法 §46): what is left empty stays; correct again to go back."""

    new_name: str = ""
    new_phone: str = ""
    new_email: str = ""
    new_address: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return super().off(case, ctx) or _nobody(case)

    def values(self) -> dict[str, str]:
        """What is to stand in the record, by field; Refused when it cannot be right, or is nothing."""
        said = {name: clean_line(getattr(self, f"new_{name}"), limit=_SIGNS).text.strip() for name in FIELDS}
        if not any(said.values()):
            raise Refused("nothing_to_correct")
        if said["phone"] and sum(sign.isdecimal() for sign in said["phone"]) < _LEAST_DIGITS:
            raise Refused("bad_contact", field="new_phone")
        local, at, domain = said["email"].partition("@")
        if said["email"] and not (local and at and domain):
            raise Refused("bad_contact", field="new_email")
        return {name: value for name, value in said.items() if value}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (RecordCorrected(tuple(self.values())),)


@verb(
    "erase_data",
    right=Right.ASSIGN,
    undo=Undo.NONE,
    why="erased",
    confirm=True,
    example="csdesk case do PR-… erase_data",
)
@dataclass(frozen=True, slots=True)
class EraseData(Deciding):
    """End the use of all the desk holds of the person, at once and in every case of theirs (个人信息保护法 §47).

    What no law keeps is erased as soon as this request is closed. What one keeps (电子商务法 §31: transactions, three
    years) is only stored till then: nobody finds, shows or answers with it. `csdesk person plan` tells it beforehand.
    """

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return super().off(case, ctx) or _nobody(case)

    def stance(self) -> Stance:
        return Stance.GRANTS

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        held = ctx.holdings or Holdings()
        if case.reason not in (*ENDING, "withdraw_consent", "other"):
            raise Refused("not_asked_for", reason=case.reason)
        if held.restrained:
            raise Refused("already_restrained")
        if held.busy:
            raise Refused("erase_busy", numbers=held.busy)
        kept, article = held.kept(ctx.now)
        keeps = bool(kept)
        to = self.to(case, "partly" if keeps else "fulfilled")
        moved = Moved(
            "erase_data",
            to.name,
            to.phase,
            article=article,
            outcome="partly_fulfilled" if keeps else "fulfilled",
            decides=True,
            note=self.note,
            ref=local_day(held.until - 1, ctx.zone).isoformat() if keeps else "",
            items=kept,
        )
        return (DataRestrained(held.until if keeps else ctx.now, kept, article), moved)


@verb(
    "lift_restraint",
    right=Right.ASSIGN,
    undo=Undo.NONE,
    why="record",
    confirm=True,
    example="csdesk case do PR-… lift_restraint",
)
@dataclass(frozen=True, slots=True)
class LiftRestraint(Command):
    """The person, known for sure, wants what is only stored to be used again: they are found and answered as before."""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if ctx.holdings is not None and not ctx.holdings.restrained:
            raise Refused("not_restrained")
        return (RestraintLifted(),)


@verb(
    "withdraw_consent",
    undo=Undo.NONE,
    why="record",
    example="csdesk case do PR-… withdraw_consent consents=marketing,delivery",
)
@dataclass(frozen=True, slots=True)
class WithdrawConsent(Command):
    """Take back what the person agreed to, at once and without asking who they are: marketing, survey, delivery.

    Advertising stops when it is declined (条例 §24); what was done before stays lawful (个人信息保护法 §15).
    """

    consents: tuple[str, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return super().off(case, ctx) or _nobody(case)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        asked = tuple(dict.fromkeys(self.consents))
        if not asked:
            raise Refused("field_empty", field="consents")
        for one in asked:
            if one not in CONSENTS:
                raise Refused("bad_choice", field="consents", value=one[:40], allowed=CONSENTS)
        return (ConsentWithdrawn(asked),)


@verb(
    "open_kept",
    right=Right.AUDIT,
    undo=Undo.NONE,
    why="record",
    shared=True,
    example="csdesk case do PR-… open_kept ground=court letter=(2026)浙0106民初1号 sha256=3f9a01…",
)
@dataclass(frozen=True, slots=True)
class OpenKept(Command):
    """Record that what is only stored is opened, for a court, an authority or an audit: `csdesk person kept`."""

    ground: str = field(metadata={"choices": GROUNDS})
    letter: str
    sha256: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        # Also when the request is closed: that is when most of it is asked for.
        return None if case.counters.get(RESTRAINED) else Refused("not_restrained")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.ground not in GROUNDS:
            raise Refused("bad_choice", field="ground", value=self.ground[:40], allowed=GROUNDS)
        letter = clean_line(self.letter, limit=_SIGNS).text.strip()
        if not letter:
            raise Refused("field_empty", field="letter")
        return (KeptOpened(self.ground, letter, self.sha256),)


@verb(
    "record_erased",
    right=Right.RUN,
    undo=Undo.NONE,
    why="erased",
    shared=True,
    example="csdesk case do PR-… record_erased",
)
@dataclass(frozen=True, slots=True)
class RecordErased(Command):
    """Record that the worker destroyed the person's key when nothing kept it any more."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.counters.get(RESTRAINED) else Refused("not_restrained")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (DataErased(),)
