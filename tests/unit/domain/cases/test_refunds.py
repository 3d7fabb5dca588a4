"""Money back: what was paid for the units accepted, by the payments that paid, once, in any order."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.cases.case import Kind, LineQty, RefundPart
from csdesk.domain.cases.context import Payment, Refused
from csdesk.domain.cases.ledger import split
from csdesk.domain.cases.refunds import SettleRefund
from tests.unit.domain.cases.play import SYSTEM, Play, an_order, qty


def accepted(*lines: tuple[int, int], payments: tuple[tuple[str, int], ...] = ()) -> Play:
    """A return whose units have all been accepted."""
    play = Play(Kind.RETURN, an_order(*lines, payments=payments)).begin()
    play.run("approve", "receive", "inspect")
    return play


def test_the_refund_is_what_was_paid_by_the_methods_that_paid():
    play = accepted((2, 39_800), payments=(("wechat", 30_000), ("points", 9_800)))
    play.do("refund")
    (refund,) = play.case.refunds
    assert refund.minor == 39_800
    assert refund.parts == (RefundPart(1, "wechat", 30_000), RefundPart(2, "points", 9_800))


def test_a_retry_pays_once():
    play = accepted((1, 19_900))
    play.do("refund")
    play.settle("failed")
    assert (play.case.refunded, play.case.lines[0].refundable) == (0, 1)
    play.do("refund")
    play.settle("confirmed")
    assert play.case.refunded == 19_900
    assert play.no("refund") == "wrong_state"


def test_pressing_refund_twice_pays_once():
    play = accepted((2, 20_000))
    play.do("refund")
    assert play.no("refund") == "nothing_owed"
    assert play.no("refund", lines=qty((1, 1))) == "nothing_owed"


def test_what_the_provider_says_counts_once():
    play = accepted((1, 100))
    play.do("refund")
    refund = play.case.refunds[0].id
    play.do(SettleRefund(refund, "confirmed"), SYSTEM)
    assert play.no(SettleRefund(refund, "confirmed"), SYSTEM) == "already_settled"
    assert play.no(SettleRefund(refund, "failed"), SYSTEM) == "already_settled"
    assert play.no(SettleRefund("nothing", "confirmed"), SYSTEM) == "already_settled"


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_whatever_the_order_of_units_all_give_back_exactly_what_was_paid(order: tuple[int, ...]):
    play = accepted((1, 3_333), (2, 6_668), (3, 10_000))
    for line in order:
        play.do("refund", lines=qty((line, 1)))
        play.settle("confirmed")
    play.do("refund")
    play.settle("confirmed")
    assert play.case.refunded == 20_001


def test_a_failed_part_and_its_retry_lose_and_win_no_fen():
    play = accepted((3, 10_000))
    for _ in range(3):
        play.do("refund", lines=qty((1, 1)))
    assert [refund.minor for refund in play.case.refunds] == [3_333, 3_333, 3_334]
    first = play.case.refunds[0].id
    play.do(SettleRefund(first, "failed"), SYSTEM)
    play.do("refund")
    assert play.case.refunds[-1].minor == 3_333  # the price of the last unit would be a fen too much
    play.settle("confirmed")
    assert play.case.refunded == 10_000


@given(
    st.integers(1, 5),
    st.integers(0, 1_000),
    st.lists(st.sampled_from(["one", "all", "no", "yes"]), max_size=25),
)
def test_no_refund_exceeds_what_was_paid_whatever_the_order_of_commands(
    bought: int, paid: int, steps: list[str]
):
    play = accepted((bought, paid))
    for step in steps:
        if step in ("no", "yes"):
            play.settle("failed" if step == "no" else "confirmed")
            continue
        try:
            play.do("refund", lines=qty((1, 1)) if step == "one" else ())
        except Refused as refused:
            assert refused.code in ("nothing_owed", "wrong_state", "over_accepted")
        assert play.case.refunded <= paid
    play.settle("confirmed")
    if play.case.lines[0].refundable:
        play.do("refund")
    assert play.case.refunded == paid


def test_other_cases_of_the_order_and_this_one_together_give_back_what_was_paid():
    play = accepted((3, 10_000))
    play.others(1, refunded_units=1, refunded=3_334)
    play.do("refund", lines=qty((1, 2)))
    assert play.case.refunded == 6_666


def test_units_that_another_case_was_paid_for_are_not_paid_again():
    play = accepted((2, 200))
    play.others(1, refunded_units=1, refunded=100)
    assert play.no("refund") == "over_bought"
    assert play.do("refund", lines=qty((1, 1))).refunded == 100


def test_a_payment_that_has_given_everything_back_elsewhere_gives_no_more():
    play = accepted((1, 100))
    paid = (Payment(1, "wechat", 60, elsewhere=60), Payment(2, "card", 40, elsewhere=10))
    order = replace(an_order((1, 100)), payments=paid)
    with pytest.raises(Refused) as refused:
        split(play.case, order, 31)
    assert (refused.value.code, refused.value.detail["most"]) == ("over_captured", 30)
    assert split(play.case, order, 30) == (RefundPart(2, "card", 30),)


def test_a_gift_is_settled_with_no_money_and_keeps_no_case_open():
    play = accepted((1, 100), (1, 0))
    play.do("refund", lines=qty((2, 1)))
    assert (play.case.refunds[0].minor, play.case.refunds[0].parts) == (0, ())
    play.settle("confirmed")
    play.run("refund", "paid", "reply", "close")
    assert play.case.state == "closed"


def test_refund_refuses_units_that_are_not_owed():
    play = accepted((2, 200))
    assert play.no("refund", lines=qty((1, 3))) == "over_accepted"
    assert play.no("refund", lines=qty((2, 1))) == "no_such_line"
    assert play.no("refund", lines=(LineQty(1, 0),)) == "over_accepted"
    play.order = None
    assert play.no("refund") == "order_unknown"


def test_a_refund_that_fails_after_the_last_one_was_confirmed_opens_the_case_again():
    play = accepted((2, 200))
    play.do("refund", lines=qty((1, 1)))
    play.do("refund")
    one, two = (refund.id for refund in play.case.refunds)
    play.do(SettleRefund(one, "confirmed"), SYSTEM)
    assert play.case.state == "refunding"
    play.do(SettleRefund(two, "failed"), SYSTEM)
    assert (play.case.state, play.case.refunded) == ("received_inspecting", 100)
