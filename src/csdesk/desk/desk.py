"""The desk as every door sees it: do a verb, ask a question, watch for changes. Two bodies: local and remote."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from csdesk.desk.question import Ask as Ask  # noqa: PLC0414 - a part of the desk
from csdesk.desk.question import T as T  # noqa: PLC0414 - a part of the desk
from csdesk.domain.cases.actor import Actor
from csdesk.domain.cases.case import Case
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.domain.cases.command import Command


@dataclass(frozen=True, slots=True)
class Done:
    """A verb was carried out. `again`: it had been before, under the same key, and nothing happened now.

    `opened`: the number of the case that the verb opened beside this one. `queued`: it is not done yet: the line is
    down, the verb is kept here and sent when the desk can be reached again; `case` is as it was read last.
    """

    case: Case
    number: str
    verb: str
    key: str
    events: tuple[str, ...]
    again: bool = False
    opened: str = ""
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """One change that came between an agent's look and verb."""

    who: str
    verb: str
    at: int


class Conflict(Exception):
    """The case changed since it was looked at, in a way that does not commute; nothing was lost or done."""

    def __init__(self, case: str, came: tuple[Came, ...]) -> None:
        super().__init__(case)
        self.case = case
        self.came = came

    def __str__(self) -> str:
        told = ", ".join(f"{c.who} {c.verb}" for c in self.came)
        return f"{self.case} was changed meanwhile: {told}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the last look: case ids, or `everything` when there were too many to name.

    `beside`: something that is no case's: who is here, what everybody is told.
    """

    cases: tuple[str, ...]
    everything: bool = False
    beside: bool = False


class Desk(Protocol):
    """A desk to work on. All of it may be called from one asyncio loop; no call blocks that loop."""

    @property
    def me(self) -> Actor:
        """Who works here."""
        ...

    async def do(
        self, command: "Command", case: str = "", *, version: int | None = None, key: str = ""
    ) -> Done:
        """Carry out a verb on the case with this id or number. `version`: what the actor saw; `key`: makes it once.

        Raises Refused (the case or the rules say no) or Conflict (somebody was faster); where a line is between,
        LinkLost, NotAdmitted, ServerFault.
        """
        ...

    async def ask(self, question: Ask[T]) -> T:
        """Answer a question; raises as `do`, but for Conflict."""
        ...

    def watch(self) -> AsyncIterator[Changes]:
        """Changes by anybody, from now on."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...
