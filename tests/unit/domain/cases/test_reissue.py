"""Reissue 补发: what came short is found out, sent again or paid for, line by line, and nothing twice."""

import pytest

from csdesk.domain.cases.case import Kind
from tests.unit.domain.cases.play import DAY, SYSTEM, Play, an_order, on, qty

FOUND = ["verify", "check_stock"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "reported": ([], {"verify", "ask_evidence", "reject", "withdraw"}),
    "evidence": (["ask_evidence"], {"verify", "reject", "withdraw"}),
    "verified": (["verify"], {"check_stock", "reissue", "no_stock", "withdraw"}),
    "stock_check": (FOUND, {"reissue", "no_stock", "withdraw"}),
    "reissue_shipped": ([*FOUND, "reissue"], {"deliver", "parcel_lost"}),
    "delivered": ([*FOUND, "reissue", "deliver", "reply"], {"close"}),
    "refund_shortfall": ([*FOUND, "no_stock"], {"check_stock", "reissue", "refund"}),
    "refunding": ([*FOUND, "no_stock", "refund"], set()),
    "refunded": ([*FOUND, "no_stock", "refund", "paid", "reply"], {"close"}),
    "rejected": (["reject"], {"appeal", "withdraw"}),
    "platform_review": (["reject", "appeal"], {"verify", "reject", "withdraw"}),
    "closed": ([*FOUND, "reissue", "deliver", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def short(*lines: tuple[int, int], asked: tuple[tuple[int, int], ...] = ()) -> Play:
    """A report that everything in an order, or what is asked, did not come."""
    return Play(Kind.REISSUE, an_order(*(lines or ((2, 39_800),)))).begin(*asked, reason="missing_item")


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = short()
    play.run(*path)
    assert play.case.state == state
    assert on(play) == verbs


def test_what_is_short_is_verified_by_line_and_quantity_with_evidence():
    play = short((3, 30_000), (1, 500))
    assert play.no("verify", evidence=()) == "needs_evidence_of_state"
    assert play.no("verify", lines=qty((1, 4))) == "over_asked"
    play.do("verify", lines=qty((1, 2)))
    assert [line.refundable for line in play.case.lines] == [2, 0]
    play.do("verify", lines=qty((2, 1)))
    assert play.no("verify", lines=qty((2, 1))) == "over_asked"


def test_partly_reissued_and_partly_paid_back():
    play = short((3, 10_000))
    play.run(*FOUND)
    play.do("reissue", lines=qty((1, 2)))
    play.run("no_stock", "refund", "paid", "reply")
    assert play.case.refunded == 3_333
    assert play.no("close") == "goods_on_the_way"
    play.run("deliver", "close")
    assert (play.case.lines[0].sent_out, play.case.lines[0].refunded_units) == (2, 1)


def test_a_unit_gets_goods_or_money_and_never_both():
    play = short((2, 20_000))
    play.run("verify", "reissue")
    assert play.no("no_stock") == "nothing_owed"
    play.run("deliver")
    assert play.no("reissue", waybill="SF2234567891") == "nothing_owed"


def test_a_gift_that_is_missing_is_sent_or_settled_without_money():
    play = short((1, 0))
    play.run(*FOUND, "no_stock", "refund", "paid", "reply")
    assert play.case.refunded == 0
    assert play.do("close").state == "closed"


def test_a_parcel_that_gets_lost_again_is_owed_again():
    play = short((2, 20_000))
    play.run(*FOUND, "reissue", "parcel_lost")
    assert (play.case.state, play.case.lines[0].sent_out) == ("stock_check", 0)
    play.run("no_stock", "refund")
    assert play.case.refunded == 20_000


def test_a_short_unit_belongs_to_one_case():
    play = Play(Kind.REISSUE, an_order((2, 200)))
    play.others(1, claimed=1)
    play.begin((1, 1))
    play.others(1, claimed=2)
    assert play.no("verify") == "over_bought"


def test_who_shows_nothing_in_time_is_told_and_may_come_back():
    play = short()
    play.do("ask_evidence")
    (clock,) = [one for one in play.case.clocks if one.name == "evidence"]
    play.now = clock.due
    play.do("breach", SYSTEM, clock="evidence", due=clock.due)
    assert play.case.state == "auto_closed"
    assert play.case.messages[-1].direction == "out"
    play.now += DAY
    assert play.do("reopen").state == "reported"


def test_what_was_found_to_be_owed_is_still_owed_after_a_reopening():
    play = short()
    play.run("verify", "withdraw", "reopen")
    assert play.no("verify") == "all_verified"
    assert play.do("check_stock").state == "stock_check"


def test_a_refund_that_fails_leaves_the_shortfall_to_be_paid():
    play = short()
    play.run(*FOUND, "no_stock", "refund")
    play.settle("failed")
    assert play.case.state == "refund_shortfall"
    assert {clock.name for clock in play.case.clocks} >= {"refund"}


def test_a_case_ends_whose_units_a_late_refund_paid_while_goods_were_looked_for():
    play = short((1, 100))
    play.run("verify", "no_stock", "refund")
    refund = play.settle("failed").refunds[0]
    play.run("reissue", "parcel_lost")
    play.do("settle_refund", SYSTEM, id=refund.id, state="confirmed")
    assert (play.case.state, play.case.refunded) == ("stock_check", 100)
    play.run("reply", "close")
