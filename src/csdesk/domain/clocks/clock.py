"""The clock value, the only kind in the house: a deadline that runs, pauses, stops, and knows who set it."""

from collections.abc import Iterable
from typing import Literal

from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.span import Span
from csdesk.domain.value import dataclass, replace

Basis = Literal["law", "notice", "promise", "policy"]
ClockState = Literal["running", "paused", "met", "breached"]

# Waiting for anybody never stops what the law or an authority's letter has set.
UNPAUSABLE = ("law", "notice")
# A goal the desk sets itself for a VIP: shown and reported, but no queue orders by it, so that nobody's mark puts a
# case before one that the law has set a deadline for.
VIP_RESPONSE = "vip_response"


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count, from `from_ms` until before `to_ms` (None while it lasts), and why."""

    from_ms: int
    to_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a case. Instants are UTC ms; `due` is exclusive: breached from it on, so 24:00 is in time.

    `span` is how it was counted from `started`: enough to explain it again, step by step. `pauses_on` are the
    reasons that pause it, none for law and notice; a notice names the letter (`ref`) and who answers for it
    (`owner`). ValueError when these do not hold, or when pauses overlap or run backwards.
    """

    name: str
    basis: Basis
    started: int
    due: int
    articles: tuple[str, ...] = ()
    span: Span | None = None
    pauses_on: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    flags: tuple[CalendarUnconfirmed, ...] = ()
    ref: str = ""
    owner: str = ""
    stopped: int | None = None

    def __post_init__(self) -> None:
        if self.basis in UNPAUSABLE and (self.pauses or self.pauses_on):
            raise ValueError(f"clock {self.name}: a clock set by {self.basis} cannot be paused")
        if self.basis == "notice" and not (self.ref and self.owner):
            raise ValueError(f"clock {self.name}: a clock set by a letter names its reference and its owner")
        if self.pauses and merged(self.pauses) != self.pauses:
            raise ValueError(f"clock {self.name}: pauses must be in order and apart; join them with merged()")

    @property
    def article(self) -> str:
        """The articles it rests on, as one line."""
        return "; ".join(self.articles)

    @property
    def label(self) -> str:
        """What tells it from the other clocks of its case."""
        return labelled(self.name, self.ref)

    @property
    def open_pause(self) -> Pause | None:
        """The pause that still lasts, else None."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].to_ms is None else None

    def state(self, now_ms: int) -> ClockState:
        """Where the clock stands at `now_ms`: breached from `due` on, and for ever if stopped after it."""
        if self._stands_at(now_ms) >= self.due:
            return "breached"
        if self.stopped is not None:
            return "met"
        return "paused" if self.open_pause else "running"

    def remaining_ms(self, now_ms: int) -> int:
        """Time left (negative when overdue), frozen while paused or stopped."""
        return self.due - self._stands_at(now_ms)

    def percent_left(self, now_ms: int) -> int:
        """How much of the whole is left, 0 to 100, rounded down."""
        left, whole = self.remaining_ms(now_ms), self.due - self.started
        return 0 if left <= 0 or whole <= 0 else min(100, left * 100 // whole)

    def _stands_at(self, now_ms: int) -> int:
        pause = self.open_pause
        return pause.from_ms if pause else now_ms if self.stopped is None else self.stopped

    def pausable(self, reason: str, at_ms: int) -> bool:
        """Whether `reason` may pause it at that instant: it is one of its reasons, and the clock runs."""
        return reason in self.pauses_on and self.state(at_ms) == "running"

    def paused(self, reason: str, at_ms: int) -> "Clock":
        """The clock paused from `at_ms`; ValueError when `pausable` says no."""
        if not self.pausable(reason, at_ms):
            raise ValueError(
                f"clock {self.name}: {reason!r} does not pause it ({self.basis}, {self.state(at_ms)})"
            )
        return replace(self, pauses=(*self.pauses, Pause(at_ms, None, reason)))

    def resumed(self, at_ms: int) -> "Clock":
        """The clock running again, due later by the pause's length (`counting.resumed` counts anew instead).

        ValueError when it is not paused, or resumes before it paused.
        """
        pause = self.open_pause
        if pause is None or at_ms < pause.from_ms:
            raise ValueError(f"clock {self.name}: not paused at {at_ms}")
        closed = () if at_ms == pause.from_ms else (replace(pause, to_ms=at_ms),)
        return replace(self, pauses=(*self.pauses[:-1], *closed), due=self.due + at_ms - pause.from_ms)

    def ended(self, at_ms: int) -> "Clock":
        """The clock ended by the act it waited for; a clock already stopped stays as it was."""
        return self if self.stopped is not None else replace(self, stopped=at_ms)


def labelled(name: str, ref: str) -> str:
    """What tells a clock from the other clocks of its case: several letters may run at once."""
    return f"{name}/{ref}" if ref else name


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


def nearest(clocks: Iterable[Clock]) -> Clock | None:
    """The clock a queue orders by: the first to fall due of those neither stopped nor paused, else None.

    `VIP_RESPONSE` never is the one.
    """
    live = (
        clock
        for clock in clocks
        if clock.stopped is None and clock.open_pause is None and clock.name != VIP_RESPONSE
    )
    return min(live, key=in_order, default=None)


def in_order(clock: Clock) -> tuple[int, str]:
    """The order in which a case keeps its clocks: the first to fall due first."""
    return clock.due, clock.label
