"""The copy of all that a desk holds of one person, as a machine reads it (个人信息保护法 §45); docs/integrator.md.

What belongs to others stays with them: their numbers and names in texts are masked, agents appear by their role, and a
report is in no copy, since who reported is told to nobody.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.persons import personal
from csdesk.domain.cases.calls import CallNoted
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.events import MessageReceived, Opened, ReplyHeld
from csdesk.domain.mask import mask_text
from csdesk.domain.text import clean_whole
from csdesk.store import cases, evidence, flags, looks, restraint
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent
from csdesk.store.crypto import bound_to
from csdesk.store.folds import decode_case
from csdesk.store.people import Customer

FORMAT, VERSION = "csdesk-person-copy", 1
# Nobody was looked at so often; a copy that lacks some says so.
MOST_LOOKS = 10_000
Told = dict[str, Any]
_ORDERS = (
    "SELECT o.id, o.number, o.status, o.channel, coalesce(m.name, '') AS merchant, o.currency, o.total, o.placed_at,"
    " o.paid_at, o.shipped_at, o.signed_at, o.sealed FROM orders o"
    " LEFT JOIN merchant m ON m.desk_id = o.desk_id AND m.id = o.merchant"
    " WHERE o.desk_id = ? AND o.customer = ? ORDER BY o.placed_at, o.number"
)
_LINES = (
    "SELECT sku, title, options, category, qty, unit_price, paid FROM order_line"
    " WHERE desk_id = ? AND order_id = ? ORDER BY line"
)
_PAYMENTS = (
    "SELECT method, reference, captured, returned, at FROM payment"
    " WHERE desk_id = ? AND order_id = ? ORDER BY number"
)
_PARCELS = (
    "SELECT carrier, waybill, shipped_at, signed_at FROM shipment"
    " WHERE desk_id = ? AND order_id = ? ORDER BY number"
)
_CASES = (
    "SELECT snapshot FROM cases WHERE desk_id = ? AND customer = ? AND kind <> 'report'"
    " ORDER BY opened_at, id"
)


def moment(ms: int) -> str | None:
    """A time as ISO 8601 in UTC; None for none."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds") if ms else None


def copy_of(core: Core, request: Case, known: Customer | None) -> Told:
    """All that is held of the person behind a request, in the order and names of the documented schema.

    `known`: their record in clear. Texts are opened with the person's key, whatever this reader reads otherwise.
    """
    conn, desk, person = core.store.conn, core.desk, request.customer
    found = [decode_case(row[0]) for row in conn.execute(_CASES, (desk, person)).fetchall()]
    seen = looks.of_person(conn, desk, person, MOST_LOOKS)
    numbers = {one.id: core.number(one) for one in found}
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": moment(core.now()),
        "desk": core.store.desk.name,
        "request": core.number(request),
        "person": _profile(known),
        "orders": [_order(core, person, row) for row in conn.execute(_ORDERS, (desk, person)).fetchall()],
        "cases": [_case(core, one) for one in found],
        "marks": [
            {"mark": one.flag, "grounds": one.grounds, "since": moment(one.at), "until": moment(one.until)}
            for one in flags.of_person(conn, desk, person, core.now())
        ],
        "consents_withdrawn": [
            {"purpose": one.purpose, "at": moment(one.at)} for one in restraint.withdrawn(conn, desk, person)
        ],
        "looks": [
            {
                "at": moment(one.at),
                "by": _role(core, one.actor),
                "fields": list(one.fields),
                "reason": one.reason,
                "case": numbers.get(one.case),
            }
            for one in reversed(seen)
        ],
        "looks_left_out": len(seen) == MOST_LOOKS,
    }


def _profile(known: Customer | None) -> Told:
    one = known or Customer()
    plain = {name: getattr(one, name) or None for name in ("name", "phone", "email", "address", "language")}
    return {**plain, "payment_methods": list(one.methods)}


def _role(core: Core, actor: str) -> str:
    """Colleagues are persons too: the copy says what they were, not who."""
    if actor == "system":
        return "system"
    agent = core.store.agent(actor)
    return agent.role if agent is not None else "former"


def _order(core: Core, person: str, row: tuple[Any, ...]) -> Told:
    id_, number, status, channel, merchant, currency, total, placed, paid, shipped, signed, sealed = row
    conn, at = core.store.conn, (core.desk, id_)
    bound = bound_to(core.desk, "orders", id_, "sealed")
    hidden = core.store.keys.open(core.desk, person, sealed, bound) if sealed else None
    receiver = msgspec.json.decode(hidden) if hidden else {}
    return {
        "number": number,
        "status": status,
        "channel": channel,
        "merchant": merchant,
        "currency": currency,
        "total_minor": total,
        "placed_at": moment(placed),
        "paid_at": moment(paid),
        "shipped_at": moment(shipped),
        "signed_at": moment(signed),
        "receiver": {name: receiver.get(name) for name in ("address", "phone")},
        "lines": [
            {
                "sku": sku, "title": title, "options": options, "category": category, "quantity": qty,
                "unit_price_minor": price, "paid_minor": cost,
            }
            for sku, title, options, category, qty, price, cost in conn.execute(_LINES, at)
        ],
        "payments": [
            {"method": how, "reference": ref, "captured_minor": got, "returned_minor": back, "at": moment(when)}
            for how, ref, got, back, when in conn.execute(_PAYMENTS, at)
        ],
        "parcels": [
            {"carrier": by, "waybill": waybill, "shipped_at": moment(sent), "signed_at": moment(came)}
            for by, waybill, sent, came in conn.execute(_PARCELS, at)
        ],
    }  # fmt: skip


def _case(core: Core, case: Case) -> Told:
    told = {
        "number": core.number(case),
        "kind": case.kind.value,
        "state": case.state,
        "reason": case.reason,
        "outcome": case.outcome or None,
        "channel": case.channel,
        "language": case.language or None,
        "order": case.order_number or None,
        "opened_at": moment(case.opened_at),
        "decided_at": moment(case.decided_at),
        "closed_at": moment(case.closed_at),
        "refunds": [
            {"state": one.state, "amount_minor": one.minor, "currency": case.currency, "at": moment(one.at)}
            for one in case.refunds
        ],
    }
    messages, complete = _messages(core, case)
    files = [
        {
            "sha256": kept.sha256,
            "size": kept.size,
            "media": kept.media,
            "at": moment(kept.at),
            "name": _own(core, case, kept.name) if kept.name else None,
        }
        for kept in evidence.of_case(core.store, case.id)
        if kept.person == case.customer
    ]
    return {**told, "messages": messages, "messages_complete": complete, "files": files}


def _messages(core: Core, case: Case) -> tuple[list[Told], bool]:
    """What was written and said between the person and the desk; and whether that is all that this csdesk can read."""
    found: list[Told] = []
    past = cases.history(core.store.conn, core.desk, case.id, core.store.keys)
    try:
        found.extend(
            told for one in past if (told := _message(one, case, lambda text: _own(core, case, text)))
        )
    except UnknownEvent:
        return found, False
    return found, True


def _message(one: Past, case: Case, own: Callable[[str], str]) -> Told | None:
    happened = one.event
    if isinstance(happened, Opened):
        if not one.sealed:
            return None
        told = {"direction": "in", "channel": case.channel, "by": "customer", "state": "received"}
        return {"at": moment(one.at), **told, "text": own(happened.summary)}
    if not isinstance(happened, MessageReceived | ReplyHeld | CallNoted):
        return None
    message = next((m for m in case.messages if m.id == happened.id), None)
    if message is None:  # a call with somebody else
        return None
    if isinstance(happened, ReplyHeld) and not happened.text:
        by = "desk"  # a notice that is worded when it leaves, from what stands above
    else:
        by = "customer" if message.direction == "in" else "agent"
    told = {"direction": message.direction, "channel": message.channel, "by": by, "state": message.state}
    return {"at": moment(one.at), **told, "text": own(happened.text)}


def _own(core: Core, case: Case, text: str) -> str:
    """A text as its person may have it: their own numbers stand, others' and the names that the desk knows do not."""
    text, done, at = clean_whole(text), [], 0
    for start, end, shown in sorted(_others(core, case, text)):
        if start >= at:
            done += [mask_text(text[at:start]), shown]
            at = end
    return "".join((*done, mask_text(text[at:])))


def _others(core: Core, case: Case, text: str) -> Iterator[tuple[int, int, str]]:
    """What stands out in a text: from where to where, and what may be shown of it."""
    for one in personal(core, case, text):
        own = one.severity == "warn"
        yield one.start, one.end, text[one.start : one.end] if own else one.what
