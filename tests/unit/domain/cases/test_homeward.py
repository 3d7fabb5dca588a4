"""Goods that failed inspection are the consumer's: they go home, or are given up, before the case ends."""

import pytest

from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import offers
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.operations import Operation, Operations, Rules
from csdesk.domain.cases.writeback import ASKS
from tests.unit.domain.cases.play import NOW, SYSTEM, Play, an_order, make, on, qty

FAILED = "return_to_consumer"
BOTH = (Kind.RETURN, Kind.EXCHANGE)


def failed(kind: Kind, units: int = 1, **settings: object) -> Play:
    """A case whose goods came and failed inspection, all of them."""
    play = Play(kind, an_order((units, 100 * units)), **settings).begin()  # type: ignore[arg-type]
    play.run("approve", "receive")
    play.do("inspect", graded=(Graded(1, units, FAILED),))
    return play


def counts(case: Case) -> tuple[int, int, int, int]:
    """Of the first line: units that arrived, failed, went home, were given up."""
    line = case.lines[0]
    return line.received, line.return_to_consumer, line.went_home, line.given_up


@pytest.mark.parametrize("kind", BOTH)
def test_a_case_does_not_end_while_goods_of_the_consumer_are_still_here(kind: Kind):
    play = failed(kind)
    play.do("reply")
    assert play.no("close") == "goods_for_home"
    play.do("send_home")
    assert play.no("close") == "goods_on_the_way"
    play.run("deliver", "close")
    assert (play.case.state, counts(play.case)) == ("closed", (1, 1, 1, 0))
    assert play.case.outcome == "rejected"


@pytest.mark.parametrize("kind", BOTH)
def test_sending_home_is_offered_first_once_nothing_else_is_owed(kind: Kind):
    play = failed(kind, 2)
    assert offers(play.case, play.context())[0].verb == "send_home"
    play = Play(kind, an_order((2, 200))).begin()
    play.run("approve", "receive")
    play.do("inspect", graded=(Graded(1, 1, "restock"), Graded(1, 1, FAILED)))
    assert offers(play.case, play.context())[0].verb != "send_home"
    assert "send_home" in on(play)


def test_goods_that_go_home_are_no_replacement_and_no_money():
    play = failed(Kind.EXCHANGE, 2, policy=Policy(write_back=frozenset(ASKS)))
    play.do("send_home", lines=qty((1, 1)))
    (parcel,) = play.case.parcels
    assert (parcel.direction, parcel.lines) == ("home", qty((1, 1)))
    assert (play.case.lines[0].sent_out, play.case.refunded, play.case.order_asks) == (0, 0, ())
    assert "warranty_from" not in play.do("deliver").counters
    assert play.case.state == "received_inspecting"
    assert play.no("reissue") == "nothing_owed"


def test_nothing_is_sent_in_advance_for_goods_that_failed():
    early = Rules(delivery=Operation("manual", "on_confirm"))
    policy = Policy(operations=Operations(kinds={Kind.EXCHANGE: early}))
    play = failed(Kind.EXCHANGE, 2, policy=policy)
    assert play.no("reissue") == "nothing_owed"


def test_who_was_served_in_advance_does_not_get_the_failed_goods_too():
    early = Rules(delivery=Operation("manual", "on_confirm"))
    policy = Policy(operations=Operations(kinds={Kind.EXCHANGE: early}))
    play = Play(Kind.EXCHANGE, an_order((1, 100)), policy=policy).begin()
    play.run("approve", "reissue", "receive")
    play.do("inspect", graded=(Graded(1, 1, FAILED),))
    assert play.no("send_home") == "nothing_for_home"


def test_no_more_goes_home_than_failed_and_nothing_twice():
    play = failed(Kind.RETURN, 3)
    assert play.no("send_home", lines=qty((1, 4))) == "over_for_home"
    play.do("send_home", lines=qty((1, 2)))
    assert play.no("send_home", lines=qty((1, 2)), waybill="SF3234567891") == "over_for_home"
    assert play.no("send_home", lines=qty((1, 1))) == "waybill_twice"
    play.do("send_home", waybill="SF3234567891")
    assert play.no("send_home", waybill="SF3234567892") == "nothing_for_home"


@pytest.mark.parametrize("reason", ["renounced", "unclaimed", "hazardous"])
def test_goods_stay_only_for_a_reason_that_evidence_shows(reason: str):
    play = failed(Kind.RETURN)
    assert play.no("give_up_goods", evidence=()) == "needs_evidence_of_waiver"
    assert play.no("give_up_goods", reason="policy") == "unknown_reason"
    play.do("give_up_goods", reason=reason)
    play.run("reply", "close")
    assert counts(play.case) == (1, 1, 0, 1)


def test_a_given_up_right_can_be_taken_back_as_long_as_the_case_stands():
    play = failed(Kind.RETURN)
    play.do("give_up_goods")
    play.undo()
    assert "send_home" in on(play)


@pytest.mark.parametrize("kind", BOTH)
def test_a_dispute_that_ends_for_the_merchant_sends_the_goods_home(kind: Kind):
    play = Play(kind, an_order((2, 200))).begin()
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    assert (play.case.state, counts(play.case)) == ("rejected", (2, 2, 0, 0))
    play.do("reply")
    assert play.no("close") == "goods_for_home"
    assert offers(play.case, play.context())[0].verb == "send_home"
    play.run("send_home", "deliver", "close")
    assert play.case.outcome == "rejected"


def test_a_dispute_about_a_lost_parcel_judges_nothing_that_came():
    play = Play(Kind.RETURN, an_order((2, 200))).begin()
    play.do("approve")
    play.do("ship_back", lines=qty((1, 1)))
    play.do("ship_back", lines=qty((1, 1)), waybill="SF1234567891")
    play.do("receive", waybill="SF1234567891")
    play.do("parcel_lost", risk="consumer")
    play.do("settle_dispute", accepted=False)
    assert (play.case.state, play.case.lines[0].inspected) == ("received_inspecting", 0)
    assert "inspect" in on(play)


@pytest.mark.parametrize("kind", BOTH)
def test_failed_goods_that_a_dispute_or_the_platform_finds_good_are_inspected_again_and_paid(kind: Kind):
    play = failed(kind)
    play.run("dispute", "settle_dispute", "inspect")
    assert play.case.lines[0].refundable == 1
    play = Play(kind, an_order((1, 100))).begin()
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    play.run("appeal", "approve", "inspect")
    assert (play.case.state, play.case.lines[0].refundable) == ("received_inspecting", 1)


@pytest.mark.parametrize("kind", BOTH)
def test_what_went_home_and_is_allowed_after_all_comes_again(kind: Kind):
    play = Play(kind, an_order((1, 100))).begin()
    play.run("approve", "ship_back", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    play.run("send_home", "appeal")
    assert play.no("approve") == "goods_on_the_way"
    play.run("deliver", "approve")
    assert (play.case.state, counts(play.case)) == ("approved_wait_ship", (0, 0, 0, 0))
    assert claimed(play.case, 1) == 1
    play.do("ship_back", waybill="SF1234567899")
    play.run("receive", "inspect")
    assert play.case.lines[0].refundable == 1


@pytest.mark.parametrize("kind", BOTH)
def test_goods_that_we_lost_on_their_way_home_are_owed(kind: Kind):
    play = failed(kind, 2)
    play.do("send_home", lines=qty((1, 1)))
    play.do("parcel_lost", risk="consumer")
    line = play.case.lines[0]
    assert (counts(play.case), line.conceded, line.refundable) == ((1, 1, 0, 0), 1, 1)
    assert play.case.state == "received_inspecting"
    assert play.no("receive") == "all_received"


def test_goods_lost_after_a_refusal_reopen_the_way_to_pay():
    play = Play(Kind.RETURN, an_order((1, 100))).begin()
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    play.run("send_home", "parcel_lost", "refund", "paid")
    assert play.case.refunded == 100


def test_a_parcel_that_nobody_took_in_comes_back_and_goes_again_or_stays():
    play = failed(Kind.RETURN)
    play.run("send_home", "came_back")
    assert (counts(play.case), play.case.parcels[0].on_its_way) == ((1, 1, 0, 0), False)
    assert play.no("deliver") == "nothing_on_the_way"
    play.do("give_up_goods", reason="unclaimed", evidence=("SF3234567890",))
    play.run("reply", "close")


def test_with_two_parcels_on_their_way_one_says_which_came_back():
    play = failed(Kind.RETURN, 2)
    play.do("send_home", lines=qty((1, 1)))
    play.do("send_home", waybill="SF3234567891")
    assert play.no("came_back") == "which_parcel"
    assert play.no("came_back", waybill="SF9999999999") == "no_such_parcel"
    play.do("came_back", waybill="SF3234567891")
    assert play.case.lines[0].went_home == 1


def test_scans_of_a_parcel_on_its_way_home_call_for_the_verb_they_tell_of():
    def scanned(standing: str, **told: object) -> str:
        play = failed(Kind.RETURN)
        waybill = play.do("send_home").parcels[-1].waybill
        play.do("tell_tracking", SYSTEM, waybill=waybill, standing=standing, since=play.now, **told)
        return offers(play.case, play.context())[0].verb

    assert scanned("signed", signed_at=NOW) == "deliver"
    assert scanned("returned") == "came_back"
    assert scanned("lost", findings=("lost",)) == "parcel_lost"


def test_the_consumer_cannot_withdraw_while_goods_are_here_and_can_once_they_are_home():
    play = Play(Kind.RETURN, an_order((1, 100))).begin()
    play.run("approve", "receive", "dispute")
    play.do("settle_dispute", accepted=False)
    assert play.no("withdraw") == "goods_here"
    play.do("send_home")
    assert play.no("withdraw") == "goods_on_the_way"
    play.run("deliver", "withdraw")


def test_goods_that_came_back_of_a_refund_only_go_home_too():
    play = Play(Kind.REFUND_ONLY, an_order((1, 100), status="shipped")).begin()
    play.run("classify", "turn_back", "receive")
    play.do("inspect", graded=(Graded(1, 1, FAILED),))
    play.do("reply")
    assert play.no("close") == "goods_for_home"
    play.run("send_home", "deliver", "close")


def test_a_rejection_of_goods_that_lie_here_makes_them_the_consumers_to_have_again():
    play = Play(Kind.REPAIR, an_order((1, 100))).begin()
    play.run("approve", "receive")
    play.run("finish_repair", "send_home", "deliver", "fail_again", "approve", "receive", "finish_repair")
    play.do("send_home", waybill="SF3234567891")
    play.run("deliver", "fail_again", "approve", "receive", "convert_to_exchange")
    assert (play.case.kind, play.case.lines[0].received) == (Kind.EXCHANGE, 1)
    play.do(make("reject"))
    assert play.case.lines[0].for_home == 1
    play.do("send_home", waybill="SF3234567899")
    play.run("deliver", "reply", "close")
