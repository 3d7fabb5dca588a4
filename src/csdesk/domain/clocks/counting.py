"""Counting a clock: when it falls due, in whose calendar, around its pauses; and telling it again, step by step."""

from collections.abc import Iterable
from datetime import date, tzinfo
from functools import lru_cache

from csdesk.domain.clocks.calendar import CalendarUnconfirmed, WorkingCalendar
from csdesk.domain.clocks.clock import Clock, Pause
from csdesk.domain.clocks.days import MINUTE_MS, local_day
from csdesk.domain.clocks.deadline import Period, Unit, count_forward
from csdesk.domain.clocks.explain import Step, step
from csdesk.domain.clocks.span import Roll, Span
from csdesk.domain.clocks.times import Times
from csdesk.domain.value import dataclass, replace

# The units of days and longer, as a period of the law calls them.
_UNITS: dict[str, Unit] = {
    "days": "day",
    "workdays": "working_day",
    "weeks": "week",
    "months": "month",
    "years": "year",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """When a span has run: `due` (UTC ms, exclusive), what the answer leans on unconfirmed, and the arithmetic."""

    due: int
    flags: tuple[CalendarUnconfirmed, ...] = ()
    steps: tuple[Step, ...] = ()


def count(
    span: Span, started: int, times: Times, zone: tzinfo, pauses: Iterable[Pause] = ()
) -> Counted | None:
    """When `span` from `started` has run, without its ended pauses; None when the desk's hours never hold it.

    ValueError for a span that ends at a named day or instant: nothing is counted there.
    """
    ended = tuple(pause for pause in pauses if pause.to_ms is not None)
    if span.business and span.minutes is not None:
        found = times.business(zone).add(started, span.minutes, ended)
        return None if found.due_ms is None else Counted(found.due_ms, found.flags, found.steps)
    if span.minutes is not None:
        at = started + span.minutes * MINUTE_MS
        told = step("minutes_from_instant", start=started, minutes=span.minutes, at=at)
        return _later(Counted(at, (), (told,)), ended)
    if span.unit not in _UNITS:
        raise ValueError(f"a clock that ends at a {span.unit} counts nothing")
    day, calendar = local_day(started, zone), times.calendar(span)
    return _later(_days(span.count, _UNITS[span.unit], span.roll, day, zone, calendar), ended)


@lru_cache(maxsize=512)
def _days(count: int, unit: Unit, roll: Roll, day: date, zone: tzinfo, calendar: WorkingCalendar) -> Counted:
    """The same terms start on the same day in case after case: 15 µs the first time."""
    period = Period(count, unit, roll)
    deadline = count_forward(period, day, basis="policy", zone=zone, calendar=calendar)
    return Counted(deadline.due_ms, deadline.flags, deadline.steps)


def _later(counted: Counted, pauses: tuple[Pause, ...]) -> Counted:
    """The same, as much later as the pauses lasted."""
    if not pauses:
        return counted
    spent = [(pause.from_ms, pause.to_ms or pause.from_ms, pause.reason) for pause in pauses]
    due = counted.due + sum(end - start for start, end, _ in spent)
    told = (step("paused", start=start, end=end, reason=reason) for start, end, reason in spent)
    return Counted(due, counted.flags, (*counted.steps, *told, step("due_at", at=due)))


def resumed(clock: Clock, at_ms: int, times: Times, zone: tzinfo) -> Clock:
    """A paused clock running again: counted anew around its pauses, so that a business clock keeps its business time.

    ValueError when it is not paused at that instant.
    """
    again = clock.resumed(at_ms)
    counted = count(clock.span, clock.started, times, zone, again.pauses) if clock.span else None
    return again if counted is None else replace(again, due=counted.due, flags=counted.flags)


def explain(clock: Clock, times: Times, zone: tzinfo) -> tuple[Step, ...]:
    """How the clock came to its due time, in order; a calendar or hours that changed since are told as such."""
    unit = clock.span.unit if clock.span else "moment"
    if clock.span is None or unit == "moment":
        return (step("set_for", at=clock.due),)
    if unit == "stated":
        day = local_day(clock.due - 1, zone).isoformat()
        return (
            step("stated_by_letter", day=day),
            step("ends_at_midnight", day=day, zone=str(zone), at=clock.due),
        )
    counted = count(clock.span, clock.started, times, zone, clock.pauses)
    steps = counted.steps if counted else ()
    if counted is None or counted.due != clock.due:
        steps += (step("set_before", at=clock.due),)
    if clock.open_pause:
        steps += (step("paused_since", start=clock.open_pause.from_ms, reason=clock.open_pause.reason),)
    return steps
