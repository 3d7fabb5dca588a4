"""How a local desk answers each question; one function a question, entered in ANSWERS by its type."""

from csdesk.desk import queries as q
from csdesk.desk import trails
from csdesk.desk.answering import answers
from csdesk.desk.canary_watch import watch
from csdesk.desk.core import Core
from csdesk.desk.doing import UNHELD
from csdesk.desk.order_age import order_age
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.desk.rights_plan import only_stored
from csdesk.desk.strip import strip
from csdesk.desk.timeline import entry
from csdesk.desk.undoing import last_undoable
from csdesk.domain import ids
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import VERBS, Undo
from csdesk.domain.cases.context import History, Refused
from csdesk.domain.cases.kinds import MACHINES, Offer, offers
from csdesk.domain.cases.opening import CHANNELS
from csdesk.domain.cases.splitting import merged_into
from csdesk.domain.mask import mask_address, mask_email, mask_name, mask_phone
from csdesk.domain.roles import Role
from csdesk.domain.routing import AVAILABLE
from csdesk.domain.value import replace
from csdesk.search.normalise import storable
from csdesk.search.tokens import QUERY_MAX
from csdesk.store import (
    cases,
    claims,
    drafts,
    feed,
    folds,
    index,
    leases,
    orders,
    staff,
    takeovers,
    tracking,
)
from csdesk.store.codec import UnknownEvent
from csdesk.store.drafts import Draft
from csdesk.store.feed import Row
from csdesk.store.leases import Lease


def person(core: Core, customer: str) -> q.Person | None:
    """A customer, masked; None when unknown or erased."""
    known = core.store.people.open(customer)
    if known is None:
        return None
    return q.Person(
        customer,
        mask_name(known.name),
        mask_phone(known.phone),
        mask_email(known.email),
        mask_address(known.address),
    )


# Who reported something: not even a masked name is shown.
_NOBODY = q.Person("", "*", "*", "*", "*")


def _open_to_all(row: Row) -> bool:
    """Whether a row may stand beside its customer's name: a report must not."""
    return row.kind != Kind.REPORT.value


def reads(core: Core, case: Case) -> bool:
    """Whether I may read the case's messages: I hold it now, or it is assigned to me; or that into which it went.

    Nobody reads what is only stored of a person.
    """
    if not core.reads_texts or only_stored(core, case):
        return False
    if into := merged_into(case):
        case, _ = core.load(into)
    held = leases.held(core.store.conn, core.desk, case.id, core.now())
    return core.me.id in (case.assignee, case.owner) or (held is not None and held.holder == core.me.id)


def merchant(core: Core, id_: str) -> tuple[str, str]:
    """Name and return address of a merchant."""
    row = core.store.conn.execute(
        "SELECT name, return_address FROM merchant WHERE desk_id = ? AND id = ?", (core.desk, id_)
    ).fetchone()
    return (row[0], row[1]) if row else ("", "")


def _with_lease(core: Core, case: Case, found: tuple[Offer, ...], lease: Lease | None) -> tuple[Offer, ...]:
    """What is off besides while somebody else has the case in hand: its states are theirs to change, and the answer."""
    if lease is None or lease.holder == core.me.id:
        return found
    theirs = {edge.verb for edge in MACHINES[case.kind].edges} - UNHELD - {"take"} | {"reply"}
    held = Refused("held_by", who=lease.holder)
    return tuple(
        Offer(offer.verb, held) if offer.off is None and offer.verb in theirs else offer for offer in found
    )


@answers(q.ShowCase)
def show_case(core: Core, ask: q.ShowCase) -> q.CaseView:
    conn = core.store.conn
    case, _ = core.load(core.case_id(ask.case))
    watch(core, "case", case.customer)
    order = orders.facts(conn, core.desk, case.order, case.id) if case.order else None
    may_read, readonly = reads(core, case), ""
    who = strip(core, case)
    ctx = replace(core.context("", order), flags=frozenset(one.flag for one in who.flags))
    timeline: list[q.Entry] = []
    if ask.timeline:
        try:
            for past in cases.history(conn, core.desk, case.id, core.store.keys if may_read else None):
                line = entry(past, may_read, lambda id_: core.number(core.load(id_)[0]))
                if line is not None:
                    timeline.append(line)
        except UnknownEvent as exc:
            readonly = str(exc)
    name, address = merchant(core, case.merchant)
    lease = leases.held(conn, core.desk, case.id, core.now())
    allowed = _with_lease(core, case, offers(case, ctx), lease)
    if case.protected and not may_read:
        # An id would be found again in the reporter's other cases.
        case, order = replace(case, customer=""), replace(order, customer="") if order else None
    return q.CaseView(
        case=case,
        number=core.number(case),
        merchant=name,
        return_address=case.address or address,
        person=_NOBODY if case.protected else person(core, case.customer),
        order=order,
        offers=allowed,
        lease=lease,
        reads=may_read,
        timeline=tuple(timeline),
        # Neither does a report name its reporter's other cases, nor do those name the report.
        others=()
        if case.protected
        else tuple(
            r
            for r in feed.of_customer(conn, core.desk, case.customer, 10)
            if r.id != case.id and _open_to_all(r)
        ),
        readonly=readonly,
        trails=trails.of_case(core, case),
        age=order_age(core, order.id) if order else None,
        taken=_taken(core, case),
        strip=who,
        delegations=core.delegations() if any(one.state == "awaiting" for one in case.refunds) else (),
    )


def _taken(core: Core, case: Case) -> takeovers.Taken | None:
    """From whom I have the case, or who took it from me."""
    conn, me = core.store.conn, core.me.id
    if case.assignee == me:
        return takeovers.gained(conn, core.desk, case.id, me)
    return takeovers.lost(conn, core.desk, case.id, me, case.assignee) if case.assignee else None


@answers(q.TakenFromMe)
def taken_from_me(core: Core, ask: q.TakenFromMe) -> list[tuple[str, takeovers.Taken]]:
    found = []
    for id_ in ask.cases[:MOST_ROWS]:
        case, _ = core.load(core.case_id(id_))
        taken = takeovers.lost(core.store.conn, core.desk, case.id, core.me.id, case.assignee)
        if taken is not None:
            found.append((core.number(case), taken))
    return found


@answers(q.FindCases)
def find_cases(core: Core, ask: q.FindCases) -> list[Row]:
    from csdesk.desk import searching

    conn, found = core.store.conn, dict[str, None]()
    text, limit = _typed(ask.text), max(min(ask.limit, MOST_ROWS), 0)
    if not text or not limit:
        return []
    try:
        _, body = ids.parse_number(text)
    except ids.BadNumber:
        body = ""
    if body and (exact := folds.find(conn, core.desk, body)):
        found[exact] = None
    key = core.store.people.text_key()
    found |= dict.fromkeys(index.cases_by_number(conn, core.desk, key, text, limit))
    found |= dict.fromkeys(row.id for row in feed.provisional(conn, core.desk, text))
    order = orders.find(conn, core.desk, text)
    if order:
        found |= dict.fromkeys(row.id for row in feed.of_order(conn, core.desk, order))
    waybill, rest = normal_waybill(text), dict[str, None]()
    for own in tracking.known(conn, core.desk, waybill):
        rest |= {own.case: None} if own.case else {}
    ends = orders.by_tail(conn, core.desk, text) if len(found) < limit else []
    for found_order in (*orders.by_waybill(conn, core.desk, text), *ends):
        rest |= dict.fromkeys(row.id for row in feed.of_order(conn, core.desk, found_order.id))
    if len(found) < limit:
        rest |= dict.fromkeys(tracking.cases_by_tail(conn, core.desk, waybill))
        rest |= dict.fromkeys(searching.by_words(core, text, limit))
    for customer in searching.people(core, text, others=bool(found or rest)):
        theirs = feed.of_customer(conn, core.desk, customer, limit)
        found |= dict.fromkeys(row.id for row in theirs if _open_to_all(row))
    return feed.rows(conn, core.desk, (*found, *(one for one in rest if one not in found))[:limit])


def _typed(text: str) -> str:
    """So much of what was typed as any look-up reads, without what no statement takes."""
    return storable(text[:QUERY_MAX]).strip()


@answers(q.FindOrders)
def find_orders(core: Core, ask: q.FindOrders) -> list[q.FoundOrder]:
    from csdesk.desk import searching

    conn, found = core.store.conn, dict[str, orders.OrderRow]()
    text, limit = _typed(ask.text), max(min(ask.limit, MOST_ROWS), 0)
    exact = orders.find(conn, core.desk, text)
    if exact and (row := orders.row(conn, core.desk, exact)):
        found[row.id] = row
    found |= {row.id: row for row in orders.by_waybill(conn, core.desk, text)}
    ends = orders.by_tail(conn, core.desk, text, limit) if len(found) < limit else []
    customers = searching.people(core, text, others=bool(found or ends))
    found |= {row.id: row for row in orders.of_customers(conn, core.desk, customers, limit)}
    found |= {row.id: row for row in ends if row.id not in found}
    return [q.FoundOrder(row, person(core, row.customer)) for row in list(found.values())[:limit]]


@answers(q.ShowOrder)
def show_order(core: Core, ask: q.ShowOrder) -> q.OrderView:
    conn = core.store.conn
    id_ = orders.find(conn, core.desk, ask.order)
    facts = orders.facts(conn, core.desk, id_) if id_ else None
    row = orders.row(conn, core.desk, id_) if id_ else None
    if facts is None or row is None:
        raise Refused("no_such_order", order=ask.order)
    watch(core, "order", facts.customer)
    return q.OrderView(
        facts,
        row,
        person(core, facts.customer),
        tuple(found for found in feed.of_order(conn, core.desk, facts.id) if _open_to_all(found)),
        trails.of_order(core, facts),
        order_age(core, facts.id),
    )


@answers(q.Agents)
def agents(core: Core, ask: q.Agents) -> list[q.AgentView]:
    return [q.AgentView(a.id, a.name, a.role) for a in core.store.agents()]


@answers(q.Held)
def held(core: Core, ask: q.Held) -> list[Lease]:
    return leases.of_holder(core.store.conn, core.desk, core.me.id, core.now())


@answers(q.Next)
def next_case(core: Core, ask: q.Next) -> str | None:
    conn, now, me = core.store.conn, core.now(), core.me.id
    here, can, passed = staff.asker(conn, core.desk, me, now)
    if here.state != AVAILABLE:
        raise Refused("not_available", presence=here.state)
    room = True
    if can.most_cases:
        # The case in hand is about to be left, so only what is assigned or put aside counts.
        mine = staff.load(conn, core.desk, me, now)
        room = mine.assigned + mine.parked < can.most_cases
    found = claims.next_case(
        conn,
        core.desk,
        me,
        ask.queue,
        (*ask.skipped[:MOST_ROWS], *passed),
        now,
        # What was escalated waits for somebody senior.
        senior=core.me.role not in (Role.AGENT, Role.INTEGRATION),
        skill=can,
        room=room,
    )
    if found is not None:
        leases.hold(conn, core.desk, found, core.me.id, core.session, now)
    return found


@answers(q.Hold)
def hold(core: Core, ask: q.Hold) -> Lease:
    case, _ = core.load(core.case_id(ask.case))
    if taken := takeovers.lost(core.store.conn, core.desk, case.id, core.me.id, case.assignee):
        # A key that was pressed before one saw it must not hold the case against whoever took it.
        return Lease(case.id, taken.taker, "", 0, taken.at, 0, taken.at)
    return leases.hold(
        core.store.conn, core.desk, case.id, core.me.id, core.session, core.now(), park=ask.park
    )


@answers(q.LetGo)
def let_go(core: Core, ask: q.LetGo) -> None:
    leases.release(core.store.conn, core.desk, core.case_id(ask.case), core.me.id, core.session)


@answers(q.KeepDraft)
def keep_draft(core: Core, ask: q.KeepDraft) -> None:
    case, _ = core.load(core.case_id(ask.case))
    if ask.channel and ask.channel not in CHANNELS:
        raise Refused("bad_choice", field="channel", value=ask.channel[:40], allowed=CHANNELS)
    draft = Draft(case.id, ask.text, ask.caret, core.now(), ask.canned, ask.articles, ask.channel)
    drafts.keep(core.store.conn, core.store.keys, core.desk, core.me.id, case.customer, draft)


@answers(q.GetDraft)
def get_draft(core: Core, ask: q.GetDraft) -> Draft | None:
    return drafts.get(core.store.conn, core.store.keys, core.desk, core.me.id, core.case_id(ask.case))


@answers(q.KeepPlace)
def keep_place(core: Core, ask: q.KeepPlace) -> None:
    drafts.keep_place(core.store.conn, core.desk, core.me.id, "console", ask.state.encode(), core.now())


@answers(q.GetPlace)
def get_place(core: Core, ask: q.GetPlace) -> str | None:
    state = drafts.place(core.store.conn, core.desk, core.me.id)
    return state.decode() if state is not None else None


@answers(q.LastVerb)
def last_verb(core: Core, ask: q.LastVerb) -> tuple[str, str] | None:
    recent = core.store.conn.execute(
        "SELECT case_id FROM request WHERE desk_id = ? AND actor = ? AND substr(key, 1, 5) <> 'bulk:'"
        " ORDER BY at DESC LIMIT 20",
        (core.desk, core.me.id),
    ).fetchall()
    for case_id in dict.fromkeys(row[0] for row in recent):
        if cases.unknown_events(core.store.conn, core.desk, case_id):
            continue
        case, _ = core.load(case_id)
        past = last_undoable(core, case)
        if past is not None and lets_itself_be_undone(core, case, past):
            return case_id, past.verb
    return None


def lets_itself_be_undone(core: Core, case: Case, past: History) -> bool:
    """Whether an undo of this would be carried out."""
    undo = VERBS[past.verb].verb.undo if past.verb in VERBS else Undo.NONE
    if undo is Undo.UNTIL_SENT:
        return any(m.state == "held" and m.author == core.me.id for m in case.messages)
    return undo is Undo.INVERSE and not past.later
