"""What a desk counts its clocks with: the calendar when first needed, opening hours and targets as configured."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.config import Config, ConfigError
from csdesk.domain.cases.kind import Kind
from csdesk.domain.cases.refusal import Refused
from csdesk.domain.clocks.calendar import WorkingCalendar
from csdesk.domain.clocks.times import PARTIES, Times

if TYPE_CHECKING:
    from csdesk.domain.clocks.sla import SlaPolicy

# A target in minutes; m, h and d (24 open hours) stand for more of them.
_TARGET = r"(?a:(first|next|resolution)=(\d{1,6})([mhd]?))"
# Whom a state or a person may wait for.
PAUSERS = (*PARTIES, "platform")
KINDS = {"", *(kind.value for kind in Kind)}
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 1440}


def desk_times(folder: Path | None = None, config: Config | None = None) -> Times:
    """Times of a desk whose own calendar files are in `folder`; ConfigError when hours or targets cannot be read."""

    @cache
    def load() -> WorkingCalendar:
        from csdesk.desk.law.calendars import CalendarError, load_calendar

        try:
            return load_calendar("CN", folder)
        except CalendarError as error:
            raise Refused("bad_calendar", said=str(error)) from None

    times = Times(load)
    if config is None:
        return times
    if config.hours:
        from csdesk.domain.clocks.openings import opening_hours

        try:
            times = Times(load, opening_hours(config.hours))
        except ValueError as error:
            raise ConfigError("config_hours", part=str(error)) from None
    pauses = tuple(part.strip() for part in config.sla_pauses.replace("，", ",").split(",") if part.strip())
    if unknown := [party for party in pauses if party not in PAUSERS]:
        raise ConfigError("config_sla_pauses", part=unknown[0], allowed=", ".join(PAUSERS))
    return Times(load, times.hours, targets(config.sla, pauses))


def targets(text: str, pauses_on: tuple[str, ...] = ()) -> "Mapping[str, SlaPolicy]":
    """Targets by kind from `first=30 next=1h resolution=2d; complaint first=15`; "" holds for all other kinds.

    A kind has the targets named for it, and no others. ConfigError with the part that cannot be read.
    """
    if not text.strip():
        return {}
    from csdesk.domain.clocks.sla import SlaPolicy

    found: dict[str, SlaPolicy] = {}
    for part in filter(None, (part.strip() for part in re.split("[;；]", text))):
        words = part.lower().split()
        kind = "" if "=" in words[0] else words.pop(0)
        read = [re.fullmatch(_TARGET, word) for word in words]
        if kind not in KINDS or not read or not all(read):
            raise ConfigError("config_sla", part=part)
        minutes = {one[1]: int(one[2]) * _MINUTES[one[3]] for one in read if one}
        if not all(minutes.values()):
            raise ConfigError("config_sla", part=part)
        found[kind] = SlaPolicy(
            minutes.get("first"), minutes.get("next"), minutes.get("resolution"), pauses_on
        )
    return found
