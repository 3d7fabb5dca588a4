"""Questions about a practice desk: what its newcomers decided, and what the law would have said."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """One decision of a newcomer on a case: the verb, its stance, and what the law says on the line that tells most.

    `against`: it went against that. `articles` are ids of the policy library.
    """

    number: str
    kind: str
    reason: str
    verb: str
    stance: str
    outcome: str
    ground: str
    articles: tuple[str, ...]
    against: bool
    at: int


@dataclass(frozen=True, slots=True)
class Score:
    """How somebody has done: decisions that went with the law, those against it (the newest first), cases left."""

    agent: str
    decided: int
    agreed: int
    opposed: tuple[Tried, ...]
    left: int


@dataclass(frozen=True, slots=True)
class PracticeScore(Ask[Score]):
    """How `agent` (me when empty) has done on this practice desk. Refused `not_practice` on a real one."""

    name: ClassVar[str] = "practice_score"
    room: ClassVar[str] = "practice_answers"
    agent: str = ""
