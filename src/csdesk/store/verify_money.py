"""Proof that money and goods reconcile: refunds with lines, events with the outbox, orders with payments."""

from collections.abc import Iterator

from csdesk.domain.cases.case import Case, Refund
from csdesk.store import orders
from csdesk.store.cases import part_row, refund_key
from csdesk.store.connection import Connection

Found = tuple[str, dict[str, object]]

_PARTS = (
    "SELECT desk_id, case_id, refund, payment, order_id, minor, counted, cause, state, at,"
    " reference, booked FROM refund_part WHERE desk_id = ? AND case_id = ?"
)
_PAYMENTS = (
    "SELECT * FROM (SELECT o.id, o.number AS told, p.number AS n, p.captured,"
    "  p.returned + coalesce((SELECT sum(r.minor) FROM refund_part r"
    "  WHERE r.desk_id = p.desk_id AND r.order_id = p.order_id AND r.payment = p.number"
    "  AND r.state NOT IN ('failed', 'declined')), 0) AS back"
    " FROM payment p JOIN orders o ON o.desk_id = p.desk_id AND o.id = p.order_id"
    " WHERE p.desk_id = ?) AS paid WHERE back > captured ORDER BY told, n"
)
_LINES = (
    "SELECT o.number, l.line, l.paid, sum(c.refunded) AS back, l.qty, sum(c.refunded_units) AS units"
    " FROM case_line c"
    " JOIN order_line l ON l.desk_id = c.desk_id AND l.order_id = c.order_id AND l.line = c.line"
    " JOIN orders o ON o.desk_id = l.desk_id AND o.id = l.order_id"
    " WHERE c.desk_id = ? AND c.refunded_units > 0 GROUP BY c.order_id, c.line, o.number, l.line, l.paid, l.qty"
    " HAVING sum(c.refunded) > l.paid OR sum(c.refunded_units) > l.qty ORDER BY o.number, l.line"
)
_STRAYS = (
    "SELECT DISTINCT r.refund FROM refund_part r"
    " LEFT JOIN cases c ON c.desk_id = r.desk_id AND c.id = r.case_id"
    " WHERE r.desk_id = ? AND (c.id IS NULL OR c.order_id <> r.order_id)"
)


def differences(conn: Connection, case: Case) -> Iterator[Found]:
    """What does not add up within a case.

    `refunds` (order): the rows beside the case say otherwise. `ledger` (refund or line): a refund is not the sum
    of its parts or units, or a line gave back another sum than its refunds say. `early` (key, found): an outbox
    row would pay what nobody approved, or what is settled.
    """
    if not case.refunds and not conn.execute(f"{_PARTS} LIMIT 1", (case.desk, case.id)).fetchone():
        return
    rows = set(conn.execute(_PARTS, (case.desk, case.id)).fetchall())
    if rows != {part_row(case, refund, part) for refund in case.refunds for part in refund.parts}:
        yield "refunds", {"order": case.order_number}
    yield from _sums(case)
    for refund in case.refunds:
        if refund.pending and refund.state != "awaiting":
            continue
        key = refund_key(refund.id)
        row = conn.execute(
            "SELECT state FROM outbox WHERE desk_id = ? AND key = ?", (case.desk, key)
        ).fetchone()
        if row is not None and row[0] in ("ready", "running"):
            yield "early", {"key": key, "found": row[0], "state": refund.state}


def _sums(case: Case) -> Iterator[Found]:
    for refund in case.refunds:
        worth = sum(refund.amounts) - sum(one.minor for one in refund.less) if refund.units else refund.minor
        if not refund.minor == worth == sum(part.minor for part in refund.parts) or worth < 0:
            yield "ledger", {"refund": refund.id}
    counted = [refund for refund in case.refunds if refund.live and not refund.twice]
    for line in case.lines:
        if (line.refunded_units, line.refunded) != _of_line(counted, line.line):
            yield "ledger", {"line": line.line}


def _of_line(refunds: list[Refund], line: int) -> tuple[int, int]:
    """Units and minor units that refunds give back for a line, before what the consumer owes against them."""
    given = [
        (units.qty, minor)
        for refund in refunds
        for units, minor in zip(refund.units, refund.amounts, strict=True)
        if units.line == line
    ]
    return sum(qty for qty, _ in given), sum(minor for _, minor in given)


def everywhere(conn: Connection, desk: str) -> Iterator[Found]:
    """What does not add up over all cases, whatever each of them says.

    `over_refunded` (order, where, paid, back): a payment or line gave back more than it took. `stray` (refund):
    money given back for no case, or another order's.
    """
    for id_, order, payment, paid, told in conn.execute(_PAYMENTS, (desk,)).fetchall():
        # What the order system told of our own refunds is counted once.
        back = told - orders.booked(conn, desk, id_).get(payment, 0)
        if back <= paid:
            continue
        yield "over_refunded", {"order": order, "where": f"payment {payment}", "paid": paid, "back": back}
    for order, line, paid, back, _, _ in conn.execute(_LINES, (desk,)):
        yield "over_refunded", {"order": order, "where": f"line {line}", "paid": paid, "back": back}
    for (refund,) in conn.execute(_STRAYS, (desk,)):
        yield "stray", {"refund": refund}
