"""Working calendars: which days are worked, by the published notices of each year."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

from csdesk.domain.value import dataclass

DayType = Literal["working", "makeup", "weekend", "holiday"]

SATURDAY, SUNDAY = 5, 6
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs from the plain week: off on a working weekday, or worked at a weekend (补班)."""

    day: date
    off: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The arrangement of one year as published; its days may reach into the December before."""

    year: int
    days: tuple[CalendarDay, ...]
    title: str = ""
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarUnconfirmed:
    """A flag: the arrangement of `year` is not published, so only its weekends were taken as days off."""

    year: int


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """A calendar made by `working_calendar`.

    `revised_from` is the (month, day) from which the notice of the next year may still change this one:
    China's notice of 2006 made 2005-12-31 a working day (国办发明电〔2005〕35号).
    """

    code: str
    notices: Mapping[int, Notice]
    days: Mapping[date, CalendarDay]
    weekend: frozenset[int]
    revised_from: tuple[int, int] | None = None

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked; in an unpublished year every weekday is (`unconfirmed` says so)."""
        known = self.days.get(day)
        return not known.off if known else day.weekday() not in self.weekend

    def day_type(self, day: date) -> DayType:
        """What kind of day it is; a holiday that falls on a weekend is a holiday."""
        known = self.days.get(day)
        at_weekend = day.weekday() in self.weekend
        if known is None:
            return "weekend" if at_weekend else "working"
        if known.off:
            return "holiday"
        return "makeup" if at_weekend else "working"

    def name(self, day: date) -> str:
        """The holiday that `day` belongs to (as its notice calls it), or ""."""
        known = self.days.get(day)
        return known.name if known else ""

    def next_working_day(self, day: date) -> date:
        """`day` itself when it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += _DAY
        return day

    def unconfirmed(self, day: date) -> CalendarUnconfirmed | None:
        """The flag for a day that no notice has settled yet, else None."""
        if day.year not in self.notices:
            return CalendarUnconfirmed(day.year)
        if (
            self.revised_from
            and (day.month, day.day) >= self.revised_from
            and day.year + 1 not in self.notices
        ):
            return CalendarUnconfirmed(day.year + 1)
        return None

    def unconfirmed_between(self, first: date, last: date) -> tuple[CalendarUnconfirmed, ...]:
        """The flags of all days from `first` to `last`, each year once, in order."""
        ends = [date(year, 12, 31) for year in range(first.year, last.year)]
        flags = [self.unconfirmed(day) for day in (first, *ends, last)]
        return tuple(sorted({flag for flag in flags if flag}, key=lambda flag: flag.year))

    def with_notices(self, notices: Iterable[Notice]) -> "WorkingCalendar":
        """The same calendar with these years added, or replaced whole when they were known."""
        kept = {**self.notices, **{notice.year: notice for notice in notices}}
        return working_calendar(self.code, kept.values(), self.weekend, self.revised_from)


def working_calendar(
    code: str,
    notices: Iterable[Notice],
    weekend: Iterable[int] = (SATURDAY, SUNDAY),
    revised_from: tuple[int, int] | None = None,
) -> WorkingCalendar:
    """A calendar from its yearly notices; weekdays count from Monday = 0.

    ValueError when two notices disagree about a day, or when no weekday is left to work on.
    """
    off_days = frozenset(weekend)
    if not set(range(7)) - off_days:
        raise ValueError(
            f"calendar {code}: every weekday is a weekend day, so no working day could ever be counted"
        )
    by_year = {notice.year: notice for notice in sorted(notices, key=lambda notice: notice.year)}
    days: dict[date, CalendarDay] = {}
    for notice in by_year.values():
        for entry in notice.days:
            if days.setdefault(entry.day, entry).off != entry.off:
                raise ValueError(
                    f"calendar {code}: {entry.day} is a day off and a working day at once; "
                    f"correct the notice of {notice.year}"
                )
    return WorkingCalendar(code, by_year, days, off_days, revised_from)
