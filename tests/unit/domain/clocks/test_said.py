"""Periods, days and times as people write them, and the opening hours of a desk."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.clocks.hours import BusinessTime
from csdesk.domain.clocks.openings import opening_hours
from csdesk.domain.clocks.said import said_day, said_moment, said_span
from csdesk.domain.clocks.span import Span

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("7个工作日", Span(7, "workdays")),
        ("7 工作日内", Span(7, "workdays")),
        ("7 working days", Span(7, "workdays")),
        ("15日", Span(15, "days")),
        ("15 天以内", Span(15, "days")),
        ("1个月", Span(1, "months")),
        ("2 Weeks", Span(2, "weeks")),
        ("24小时", Span(24, "hours")),
    ],
)
def test_a_period_is_read_in_both_languages(text, span):
    assert said_span(text) == span


@pytest.mark.parametrize("text", ["", "尽快", "日", "-3日", "7", "2026-12-01", "３日 内"])
def test_what_is_no_period_is_none(text):
    assert said_span(text) is None


def test_a_period_of_nothing_is_refused():
    with pytest.raises(ValueError, match="0日"):
        said_span("0日")


@pytest.mark.parametrize("text", ["2026-12-01", "2026/12/1", "2026年12月1日", "12月1日", "12-01"])
def test_a_day_is_read_as_it_is_written(text):
    assert said_day(text, TODAY) == date(2026, 12, 1)


@pytest.mark.parametrize("text", ["2026-02-30", "13-01", "明天", "2026-12"])
def test_what_is_no_day_is_none(text):
    assert said_day(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15:00", "2026-11-02T15:00"),
        ("15：30", "2026-11-02T15:30"),
        ("明天 9:05", "2026-11-03T09:05"),
        ("后天10:00", "2026-11-04T10:00"),
        ("tomorrow 10:00", "2026-11-03T10:00"),
        ("2026-12-01 15:00", "2026-12-01T15:00"),
        ("2026-12-01T15:00", "2026-12-01T15:00"),
        ("12月1日 15:00", "2026-12-01T15:00"),
    ],
)
def test_a_time_is_read_from_now_on_in_the_desks_zone(shanghai, at, text, moment):
    assert said_moment(text, at("2026-11-02T10:00"), shanghai) == at(moment)


@pytest.mark.parametrize("text", ["", "15", "24:00", "15:60", "下午三点", "2026-02-30 10:00"])
def test_what_is_no_time_is_none(shanghai, at, text):
    assert said_moment(text, at("2026-11-02T10:00"), shanghai) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text):
    from zoneinfo import ZoneInfo

    said_day(text, TODAY)
    said_moment(text, 1_770_000_000_000, ZoneInfo("Asia/Shanghai"))


def test_hours_are_several_a_day_over_midnight_and_by_the_kind_of_day(cn, shanghai):
    hours = opening_hours(
        "Mon-Fri 09:00-12:00 13:30-18:00; 周六,Sun 22:00-06:00; holiday 10:00-16:00; 2026-12-31 09:00-12:00"
    )
    office = BusinessTime(hours, cn, shanghai)
    told = {
        "2026-11-02": ((540, 720), (810, 1080)),
        "2026-11-07": ((1320, 1800),),
        "2026-10-01": ((600, 960),),
        "2026-10-10": ((540, 720), (810, 1080)),  # a Saturday worked for the holiday: Monday's hours
        "2026-12-31": ((540, 720),),
    }
    assert {day: office.hours.intervals(date.fromisoformat(day), cn) for day in told} == told


def test_make_up_days_and_single_days_may_be_closed(cn):
    hours = opening_hours("daily 09:00-18:00; makeup closed; 2026-11-11 休")
    assert hours.intervals(date(2026, 10, 10), cn) == ()
    assert hours.intervals(date(2026, 11, 11), cn) == ()
    assert hours.intervals(date(2026, 11, 8), cn) == ((540, 1080),)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Mon-Fri 9-12", "Mon-Fri 9-12"),
        ("Mon-Fri 09:00-18:00; Satur 09:00-18:00", "Satur 09:00-18:00"),
        ("Mon-Fri", "Mon-Fri"),
        ("holiday 10:00-16:00", "holiday 10:00-16:00"),
        ("Mon-Wed-Fri 09:00-18:00", "Mon-Wed-Fri 09:00-18:00"),
    ],
)
def test_hours_that_cannot_be_read_are_named(text, part):
    with pytest.raises(ValueError) as wrong:
        opening_hours(text)
    assert wrong.value.args == (part,)
