"""A thousand orders with returns, exchanges, reissues, refunds and cancellations by chance: everything reconciles.

CSDESK_RETAIL=<folder> takes the orders of a folder with orders.json, users.json and products.json instead of made-up
ones.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.money_answers import order_ledger
from csdesk.desk.money_queries import OrderLedger
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import Command, Deciding
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.opening import Open, claimed
from csdesk.domain.cases.shared import Withdraw
from csdesk.effects.worker import Worker
from csdesk.interop.demo.world import Rows, World
from csdesk.interop.importer import run_import
from csdesk.interop.seeds import Seeds
from csdesk.store import orders
from csdesk.store.connection import write
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file
from tests.unit.domain.cases.lives import WEIGHTS
from tests.unit.domain.cases.ways import Step, settling, working
from tests.unit.store.test_random_desk import Weather

__all__ = ["desk_file"]

ORDERS = 1_000
# Read before each test loses its environment.
RETAIL = os.environ.get("CSDESK_RETAIL", "")
SENT = (Kind.RETURN, Kind.RETURN, Kind.EXCHANGE, Kind.EXCHANGE, Kind.REISSUE, Kind.REFUND_ONLY)
FILES = ("orders.json", "users.json", "products.json")


@dataclass
class Shop:
    """A desk with orders, people who work on cases of them by chance, and an outside that fails."""

    desk: DeskFile
    chance: Random
    cases: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.weather = Weather(self.chance)
        self.people = {who: self.desk.core(who) for who in ("wang", "li", "zhao", "system")}
        self.system = self.people["system"]
        # Nothing here is cut off from its power; and a thousand cases are ten thousand transactions.
        for core in self.people.values():
            core.store.conn.execute("PRAGMA synchronous = OFF")
        self.worker = Worker(
            self.system,
            self.weather,
            self.weather,
            lambda case, code, language: code,
            chance=self.chance.random,
        )

    def fill(self) -> None:
        """Orders of the folder that was named, else made-up ones."""
        if RETAIL:
            files = [Path(RETAIL) / name for name in FILES]
            run_import(
                self.people["zhao"], files, "retail", overlay="retail_cn", overlay_now=self.desk.clock()
            )
            return
        store, seeds, rows = self.system.store, Seeds.load(), Rows()
        world = World(store, ORDERS + 1, self.desk.clock())
        for number in range(ORDERS):
            world.add(rows, seeds.case(number, self.desk.clock(), within_days=300))
        with write(store.conn):
            world.put_merchants(seeds.merchants)
            world.write(rows)

    def orders(self) -> Iterator[Order]:
        """All orders with what their cases claimed and gave back."""
        conn, desk = self.system.store.conn, self.system.desk
        for (id_,) in conn.execute("SELECT id FROM orders WHERE desk_id = ? ORDER BY id", (desk,)).fetchall():
            found = orders.facts(conn, desk, id_)
            assert found is not None
            yield found

    def ask_for(self, order: Order) -> None:
        """One case on some units of an order, now and then a second one, whichever the order allows."""
        kinds = (Kind.REFUND_ONLY,) if order.status in ("pending", "cancelled") else SENT
        for _ in range(self.chance.choice((1, 1, 2))):
            lines = self.chance.sample(order.lines, self.chance.randint(1, len(order.lines)))
            units = tuple(LineQty(line.line, self.chance.randint(1, line.qty)) for line in lines)
            try:
                opened = self.people["wang"].do(Open(self.chance.choice(kinds), order.number, units))
            except Refused as refused:
                assert refused.code == "over_bought"
                continue
            self.cases.append(opened.case.id)

    def work(self, case_id: str, steps: int) -> None:
        """Some steps of a case by its people, as far as it lets them."""
        case = self.system.load(case_id)[0]
        tries = 3 * steps
        while steps and tries and case.open:
            tries -= 1
            step = self._step(case)
            who = step.who.id if step.who.id == "zhao" else self.chance.choice(("wang", "wang", "li"))
            if step.who.id == "system":
                continue
            try:
                case, steps = self.people[who].do(self._said(step.command), case.id).case, steps - 1
            except (Refused, Conflict):
                continue

    def _step(self, case: Case) -> Step:
        if self.chance.random() < 0.03:
            return Step(Withdraw())
        steps = [*settling(case), *working(case, self.desk.clock(), part=self.chance.random() < 0.4)]
        return self.chance.choices(steps, [WEIGHTS.get(step.command.verb.name, 1.0) for step in steps])[0]

    @staticmethod
    def _said(command: Command) -> Command:
        return replace(command, override="主管已核") if isinstance(command, Deciding) else command

    def night(self, hours: int = 1) -> None:
        """The worker does all that is due, hour by hour."""
        for _ in range(hours):
            while self.worker.turn():
                self.desk.clock.forward(seconds=700)
            self.desk.clock.forward(hours=1)


@pytest.fixture
def shop(desk_file: DeskFile) -> Shop:
    """A shop with a thousand orders."""
    made = Shop(desk_file, Random(1_000))
    made.fill()
    return made


def given_back(cases: list[Case], order: Order) -> tuple[Counter[int], Counter[int], Counter[int]]:
    """What the refunds of an order's cases say: units and money by line, money by payment."""
    units, lines, payments = Counter[int](), Counter[int](), Counter[int]()
    for refund in (refund for case in cases for refund in case.refunds if refund.live):
        units.update({unit.line: unit.qty for unit in refund.units})
        lines.update({unit.line: minor for unit, minor in zip(refund.units, refund.amounts, strict=True)})
        payments.update({part.payment: part.minor for part in refund.parts if part.payment})
    return units, lines, payments


def test_a_thousand_orders_are_reconciled_after_whatever_happened_to_them(shop: Shop):
    everything = list(shop.orders())
    assert len(everything) >= ORDERS
    for order in everything:
        shop.ask_for(order)
    for steps in (9, 6, 4):
        for case_id in shop.cases:
            shop.work(case_id, steps)
        shop.night()
    shop.night(hours=48)
    assert [str(finding) for finding in verify(shop.system.store)] == []

    cases = [shop.system.load(case)[0] for case in shop.cases]
    by_order: dict[str, list[Case]] = {}
    for case in cases:
        by_order.setdefault(case.order, []).append(case)
    for order in shop.orders():
        reconciled(shop.system, order, by_order.get(order.id, []))
    # What the provider paid is what the desk says was paid, refund by refund.
    paid = {
        f"refund:{r.id}": r.minor
        for case in cases
        for r in case.refunds
        if r.state == "confirmed" and r.minor
    }
    assert paid == {key: minor for key, minor in shop.weather.paid.items() if minor}
    # It was no quiet night: every kind came, money moved and failed, cases ended in several ways.
    assert {case.kind for case in cases} == set(SENT)
    assert {r.state for case in cases for r in case.refunds} >= {"confirmed", "failed"}
    assert {case.state for case in cases} >= {"closed", "withdrawn", "refunded", "rejected"}


def reconciled(core: Core, order: Order, cases: list[Case]) -> None:
    """Lines, payments and the ledger that is shown say the same of an order, and none more than was bought or paid."""
    units, lines, payments = given_back(cases, order)
    ledger = order_ledger(core, OrderLedger(order.number))
    assert ledger.sound
    for line in order.lines:
        mine = [one for case in cases for one in case.lines if one.line == line.line]
        assert units[line.line] == sum(one.refunded_units for one in mine) == line.refunded_units <= line.qty
        assert lines[line.line] == sum(one.refunded for one in mine) == line.refunded <= line.paid
        assert sum(claimed(case, line.line) for case in cases) == line.claimed <= line.qty
        assert all(one.received - case.home(one) <= one.asked for case in cases for one in case.lines)
    for payment in order.payments:
        assert payments[payment.number] == payment.elsewhere - payment.returned
        assert payment.elsewhere <= payment.captured
