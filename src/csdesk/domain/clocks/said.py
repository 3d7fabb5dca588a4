"""Periods, days and times as people write them: 7个工作日, 15 days, 2026-12-01, 明天 15:00."""

import re
from datetime import date, timedelta, tzinfo

from csdesk.domain.clocks.days import local_day, wall_ms
from csdesk.domain.clocks.span import Span, SpanUnit

_UNITS: dict[str, SpanUnit] = {
    "工作日": "workdays",
    "working day": "workdays",
    "business day": "workdays",
    "小时": "hours",
    "hour": "hours",
    "天": "days",
    "日": "days",
    "day": "days",
    "周": "weeks",
    "星期": "weeks",
    "week": "weeks",
    "月": "months",
    "month": "months",
}
_PERIOD = re.compile(rf"(\d{{1,4}})\s*个?\s*({'|'.join(_UNITS)})s?(?:内|之内|以内)?", re.ASCII)
_DAY = re.compile(r"(?:(\d{4})[-/年])?(\d{1,2})[-/月](\d{1,2})日?", re.ASCII)
_TIME = re.compile(r"(.*\D)?(\d{1,2})[:：](\d\d)", re.ASCII)
_NEAR = {"": 0, "今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2}


def said_span(text: str) -> Span | None:
    """A period (`7个工作日`, `15日内`, `1 month`), or None when it is none; ValueError when it is 0."""
    found = _PERIOD.fullmatch(text.strip().lower())
    if not found:
        return None
    if not int(found[1]):
        raise ValueError(text)
    return Span(int(found[1]), _UNITS[found[2]])


def said_day(text: str, today: date) -> date | None:
    """A day (`2026-12-01`, `2026年12月1日`; without its year the one of `today`), or None when it is none."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return None
    try:
        return date(int(found[1] or today.year), int(found[2]), int(found[3]))
    except ValueError:
        return None


def said_moment(text: str, now: int, zone: tzinfo) -> int | None:
    """An instant in UTC ms (`15:00` today, `明天 9:30`, `2026-12-01 15:00`), or None when it is none."""
    found = _TIME.fullmatch(text.strip().lower())
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    today, name = local_day(now, zone), (found[1] or "").rstrip("t ").strip()
    day = today + timedelta(days=_NEAR[name]) if name in _NEAR else said_day(name, today)
    return None if day is None else wall_ms(day, int(found[2]) * 60 + int(found[3]), zone)
