"""Working calendars: kinds of day, unpublished years, and notices that reach into the December before."""

from datetime import date

import pytest

from csdesk.domain.clocks.calendar import CalendarDay, CalendarUnconfirmed, Notice, working_calendar


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "kind", "worked"),
    [
        ("2026-01-05", "working", True),
        ("2026-01-10", "weekend", False),
        ("2026-01-01", "holiday", False),
        ("2026-01-03", "holiday", False),  # a Saturday inside the New Year's holiday
        ("2026-01-04", "makeup", True),  # a Sunday worked for it
        ("2026-05-09", "makeup", True),
    ],
)
def test_a_day_is_of_the_kind_its_notice_says(cn, text, kind, worked):
    assert (cn.day_type(day(text)), cn.is_working(day(text))) == (kind, worked)


def test_a_holiday_and_its_make_up_day_carry_its_name(cn):
    assert cn.name(day("2026-02-17")) == cn.name(day("2026-02-14")) == "春节"
    assert cn.name(day("2026-03-03")) == ""


def test_the_notice_and_its_papers_are_kept(cn):
    assert cn.notices[2026].title == "国务院办公厅关于2026年部分节假日安排的通知"
    assert cn.notices[2020].papers[1].startswith("https://www.gov.cn/")


def test_the_next_working_day_after_the_spring_festival_2026_is_the_24th(cn):
    assert cn.next_working_day(day("2026-02-15")) == day("2026-02-24")
    assert cn.next_working_day(day("2026-02-14")) == day("2026-02-14")


def test_an_unpublished_year_knows_its_weekends_only_and_says_so(cn):
    assert cn.is_working(day("2027-02-08"))  # within the Spring Festival that nobody has arranged yet
    assert not cn.is_working(day("2027-02-07"))
    assert cn.unconfirmed(day("2027-02-08")) == CalendarUnconfirmed(2027)
    assert cn.unconfirmed(day("2003-06-02")) == CalendarUnconfirmed(2003)


def test_the_last_days_of_the_last_published_year_wait_for_the_next_notice(cn):
    assert cn.unconfirmed(day("2026-12-25")) is None
    assert cn.unconfirmed(day("2026-12-26")) == CalendarUnconfirmed(2027)
    assert cn.unconfirmed(day("2025-12-31")) is None


def test_every_unconfirmed_year_between_two_days_is_named_once(cn):
    years = [flag.year for flag in cn.unconfirmed_between(day("2026-11-02"), day("2029-01-02"))]
    assert years == [2027, 2028, 2029]
    assert cn.unconfirmed_between(day("2004-01-01"), day("2026-12-25")) == ()


def test_a_notice_replaces_its_whole_year_and_no_other(cn):
    changed = cn.with_notices([Notice(2026, (CalendarDay(day("2026-03-03"), True, "试"),))])
    assert not changed.is_working(day("2026-03-03"))
    assert changed.is_working(day("2026-01-01"))
    assert changed.is_working(day("2025-10-09")) == cn.is_working(day("2025-10-09"))
    assert cn.is_working(day("2026-03-03"))


def test_two_notices_that_disagree_about_a_day_are_refused():
    first = Notice(2026, (CalendarDay(day("2026-12-31"), True),))
    second = Notice(2027, (CalendarDay(day("2026-12-31"), False),))
    with pytest.raises(ValueError, match="2026-12-31 is a day off and a working day at once"):
        working_calendar("CN", [first, second])


def test_a_week_without_working_days_is_refused():
    with pytest.raises(ValueError, match="every weekday is a weekend day"):
        working_calendar("XX", [], weekend=range(7))
