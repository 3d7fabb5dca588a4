"""How a desk identifies a caller: two sorts of things one customer alone knows, on record, so often an hour."""

import re

from csdesk.desk import caller_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import person
from csdesk.desk.canary_watch import watch
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.desk.searching import HOUR_MS, recent, searched
from csdesk.domain import ids
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.callers import NEEDED, VerifyCaller
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Right
from csdesk.domain.text import clean, clean_line
from csdesk.store import callers, feed, orders
from csdesk.store.callers import Check
from csdesk.store.crypto import normal_email, normal_name, normal_order_number, normal_phone

# A call lasts minutes; after that whoever is on the line is asked again.
GOOD_MS = 30 * 60_000
# Characters of an identifier that are read; no number, name or address for mail is longer.
MOST_SAID = 200
LEAST = 4
# Who shares four characters of a number: a hundred in a million. More means that the tail tells nobody apart.
MOST_POINTED = 1_000
# The same person may be on record a few times; more who agree are different people.
MOST_PERSONS = 5
MOST_ORDERS, MOST_CASES = 20, 20
# The narrowest first: whom it points at is asked after the rest one by one.
NARROW = ("phone", "email", "case", "order", "waybill", "phone4", "name")
_DIGITS = re.compile(r"\d{4}", re.ASCII)


@answers(q.VerifyCaller)
def verify_caller(core: Core, ask: q.VerifyCaller) -> q.Caller:
    said = _said(ask)
    sorts = tuple(_sort(field) for field in said)
    if len(said) < NEEDED:
        return q.Caller(
            q.MORE, more=NEEDED - len(said)
        )  # nothing was looked up, so nothing is told or counted
    _quota(core)
    found = _agreed(core, said)
    result = q.NONE if found == () else q.VERIFIED if found and _one_person(core, found) else q.MORE
    persons = found if found and result == q.VERIFIED else ()
    kept = callers.add(core.store.conn, core.desk, core.me.id, core.now(), sorts, result, persons)
    watch(core, "caller", *found or ())
    if result != q.VERIFIED:
        return q.Caller(result, more=int(result == q.MORE), check=kept.seq, sorts=sorts)
    conn = core.store.conn
    theirs = [row for who in persons for row in feed.of_customer(conn, core.desk, who, MOST_ROWS)]
    return q.Caller(
        result,
        check=kept.seq,
        until=kept.at + GOOD_MS,
        sorts=sorts,
        persons=tuple(told for who in persons if (told := person(core, who)) is not None),
        orders=tuple(orders.of_customers(conn, core.desk, persons, MOST_ORDERS)),
        cases=tuple(row for row in theirs if row.phase != "done" and row.kind != Kind.REPORT)[:MOST_CASES],
    )


def _sort(field: str) -> str:
    """A phone's tail is of the sort of the phone."""
    return "phone" if field == "phone4" else field


def _said(ask: q.VerifyCaller) -> dict[str, str]:
    """What was said by the field it is looked up in, normalised as it is kept; Refused `caller_short`."""
    said: dict[str, str] = {}
    for sort, raw in (
        ("order", ask.order),
        ("waybill", ask.waybill),
        ("case", ask.case),
        ("phone", ask.phone),
        ("name", ask.called),
        ("email", ask.email),
    ):
        text = clean_line(raw[: 2 * MOST_SAID], limit=MOST_SAID).text
        if text:
            field, value = _normal(sort, text)
            if not value:
                raise Refused(
                    f"caller_short_{sort}" if sort in ("name", "email") else "caller_short", sort=sort
                )
            said[field] = value
    return said


def _normal(sort: str, text: str) -> tuple[str, str]:
    """(field, value) under which this is looked up; the value is "" when it is too short to tell anybody apart."""
    match sort:
        case "order" | "waybill":
            value = (normal_order_number if sort == "order" else normal_waybill)(text)
            return sort, value if len(value) >= LEAST and value[-LEAST:].isalnum() else ""
        case "case":
            return sort, _case_part(text)
        case "phone" if _DIGITS.fullmatch(text):
            return "phone4", text
        case "phone":
            value = normal_phone(text)
            return sort, value if sum(sign.isdigit() for sign in value) >= 7 else ""
        case "name":
            value = normal_name(text)
            return sort, value if len(value) > 1 else ""
    value = normal_email(text)
    return sort, value if "@" in value[1:-1] else ""


def _case_part(text: str) -> str:
    try:
        return ids.parse_number(text)[1]
    except ids.BadNumber:
        part = ids.fold_part(text)
    whole = ids.BODY_LENGTH
    return part if LEAST <= len(part) <= whole and part.isascii() and part.isalnum() else ""


def _quota(core: Core) -> None:
    """Refused `caller_quota`, and in how many minutes to try again, once I checked as many as an hour allows."""
    most = core.policy.caller_checks
    if not most:
        raise Refused("caller_never")
    past = [one for one in recent(core) if not searched(one)]
    if len(past) >= most:
        left = past[most - 1].at + HOUR_MS - core.now()
        raise Refused("caller_quota", top=most, n=-(-left // 60_000))


def _agreed(core: Core, said: dict[str, str]) -> tuple[str, ...] | None:
    """Customers at whom all of it points, erased ones left out; None when even the narrowest is shared by too many."""
    conn, desk, people = core.store.conn, core.desk, core.store.people
    for field in sorted(said, key=NARROW.index):
        pointed = callers.pointed_at(conn, desk, people, field, said[field], MOST_POINTED)
        if len(pointed) < MOST_POINTED:
            break
    else:
        return None
    rest = [(other, value) for other, value in said.items() if other != field]
    return tuple(
        who
        for who in pointed
        if all(callers.points_at(conn, desk, people, other, value, who) for other, value in rest)
        and people.open(who) is not None
    )


def _one_person(core: Core, found: tuple[str, ...]) -> bool:
    """Whether these records are one person: a single record, or a few with the same name and telephone."""
    if len(found) > MOST_PERSONS:
        return False
    known = [core.store.people.open(who) for who in found]
    same = {(normal_name(one.name), normal_phone(one.phone)) for one in known if one is not None}
    return len(found) == 1 or (len(same) == 1 and all(next(iter(same))))


@answers(q.TakeCaller)
def take_caller(core: Core, ask: q.TakeCaller) -> q.Answered:
    conn = core.store.conn
    check = callers.get(conn, core.desk, core.me.id, ask.check) if 0 < ask.check < 2**62 else None
    if check is None or check.result != q.VERIFIED or check.at <= core.now() - GOOD_MS:
        raise Refused("caller_unverified")
    key = f"caller:{core.me.id}:{check.seq}"
    if ask.case:
        case, _ = core.load(core.case_id(ask.case))
        if case.customer not in check.persons or case.protected:
            raise Refused("caller_not_theirs")
        id_, began = case.id, False
    else:
        order = orders.find(conn, core.desk, ask.order) if ask.order else ""
        facts = orders.facts(conn, core.desk, order) if order else None
        if ask.order and (facts is None or facts.customer not in check.persons):
            raise Refused("caller_not_theirs")
        summary = clean(ask.summary).text.strip()
        opened = Open(
            Kind.INQUIRY, order=facts.id if facts else "", customer=check.persons[0], summary=summary
        )
        done = core.within(opened, key=key)
        id_, began = done.case.id, not done.again
    verified = VerifyCaller(core.me.id, check.sorts, check.seq)
    done = core.by_itself().within(verified, id_, key=f"{key}:{id_}")
    return q.Answered(id_, done.number, began)


@answers(q.CallerChecks)
def caller_checks(core: Core, ask: q.CallerChecks) -> list[Check]:
    agent = ask.agent or core.me.id
    if agent != core.me.id:
        if not core.me.may(Right.AUDIT):
            core.need(Right.ASSIGN)
        if core.store.agent(agent) is None:
            raise Refused("no_such_agent", who=agent[:40])
    return callers.of_agent(core.store.conn, core.desk, agent, max(min(ask.limit, MOST_ROWS), 0))
