"""How a desk answers who may look at what is masked, who looked, and whose PIN is right."""

from datetime import datetime, time
from itertools import pairwise

from csdesk.desk import look_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.canary_watch import watch
from csdesk.desk.core import Core
from csdesk.desk.purposes import purposes
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.looking import BUSY, SHOWN_MS, USUAL_DAYS, Purpose, Usual, unusual
from csdesk.domain.roles import Right
from csdesk.domain.routing import AVAILABLE
from csdesk.store import feed, leases, looks, pins, restraint, staff, takeovers
from csdesk.store.people import Customer
from csdesk.store.pins import Tried

DAY_MS = 86_400_000
MOST_DAYS = 90
LEAST_SIGNS, MOST_SIGNS = 4, 64


def _entitled(core: Core, said: str) -> tuple[Case, int]:
    """A case by which I may look at its customer, and until when I hold it (0: it is assigned to me); or Refused."""
    case, _ = core.load(core.case_id(said))
    conn, now, me = core.store.conn, core.now(), core.me.id
    held = leases.held(conn, core.desk, case.id, now)
    holds = held is not None and held.holder == me
    lost = takeovers.lost(conn, core.desk, case.id, me, case.assignee)
    if lost is not None or not (holds or case.assignee == me):
        raise Refused("reveal_not_held", case=core.number(case))
    if not case.open:
        raise Refused("reveal_closed", case=core.number(case))
    if staff.presence(conn, core.desk, me).state != AVAILABLE:
        raise Refused("reveal_away")
    if case.protected or not case.customer:
        raise Refused("reveal_protected")
    return case, 0 if held is None or case.assignee == me else held.expires


def _purposes(core: Core, case: Case) -> tuple[Purpose, ...]:
    return tuple(one for one in purposes() if one.fits(case.kind.value, core.me.role.value))


def _left(core: Core) -> int:
    """How many looks are left to me today; the day is the desk's."""
    today = datetime.fromtimestamp(core.now() / 1000, core.zone).date()
    midnight = int(datetime.combine(today, time(), core.zone).timestamp() * 1000)
    most = core.policy.looks_a_day.get(core.me.role, 0)
    return max(most - looks.count(core.store.conn, core.desk, core.me.id, midnight), 0)


@answers(q.Purposes)
def may_reveal(core: Core, ask: q.Purposes) -> q.MayReveal:
    case, _ = _entitled(core, ask.case)
    return q.MayReveal(_purposes(core, case), _left(core))


@answers(q.Reveal)
def reveal(core: Core, ask: q.Reveal) -> q.Revealed:
    case, holds_until = _entitled(core, ask.case)
    known = core.store.people.open(case.customer)
    if known is None:
        stored = restraint.holds(core.store.conn, core.desk, case.customer)
        raise Refused("only_stored" if stored else "reveal_erased")
    offered = _purposes(core, case)
    purpose = next((one for one in offered if one.code == ask.reason), None)
    if purpose is None:
        raise Refused("reveal_reason", value=ask.reason[:40], allowed=tuple(one.code for one in offered))
    if not set(ask.fields) <= set(purpose.fields):
        raise Refused("reveal_fields", allowed=purpose.fields)
    values = _values(known, tuple(name for name in purpose.fields if not ask.fields or name in ask.fields))
    if not values:
        raise Refused("reveal_nothing")
    left = _left(core)
    if not left:
        raise Refused("reveal_quota", top=core.policy.looks_a_day.get(core.me.role, 0))
    now = core.now()
    until = min(now + SHOWN_MS, holds_until or now + SHOWN_MS)
    looks.add(
        core.store.conn,
        core.desk,
        at=now,
        actor=core.me.id,
        person=case.customer,
        case=case.id,
        fields=tuple(name for name, _ in values),
        reason=purpose.code,
        until=until,
    )
    watch(core, "look", case.customer)
    feed.note(core.store.conn, core.desk, now)  # a board that is open shows what is unusual
    return q.Revealed(core.number(case), purpose.code, until, left - 1, values)


def _values(known: Customer, fields: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """What is known of these fields."""
    found = {"name": known.name, "phone": known.phone, "email": known.email, "address": known.address}
    return tuple((name, found[name]) for name in fields if found[name].strip())


@answers(q.Looks)
def who_looked(core: Core, ask: q.Looks) -> list[q.LookView]:
    conn, limit = core.store.conn, max(min(ask.limit, MOST_ROWS), 0)
    if ask.case:
        _oversees(core)
        case, _ = core.load(core.case_id(ask.case))
        found = looks.of_person(conn, core.desk, case.customer, limit)
    else:
        agent = ask.agent or core.me.id
        if agent != core.me.id:
            _oversees(core)
            if core.store.agent(agent) is None:
                raise Refused("no_such_agent", who=agent[:40])
        found = looks.of_agent(conn, core.desk, agent, limit)
    numbers = {
        row.id: ids.number(Kind(row.kind).letters, row.body)
        for row in feed.rows(conn, core.desk, tuple(dict.fromkeys(one.case for one in found)))
    }
    return [
        q.LookView(one.at, one.actor, numbers.get(one.case, ""), one.case, one.fields, one.reason, one.until)
        for one in found
    ]


def _oversees(core: Core) -> None:
    """Refused `no_right` unless I hand out cases or audit."""
    if not core.me.may(Right.AUDIT):
        core.need(Right.ASSIGN)


@answers(q.LookAlarms)
def look_alarms(core: Core, ask: q.LookAlarms) -> list[q.UnusualLooks]:
    _oversees(core)
    if not 0 < ask.days <= MOST_DAYS:
        raise Refused("bad_number_of", field="days", value=ask.days, top=MOST_DAYS)
    return alarms(core, ask.days)


def alarms(core: Core, days: int = 1) -> list[q.UnusualLooks]:
    """Unusual looking since so many days; what is usual is only counted when somebody was busy at all."""
    conn, since = core.store.conn, core.now() - days * DAY_MS
    hours = looks.busy(conn, core.desk, since, BUSY)
    if not hours:
        return []
    usual = looks.usual(conn, core.desk, since - USUAL_DAYS * DAY_MS, since)
    desk = usual[""]
    found = []
    for agent, hour, n in hours:
        own = usual.get(agent, Usual())
        if unusual(n, own, desk):
            found.append(q.UnusualLooks(agent, hour, n, round(own.an_hour, 1), round(desk.an_hour, 1)))
    return found


# What unlocks a screen


@answers(q.HasPin)
def has_pin(core: Core, ask: q.HasPin) -> bool:
    return pins.has(core.store.conn, core.desk, core.me.id)


@answers(q.SetPin)
def set_pin(core: Core, ask: q.SetPin) -> Tried:
    conn, now = core.store.conn, core.now()
    if ask.agent not in ("", core.me.id):
        core.need(Right.CONFIGURE)
        if core.store.agent(ask.agent) is None:
            raise Refused("no_such_agent", who=ask.agent[:40])
        if ask.pin:
            raise Refused("pin_not_yours")
        pins.drop(conn, core.desk, ask.agent)
        return Tried(True)
    if not ask.remove and _weak(ask.pin):
        raise Refused("pin_weak", least=LEAST_SIGNS, most=MOST_SIGNS)
    tried = pins.attempt(conn, core.desk, core.me.id, ask.old, now)
    # Not refused when it was wrong: that would take the count of wrong tries back.
    if tried.right and not ask.remove:
        pins.put(conn, core.desk, core.me.id, ask.pin, now)
    elif tried.right:
        pins.drop(conn, core.desk, core.me.id)
    return tried


def _weak(pin: str) -> bool:
    """Whether somebody over a shoulder would guess it: too short, one sign only, or signs in their order."""
    steps = {ord(b) - ord(a) for a, b in pairwise(pin)}
    return not LEAST_SIGNS <= len(pin) <= MOST_SIGNS or steps in ({0}, {1}, {-1})


@answers(q.TryPin)
def try_pin(core: Core, ask: q.TryPin) -> Tried:
    return pins.attempt(core.store.conn, core.desk, core.me.id, ask.pin, core.now())
