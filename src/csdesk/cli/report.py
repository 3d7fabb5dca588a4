"""`csdesk report`: what the desk did in some days, by kind, queue, agent, merchant or reason; for people and sheets."""

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from unicodedata import east_asian_width

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.days import today
from csdesk.desk.guided_queries import Skips, SkipsView
from csdesk.desk.report_queries import BY, PER, Report, ReportRow, ReportView
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.money import Money, format_plain

SKIP = "skip"
NUMBERS = ("opened", "closed", "reopened", "open", "late")
TIMES = ("first_median_minutes", "first_p90_minutes", "resolution_median_hours", "resolution_p90_hours")
# How a group's key is worded.
_GROUPS = {"kind": "kind", "queue": "queue", "reason": "reason"}


def report_(
    first: str = typer.Option("", "--from", help="First day, such as 2026-11-01; a week back when absent."),
    last: str = typer.Option("", "--to", help="Last day, in the report too; today when absent."),
    by: str = typer.Option("", help="kind, queue, agent, merchant, reason; or skip: cases passed over."),
    per: str = typer.Option("", help="day: a line for each day."),
    as_csv: bool = typer.Option(False, "--csv", help="Answer as a table for sheets."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """What came and was done in some days: cases, lateness, times, refunds, verdicts not followed."""
    for name, value, allowed in (("by", by, (*BY, SKIP)), ("per", per, PER)):
        if value not in allowed:
            raise Refused("bad_choice", field=name, value=value[:80], allowed=tuple(filter(None, allowed)))
    config = settings(file, agent, language).config
    with desk(config) as core:
        last = last or today(core)
        if by == SKIP:
            _skips(core.ask(Skips(first or _week_before(last), last)), say(core, config), as_csv, as_json)
            return
        told = core.ask(Report(first or _week_before(last), last, by, per))  # type: ignore[arg-type]
        words = say(core, config)
    if as_csv:
        _csv(told)
    else:
        answer(told, as_json, _lines(told, words))


def _skips(told: SkipsView, words: Words, as_csv: bool, wants_json: bool) -> None:
    """Who passed over what, and why: counts, then one by one, the latest first."""
    if not as_csv:
        answer(told, wants_json, _skip_lines(told, words))
        return
    from csdesk.interop.export import cell, to_stdout

    out = csv.writer(to_stdout(), lineterminator="\r\n")
    out.writerow(["agent", "reason", "times", "cases"])
    for one in told.counts:
        out.writerow([cell(value) for value in (one.agent, one.why, one.times, one.cases)])
    sys.stdout.flush()


def _skip_lines(told: SkipsView, words: Words) -> Iterator[str]:
    yield words("report.span", since=words.moment(told.since)[:10], until=words.moment(told.until - 1)[:10])
    yield words("report.skips", n=sum(one.times for one in told.counts))
    for count in told.counts:
        why = words.code("skip", count.why)
        yield words("report.skip_count", who=count.agent, why=why, times=count.times, cases=count.cases)
    for one in told.latest:
        why, at = words.code("skip", one.why), words.moment(one.at)
        told_one = words("report.skip_one", at=at, who=one.agent, number=one.number, why=why, note=one.note)
        yield told_one.rstrip()


def _week_before(last: str) -> str:
    try:
        return (date.fromisoformat(last) - timedelta(6)).isoformat()
    except (ValueError, OverflowError):
        return last  # the desk says what is wrong with it


def _csv(told: ReportView) -> None:
    """Rows as cells that no sheet computes; money in units of its currency, a column each."""
    from csdesk.interop.export import cell, to_stdout

    out = csv.writer(to_stdout(), lineterminator="\r\n")
    currencies = sorted(told.total.money)
    money = [f"refunded_{currency}" for currency in currencies]
    out.writerow(
        ["day", told.by or "group", "label", *NUMBERS, "answered", *TIMES, "refunds", *money, "overridden"]
    )
    for row in (*told.rows, told.total) if told.by or told.per else (told.total,):
        name = "" if row is not told.total else "total"
        paid = [format_plain(Money(row.money.get(currency, 0), currency)) for currency in currencies]
        numbers = [getattr(row, number) for number in NUMBERS]
        times = [getattr(row, time) for time in TIMES]
        cells = [
            row.day or name,
            row.key,
            row.label,
            *numbers,
            row.answered,
            *times,
            row.refunds,
            *paid,
            row.overridden,
        ]
        out.writerow([cell(value) for value in cells])
    sys.stdout.flush()


def _lines(told: ReportView, words: Words) -> Iterator[str]:
    yield words("report.span", since=words.moment(told.since)[:10], until=words.moment(told.until - 1)[:10])
    if told.by or told.per:
        yield from _table(told, words)
    for name in NUMBERS:
        yield "  " + words(f"report.{name}", n=getattr(told.total, name))
    yield "  " + _first(told.total, words)
    yield "  " + _resolution(told.total, words)
    yield "  " + words("report.refunds", n=told.total.refunds, money=_money(told.total, words))
    yield "  " + words("report.overridden", n=told.total.overridden)


def _first(row: ReportRow, words: Words) -> str:
    told = {"median": _number(row.first_median_minutes), "p90": _number(row.first_p90_minutes)}
    return words("report.first", n=row.answered, **told)


def _resolution(row: ReportRow, words: Words) -> str:
    told = {"median": _number(row.resolution_median_hours), "p90": _number(row.resolution_p90_hours)}
    return words("report.resolution", **told)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _money(row: ReportRow, words: Words) -> str:
    told = (words.money(minor, currency) for currency, minor in sorted(row.money.items()))
    return words.between.join(told) or "–"


def _table(told: ReportView, words: Words) -> Iterator[str]:
    """A line for each row under one heading, every column as wide as its widest cell."""
    named = [name for name, there in (("day", told.per), ("group", told.by)) if there]
    columns = [*named, *NUMBERS, "first", "resolution", "refunds", "overridden"]
    rows = [[words(f"report.column.{name}") for name in columns]]
    for row in told.rows:
        times = f"{_number(row.first_median_minutes)}/{_number(row.first_p90_minutes)}"
        hours = f"{_number(row.resolution_median_hours)}/{_number(row.resolution_p90_hours)}"
        name = [value for value, there in ((row.day, told.per), (_name(row, told, words), told.by)) if there]
        numbers = [str(getattr(row, number)) for number in NUMBERS]
        paid = f"{row.refunds} {_money(row, words)}" if row.refunds else "0"
        rows.append([*name, *numbers, times, hours, paid, str(row.overridden)])
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = (text + " " * (width - _width(text)) for text, width in zip(cells, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _name(row: ReportRow, told: ReportView, words: Words) -> str:
    if not row.key:
        return words("report.nobody")
    return row.label or (words.code(_GROUPS[told.by], row.key) if told.by in _GROUPS else row.key)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
