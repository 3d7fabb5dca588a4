"""Exchange 换货: goods for goods, money where there is no stock, and never both for one unit."""

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.operations import Operation, Operations, Rules
from tests.unit.domain.cases.play import DAY, HOUR, Play, an_order, make, on, qty

HERE = ["approve", "ship_back", "receive"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "submitted": ([], {"take", "approve", "reject", "withdraw"}),
    "reviewing": (["take"], {"approve", "reject", "withdraw", "ask_evidence"}),
    "approved_wait_ship": (["approve"], {"take", "ship_back", "receive", "withdraw", "keep_goods"}),
    "return_in_transit": (["approve", "ship_back"], {"take", "receive", "parcel_lost"}),
    "received_inspecting": ([*HERE, "inspect"], {"take", "reissue", "no_stock", "dispute"}),
    "dispute": ([*HERE, "dispute"], {"take", "settle_dispute"}),
    "out_of_stock": ([*HERE, "inspect", "no_stock"], {"take", "refund", "reissue"}),
    "reissue_shipped": ([*HERE, "inspect", "reissue"], {"take", "deliver", "parcel_lost"}),
    "delivered": ([*HERE, "inspect", "reissue", "deliver", "reply"], {"take", "close"}),
    "refunding": ([*HERE, "inspect", "no_stock", "refund"], {"take"}),
    "refunded": ([*HERE, "inspect", "no_stock", "refund", "paid", "reply"], {"take", "close"}),
    "rejected": (["reject"], {"take", "appeal", "withdraw"}),
    "platform_review": (["reject", "appeal"], {"take", "approve", "reject", "withdraw", "ask_evidence"}),
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


def test_without_stock_the_money_has_its_days_and_a_failure_gives_no_more():
    play = exchanging()
    play.run(*HERE, "inspect", "no_stock")
    clocks = play.case.clocks
    # 消法 §24 names no days for the money; after 15 it counts as refused (处罚办法 §8).
    assert [(c.name, c.basis) for c in clocks] == [("refund", "policy"), ("refund_refusal", "law")]
    play.now += DAY
    play.do("refund")
    play.settle("failed")
    assert play.case.clocks == clocks


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


# Another price, in advance, lost on the way.


def priced(price: int, *, paid: int = 20_000, units: int = 2, **data: object) -> Play:
    """An approved exchange for goods that cost `price` each, of units that cost `paid` in all."""
    play = exchanging((units, paid))
    play.prices = {"X-2": price}
    play.do(make("approve", exchange_sku="X-2", **data))
    return play


def test_exchange_at_a_higher_price_waits_for_the_consumers_payment():
    play = priced(12_500)
    assert play.case.counters["difference"] == 5_000
    play.run("receive", "inspect")
    assert play.no("reissue") == "difference_unpaid"
    assert play.no("difference_paid", reference=" ") == "field_missing"
    play.run("difference_paid", "reissue", "deliver", "reply", "close")
    assert play.case.counters["difference_paid"] == 5_000
    assert play.case.refunded == 0


def test_exchange_at_a_lower_price_gives_the_difference_back():
    play = priced(8_000)
    assert play.case.counters["difference"] == -4_000
    play.run("receive", "inspect", "reissue")
    play.run("refund_difference", "deliver", "reply")
    assert play.no("close") == "money_moving"
    play.run("paid", "close")
    assert (play.case.refunded, play.case.lines[0].refunded_units) == (4_000, 0)


def test_a_difference_that_is_owed_keeps_the_case_open_and_a_failed_one_is_owed_again():
    play = priced(8_000)
    play.run("receive", "inspect", "reissue", "deliver", "reply")
    assert play.no("close") == "difference_owed"
    play.do("refund_difference")
    play.settle("failed")
    assert play.no("close") == "difference_owed"
    assert play.do("refund_difference").refunded == 4_000


def test_a_difference_for_half_of_the_units_is_half_of_it_and_the_rest_is_paid_back_in_full():
    play = priced(8_000)
    play.run("receive", "inspect")
    play.do("reissue", lines=qty((1, 1)))
    assert play.no("refund_difference") == "units_owed"
    play.run("deliver", "no_stock", "refund", "paid")
    assert play.case.refunded == 10_000
    play.run("refund_difference", "paid")
    assert play.case.refunded == 12_000


def test_what_was_paid_for_dearer_goods_goes_back_when_there_are_none():
    play = priced(12_500)
    play.run("receive", "inspect", "difference_paid", "no_stock", "refund", "paid", "reply")
    assert play.no("close") == "difference_held"
    play.run("return_difference", "close")
    assert play.case.refunded == 20_000


def test_a_difference_that_the_prices_do_not_give_is_refused():
    play = exchanging((2, 20_000))
    play.prices = {"X-2": 12_500}
    assert play.no("approve", exchange_sku="X-2", difference_minor=4_999) == "difference_wrong"
    play.do("approve", exchange_sku="X-2", difference_minor=5_000)


def test_where_no_price_is_known_the_difference_is_as_stated_and_it_can_be_waived():
    play = exchanging((2, 20_000))
    play.do("approve", exchange_sku="X-9", difference_minor=700)
    play.run("receive", "inspect", "waive_difference", "reissue")
    assert play.case.state == "reissue_shipped"
    even = priced(12_500, even=True)
    assert "difference" not in even.case.counters


def test_other_goods_go_out_in_advance_only_where_the_policy_says_so():
    play = exchanging()
    play.do("approve")
    assert play.no("reissue") == "nothing_owed"
    early = exchanging()
    early.policy = Policy(
        operations=Operations({Kind.EXCHANGE: Rules(delivery=Operation("manual", "on_confirm"))})
    )
    early.run("approve", "reissue", "deliver", "reply")
    assert early.case.lines[0].sent_out == 2
    assert early.no("close") == "goods_outstanding"
    early.run("ship_back", "receive", "inspect", "close")
    assert early.case.refunded == 0


def test_a_replacement_that_gets_lost_is_owed_again():
    play = exchanging()
    play.run(*HERE, "inspect", "reissue", "parcel_lost")
    assert (play.case.state, play.case.lines[0].sent_out) == ("received_inspecting", 0)
    play.do("reissue", waybill="SF2234567899")
    play.run("deliver", "reply", "close")
    assert play.case.state == "closed"
