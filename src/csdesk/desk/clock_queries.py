"""What can be asked of a desk about the clocks of a case: how each came to its due time."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.clocks.clock import Clock
from csdesk.domain.clocks.explain import Step
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class ClockTold:
    """A clock with its arithmetic in order. `state`: running, paused or breached; `left` ms, negative when late."""

    clock: Clock
    state: str
    left: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ExplainClocks(Ask[list[ClockTold]]):
    """Every clock of a case, the nearest first, step by step; those that are paused come last."""

    name: ClassVar[str] = "explain_clocks"
    room: ClassVar[str] = "clock_answers"
    case: str
