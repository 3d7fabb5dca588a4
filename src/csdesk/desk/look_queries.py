"""Errands and questions about what is masked: looking at it for a reason, and who looked; never in a log."""

from dataclasses import field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.looking import Purpose
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.pins import Tried


@dataclass(frozen=True, slots=True)
class MayReveal:
    """The reasons that I can give on a case, and how many looks are left to me today."""

    purposes: tuple[Purpose, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Purposes(Ask[MayReveal]):
    """Why I may look at what is masked of the customer of a case. Refused as `Reveal`, apart from its quota."""

    name: ClassVar[str] = "purposes"
    room: ClassVar[str] = "look_answers"
    right: ClassVar[Right] = Right.WORK
    case: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was masked, by field, and until when (UTC ms) it may be shown. It has no place but a person's screen."""

    number: str
    reason: str
    until: int
    left: int
    values: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reveal(Ask[Revealed]):
    """Look at what is masked of the customer of a case that I hold or have, for a reason; the look is kept.

    `fields`: fewer than the reason opens; empty: all of those. Refused `reveal_not_held`, `reveal_closed`,
    `reveal_away`, `reveal_protected`, `reveal_erased`, `reveal_reason`, `reveal_fields`, `reveal_nothing`,
    `reveal_quota`.
    """

    name: ClassVar[str] = "reveal"
    room: ClassVar[str] = "look_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    case: str
    reason: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookView:
    """One look: when, who, at which fields, by which case (its number and id), why, and until when it was shown."""

    at: int
    actor: str
    number: str
    case: str
    fields: tuple[str, ...]
    reason: str
    until: int


@dataclass(frozen=True, slots=True)
class Looks(Ask[list[LookView]]):
    """Who looked at the data of a case's customer, by whichever case; or what an agent looked at. The latest first.

    One's own looks are anybody's to see; others' take the right to hand out cases or to audit.
    """

    name: ClassVar[str] = "looks"
    room: ClassVar[str] = "look_answers"
    case: str = ""
    agent: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class UnusualLooks:
    """An hour (that began at `hour`, UTC ms) in which somebody looked far more often than is usual an hour."""

    agent: str
    hour: int
    looks: int
    own: float
    desk: float


@dataclass(frozen=True, slots=True)
class LookAlarms(Ask[list[UnusualLooks]]):
    """Unusual looking of the last days, the latest first; for those who hand out cases or audit."""

    name: ClassVar[str] = "look_alarms"
    room: ClassVar[str] = "look_answers"
    days: int = 1


@dataclass(frozen=True, slots=True)
class HasPin(Ask[bool]):
    """Whether I have a PIN that unlocks my screen."""

    name: ClassVar[str] = "has_pin"
    room: ClassVar[str] = "look_answers"


@dataclass(frozen=True, slots=True)
class SetPin(Ask[Tried]):
    """Keep a PIN that unlocks my screen, in place of the `old` one, if that was right; `remove` takes it away.

    With `agent`, those who configure the desk take away somebody else's. Refused `pin_weak`, `pin_not_yours`.
    """

    name: ClassVar[str] = "set_pin"
    room: ClassVar[str] = "look_answers"
    writes: ClassVar[bool] = True
    pin: str = field(default="", repr=False)
    old: str = field(default="", repr=False)
    agent: str = ""
    remove: bool = False


@dataclass(frozen=True, slots=True)
class TryPin(Ask[Tried]):
    """Try my PIN; a wrong one counts."""

    name: ClassVar[str] = "try_pin"
    room: ClassVar[str] = "look_answers"
    writes: ClassVar[bool] = True
    pin: str = field(default="", repr=False)
