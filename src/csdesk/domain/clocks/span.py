"""How long a clock runs: so many days, months, hours or business hours, or until a day or an instant that is named."""

from typing import Literal, get_args

from csdesk.domain.value import dataclass

# `stated`: until the end of a day that somebody named; `moment`: until an instant that somebody named.
SpanUnit = Literal[
    "minutes",
    "hours",
    "days",
    "workdays",
    "weeks",
    "months",
    "years",
    "business_minutes",
    "business_hours",
    "stated",
    "moment",
]
Roll = Literal["none", "next_working_day", "eu_1182_71"]
_UNITS, _ROLLS = get_args(SpanUnit), get_args(Roll)

LONGEST = 36_525  # a hundred years of days; no period of the law is longer, and a larger number is a slip


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as law, letter, promise or policy puts it. `roll` moves a last day that is a day off.

    Minutes and hours run from the instant; days and longer do not count the day they start on and end at 24:00.
    ValueError for a count outside 0..36525 (60 times that of minutes), or an unknown unit or roll.
    """

    count: int
    unit: SpanUnit
    roll: Roll = "none"

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise ValueError(f"unknown unit {self.unit!r}; use one of {', '.join(_UNITS)}")
        if self.roll not in _ROLLS:
            raise ValueError(f"unknown roll rule {self.roll!r}; use one of {', '.join(_ROLLS)}")
        most = LONGEST * 1440 if self.minutes is not None else LONGEST
        if not 0 <= self.count <= most:
            raise ValueError(f"a term counts 0 to {most} {self.unit}, not {self.count}")

    @property
    def business(self) -> bool:
        """Whether only the desk's opening hours count."""
        return self.unit in ("business_minutes", "business_hours")

    @property
    def minutes(self) -> int | None:
        """The length in minutes; None for days and longer, and for what ends at a named day or instant."""
        if self.unit in ("minutes", "business_minutes"):
            return self.count
        return self.count * 60 if self.unit in ("hours", "business_hours") else None

    @property
    def needs_calendar(self) -> bool:
        """Whether days off matter to it (opening hours may need them too)."""
        return self.unit == "workdays" or (self.roll != "none" and self.minutes is None)
