"""What a filter means on this desk: codes by the words of any catalogue, times from now, names and numbers looked up.

A person is found only by what names them exactly (keyed hashes), as everywhere.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from csdesk.desk import searching
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import AUTHORITY, QUEUES
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.ids import BadNumber, parse_number
from csdesk.domain.money import BadAmount, parse
from csdesk.domain.roles import Right
from csdesk.search.filtering import FilterFault, Term, Value, language, minutes, sort, special
from csdesk.search.filtering import parse as read
from csdesk.search.normalise import fold, storable
from csdesk.store import feed, folds, index, orders, tracking
from csdesk.store.feed import FILTER, NEVER
from csdesk.store.sifting import (
    CLOSED,
    LIVE,
    SNOOZED,
    Part,
    Sieve,
    among,
    any_of,
    compared,
    holding,
    one_of,
    tongue,
    within,
)

if TYPE_CHECKING:
    from csdesk.desk.core import Core

# Words that stand in more cases than this are no filter: their cases would all have to be looked at.
MOST_FOUND = 20_000
_DAYS = ("today", "tomorrow", "yesterday")
_IS = ("late", "mine", "unassigned", "escalated", "snoozed", "closed")
_TONGUE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def sieve(core: "Core", queue: str) -> Sieve | None:
    """The filter that a queue's name holds; None for a queue.

    Refused `filter_…`, `sign` the sign it is about, from 1.
    """
    if not queue.startswith(FILTER):
        return None
    try:
        return _Reading(core).sieve(read(storable(queue.removeprefix(FILTER))))
    except FilterFault as fault:
        raise Refused(fault.code, sign=fault.at + 1, **fault.detail) from None


def codes(field: str) -> tuple[str, ...]:
    """The codes that a field of choices has."""
    match field:
        case "kind":
            return tuple(kind.value for kind in Kind)
        case "state":
            return tuple(dict.fromkeys(state.name for m in MACHINES.values() for state in m.states))
        case "queue":
            return QUEUES
        case "reason":
            return tuple(dict.fromkeys(reason for machine in MACHINES.values() for reason in machine.reasons))
        case _:
            return _IS


@cache
def labels(group: str, field: str, zone: object) -> dict[str, tuple[str, ...]]:
    """Per code of a field what people call it, folded: the code and its word in each language."""
    told = [Words(name, zone) for name in LANGUAGES]  # type: ignore[arg-type]
    names = {code: {fold(code), *(fold(words.code(group, code)) for words in told)} for code in codes(field)}
    for code in names:
        names[code] |= {fold(name) for name in language().values.get(code, ())} if field == "is" else set()
    return {code: tuple(found) for code, found in names.items()}


class _Reading:
    """One filter being understood: what its terms ask for, and which cases it is about."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._now = core.now()
        self._which = LIVE
        self._drawn = False

    def sieve(self, terms: Sequence[Term]) -> Sieve:
        """All terms as one sieve."""
        parts = [part for term in terms if term.field != "sort" for part in self._term(term)]
        if not self._core.me.may(Right.ASSIGN):
            # Authorities' letters are for those who hand them out.
            parts.append(one_of("queue", (AUTHORITY,)).negated())
        return Sieve(tuple(parts), self._which, self._drawn, sort(terms))

    def _term(self, term: Term) -> list[Part]:
        if term.field == "is":
            return [part for value in term.values for part in self._is(term, value)]
        part = self._part(term)
        if term.field == "closed":
            self._turn(term, CLOSED)
        return [part.negated() if term.negated else part]

    def _part(self, term: Term) -> Part:
        field = language().fields.get(term.field)
        if field is None:
            return self._found(term, self._words)
        match field.value:
            case "choice":
                return one_of(term.field, self._choices(term))
            case "agent":
                return one_of("assignee", [self._agent(value) for value in term.values])
            case "merchant":
                return one_of("merchant", [id_ for value in term.values for id_ in self._merchants(value)])
            case "tongue":
                return any_of([self._tongue(value) for value in term.values])
            case "text":
                return any_of([holding("subject", value.text) for value in term.values])
            case "money" | "number":
                number = self._money if field.value == "money" else self._number
                return any_of([self._numbers(term.field, value, number) for value in term.values])
            case "ahead" | "back":
                return any_of([self._time(term.field, field.value, value) for value in term.values])
            case _:
                looks = {"number": self._number_of, "order": self._order, "waybill": self._waybill}
                return self._found(term, looks.get(term.field, self._customer))

    # Codes

    def _choices(self, term: Term) -> list[str]:
        return [code for value in term.values for code in self._choice(term.field, value)]

    def _choice(self, field: str, value: Value) -> list[str]:
        known, wanted = labels(language().fields[field].group, field, self._core.zone), fold(value.text)
        found = [code for code, names in known.items() if wanted in names]
        found = found or [code for code, names in known.items() if any(wanted in name for name in names)]
        if not found or value.op:
            raise FilterFault("filter_choice", value.at, name=field, value=value.text[:40])
        if field == "queue" and AUTHORITY in found:
            self._core.need(Right.ASSIGN)
        return found

    def _tongue(self, value: Value) -> Part:
        if not _TONGUE.fullmatch(value.text) or value.op:
            raise FilterFault("filter_language", value.at, value=value.text[:40])
        return tongue(value.text)

    def _is(self, term: Term, value: Value) -> list[Part]:
        part: Part | None = None
        match self._choice("is", value)[0]:
            case "late":
                part = compared("due", "<=", self._now)
            case "mine":
                part = one_of("assignee", (self._core.me.id,))
            case "unassigned":
                part = one_of("assignee", ("",))
            case "escalated":
                part = compared("escalation", ">", 0)
            case which:
                self._turn(term, SNOOZED if which == "snoozed" else CLOSED)
        if part is None:
            return []
        return [part.negated() if term.negated else part]

    def _turn(self, term: Term, which: str) -> None:
        """The filter is about cases that rest: all of them snoozed, or all of them closed."""
        if term.negated or self._which not in (LIVE, which):
            raise FilterFault("filter_mixed", term.at)
        self._which = which

    def _agent(self, value: Value) -> str:
        if which := special(value.text, ("me", "none")):
            return self._core.me.id if which == "me" else ""
        wanted = fold(value.text)
        agents = self._core.store.agents()
        found = [one.id for one in agents if wanted in (fold(one.id), fold(one.name))]
        found = found or [one.id for one in agents if wanted in fold(one.name)]
        if not found:
            raise FilterFault("filter_agent", value.at, value=value.text[:40])
        return found[0]

    def _merchants(self, value: Value) -> list[str]:
        rows = self._core.store.conn.execute(
            "SELECT id, name FROM merchant WHERE desk_id = ?", (self._core.desk,)
        )
        wanted = fold(value.text)
        found = [id_ for id_, name in rows.fetchall() if wanted in fold(name)]
        if not found:
            raise FilterFault("filter_merchant", value.at, value=value.text[:40])
        return found

    # Numbers and times

    def _numbers(self, column: str, value: Value, number: Callable[[Value, str], int]) -> Part:
        first = number(value, value.text)
        if value.op == "..":
            return within(column, first, number(value, value.until) + 1)
        return compared(column, value.op or "=", first)

    def _number(self, value: Value, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise FilterFault("filter_number", value.at, value=text[:40])
        return int(text)

    def _money(self, value: Value, text: str) -> int:
        try:
            return parse(text, "CNY").minor  # two places, as every currency that we keep has
        except BadAmount:
            raise FilterFault("filter_number", value.at, value=text[:40]) from None

    def _time(self, field: str, sense: str, value: Value) -> Part:
        column = field if field in ("due", "closed") else f"{field}_at"
        column = "closed_at" if field == "closed" else column
        if field == "due" and special(value.text, ("none",)):
            return compared(column, "=", NEVER)
        told = minutes(value.text) if value.op != ".." else None
        if told is not None:
            ahead = sense == "ahead"
            op = value.op or "<="
            at = self._now + told * 60_000 * (1 if ahead else -1)
            return compared(column, op if ahead else _FLIPPED[op], at)
        first, past = self._day(value, value.text)
        if value.op == "..":
            past = self._day(value, value.until)[1]
        match value.op:
            case "<" | ">=":
                return compared(column, value.op, first)
            case "<=" | ">":
                return compared(column, "<" if value.op == "<=" else ">=", past)
            case _:
                return within(column, first, past)

    def _day(self, value: Value, text: str) -> tuple[int, int]:
        zone = self._core.zone
        today = datetime.fromtimestamp(self._now / 1000, zone).date()
        try:
            which = special(text, _DAYS)
            day = today + timedelta(days=("today", "tomorrow").index(which) if which in _DAYS[:2] else -1)
            day = day if which else datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a day of the desk)
        except ValueError:
            raise FilterFault("filter_time", value.at, value=text[:40]) from None
        first, past = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
        return int(first.timestamp() * 1000), int(past.timestamp() * 1000)

    # What is looked up

    def _found(self, term: Term, look: Callable[[str], Iterable[str]]) -> Part:
        """Cases found beforehand; a term that finds them spares the walk through all, unless it only takes away."""
        found = dict.fromkeys(id_ for value in term.values for id_ in look(value.text))
        if len(found) >= MOST_FOUND:
            raise FilterFault("filter_common", term.at, most=MOST_FOUND)
        self._drawn = self._drawn or not term.negated
        return among(tuple(found))

    def _words(self, text: str) -> Iterable[str]:
        found = [*self._number_of(text), *self._order(text), *self._waybill(text)]
        found += searching.by_words(self._core, text, MOST_FOUND)
        return (*found, *self._customer(text, others=bool(found)))

    def _number_of(self, text: str) -> Iterable[str]:
        core = self._core
        try:
            body = parse_number(text)[1]
        except BadNumber:
            body = ""
        if body and (exact := folds.find(core.store.conn, core.desk, body)):
            yield exact
        key = core.store.people.text_key()
        yield from index.cases_by_number(core.store.conn, core.desk, key, text, MOST_FOUND)

    def _order(self, text: str) -> Iterable[str]:
        conn, desk = self._core.store.conn, self._core.desk
        yield from (row.id for row in feed.provisional(conn, desk, text))
        if order := orders.find(conn, desk, text):
            yield from (row.id for row in feed.of_order(conn, desk, order))

    def _waybill(self, text: str) -> Iterable[str]:
        conn, desk = self._core.store.conn, self._core.desk
        yield from (own.case for own in tracking.known(conn, desk, normal_waybill(text)) if own.case)
        for found in orders.by_waybill(conn, desk, text):
            yield from (row.id for row in feed.of_order(conn, desk, found.id))

    def _customer(self, text: str, *, others: bool = False) -> Iterable[str]:
        core = self._core
        for customer in searching.people(core, text, others=others):
            theirs = feed.of_customer(core.store.conn, core.desk, customer, 500)
            # Of a report nothing may tell who made it.
            yield from (row.id for row in theirs if row.kind != Kind.REPORT.value)
