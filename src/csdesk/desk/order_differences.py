"""Where our record of an order and its source's differ, and what people make of each difference.

Compared are money given back, what was asked of the order system, cancelled orders with open cases, parcels that we
sent, and what lines cost. A difference that a person has settled stays settled until one of its two sides changes.
"""

from collections.abc import Callable, Iterator

from csdesk.desk.core import Core
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.domain.cases.writeback import UNSETTLED
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace
from csdesk.store import feed, orders, sources
from csdesk.store.connection import write

# How a person settles one: the source is right, we are right (for a reason), or a case finds out.
HOWS = ("theirs", "ours", "case")
# A page of the report; the next one begins behind its last order.
MOST_ORDERS = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of an order: its name, each side as codes or amounts, the cases it touches, who settled it how.

    what: `refund` (minor units given back), `cancelled` (there, with an open case), `not_cancelled` (asked and done,
    and not cancelled there), `declined` and `unsure` (requests), `parcel` (sent, unknown there), `price` (of a line).
    """

    order: str
    what: str
    theirs: str
    ours: str
    currency: str
    cases: tuple[str, ...] = ()
    how: str = ""
    reason: str = ""

    @property
    def digest(self) -> str:
        """Both sides: what was settled holds for these alone."""
        return f"{self.theirs}|{self.ours}"


@dataclass(frozen=True, slots=True)
class Report:
    """Differences, of orders by id; `after` is where the next page begins, "" at the end."""

    differences: tuple[Difference, ...]
    after: str = ""


def differences(core: Core, said: str = "", *, after: str = "", settled: bool = False) -> Report:
    """What differs in one order, or in a page of all that can; `settled`: also what people have settled already."""
    core.need(Right.READ)
    conn = core.store.conn
    if said:
        ids, more = [_order_id(core, said)], ""
    else:
        ids = [id_ for id_ in sources.comparable(conn, core.desk, after, MOST_ORDERS) if id_]
        more = ids[-1] if len(ids) == MOST_ORDERS else ""
    found = [one for id_ in ids for one in _of_order(core, id_) if settled or not one.how]
    return Report(tuple(found), more)


def settle(
    core: Core, said: str, what: str, how: str, reason: str, word: Callable[[Difference, str], str]
) -> str:
    """Settle a difference: noted in its cases, and kept; the number of the case that was opened for it, if any.

    `word` says it in a line, given the difference as it is settled and that number. Refused `nothing_differs`,
    `bad_choice`; `field_empty` for ours without a reason.
    """
    core.need(Right.WORK)
    reason = reason.strip()
    if how not in HOWS:
        raise Refused("bad_choice", field="how", value=how, allowed=HOWS)
    if how == "ours" and not reason:
        raise Refused("field_empty", field="reason")
    id_, opened = _order_id(core, said), ""
    with write(core.store.conn):
        one = next((one for one in _of_order(core, id_) if one.what == what), None)
        if one is None:
            raise Refused("nothing_differs", order=said, name=what)
        one = replace(one, how=how, reason=reason)
        open_cases = [case for case in _cases(core, id_) if case.open]
        if how == "case":
            done = core.within(Open(Kind.INQUIRY, one.order, summary=word(one, "")))
            opened = core.number(done.case)
        for case in open_cases:
            core.within(Note(word(one, opened)), case.id)
        kept = sources.Settled(one.digest, how, reason, core.me.id, core.now())
        sources.settle(core.store.conn, core.desk, id_, what, kept)
    return opened


def _order_id(core: Core, said: str) -> str:
    id_ = orders.find(core.store.conn, core.desk, said)
    if id_ is None:
        raise Refused("no_such_order", order=said)
    return id_


def _cases(core: Core, order_id: str) -> list[Case]:
    rows = feed.of_order(core.store.conn, core.desk, order_id)
    cases = (core.load(row.id)[0] for row in rows)
    return [case for case in cases if not case.protected]  # a report is nobody's difference to look at


def _of_order(core: Core, order_id: str) -> Iterator[Difference]:
    conn = core.store.conn
    order = orders.facts(conn, core.desk, order_id)
    if order is None:
        return
    known, cases = sources.settled(conn, core.desk, order_id), _cases(core, order_id)
    parcels = {normal_waybill(parcel.waybill) for parcel in order.parcels}
    looks: tuple[Callable[[], Iterator[tuple[str, str, str, list[Case]]]], ...] = (
        lambda: _refund(order, cases),
        lambda: _status(order, cases),
        lambda: _asks(cases),
        lambda: _parcels(parcels, cases),
        lambda: _prices(order, cases),
    )
    for what, theirs, ours, touched in (one for look in looks for one in look()):
        numbers = tuple(dict.fromkeys(core.number(case) for case in touched))
        one = Difference(order.number, what, theirs, ours, order.currency, numbers)
        was = known.get(what)
        if was is not None and was.digest == one.digest:
            one = replace(one, how=was.how, reason=was.reason)
        yield one


def _refund(order: Order, cases: list[Case]) -> Iterator[tuple[str, str, str, list[Case]]]:
    """Money of the order's payments that its source says went back, against what our refunds confirmed."""
    theirs = sum(payment.returned + payment.booked for payment in order.payments)
    paid = {
        case.id: sum(
            part.minor
            for refund in case.refunds
            if refund.state == "confirmed"
            for part in refund.parts
            if part.payment
        )
        for case in cases
    }
    if theirs != (ours := sum(paid.values())):
        yield "refund", str(theirs), str(ours), [case for case in cases if paid[case.id]]


def _status(order: Order, cases: list[Case]) -> Iterator[tuple[str, str, str, list[Case]]]:
    asked = [c for c in cases if any(a.what == "cancel" and a.state == "done" for a in c.order_asks)]
    waiting = [case for case in cases if case.open and case not in asked]
    if order.status == "cancelled" and waiting:
        yield "cancelled", order.status, waiting[0].state, waiting
    if order.status != "cancelled" and asked:
        yield "not_cancelled", order.status, "cancelled", asked


def _asks(cases: list[Case]) -> Iterator[tuple[str, str, str, list[Case]]]:
    """The latest request that was refused, and the latest that nobody can be sure of."""
    for what, states in (("declined", {"failed"}), ("unsure", UNSETTLED - {"asked"})):
        found = [(case, ask) for case in cases for ask in case.order_asks if ask.state in states]
        if found:
            last = max(found, key=lambda one: one[1].at)[1]
            yield what, last.why, last.what, [case for case, _ in found]


def _parcels(known: set[str], cases: list[Case]) -> Iterator[tuple[str, str, str, list[Case]]]:
    """Parcels that the order system was told of and does not list; one difference names them all."""
    missing = [
        (case, ask.waybill)
        for case in cases
        for ask in case.order_asks
        if ask.waybill and ask.state == "done" and normal_waybill(ask.waybill) not in known
    ]
    if missing:
        yield "parcel", "", ", ".join(dict.fromkeys(w for _, w in missing)), [case for case, _ in missing]


def _prices(order: Order, cases: list[Case]) -> Iterator[tuple[str, str, str, list[Case]]]:
    """What was paid for a line when the case began, against what the source says now."""
    now = {line.line: line.paid for line in order.lines}
    for case in cases:
        for line in case.lines:
            if case.open and now.get(line.line, 0) != line.paid:
                yield "price", str(now.get(line.line, 0)), str(line.paid), [case]
                return
