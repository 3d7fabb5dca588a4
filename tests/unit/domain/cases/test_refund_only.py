"""Refund without return 仅退款: by where the goods are, never forced once they are signed for."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.consent import SIGNALS
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import offers
from tests.unit.domain.cases.play import SYSTEM, Play, an_order, on, qty

DECIDING = {"reject", "withdraw", "signal"}
ROAD = {*DECIDING, "intercept", "turn_back", "signed_for", "goods_lost"}
SIGNED = {*DECIDING, "give_consent", "agree_reduction", "decide_worthless", "convert_to_return"}
# By what the order says: pending, shipped, delivered.
STATES: dict[str, tuple[str, list[str], set[str]]] = {
    "submitted": ("pending", [], {*DECIDING, "classify", "ask_evidence"}),
    "evidence": ("pending", ["ask_evidence"], {*DECIDING, "classify"}),
    "not_shipped": ("pending", ["classify"], {*DECIDING, "agree_refund", "dispatched"}),
    "in_transit": ("shipped", ["classify"], ROAD),
    "intercepting": (
        "shipped",
        ["classify", "intercept"],
        {"turn_back", "intercept_fails", "signed_for", "goods_lost", "signal", "withdraw"},
    ),
    "intercept_failed": (
        "shipped",
        ["classify", "intercept", "intercept_fails"],
        {*ROAD, "convert_to_return"},
    ),
    "intercepted": (
        "shipped",
        ["classify", "intercept", "turn_back"],
        {"receive", "goods_lost", "signal"},
    ),
    "received_inspecting": (
        "shipped",
        ["classify", "turn_back", "receive"],
        {"inspect"},
    ),
    "signed": ("delivered", ["classify"], {*SIGNED, "ask_consent", "deny_consent", "ask_evidence"}),
    "consent_asked": ("delivered", ["classify", "ask_consent"], {*SIGNED, "deny_consent"}),
    "consent_denied": (
        "delivered",
        ["classify", "deny_consent"],
        {*SIGNED, "ask_consent", "ask_evidence"},
    ),
    "refund_agreed": ("pending", ["classify", "agree_refund"], {"refund", "withdraw"}),
    "refunding": ("pending", ["classify", "agree_refund", "refund"], set()),
    "refunded": ("pending", ["classify", "agree_refund", "refund", "paid", "reply"], {"close"}),
    "rejected": ("delivered", ["reject"], {"appeal", "withdraw", "signal"}),
    "platform_review": (
        "delivered",
        ["reject", "appeal"],
        {*DECIDING, "classify", "decide_worthless", "convert_to_return", "ask_evidence"},
    ),
    "closed": ("pending", ["classify", "agree_refund", "refund", "paid", "reply", "close"], {"reopen"}),
    "withdrawn": ("pending", ["withdraw"], {"reopen"}),
}


def asking(status: str = "delivered", *lines: tuple[int, int], reason: str = "other") -> Play:
    """A wish for the money of everything in an order with this status."""
    return Play(Kind.REFUND_ONLY, an_order(*(lines or ((2, 20_000),)), status=status)).begin(reason=reason)


def told(play: Play) -> list[tuple[str, str]]:
    """Every verb that is offered, with the code of why it is off."""
    return [(offer.verb, offer.off.code if offer.off else "") for offer in offers(play.case, play.context())]


def becomes(play: Play, status: str) -> None:
    """The order's record says something new."""
    assert play.order is not None
    play.order = replace(play.order, status=status)


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    status, path, verbs = STATES[state]
    play = asking(status)
    play.run(*path)
    assert play.case.state == state
    assert on(play) == verbs


@pytest.mark.parametrize(
    ("status", "state"), [("pending", "not_shipped"), ("shipped", "in_transit"), ("delivered", "signed")]
)
def test_the_order_says_where_the_goods_are(status: str, state: str):
    assert asking(status).do("classify").state == state


# Not shipped.


def test_cancel_before_dispatch_pays_back_all_or_the_named_units():
    play = asking("pending")
    play.do("classify")
    play.do("agree_refund", lines=qty((1, 1)))
    play.run("refund", "paid", "reply", "close")
    assert play.case.refunded == 10_000


def test_cancel_after_dispatch_goes_on_as_an_intercept():
    play = asking("pending")
    play.do("classify")
    becomes(play, "shipped")
    assert play.no("agree_refund") == "already_dispatched"
    assert play.run("dispatched", "intercept").state == "intercepting"


def test_cancel_after_receipt_is_refused():
    play = asking("pending")
    play.do("classify")
    becomes(play, "delivered")
    assert play.no("agree_refund") == "already_received"
    play.do("dispatched")
    assert play.no("intercept") == "already_received"
    assert play.no("turn_back", refused=True) == "already_received"
    assert play.no("goods_lost") == "already_received"
    late = asking("delivered")
    assert late.no("classify", stage="not_shipped") == "already_received"
    assert late.no("classify", stage="in_transit") == "already_received"


# On the way.


def test_an_intercepted_parcel_is_paid_for_when_it_is_back():
    play = asking("shipped")
    play.run("classify", "intercept", "turn_back")
    assert play.no("refund") == "wrong_state"
    play.do("receive", lines=qty((1, 1)))
    play.run("inspect", "refund")
    assert play.case.refunded == 10_000
    play.run("receive", "inspect", "refund", "paid", "reply", "close")
    assert play.case.refunded == 20_000


def test_intercept_lost_is_paid_for_as_the_merchants_loss_and_only_once():
    play = asking("shipped", reason="parcel_lost")
    play.run("classify", "intercept", "turn_back")
    play.do("receive", lines=qty((1, 1)))
    play.do("inspect", graded=(Graded(1, 1, "restock"),))
    play.do("goods_lost")
    assert play.no("receive", lines=qty((1, 1))) == "all_received"
    play.run("refund", "paid", "reply", "close")
    assert (play.case.refunded, play.case.lines[0].conceded) == (20_000, 1)


def test_a_parcel_refused_at_the_door_comes_back_too():
    play = asking("shipped", reason="refused_parcel")
    play.do("classify")
    play.do("turn_back", refused=True)
    assert play.run("receive", "inspect", "refund").refunded == 20_000


def test_an_intercept_that_fails_ends_signed_or_as_a_return():
    play = asking("shipped")
    play.run("classify", "intercept", "intercept_fails")
    assert play.do("signed_for").state == "signed"
    other = asking("shipped")
    other.run("classify", "intercept", "intercept_fails", "convert_to_return")
    assert other.case.kind is Kind.RETURN


# Signed for.


def test_nobody_forces_a_refund_on_the_merchant():
    play = asking("delivered")
    play.do("classify")
    for path in ([], ["ask_consent"], ["deny_consent"], ["reject", "appeal"]):
        play.run(*path)
        assert play.no("agree_refund") == "no_forced_refund"
        assert play.case.refunded == 0


def test_the_merchants_silence_is_no_consent():
    play = asking("delivered")
    play.run("classify", "ask_consent")
    clock = next(one for one in play.case.clocks if one.name == "consent")
    play.now = clock.due
    play.do("breach", SYSTEM, clock="consent", due=clock.due)
    assert (play.case.state, play.case.lines[0].conceded) == ("consent_asked", 0)


def test_consent_is_given_for_units_and_shown():
    play = asking("delivered")
    play.run("classify", "ask_consent")
    assert play.no("give_consent", evidence=()) == "needs_consent_evidence"
    play.do("give_consent", lines=qty((1, 1)))
    assert play.run("refund").refunded == 10_000
    assert play.no("refund") == "nothing_owed"


def test_consent_to_a_part_of_the_price_takes_no_unit():
    play = asking("delivered", reason="minor_flaw")
    play.do("classify")
    assert play.no("agree_reduction", minor=20_001) == "over_price"
    play.do("agree_reduction", minor=1_500)
    play.do("reply")
    assert play.no("close") == "difference_owed"
    play.run("refund_difference", "paid", "reply", "close")
    assert (play.case.refunded, play.case.lines[0].refunded_units) == (1_500, 0)


def test_a_reduction_that_could_not_be_paid_is_owed_again():
    play = asking("delivered", reason="minor_flaw")
    play.do("classify")
    play.do("agree_reduction", minor=1_500)
    play.do("refund_difference")
    play.settle("failed")
    assert play.case.state == "refund_agreed"
    assert play.do("refund_difference").refunded == 1_500


def test_consent_denied_then_converted_keeps_lines_number_and_history():
    play = asking("delivered", (2, 20_000), (1, 500), reason="minor_flaw")
    play.do("classify")
    assert play.no("deny_consent", reason="because") == "unknown_reason"
    play.do("deny_consent")
    body = play.case.body
    case = play.do("convert_to_return")
    assert (case.kind, case.state, case.body, case.reason) == (Kind.RETURN, "reviewing", body, "quality")
    assert [(line.line, line.asked) for line in case.lines] == [(1, 2), (2, 1)]
    play.run("approve", "ship_back", "receive", "inspect", "refund", "paid", "reply", "close")
    assert play.case.refunded == 20_500


def test_what_is_owed_already_does_not_become_a_return():
    play = asking("delivered")
    play.do("classify")
    play.do("give_consent", lines=qty((1, 1)))
    play.run("refund", "paid", "reply", "close", "reopen", "classify")
    assert play.no("convert_to_return") == "partly_settled"


def test_goods_worth_nothing_need_evidence_and_an_article_and_no_consent():
    play = asking("delivered", reason="fruit_rotten")
    play.run("classify", "deny_consent")
    assert play.no("decide_worthless", evidence=()) == "needs_evidence_of_state"
    assert play.no("decide_worthless", article="") == "needs_article"
    assert play.no("decide_worthless", ground="ugly") == "unknown_reason"
    assert play.run("decide_worthless", "refund").refunded == 20_000


def agreed_and_withdrawn() -> Play:
    """A case taken up again in which one of two units was granted, and never paid, before it was withdrawn."""
    play = asking("delivered")
    play.do("classify")
    play.do("give_consent", lines=qty((1, 1)))
    play.run("withdraw", "reopen")
    return play


def test_what_was_granted_before_a_reopening_can_be_paid_at_once():
    play = agreed_and_withdrawn()
    assert play.case.state == "submitted"
    assert "refund" in on(play)
    play.run("refund", "paid", "reply", "close")
    assert play.case.refunded == 10_000


def test_a_reopened_case_goes_on_with_the_units_that_were_not_granted():
    play = agreed_and_withdrawn()
    play.run("classify", "give_consent", "refund", "paid")
    assert play.case.refunded == 20_000


def test_what_was_granted_and_not_paid_is_not_refused_away():
    play = agreed_and_withdrawn()
    assert play.no("reject") == "granted_unpaid"
    play.run("refund", "paid")
    assert play.case.refunded == 10_000


def test_without_anything_granted_nothing_is_paid_from_a_review():
    play = asking("delivered")
    assert play.no("refund") == "nothing_owed"


def test_a_rejection_can_be_appealed_to_a_human():
    play = asking("delivered")
    play.run("reject", "appeal")
    assert play.case.phase == "ours"
    assert play.do("classify").state == "signed"


def test_signals_are_notes_for_people_and_refuse_nothing():
    play = asking("delivered")
    play.do("classify")
    before = told(play)
    assert play.no("signal", signals=("looks_odd",)) == "unknown_reason"
    play.do("signal", signals=SIGNALS)
    assert told(play) == before
    assert play.run("give_consent", "refund").refunded == 20_000


# Units.


def test_units_are_claimed_before_dispatch_too():
    play = Play(Kind.REFUND_ONLY, an_order((2, 200), status="pending"))
    play.others(1, claimed=1)
    play.begin((1, 1))
    play.do("classify")
    play.others(1, claimed=2)
    assert play.no("agree_refund") == "over_bought"
