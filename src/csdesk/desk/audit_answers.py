"""How a desk answers who did and looked at what."""

from csdesk.desk import audit_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain import ids
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.store import audit_log, feed
from csdesk.store.audit_log import NEWEST, Deed, Place


@answers(q.AuditLog)
def log(core: Core, ask: q.AuditLog) -> q.AuditPage:
    if (ask.case or ask.of != core.me.id) and not core.me.may(Right.AUDIT):
        core.need(Right.ASSIGN)
    limit, before = max(min(ask.limit, q.MOST), 1), _place(ask.after)
    conn = core.store.conn
    found: list[Deed] = []
    if ask.case:
        case, _ = core.load(core.case_id(ask.case))
        found += (
            deed
            for deed in audit_log.of_case(conn, core.desk, case.id, case.customer)
            if ask.of in ("", deed.actor) and deed.place.at >= ask.since and deed.place < before
        )
    else:
        for actor in (ask.of,) if ask.of else audit_log.actors(conn, core.desk):
            found += audit_log.of_actor(conn, core.desk, actor, ask.since, before, limit + 1)
    found.sort(key=lambda deed: deed.place, reverse=True)
    shown, more = found[:limit], len(found) > limit
    wanted = tuple(dict.fromkeys(deed.case for deed in shown if deed.case))
    numbers = {
        row.id: ids.number(Kind(row.kind).letters, row.body) for row in feed.rows(conn, core.desk, wanted)
    }
    entries = (
        q.AuditEntry(
            deed.place.at,
            deed.actor,
            deed.place.sort,
            deed.what,
            numbers.get(deed.case, ""),
            deed.case,
            deed.detail,
        )
        for deed in shown
    )
    return q.AuditPage(tuple(entries), _said(shown[-1].place) if more else "")


def _said(place: Place) -> str:
    return f"{place.at}:{place.sort}:{place.key}"


def _place(said: str) -> Place:
    """The place that `after` names; Refused `bad_cursor`."""
    if not said:
        return NEWEST
    at, _, rest = said.partition(":")
    sort, _, key = rest.partition(":")
    if not at.isdecimal() or len(at) > 18 or sort not in ("verb", "look", "check", "export"):
        raise Refused("bad_cursor")
    return Place(int(at), sort, key)
