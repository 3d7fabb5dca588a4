"""The parcels of a case and of its order as they stand now, for screens and answers."""

from csdesk.desk.core import Core
from csdesk.desk.parcel_queries import Trail
from csdesk.desk.tracking import stands
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order
from csdesk.domain.cases.tracking import in_order
from csdesk.domain.tracking import OPENED
from csdesk.domain.way import way
from csdesk.store import orders, tracking
from csdesk.store.tracking import Known


def of_case(core: Core, case: Case) -> tuple[Trail, ...]:
    """The parcels of a case, then those of its order, each as it stands now."""
    own = [
        known
        for waybill in dict.fromkeys(normal_waybill(parcel.waybill) for parcel in case.parcels)
        for known in tracking.known(core.store.conn, core.desk, waybill)
        if known.case == case.id
    ]
    return tuple(of_parcel(core, known, case) for known in (*own, *_of_order(core, case.order)))


def of_order(core: Core, order: Order) -> tuple[Trail, ...]:
    """The parcels of an order."""
    return tuple(of_parcel(core, known) for known in _of_order(core, order.id))


def _of_order(core: Core, order: str) -> list[Known]:
    return tracking.of_order(core.store.conn, core.desk, order) if order else []


def of_parcel(core: Core, parcel: Known, seen_from: Case | None = None) -> Trail:
    """One parcel; what people found in it counts, and what they found out about its receiver's consent."""
    conn, desk = core.store.conn, core.desk
    case = seen_from
    if case is None and parcel.case:
        case, _ = core.load(parcel.case)
    events = tracking.trail(conn, desk, parcel.waybill)
    now = stands(core, parcel, events, case)
    inside = [
        code
        for one in (case.parcels if case and parcel.case else ())
        if normal_waybill(one.waybill) == parcel.waybill
        for code in one.findings
        if code in OPENED
    ]
    order = parcel.order or (case.order if case else "")
    row = orders.row(conn, desk, order) if order else None
    number = core.number(case) if case and parcel.case and not case.protected else ""
    return Trail(
        parcel.waybill,
        parcel.carrier,
        parcel.direction,
        row.number if row else "",
        number,
        tuple(int(n) for n in parcel.lines.split(",") if n),
        parcel.at,
        now.scan.value if now.scan else "",
        now.since,
        now.delivered_at,
        in_order((*now.findings, *inside)),
        parcel.consent,
        way(events, core.now(), sent_at=parcel.at, signed_at=now.delivered_at),
    )
