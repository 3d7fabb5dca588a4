"""Business hours: several intervals a day, shifts over midnight, holidays, make-up days, pauses, DST."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.clock import Pause
from csdesk.domain.clocks.explain import STEP_ARGS
from csdesk.domain.clocks.hours import (
    BusinessHours,
    BusinessTime,
    always_open,
    interval,
    office_hours,
)

MINUTE = 60_000
OFFICE = office_hours((540, 720), (810, 1080))  # 09:00-12:00 and 13:30-18:00
NIGHT = BusinessHours(week=(((1320, 1800),),) * 7, makeup=((1320, 1800),))  # 22:00-06:00


@pytest.fixture(scope="module")
def office(cn, shanghai):
    return BusinessTime(OFFICE, cn, shanghai)


@pytest.fixture(scope="module")
def night(cn, shanghai):
    return BusinessTime(NIGHT, cn, shanghai)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-03-02T09:00", 60, "2026-03-02T10:00"),
        ("2026-03-02T07:00", 60, "2026-03-02T10:00"),  # before opening
        ("2026-03-02T11:30", 60, "2026-03-02T14:00"),  # over lunch
        ("2026-03-02T12:15", 1, "2026-03-02T13:31"),  # in lunch
        ("2026-03-02T09:00", 450, "2026-03-02T18:00"),  # a whole day ends at closing, not at the next opening
        ("2026-03-02T09:00", 451, "2026-03-03T09:01"),
        ("2026-03-06T17:30", 60, "2026-03-09T09:30"),  # over a weekend
        ("2026-03-07T10:00", 60, "2026-03-09T10:00"),  # on a Saturday
        ("2026-02-13T17:30", 60, "2026-02-14T09:30"),  # 14 February is a Saturday that is worked
        ("2026-02-14T17:30", 60, "2026-02-24T09:30"),  # then the Spring Festival
        ("2026-03-02T09:00:30.250", 1, "2026-03-02T09:01:30.250"),  # no minute is cut off
        ("2026-03-07T10:00", 0, "2026-03-07T10:00"),
    ],
)
def test_business_minutes_after_an_instant(office, at, start, minutes, due):
    assert office.add(at(start), minutes).due_ms == at(due)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-03-02T23:00", 120, "2026-03-03T01:00"),
        ("2026-03-02T03:00", 60, "2026-03-02T04:00"),  # still yesterday's shift
        ("2026-03-02T05:30", 60, "2026-03-02T22:30"),
        (
            "2026-02-15T05:30",
            60,
            "2026-02-24T22:30",
        ),  # the 14th's shift ends in the holiday that closes the next
    ],
)
def test_a_shift_over_midnight_belongs_to_the_day_it_begins_on(night, at, start, minutes, due):
    assert night.add(at(start), minutes).due_ms == at(due)


def test_overlapping_shifts_count_each_minute_once(cn, shanghai, at):
    hours = BusinessHours(week=(((480, 1020), (960, 1440)),) * 7, makeup=())
    time = BusinessTime(hours, cn, shanghai)
    assert time.elapsed_ms(at("2026-03-02T00:00"), at("2026-03-03T00:00")) == 960 * MINUTE


def test_single_dates_win_over_week_and_holiday(cn, shanghai, at):
    special = ((date(2026, 11, 11), ((0, 1440),)), (date(2026, 3, 3), ()), (date(2026, 10, 1), ((600, 660),)))
    time = BusinessTime(replace(OFFICE, special=special), cn, shanghai)

    def open_minutes(day):
        return time.elapsed_ms(at(f"{day}T00:00"), at(f"{day}T23:59:59.999") + 1) // MINUTE

    assert [open_minutes(day) for day in ("2026-11-11", "2026-03-03", "2026-10-01", "2026-03-04")] == [
        1440,
        0,
        60,
        450,
    ]


def test_holiday_hours_keep_a_desk_open_that_works_on_holidays(cn, shanghai, at):
    time = BusinessTime(replace(OFFICE, holiday=((600, 720),)), cn, shanghai)
    assert time.add(at("2026-02-17T08:00"), 60).due_ms == at("2026-02-17T11:00")


def test_a_night_shift_loses_an_hour_when_summer_time_begins_and_gains_it_back(cn):
    time = BusinessTime(NIGHT, cn, ZoneInfo("Europe/Berlin"))

    def shift(month, day):
        begin = datetime(2026, month, day, 12, tzinfo=UTC)
        stop = begin + timedelta(days=1)
        return time.elapsed_ms(int(begin.timestamp()) * 1000, int(stop.timestamp()) * 1000) // MINUTE

    assert [shift(3, 20), shift(3, 28), shift(10, 24)] == [480, 420, 540]


def test_the_wall_clock_opens_the_desk_across_summer_time(cn):
    time = BusinessTime(OFFICE, cn, ZoneInfo("America/New_York"))
    friday = datetime(2026, 3, 6, 17, 59, tzinfo=ZoneInfo("America/New_York"))
    monday = datetime(2026, 3, 9, 9, 1, tzinfo=ZoneInfo("America/New_York"))
    assert time.add(int(friday.timestamp()) * 1000, 2).due_ms == int(monday.timestamp()) * 1000


def test_a_desk_that_is_never_open_has_no_due_time_and_the_search_ends(cn, shanghai, at):
    closed = BusinessTime(BusinessHours(week=((),) * 7, makeup=()), cn, shanghai)
    due = closed.add(at("2026-03-02T09:00"), 1)
    assert due.due_ms is None
    assert [step.code for step in due.steps] == ["business_minutes_from", "not_open_long_enough"]
    assert closed.add(at("2026-03-02T09:00"), 0).due_ms == at("2026-03-02T09:00")
    assert closed.elapsed_ms(at("2026-03-02T09:00"), at("2026-04-02T09:00")) == 0


def test_a_desk_open_only_on_make_up_days_finds_the_next_one_and_ends_after_the_last(cn, shanghai, at):
    time = BusinessTime(BusinessHours(week=((),) * 7, makeup=((540, 600),)), cn, shanghai)
    assert time.add(at("2026-03-02T09:00"), 60).due_ms == at("2026-05-09T10:00")
    assert time.add(at("2026-03-02T09:00"), 10_000).due_ms is None


def test_hours_that_follow_the_calendar_are_flagged_in_an_unpublished_year(office, cn, shanghai, at):
    assert office.add(at("2027-03-01T09:00"), 60).flags == (CalendarUnconfirmed(2027),)
    assert office.add(at("2026-03-02T09:00"), 60).flags == ()
    day_and_night = BusinessTime(always_open(), cn, shanghai)
    assert day_and_night.add(at("2027-03-01T09:00"), 60).flags == ()
    assert day_and_night.add(at("2026-02-16T23:30"), 60).due_ms == at("2026-02-17T00:30")


def test_a_pause_moves_the_due_time_by_its_open_part_only(office, at):
    lunch = Pause(at("2026-03-02T11:00"), at("2026-03-02T14:00"), "waiting_customer")
    assert office.add(at("2026-03-02T09:00"), 240, [lunch]).due_ms == at("2026-03-02T16:00")
    overnight = Pause(at("2026-03-02T18:00"), at("2026-03-03T09:00"), "waiting_customer")
    assert office.add(at("2026-03-02T17:00"), 120, [overnight]).due_ms == at("2026-03-03T10:00")


def test_an_unfinished_pause_has_no_due_time(office, at):
    with pytest.raises(ValueError, match="still lasts"):
        office.add(at("2026-03-02T09:00"), 60, [Pause(at("2026-03-02T09:10"))])
    with pytest.raises(ValueError, match="business time must be 0 or more"):
        office.add(at("2026-03-02T09:00"), -1)


def test_every_minute_counted_and_skipped_is_explained(office, at):
    pause = Pause(at("2026-03-06T17:00"), at("2026-03-06T17:30"), "waiting_customer")
    due = office.add(at("2026-03-06T16:00"), 120, [pause])
    assert [(step.code, *dict(step.args).values()) for step in due.steps] == [
        ("business_minutes_from", at("2026-03-06T16:00"), 120),
        ("open_counted", at("2026-03-06T16:00"), at("2026-03-06T17:00"), 60),
        ("paused", at("2026-03-06T17:00"), at("2026-03-06T17:30"), "waiting_customer"),
        ("open_counted", at("2026-03-06T17:30"), at("2026-03-06T18:00"), 30),
        ("closed_day", "2026-03-07", "weekend", ""),
        ("closed_day", "2026-03-08", "weekend", ""),
        ("open_counted", at("2026-03-09T09:00"), at("2026-03-09T09:30"), 30),
        ("due_at", at("2026-03-09T09:30")),
    ]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("09:00-12:00", (540, 720)),
        (" 22:00-06:00 ", (1320, 1800)),
        ("00:00-24:00", (0, 1440)),
        ("08:00-08:00", (480, 1920)),
    ],
)
def test_intervals_are_read_as_people_write_them(text, minutes):
    assert interval(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "9-12", "09:00–12:00", "24:00-06:00", "09:60-10:00", "09:00-24:30", "٠٩:٠٠-١٢:٠٠"]
)
def test_an_unreadable_interval_is_refused(text):
    with pytest.raises(ValueError, match="write them as 09:00-12:00"):
        interval(text)


@pytest.mark.parametrize("bad", [(-1, 60), (1440, 1500), (600, 600), (600, 500), (600, 2041)])
def test_an_interval_outside_its_day_is_refused(bad):
    with pytest.raises(ValueError, match="opening interval"):
        office_hours(bad)
    with pytest.raises(ValueError, match="seven weekdays"):
        BusinessHours(week=((),) * 6, makeup=())


# --- laws ---

INTERVALS = st.lists(
    st.builds(lambda start, length: (start, start + length), st.integers(0, 1439), st.integers(1, 1440)),
    max_size=3,
).map(tuple)
HOURS = st.builds(BusinessHours, week=st.tuples(*[INTERVALS] * 7), makeup=INTERVALS, holiday=INTERVALS)
# Around the Spring Festival of 2026: a make-up Saturday, nine days off, another make-up Saturday.
NEAR = 1_770_900_000_000
INSTANTS = st.integers(NEAR, NEAR + 12 * 1440 * MINUTE)
PAUSES = st.lists(
    st.builds(
        lambda start, length: Pause(start, start + length, "w"), INSTANTS, st.integers(1, 3000 * MINUTE)
    ),
    max_size=3,
)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]).map(ZoneInfo)


@given(hours=HOURS, zone=ZONES, start=INSTANTS, minutes=st.integers(0, 3000), pauses=PAUSES)
@settings(max_examples=60, deadline=None)
def test_the_due_time_is_the_first_instant_with_the_target_elapsed(cn, hours, zone, start, minutes, pauses):
    time = BusinessTime(hours, cn, zone)
    due = time.add(start, minutes, pauses)
    if due.due_ms is None:
        return
    assert time.elapsed_ms(start, due.due_ms, pauses) == minutes * MINUTE
    assert not minutes or time.elapsed_ms(start, due.due_ms - 1, pauses) == minutes * MINUTE - 1
    told = [dict(step.args) for step in due.steps if step.code == "open_counted"]
    counted = sum(int(part["end"]) - int(part["start"]) for part in told)
    assert counted == minutes * MINUTE
    assert all(tuple(name for name, _ in step.args) == STEP_ARGS[step.code] for step in due.steps)


@given(hours=HOURS, zone=ZONES, instants=st.tuples(INSTANTS, INSTANTS, INSTANTS), pauses=PAUSES)
@settings(max_examples=100, deadline=None)
def test_elapsed_time_adds_up_and_never_exceeds_the_wall(cn, hours, zone, instants, pauses):
    time = BusinessTime(hours, cn, zone)
    first, middle, last = sorted(instants)
    whole = time.elapsed_ms(first, last, pauses)
    assert whole == time.elapsed_ms(first, middle, pauses) + time.elapsed_ms(middle, last, pauses)
    assert 0 <= whole <= last - first
    assert whole <= time.elapsed_ms(first, last)
    assert time.elapsed_ms(last, first, pauses) == 0


@given(hours=HOURS, start=INSTANTS, one=st.integers(0, 900), two=st.integers(0, 900))
@settings(max_examples=60, deadline=None)
def test_more_minutes_or_a_later_start_are_never_due_earlier(cn, shanghai, hours, start, one, two):
    time = BusinessTime(hours, cn, shanghai)
    early, late = time.add(start, min(one, two)).due_ms, time.add(start, max(one, two)).due_ms
    later = time.add(start + 60 * MINUTE, min(one, two)).due_ms
    assert late is None or (early is not None and early <= late)
    assert later is None or (early is not None and early <= later)


@given(hours=HOURS, start=INSTANTS, length=st.integers(0, 2 * 1440))
@settings(max_examples=25, deadline=None)
def test_elapsed_time_equals_a_count_of_every_minute(cn, shanghai, hours, start, length):
    """By hand: walk the minutes of the wall clock and ask of each whether some shift is on."""
    start -= start % MINUTE
    time = BusinessTime(hours, cn, shanghai)

    def is_open(moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        today, yesterday = moment.date(), moment.date() - timedelta(days=1)
        return any(a <= minute < b for a, b in hours.intervals(today, cn)) or any(
            a <= minute + 1440 < b for a, b in hours.intervals(yesterday, cn)
        )

    first = datetime.fromtimestamp(start / 1000, shanghai)
    by_hand = sum(is_open(first + timedelta(minutes=n)) for n in range(length))
    assert time.elapsed_ms(start, start + length * MINUTE) == by_hand * MINUTE
