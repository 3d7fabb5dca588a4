"""What a leak obliges the desk to: the duties of data/leak.toml, checked whole when first needed, and by when."""

import tomllib
from functools import cache
from typing import get_args
from zoneinfo import ZoneInfo

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.domain.clocks.clock import Basis
from csdesk.domain.clocks.deadline import Deadline, count_minutes
from csdesk.domain.leaking import SEVERITIES, STEPS, Duty

FORMAT = 1


@cache
def duties() -> tuple[Duty, ...]:
    """The duties, in the order in which they fall due. ConfigError names the entry that is wrong."""
    where = resources.path("data/leak.toml")
    raw = tomllib.loads(where.read_text(encoding="utf-8"))
    if raw.get("format") != FORMAT:
        raise ConfigError("config_operations", where=where, field="format", value=raw.get("format"))
    found = []
    for code, said in raw["duty"].items():
        fits = {
            "minutes": isinstance(said.get("minutes"), int) and said["minutes"] > 0,
            "basis": said.get("basis") in get_args(Basis),
            "articles": bool(said.get("articles")),
            "severities": set(said.get("severities", ())) <= set(SEVERITIES),
            "done_by": bool(said.get("done_by")) and set(said.get("done_by", ())) <= set(STEPS),
        }
        for name, fine in fits.items():
            if not fine:
                raise ConfigError(
                    "config_operations", where=where, field=f"{code}.{name}", value=said.get(name)
                )
        articles, severities, done_by = (
            tuple(said.get(name, ())) for name in ("articles", "severities", "done_by")
        )
        secondary = bool(said.get("secondary", False))
        found.append(Duty(code, said["minutes"], said["basis"], articles, severities, done_by, secondary))
    return tuple(sorted(found, key=lambda duty: duty.minutes))


def due(duty: Duty, found_at: int, zone: ZoneInfo) -> Deadline:
    """When a duty ends for a leak that was found at UTC ms."""
    return count_minutes(found_at, duty.minutes, basis=duty.basis, zone=zone, articles=duty.articles)
