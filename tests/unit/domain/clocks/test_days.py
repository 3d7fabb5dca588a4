"""Laws of day arithmetic."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.clocks.days import (
    add_months,
    add_working_days,
    days_between,
    end_of_day_ms,
    local_day,
    midnight_ms,
    wall_ms,
    working_days_between,
)

DATES = st.dates(date(2004, 1, 1), date(2030, 12, 31))
ZONES = st.sampled_from(
    ["Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York", "Atlantic/Azores", "Asia/Taipei"]
).map(ZoneInfo)


@given(DATES, st.integers(0, 60), st.integers(0, 60))
def test_working_days_add_up(cn, day, first, second):
    there = add_working_days(cn, add_working_days(cn, day, first), second)
    assert there == add_working_days(cn, day, first + second)


@given(DATES, st.integers(1, 60))
def test_the_nth_working_day_is_worked_and_n_worked_days_away(cn, day, count):
    last = add_working_days(cn, day, count)
    assert cn.is_working(last)
    assert working_days_between(cn, day, last) == count


@given(DATES, st.integers(1, 60))
def test_counting_back_undoes_counting_on_from_a_working_day(cn, day, count):
    start = cn.next_working_day(day)
    assert add_working_days(cn, add_working_days(cn, start, count), -count) == start


@given(DATES, DATES, st.integers(0, 60))
def test_a_later_start_never_ends_earlier(cn, one, other, count):
    early, late = sorted((one, other))
    assert add_working_days(cn, early, count) <= add_working_days(cn, late, count)
    assert add_months(early, count) <= add_months(late, count)


@given(DATES, st.integers(-120, 120))
def test_a_month_ends_on_the_corresponding_day_or_on_its_last_civil_code_202(day, months):
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-02-28", 1, "2025-03-28"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
    ],
)
def test_month_ends_and_leap_days_civil_code_202(start, months, end):
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(end)


@given(DATES, ZONES)
def test_a_day_holds_its_first_and_last_instant_and_no_other(day, zone):
    first, past = midnight_ms(day, zone), end_of_day_ms(day, zone)
    assert local_day(first, zone) == local_day(past - 1, zone) == day
    assert local_day(first - 1, zone) == day - timedelta(days=1)
    assert local_day(past, zone) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Atlantic/Azores", "2026-03-29", 23),  # midnight itself is skipped there
    ],
)
def test_a_day_lasts_as_long_as_its_zone_says(zone, day, hours):
    on, place = date.fromisoformat(day), ZoneInfo(zone)
    assert end_of_day_ms(on, place) - midnight_ms(on, place) == hours * 3_600_000


def test_wall_time_past_midnight_is_on_the_next_day_and_a_skipped_one_is_read_as_before(shanghai):
    assert wall_ms(date(2026, 3, 2), 1440 + 360, shanghai) == wall_ms(date(2026, 3, 3), 360, shanghai)
    skipped = wall_ms(date(2026, 3, 29), 150, ZoneInfo("Europe/Berlin"))  # 02:30 does not exist
    assert skipped == int(datetime(2026, 3, 29, 1, 30, tzinfo=UTC).timestamp()) * 1000


def test_the_same_instant_is_two_days_in_two_zones(shanghai):
    instant = int(datetime(2026, 3, 2, 17, 30, tzinfo=UTC).timestamp()) * 1000
    assert (local_day(instant, UTC), local_day(instant, shanghai)) == (date(2026, 3, 2), date(2026, 3, 3))


@pytest.mark.parametrize("instant", [10**18, -(10**18), 10**30])
def test_an_instant_outside_the_calendar_is_refused(shanghai, instant):
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        local_day(instant, shanghai)


def test_the_start_day_is_not_counted_civil_code_201():
    assert days_between(date(2026, 3, 1), date(2026, 4, 1)) == 31
