"""Business hours: when a desk is open, and counting open time between instants."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta, tzinfo

from csdesk.domain.clocks.calendar import CalendarUnconfirmed, WorkingCalendar
from csdesk.domain.clocks.clock import Pause, merged
from csdesk.domain.clocks.days import MINUTE_MS, local_day, wall_ms
from csdesk.domain.clocks.explain import Step, step
from csdesk.domain.value import dataclass

# Minutes after the midnight that begins the day; an end past 1440 is on the next day (a shift over midnight).
Interval = tuple[int, int]

# A target that ten years of opening hours do not hold is never met: the search ends, whatever the hours are.
HORIZON_DAYS = 3_660
_DAY = timedelta(days=1)
_SHIFT = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Opening intervals by kind of day. `week` has seven entries, Monday first; () is closed.

    `makeup` are the hours of a make-up working day (补班), `holiday` those of a public holiday, `special`
    those of single dates, which win over all. A shift over midnight belongs to the day it begins on.
    ValueError for an interval that does not begin within its day or lasts less than a minute or over a day.
    """

    week: tuple[tuple[Interval, ...], ...]
    makeup: tuple[Interval, ...]
    holiday: tuple[Interval, ...] = ()
    special: tuple[tuple[date, tuple[Interval, ...]], ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"business hours need seven weekdays, Monday first, not {len(self.week)}")
        single = [intervals for _, intervals in self.special]
        for start, end in (one for day in (*self.week, self.makeup, self.holiday, *single) for one in day):
            if not (0 <= start < 1440 and start < end <= start + 1440):
                raise ValueError(
                    f"opening interval {start}-{end}: minutes begin at 0 to 1439 and last at most one day"
                )

    def intervals(self, day: date, calendar: WorkingCalendar) -> tuple[Interval, ...]:
        """The opening intervals that begin on `day`, in order."""
        for special, intervals in self.special:
            if special == day:
                return tuple(sorted(intervals))
        kind = calendar.day_type(day)
        by_kind = {"holiday": self.holiday, "makeup": self.makeup}
        found = by_kind.get(kind, self.week[day.weekday()])
        return tuple(sorted(found))

    @property
    def follows_calendar(self) -> bool:
        """Whether a holiday or a make-up day changes anything: not for a desk that never closes."""
        return any(day != self.holiday for day in (*self.week, self.makeup))


def office_hours(*intervals: Interval) -> BusinessHours:
    """Monday to Friday and make-up days at these hours; weekends and holidays closed."""
    return BusinessHours(week=(intervals,) * 5 + ((), ()), makeup=intervals)


def always_open() -> BusinessHours:
    """Round the clock, every day of the year."""
    return BusinessHours(week=(((0, 1440),),) * 7, makeup=((0, 1440),), holiday=((0, 1440),))


def interval(text: str) -> Interval:
    """`09:00-12:00` as minutes; an end at or before the start is on the next day (`22:00-06:00`)."""
    match = _SHIFT.fullmatch(text.strip())
    if match:
        h1, m1, h2, m2 = map(int, match.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if start < 1440 and end <= 1440:
            return (start, end if end > start else end + 1440)
    raise ValueError(f"opening hours {text!r}: write them as 09:00-12:00, with hours 00 to 24")


@dataclass(frozen=True, slots=True)
class BusinessDue:
    """When a number of business minutes is used up: `due_ms`, or None when the hours never hold so many."""

    due_ms: int | None
    flags: tuple[CalendarUnconfirmed, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """Opening hours on a calendar in a zone.

    Open time is real time: a night shift at the change to summer time lasts an hour less than the wall says.
    """

    hours: BusinessHours
    calendar: WorkingCalendar
    zone: tzinfo

    def spans(self, from_ms: int, to_ms: int) -> Iterator[tuple[int, int]]:
        """The open spans between two instants, in order, joined where shifts overlap, cut at both ends."""
        for _, opens, closes in self._days(from_ms, local_day(to_ms, self.zone)):
            if opens < min(closes, to_ms):
                yield opens, min(closes, to_ms)

    def elapsed_ms(self, from_ms: int, to_ms: int, pauses: Iterable[Pause] = ()) -> int:
        """Open time between two instants without the pauses (None lasts for ever); 0 if they run back."""
        breaks = merged(pauses)
        parts = (part for span in self.spans(from_ms, to_ms) for part in _parts(*span, breaks))
        return sum(end - start for start, end, pause in parts if pause is None)

    def add(self, from_ms: int, minutes: int, pauses: Iterable[Pause] = ()) -> BusinessDue:
        """The first instant at which so many open, unpaused minutes have passed; every pause must have ended.

        ValueError for negative minutes or a pause that still lasts.
        """
        return self.add_ms(from_ms, minutes * MINUTE_MS, pauses)

    def add_ms(self, from_ms: int, left: int, pauses: Iterable[Pause] = ()) -> BusinessDue:
        """As `add`, in milliseconds: for the exact rest of a clock that was paused in mid-minute."""
        breaks = merged(pauses)
        if left < 0:
            raise ValueError(f"business time must be 0 or more, not {left} ms")
        if breaks and breaks[-1].to_ms is None:
            raise ValueError(f"the pause since {breaks[-1].from_ms} still lasts, so no due time can be told")
        steps = [step("business_minutes_from", start=from_ms, minutes=left // MINUTE_MS)]
        due_ms = from_ms
        for told in self._walk(from_ms, breaks) if left else ():
            if isinstance(told, Step):
                steps.append(told)
                continue
            start, end = told
            due_ms = min(end, start + left)
            left -= due_ms - start
            minutes = (due_ms - start) // MINUTE_MS
            steps.append(step("open_counted", start=start, end=due_ms, minutes=minutes))
            if not left:
                break
        if left:
            return BusinessDue(None, (), (steps[0], step("not_open_long_enough", days=HORIZON_DAYS)))
        flags: tuple[CalendarUnconfirmed, ...] = ()
        if self.hours.follows_calendar:
            days = local_day(from_ms, self.zone), local_day(due_ms, self.zone)
            flags = self.calendar.unconfirmed_between(*days)
        steps.append(step("due_at", at=due_ms))
        steps += [step("calendar_unconfirmed", year=flag.year) for flag in flags]
        return BusinessDue(due_ms, flags, tuple(steps))

    def _walk(self, from_ms: int, breaks: tuple[Pause, ...]) -> Iterator[Step | tuple[int, int]]:
        """Open, unpaused parts from an instant on, and between them a step for every closed day and pause."""
        first = local_day(from_ms, self.zone)
        noted = first - _DAY
        for day, opens, closes in self._days(from_ms, first + _DAY * HORIZON_DAYS):
            while noted + _DAY < day:
                noted += _DAY
                if not self.hours.intervals(noted, self.calendar):
                    yield self._closed(noted)
            for start, end, pause in _parts(opens, closes, breaks):
                if pause:
                    yield step("paused", start=start, end=end, reason=pause.reason)
                else:
                    yield start, end

    def _days(self, from_ms: int, last: date) -> Iterator[tuple[date, int, int]]:
        """Day, opening and closing instant of every span after `from_ms`, of shifts that begin by `last`."""
        day = local_day(from_ms, self.zone) - _DAY  # yesterday's shift may run over midnight
        until = from_ms
        while day <= last:
            for start, end in self.hours.intervals(day, self.calendar):
                opens, closes = max(until, wall_ms(day, start, self.zone)), wall_ms(day, end, self.zone)
                if opens < closes:
                    until = closes
                    yield day, opens, closes
            day += _DAY

    def _closed(self, day: date) -> Step:
        kind = self.calendar.day_type(day)
        reason = kind if kind in ("weekend", "holiday") else "closed"
        return step("closed_day", day=day.isoformat(), reason=reason, name=self.calendar.name(day))


def _parts(opens: int, closes: int, breaks: tuple[Pause, ...]) -> Iterator[tuple[int, int, Pause | None]]:
    """An open span cut at the pauses: each part in order with the pause that covers it, or None."""
    for pause in breaks:
        start = max(opens, pause.from_ms)
        end = closes if pause.to_ms is None else min(closes, pause.to_ms)
        if start >= end:
            continue
        if opens < start:
            yield opens, start, None
        yield start, end, pause
        opens = end
    if opens < closes:
        yield opens, closes, None
