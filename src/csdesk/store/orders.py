"""Orders, their lines, payments and shipments: kept as records, read as the facts a decision needs."""

from collections.abc import Iterable
from secrets import randbelow

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.context import Order, OrderLine, Payment
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import normal_order_number
from csdesk.store.tracking import order_signed_at, shipped

# What the indexes of ends hold: so many characters, which a million orders share a hundred each.
TAIL = 4
_FACTS = (
    "SELECT o.id, o.number, o.customer, o.merchant, o.currency, o.status, o.paid_at, o.shipped_at, o.signed_at,"
    " coalesce(m.return_address, '') FROM orders o LEFT JOIN merchant m ON m.desk_id = o.desk_id AND m.id = o.merchant"
    " WHERE o.desk_id = ? AND o.id = ?"
)
_LINES = (
    "SELECT l.line, l.sku, l.title, l.qty, l.paid, l.category,"
    " coalesce((SELECT sum(claimed) FROM case_line c WHERE c.desk_id = l.desk_id AND c.order_id = l.order_id"
    "  AND c.line = l.line AND c.case_id <> ?), 0),"
    " coalesce((SELECT sum(refunded_units) FROM case_line c WHERE c.desk_id = l.desk_id AND c.order_id = l.order_id"
    "  AND c.line = l.line AND c.case_id <> ?), 0),"
    " coalesce((SELECT sum(refunded) FROM case_line c WHERE c.desk_id = l.desk_id AND c.order_id = l.order_id"
    "  AND c.line = l.line AND c.case_id <> ?), 0)"
    " FROM order_line l WHERE l.desk_id = ? AND l.order_id = ? ORDER BY l.line"
)
_PAYMENTS = (
    "SELECT p.number, p.method, p.captured, p.returned + coalesce(sum(r.minor), 0), p.returned,"
    " coalesce(sum(r.counted), 0) FROM payment p"
    " LEFT JOIN refund_part r ON r.desk_id = p.desk_id AND r.order_id = p.order_id AND r.payment = p.number"
    "  AND r.state NOT IN ('failed', 'declined') AND r.case_id <> ?"
    " WHERE p.desk_id = ? AND p.order_id = ? GROUP BY p.desk_id, p.order_id, p.number ORDER BY p.number"
)
_TOLD = (
    "SELECT number, reference, minor FROM payment_return WHERE desk_id = ? AND order_id = ?"
    " ORDER BY number, reference"
)
_PARTS = (
    "SELECT payment, minor, refund, reference, booked FROM refund_part WHERE desk_id = ? AND order_id = ?"
    " AND state NOT IN ('failed', 'declined')"
)
_FREIGHT_BACK = (
    "SELECT coalesce(sum(minor), 0) FROM refund_part WHERE desk_id = ? AND order_id = ? AND cause = 'outbound'"
    " AND state NOT IN ('failed', 'declined') AND case_id <> ?"
)


def facts(conn: Connection, desk: str, order_id: str, case_id: str = "") -> Order | None:
    """The order's facts; claims and refunds of `case_id` itself are left out, since the case knows them."""
    row = conn.execute(_FACTS, (desk, order_id)).fetchone()
    if row is None:
        return None
    id_, number, customer, merchant, currency, status, paid_at, shipped_at, signed_at, address = row
    lines = tuple(
        OrderLine(*line) for line in conn.execute(_LINES, (case_id, case_id, case_id, desk, order_id))
    )
    ours = booked(conn, desk, order_id)
    payments = tuple(
        _payment(ours.get(row[0], 0), *row) for row in conn.execute(_PAYMENTS, (case_id, desk, order_id))
    )
    signed_at = signed_at or order_signed_at(conn, desk, id_)
    (freight_back,) = conn.execute(_FREIGHT_BACK, (desk, order_id, case_id)).fetchone()
    return Order(
        id_,
        number,
        customer,
        merchant,
        currency,
        status,
        lines,
        payments,
        bool(address),
        paid_at,
        shipped_at,
        signed_at,
        freight_back,
        shipped(conn, desk, id_),
    )


def _payment(
    booked: int, number: int, method: str, captured: int, elsewhere: int, returned: int, counted: int
) -> Payment:
    """A payment, with what its order system only booked of our refunds counted once."""
    return Payment(number, method, captured, elsewhere - booked, returned - booked, counted, booked)


def booked(conn: Connection, desk: str, order_id: str) -> dict[int, int]:
    """Minor units by payment that the order system says went back, and that are refunds of our cases: by reference.

    A refund is known by its id, by its provider's reference, or by the name under which the order system booked it. It
    stands for no more than it gives back, so what is told without a reference, or of more, counts beside ours.
    """
    told = conn.execute(_TOLD, (desk, order_id)).fetchall()
    if not told:
        return {}
    parts = conn.execute(_PARTS, (desk, order_id)).fetchall()
    rest = [minor for _, minor, *_ in parts]
    ours: dict[int, int] = {}
    for number, reference, minor in told:
        wanted = minor
        for n, (payment, _, *names) in enumerate(parts):
            if payment == number and reference in names:
                taken = min(wanted, rest[n])
                rest[n] -= taken
                wanted -= taken
        ours[number] = ours.get(number, 0) + minor - wanted
    return ours


def references(conn: Connection, desk: str, order_id: str) -> dict[int, str]:
    """The payment provider's reference of each payment of an order."""
    return dict(
        conn.execute(
            "SELECT number, reference FROM payment WHERE desk_id = ? AND order_id = ?", (desk, order_id)
        ).fetchall()
    )


def find(conn: Connection, desk: str, said: str) -> str | None:
    """The id of the order with this number, however it is spelt (#W261 1340, w2611340), or with this id."""
    row = conn.execute(
        "SELECT id FROM orders WHERE desk_id = ? AND folded = ? UNION ALL SELECT id FROM orders"
        " WHERE desk_id = ? AND id = ? LIMIT 1",
        (desk, normal_order_number(said), desk, said),
    ).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list of look-up results; times UTC ms (0 unknown), total in minor units."""

    id: str
    number: str
    customer: str
    merchant: str
    status: str
    currency: str
    total: int
    placed_at: int
    signed_at: int
    titles: str


_ROW = (
    "SELECT o.id, o.number, o.customer, coalesce(m.name, ''), o.status, o.currency, o.total, o.placed_at, o.signed_at,"
    " (SELECT group_concat(l.title, '、') FROM order_line l WHERE l.desk_id = o.desk_id AND l.order_id = o.id)"
    " FROM orders o LEFT JOIN merchant m ON m.desk_id = o.desk_id AND m.id = o.merchant"
)


def of_customers(conn: Connection, desk: str, customers: Iterable[str], limit: int = 50) -> list[OrderRow]:
    """Orders of these customers, newest first."""
    ids = list(customers)
    if not ids:
        return []
    marks = ",".join("?" * len(ids))
    rows = conn.execute(
        f"{_ROW} WHERE o.desk_id = ? AND o.customer IN ({marks}) ORDER BY o.placed_at DESC, o.number LIMIT ?",
        (desk, *ids, limit),
    )
    return [OrderRow(*row) for row in rows]


def by_waybill(conn: Connection, desk: str, waybill: str, limit: int = 20) -> list[OrderRow]:
    """Orders that a parcel with this waybill belongs to."""
    rows = conn.execute(
        f"{_ROW} WHERE o.desk_id = ? AND o.id IN"
        " (SELECT order_id FROM parcel WHERE desk_id = ? AND waybill = ? AND order_id <> '') LIMIT ?",
        (desk, desk, normal_waybill(waybill), limit),
    )
    return [OrderRow(*row) for row in rows]


def by_tail(conn: Connection, desk: str, said: str, limit: int = 20) -> list[OrderRow]:
    """Orders whose number, or a parcel's waybill, ends in these four or more letters or digits; the newest first."""
    number, waybill = normal_order_number(said), normal_waybill(said)
    if len(number) < TAIL or not (number.isascii() and number.isalnum() and any(map(str.isdigit, number))):
        return []
    rows = conn.execute(
        f"{_ROW} WHERE o.desk_id = ? AND o.id IN (SELECT id FROM orders INDEXED BY orders_tail"
        " WHERE desk_id = ? AND substr(folded, -4) = ? AND substr(folded, ?) = ? ORDER BY id DESC LIMIT ?)"
        f" UNION {_ROW} WHERE o.desk_id = ? AND o.id IN (SELECT order_id FROM parcel INDEXED BY parcel_tail"
        " WHERE desk_id = ? AND substr(waybill, -4) = ? AND substr(waybill, ?) = ? AND order_id <> '' LIMIT ?)"
        " ORDER BY placed_at DESC, number LIMIT ?",
        (
            *(desk, desk, number[-TAIL:], -len(number), number, limit),
            *(desk, desk, waybill[-TAIL:], -len(waybill), waybill, limit, limit),
        ),
    )
    return [OrderRow(*row) for row in rows]


def row(conn: Connection, desk: str, order_id: str) -> OrderRow | None:
    """One order as a look-up result."""
    found = conn.execute(f"{_ROW} WHERE o.desk_id = ? AND o.id = ?", (desk, order_id)).fetchone()
    return OrderRow(*found) if found else None


_COPIED = (
    "merchant, currency, status, channel, placed_at, paid_at, shipped_at, signed_at, total, overlay, version,"
    " changed_at"
)


def copy(
    conn: Connection, desk: str, like: str, id_: str, number: str, customer: str, sealed: bytes, earlier: int
) -> None:
    """Put an order like another one, so many ms earlier, of another customer, paid by references of its own."""
    row = conn.execute(f"SELECT {_COPIED} FROM orders WHERE desk_id = ? AND id = ?", (desk, like)).fetchone()
    merchant, currency, status, channel, *times, total, overlay, version, changed = row
    moved = (at and at - earlier for at in times)
    conn.execute(
        f"INSERT INTO orders VALUES ({','.join('?' * 18)})",
        (
            *(desk, id_, number, normal_order_number(number), customer, merchant, currency, status, channel),
            *(*moved, total, overlay, sealed, version, changed),
        ),
    )
    lines = conn.execute(
        "SELECT line, sku, title, options, category, qty, unit_price, paid FROM order_line"
        " WHERE desk_id = ? AND order_id = ?",
        (desk, like),
    ).fetchall()
    conn.executemany(
        "INSERT INTO order_line VALUES (?,?,?,?,?,?,?,?,?,?)", [(desk, id_, *line) for line in lines]
    )
    paid = conn.execute(
        "SELECT number, method, reference, captured, at FROM payment WHERE desk_id = ? AND order_id = ?",
        (desk, like),
    ).fetchall()
    conn.executemany(
        "INSERT INTO payment VALUES (?,?,?,?,?,?,0,?)",
        [
            (desk, id_, n, method, _another(reference), captured, at and at - earlier)
            for n, method, reference, captured, at in paid
        ],
    )


def _another(reference: str) -> str:
    """A reference of the same shape with other digits."""
    return "".join(str(randbelow(10)) if sign.isdigit() else sign for sign in reference)
