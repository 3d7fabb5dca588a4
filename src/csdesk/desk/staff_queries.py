"""Errands and questions about the people of a desk: whether they are here, what they can take, who gets what."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.routing import Skill
from csdesk.domain.value import dataclass
from csdesk.store.feed import Row


@dataclass(frozen=True, slots=True)
class AgentNow:
    """Somebody who takes cases: state since when (UTC ms; 0: never said, which counts as available), load and skills.

    `assigned`: live cases of theirs, `late` those past their deadline; `held`: others that they hold, `parked` those
    of them that are put aside.
    """

    id: str
    name: str
    role: str
    state: str
    since: int
    assigned: int
    late: int
    held: int
    parked: int
    skill: Skill


@dataclass(frozen=True, slots=True)
class AgentStates(Ask[list[AgentNow]]):
    """Everybody who takes cases on this desk, by id: state, load and skills."""

    name: ClassVar[str] = "agent_states"
    room: ClassVar[str] = "staff_answers"


@dataclass(frozen=True, slots=True)
class MyState(Ask[AgentNow]):
    """The same of me alone. Refused `takes_no_cases` for who takes none."""

    name: ClassVar[str] = "my_state"
    room: ClassVar[str] = "staff_answers"
    right: ClassVar[Right] = Right.WORK


@dataclass(frozen=True, slots=True)
class StateSet:
    """Somebody's state now; `released`: holds that ended, `returned`: cases that went back to their queues."""

    agent: str
    state: str
    since: int
    released: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class SetAgentState(Ask[StateSet]):
    """Say that I, or another `agent`, am available, on a break, in a training or off.

    A break or training gives back the case in hand and keeps what is parked; off gives back all holds, and the cases
    that the desk gave and nobody has touched yet. Drafts stay. Another's state takes the right to assign.
    """

    name: ClassVar[str] = "set_agent_state"
    room: ClassVar[str] = "staff_answers"
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    state: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SetSkills(Ask[Skill]):
    """Say what an agent can take; None leaves a thing as it was, an empty list means all, 0 any.

    `most_amount` in minor units. Refused `bad_queue`, `bad_language`, `bad_number_of`.
    """

    name: ClassVar[str] = "set_skills"
    room: ClassVar[str] = "staff_answers"
    right: ClassVar[Right] = Right.ASSIGN
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    agent: str
    queues: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    most_amount: int | None = None
    most_cases: int | None = None


@dataclass(frozen=True, slots=True)
class NoTaker:
    """A case that nobody who is here may take. why: away, full, amount, escalated, language, queue (`no_taker.…`)."""

    row: Row
    language: str
    why: str


@dataclass(frozen=True, slots=True)
class Unroutable(Ask[list[NoTaker]]):
    """Waiting cases that no available agent may take, the one due soonest first.

    Where only some of a queue and language fit nobody (too dear, escalated), its 200 soonest cases are looked at.
    """

    name: ClassVar[str] = "unroutable"
    room: ClassVar[str] = "staff_answers"
    limit: int = 50
