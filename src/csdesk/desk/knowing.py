"""What guards are told from, read from the desk: the order's price, stock, verdicts, what happened before."""

from collections.abc import Iterable

from csdesk.desk.core import Core
from csdesk.desk.guards import Known, Money
from csdesk.desk.law.judging import Judged
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order
from csdesk.store import cases
from csdesk.store.cases import Past
from csdesk.store.codec import UnknownEvent


def known(core: Core, case: Case, order: Order | None) -> Known:
    """What guards are told from, on a case as it is now; each part is read when a guard asks for it."""
    return Known(
        case,
        order,
        core.now(),
        case.address or _return_address(core, case),
        lambda: _judged(core, case, order),
        lambda: _past(core, case),
        lambda: _price(core, order),
        lambda skus: _stock(core, skus),
    )


def _return_address(core: Core, case: Case) -> str:
    row = core.store.conn.execute(
        "SELECT return_address FROM merchant WHERE desk_id = ? AND id = ?", (core.desk, case.merchant)
    ).fetchone()
    return row[0] if row else ""


def _judged(core: Core, case: Case, order: Order | None) -> tuple[Judged, ...]:
    bench = core.bench()
    found = (bench.judge(case, order, line) for line in [line.line for line in case.lines] or [0])
    return tuple(judged for judged in found if judged is not None)


def _past(core: Core, case: Case) -> list[Past]:
    try:
        return list(cases.history(core.store.conn, core.desk, case.id))
    except UnknownEvent:
        return []  # a later csdesk wrote some: then the agent is asked


def _price(core: Core, order: Order | None) -> Money | None:
    if order is None:
        return None
    row = core.store.conn.execute(
        "SELECT o.total, (SELECT count(*) FROM order_line l WHERE l.desk_id = o.desk_id AND l.order_id = o.id"
        " AND l.unit_price * l.qty > l.paid) FROM orders o WHERE o.desk_id = ? AND o.id = ?",
        (core.desk, order.id),
    ).fetchone()
    return Money(row[0], bool(row[1])) if row else None


def _stock(core: Core, skus: Iterable[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(skus))
    marks = ",".join("?" * len(wanted))
    rows = core.store.conn.execute(
        f"SELECT sku, available FROM variant WHERE desk_id = ? AND sku IN ({marks})", (core.desk, *wanted)
    )
    return dict(rows.fetchall())
