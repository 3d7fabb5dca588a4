"""Made-up orders as rows of the store and as the facts of a decision."""

import hashlib
from dataclasses import field
from typing import Any

import msgspec

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.context import Order, OrderLine, Payment
from csdesk.domain.ids import uuid7
from csdesk.domain.value import dataclass
from csdesk.interop.overlay import made_up_consent, made_up_scans
from csdesk.interop.seeds import CaseSeed, Person
from csdesk.interop.seeds import Order as SeedOrder
from csdesk.interop.seeds.orders import Payment as SeedPayment
from csdesk.store.connection import Connection
from csdesk.store.crypto import bound_to, normal_order_number
from csdesk.store.file import Store
from csdesk.store.people import Customer
from csdesk.store.tracking import Told, put_of_orders, put_scans, refresh

# Carriers' pages do not last for ever: of parcels sent longer ago only the signature is known.
TRAILS_MS = 14 * 86_400_000


def made_id(desk: str, what: str, ms: int) -> str:
    """A time-ordered id that the same thing always gets."""
    return uuid7(ms, hashlib.blake2b(f"{desk}/{what}".encode(), digest_size=10).digest())


@dataclass(slots=True)
class Rows:
    """Rows of a batch of orders, by table."""

    people: list[tuple[Any, ...]] = field(default_factory=list)
    customers: list[tuple[str, str, Customer, int]] = field(default_factory=list)
    orders: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    shipments: list[tuple[Any, ...]] = field(default_factory=list)
    parcels: list[tuple[Any, ...]] = field(default_factory=list)
    trails: list[Told] = field(default_factory=list)


class World:
    """Turns made-up orders into rows and facts; remembers with a bit each which people already have a key."""

    def __init__(self, store: Store, most_people: int, now: int) -> None:
        self._store = store
        self._desk = store.desk.id
        self._now = now
        self._known = bytearray(most_people // 8 + 1)

    def person_id(self, person: Person) -> str:
        """The customer id of a made-up person."""
        return made_id(self._desk, f"person/{person.key}", self._now - 400 * 86_400_000)

    def merchant_id(self, code: str) -> str:
        """The id of a made-up merchant."""
        return made_id(self._desk, f"merchant/{code}", self._now - 500 * 86_400_000)

    def put_merchants(self, merchants: Any) -> None:
        """Keep the shops, inside the caller's transaction."""
        self._store.conn.executemany(
            "INSERT OR REPLACE INTO merchant VALUES (?,?,?,?,?,?)",
            [
                (
                    self._desk,
                    self.merchant_id(m.code),
                    m.code,
                    m.name,
                    f"{m.return_address} {m.phone}",
                    int(m.self_operated),
                )
                for m in merchants
            ],
        )

    def add(self, rows: Rows, seed: CaseSeed) -> Order:
        """Add a case's order with its buyer to the rows, and give its facts."""
        made = seed.order
        customer = self._buyer(rows, made.buyer)
        order_id = made_id(self._desk, f"order/{made.number}", made.placed_ms)
        shipped, signed = self._past(made.shipped_ms), self._past(made.signed_ms)
        status = (
            "cancelled"
            if made.stage == "cancelled"
            else "delivered"
            if signed
            else "shipped"
            if shipped
            else "pending"
        )
        lines = tuple(
            OrderLine(
                line.number,
                line.variant.sku,
                f"{line.product.title} {line.variant.label}".strip(),
                line.quantity,
                line.paid,
                line.product.category.code,
            )
            for line in made.lines
        )
        back = {n: refund.amount for n, refund in enumerate(made.refunds, 1)}
        payments = tuple(
            Payment(n, payment.method.label, payment.amount, back.get(n, 0))
            for n, payment in enumerate(_captured(seed), 1)
        )
        merchant = self.merchant_id(made.shelf.merchant.code)
        facts = Order(
            order_id,
            made.reference,
            customer,
            merchant,
            "CNY",
            status,
            lines,
            payments,
            True,
            made.paid_ms,
            shipped,
            signed,
        )
        self._rows(rows, made, facts)
        return facts

    def _past(self, ms: int | None) -> int:
        """A moment that has come by now, else 0."""
        return ms if ms is not None and ms <= self._now else 0

    def _buyer(self, rows: Rows, buyer: Person) -> str:
        id_, key = self.person_id(buyer), int(buyer.key)
        if not self._known[key >> 3] & (1 << (key & 7)):
            self._known[key >> 3] |= 1 << (key & 7)
            rows.people.append(self._store.people.key_row(id_))
            known = Customer(buyer.name, buyer.phone, buyer.email, str(buyer.address), "zh-Hans")
            rows.customers.append((id_, f"demo-{buyer.key}", known, 1))
        return id_

    def _rows(self, rows: Rows, made: SeedOrder, facts: Order) -> None:
        desk, id_ = self._desk, facts.id
        sealed = msgspec.json.encode({"address": str(made.buyer.address), "phone": made.buyer.phone})
        rows.orders.append(
            (
                desk,
                id_,
                made.reference,
                normal_order_number(made.reference),
                facts.customer,
                facts.merchant,
                "CNY",
                facts.status,
                "app",
                made.placed_ms,
                made.paid_ms,
                facts.shipped_at,
                facts.signed_at,
                made.total,
                "demo",
                sealed,
                1,
                self._now,
            )
        )
        rows.lines += [
            (
                desk,
                id_,
                line.number,
                line.variant.sku,
                told.title,
                line.variant.label,
                told.category,
                line.quantity,
                line.unit_price,
                line.paid,
            )
            for line, told in zip(made.lines, facts.lines, strict=True)
        ]
        rows.payments += [
            (
                desk,
                id_,
                p.number,
                p.method,
                _reference(made, p.number),
                p.captured,
                p.elsewhere,
                made.paid_ms,
            )
            for p in facts.payments
        ]
        for number, parcel in enumerate(made.parcels if facts.shipped_at else (), 1):
            waybill, consent = normal_waybill(parcel.waybill), made_up_consent(parcel.waybill)
            lines, signed = ",".join(map(str, parcel.lines)), self._past(parcel.signed_ms)
            if parcel.shipped_ms > self._now - TRAILS_MS:
                told = Told(waybill, parcel.carrier.name, made_up_scans(parcel, self._now))
                rows.trails.append(told)
            rows.parcels.append(
                (waybill, id_, parcel.carrier.name, facts.customer, lines, parcel.shipped_ms, consent, signed)
            )
            rows.shipments.append(
                (
                    desk,
                    id_,
                    number,
                    parcel.carrier.name,
                    waybill,
                    lines,
                    parcel.shipped_ms,
                    signed,
                    consent,
                )
            )

    def write(self, rows: Rows) -> None:
        """Keep the rows, inside the caller's transaction."""
        conn: Connection = self._store.conn
        conn.executemany("INSERT INTO person_key VALUES (?,?,?,?,?)", rows.people)
        self._store.people.put(rows.customers, self._now)
        sealed = [self._sealed(order) for order in rows.orders]
        conn.executemany(f"INSERT INTO orders VALUES ({','.join('?' * 18)})", sealed)
        conn.executemany(f"INSERT INTO order_line VALUES ({','.join('?' * 10)})", rows.lines)
        conn.executemany("INSERT INTO payment VALUES (?,?,?,?,?,?,?,?)", rows.payments)
        conn.executemany("INSERT INTO shipment VALUES (?,?,?,?,?,?,?,?,?)", rows.shipments)
        put_of_orders(conn, self._desk, rows.parcels)
        put_scans(self._store, rows.trails, self._now)
        for told in rows.trails:
            refresh(conn, self._desk, told.waybill)

    def _sealed(self, order: tuple[Any, ...]) -> tuple[Any, ...]:
        id_, customer, plain = order[1], order[4], order[15]
        bound = bound_to(self._desk, "orders", id_, "sealed")
        return (*order[:15], self._store.keys.seal(self._desk, customer, plain, bound), *order[16:])


def _captured(seed: CaseSeed) -> list[SeedPayment]:
    """What was taken for the order: once more than it should have been when that is the story."""
    twice = seed.order.payments[-1:] if seed.reason.code == "double_charge" else ()
    return [*seed.order.payments, *twice]


def _reference(made: SeedOrder, number: int) -> str:
    """The reference of a payment; the one too many is the last one's again."""
    known = made.payments[min(number, len(made.payments)) - 1].reference
    return known if number <= len(made.payments) else f"{known}-2"
