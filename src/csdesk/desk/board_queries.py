"""Questions and errands of whoever runs a shift: the board, and which cases to move."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.desk.leak_queries import Urgent
from csdesk.desk.look_queries import UnusualLooks
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class QueueState:
    """How a queue stands: `live` cases, `late` ones past their deadline, whether or not the worker has marked them.

    `hour` and `four_hours`: due from now within so long.

    `oldest`: the number of the case that is late the longest, since `oldest_due` (UTC ms; "" and 0: none is late).
    `hands`: how many who are here may take from it. A count of board.MOST_COUNTED means as many or more.
    """

    queue: str
    live: int
    late: int
    hour: int
    four_hours: int
    unassigned: int
    oldest: str
    oldest_due: int
    hands: int


@dataclass(frozen=True, slots=True)
class AgentShift:
    """How somebody's shift stands: state since when (UTC ms, 0: never said), what is open there now, and how much.

    `held`: the number of the case open there, since `held_since`; `parked`: how many are put aside for a call.
    `assigned`: live cases that are theirs, `late` of them past their deadline; `done`: ended since midnight here.
    `queues`: how many of theirs stand in each queue.
    """

    id: str
    name: str
    role: str
    state: str
    since: int
    held: str
    held_since: int
    parked: int
    assigned: int
    late: int
    done: int
    queues: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is not over: its case, how many cases it is behind, when they were last told (0: never)."""

    id: str
    number: str
    subject: str
    members: int
    told_at: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A waiting case that several agents passed over: who, and why (`skip.…`), the latest first."""

    id: str
    number: str
    agents: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardView:
    """A desk at a glance, at `at` (UTC ms).

    `worker`: running, idle (nothing is due) or stopped; `waiting_since`: when the job that waits the longest was due
    (0: none). `failed`: jobs that failed for good; `awaiting`, `in_doubt`: refunds that need a person.
    `skipped`: cases that several agents passed over. `looks`: hours of the last day in which somebody looked at
    masked data unusually often. `urgent`: canaries and leaks, None for those who may not know of them.
    """

    at: int
    queues: tuple[QueueState, ...]
    agents: tuple[AgentShift, ...]
    worker: str
    waiting_since: int
    failed: int
    awaiting: int
    in_doubt: int
    incidents: tuple[OpenIncident, ...]
    skipped: tuple[PassedOver, ...] = ()
    looks: tuple[UnusualLooks, ...] = ()
    urgent: Urgent | None = None


@dataclass(frozen=True, slots=True)
class Board(Ask[BoardView]):
    """Every queue, everybody's shift, and what needs a person."""

    name: ClassVar[str] = "board"
    room: ClassVar[str] = "board_answers"
    right: ClassVar[Right] = Right.ASSIGN


@dataclass(frozen=True, slots=True)
class Gather(Ask[list[str]]):
    """Ids of the live cases to move or to raise, the most urgent first: of `agent`, of `queue`, or of both.

    `unassigned`: only nobody's. `late`: only those past their deadline. `below`: only of a lower priority (0: any).
    `most` 0: all, up to the most that one run takes.
    """

    name: ClassVar[str] = "gather"
    room: ClassVar[str] = "board_answers"
    right: ClassVar[Right] = Right.ASSIGN
    queue: str = ""
    agent: str = ""
    unassigned: bool = False
    late: bool = False
    below: int = 0
    most: int = 0
