"""Calendar files: what is shipped, what a desk drops in, and how a bad file is refused."""

import json
from datetime import date

import pytest

from csdesk.desk.law.calendars import CalendarError, countries, load_calendar
from csdesk.domain.clocks.calendar import CalendarUnconfirmed

BEGUN = {"year": 2027, "papers": [], "days": []}
ARRANGED = {
    "$schema": "https://raw.githubusercontent.com/NateScarlet/holiday-cn/master/schema.json",
    "year": 2027,
    "papers": ["https://www.gov.cn/zhengce/2027"],
    "days": [
        {"name": "元旦", "date": "2026-12-27", "isOffDay": False},
        {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
    ],
}


def drop(folder, content, name="2027.json"):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def test_a_dropped_in_year_is_published_and_reaches_into_the_december_before(tmp_path):
    cn = load_calendar("CN", drop(tmp_path, ARRANGED))
    assert cn.unconfirmed(date(2027, 3, 1)) is None
    assert cn.unconfirmed(date(2026, 12, 28)) is None
    assert cn.is_working(date(2026, 12, 27))
    assert not cn.is_working(date(2026, 12, 31))
    assert cn.notices[2027].papers == ("https://www.gov.cn/zhengce/2027",)
    assert cn.unconfirmed(date(2028, 3, 1)) == CalendarUnconfirmed(2028)


def test_a_year_that_holiday_cn_has_opened_but_not_filled_is_not_published(tmp_path):
    cn = load_calendar("CN", drop(tmp_path, BEGUN))
    assert cn.unconfirmed(date(2027, 3, 1)) == CalendarUnconfirmed(2027)


def test_a_folder_that_is_not_there_adds_nothing(tmp_path):
    assert load_calendar("CN", tmp_path / "none").notices.keys() == load_calendar("CN").notices.keys()


def test_a_dropped_in_file_replaces_a_shipped_year(tmp_path):
    changed = {"year": 2026, "days": [{"name": "元旦", "date": "2026-01-01", "isOffDay": True}]}
    cn = load_calendar("CN", drop(tmp_path, changed, "2026.json"))
    assert not cn.is_working(date(2026, 1, 1))
    assert cn.is_working(date(2026, 10, 1))
    assert not cn.is_working(date(2025, 10, 1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "2027.json: not a calendar"),
        ("[]", "2027.json: not a calendar"),
        ({"year": 2027, "days": [{"date": "2027-02-30", "isOffDay": True}]}, "2027.json: not a calendar"),
        ({"year": 2027, "days": [{"date": "2027-02-03"}]}, "isOffDay"),
        ({"year": 2027, "days": [{"date": "2028-01-01", "isOffDay": True}]}, "2028-01-01 does not belong"),
        ({"year": 2027, "days": [{"date": "2026-11-30", "isOffDay": True}]}, "2026-11-30 does not belong"),
        (
            {
                "year": 2027,
                "days": [
                    {"date": "2027-02-03", "isOffDay": True},
                    {"date": "2027-02-03", "isOffDay": False},
                ],
            },
            "2027-02-03 is a day off and a working day at once",
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_that_names_it(tmp_path, content, says):
    with pytest.raises(CalendarError, match=says) as refused:
        load_calendar("CN", drop(tmp_path, content))
    assert "\n" not in str(refused.value)


def test_a_country_without_a_calendar_is_refused():
    with pytest.raises(CalendarError, match="no calendar of 'XX' is shipped; there are CN, AT"):
        load_calendar("XX")


def test_every_member_state_and_the_other_packs_have_a_calendar():
    assert len(countries()) == 1 + 27 + 4
    for code in countries():
        calendar = load_calendar(code)
        assert calendar.unconfirmed(date(2026, 6, 1)) is None
        assert not calendar.is_working(date(2026, 1, 1)), code
        assert calendar.unconfirmed(date(2040, 6, 1)) == CalendarUnconfirmed(2040)


@pytest.mark.parametrize(
    ("code", "day", "worked"),
    [
        ("DE", date(2026, 10, 3), False),  # Saturday, Tag der Deutschen Einheit
        ("DE", date(2026, 4, 6), False),  # Easter Monday
        ("FR", date(2026, 7, 14), False),
        ("HU", date(2026, 8, 8), True),  # a Saturday worked by decree
        ("TW", date(2025, 2, 8), True),  # a Saturday worked for the Spring Festival
        ("HK", date(2026, 3, 7), True),  # Saturday is no general holiday there
        ("US", date(2026, 11, 26), False),
    ],
)
def test_calendars_abroad_know_their_own_days(code, day, worked):
    assert load_calendar(code).is_working(day) is worked
