"""Deadlines: a period counted from a day, rolled where the law says so, explained step by step."""

from collections.abc import Iterator
from datetime import date, timedelta, tzinfo
from typing import Literal, get_args

from csdesk.domain.clocks.calendar import CalendarUnconfirmed, WorkingCalendar
from csdesk.domain.clocks.clock import Basis as Basis  # noqa: PLC0414 - whoever counts names it too
from csdesk.domain.clocks.days import (
    MINUTE_MS,
    add_months,
    add_working_days,
    end_of_day_ms,
    local_day,
    working_days_between,
)
from csdesk.domain.clocks.explain import Step, step
from csdesk.domain.clocks.span import LONGEST, Roll
from csdesk.domain.value import dataclass

Unit = Literal["day", "working_day", "week", "month", "year"]
_UNITS, _ROLLS = get_args(Unit), get_args(Roll)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, working days, weeks, months or years, and what happens when the last day is a day off.

    roll: `next_working_day` (民法典§203(1), Taiwan 民法§122), `eu_1182_71` (art. 3(4), (5) of that
    regulation) or `none`. ValueError for a count outside 0..36525 or an unknown unit or roll.
    """

    count: int
    unit: Unit
    roll: Roll = "none"

    def __post_init__(self) -> None:
        if not 0 <= self.count <= LONGEST:
            raise ValueError(f"a period counts 0 to {LONGEST} {self.unit}s, not {self.count}")
        if self.unit not in _UNITS:
            raise ValueError(f"unknown unit of a period: {self.unit!r}; use one of {', '.join(_UNITS)}")
        if self.roll not in _ROLLS:
            raise ValueError(f"unknown roll rule: {self.roll!r}; use one of {', '.join(_ROLLS)}")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last moment to act. `due_ms` is exclusive: in time before it, breached from it on.

    `raw_day` is the last day as counted, `rolled_day` the last that binds; they differ when it was rolled.
    """

    due_ms: int
    raw_day: date
    rolled_day: date
    basis: Basis
    articles: tuple[str, ...] = ()
    flags: tuple[CalendarUnconfirmed, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def rolled(self) -> bool:
        """Whether a day off moved the last day."""
        return self.raw_day != self.rolled_day

    @property
    def first_day_past(self) -> date:
        """The first day on which it is too late ("more than 15 days": 处罚办法§9)."""
        return self.rolled_day + _DAY

    def in_time(self, at_ms: int) -> bool:
        """Whether something done at that instant is in time."""
        return at_ms < self.due_ms


def count_forward(
    period: Period,
    start: date,
    *,
    basis: Basis,
    zone: tzinfo,
    calendar: WorkingCalendar,
    articles: tuple[str, ...] = (),
    excluded_days: int = 0,
) -> Deadline:
    """The deadline `period` after the day `start`, not counting it; the last day ends at 24:00 in `zone`.

    `excluded_days` are calendar days that do not count (repair: 条例§18; appraisal: 条例§46(3)); they follow
    the period. ValueError when they are negative or the end lies after the year 9999.
    """
    if not 0 <= excluded_days <= LONGEST:
        raise ValueError(f"excluded days must be 0 to {LONGEST}, not {excluded_days}")
    try:
        counted = _shift(period, start, 1, calendar)
        raw = counted + _DAY * excluded_days
        last = _roll(period, start, raw, calendar)
        due_ms = end_of_day_ms(last, zone)
    except OverflowError:
        raise ValueError(f"{period.count} {period.unit}s after {start} end after the year 9999") from None
    flags = _flags(period, (start + _DAY, counted), (raw, last), calendar)
    steps = [
        step("start_day_not_counted", day=start.isoformat()),
        *_skipped(period, start, counted, calendar),
    ]
    steps.append(step("counted", count=period.count, unit=period.unit, last=counted.isoformat()))
    if wanted := _missing_day(period, start, counted):
        steps.append(step("no_corresponding_day", wanted=wanted, last=counted.isoformat()))
    if excluded_days:
        steps.append(step("time_excluded", days=excluded_days, last=raw.isoformat()))
    if last != raw:
        steps.append(_rolled(raw, last, calendar))
    steps += _ending(last, due_ms, zone, flags)
    return Deadline(due_ms, raw, last, basis, articles, flags, tuple(steps))


def count_back(
    period: Period,
    event: date,
    *,
    basis: Basis,
    zone: tzinfo,
    calendar: WorkingCalendar,
    articles: tuple[str, ...] = (),
) -> Deadline:
    """The last day to do what must be done `period` before the day `event` (电子商务法§16: 30 days).

    The event's day is not counted, and `period.roll` does not apply: neither 民法典§203 nor Regulation
    1182/71 art. 3(4) rolls a period that runs backwards. ValueError when it would end before the year 1.
    """
    try:
        last = _shift(period, event, -1, calendar)
        due_ms = end_of_day_ms(last, zone)
        skipped = tuple(_skipped(period, last - _DAY, event - _DAY, calendar))
    except OverflowError:
        raise ValueError(
            f"{period.count} {period.unit}s before {event} lie outside the years 1 to 9999"
        ) from None
    counted = period.unit == "working_day" and period.count > 0
    flags = calendar.unconfirmed_between(last, event - _DAY) if counted else ()
    steps = [step("event_day_not_counted", day=event.isoformat()), *skipped]
    steps.append(step("counted_back", count=period.count, unit=period.unit, last=last.isoformat()))
    if wanted := _missing_day(period, event, last):
        steps.append(step("no_corresponding_day", wanted=wanted, last=last.isoformat()))
    steps += _ending(last, due_ms, zone, flags)
    return Deadline(due_ms, last, last, basis, articles, flags, tuple(steps))


def count_minutes(
    start_ms: int, minutes: int, *, basis: Basis, zone: tzinfo, articles: tuple[str, ...] = ()
) -> Deadline:
    """A deadline in minutes from the instant itself, through nights and days off (民法典§201(2))."""
    if not 0 <= minutes <= LONGEST * 1440:
        raise ValueError(f"a deadline counts 0 to {LONGEST * 1440} minutes, not {minutes}")
    due_ms = start_ms + minutes * MINUTE_MS
    day = local_day(due_ms - 1, zone)
    steps = (step("minutes_from_instant", start=start_ms, minutes=minutes, at=due_ms),)
    return Deadline(due_ms, day, day, basis, articles, (), steps)


def stated(day: date, *, zone: tzinfo, basis: Basis = "notice", articles: tuple[str, ...] = ()) -> Deadline:
    """A deadline that a letter or a promise names by its last day; nothing is counted and nothing rolls."""
    due_ms = end_of_day_ms(day, zone)
    steps = (step("stated_by_letter", day=day.isoformat()), *_ending(day, due_ms, zone, ()))
    return Deadline(due_ms, day, day, basis, articles, (), steps)


def _shift(period: Period, day: date, towards: int, calendar: WorkingCalendar) -> date:
    match period.unit:
        case "day":
            return day + _DAY * (period.count * towards)
        case "week":
            return day + _DAY * (7 * period.count * towards)
        case "working_day":
            return add_working_days(calendar, day, period.count * towards)
        case "month":
            return add_months(day, period.count * towards)
        case "year":
            return add_months(day, 12 * period.count * towards)


def _roll(period: Period, start: date, last: date, calendar: WorkingCalendar) -> date:
    if period.roll == "none":
        return last
    length = (last - start).days
    last = calendar.next_working_day(last)
    # Art. 3(5): a period of two days or more holds at least two working days, which three weeks always do.
    if period.roll == "eu_1182_71" and 2 <= length < 21:
        while working_days_between(calendar, start, last) < 2:
            last = calendar.next_working_day(last + _DAY)
    return last


def _rolled(raw: date, last: date, calendar: WorkingCalendar) -> Step:
    reason = "two_working_days" if calendar.is_working(raw) else calendar.day_type(raw)
    return step("rolled", day=raw.isoformat(), to=last.isoformat(), reason=reason, name=calendar.name(raw))


def _missing_day(period: Period, start: date, counted: date) -> str:
    """The day 2027-02-31 that a month or year ends on by number and that its month lacks, or ""."""
    if period.unit not in ("month", "year") or counted.day == start.day:
        return ""
    return f"{counted.year:04}-{counted.month:02}-{start.day:02}"


def _skipped(period: Period, start: date, last: date, calendar: WorkingCalendar) -> Iterator[Step]:
    """For working days: each stretch of days off, and each make-up day, after `start` up to `last`."""
    if period.unit != "working_day":
        return
    stretch: list[date] = []
    for n in range(1, (last - start).days + 1):
        day = start + _DAY * n
        if not calendar.is_working(day):
            stretch.append(day)
            continue
        if stretch:
            yield _stretch(stretch, calendar)
            stretch = []
        if calendar.day_type(day) == "makeup":
            yield step("makeup_day_counted", day=day.isoformat(), name=calendar.name(day))
    if stretch:
        yield _stretch(stretch, calendar)


def _stretch(days: list[date], calendar: WorkingCalendar) -> Step:
    holiday = next((day for day in days if calendar.day_type(day) == "holiday"), None)
    return step(
        "days_skipped",
        first=days[0].isoformat(),
        last=days[-1].isoformat(),
        reason="holiday" if holiday else "weekend",
        name=calendar.name(holiday) if holiday else "",
    )


def _flags(
    period: Period, counted: tuple[date, date], rolled: tuple[date, date], calendar: WorkingCalendar
) -> tuple[CalendarUnconfirmed, ...]:
    """The unpublished years the answer leans on: in the working days counted, in the days rolled over."""
    flags: set[CalendarUnconfirmed] = set()
    if period.unit == "working_day" and period.count:
        flags.update(calendar.unconfirmed_between(*counted))
    if period.roll != "none":
        flags.update(calendar.unconfirmed_between(*rolled))
    return tuple(sorted(flags, key=lambda flag: flag.year))


def _ending(last: date, due_ms: int, zone: tzinfo, flags: tuple[CalendarUnconfirmed, ...]) -> Iterator[Step]:
    yield step("ends_at_midnight", day=last.isoformat(), zone=str(zone), at=due_ms)
    for flag in flags:
        yield step("calendar_unconfirmed", year=flag.year)
