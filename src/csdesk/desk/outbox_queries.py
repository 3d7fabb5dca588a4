"""What can be asked of a desk about jobs that the worker gave up, and what a person may make of them; times UTC ms."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up: `at` when it was last due, `reason` a code or what the other side said.

    `case` and `number` are "" for a job of no case. `again`: it can be tried again here; else its case knows of the
    failure already, and it is done anew there.
    """

    key: str
    kind: str
    case: str
    number: str
    at: int
    tries: int
    reason: str
    again: bool


@dataclass(frozen=True, slots=True)
class DeadLetters(Ask[list[DeadLetter]]):
    """Jobs that the worker gave up and nobody has seen to yet, the oldest first."""

    name: ClassVar[str] = "dead_letters"
    room: ClassVar[str] = "outbox_answers"
    right: ClassVar[Right] = Right.MEND
    limit: int = 100


@dataclass(frozen=True, slots=True)
class RetryJob(Ask[None]):
    """Have a job that was given up tried again, from its first try on; Refused `no_such_job`, `told_in_case`."""

    name: ClassVar[str] = "retry_job"
    room: ClassVar[str] = "outbox_answers"
    right: ClassVar[Right] = Right.MEND
    writes: ClassVar[bool] = True
    key: str


@dataclass(frozen=True, slots=True)
class DropJob(Ask[None]):
    """Take a job that was given up off the list, for a reason that is kept; Refused `no_such_job`, `drop_reason`."""

    name: ClassVar[str] = "drop_job"
    room: ClassVar[str] = "outbox_answers"
    right: ClassVar[Right] = Right.MEND
    writes: ClassVar[bool] = True
    key: str
    reason: str
