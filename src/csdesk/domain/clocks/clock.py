"""The clock value: a deadline that runs, pauses, stops, and knows who set it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.deadline import Basis, Deadline
from csdesk.domain.clocks.explain import Step

ClockState = Literal["running", "paused", "met", "breached"]

# Waiting for anybody never stops what the law or an authority's letter has set.
UNPAUSABLE = ("law", "notice")


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count, from `from_ms` until before `to_ms` (None while it lasts), and why."""

    from_ms: int
    to_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a case. Instants are UTC ms; `due_ms` is exclusive, None when its hours never suffice.

    `pauses_on` are the reasons that pause it, none for law and notice; a notice names the letter (`ref`) and
    who answers for it (`owner`). `steps` explain how `due_ms` came about. ValueError when these do not hold,
    or when pauses overlap or run backwards.
    """

    kind: str
    basis: Basis
    started_ms: int
    due_ms: int | None
    pauses: tuple[Pause, ...] = ()
    stopped_ms: int | None = None
    ref: str = ""
    owner: str = ""
    pauses_on: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    flags: tuple[CalendarUnconfirmed, ...] = ()
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if self.basis in UNPAUSABLE and (self.pauses or self.pauses_on):
            raise ValueError(f"clock {self.kind}: a clock set by {self.basis} cannot be paused")
        if self.basis == "notice" and not (self.ref and self.owner):
            raise ValueError(f"clock {self.kind}: a clock set by a letter names its reference and its owner")
        if merged(self.pauses) != self.pauses:
            raise ValueError(f"clock {self.kind}: pauses must be in order and apart; join them with merged()")

    @property
    def open_pause(self) -> Pause | None:
        """The pause that still lasts, else None."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].to_ms is None else None

    def state(self, now_ms: int) -> ClockState:
        """Where the clock stands at `now_ms`: breached from `due_ms` on, and for ever if stopped after it."""
        pause = self.open_pause
        effective = pause.from_ms if pause else now_ms if self.stopped_ms is None else self.stopped_ms
        if self.due_ms is not None and effective >= self.due_ms:
            return "breached"
        if self.stopped_ms is not None:
            return "met"
        return "paused" if pause else "running"

    def remaining_ms(self, now_ms: int) -> int | None:
        """Time left (negative when overdue), frozen while paused or stopped; None without a due time."""
        if self.due_ms is None:
            return None
        pause = self.open_pause
        return self.due_ms - (
            pause.from_ms if pause else now_ms if self.stopped_ms is None else self.stopped_ms
        )

    def percent_left(self, now_ms: int) -> int:
        """How much of the whole is left, 0 to 100, rounded down; 100 without a due time."""
        left = self.remaining_ms(now_ms)
        if left is None or self.due_ms is None:
            return 100
        whole = self.due_ms - self.started_ms
        return 0 if left <= 0 or whole <= 0 else min(100, left * 100 // whole)

    def pausable(self, reason: str, at_ms: int) -> bool:
        """Whether `reason` may pause it at that instant: it is one of its reasons, and the clock runs."""
        return reason in self.pauses_on and self.state(at_ms) == "running"

    def paused(self, reason: str, at_ms: int) -> "Clock":
        """The clock paused from `at_ms`; ValueError when `pausable` says no."""
        if not self.pausable(reason, at_ms):
            raise ValueError(
                f"clock {self.kind}: {reason!r} does not pause it ({self.basis}, {self.state(at_ms)})"
            )
        return replace(self, pauses=(*self.pauses, Pause(at_ms, None, reason)))

    def resumed(self, at_ms: int, due_ms: int | None = None) -> "Clock":
        """The clock running again; the due time moves by the pause's length, or to `due_ms` (business hours).

        ValueError when it is not paused, or resumes before it paused.
        """
        pause = self.open_pause
        if pause is None or at_ms < pause.from_ms:
            raise ValueError(f"clock {self.kind}: not paused at {at_ms}")
        if due_ms is None and self.due_ms is not None:
            due_ms = self.due_ms + at_ms - pause.from_ms
        closed = () if at_ms == pause.from_ms else (replace(pause, to_ms=at_ms),)
        return replace(self, pauses=(*self.pauses[:-1], *closed), due_ms=due_ms)

    def stopped(self, at_ms: int) -> "Clock":
        """The clock ended by the act it waited for; a clock already stopped stays as it was."""
        return self if self.stopped_ms is not None else replace(self, stopped_ms=at_ms)


def from_deadline(
    kind: str,
    started_ms: int,
    deadline: Deadline,
    *,
    ref: str = "",
    owner: str = "",
    pauses_on: tuple[str, ...] = (),
) -> Clock:
    """A clock that runs to a deadline and keeps its basis, articles, flags and explanation."""
    return Clock(
        kind=kind,
        basis=deadline.basis,
        started_ms=started_ms,
        due_ms=deadline.due_ms,
        ref=ref,
        owner=owner,
        pauses_on=pauses_on,
        articles=deadline.articles,
        flags=deadline.flags,
        steps=deadline.steps,
    )


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The pauses in order, overlapping ones joined under the first one's reason.

    ValueError when one ends before it begins.
    """
    joined: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.from_ms):
        if pause.to_ms is not None and pause.to_ms <= pause.from_ms:
            raise ValueError(
                f"a pause must end after it begins: {pause.from_ms} to {pause.to_ms} ({pause.reason})"
            )
        last = joined[-1] if joined else None
        if last and (last.to_ms is None or pause.from_ms < last.to_ms):
            ends = None if last.to_ms is None or pause.to_ms is None else max(last.to_ms, pause.to_ms)
            joined[-1] = replace(last, to_ms=ends)
        else:
            joined.append(pause)
    return tuple(joined)


def pause_all(clocks: Iterable[Clock], reason: str, at_ms: int) -> tuple[Clock, ...]:
    """Every clock, paused where `reason` pauses it; those of law and notice run on."""
    return tuple(clock.paused(reason, at_ms) if clock.pausable(reason, at_ms) else clock for clock in clocks)


def nearest(clocks: Iterable[Clock], now_ms: int) -> Clock | None:
    """The clock a queue orders by: the first to fall due of those neither stopped nor paused, else None."""
    live = [clock for clock in clocks if clock.stopped_ms is None and clock.state(now_ms) != "paused"]
    return min(
        (clock for clock in live if clock.due_ms is not None),
        key=lambda clock: (clock.due_ms, clock.kind),
        default=None,
    )
