"""Day arithmetic: calendar days, working days, months, and the local midnights between them."""

import calendar as gregorian
from datetime import UTC, date, datetime, timedelta, tzinfo

from csdesk.domain.clocks.calendar import WorkingCalendar

MINUTE_MS = 60_000
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_day(at_ms: int, zone: tzinfo) -> date:
    """The calendar day on which the instant falls in `zone`; ValueError outside the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).date()
    except OverflowError:
        raise ValueError(f"the instant {at_ms} ms lies outside the years 1 to 9999") from None


def wall_ms(day: date, minutes: int, zone: tzinfo) -> int:
    """The instant at which the wall clock of `zone` shows `minutes` after the midnight that begins `day`.

    Minutes past 1440 fall on the next day. A time that the clock skips in spring is read with the offset
    before the change, one that it shows twice in autumn is the first (RFC 5545 §3.3.5).
    """
    on = day + timedelta(days=minutes // 1440)
    hour, minute = divmod(minutes % 1440, 60)
    moment = datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def midnight_ms(day: date, zone: tzinfo) -> int:
    """The instant at which `day` begins in `zone`, which is 24:00 of the day before."""
    return wall_ms(day, 0, zone)


def end_of_day_ms(day: date, zone: tzinfo) -> int:
    """24:00 of `day`: the first instant that no longer belongs to it (民法典§203(2))."""
    return midnight_ms(day + _DAY, zone)


def days_between(start: date, end: date) -> int:
    """Calendar days from `start` to `end`, the start day not counted (民法典§201)."""
    return (end - start).days


def add_months(day: date, months: int) -> date:
    """The corresponding day of the month `months` later or earlier, else its last day (民法典§202)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"{day} and {months} months lie outside the years 1 to 9999")
    return date(year, month0 + 1, min(day.day, gregorian.monthrange(year, month0 + 1)[1]))


def add_working_days(calendar: WorkingCalendar, day: date, count: int) -> date:
    """The `count`-th working day after `day` (before it when negative); `day` itself when count is 0."""
    towards = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += towards
        left -= calendar.is_working(day)
    return day


def working_days_between(calendar: WorkingCalendar, start: date, end: date) -> int:
    """Working days after `start` up to and with `end`; 0 when `end` is not later."""
    return sum(calendar.is_working(start + _DAY * n) for n in range(1, days_between(start, end) + 1))
