"""Errands about who is on the telephone: identify them by what only they know, and take up their matter."""

from dataclasses import field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.desk.queries import Person
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.callers import Check
from csdesk.store.feed import Row
from csdesk.store.orders import OrderRow

# What a check can come to.
VERIFIED, MORE, NONE = "verified", "more", "none"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a check came to. Unless it is `verified` all that it holds is how many more identifiers it takes.

    `check`: its number in my record, 0 when nothing was looked up; `until`: how long it opens a case (UTC ms);
    `persons`: the customer, masked (the same person may be on record twice); `cases`: the open ones.
    """

    result: str
    more: int = 0
    check: int = 0
    until: int = 0
    sorts: tuple[str, ...] = ()
    persons: tuple[Person, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    cases: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyCaller(Ask[Caller]):
    """Who calls: at least two of these, of different sorts, must point at one and the same customer.

    `order`, `waybill`, `case`: the number, or four or more characters of it (of an order or a waybill: its end);
    `phone`: the number, or its last four digits; `name`, `email`: whole. Every look-up is kept with its sorts and
    result, never with what was said. Refused `caller_short`, `caller_quota`.
    """

    name: ClassVar[str] = "verify_caller"
    room: ClassVar[str] = "caller_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    order: str = field(default="", repr=False)
    waybill: str = field(default="", repr=False)
    case: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    called: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The case that a verified caller calls about; `began`: it was opened for that."""

    case: str
    number: str
    began: bool


@dataclass(frozen=True, slots=True)
class TakeCaller(Ask[Answered]):
    """Go on with an open case of a caller whom I have just verified, or open an inquiry; the check stays in it.

    `order`: one of theirs, for the inquiry. Refused `caller_unverified`, `caller_not_theirs`.
    """

    name: ClassVar[str] = "take_caller"
    room: ClassVar[str] = "caller_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    check: int
    case: str = ""
    order: str = ""
    summary: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CallerChecks(Ask[list[Check]]):
    """The checks of callers that somebody made, the latest first; others' take the right to hand out cases or audit.

    Among them, of sort `search`, the customers who were looked up by name, phone or e-mail.
    """

    name: ClassVar[str] = "caller_checks"
    room: ClassVar[str] = "caller_answers"
    agent: str = ""
    limit: int = 100
