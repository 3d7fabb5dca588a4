"""Exchange 换货: goods for goods, money where there is no stock, and never both for one unit."""

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.events import Graded
from tests.unit.domain.cases.play import DAY, HOUR, Play, an_order, on, qty

HERE = ["approve", "ship_back", "receive"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "submitted": ([], {"take", "approve", "reject", "withdraw"}),
    "reviewing": (["take"], {"approve", "reject", "withdraw"}),
    "approved_wait_ship": (["approve"], {"take", "ship_back", "receive", "withdraw"}),
    "return_in_transit": (["approve", "ship_back"], {"take", "receive"}),
    "received_inspecting": ([*HERE, "inspect"], {"take", "reissue", "no_stock", "dispute"}),
    "dispute": ([*HERE, "dispute"], {"take", "settle_dispute"}),
    "out_of_stock": ([*HERE, "inspect", "no_stock"], {"take", "refund", "reissue"}),
    "reissue_shipped": ([*HERE, "inspect", "reissue"], {"take", "deliver"}),
    "delivered": ([*HERE, "inspect", "reissue", "deliver", "reply"], {"take", "close"}),
    "refunding": ([*HERE, "inspect", "no_stock", "refund"], {"take"}),
    "refunded": ([*HERE, "inspect", "no_stock", "refund", "paid", "reply"], {"take", "close"}),
    "rejected": (["reject"], {"take", "appeal", "withdraw"}),
    "platform_review": (["reject", "appeal"], {"take", "approve", "reject", "withdraw"}),
    "closed": ([*HERE, "inspect", "reissue", "deliver", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def exchanging(*lines: tuple[int, int]) -> Play:
    """An exchange of everything in an order."""
    return Play(Kind.EXCHANGE, an_order(*(lines or ((2, 39_800),)))).begin(reason="size")


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = exchanging()
    play.run(*path)
    assert play.case.state == state
    assert on(play) == verbs


def test_approval_names_what_goes_out_instead():
    play = exchanging()
    play.do("approve", exchange_sku="EAR-2-XL")
    assert play.case.lines[0].exchange_sku == "EAR-2-XL"


def test_the_warranty_begins_anew_on_the_day_of_delivery():
    play = exchanging()
    play.run(*HERE, "inspect", "reissue")
    play.now += 3 * DAY
    play.do("deliver")
    assert play.case.counters["warranty_from"] == play.now


def test_only_accepted_units_are_replaced_and_each_once():
    play = exchanging((3, 300))
    play.run(*HERE)
    assert play.no("reissue") == "nothing_owed"
    play.do("inspect", graded=(Graded(1, 2, "restock"), Graded(1, 1, "return_to_consumer")))
    assert play.no("reissue", lines=qty((1, 3))) == "over_accepted"
    play.do("reissue", lines=qty((1, 1)))
    assert play.case.state == "reissue_shipped"
    play.do("reissue", waybill="SF2234567891")
    assert play.no("reissue", waybill="SF2234567892") == "nothing_owed"
    assert play.case.lines[0].sent_out == 2


def test_a_unit_gets_goods_or_money_and_never_both():
    play = exchanging((2, 20_000))
    play.run(*HERE, "inspect")
    play.do("reissue", lines=qty((1, 1)))
    play.run("deliver", "no_stock", "refund", "paid")
    assert play.case.refunded == 10_000
    assert play.case.state == "refunded"
    assert play.no("reissue") == "wrong_state"


def test_without_stock_the_law_gives_seven_days_for_the_money_and_a_failure_gives_no_more():
    play = exchanging()
    play.run(*HERE, "inspect", "no_stock")
    ((name, basis, due),) = [(c.name, c.basis, c.due) for c in play.case.clocks]
    assert (name, basis) == ("refund", "law")
    play.now += DAY
    play.do("refund")
    play.settle("failed")
    assert [(c.name, c.due) for c in play.case.clocks] == [("refund", due)]


def test_no_stock_is_for_units_that_are_owed():
    play = exchanging()
    play.run(*HERE)
    assert play.no("no_stock") == "nothing_owed"
    play.run("inspect", "reissue", "deliver")
    assert play.no("no_stock") == "nothing_owed"


def test_money_for_a_part_leaves_the_rest_to_be_paid_or_replaced():
    play = exchanging((2, 20_000))
    play.run(*HERE, "inspect", "no_stock")
    play.do("refund", lines=qty((1, 1)))
    play.settle("confirmed")
    assert play.case.state == "out_of_stock"
    play.do("reissue")
    assert play.case.lines[0].sent_out == 1


def test_a_second_parcel_is_received_whatever_became_of_the_first():
    play = exchanging((2, 20_000))
    play.do("approve")
    play.do("receive", lines=qty((1, 1)))
    play.run("inspect", "reissue", "deliver", "receive")
    assert play.case.state == "received_inspecting"
    play.run("inspect")
    play.do("reissue", waybill="SF2234567891")
    assert play.case.lines[0].sent_out == 2


@pytest.mark.parametrize("waybill", ["", "SF1", "9" * 41])
def test_reissue_refuses_what_is_no_waybill(waybill: str):
    play = exchanging()
    play.run(*HERE, "inspect")
    assert play.no("reissue", waybill=waybill) == "bad_waybill"


def test_close_refuses_while_a_unit_waits_for_goods():
    play = exchanging((2, 200))
    play.run(*HERE, "inspect")
    play.do("reissue", lines=qty((1, 1)))
    play.run("deliver", "reply")
    assert play.no("close") == "units_owed"


def test_the_promised_reissue_is_due_three_days_after_the_goods_came():
    play = exchanging()
    play.run(*HERE)
    assert [(c.name, c.due - play.now) for c in play.case.clocks] == [("reissue", 72 * HOUR)]
