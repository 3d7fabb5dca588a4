"""How a desk plants canaries and answers who touched one."""

import os
import re
from secrets import randbelow

import msgspec

from csdesk.desk import leak_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.domain import ids
from csdesk.domain.cases.context import Refused
from csdesk.domain.mask import mask_name, mask_phone
from csdesk.domain.text import clean_line
from csdesk.store import canaries, orders
from csdesk.store.canaries import Canary
from csdesk.store.crypto import bound_to, normal_name, normal_phone
from csdesk.store.people import Customer

DAY_MS = 86_400_000
MOST_DAYS = 365
LONGEST = 200
# Its order is at least so old: past every period in which something could still be asked of it.
OLD_DAYS = 240
# A number of so many digits at its end is written anew; with six, ten tries find one that is free.
DIGITS = re.compile(r"\d{4,8}(?=\D*$)")
TRIES = 10


@answers(q.PlantCanary)
def plant(core: Core, ask: q.PlantCanary) -> q.CanaryView:
    conn, desk, people = core.store.conn, core.desk, core.store.people
    record = _record(ask)
    if people.known(record.phone, record.email):
        raise Refused("canary_known")
    like = orders.find(conn, desk, ask.like)
    if like is None:
        raise Refused("no_such_order", order=ask.like[:40])
    template = orders.row(conn, desk, like)
    assert template is not None
    number = _number(core, template.number)
    # As old an id as those around it: an id tells when its row was made.
    person, id_, owner = (_beside(one) for one in (template.customer, like, like))
    people.add(person)
    people.add(owner)
    version, at = _stamp(core, template.customer)
    people.put([(person, os.urandom(16).hex(), record, version)], at)
    earlier = _shift(core, template.signed_at or template.placed_at)
    orders.copy(conn, desk, like, id_, number, person, _receiver(core, like, id_, person, record), earlier)
    canary = Canary(person, number, core.me.id, core.now(), clean_line(ask.said, limit=LONGEST).text)
    canaries.put(conn, desk, people, owner, canary)
    return _view(core, canary, 0)


def _receiver(core: Core, like: str, id_: str, person: str, record: Customer) -> bytes:
    """Whom the order went to, sealed; nothing where the order that it is like has nothing."""
    (there,) = core.store.conn.execute(
        "SELECT sealed FROM orders WHERE desk_id = ? AND id = ?", (core.desk, like)
    ).fetchone()
    if not there:
        return b""
    plain = msgspec.json.encode({"address": record.address, "phone": record.phone})
    return core.store.keys.seal(core.desk, person, plain, bound_to(core.desk, "orders", id_, "sealed"))


def _record(ask: q.PlantCanary) -> Customer:
    """Whom to invent; Refused `empty_text`, `canary_phone`."""
    told = (ask.called, ask.phone, ask.email, ask.address)
    name, phone, email, address = (clean_line(one, limit=LONGEST).text.strip() for one in told)
    if not normal_name(name):
        raise Refused("empty_text")
    if sum(sign.isdigit() for sign in normal_phone(phone)) < 7:
        raise Refused("canary_phone")
    return Customer(name, phone, email, address, "zh-Hans")


def _beside(id_: str) -> str:
    try:
        ms = ids.uuid7_ms(id_)
    except ValueError:
        return os.urandom(16).hex()  # the desk's own ids are no times here, so any will do
    return ids.uuid7(ms + randbelow(DAY_MS), os.urandom(10))


def _stamp(core: Core, customer: str) -> tuple[int, int]:
    row = core.store.conn.execute(
        "SELECT version, changed_at FROM customer WHERE desk_id = ? AND id = ?", (core.desk, customer)
    ).fetchone()
    return (row[0], row[1]) if row else (1, core.now())


def _number(core: Core, like: str) -> str:
    """An order number like another one that nobody has; Refused `canary_number`."""
    if DIGITS.search(like):
        for _ in range(TRIES):
            made = DIGITS.sub(lambda found: "".join(str(randbelow(10)) for _ in found[0]), like, count=1)
            if orders.find(core.store.conn, core.desk, made) is None:
                return made
    raise Refused("canary_number", order=like[:40])


def _shift(core: Core, ended: int) -> int:
    """By how many ms an order's times go back, so that it is old and nothing falls on the same second."""
    age = core.now() - ended
    return max(OLD_DAYS * DAY_MS - age, 0) + randbelow(30 * DAY_MS) + 1


@answers(q.Canaries)
def planted(core: Core, ask: q.Canaries) -> list[q.CanaryView]:
    found = canaries.all_of(core.store.conn, core.desk, core.store.people)
    counts: dict[str, int] = {}
    for one in canaries.lately(core.store.conn, core.desk, 0, MOST_ROWS):
        counts[one.mark] = counts.get(one.mark, 0) + 1
    views = [_view(core, canary, counts.get(mark, 0)) for mark, canary in found.items()]
    return sorted(views, key=lambda one: (-one.at, one.order))


def _view(core: Core, canary: Canary, touched: int) -> q.CanaryView:
    known = core.store.people.open(canary.person) or Customer()
    name, phone = mask_name(known.name), mask_phone(known.phone)
    return q.CanaryView(
        canary.person, canary.order, name, phone, canary.actor, canary.at, canary.said, touched
    )


@answers(q.CanaryAlarms)
def canary_alarms(core: Core, ask: q.CanaryAlarms) -> list[q.CanaryAlarm]:
    if not 0 < ask.days <= MOST_DAYS:
        raise Refused("bad_number_of", field="days", value=ask.days, top=MOST_DAYS)
    touches = canaries.lately(core.store.conn, core.desk, core.now() - ask.days * DAY_MS, MOST_ROWS)
    if not touches:
        return []
    known = canaries.all_of(core.store.conn, core.desk, core.store.people)
    return [
        q.CanaryAlarm(one.at, one.actor, one.how, known[one.mark].order if one.mark in known else "")
        for one in touches
    ]
