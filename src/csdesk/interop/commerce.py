"""Customers, products and orders of a shop as their map tells them, and how they are kept."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from csdesk.desk.platforms import platform_parts
from csdesk.domain import money
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.kinds import run as decide
from csdesk.domain.cases.platform import TellPlatform
from csdesk.domain.cases.shared import TellChange
from csdesk.domain.money import Money
from csdesk.domain.tracking import CONSENTS
from csdesk.domain.value import replace
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.faults import Problem
from csdesk.interop.fields import Fields
from csdesk.interop.overlay import Overlay
from csdesk.interop.readers import Item
from csdesk.store import load
from csdesk.store.cases import Batch, Written, gather, unknown_events, write
from csdesk.store.crypto import normal_order_number
from csdesk.store.people import Customer

MOST_OPTIONS = 1_000
# Some 20 MB each: ids of goods that are known, and lines as they were read.
MOST_REMEMBERED = 100_000
MOST_LINES = 10_000
STATUSES = ("pending", "shipped", "delivered", "cancelled")


def _options(told: Fields, overlay: Overlay | None) -> str:
    """The options of a variant as a line."""
    pairs: Mapping[str, str] = told.pairs("options")
    comma, colon = ", ", ": "
    if overlay:
        pairs, comma, colon = overlay.options(pairs), "，", "："
    text = comma.join(f"{key}{colon}{value}" if key else value for key, value in pairs.items())
    if len(text) > MOST_OPTIONS:
        told.problem("options", "too_long", size=len(text), most=MOST_OPTIONS)
    return text


class Customers(Entity):
    """Customers: their ids are kept hashed, all else sealed."""

    name: ClassVar[str] = "customers"
    record: ClassVar[type] = Customer

    def __init__(self, run: Run, overlay: Overlay | None = None) -> None:
        super().__init__(run)
        self._overlay = overlay

    def read(self, told: Fields, item: Item) -> Read | None:
        id_ = told.line("id", required=True)
        record = Customer(
            told.line("name", most=200),
            told.line("phone", most=50),
            told.line("email", most=254),
            told.line("address", between=", "),
            told.line("language", most=20),
            told.words("methods"),
        )
        if told.problems:
            return None
        return Read(id_, self._overlay.customer(id_, record) if self._overlay else record)

    def key(self, external_id: str) -> bytes:
        return self.store.people.hash_id(external_id)

    def check(self, pending: Pending) -> Problem | None:
        if pending.before is not None and load.erased(self.store, pending.before.record):
            return Problem("id", "erased", {})
        return None

    def put(self, pending: Sequence[Pending], at: int) -> int:
        rows = [(load.Put(p.id, p.read.external_id, p.version), p.read.record) for p in pending]
        return load.put_customers(self.store, rows, at)

    def label(self, pending: Pending) -> str:
        return pending.id


class Products(Entity):
    """Products with their variants."""

    name: ClassVar[str] = "products"
    record: ClassVar[type] = load.Product

    def __init__(self, run: Run, overlay: Overlay | None = None) -> None:
        super().__init__(run)
        self._overlay = overlay

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, title = told.line("id", required=True, most=100), told.line("title", required=True)
        category = told.line("category", most=100)
        variants = tuple(self._variant(inner) for inner in told.members("variants"))
        seen: set[str] = set()
        for n, variant in enumerate(variants):
            if variant.sku and variant.sku in seen:
                told.problem(f"variants[{n}].sku", "duplicate", first=item.number)
            seen.add(variant.sku)
        if told.problems:
            return None
        if self._overlay:
            title, category = self._overlay.product(title)
        links = tuple((f"variants[{n}].sku", "sku", variant.sku) for n, variant in enumerate(variants))
        return Read(id_, load.Product(title, category, variants), links)

    def _variant(self, told: Fields) -> load.Variant:
        currency = told.currency("currency", self.run.map.currency)
        return load.Variant(
            told.line("sku", required=True, most=100),
            _options(told, self._overlay),
            told.amount("price", currency, required=True) or 0,
            self._overlay.currency if self._overlay else currency,
            told.flag("available", True),
        )

    def elsewhere(self, external_id: str) -> tuple[str, int] | None:
        return load.find_product(self.conn, self.desk, external_id)

    def check(self, pending: Pending) -> Problem | None:
        for field, _, sku in pending.read.links:
            owner = load.product_of(self.conn, self.desk, sku)
            if owner is not None and owner[1] != pending.read.external_id:
                return Problem(field, "sku_taken", {})
        return None

    def put(self, pending: Sequence[Pending], at: int) -> int:
        return load.put_products(
            self.store, [(load.Put(p.id, p.read.external_id, p.version), p.read.record) for p in pending]
        )


class _Line(NamedTuple):
    """A line as it was read; when the source does not say what was paid for it, `paid` is its price."""

    line: load.Line
    says_paid: bool


class Orders(Entity):
    """Orders with lines, payments and shipments; open cases of one that changed are told."""

    name: ClassVar[str] = "orders"
    record: ClassVar[type] = load.Order

    def __init__(self, run: Run, overlay: Overlay | None = None) -> None:
        super().__init__(run)
        self._overlay = overlay
        self._here: set[tuple[str, str]] = set()
        # Of the batch at hand: orders that another source told of, and who the customers are ("" in a trial).
        self._there: dict[bytes, tuple[str, int]] = {}
        self._owners: dict[str, str] = {}
        self._read_before: dict[str, tuple[_Line, str]] = {}
        self.told = 0

    def read(self, told: Fields, item: Item) -> Read | None:
        number, customer = told.line("id", required=True, most=100), told.line("customer", required=True)
        currency = told.currency("currency", self.run.map.currency)
        status = told.choice("status", STATUSES)
        lines, links = self._lines(told, currency)
        payments = _payments(told, currency)
        shipments = _shipments(told, [read.line for read in lines])
        if number and not any(map(str.isalnum, number)):
            told.problem("id", "missing")
        total = sum(p.captured for p in payments) if told.has("payments") else sum(x.line.paid for x in lines)
        record = load.Order(
            currency, status, told.line("channel", most=50), told.moment("placed_at"), told.moment("paid_at"),
            told.moment("shipped_at"), told.moment("signed_at"), total, told.line("address", between=", "),
            told.line("phone", most=50), _merchant(told), _paid(told, lines, total, currency), payments,
            shipments, platform=told.line("platform", most=100),
            platform_state=told.line("platform_state", most=100),
        )  # fmt: skip
        self.parts = platform_parts(record.platform, record.platform_state)
        if told.problems:
            return None
        if self._overlay:
            record = self._overlay.order(number, customer, record)
        return Read(number, record, (("customer", "customers", customer), *links))

    def _lines(self, told: Fields, currency: str) -> tuple[list[_Line], list[tuple[str, str, str]]]:
        """The lines, equal ones as units of one, and the goods they point to."""
        lines: dict[tuple[Any, ...], _Line] = {}
        links = []
        for n, inner in enumerate(told.members("lines")):
            read, product = self._line(inner, currency)
            line = read.line
            key = (line.sku, line.title, line.options, line.category, line.unit_price, read.says_paid)
            if same := lines.get(key):
                qty, paid = same.line.qty + line.qty, same.line.paid + line.paid
                lines[key] = _Line(replace(same.line, qty=qty, paid=paid), read.says_paid)
            else:
                lines[key] = read
                links.append((f"lines[{n}].sku", "sku", line.sku))
            if product:
                links.append((f"lines[{n}].product", "products", product))
        if not lines:
            told.problem("lines", "missing")
        if sum(_price(read.line) for read in lines.values()) > money.MAX_MINOR:
            told.problem("lines", "too_large")
        return list(lines.values()), links

    def _line(self, told: Fields, currency: str) -> tuple[_Line, str]:
        """A line and its product.

        Most lines of a shop's orders have stood in another one to the letter: those are read once.
        """
        known = f"{currency}{told.data!r}"
        if found := self._read_before.get(known):
            return found
        bad = len(told.problems)
        price, paid = told.amount("price", currency, required=True) or 0, told.amount("paid", currency)
        qty = told.count("qty")
        line = load.Line(
            told.line("sku", required=True, most=100), told.line("title", required=True),
            _options(told, self._overlay), told.line("category", most=100), qty, price,
            qty * price if paid is None else paid,
        )  # fmt: skip
        read = _Line(line, paid is not None), told.line("product", most=100)
        if len(told.problems) == bad and not told.cleaned and len(known) < MOST_OPTIONS:
            if len(self._read_before) >= MOST_LINES:
                self._read_before.clear()
            self._read_before[known] = read
        return read

    def key(self, external_id: str) -> bytes:
        return load.external_bytes(normal_order_number(external_id))

    def look(self, pending: Sequence[Pending]) -> None:
        self._there = load.find_orders(self.conn, self.desk, (p.key for p in pending))
        named = {link[2] for p in pending for link in p.read.links if link[1] == "customers"}
        keys = {id_: self.store.people.hash_id(id_) for id_ in named}
        found = load.known(self.conn, self.desk, "customers", self.run.map.source, keys.values())
        made_up = self.run.accepted.get("customers", ())
        self._owners = {id_: found[key].record for id_, key in keys.items() if key in found}
        self._owners |= {id_: "" for id_, key in keys.items() if key not in found and key in made_up}

    def elsewhere(self, external_id: str) -> tuple[str, int] | None:
        return self._there.get(self.key(external_id))

    def check(self, pending: Pending) -> Problem | None:
        checked = self.section.check
        for field, kind, id_ in pending.read.links:
            if kind == "customers":
                found = self._owners.get(id_)
                if found is None:
                    return Problem(field, "unknown_customer", {})
                pending.owner = found
            elif "product" in checked and not self._goods(kind, id_):
                return Problem(field, "unknown_product", {})
        return None

    def _goods(self, kind: str, id_: str) -> bool:
        """Whether a variant or a product is known; what was found once in this run is not looked up again."""
        if (kind, id_) in self._here:
            return True
        if kind == "sku":
            found = load.product_of(self.conn, self.desk, id_) is not None
        else:
            found = load.find_product(self.conn, self.desk, id_) is not None
        if found or load.external_bytes(id_) in self.run.accepted.get(kind, ()):
            if len(self._here) >= MOST_REMEMBERED:
                self._here.clear()
            self._here.add((kind, id_))
            return True
        return False

    def put(self, pending: Sequence[Pending], at: int) -> int:
        rows = load.put_orders(
            self.store,
            [(load.Put(p.id, p.read.external_id, p.version), p.owner, p.read.record) for p in pending],
            at,
        )
        return rows + self._tell([p for p in pending if p.changed])

    def _tell(self, changed: Sequence[Pending]) -> int:
        """Tell the open cases of changed orders what changed; how many rows that were."""
        core, batch = self.run.core, Batch()
        for p in changed:
            for case_id in load.open_cases(self.conn, self.desk, p.id):
                if unknown_events(self.conn, self.desk, case_id):
                    continue  # written by a later csdesk: read-only here
                case, head = core.load(case_id)
                for command in _news(p):
                    if isinstance(command, TellPlatform) and not command.news(case):
                        continue
                    actor = core.by_itself() if isinstance(command, TellPlatform) else core
                    ctx = actor.context(os.urandom(16).hex(), None)
                    decided = decide(case, command, ctx)
                    written = Written(
                        case, decided.case, decided.events, head, ctx.now, actor.me.id, ctx.request,
                        command.verb.name,
                    )  # fmt: skip
                    case, head = decided.case, gather(batch, self.store.keys, written)
        if batch.cases:
            write(self.conn, self.desk, batch, self.store.people.text_key())
        self.told += len(batch.cases)
        return len(batch.cases) + len(batch.events) + len(batch.requests) + len(batch.changes)


def _news(changed: Pending) -> list[Command]:
    """What the cases of a changed order are told: the platform's new state, and which other fields differ."""
    order: load.Order = changed.read.record
    fields = tuple(name for name in changed.changed if name not in ("platform", "platform_state"))
    news: list[Command] = [TellChange(changed.read.external_id, fields)] if fields else []
    if order.platform and order.platform_state and len(fields) < len(changed.changed):
        news.append(TellPlatform(order.platform, order.platform_state))
    return news


def _merchant(told: Fields) -> load.Merchant | None:
    id_ = told.line("merchant", most=200)
    name, address = told.line("merchant_name", most=200), told.line("return_address", between=", ")
    own = told.flag("self_operated", False)
    if not id_ and not name:
        return None
    return load.Merchant(id_ or name, name or id_, address, own)


def _payments(told: Fields, currency: str) -> tuple[load.Payment, ...]:
    """Payments in order; money given back is taken off those of the same method, the first one first."""
    taken: list[load.Payment] = []
    back: list[tuple[int, str, str, int, str]] = []
    for n, inner in enumerate(told.members("payments")):
        method, reference = inner.line("method", required=True, most=100), inner.line("reference", most=200)
        amount = inner.amount("amount", currency, required=True) or 0
        if inner.choice("kind", ("captured", "returned"), "captured") == "returned":
            back.append((n, method, reference, amount, inner.line("refund", most=200)))
        else:
            taken.append(load.Payment(method, reference, amount, 0, inner.moment("at")))
    for n, method, reference, amount, refund in back:
        left = amount
        same = [at for at, p in enumerate(taken) if (p.method, p.reference) == (method, reference)]
        for at in same:
            part = min(left, taken[at].captured - taken[at].returned)
            backs = _with_back(taken[at].backs, refund, part)
            taken[at] = replace(taken[at], returned=taken[at].returned + part, backs=backs)
            left -= part
        if left:
            told.problem(f"payments[{n}].amount", "refund_over_payment" if same else "refund_without_payment")
    return tuple(taken)


def _with_back(backs: tuple[tuple[str, int], ...], refund: str, minor: int) -> tuple[tuple[str, int], ...]:
    """What a payment gave back by reference, with `minor` more under `refund`, if that has a reference."""
    if not refund or not minor:
        return backs
    sums = dict(backs)
    return tuple((sums | {refund: sums.get(refund, 0) + minor}).items())


def _shipments(told: Fields, lines: Sequence[load.Line]) -> tuple[load.Shipment, ...]:
    """Parcels, one a waybill; without a list of goods all of the order is in them."""
    found = []
    for inner in told.members("shipments"):
        waybills = inner.words("waybill") or ("",)
        skus = inner.words("skus")
        places = tuple(n for n, line in enumerate(lines) if not skus or line.sku in skus)
        if skus and {lines[n].sku for n in places} != set(skus):
            inner.problem("skus", "unknown_line")
        carrier, consent = inner.line("carrier", most=100), _consent(inner)
        times = inner.moment("shipped_at"), inner.moment("signed_at")
        found += [
            load.Shipment(carrier, normal_waybill(w), places, *times, consent=consent) for w in waybills
        ]
    return tuple(found)


def _consent(told: Fields) -> str:
    """What the receiver agreed to; a `none` that was said is as nothing said: neither is a consent."""
    said = told.words("consent")
    if any(word not in (*CONSENTS, "any", "none") for word in said):
        told.problem("consent", "bad_choice", allowed=", ".join((*CONSENTS, "any", "none")))
    return "any" if "any" in said else ",".join(word for word in CONSENTS if word in said)


def _price(line: load.Line) -> int:
    return line.qty * line.unit_price


def _paid(told: Fields, lines: Sequence[_Line], total: int, currency: str) -> tuple[load.Line, ...]:
    """The lines with what was paid for each.

    Those that do not say it share what is left of the total in proportion to their prices, to the last fen.
    """
    left = total - sum(read.line.paid for read in lines)
    if not left or told.problems or all(read.says_paid for read in lines):
        return tuple(read.line for read in lines)
    prices = [0 if read.says_paid else _price(read.line) for read in lines]
    if not any(prices):
        if left > 0:
            told.problem("payments", "paid_for_nothing")
        return tuple(read.line for read in lines)
    parts = money.share(Money(max(left + sum(prices), 0), currency), prices)
    return tuple(
        read.line if read.says_paid else replace(read.line, paid=part.minor)
        for read, part in zip(lines, parts, strict=True)
    )
