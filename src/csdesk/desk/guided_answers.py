"""How a local desk lets agents pass cases over and hand them over when a shift ends."""

from datetime import date

from csdesk.desk import guided_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.desk.staff_answers import set_state
from csdesk.desk.staff_queries import SetAgentState
from csdesk.domain import ids
from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Assign, Note, Release
from csdesk.domain.clocks.days import end_of_day_ms, midnight_ms
from csdesk.domain.roles import Right, Role, takes_cases
from csdesk.domain.routing import OFF
from csdesk.domain.text import clean, clean_line
from csdesk.store import feed, leases, skips, staff
from csdesk.store.connection import savepoint
from csdesk.store.skips import Skip

# A shift: what somebody could not do at nine they cannot do at noon, but tomorrow may be another day.
SKIP_MS = 8 * 3_600_000
MOST_WORDS, MOST_NOTE = 200, 2_000
MOST_TOLD = 200
# A year and a leap day, as for every report.
MOST_DAYS = 366
BECAUSE = "handover"


@answers(q.SkipCase)
def skip_case(core: Core, ask: q.SkipCase) -> Skip:
    if ask.why not in q.WHY:
        raise Refused("bad_choice", field="reason", value=ask.why[:80], allowed=q.WHY)
    note = clean_line(ask.note, limit=MOST_WORDS).text.strip()
    if ask.why == "other" and not note:
        raise Refused("skip_note")
    case, _ = core.load(core.case_id(ask.case))
    if not case.open:
        raise Refused("case_closed", state=case.state)
    conn, now = core.store.conn, core.now()
    skip = Skip(case.id, core.me.id, now, now + SKIP_MS, ask.why, note)
    skips.put(conn, core.store.keys, core.desk, case.customer, skip)
    leases.release(conn, core.desk, case.id, core.me.id)
    feed.note(conn, core.desk, now)
    return skip


@answers(q.Skips)
def show_skips(core: Core, ask: q.Skips) -> q.SkipsView:
    if not core.me.may(Right.AUDIT):
        core.need(Right.ASSIGN)
    try:
        first, last = date.fromisoformat(ask.first), date.fromisoformat(ask.last)
    except ValueError:
        raise Refused("bad_report_days", first=ask.first[:40], last=ask.last[:40]) from None
    if last < first:
        raise Refused("bad_report_days", first=ask.first[:40], last=ask.last[:40])
    if (last - first).days >= MOST_DAYS:
        raise Refused("report_too_long", most=MOST_DAYS)
    conn, since, until = core.store.conn, midnight_ms(first, core.zone), end_of_day_ms(last, core.zone)
    found = skips.between(conn, core.store.keys, core.desk, since, until, MOST_TOLD)
    rows = {row.id: _number(row) for row in feed.rows(conn, core.desk, tuple({one.case for one in found}))}
    return q.SkipsView(
        since,
        until,
        tuple(q.SkipCount(*row) for row in skips.counts(conn, core.desk, since, until)),
        tuple(q.SkipTold(rows[one.case], one.case, one.agent, one.at, one.reason, one.note) for one in found),
    )


def _number(row: feed.Row) -> str:
    return ids.number(Kind(row.kind).letters, row.body)


@answers(q.MyCases)
def my_cases(core: Core, ask: q.MyCases) -> list[q.Mine]:
    conn, me = core.store.conn, core.me.id
    assigned = feed.page(conn, core.desk, "mine", me, MOST_ROWS)
    theirs = {row.id for row in assigned}
    holds = {lease.case: bool(lease.parked) for lease in leases.of_holder(conn, core.desk, me, core.now())}
    others = tuple(case for case in holds if case not in theirs)[:MOST_ROWS]
    rows = [*assigned, *(row for row in feed.rows(conn, core.desk, others) if row.phase != Phase.DONE)]
    drafted = {
        row[0]
        for row in conn.execute("SELECT case_id FROM draft WHERE desk_id = ? AND agent = ?", (core.desk, me))
    }
    return [
        q.Mine(row, _number(row), row.id in theirs, holds.get(row.id, False), row.id in drafted)
        for row in rows
    ]


@answers(q.HandOver)
def hand_over(core: Core, ask: q.HandOver) -> q.HandedOver:
    done: list[str] = []
    left: list[q.Left] = []
    for one in ask.cases[:MOST_ROWS]:
        if one.how not in q.HOW:
            raise Refused("bad_choice", field="how", value=one.how[:80], allowed=q.HOW)
        case, _ = core.load(core.case_id(one.case))
        number = core.number(case)
        try:
            with savepoint(core.store.conn):
                _hand(core, one, case.id)
        except Refused as refused:
            left.append(q.Left(case.id, number, refused))
        else:
            done.append(number)
    if ask.off and not left:
        set_state(core, SetAgentState(OFF))
    state = staff.presence(core.store.conn, core.desk, core.me.id).state
    return q.HandedOver(tuple(done), tuple(left), state)


def _hand(core: Core, one: q.Handing, case_id: str) -> None:
    """The note into the case, then the case to whom it goes; Refused when it may not."""
    conn, me = core.store.conn, core.me.id
    case, _ = core.load(case_id)
    lease = leases.held(conn, core.desk, case_id, core.now())
    if case.assignee != me and (lease is None or lease.holder != me):
        raise Refused("not_yours")
    if one.how == "agent":
        to = core.store.agent(one.to)
        if to is None:
            raise Refused("no_such_agent", who=one.to[:40])
        if not takes_cases(Role(to.role)):
            raise Refused("takes_no_cases", who=to.id)
        if to.id == me:
            raise Refused("handover_to_self")
    if note := clean(one.note, limit=MOST_NOTE).text.strip():
        core.within(Note(note), case_id)
    # What is mine I may pass on, whether or not I may hand out other people's cases.
    if one.how == "agent":
        core.within(Assign(one.to, BECAUSE), case_id)
    elif one.how == "pool" and case.assignee:
        core.within(Release(BECAUSE), case_id)
    if one.how != "keep":
        leases.release(conn, core.desk, case_id, me)
