"""The year before now: how much is bought on each of its days, and moments drawn from it."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import accumulate

from csdesk.interop.seeds.draw import Draw, Weighted
from csdesk.interop.seeds.files import Habits

DAY = 86_400
YEAR = 365 * DAY
ZONE = 8 * 3600  # Asia/Shanghai keeps one zone the whole year since 1991
_EPOCH = date(1970, 1, 1).toordinal()
_PLAIN_DAY = 10  # the weight of a day that no season names


def local_day(moment: int) -> int:
    """The day number (1970-01-01 is 0) that a UTC second falls on in Shanghai."""
    return (moment + ZONE) // DAY


def midnight(day: int) -> int:
    """The UTC second at which a Shanghai day begins."""
    return day * DAY - ZONE


class Year:
    """Moments in the 365 days before `now` (UTC seconds), dense where people shop."""

    def __init__(self, habits: Habits, now: int) -> None:
        self.last_day = local_day(now)
        self._first = self.last_day - 366
        days = [date.fromordinal(_EPOCH + self._first + k) for k in range(367)]
        weights = [_weight(habits, f"{day:%m-%d}") for day in days]
        self._edges = [0, *accumulate(weights)]
        self._stamps = [f"{day:%Y%m%d}" for day in days]
        self._hours = Weighted(enumerate(habits.hours))

    def moment(self, d: Draw, earliest: int, latest: int) -> int:
        """A second between the two, both included and both inside the year."""
        low, high = local_day(earliest) - self._first, local_day(latest) - self._first
        base = self._edges[low]
        day = bisect_right(self._edges, base + d.below(self._edges[high + 1] - base)) - 1
        moment = midnight(self._first + day) + self._hours.draw(d) * 3600 + d.below(3600)
        if earliest <= moment <= latest:
            return moment
        return d.between(earliest, latest)

    def stamp(self, moment: int) -> str:
        """The Shanghai date of a moment as YYYYMMDD."""
        return self._stamps[local_day(moment) - self._first]


def _weight(habits: Habits, day: str) -> int:
    weight = _PLAIN_DAY
    for season in habits.seasons:
        if season.start <= day <= season.end:
            weight = season.weight
    return weight
