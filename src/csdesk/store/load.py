"""Records from other systems, kept in bulk: what each was when last seen, and how far a load has come.

A customer's id at its source often holds a name, so it is only ever kept hashed. All functions that write
stand inside the caller's transaction and tell how many rows they wrote.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from csdesk.domain import tracking
from csdesk.domain.ids import uuid7
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import Shredded, bound_to, normal_order_number
from csdesk.store.file import Store
from csdesk.store.people import Customer
from csdesk.store.together import together
from csdesk.store.tracking import (
    AWAITED_MS,
    Told,
    forget_of_orders,
    join_all,
    known_all,
    put_of_orders,
    put_scans,
    refresh_all,
    set_timers,
)

# 8 bytes a field: two values of one field look alike once in 2**64.
_FIELD_BYTES = 8
_NOTHING = bytes(_FIELD_BYTES)
_ENCODE = msgspec.json.Encoder().encode
# 1 MB of digests that are not made again.
_SHORT, _MOST_SHORT = 24, 8_192


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who sells: known at the source by `external_id`."""

    external_id: str
    name: str
    return_address: str = ""
    self_operated: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """One buyable form of a product; `price` in minor units."""

    sku: str
    options: str
    price: int
    currency: str
    available: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A product and its variants. New fields go to the end: digests are compared field by field."""

    title: str
    category: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one variant in an order; `unit_price` and `paid` (all units together) in minor units."""

    sku: str
    title: str
    options: str
    category: str
    qty: int
    unit_price: int
    paid: int


@dataclass(frozen=True, slots=True)
class Payment:
    """Money taken for an order and what its source says was given back, in minor units; `at` UTC ms, 0
    unknown. `backs`: of that, what was given back under a reference: (reference, minor units).
    """

    method: str
    reference: str
    captured: int
    returned: int
    at: int = 0
    backs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel. `lines`: places in the order's lines, from 0; `track`: its scans, where the order's source tells them.

    `consent`: what the receiver agreed to, of `tracking.CONSENTS` or `any`; "" for nobody asked.
    """

    carrier: str
    waybill: str
    lines: tuple[int, ...]
    shipped_at: int = 0
    signed_at: int = 0
    track: tuple[tracking.Event, ...] = ()
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its source tells it. Times UTC ms, 0 unknown; money in minor units of `currency`.

    `address` and `phone` are the receiver's and lie sealed. `overlay` names what made parts of it up.
    `platform` and `platform_state`: where its after-sale stands there, in its own code; told to the open cases.
    """

    currency: str
    status: str
    channel: str
    placed_at: int
    paid_at: int
    shipped_at: int
    signed_at: int
    total: int
    address: str
    phone: str
    merchant: Merchant | None
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    shipments: tuple[Shipment, ...]
    overlay: str = ""
    platform: str = ""
    platform_state: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What was kept of a source's record: the row it became, its version, its digest; `as_of` UTC ms when its source
    had last changed it, 0 where it does not say.
    """

    record: str
    version: int
    digest: bytes
    as_of: int = 0


@dataclass(frozen=True, slots=True)
class Put:
    """One record to keep: its row's id, its id at the source, its version (1 for a new one)."""

    id: str
    external_id: str
    version: int


def new_id(at: int) -> str:
    """A new id of that time."""
    return uuid7(at, os.urandom(10))


def digester(key: bytes) -> Callable[[Any], bytes]:
    """Makes digests of dataclasses: a keyed hash of each field, in order, so that they tell which fields
    differ.

    Without the key nobody can try names and addresses against a digest; that a field is empty (or 0) shows.
    """
    start = hashlib.blake2b(
        key=hashlib.blake2b(key, person=b"csdesk record").digest(), digest_size=_FIELD_BYTES
    )
    readers: dict[type, Callable[[Any], tuple[Any, ...]]] = {}
    # Currencies, states, waybills of many scans: what is short comes again.
    short: dict[bytes, bytes] = {}

    def hashed(told: bytes) -> bytes:
        state = start.copy()
        state.update(told)
        return state.digest()

    def digest(record: Any) -> bytes:
        kind = type(record)
        if kind not in readers:
            readers[kind] = attrgetter(*(field.name for field in fields(kind)))
        parts = []
        for value in readers[kind](record):
            if not value:
                parts.append(_NOTHING)
                continue
            told = _ENCODE(value)
            if (found := short.get(told)) is None:
                found = hashed(told)
                if len(told) <= _SHORT:
                    if len(short) >= _MOST_SHORT:
                        short.clear()
                    short[told] = found
            parts.append(found)
        return b"".join(parts)

    return digest


def changed_fields(before: bytes, after: bytes, names: Sequence[str]) -> tuple[str, ...]:
    """The names of the fields that differ between two digests; a field that `before` did not have differs."""
    size = _FIELD_BYTES
    return tuple(
        name
        for n, name in enumerate(names)
        if before[n * size : (n + 1) * size] != after[n * size : (n + 1) * size]
    )


def known(conn: Connection, desk: str, entity: str, source: str, ids: Iterable[bytes]) -> dict[bytes, Known]:
    """What is kept of these records of a source."""
    found = {}
    for marks, some in together(list(ids)):
        rows = conn.execute(
            "SELECT external_id, record, version, digest, as_of FROM source_record"
            f" WHERE desk_id = ? AND entity = ? AND source = ? AND external_id IN ({marks})",
            (desk, entity, source, *some),
        )
        for id_, *told in rows.fetchall():
            found[bytes(id_)] = Known(*told)
    return found


def remember(
    conn: Connection, desk: str, entity: str, source: str, rows: Iterable[tuple[bytes, Known]]
) -> int:
    """Keep what records now are."""
    values = [(desk, entity, source, id_, k.digest, k.record, k.version, k.as_of) for id_, k in rows]
    # By key, so that neighbours are written together; of two words on one record the later stays the later.
    values.sort(key=itemgetter(3))
    conn.executemany("INSERT OR REPLACE INTO source_record VALUES (?,?,?,?,?,?,?,?)", values)
    return len(values)


@dataclass(frozen=True, slots=True)
class Run:
    """How far a file has been loaded: records behind it, and whether that was the end."""

    position: int
    done: bool


def last_run(conn: Connection, desk: str, digest: bytes, map_: str) -> Run | None:
    """What was last noted of loading this file by this map."""
    row = conn.execute(
        "SELECT position, done FROM import_run WHERE desk_id = ? AND digest = ? AND map = ?",
        (desk, digest, map_),
    ).fetchone()
    return Run(row[0], bool(row[1])) if row else None


def note_run(conn: Connection, desk: str, digest: bytes, map_: str, run: Run, at: int) -> int:
    """Note how far a load has come."""
    conn.execute(
        "INSERT OR REPLACE INTO import_run VALUES (?,?,?,?,?,?)",
        (desk, digest, map_, run.position, int(run.done), at),
    )
    return 1


def external_bytes(external_id: str) -> bytes:
    """An id at a source that is no person's, as `source_record` keeps it."""
    return external_id.encode("utf-8", "surrogatepass")


def erased(store: Store, person: str) -> bool:
    """Whether a person's key was destroyed, so that nothing more can be kept of them."""
    return isinstance(store.keys.for_person(store.desk.id, person), Shredded)


def find_product(conn: Connection, desk: str, external_id: str) -> tuple[str, int] | None:
    """The id and version of the product that any source calls so."""
    row = conn.execute(
        "SELECT id, version FROM product WHERE desk_id = ? AND external_id = ?", (desk, external_id)
    ).fetchone()
    return (row[0], row[1]) if row else None


def find_order(conn: Connection, desk: str, number: str) -> tuple[str, int] | None:
    """The id and version of the order with this number, however it is spelt."""
    row = conn.execute(
        "SELECT id, version FROM orders WHERE desk_id = ? AND folded = ?", (desk, normal_order_number(number))
    ).fetchone()
    return (row[0], row[1]) if row else None


def find_orders(conn: Connection, desk: str, numbers: Iterable[bytes]) -> dict[bytes, tuple[str, int]]:
    """`find_order` of many normal numbers, as `external_bytes` has them."""
    found: dict[bytes, tuple[str, int]] = {}
    for marks, some in together([number.decode("utf-8", "surrogatepass") for number in numbers]):
        rows = conn.execute(
            f"SELECT folded, id, version FROM orders WHERE desk_id = ? AND folded IN ({marks})", (desk, *some)
        )
        found |= {external_bytes(folded): (id_, version) for folded, id_, version in rows.fetchall()}
    return found


def product_of(conn: Connection, desk: str, sku: str) -> tuple[str, str, str] | None:
    """The product of a variant: its id, its id at the source, its category."""
    row = conn.execute(
        "SELECT p.id, p.external_id, p.category FROM variant v JOIN product p ON p.desk_id = v.desk_id"
        " AND p.id = v.product WHERE v.desk_id = ? AND v.sku = ?",
        (desk, sku),
    ).fetchone()
    return (row[0], row[1], row[2]) if row else None


def open_cases(conn: Connection, desk: str, order_id: str) -> list[str]:
    """Ids of the cases of an order that somebody still works on."""
    rows = conn.execute(
        "SELECT id FROM cases WHERE desk_id = ? AND order_id = ? AND phase <> 'done' ORDER BY id",
        (desk, order_id),
    )
    return [row[0] for row in rows]


def put_customers(store: Store, people: Sequence[tuple[Put, Customer]], at: int) -> int:
    """Keep customers; the new ones (version 1) get their keys."""
    new = store.people.add_all([put.id for put, _ in people if put.version == 1])
    before = store.conn.total_changes
    store.people.put([(put.id, put.external_id, record, put.version) for put, record in people], at)
    return new + store.conn.total_changes - before


def put_merchants(conn: Connection, desk: str, merchants: Iterable[Merchant], at: int) -> dict[str, str]:
    """Keep merchants, whoever named them first; the id of each by its id at the source."""
    found: dict[str, str] = {}
    for merchant in dict.fromkeys(merchants):
        row = conn.execute(
            "SELECT id, return_address FROM merchant WHERE desk_id = ? AND external_id = ?",
            (desk, merchant.external_id),
        ).fetchone()
        id_, known_address = row or (new_id(at), "")
        found[merchant.external_id] = id_
        # A source that knows no address does not take away what another one told.
        address = merchant.return_address or known_address
        conn.execute(
            "INSERT OR REPLACE INTO merchant VALUES (?,?,?,?,?,?)",
            (desk, id_, merchant.external_id, merchant.name, address, int(merchant.self_operated)),
        )
    return found


def put_products(store: Store, products: Sequence[tuple[Put, Product]]) -> int:
    """Keep products with exactly these variants."""
    conn, desk = store.conn, store.desk.id
    again = [(desk, put.id) for put, _ in products if put.version > 1]
    conn.executemany("DELETE FROM variant WHERE desk_id = ? AND product = ?", again)
    conn.executemany("DELETE FROM product WHERE desk_id = ? AND id = ?", again)
    conn.executemany(
        "INSERT INTO product VALUES (?,?,?,?,?,?)",
        [(desk, put.id, put.external_id, p.title, p.category, put.version) for put, p in products],
    )
    variants = [
        (desk, put.id, v.sku, v.options, v.price, v.currency, int(v.available))
        for put, p in products
        for v in p.variants
    ]
    conn.executemany("INSERT INTO variant VALUES (?,?,?,?,?,?,?)", variants)
    return len(products) + len(variants)


def put_orders(store: Store, orders: Sequence[tuple[Put, str, Order]], at: int) -> int:
    """Keep orders of (known) customers: each with exactly these lines, payments and shipments.

    A line or payment that was there before keeps its number, since cases and refunds point to it.
    """
    conn, desk = store.conn, store.desk.id
    merchants = put_merchants(conn, desk, (o.merchant for _, _, o in orders if o.merchant), at)
    rows = _OrderRows(desk)
    for put, customer, order in orders:
        lines, payments = _numbers(conn, desk, put.id, order) if put.version > 1 else _fresh(order)
        merchant = merchants[order.merchant.external_id] if order.merchant else ""
        sealed = _sealed(store, put.id, customer, order)
        rows.add(put, customer, merchant, sealed, order, at, lines, payments)
    again = [(desk, put.id) for put, _, _ in orders if put.version > 1]
    conn.executemany("DELETE FROM orders WHERE desk_id = ? AND id = ?", again)
    for table in ("order_line", "payment", "payment_return", "shipment"):
        conn.executemany(f"DELETE FROM {table} WHERE desk_id = ? AND order_id = ?", again)
    forget_of_orders(conn, desk, again)
    written = rows.write(conn) + len(merchants)
    return written + _track(store, (order for _, _, order in orders), at)


def _track(store: Store, orders: Iterable[Order], at: int) -> int:
    """The scans of the orders' parcels: those that came before them, and those that came with them; timers for silence.

    How many rows the scans were.
    """
    conn, desk = store.conn, store.desk.id
    sent = [(order, shipment) for order in orders for shipment in order.shipments if shipment.waybill]
    found = known_all(conn, desk, (shipment.waybill for _, shipment in sent))
    join_all(store, found)
    told = [
        Told(shipment.waybill, shipment.carrier, shipment.track) for _, shipment in sent if shipment.track
    ]
    written = put_scans(store, told, at)
    events = refresh_all(conn, desk, found)
    awaited = {
        shipment.waybill
        for order, shipment in sent
        if shipment.shipped_at > at - AWAITED_MS and not (shipment.signed_at or order.signed_at)
    }
    set_timers(conn, desk, {waybill: at for waybill in found if events[waybill] or waybill in awaited}, at)
    return written


def _sealed(store: Store, order_id: str, customer: str, order: Order) -> bytes:
    private = {name: value for name in ("address", "phone") if (value := getattr(order, name))}
    if not private:
        return b""
    key = store.keys.for_person(store.desk.id, customer)
    bound = bound_to(store.desk.id, "orders", order_id, "sealed")
    return b"" if isinstance(key, Shredded) else key.seal(_ENCODE(private), bound)


def _fresh(order: Order) -> tuple[list[int], list[int]]:
    return list(range(1, len(order.lines) + 1)), list(range(1, len(order.payments) + 1))


def _numbers(conn: Connection, desk: str, order_id: str, order: Order) -> tuple[list[int], list[int]]:
    """Numbers for the lines and payments of an order that was kept before."""
    lines = conn.execute(
        "SELECT line, sku FROM order_line WHERE desk_id = ? AND order_id = ? ORDER BY line", (desk, order_id)
    ).fetchall()
    payments = conn.execute(
        "SELECT number, reference FROM payment WHERE desk_id = ? AND order_id = ? ORDER BY number",
        (desk, order_id),
    ).fetchall()
    return (
        _kept_numbers(lines, [line.sku for line in order.lines]),
        _kept_numbers(payments, [payment.reference for payment in order.payments]),
    )


def _kept_numbers(before: Sequence[tuple[int, str]], now: Sequence[str]) -> list[int]:
    free: dict[str, list[int]] = {}
    for number, key in before:
        free.setdefault(key, []).append(number)
    last = max((number for number, _ in before), default=0)
    numbers = []
    for key in now:
        if left := free.get(key):
            numbers.append(left.pop(0))
        else:
            last += 1
            numbers.append(last)
    return numbers


class _OrderRows:
    """Rows of many orders, by table."""

    def __init__(self, desk: str) -> None:
        self._desk = desk
        self._tables: dict[str, list[tuple[object, ...]]] = {
            "orders": [], "order_line": [], "payment": [], "payment_return": [], "shipment": [],
        }  # fmt: skip
        self._parcels: list[tuple[object, ...]] = []

    def add(
        self, put: Put, customer: str, merchant: str, sealed: bytes, order: Order, at: int,
        lines: list[int], payments: list[int],
    ) -> None:  # fmt: skip
        """Add one order, its lines and payments under these numbers."""
        desk, tables = self._desk, self._tables
        tables["orders"].append(
            (
                desk, put.id, put.external_id, normal_order_number(put.external_id), customer, merchant,
                order.currency, order.status, order.channel, order.placed_at, order.paid_at,
                order.shipped_at, order.signed_at, order.total, order.overlay, sealed, put.version, at,
            )
        )  # fmt: skip
        tables["order_line"] += [
            (desk, put.id, n, x.sku, x.title, x.options, x.category, x.qty, x.unit_price, x.paid)
            for n, x in zip(lines, order.lines, strict=True)
        ]
        tables["payment"] += [
            (desk, put.id, n, x.method, x.reference, x.captured, x.returned, x.at)
            for n, x in zip(payments, order.payments, strict=True)
        ]
        tables["payment_return"] += [
            (desk, put.id, n, reference, minor)
            for n, x in zip(payments, order.payments, strict=True)
            for reference, minor in x.backs
        ]
        tables["shipment"] += [
            (
                desk, put.id, n, x.carrier, x.waybill, ",".join(str(lines[place]) for place in x.lines),
                x.shipped_at, x.signed_at, x.consent,
            )
            for n, x in enumerate(order.shipments, 1)
        ]  # fmt: skip
        self._parcels += [
            (
                x.waybill, put.id, x.carrier, customer, ",".join(str(lines[place]) for place in x.lines),
                x.shipped_at, x.consent, x.signed_at or order.signed_at,
            )
            for x in order.shipments
            if x.waybill
        ]  # fmt: skip

    def write(self, conn: Connection) -> int:
        """Keep them; how many rows they were."""
        for table, rows in self._tables.items():
            if rows:
                marks = ",".join("?" * len(rows[0]))
                conn.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        return sum(map(len, self._tables.values())) + put_of_orders(conn, self._desk, self._parcels)
