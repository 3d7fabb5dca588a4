"""What has happened to the clocks that people set: letters with their deadlines, promised calls, waits for somebody."""

from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace


@event("notice_received")
@dataclass(frozen=True, slots=True)
class NoticeReceived(Event):
    """A letter set a deadline: whose, under which number, received on which day (ISO), answered by whom by when."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    commutes: ClassVar[bool] = True
    sender: str
    letter: str
    received: str
    owner: str
    due: int
    note: str = ""


@event("notice_answered")
@dataclass(frozen=True, slots=True)
class NoticeAnswered(Event):
    """A letter was answered; `late` when its deadline had passed."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    commutes: ClassVar[bool] = True
    letter: str
    late: bool = False
    note: str = ""


@event("callback_promised")
@dataclass(frozen=True, slots=True)
class CallbackPromised(Event):
    """The customer was told that somebody calls by `due`."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    commutes: ClassVar[bool] = True
    due: int
    note: str = ""


@event("callback_done")
@dataclass(frozen=True, slots=True)
class CallbackDone(Event):
    """Somebody called; outcome: `reached`, or `not_reached` and then called again by `due` (0: given up)."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    commutes: ClassVar[bool] = True
    outcome: str
    due: int = 0
    note: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        if self.outcome == "reached":
            # A call that reached the customer answers what was asked, as a message does.
            counted = {"called_at": stamp.at, "calls_missed": 0}
        else:
            counted = {"calls_missed": case.counters.get("calls_missed", 0) + 1}
        return replace(case, counters={**case.counters, **counted})


@event("clocks_paused")
@dataclass(frozen=True, slots=True)
class ClocksPaused(Event):
    """The case waits for somebody, so the clocks that allow it stand still; those of law and letters run on."""

    sealed: ClassVar[tuple[str, ...]] = ("note",)
    party: str
    clocks: tuple[str, ...]
    note: str = ""


@event("clocks_resumed")
@dataclass(frozen=True, slots=True)
class ClocksResumed(Event):
    """The wait is over, and the clocks run on with what they had left."""

    clocks: tuple[str, ...]
