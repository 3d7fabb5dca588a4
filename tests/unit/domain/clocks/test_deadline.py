"""Deadlines at their boundaries, each with the article it comes from."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.desk.law.calendars import load_calendar
from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.deadline import (
    Period,
    count_back,
    count_forward,
    count_minutes,
    stated,
)
from csdesk.domain.clocks.explain import STEP_ARGS


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture(scope="module")
def forward(cn, shanghai):
    def count(start, number, unit="day", roll="none", **more):
        given = {"basis": "law", "zone": shanghai, "calendar": cn} | more
        return count_forward(Period(number, unit, roll), day(start), **given)

    return count


@pytest.fixture(scope="module")
def back(cn, shanghai):
    def count(event, number, unit="day"):
        return count_back(Period(number, unit), day(event), basis="law", zone=shanghai, calendar=cn)

    return count


def codes(deadline):
    return [step.code for step in deadline.steps]


# --- the worked examples of the domain: last days as a lawyer counts them ---


@pytest.mark.parametrize(
    ("article", "start", "number", "unit", "last"),
    [
        ("消法§25(3) refund", "2026-03-12", 7, "day", "2026-03-19"),
        ("快递暂行条例§28 reply", "2026-03-02", 7, "day", "2026-03-09"),
        ("电子商务法§31 records", "2026-03-02", 3, "year", "2029-03-02"),
        ("条例§46(2) acceptance, 2026-01-04 worked", "2025-12-30", 7, "working_day", "2026-01-09"),
        ("家用汽车三包§28 reply over 1 May", "2026-04-20", 10, "working_day", "2026-05-07"),
        ("家用汽车三包§28 done, 2026-05-09 worked", "2026-04-20", 20, "working_day", "2026-05-20"),
        ("网络交易监督管理办法§30", "2024-06-03", 1, "working_day", "2024-06-04"),
        ("网络交易监督管理办法§26 over Dragon Boat", "2024-06-06", 7, "working_day", "2024-06-18"),
        ("网络交易监督管理办法§24(1)", "2024-06-03", 6, "month", "2024-12-03"),
        ("PIPL§50 by the App rule", "2026-03-02", 15, "working_day", "2026-03-23"),
        ("海关总署公告2020年第45号 apply", "2026-03-02", 30, "day", "2026-04-01"),
        ("海关总署公告2020年第45号 goods back", "2026-03-02", 45, "day", "2026-04-16"),
        ("消法§23(3) burden", "2025-08-04", 6, "month", "2026-02-04"),
        ("条例§18 warranty", "2026-03-08", 12, "month", "2027-03-08"),
        ("weeks", "2026-03-02", 2, "week", "2026-03-16"),
    ],
)
def test_the_last_day_is_the_one_counted_by_hand(forward, article, start, number, unit, last):
    assert forward(start, number, unit).raw_day == day(last), article


def test_appraisal_time_does_not_count_consumer_regulation_46(forward):
    due = forward("2026-05-11", 60, excluded_days=14)
    assert due.rolled_day == day("2026-07-24")
    assert "time_excluded" in codes(due)


def test_repair_time_does_not_count_consumer_regulation_18(forward):
    assert forward("2026-01-10", 12, "month", excluded_days=18).raw_day == day("2027-01-28")


def test_deemed_refusal_begins_after_more_than_15_days_penalty_measures_9(forward):
    assert forward("2026-03-12", 15).first_day_past == day("2026-03-28")


@pytest.mark.parametrize("limit", [30, 60, 90])
def test_exactly_n_days_is_not_more_than_n_days_three_guarantees(forward, at, limit):
    sent = day("2026-03-01")
    due = forward("2026-03-01", limit)
    assert due.in_time(at(f"{sent + timedelta(days=limit)}T23:59:59.999"))
    assert not due.in_time(at(f"{sent + timedelta(days=limit + 1)}T00:00:00"))


def test_thirty_days_before_an_event_ecommerce_law_16(back, at):
    due = back("2026-04-30", 30)
    assert due.rolled_day == due.raw_day == day("2026-03-31")
    assert due.due_ms == at("2026-04-01T00:00")
    assert codes(due) == ["event_day_not_counted", "counted_back", "ends_at_midnight"]


def test_working_days_before_an_event_skip_holidays_and_count_make_up_days(back):
    due = back("2026-05-11", 3, "working_day")
    assert due.rolled_day == day("2026-05-07")  # 9 (Saturday, worked), 8, 7 May
    assert "makeup_day_counted" in codes(due)
    assert back("2026-05-06", 1, "working_day").rolled_day == day("2026-04-30")
    assert back("2026-03-31", 1, "month").rolled_day == day("2026-02-28")


# --- the boundary second ---


def test_the_last_second_of_day_7_is_in_time_and_the_next_is_not_seven_day_measures_10(forward, at):
    due = forward("2026-03-02", 7)
    assert due.due_ms == at("2026-03-10T00:00:00")
    assert due.in_time(at("2026-03-09T23:59:59"))
    assert due.in_time(at("2026-03-09T23:59:59.999"))
    assert not due.in_time(at("2026-03-10T00:00:00"))


def test_the_day_ends_in_the_zone_of_the_desk_not_in_utc_civil_code_203(cn, at, shanghai):
    period = Period(7, "day")
    here = count_forward(period, day("2026-03-03"), basis="law", zone=shanghai, calendar=cn)
    there = count_forward(period, day("2026-03-03"), basis="law", zone=UTC, calendar=cn)
    assert here.due_ms == at("2026-03-10T16:00:00+00:00")
    assert there.due_ms - here.due_ms == 8 * 3_600_000


@pytest.mark.parametrize(
    ("zone", "start", "ends"),
    [
        ("Europe/Berlin", "2026-03-15", "2026-03-29T22:00:00+00:00"),  # the day summer time begins
        ("Europe/Berlin", "2026-10-11", "2026-10-25T23:00:00+00:00"),
        ("America/New_York", "2026-02-22", "2026-03-09T04:00:00+00:00"),
        ("Asia/Taipei", "2026-03-15", "2026-03-29T16:00:00+00:00"),
    ],
)
def test_24_00_is_local_midnight_across_a_change_of_summer_time(cn, at, zone, start, ends):
    due = count_forward(Period(14, "day"), day(start), basis="law", zone=ZoneInfo(zone), calendar=cn)
    assert due.due_ms == at(ends)


# --- rolling ---


def test_a_last_day_in_a_holiday_rolls_to_the_first_worked_day_civil_code_203(forward, at):
    due = forward("2026-02-09", 7, roll="next_working_day")  # 16 February: Spring Festival, 15th to 23rd
    assert (due.raw_day, due.rolled_day) == (day("2026-02-16"), day("2026-02-24"))
    assert due.rolled
    assert due.in_time(at("2026-02-24T23:59:59"))
    rolled = dict(next(step.args for step in due.steps if step.code == "rolled"))
    assert rolled == {"day": "2026-02-16", "to": "2026-02-24", "reason": "holiday", "name": "春节"}


def test_a_last_day_on_a_make_up_saturday_does_not_roll_civil_code_203(forward):
    due = forward("2026-05-02", 7, roll="next_working_day")
    assert due.rolled_day == due.raw_day == day("2026-05-09")
    assert not due.rolled


def test_a_last_day_on_a_plain_weekend_rolls_to_monday_civil_code_203(forward):
    assert forward("2026-03-07", 7, roll="next_working_day").rolled_day == day("2026-03-16")


def test_without_a_roll_rule_a_holiday_is_a_day_like_any_other(forward):
    assert forward("2026-02-09", 7).rolled_day == day("2026-02-16")


@pytest.mark.parametrize(
    ("code", "delivered", "raw", "last"),
    [
        ("DE", "2026-03-08", "2026-03-22", "2026-03-23"),  # Sunday
        ("DE", "2026-04-17", "2026-05-01", "2026-05-04"),  # Labour Day, then a weekend
        ("DE", "2026-03-20", "2026-04-03", "2026-04-07"),  # Good Friday to Easter Monday
        ("FR", "2026-06-30", "2026-07-14", "2026-07-15"),
        ("SE", "2026-06-30", "2026-07-14", "2026-07-14"),  # no holiday there
        ("DE", "2026-12-11", "2026-12-25", "2026-12-28"),
    ],
)
def test_a_withdrawal_rolls_over_the_holidays_of_the_member_state_reg1182_71_art3_4(
    code, delivered, raw, last
):
    due = count_forward(
        Period(14, "day", "eu_1182_71"),
        day(delivered),
        basis="law",
        zone=ZoneInfo("Europe/Berlin"),
        calendar=load_calendar(code),
    )
    assert (due.raw_day, due.rolled_day) == (day(raw), day(last))


@pytest.mark.parametrize(
    ("start", "count", "last", "reason"),
    [
        ("2026-03-06", 2, "2026-03-10", "weekend"),  # Friday + 2 = Sunday: Monday alone is one working day
        ("2026-03-06", 3, "2026-03-10", "two_working_days"),  # Monday, the only working day of the three
        ("2026-03-06", 1, "2026-03-09", "weekend"),  # a period of one day needs no second
        ("2026-03-05", 2, "2026-03-09", "weekend"),
        ("2026-03-04", 2, "2026-03-06", None),
    ],
)
def test_a_period_of_two_days_holds_two_working_days_reg1182_71_art3_5(start, count, last, reason):
    due = count_forward(
        Period(count, "day", "eu_1182_71"),
        day(start),
        basis="law",
        zone=ZoneInfo("Europe/Berlin"),
        calendar=load_calendar("DE"),
    )
    assert due.rolled_day == day(last)
    assert [dict(s.args)["reason"] for s in due.steps if s.code == "rolled"] == ([reason] if reason else [])


def test_a_withdrawal_extended_by_twelve_months_chains_from_the_first_end_2011_83_art10():
    zone, de = ZoneInfo("Europe/Berlin"), load_calendar("DE")
    first = count_forward(Period(14, "day"), day("2026-03-02"), basis="law", zone=zone, calendar=de)
    extended = count_forward(Period(12, "month"), first.rolled_day, basis="law", zone=zone, calendar=de)
    assert extended.rolled_day == day("2027-03-16")


# --- months, leap days, year ends ---


def test_a_month_without_the_corresponding_day_ends_on_its_last_civil_code_202(forward):
    due = forward("2025-08-31", 6, "month")
    assert due.raw_day == day("2026-02-28")
    missing = dict(next(step.args for step in due.steps if step.code == "no_corresponding_day"))
    assert missing == {"wanted": "2026-02-31", "last": "2026-02-28"}


@pytest.mark.parametrize(("years", "last"), [(1, "2025-02-28"), (4, "2028-02-29")])
def test_a_year_from_a_leap_day_civil_code_202(forward, years, last):
    assert forward("2024-02-29", years, "year").raw_day == day(last)


def test_seven_days_over_a_leap_day(forward):
    assert forward("2024-02-25", 7).raw_day == day("2024-03-03")
    assert forward("2025-02-25", 7).raw_day == day("2025-03-04")


def test_seven_working_days_over_the_turn_of_2005_count_the_make_up_saturday(forward):
    # 国办发明电〔2005〕35号: 31 December 2005 (Saturday) worked, 1 to 3 January 2006 off.
    assert forward("2005-12-30", 1, "working_day").raw_day == day("2005-12-31")
    assert forward("2005-12-30", 2, "working_day").raw_day == day("2006-01-04")


# --- unpublished years ---


def test_working_days_into_an_unpublished_year_are_flagged_and_count_its_weekends_only(forward):
    due = forward("2026-12-21", 10, "working_day")
    assert due.rolled_day == day("2027-01-04")  # 1 January is counted: nobody has published it as off
    assert due.flags == (CalendarUnconfirmed(2027),)
    assert ("year", 2027) in due.steps[-1].args


def test_a_roll_in_an_unpublished_year_is_flagged_even_when_the_day_seems_worked(forward):
    assert forward("2027-03-01", 7, roll="next_working_day").flags == (CalendarUnconfirmed(2027),)


def test_plain_days_and_months_need_no_calendar_and_are_never_flagged(forward):
    assert forward("2026-12-30", 7).flags == ()
    assert forward("2026-03-02", 3, "year").flags == ()
    assert forward("2026-12-14", 7, "working_day").flags == ()


def test_counting_back_out_of_an_unpublished_year_is_flagged(back):
    assert back("2027-01-04", 5, "working_day").flags == (CalendarUnconfirmed(2027),)
    assert back("2027-01-04", 5).flags == ()


# --- hours, letters ---


def test_hours_run_from_the_instant_through_nights_and_holidays_civil_code_201(at, shanghai):
    due = count_minutes(at("2026-02-16T22:15"), 48 * 60, basis="policy", zone=shanghai)
    assert due.due_ms == at("2026-02-18T22:15")
    assert due.rolled_day == day("2026-02-18")
    assert count_minutes(at("2026-03-02T00:00"), 1440, basis="policy", zone=shanghai).raw_day == day(
        "2026-03-02"
    )


def test_a_letter_sets_its_own_last_day(at, shanghai):
    due = stated(day("2026-02-16"), zone=shanghai)
    assert (due.due_ms, due.basis, due.rolled_day) == (at("2026-02-17T00:00"), "notice", day("2026-02-16"))


# --- explanation ---


def test_working_days_explain_every_stretch_skipped_and_every_make_up_day(forward):
    due = forward("2026-04-28", 6, "working_day", articles=("条例§46",))
    told = [(step.code, dict(step.args)) for step in due.steps]
    assert told[0] == ("start_day_not_counted", {"day": "2026-04-28"})
    assert told[1] == (
        "days_skipped",
        {"first": "2026-05-01", "last": "2026-05-05", "reason": "holiday", "name": "劳动节"},
    )
    assert told[2] == ("makeup_day_counted", {"day": "2026-05-09", "name": "劳动节"})
    assert told[3] == ("counted", {"count": 6, "unit": "working_day", "last": "2026-05-09"})
    assert told[4][0] == "ends_at_midnight"
    assert due.articles == ("条例§46",)


@given(
    start=st.dates(date(2004, 1, 1), date(2028, 12, 31)),
    number=st.integers(0, 120),
    unit=st.sampled_from(["day", "working_day", "week", "month", "year"]),
    roll=st.sampled_from(["none", "next_working_day", "eu_1182_71"]),
    excluded=st.integers(0, 40),
)
def test_laws_of_every_deadline(cn, shanghai, start, number, unit, roll, excluded):
    def count(first, period):
        return count_forward(period, first, basis="law", zone=shanghai, calendar=cn, excluded_days=excluded)

    due = count(start, Period(number, unit, roll))
    assert start <= due.raw_day <= due.rolled_day
    assert due.rolled == (roll != "none" and due.raw_day != due.rolled_day)
    assert due == count(start, Period(number, unit, roll))
    assert due.due_ms <= count(start, Period(number + 1, unit, roll)).due_ms
    assert due.due_ms <= count(start + timedelta(days=1), Period(number, unit, roll)).due_ms
    if roll != "none":
        assert cn.is_working(due.rolled_day)
    # The explanation tells the same end as the answer, in codes and arguments that a catalogue can word.
    ends = next(dict(step.args) for step in due.steps if step.code == "ends_at_midnight")
    assert (ends["day"], ends["at"]) == (due.rolled_day.isoformat(), due.due_ms)
    assert all(tuple(name for name, _ in step.args) == STEP_ARGS[step.code] for step in due.steps)
    assert [dict(s.args)["year"] for s in due.steps if s.code == "calendar_unconfirmed"] == [
        flag.year for flag in due.flags
    ]


@given(st.dates(date(2004, 1, 1), date(2026, 11, 1)), st.integers(0, 40))
def test_counting_back_from_a_working_day_deadline_returns_to_a_working_start(cn, shanghai, start, number):
    start = cn.next_working_day(start)
    period = Period(number, "working_day")
    there = count_forward(period, start, basis="law", zone=shanghai, calendar=cn)
    assert count_back(period, there.raw_day, basis="law", zone=shanghai, calendar=cn).raw_day == start


# --- bad input ---


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ((-1, "day"), "a period counts 0 to 36525 days, not -1"),
        ((10**9, "day"), "a period counts 0 to 36525 days"),
        ((1, "fortnight"), "unknown unit of a period: 'fortnight'"),
        ((1, "day", "monday"), "unknown roll rule: 'monday'"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(period, says):
    with pytest.raises(ValueError, match=says):
        Period(*period)


def test_a_deadline_beyond_the_calendar_is_refused(forward, back, shanghai):
    with pytest.raises(ValueError, match="30 days after 9999-12-20 end after the year 9999"):
        forward("9999-12-20", 30)
    with pytest.raises(ValueError, match="30 months before 0001-03-01 lie outside"):
        back("0001-03-01", 30, "month")
    with pytest.raises(ValueError, match="excluded days must be"):
        forward("2026-03-02", 7, excluded_days=-1)
    with pytest.raises(ValueError, match="a deadline counts 0 to"):
        count_minutes(0, -5, basis="policy", zone=shanghai)
