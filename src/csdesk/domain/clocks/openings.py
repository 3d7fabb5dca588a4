"""Opening hours as a desk writes them in one line: Mon-Fri 09:00-12:00 13:30-18:00; Sat 09:00-18:00."""

import re
from datetime import date

from csdesk.domain.clocks.hours import BusinessHours, Interval, interval

_DAYS = {name: n for n, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_DAYS |= {f"周{name}": n for n, name in enumerate("一二三四五六日")} | {"周天": 6}
# Of these the calendar knows the days: public holidays, and weekend days that are worked (调休上班).
_KINDS = {"holiday": "holiday", "节假日": "holiday", "makeup": "makeup", "补班": "makeup"}
_RANGE = re.compile(r"[-–至到]")


def opening_hours(text: str) -> BusinessHours:
    """Parts with `;` between: days (Mon-Fri, 周一至周五, Sat,Sun, daily), a date, `holiday` or `makeup`, then hours.

    Public holidays are closed unless named; make-up days have Monday's hours unless named. A later part wins.
    ValueError with the part that cannot be read as its one argument.
    """
    week: list[tuple[Interval, ...]] = [()] * 7
    kinds: dict[str, tuple[Interval, ...]] = {}
    special: dict[date, tuple[Interval, ...]] = {}
    for part in filter(None, (part.strip() for part in re.split("[;；]", text))):
        name, *hours = part.lower().split()
        try:
            intervals = () if hours in (["closed"], ["休"]) else tuple(interval(one) for one in hours)
            if not hours:
                raise ValueError(part)
            if name in _KINDS:
                kinds[_KINDS[name]] = intervals
            elif name[:1].isdigit():
                special[date.fromisoformat(name)] = intervals
            else:
                for day in _days(name):
                    week[day] = intervals
        except (ValueError, KeyError):
            raise ValueError(part) from None
    if not any(week):
        raise ValueError(text.strip())
    makeup = kinds.get("makeup", week[0])
    return BusinessHours(tuple(week), makeup, kinds.get("holiday", ()), tuple(sorted(special.items())))


def _days(name: str) -> list[int]:
    """Weekdays of `mon-fri`, `sat,sun`, `daily`; a range may run over Sunday. KeyError for no day."""
    found: list[int] = []
    for part in re.split("[,，、]", name):
        ends = [_DAYS[one] for one in _RANGE.split(part)] if part not in ("daily", "每天") else [0, 6]
        if len(ends) > 2:
            raise KeyError(part)
        first, last = ends[0], ends[-1]
        found += [(first + n) % 7 for n in range((last - first) % 7 + 1)]
    return found
