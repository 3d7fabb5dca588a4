"""What an order system tells of money given back, and our own refunds in it: counted once, whichever came first."""

import json
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk import money_queries as q
from csdesk.desk.core import Core
from csdesk.desk.order_differences import differences
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.writeback import SettleOrderAsk
from csdesk.interop.importer import run_import
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

MAP = """
[map]
name = "shop"
currency = "CNY"

[customers]
when = "person"
records = "customers"
id = "person"
name = "name"

[orders]
when = "no"
records = "orders"
check = ["customer"]
id = "no"
customer = "buyer"
status = "status"
placed_at = "placed"
merchant = "shop"
return_address = "back"

[orders.lines]
each = "items"
sku = "sku"
title = "title"
price = "price"

[orders.payments]
each = "paid"
method = "by"
amount = "amount"
kind = "kind"
refund = "refund"
"""
BOOKS = Policy(write_back=frozenset({"refund"}))


class Shop:
    """An order of two pairs for 100.00 each at its order system, which tells it anew after each refund there."""

    def __init__(self, file: DeskFile, folder: Path) -> None:
        self.wang, self.system = (file.core(who, policy=BOOKS) for who in ("wang", "system"))
        self.core, self.folder, self.back = file.core("zhao"), folder, list[dict[str, Any]]()
        (folder / "shop.toml").write_text(MAP)
        self.tell()

    def tell(self, *back: tuple[str, str]) -> None:
        """The order as it stands, with money given back besides: (amount, reference)."""
        self.back += [
            {"by": "wechat", "amount": amount, "kind": "returned", "refund": ref} for amount, ref in back
        ]
        items = [{"sku": f"EAR-{n}", "title": "耳机", "price": "100.00"} for n in (1, 2)]
        paid = [{"by": "wechat", "amount": "200.00", "kind": "captured"}, *self.back]
        order: dict[str, Any] = {"no": "W1", "buyer": "u1", "status": "delivered", "shop": "s1"}
        order |= {
            "placed": "2026-10-30T09:00:00+08:00",
            "back": "嘉兴市中环路8号",
            "items": items,
            "paid": paid,
        }
        told = {"customers": [{"person": "u1", "name": "张伟"}], "orders": [order]}
        file = self.folder / f"orders-{len(self.back)}.json"
        file.write_text(json.dumps(told))
        report = run_import(self.core, [file], str(self.folder / "shop.toml"))
        assert report.total("rejected") == 0


@pytest.fixture
def shop(desk_file: DeskFile, tmp_path: Path) -> Shop:
    return Shop(desk_file, tmp_path)


@pytest.fixture
def wang(shop: Shop) -> Core:
    return shop.wang


def owed(core: Core, line: int) -> Case:
    """A return of one line, accepted and not paid back yet."""
    case = core.do(Open(Kind.RETURN, "W1", (LineQty(line, 1),))).case
    for command in (Approve(), Receive(), Inspect()):
        case = core.do(command, case.id).case
    return case


def paid(shop: Shop, case: Case, reference: str) -> str:
    """The case's refund, confirmed by its provider under `reference`; gives its id."""
    refund = shop.wang.do(PayBack(), case.id).case.refunds[-1]
    shop.system.do(SettleRefund(refund.id, "confirmed", reference), case.id)
    return refund.id


def left(core: Core) -> tuple[int, int]:
    """What the payment still has, and what went back beside our refunds."""
    (payment,) = core.ask(q.OrderLedger("W1")).payments
    return payment.left, payment.returned


def test_a_refund_that_is_confirmed_before_the_order_tells_of_it_is_counted_once(shop: Shop, wang: Core):
    paid(shop, owed(wang, 1), "4200-1")
    shop.tell(("100.00", "4200-1"))
    assert left(wang) == (10_000, 0)
    paid(shop, owed(wang, 2), "4200-2")
    assert left(wang) == (0, 0)
    assert list(verify(wang.store)) == []


def test_an_order_that_tells_of_a_refund_before_it_is_confirmed_is_safe_and_then_right(
    shop: Shop, wang: Core
):
    case, other = owed(wang, 1), owed(wang, 2)
    refund = wang.do(PayBack(), case.id).case.refunds[-1]
    shop.tell(("100.00", "4200-1"))
    # Nobody knows yet that this is ours: nothing more may be paid.
    assert left(wang) == (0, 10_000)
    with pytest.raises(Refused, match="over_captured"):
        wang.do(PayBack(), other.id)
    shop.system.do(SettleRefund(refund.id, "confirmed", "4200-1"), case.id)
    assert left(wang) == (10_000, 0)
    paid(shop, other, "4200-2")
    assert list(verify(wang.store)) == []


def test_the_name_under_which_the_order_system_booked_a_refund_counts_too(shop: Shop, wang: Core):
    case = owed(wang, 1)
    paid(shop, case, "4200-1")
    shop.tell(("100.00", "oms-77"))
    assert left(wang) == (0, 10_000)
    (ask,) = wang.load(case.id)[0].order_asks
    shop.system.do(SettleOrderAsk(ask.id, "done", reference="oms-77"), case.id)
    assert left(wang) == (10_000, 0)


def test_the_refunds_own_id_is_a_name_as_well(shop: Shop, wang: Core):
    refund = paid(shop, owed(wang, 1), "4200-1")
    shop.tell(("100.00", refund))
    assert left(wang) == (10_000, 0)


@pytest.mark.parametrize("reference", ["", "4200-9"])
def test_money_back_that_is_not_known_to_be_ours_counts_beside_our_refunds(
    shop: Shop, wang: Core, reference: str
):
    paid(shop, owed(wang, 1), "4200-1")
    shop.tell(("30.00", reference))
    assert left(wang) == (7_000, 3_000)
    with pytest.raises(Refused, match="over_captured"):
        wang.do(PayBack(), owed(wang, 2).id)


def test_a_refund_stands_for_no_more_than_it_gives_back_however_often_it_is_told(shop: Shop, wang: Core):
    refund = paid(shop, owed(wang, 1), "4200-1")
    shop.tell(("100.00", "4200-1"), ("40.00", refund))
    assert left(wang) == (6_000, 4_000)


def test_a_refund_that_failed_stands_for_nothing(shop: Shop, wang: Core):
    case = owed(wang, 1)
    refund = wang.do(PayBack(), case.id).case.refunds[-1]
    shop.system.do(SettleRefund(refund.id, "failed", "4200-1"), case.id)
    shop.tell(("100.00", "4200-1"))
    assert left(wang) == (10_000, 10_000)


def test_the_differences_still_compare_all_that_both_sides_say(shop: Shop, wang: Core):
    paid(shop, owed(wang, 1), "4200-1")
    assert [(one.what, one.theirs, one.ours) for one in differences(wang, "W1").differences] == [
        ("refund", "0", "10000")
    ]
    shop.tell(("100.00", "4200-1"))
    assert differences(wang, "W1").differences == ()
