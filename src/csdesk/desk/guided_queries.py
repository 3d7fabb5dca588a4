"""Errands and questions of guided work: passing a case over, what that came to, and handing over at shift end."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.feed import Row
from csdesk.store.skips import Skip

# Why somebody passes a case over; `other` says why in words.
WHY = ("language", "skill", "waiting", "duplicate", "wrong_queue", "conflict", "other")
# To whom a case goes at the end of a shift: back into its queue, to an agent, or it stays with whoever goes.
HOW = ("pool", "agent", "keep")


@dataclass(frozen=True, slots=True)
class SkipCase(Ask[Skip]):
    """Pass a case over: it is given back, and `Next` does not offer it to me for eight hours. Kept for the report.

    `why` is one of WHY; `other` takes a `note`. Refused `bad_choice`, `skip_note`, `case_closed`.
    """

    name: ClassVar[str] = "skip_case"
    room: ClassVar[str] = "guided_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    case: str
    why: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SkipCount:
    """How often an agent passed cases over for a reason, and how many cases that were."""

    agent: str
    why: str
    times: int
    cases: int


@dataclass(frozen=True, slots=True)
class SkipTold:
    """One skip with the number of its case; `at` UTC ms."""

    number: str
    case: str
    agent: str
    at: int
    why: str
    note: str


@dataclass(frozen=True, slots=True)
class SkipsView:
    """The skips of a span (UTC ms, `until` exclusive): counts by agent and reason, and the latest 200 one by one."""

    since: int
    until: int
    counts: tuple[SkipCount, ...]
    latest: tuple[SkipTold, ...]


@dataclass(frozen=True, slots=True)
class Skips(Ask[SkipsView]):
    """Who passed over what and why, from the first to the last day (ISO). For whoever assigns work or audits."""

    name: ClassVar[str] = "skips"
    room: ClassVar[str] = "guided_answers"
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Mine:
    """A live case of mine: assigned, or only held; `parked`: put aside, `draft`: with an unsent reply."""

    row: Row
    number: str
    assigned: bool
    parked: bool
    draft: bool


@dataclass(frozen=True, slots=True)
class MyCases(Ask[list[Mine]]):
    """What I would have to hand over now: my live cases by their deadlines, then others that I hold."""

    name: ClassVar[str] = "my_cases"
    room: ClassVar[str] = "guided_answers"
    right: ClassVar[Right] = Right.WORK


@dataclass(frozen=True, slots=True)
class Handing:
    """One case of a hand-over: `how` is one of HOW, `to` the agent, `note` for whoever comes next ("": nothing)."""

    case: str
    how: str = "pool"
    to: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A case that could not be handed over; nothing of it was done."""

    case: str
    number: str
    refused: Refused


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Numbers of the cases that were handed over, those left with the reason, and my state afterwards."""

    done: tuple[str, ...]
    left: tuple[Left, ...]
    state: str


@dataclass(frozen=True, slots=True)
class HandOver(Ask[HandedOver]):
    """Hand my cases over in one transaction, each whole or not at all: its note, then to whom it goes.

    Then (`off`) I am off, unless a case was left. Cases that are not named stay mine. Refused `bad_choice`.
    """

    name: ClassVar[str] = "hand_over"
    room: ClassVar[str] = "guided_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    cases: tuple[Handing, ...]
    off: bool = True
