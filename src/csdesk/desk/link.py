"""A line between a console and a desk that is elsewhere: what can go wrong, and what waits for it; light to load."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.desk.desk import Ask

T = TypeVar("T")
# How a LinkLost is coded of what nobody even tried to send.
AWAY = "away"


class LinkLost(Exception):
    """The desk cannot be reached just now; whether a change that was sent was made is not known. `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotAdmitted(Exception):
    """The desk does not know who this is, or no more."""


class ServerFault(Exception):
    """A server answered with what no desk says: the HTTP `status` and the problem's code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Waiting:
    """A verb that was kept while the line was down, in the order of `seq`. Times in UTC ms.

    A draft that the desk did not take is listed too, as `keep_draft` and with a `seq` below 0.
    `stuck`: it was sent and did not fit; `why` (as `explain` words it) says so, and later ones on its case wait for a
    decision. `after`: the `key` of the one before it on the same case, "" for the first. `entered` is what was asked
    for, by field; `version` the case as its agent saw it.
    """

    seq: int
    key: str
    after: str
    case: str
    number: str
    verb: str
    entered: Mapping[str, object]
    version: int
    at: int
    stuck: bool = False
    why: Exception | None = None


@dataclass(frozen=True, slots=True)
class LineState:
    """`away_since`: 0 while the desk can be reached; how much waits, and how much of it needs a decision.

    `read_at`: when the oldest of what was shown since then had been read; 0 for nothing. `trouble`: why nothing is kept
    any more, a full disk say.
    """

    away_since: int = 0
    waiting: int = 0
    stuck: int = 0
    read_at: int = 0
    trouble: Exception | None = None

    @property
    def away(self) -> bool:
        """Whether the desk cannot be reached."""
        return self.away_since > 0


class Line(Protocol):
    """The line of a desk that is elsewhere, as a console shows it."""

    @property
    def state(self) -> LineState:
        """How it is now."""
        ...

    def on_change(self, told: Callable[[], None]) -> None:
        """Have this called, in the loop, whenever the state is another."""
        ...

    def waiting(self) -> tuple[Waiting, ...]:
        """What waits, in the order in which it goes; before it drafts that the desk did not take."""
        ...

    def known(self, question: "Ask[T]") -> T | None:
        """What the desk last answered, at once and without asking; None when it is not at hand."""
        ...

    async def redo(self, seq: int) -> None:
        """Send one that did not fit once more, on the case as it is now."""
        ...

    async def drop(self, seq: int) -> None:
        """Give one up; those behind it on its case go on."""
        ...


def line_of(desk: object) -> Line | None:
    """The line of a desk; None where there is none between."""
    found: Line | None = getattr(desk, "line", None)
    return found
