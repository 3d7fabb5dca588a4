"""What everybody who works here is told by whoever runs the shift: one line, for a while."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.broadcasts import Said


@dataclass(frozen=True, slots=True)
class Broadcast(Ask[Said]):
    """Tell everybody who works here one line, for so many minutes.

    Refused `broadcast_empty`, `broadcast_long`, `broadcast_minutes`, or `broadcast_personal` with what was found.
    """

    name: ClassVar[str] = "broadcast"
    room: ClassVar[str] = "broadcast_answers"
    right: ClassVar[Right] = Right.ASSIGN
    writes: ClassVar[bool] = True
    text: str
    minutes: int = 30


@dataclass(frozen=True, slots=True)
class Unsay(Ask[None]):
    """Take a broadcast back before its time."""

    name: ClassVar[str] = "unsay"
    room: ClassVar[str] = "broadcast_answers"
    right: ClassVar[Right] = Right.ASSIGN
    writes: ClassVar[bool] = True
    broadcast: str


@dataclass(frozen=True, slots=True)
class Broadcasts(Ask[list[Said]]):
    """What everybody is told now, the newest first."""

    name: ClassVar[str] = "broadcasts"
    room: ClassVar[str] = "broadcast_answers"
