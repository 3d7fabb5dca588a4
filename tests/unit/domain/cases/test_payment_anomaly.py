"""Payment anomaly 支付异常: the cause is found, money given back once, a crime is told to the police."""

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.events import Noted
from tests.unit.domain.cases.play import HOUR, Play, an_order, on

STATES: dict[str, tuple[list[str], set[str]]] = {
    "reported": ([], {"reconcile", "freeze_payment", "withdraw"}),
    "reconciling": (
        ["reconcile"],
        {
            *("find_duplicate", "find_orphan", "repair_order"),
            *("explain_payment", "freeze_payment", "withdraw"),
        },
    ),
    "order_repaired": (["reconcile", "repair_order"], {"confirm_result", "appeal"}),
    "refund_duplicate": (["reconcile", "find_duplicate"], {"refund_payment", "reconcile"}),
    "refund_orphan_capture": (["reconcile", "find_orphan"], {"refund_payment", "reconcile"}),
    "refunding": (["reconcile", "find_orphan", "refund_payment"], {"refund_payment"}),
    "unauthorised_frozen": (["freeze_payment"], {"to_provider", "reconcile"}),
    "provider": (["freeze_payment", "to_provider"], {"provider_ruled"}),
    "explained": (["reconcile", "explain_payment", "reply"], {"confirm_result", "close", "appeal"}),
    "result_confirmed": (["reconcile", "repair_order", "confirm_result", "reply"], {"close"}),
    "closed": (["reconcile", "repair_order", "confirm_result", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def paid_twice(reason: str = "double_charge") -> Play:
    """An order of 398.00 that was captured twice."""
    order = an_order((2, 39_800), payments=[("wechat", 39_800), ("wechat", 39_800)])
    return Play(Kind.PAYMENT_ANOMALY, order).begin(reason=reason)


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = paid_twice()
    play.run(*path)
    assert play.case.state == state
    assert on(play) - {"take"} == verbs


def test_a_duplicate_capture_is_given_back_once_and_whole():
    play = paid_twice()
    play.do("reconcile")
    play.do("find_duplicate", payment=2)
    play.do("refund_payment", payment=2)
    (refund,) = play.case.refunds
    assert (refund.minor, refund.cause, [part.payment for part in refund.parts]) == (39_800, "payment", [2])
    assert play.no("refund_payment", payment=2) == "over_captured"
    play.settle("confirmed")
    assert (play.case.state, play.case.outcome) == ("result_confirmed", "refunded")
    assert play.no("refund_payment", payment=2) == "wrong_state"


def test_the_payment_that_was_found_is_the_one_given_back():
    play = paid_twice()
    play.do("reconcile")
    play.do("find_duplicate", payment=2)
    assert play.no("refund_payment", payment=1) == "other_payment"
    play.do("refund_payment", payment=0)
    assert [part.payment for part in play.case.refunds[0].parts] == [2]


def test_another_payment_than_the_one_found_needs_a_reason_that_is_kept():
    play = paid_twice()
    play.do("reconcile")
    play.do("find_duplicate", payment=2)
    assert play.no("refund_payment", payment=1, instead="  ") == "other_payment"
    play.do("refund_payment", payment=1, instead="渠道只能退第 1 笔")
    assert [part.payment for part in play.case.refunds[0].parts] == [1]
    assert [event.text for event, _ in play.stamps if isinstance(event, Noted)] == ["渠道只能退第 1 笔"]


def test_what_is_found_anew_counts_and_a_find_taken_back_does_not():
    play = paid_twice()
    play.do("reconcile")
    play.do("find_duplicate", payment=2)
    play.do("reconcile")
    play.do("find_orphan", payment=1)
    assert play.no("refund_payment", payment=2) == "other_payment"
    play.undo()
    play.do("find_duplicate", payment=2)
    play.do("refund_payment", payment=2)


def test_what_the_provider_would_not_pay_is_looked_at_anew_and_can_be_paid_then():
    play = paid_twice()
    play.run("reconcile", "find_duplicate", "refund_payment")
    play.settle("failed")
    assert play.case.state == "reconciling"
    play.run("find_duplicate", "refund_payment", "paid")
    assert (play.case.state, play.case.refunded) == ("result_confirmed", 39_800)


def test_a_payment_that_the_order_does_not_have_is_no_finding():
    play = paid_twice()
    play.do("reconcile")
    assert play.no("find_duplicate", payment=3) == "no_such_payment"
    unknown = Play(Kind.PAYMENT_ANOMALY, None).begin(reason="paid_no_order")
    unknown.do("reconcile")
    assert unknown.no("find_orphan") == "order_unknown"


def test_nothing_wrong_is_said_with_a_proof():
    play = paid_twice("amount_mismatch")
    play.do("reconcile")
    assert play.no("explain_payment", proof=" ") == "field_empty"
    assert play.do("explain_payment").outcome == "explained"


def test_the_loss_of_an_unauthorised_payment_is_the_providers_unless_it_proves_the_users_fault():
    play = paid_twice("unauthorised")
    play.run("freeze_payment", "to_provider")
    assert play.no("provider_ruled", outcome="user_fault", proof="") == "field_empty"
    play.do("provider_ruled", outcome="user_fault", proof="支付密码验证记录")
    assert (play.case.state, play.case.outcome) == ("explained", "user_fault")
    play = paid_twice("unauthorised")
    play.run("freeze_payment", "to_provider", "provider_ruled")
    assert (play.case.state, play.case.outcome) == ("result_confirmed", "provider_bears")


@pytest.mark.parametrize("reason", ["fake_support", "phishing"])
def test_the_police_hear_of_a_fraud_before_the_search_ends_but_a_freeze_does_not_wait(reason: str):
    play = paid_twice(reason)
    play.do("reconcile")
    for verb in ("explain_payment", "find_duplicate", "repair_order"):
        assert play.no(verb) == "needs_police"
    play.do("freeze_payment")
    assert play.no("to_provider") == "needs_police"
    play.do("open_track", track_kind="police", ref="京公(朝)2026-118")
    assert play.do("to_provider").state == "provider"


def test_it_is_looked_at_within_a_day():
    play = paid_twice()
    (clock,) = play.case.clocks
    assert (clock.name, clock.due - play.now) == ("reconcile", 24 * HOUR)
