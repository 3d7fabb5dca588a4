"""Every published year, day by day, against two packages, and deadlines against a calculation by hand."""

import json
from bisect import bisect_left, bisect_right
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from csdesk import resources
from csdesk.domain.clocks.days import add_working_days
from csdesk.domain.clocks.deadline import Period, count_forward

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def exceptions(package: str) -> dict[date, bool]:
    """The reviewed days on which a package is wrong, and whether they were worked."""
    listed = json.loads(resources.path("data/calendars/cn.json").read_text(encoding="utf-8"))["exceptions"]
    assert all(entry["source"] and entry["url"] for entry in listed)
    return {date.fromisoformat(e["date"]): not e["isOffDay"] for e in listed if e["wrong"] == package}


def worked_by(package: str) -> dict[date, bool]:
    china = holidays.country_holidays("CN", years=range(2003, 2028))
    asked = {"chinesecalendar": chinese_calendar.is_workday, "holidays": china.is_working_day}[package]
    return {day: bool(asked(day)) for day in DAYS}


@pytest.mark.parametrize("package", ["chinesecalendar", "holidays"])
def test_the_calendar_agrees_with_both_packages_but_for_the_reviewed_exceptions(cn, package):
    told = worked_by(package)
    differing = {day: cn.is_working(day) for day in DAYS if cn.is_working(day) != told[day]}
    assert differing == exceptions(package)


def test_every_year_that_chinesecalendar_knows_is_shipped(cn):
    known = {day.year for day in chinese_calendar.holidays}
    assert known == set(cn.notices), "run tools/calendars.py: chinesecalendar has another year"


@pytest.mark.parametrize("package", ["chinesecalendar", "holidays"])
def test_working_day_deadlines_equal_a_hand_calculation_over_all_published_years(cn, shanghai, package):
    worked = [day for day, on in (worked_by(package) | exceptions(package)).items() if on]
    for count in (1, 3, 7, 10, 15, 20, 45):
        for day in DAYS:
            by_hand = bisect_right(worked, day) + count - 1
            if by_hand < len(worked):
                assert add_working_days(cn, day, count) == worked[by_hand], (day, count)
    for day in DAYS[:-30]:  # the whole way to the instant, for the authority's seven working days
        due = count_forward(Period(7, "working_day"), day, basis="law", zone=shanghai, calendar=cn)
        assert due.rolled_day == worked[bisect_right(worked, day) + 6], day
        # China has kept UTC+8 since 1992, so 24:00 of a day is 16:00 UTC of the same day.
        assert due.due_ms == ((due.rolled_day - date(1970, 1, 1)).days * 24 + 16) * 3_600_000


@pytest.mark.parametrize("package", ["chinesecalendar", "holidays"])
def test_rolled_deadlines_equal_a_hand_calculation_over_all_published_years(cn, shanghai, package):
    worked = [day for day, on in (worked_by(package) | exceptions(package)).items() if on]
    for count in (7, 15, 60):
        period = Period(count, "day", roll="next_working_day")
        for day in DAYS[: -count - 1]:
            raw = day + timedelta(days=count)
            due = count_forward(period, day, basis="law", zone=shanghai, calendar=cn)
            by_hand = worked[bisect_left(worked, raw)]
            assert (due.raw_day, due.rolled_day) == (raw, by_hand), (day, count)
