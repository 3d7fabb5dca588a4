"""How a local desk answers what was done in a span of time: by the cases in which anything can have happened since.

What was closed before the span and stayed closed has nothing in it. So the open cases and those closed since its first
day are all that a report reads, in pages of two indexes; their events are read by case.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date, timedelta
from statistics import median

from csdesk.desk import report_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Breached, Event, Moved, Opened
from csdesk.domain.cases.events import Ruled as RuledEvent
from csdesk.domain.cases.kinds import queue_of
from csdesk.domain.clocks.days import end_of_day_ms, local_day, midnight_ms
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store import codec, folds
from csdesk.store.connection import read

CASES_A_LOOK = 200
# A year and a leap day: longer reports are asked for in parts.
MOST_DAYS = 366
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
_ANSWERED = frozenset({"held", "queued", "sent", "delivered"})
OPEN_CASES = (
    "SELECT id, snapshot FROM cases WHERE desk_id = ? AND closed_at = 0 AND id > ? ORDER BY id LIMIT ?"
)
CLOSED_CASES = (
    "SELECT closed_at, id, snapshot FROM cases WHERE desk_id = ? AND closed_at > 0 AND (closed_at, id) > (?, ?)"
    " ORDER BY closed_at, id LIMIT ?"
)
EVENTS = (
    "SELECT case_id, at, type, v, payload FROM event WHERE desk_id = ? AND case_id IN ({}) AND type IN ({})"
)


@dataclass(slots=True)
class _Tally:
    """Numbers of one day and group, as they come in; first answers and resolutions in ms."""

    opened: int = 0
    closed: int = 0
    reopened: int = 0
    late: int = 0
    overridden: int = 0
    refunds: int = 0
    first: list[int] = field(default_factory=list)
    resolution: list[int] = field(default_factory=list)
    money: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Happened:
    """An event of a case, and when (UTC ms)."""

    at: int
    event: Event


class _Span:
    """The days of a report; `part` is the day of an instant as an index, None outside. Without days, all is part 0."""

    def __init__(self, core: Core, first: date, last: date, per: q.Per) -> None:
        self._zone, self._first, self._daily = core.zone, first, per == "day"
        self.since, self.until = midnight_ms(first, core.zone), end_of_day_ms(last, core.zone)
        days = (last - first).days + 1
        self.names = tuple((first + timedelta(n)).isoformat() for n in range(days)) if self._daily else ("",)

    def part(self, at: int) -> int | None:
        if not self.since <= at < self.until:
            return None
        return (local_day(at, self._zone) - self._first).days if self._daily else 0


class _Books:
    """All tallies: one for each part and group, and one for everything."""

    def __init__(self, span: _Span) -> None:
        self.span = span
        self.tallies: dict[tuple[int, str], _Tally] = defaultdict(_Tally)
        self.total = _Tally()
        # Open when the span began, by group.
        self.before: Counter[str] = Counter()

    def at(self, moment: int, key: str) -> tuple[_Tally, ...]:
        """The tallies into which what happened then goes; none outside the span."""
        part = self.span.part(moment)
        return () if part is None else (self.tallies[part, key], self.total)

    def once(self, moments: Sequence[int], key: str) -> Iterator[_Tally]:
        """Each tally into which any of these falls, once."""
        parts = {part for at in moments if (part := self.span.part(at)) is not None}
        yield from (self.tallies[part, key] for part in parts)
        if parts:
            yield self.total


@answers(q.Report)
def report(core: Core, ask: q.Report) -> q.ReportView:
    if not core.me.may(Right.AUDIT):
        core.need(Right.ASSIGN)
    span = _span(core, ask)
    books = _Books(span)
    for some in _looks(core, span.since):
        happened = _happened(core, some)
        for case in some:
            _enter(books, case, _key(case, ask.by), happened.get(case.id, []))
    return q.ReportView(span.since, span.until, ask.by, ask.per, _rows(core, ask.by, books), _total(books))


def _span(core: Core, ask: q.Report) -> _Span:
    try:
        first, last = date.fromisoformat(ask.first), date.fromisoformat(ask.last)
    except ValueError:
        raise Refused("bad_report_days", first=ask.first[:40], last=ask.last[:40]) from None
    if last < first:
        raise Refused("bad_report_days", first=ask.first[:40], last=ask.last[:40])
    if (last - first).days >= MOST_DAYS:
        raise Refused("report_too_long", most=MOST_DAYS)
    return _Span(core, first, last, ask.per)


def _looks(core: Core, since: int) -> Iterator[list[Case]]:
    """The cases in which anything can have happened since, some at a time; each once, though it be closed meanwhile."""
    conn, seen = core.store.conn, set[str]()
    last = ""
    while rows := conn.execute(OPEN_CASES, (core.desk, last, CASES_A_LOOK)).fetchall():
        last = rows[-1][0]
        seen.update(id_ for id_, _ in rows)
        yield _cases(snapshot for _, snapshot in rows)
    place = (since, "")
    while rows := conn.execute(CLOSED_CASES, (core.desk, *place, CASES_A_LOOK)).fetchall():
        place = (rows[-1][0], rows[-1][1])
        yield _cases(snapshot for _, id_, snapshot in rows if id_ not in seen)


def _cases(snapshots: Iterator[bytes]) -> list[Case]:
    found = map(folds.decode_case, snapshots)
    return [case for case in found if case.kind is not Kind.INCIDENT]


def _happened(core: Core, some: Sequence[Case]) -> dict[str, list[_Happened]]:
    """What a snapshot does not tell, by case: breaches and rulings; of what was ever reopened every move."""
    found: dict[str, list[_Happened]] = defaultdict(list)
    wanted = (
        ([case.id for case in some], (Breached.type, RuledEvent.type)),
        ([case.id for case in some if case.reopened_at], (Opened.type, Moved.type)),
    )
    with read(core.store.conn) as conn:
        for ids, types in wanted:
            if not ids:
                continue
            sql = EVENTS.format(",".join("?" * len(ids)), ",".join("?" * len(types)))
            for case, at, type_, v, payload in conn.execute(sql, (core.desk, *ids, *types)):
                if codec.known(type_, v):  # one of a later csdesk counts nothing here
                    found[case].append(_Happened(at, codec.decode(type_, v, payload)))
    return found


def _key(case: Case, by: q.By) -> str:
    match by:
        case "kind":
            return case.kind.value
        case "queue":
            return queue_of(case)
        case "agent":
            return case.assignee
        case "merchant":
            return case.merchant
        case "reason":
            return case.reason
        case _:
            return ""


def _enter(books: _Books, case: Case, key: str, happened: Sequence[_Happened]) -> None:
    closings, reopenings = _turns(case, happened)
    since = books.span.since
    # Every closing but the last was followed by a reopening.
    if (case.opened_at < since) + _before(reopenings, since) > _before(closings, since):
        books.before[key] += 1
    for tally in books.at(case.opened_at, key):
        tally.opened += 1
        if answered := _first_answer(case):
            tally.first.append(answered - case.opened_at)
    for at in closings:
        for tally in books.at(at, key):
            tally.closed += 1
            tally.resolution.append(at - case.opened_at)
    for at in reopenings:
        for tally in books.at(at, key):
            tally.reopened += 1
    _enter_money(books, case, key)
    for tally in books.once([one.at for one in happened if isinstance(one.event, Breached)], key):
        tally.late += 1
    against = [one.at for one in happened if isinstance(one.event, RuledEvent) and one.event.against]
    for tally in books.once(against, key):
        tally.overridden += 1


def _before(moments: Sequence[int], since: int) -> int:
    return sum(at < since for at in moments)


def _enter_money(books: _Books, case: Case, key: str) -> None:
    for refund in case.refunds:
        if refund.state == "confirmed":
            for tally in books.at(refund.settled_at, key):
                tally.refunds += 1
                tally.money[case.currency] += refund.minor


def _turns(case: Case, happened: Sequence[_Happened]) -> tuple[list[int], list[int]]:
    """When the case was closed, and when it was taken up again, in order."""
    if not case.reopened_at:
        return [case.closed_at] if case.closed_at else [], []
    closings, reopenings = list[int](), list[int]()
    for one in sorted(happened, key=lambda one: one.at):
        if not isinstance(one.event, Moved):
            continue
        closed = len(closings) > len(reopenings)
        if one.event.phase is Phase.DONE and not closed:
            closings.append(one.at)
        elif one.event.phase is not Phase.DONE and closed:
            reopenings.append(one.at)
    return closings, reopenings


def _first_answer(case: Case) -> int:
    """When the consumer first heard more than that something came in; 0 for never."""
    sent = [m.at for m in case.messages if m.direction == "out" and not m.receipt and m.state in _ANSWERED]
    return min(sent, default=0)


def _rows(core: Core, by: q.By, books: _Books) -> tuple[q.ReportRow, ...]:
    keys = sorted({key for _, key in books.tallies} | set(books.before)) if by else [""]
    labels = {key: _label(core, by, key) for key in keys}
    standing, found = Counter(books.before), list[q.ReportRow]()
    for part, day in enumerate(books.span.names):
        for key in keys:
            tally = books.tallies.get((part, key), _Tally())
            standing[key] += tally.opened + tally.reopened - tally.closed
            if not by or standing[key] or tally != _Tally():
                found.append(_row(day, key, labels[key], tally, standing[key]))
    return tuple(found)


def _total(books: _Books) -> q.ReportRow:
    total = books.total
    standing = books.before.total() + total.opened + total.reopened - total.closed
    return _row("", "", "", total, standing)


def _label(core: Core, by: q.By, key: str) -> str:
    """What people call a group, where its key does not say it."""
    if by != "merchant" or not key:
        return ""
    sql = "SELECT name FROM merchant WHERE desk_id = ? AND id = ?"
    found = core.store.conn.execute(sql, (core.desk, key)).fetchone()
    return found[0] if found else ""


def _row(day: str, key: str, label: str, tally: _Tally, standing: int) -> q.ReportRow:
    first, resolution = sorted(tally.first), sorted(tally.resolution)
    return q.ReportRow(
        day, key, label, tally.opened, tally.closed, tally.reopened, standing, tally.late, len(first),
        _middle(first, MINUTE_MS), _p90(first, MINUTE_MS), _middle(resolution, HOUR_MS), _p90(resolution, HOUR_MS),
        tally.refunds, dict(tally.money), tally.overridden,
    )  # fmt: skip


def _middle(values: Sequence[int], unit: int) -> float | None:
    return round(median(values) / unit, 1) if values else None


def _p90(values: Sequence[int], unit: int) -> float | None:
    """The smallest value that nine in ten do not pass (nearest rank); of sorted values."""
    return round(values[-(-9 * len(values) // 10) - 1] / unit, 1) if values else None
