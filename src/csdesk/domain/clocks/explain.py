"""Steps of an explanation: a code with arguments, worded by the catalogues above."""

from collections.abc import Mapping
from types import MappingProxyType

from csdesk.domain.value import dataclass

Arg = str | int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of arithmetic. Days are ISO strings, instants UTC ms: a step survives JSON unchanged."""

    code: str
    args: tuple[tuple[str, Arg], ...] = ()


def step(code: str, **args: Arg) -> Step:
    """The step `code` with its arguments in the order given."""
    return Step(code, tuple(args.items()))


# Every code this room emits and its arguments: a catalogue that words these words every clock.
# reason: weekend, holiday (`name` is the holiday's), closed (by the desk's own hours), two_working_days
# (Regulation 1182/71 art. 3(5)), or of a pause what was entered.
STEP_ARGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # deadline.py
        "start_day_not_counted": ("day",),
        "event_day_not_counted": ("day",),
        "days_skipped": ("first", "last", "reason", "name"),
        "makeup_day_counted": ("day", "name"),
        "counted": ("count", "unit", "last"),
        "counted_back": ("count", "unit", "last"),
        "no_corresponding_day": ("wanted", "last"),
        "time_excluded": ("days", "last"),
        "rolled": ("day", "to", "reason", "name"),
        "stated_by_letter": ("day",),
        "ends_at_midnight": ("day", "zone", "at"),
        "minutes_from_instant": ("start", "minutes", "at"),
        "calendar_unconfirmed": ("year",),
        # hours.py
        "business_minutes_from": ("start", "minutes"),
        "open_counted": ("start", "end", "minutes"),
        "closed_day": ("day", "reason", "name"),
        "paused": ("start", "end", "reason"),
        "due_at": ("at",),
        "not_open_long_enough": ("days",),
        # counting.py: a time that somebody named; a pause that still lasts; a due time set by an older calendar
        "set_for": ("at",),
        "paused_since": ("start", "reason"),
        "set_before": ("at",),
    }
)
