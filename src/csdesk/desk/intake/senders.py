"""Who wrote, and about which order. Only a proven sender is joined to a known customer; all others are a claim.

A claim is a person of its own, with the addresses it came from: the same addresses are the same claim, and what a
claim says later never changes where answers to an earlier message go.
"""

import os
import re

from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Sender
from csdesk.domain import ids
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import dataclass
from csdesk.search import normalise
from csdesk.store import orders
from csdesk.store.crypto import normal_email, normal_phone
from csdesk.store.people import Customer

# Nobody names more orders in one message; each is one look-up by index.
MOST_ORDERS = 20
MOST_READ = 20_000
# What could be a number of some shop; whether it is one of this desk, only the index of orders tells.
_NUMBER = re.compile(r"(?<![\da-z])#?[a-z]{0,6}[-_]?\d(?:[-_]?[\da-z]){3,31}(?![\da-z])")


@dataclass(frozen=True, slots=True)
class Named:
    """An order that a message names: its id, its number, and whose it is."""

    id: str
    number: str
    customer: str


@dataclass(frozen=True, slots=True)
class Who:
    """The person a new case belongs to, and how sure that is (`Arrived.claim`); `claimed`: whom they say to be."""

    person: str
    claim: str
    claimed: tuple[str, ...] = ()


def named_orders(core: Core, inbound: Inbound) -> list[Named]:
    """The orders of this desk that a message names, in its order; first the one that its channel asked for."""
    text = normalise.fold(f"{inbound.subject}\n{inbound.text}"[:MOST_READ])
    said = [inbound.order] if inbound.order else []
    said += [found[0] for found in _NUMBER.finditer(text)]
    conn, seen = core.store.conn, dict[str, Named]()
    for number in list(dict.fromkeys(said))[:MOST_ORDERS]:
        id_ = orders.find(conn, core.desk, number)
        if id_ is None or id_ in seen:
            continue
        row = conn.execute(
            "SELECT number, customer FROM orders WHERE desk_id = ? AND id = ?", (core.desk, id_)
        ).fetchone()
        seen[id_] = Named(id_, row[0], row[1])
    return list(seen.values())


def address_of(sender: Sender) -> tuple[str, ...]:
    """What tells this sender from others, normalised; empty when there is nothing to answer to."""
    given = (sender.external, normal_phone(sender.phone), normal_email(sender.email))
    return given if any(given) else ()


def identify(core: Core, inbound: Inbound, named: list[Named], language: str) -> Who:
    """Who a new case is of, inside the caller's transaction. Refused `no_sender` when nothing tells."""
    sender = inbound.sender
    address = address_of(sender)
    if not address:
        raise Refused("no_sender")
    known = core.store.people.known(sender.phone, sender.email)
    if not sender.proven:
        claim = "unproven" if known or named else "new"
        return Who(_own(core, inbound, address, language), claim, tuple(known))
    if len(known) == 1:
        return Who(known[0], "proven")
    # Families share a telephone: the order that is named tells who of them it is.
    theirs = {order.customer for order in named} & set(known)
    if len(theirs) == 1:
        return Who(theirs.pop(), "proven")
    return Who(_own(core, inbound, address, language), "several" if known else "new", tuple(known))


def own_person(core: Core, inbound: Inbound) -> str:
    """The person whom these very addresses made when they wrote before; "" when they never did."""
    address = address_of(inbound.sender)
    return core.store.people.living(_external(inbound, address)) or "" if address else ""


def _external(inbound: Inbound, address: tuple[str, ...]) -> str:
    # Another channel's ids are other people's.
    source = inbound.source if inbound.sender.external else ""
    return "\x1f".join(("proven" if inbound.sender.proven else "claim", source, *address))


def _own(core: Core, inbound: Inbound, address: tuple[str, ...], language: str) -> str:
    """The person of these addresses, made when they are new; proven ones are found like any customer from then on."""
    people, sender, now = core.store.people, inbound.sender, core.now()
    external = _external(inbound, address)
    # Whoever was erased, or whose data is only stored, begins anew.
    person = people.living(external)
    if person is not None:
        return person
    person = ids.uuid7(now, os.urandom(10))
    people.add(person)
    record = Customer(sender.name, sender.phone, sender.email, "", language)
    if sender.proven:
        people.put([(person, external, record, 1)], now)
    else:
        people.put_claim(person, external, record, now)
    return person
