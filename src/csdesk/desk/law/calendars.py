"""Reads working calendars: those shipped in `data/calendars/`, and holiday-cn files that a desk drops in."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from csdesk import resources
from csdesk.domain.clocks.calendar import CalendarDay, Notice, WorkingCalendar, working_calendar

_T = TypeVar("_T")


class CalendarError(ValueError):
    """A calendar file that cannot be used: one sentence that names the file and what to mend."""


class _Day(msgspec.Struct, rename="camel"):
    date: date
    is_off_day: bool
    name: str = ""


class _Year(msgspec.Struct):
    """One holiday-cn file (github.com/NateScarlet/holiday-cn): a year and the days its notice changed."""

    year: int
    days: list[_Day]
    papers: list[str] = []
    notice: str = ""


class _China(msgspec.Struct):
    code: str
    weekend: list[int]
    revised_from: list[int]
    years: list[_Year]


class _Abroad(msgspec.Struct):
    """One country: its public holidays, year by year; `worked` are the weekend days that were worked."""

    weekend: list[int]
    years: dict[str, list[date]]
    worked: list[date] = []


class _AllAbroad(msgspec.Struct):
    calendars: dict[str, _Abroad]


def load_calendar(code: str = "CN", folder: Path | None = None) -> WorkingCalendar:
    """The calendar of a country (ISO 3166 code); China's with the holiday-cn files of `folder`.

    A file replaces the whole year it is for; one without days (holiday-cn opens a year before its notice is
    out) publishes nothing; a folder that does not exist adds nothing. CalendarError when a file cannot be
    used, or no calendar of that country is shipped.
    """
    if code != "CN":
        return _abroad(code)
    path = resources.path("data/calendars/cn.json")
    shipped = _read(path, _China)
    month, day = shipped.revised_from
    notices = [_notice(year, path) for year in shipped.years]
    dropped = list(_dropped(folder)) if folder and folder.is_dir() else []
    try:
        return working_calendar("CN", notices, shipped.weekend, (month, day)).with_notices(dropped)
    except ValueError as error:
        raise CalendarError(f"{folder}: {error}") from None


def read_dropped(folder: Path) -> None:
    """Try the holiday-cn files that a setting names, before anything counts by them; CalendarError names the file."""
    if not folder.is_dir():
        raise CalendarError(f"{folder}: there is no such folder of calendars; mend the setting calendars")
    load_calendar("CN", folder)


def countries() -> tuple[str, ...]:
    """The codes that `load_calendar` knows."""
    return ("CN", *sorted(_read(resources.path("data/calendars/abroad.json"), _AllAbroad).calendars))


def _abroad(code: str) -> WorkingCalendar:
    calendars = _read(resources.path("data/calendars/abroad.json"), _AllAbroad).calendars
    country = calendars.get(code)
    if country is None:
        raise CalendarError(
            f"no calendar of {code!r} is shipped; there are CN, {', '.join(sorted(calendars))}"
        )
    notices = [
        Notice(
            int(year),
            (
                *(CalendarDay(day, True) for day in days),
                *(CalendarDay(day, False) for day in country.worked if day.year == int(year)),
            ),
        )
        for year, days in country.years.items()
    ]
    return working_calendar(code, notices, country.weekend)


def _dropped(folder: Path) -> Iterator[Notice]:
    for path in sorted(folder.glob("*.json")):
        year = _read(path, _Year)
        if year.days:
            yield _notice(year, path)


def _notice(year: _Year, path: Path) -> Notice:
    days = tuple(CalendarDay(day.date, day.is_off_day, day.name) for day in year.days)
    for entry in days:
        # A notice may arrange the December days before its year (2008's began on 2007-12-29), never others.
        if entry.day.year != year.year and (entry.day.year, entry.day.month) != (year.year - 1, 12):
            raise CalendarError(f"{path}: {entry.day} does not belong to the arrangement of {year.year}")
    return Notice(year.year, days, year.notice, tuple(year.papers))


def _read(path: Path, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError, OSError) as error:
        raise CalendarError(f"{path}: not a calendar that can be read: {error}") from None
