"""What clocks are counted with: the calendar, when the desk is open, and what the desk has set itself to reach."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import tzinfo
from functools import cache
from typing import TYPE_CHECKING

from csdesk.domain.clocks.calendar import WorkingCalendar, working_calendar
from csdesk.domain.clocks.span import Span
from csdesk.domain.value import dataclass

# A console that starts counts nothing: opening hours and targets are loaded by the first clock that has any.
if TYPE_CHECKING:
    from csdesk.domain.clocks.hours import BusinessHours, BusinessTime
    from csdesk.domain.clocks.sla import SlaPolicy
# Whom a case may wait for.
PARTIES = ("customer", "merchant", "carrier", "bank", "authority")


@cache
def weekends() -> WorkingCalendar:
    """A calendar that knows weekends only, for who has none; no year of it is published, as all it counts says."""
    return working_calendar("", ())


@dataclass(frozen=True, slots=True)
class Times:
    """`load` gives the calendar when a clock first needs one: most commands need none. No `hours`: always open.

    `targets` are the desk's own, by kind of case, "" for kinds without their own; none: no such clocks.
    """

    load: Callable[[], WorkingCalendar] = weekends
    hours: "BusinessHours | None" = None
    targets: "Mapping[str, SlaPolicy]" = field(default_factory=dict)

    def calendar(self, span: Span) -> WorkingCalendar:
        """The calendar, read only where `span` needs it."""
        return self.load() if span.needs_calendar else weekends()

    def business(self, zone: tzinfo) -> "BusinessTime":
        """The desk's opening hours as a clock; one that never closes needs no calendar."""
        from csdesk.domain.clocks.hours import BusinessTime, always_open

        hours = self.hours or always_open()
        calendar = self.load() if hours.follows_calendar else weekends()
        return BusinessTime(hours, calendar, zone)

    def target(self, kind: str) -> "SlaPolicy | None":
        """What the desk means to reach in cases of a kind."""
        return self.targets.get(kind) or self.targets.get("")
