"""What lives by chance have found: cases that could not end, units that were claimed twice. One test for each."""

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.refunds import SettleRefund
from tests.unit.domain.cases.play import DAY, LI, SYSTEM, Play, an_order, qty


def paid_twice() -> Play:
    """A return of two units, one of which a provider paid for twice."""
    play = Play(Kind.RETURN, an_order((2, 39_800))).begin()
    play.run("approve", "receive", "inspect")
    play.do("refund", lines=qty((1, 1)))
    play.settle("failed")
    play.do("refund", lines=qty((1, 1)))
    play.settle("confirmed")
    play.do("refund", lines=qty((1, 1)))
    play.settle("confirmed")
    play.do(SettleRefund(play.case.refunds[0].id, "confirmed"), SYSTEM)
    assert play.case.refunds[0].twice
    return play


def test_money_paid_twice_is_counted_for_no_unit():
    play = paid_twice()
    assert play.case.refunded == 3 * 19_900
    assert sum(line.refunded for line in play.case.lines) == 39_800


def paid_for_one_twice() -> Play:
    """One unit was here and paid for twice before the other one came."""
    play = Play(Kind.RETURN, an_order((2, 39_800))).begin()
    play.run("approve")
    play.do("receive", lines=qty((1, 1)))
    play.run("inspect", "refund")
    play.settle("failed")
    play.run("refund", "paid")
    play.do(SettleRefund(play.case.refunds[0].id, "confirmed"), SYSTEM)
    assert play.case.refunds[0].twice
    play.run("receive", "inspect")
    return play


def test_what_the_payments_lack_since_a_provider_paid_twice_comes_off_what_is_owed_still():
    play = paid_for_one_twice()
    assert play.no("refund") == "over_captured"
    play.do("refund", less=("paid_already=19900",))
    refund = play.case.refunds[-1]
    assert (refund.minor, refund.amounts) == (0, (19_900,))
    play.settle("confirmed")
    play.run("reply", "close")
    assert play.case.refunded == 39_800


def test_an_exchange_whose_money_came_late_beside_its_freight_is_refunded_when_that_is_settled():
    play = Play(Kind.EXCHANGE, an_order((1, 19_900))).begin()
    play.run("approve", "receive", "inspect", "no_stock")
    play.do("refund", freight=1_200)
    goods, freight = (refund.id for refund in play.case.refunds)
    play.do(SettleRefund(goods, "failed"), SYSTEM)
    play.do(SettleRefund(goods, "confirmed"), SYSTEM)
    assert play.case.state == "out_of_stock"
    play.do(SettleRefund(freight, "confirmed"), SYSTEM)
    assert play.case.state == "refunded"
    play.run("reply", "close")


def test_no_price_is_reduced_for_units_that_another_case_has_paid_back_since():
    play = Play(Kind.REFUND_ONLY, an_order((2, 500))).begin()
    play.do("classify", stage="signed")
    play.others(1, claimed=1, refunded_units=1, refunded=250)
    assert play.no("agree_reduction", minor=100) == "over_bought"
    play.others(1, claimed=0, refunded_units=0, refunded=0)
    play.do("agree_reduction", minor=100)
    assert play.case.state == "refund_agreed"


def test_a_request_is_withdrawn_although_something_was_given_on_top_but_not_while_it_is_on_its_way():
    play = Play(Kind.RETURN).begin()
    play.do("compensate", LI)
    assert play.no("withdraw") == "money_moving"
    play.settle("confirmed")
    play.do("withdraw")
    assert play.case.state == "withdrawn"


def test_units_once_missing_are_received_or_lost_like_others_when_they_are_sent_after_all():
    for verb in ("receive", "parcel_lost"):
        play = Play(Kind.RETURN, an_order((2, 39_800))).begin()
        play.run("approve")
        play.do("receive", lines=qty((1, 1)))
        play.do("inspect", graded=(Graded(1, 1, "restock"), Graded(1, 1, "missing")))
        play.run("refund", "paid", "ship_back")
        play.do(verb)
        assert play.case.state == "received_inspecting"
        assert play.case.lines[0].received + play.case.lines[0].conceded == 2


def test_units_that_are_here_and_units_given_up_are_claimed_together():
    play = Play(Kind.RETURN, an_order((2, 39_800))).begin()
    play.run("approve", "ship_back")
    play.do("receive", lines=qty((1, 1)))
    play.run("parcel_lost", "inspect", "refund", "paid", "reply", "close")
    assert play.case.lines[0].refunded_units == 2
    play.now += DAY
    play.run("reopen")
    play.do("approve", lines=qty((1, 1)))
    assert claimed(play.case, 1) == 2
