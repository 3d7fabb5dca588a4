"""How a desk answers who saw whose data: looks, files, bundles, callers, cases in hand and exports, read together."""

from collections.abc import Iterable, Iterator

from csdesk.desk import leak_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.domain import ids
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.leaking import SHOWS, Sighting
from csdesk.store import audit_log, callers, exports, feed, holdings, looks
from csdesk.store.exports import Made

DAY_MS = 86_400_000
MOST_DAYS = 3_650
# So many exports, and so many looks at one person, are read; a year of a desk has fewer.
MOST_EXPORTS = 2_000
MOST_LOOKS = 2_000
# Who acts for nobody.
_NOBODY = frozenset({"system", ""})


@answers(q.SeenBy)
def seen_by(core: Core, ask: q.SeenBy) -> list[q.SightingView]:
    case, _ = core.load(core.case_id(ask.case))
    if not case.customer:
        return []
    found = sorted(sightings(core, (case.customer,), 0, core.now() + 1), key=lambda one: (-one.at, one.actor))
    shown = found[: max(min(ask.limit, MOST_ROWS), 0)]
    rows = feed.rows(core.store.conn, core.desk, tuple(dict.fromkeys(one.case for one in shown if one.case)))
    # A report is not named beside its reporter's other cases, not even here.
    numbers = {
        row.id: ids.number(Kind(row.kind).letters, row.body)
        for row in rows
        if row.kind != Kind.REPORT or row.id == case.id
    }
    return [
        q.SightingView(one.actor, one.at, one.how, numbers.get(one.case, ""), one.fields, one.why)
        for one in shown
    ]


@answers(q.Exports)
def made(core: Core, ask: q.Exports) -> list[Made]:
    if not 0 < ask.days <= MOST_DAYS:
        raise Refused("bad_number_of", field="days", value=ask.days, top=MOST_DAYS)
    since, limit = core.now() - ask.days * DAY_MS, max(min(ask.limit, MOST_ROWS), 0)
    return exports.newest(core.store.conn, core.desk, since, limit)


def sightings(core: Core, persons: Iterable[str], since: int, until: int) -> Iterator[Sighting]:
    """All that anybody saw of these persons between two times, UTC ms, `until` exclusive; by each source's index."""
    conn, desk, wanted = core.store.conn, core.desk, frozenset(persons)
    theirs = {person: _cases(core, person) for person in sorted(wanted)}
    for person, cases in theirs.items():
        yield from _looked(core, person, since, until)
        for case in cases:
            for how, rows in (("held", holdings.of_case), ("worked", holdings.workers)):
                for actor, at in rows(conn, desk, case):
                    if since <= at < until and actor not in _NOBODY:
                        yield Sighting(actor, person, at, how, SHOWS[how], case)
    yield from _called(core, wanted, since, until)
    yield from _exported(core, theirs, since, until)


def _cases(core: Core, person: str) -> tuple[str, ...]:
    return tuple(row.id for row in feed.of_customer(core.store.conn, core.desk, person, MOST_ROWS))


def _looked(core: Core, person: str, since: int, until: int) -> Iterator[Sighting]:
    for one in looks.of_person(core.store.conn, core.desk, person, MOST_LOOKS):
        if since <= one.at < until:
            how = "bundle" if one.reason.startswith("bundle_") else "file" if "file" in one.fields else "look"
            yield Sighting(one.actor, person, one.at, how, one.fields, one.case, one.reason)


def _called(core: Core, wanted: frozenset[str], since: int, until: int) -> Iterator[Sighting]:
    conn, desk = core.store.conn, core.desk
    for actor in audit_log.actors(conn, desk):
        for at, person in callers.found(conn, desk, actor, since, until):
            if person in wanted:
                yield Sighting(actor, person, at, "caller", SHOWS["caller"])


def _exported(core: Core, theirs: dict[str, tuple[str, ...]], since: int, until: int) -> Iterator[Sighting]:
    for one, held in exports.holding(core.store.conn, core.desk, until - 1, MOST_EXPORTS):
        if one.at < since or one.what == "bundle":
            continue  # a bundle is a look too
        for person, cases in theirs.items():
            if any(case in held or case <= one.upto for case in cases):
                yield Sighting(one.actor, person, one.at, "export", SHOWS.get(one.what, ()), why=one.id)
