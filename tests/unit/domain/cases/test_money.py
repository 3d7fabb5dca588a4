"""In kind, freight, deductions, compensation, and a provider that changes its mind: the sums hold all the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.cases.case import Deduction, Kind, RefundPart
from csdesk.domain.cases.context import Actor, Policy, Refused
from csdesk.domain.cases.refunds import DEDUCTIONS, SettleRefund
from csdesk.domain.cases.sending import DoubtRefund, SendRefund
from csdesk.domain.roles import Role
from csdesk.domain.tender import Tender
from tests.unit.domain.cases.play import LI, SYSTEM, WANG, Play, an_order, make, qty

CHEN = Actor("chen", Role.SENIOR)
TENDERS = {
    "points": Tender("points", "point", 10, "compensate"),
    "coupon": Tender("coupon", "coupon", 0, "reissue"),
    "gift_card": Tender("credit"),
}
POLICY = Policy(tenders=TENDERS)


def accepted(
    *lines: tuple[int, int], payments: tuple[tuple[str, int], ...] = (), policy: Policy = POLICY
) -> Play:
    """A return whose units have all been accepted."""
    play = Play(Kind.RETURN, an_order(*lines, payments=payments), policy=policy).begin()
    play.run("approve", "receive", "inspect")
    return play


def sent(play: Play) -> str:
    """The id of the last refund, handed to the provider."""
    refund = play.case.refunds[-1]
    play.do(SendRefund(refund.id), SYSTEM)
    return refund.id


# -- the trap: three announced, two arrived


def test_three_were_announced_and_two_arrived_two_are_paid_back():
    play = Play(Kind.RETURN, an_order((3, 30_000))).begin()
    play.run("approve")
    play.do("receive", lines=qty((1, 2)))
    play.do("inspect")
    assert play.no("refund", lines=qty((1, 3))) == "over_accepted"
    play.do("refund")
    assert play.case.refunded == 20_000
    assert play.no("refund") == "nothing_owed"


# -- in kind


def test_points_go_back_as_points_a_coupon_as_a_coupon_and_neither_as_money():
    play = accepted((2, 30_000), payments=(("wechat", 15_000), ("points", 10_000), ("coupon", 5_000)))
    play.do("refund", lines=qty((1, 1)))
    assert play.case.refunds[0].parts == (
        RefundPart(1, "wechat", 7_500),
        RefundPart(2, "points", 5_000, "points", 500, "compensate"),
        RefundPart(3, "coupon", 2_500, "coupon", 0, "reissue"),
    )


def test_all_points_come_back_in_the_end_though_no_refund_has_a_whole_number_of_them():
    play = accepted((3, 10_000), payments=(("wechat", 7_010), ("points", 2_990)))
    for _ in range(3):
        play.do("refund", lines=qty((1, 1)))
    points = [part for refund in play.case.refunds for part in refund.parts if part.kind == "points"]
    assert (sum(p.minor for p in points), sum(p.count for p in points)) == (2_990, 299)


def test_points_of_a_refund_that_failed_come_back_with_the_next_one():
    play = accepted((1, 1_000), payments=(("points", 1_000),))
    play.do("refund")
    play.settle("failed")
    play.do("refund")
    assert play.case.refunds[-1].parts[0].count == 100


# -- freight and deductions


def test_freight_that_the_merchant_bears_is_paid_on_top_by_a_transfer():
    play = accepted((1, 10_000))
    play.do("refund", freight=1_200)
    goods, freight = play.case.refunds
    assert (freight.cause, freight.minor, freight.parts) == (
        "freight",
        1_200,
        (RefundPart(0, "transfer", 1_200),),
    )
    assert (goods.minor, play.case.refunded) == (10_000, 10_000)  # the payment gave all it took, and no more
    play.settle("confirmed")
    assert play.case.state == "refunded"


def test_freight_above_the_cap_is_looked_at_by_a_second_person():
    play = accepted((1, 10_000))
    play.do("refund", LI, freight=5_001)
    assert [refund.state for refund in play.case.refunds] == ["proposed", "awaiting"]
    play.do("approve_refund", CHEN)
    assert play.case.refunds[1].approved_by == "chen"


def test_freight_of_the_order_comes_back_from_what_was_paid_beyond_the_goods():
    play = accepted((2, 10_000), payments=(("wechat", 10_800),))
    assert play.no("refund", outbound=801) == "over_freight"
    play.do("refund", lines=qty((1, 1)), outbound=300)
    assert [(r.cause, r.minor) for r in play.case.refunds] == [("goods", 5_000), ("outbound", 300)]
    assert play.no("refund", outbound=501) == "over_freight"
    play.do("refund", outbound=500)
    assert play.case.refunded == 10_800


def test_freight_that_another_case_gave_back_is_not_given_back_again():
    play = accepted((1, 10_000), payments=(("wechat", 10_800),))
    assert play.order is not None
    play.order = replace(play.order, freight_back=700)
    assert play.no("refund", outbound=101) == "over_freight"


def test_what_the_consumer_owes_comes_off_line_by_line_and_never_below_nothing():
    play = accepted((1, 1_000))
    play.do("refund", less=("return_freight=800", "gift=500"))
    (refund,) = play.case.refunds
    assert refund.less == (Deduction("return_freight", 800, 800), Deduction("gift", 500, 200))
    assert (refund.minor, refund.parts, refund.amounts) == (0, (), (1_000,))
    assert play.case.lines[0].refundable == 0
    play.settle("confirmed")
    assert play.case.state == "refunded"


@pytest.mark.parametrize(
    ("less", "code"),
    [
        (("wish=1",), "bad_choice"),
        (("gift=1", "gift=1"), "bad_choice"),
        (("gift",), "bad_amount"),
        (("gift=-5",), "bad_amount"),
        (("gift=１２",), "bad_amount"),
        (("gift=1e3",), "bad_amount"),
    ],
)
def test_a_deduction_that_is_none_is_refused(less: tuple[str, ...], code: str):
    assert accepted((1, 1_000)).no("refund", less=less) == code


def test_negative_freight_is_refused():
    assert accepted((1, 1_000)).no("refund", freight=-1) == "bad_amount"
    assert accepted((1, 1_000)).no("refund", outbound=-1) == "over_freight"


# -- compensation


def test_compensation_is_an_event_of_its_own_and_pays_for_no_unit():
    play = accepted((1, 10_000))
    play.do("compensate", LI, minor=2_000, way="coupon", reason="late_delivery", article="P37")
    (given,) = play.case.refunds
    assert (given.cause, given.state, given.by, given.reason, given.article) == (
        "compensation",
        "proposed",
        "li",
        "late_delivery",
        "P37",
    )
    assert given.parts == (RefundPart(0, "coupon", 2_000, "coupon"),)
    assert (play.case.refunded, play.case.lines[0].refundable, play.case.state) == (
        0,
        1,
        "received_inspecting",
    )
    assert play.stamps[-1][0].type == "compensated"
    play.settle("confirmed")
    assert (play.case.outcome, play.case.state) == ("approved", "received_inspecting")
    play.do("refund")
    assert play.case.refunded == 10_000


def test_compensation_beyond_the_limit_awaits_a_second_person_and_beyond_all_limits_is_refused():
    play = accepted((1, 100))
    play.do("compensate", LI, minor=5_001)
    assert play.case.refunds[0].state == "awaiting"
    assert play.no("approve_refund", LI) == "own_refund"
    play.do("approve_refund", CHEN)
    assert play.no("compensate", LI, minor=100_001) == "over_every_limit"


def test_compensation_given_in_small_sums_counts_together():
    play = accepted((1, 100))
    states = [play.do("compensate", LI, minor=3_000).refunds[-1].state for _ in range(2)]
    assert states == ["proposed", "awaiting"]


def test_compensation_and_refunds_have_limits_apart():
    play = accepted((1, 499_000))
    play.do("refund", LI)
    play.do("compensate", LI, minor=5_000)
    assert {refund.state for refund in play.case.refunds} == {"proposed"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"minor": 0}, "bad_amount"),
        ({"minor": -1}, "bad_amount"),
        ({"minor": 10**16}, "bad_amount"),
        ({"minor": 100, "way": "cash"}, "bad_choice"),
        ({"minor": 100, "reason": "whim"}, "bad_choice"),
        ({"minor": 105, "way": "points"}, "not_whole"),
    ],
)
def test_compensation_with_bad_input_is_refused(data: dict[str, object], code: str):
    assert accepted((1, 100)).no(make("compensate", **data)) == code


def test_no_compensation_can_be_undone():
    play = accepted((1, 100))
    play.do("compensate", WANG)
    with pytest.raises(Refused) as refused:
        play.undo(WANG)
    assert refused.value.code == "undo_none"


# -- a provider that changes its mind


def test_a_refund_that_failed_and_is_paid_after_all_counts_as_paid_and_is_not_owed_again():
    play = accepted((1, 10_000))
    play.do("refund")
    first = sent(play)
    play.do(SettleRefund(first, "failed", reason="timeout"), SYSTEM)
    assert play.case.lines[0].refundable == 1
    play.do(SettleRefund(first, "confirmed", "ref-9"), SYSTEM)
    assert (play.case.refunds[0].state, play.case.refunds[0].reference) == ("confirmed", "ref-9")
    assert (play.case.lines[0].refundable, play.case.refunded, play.case.state) == (0, 10_000, "refunded")


@pytest.mark.parametrize("state", ["awaiting", "proposed"])
def test_what_was_proposed_in_its_place_and_has_not_left_is_dropped(state: str):
    play = accepted((1, 600_000))
    play.do("refund")
    first = sent(play)
    play.do(SettleRefund(first, "failed"), SYSTEM)
    play.do("refund", LI if state == "awaiting" else WANG)
    assert play.case.refunds[1].state == state
    play.do(SettleRefund(first, "confirmed", "ref-9"), SYSTEM)
    assert [(r.state, r.failure, r.twice) for r in play.case.refunds] == [
        ("confirmed", "paid_late", False),
        ("failed", "paid_already", False),
    ]
    assert (play.case.refunded, play.case.state) == (600_000, "refunded")


def test_what_had_left_by_then_is_told_as_paid_twice_and_the_units_count_once():
    play = accepted((1, 10_000))
    play.do("refund")
    first = sent(play)
    play.do(SettleRefund(first, "failed"), SYSTEM)
    play.do("refund")
    second = sent(play)
    play.do(SettleRefund(second, "confirmed", "ref-2"), SYSTEM)
    play.do(SettleRefund(first, "confirmed", "ref-1"), SYSTEM)
    assert [(r.state, r.twice) for r in play.case.refunds] == [("confirmed", True), ("confirmed", False)]
    assert (play.case.lines[0].refunded_units, play.case.lines[0].refunded) == (1, 10_000)


def test_units_that_another_case_paid_for_meanwhile_make_the_late_one_paid_twice():
    play = accepted((1, 10_000))
    play.do("refund")
    first = sent(play)
    play.do(SettleRefund(first, "failed"), SYSTEM)
    play.others(1, refunded_units=1, refunded=10_000)
    play.do(SettleRefund(first, "confirmed"), SYSTEM)
    assert play.case.refunds[0].twice
    assert play.case.lines[0].refunded_units == 0


def test_a_refund_in_doubt_is_owed_to_nobody_until_somebody_else_says_what_became_of_it():
    play = accepted((1, 10_000))
    play.do("refund", LI)
    id_ = sent(play)
    play.do(DoubtRefund(id_, "timeout"), SYSTEM)
    assert "clear_doubt" in {clock.name for clock in play.case.clocks}
    assert play.no("refund") == "nothing_owed"
    assert play.no("clear_refund", LI, state="failed", reason="x") == "own_refund"
    assert play.no("clear_refund", CHEN, state="confirmed") == "field_missing"
    assert play.no("clear_refund", CHEN, state="failed", reason=" ") == "field_missing"
    assert play.no("clear_refund", CHEN, state="perhaps", reason="x") == "bad_choice"
    play.do("clear_refund", CHEN, state="failed", reason="银行查无此笔")
    assert (play.case.lines[0].refundable, play.case.state) == (1, "received_inspecting")
    assert "clear_doubt" not in {clock.name for clock in play.case.clocks}


def test_a_doubt_that_the_provider_clears_by_itself_ends_as_if_there_had_been_none():
    play = accepted((1, 10_000))
    play.do("refund")
    id_ = sent(play)
    play.do(DoubtRefund(id_, "timeout"), SYSTEM)
    play.do(SettleRefund(id_, "confirmed", "ref"), SYSTEM)
    assert (play.case.state, play.case.refunded) == ("refunded", 10_000)


def test_what_the_order_system_gave_back_meanwhile_does_not_leave():
    play = accepted((1, 10_000))
    play.do("refund")
    assert play.order is not None
    play.order = replace(play.order, payments=(replace(play.order.payments[0], elsewhere=1, returned=1),))
    assert play.no(SendRefund(play.case.refunds[0].id), SYSTEM) == "overtaken_refund"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("one", "all", "dear", "freight", "less", "outbound", "compensate"),
                *("approve", "decline", "send", "doubt", "yes", "no", "late", "clear"),
            )
        ),
        st.integers(0, 5),
    ),
    max_size=40,
)


def act(play: Play, step: str, n: int) -> None:
    """One step of money; Refused when it may not be."""
    at = play.case.refunds[n % len(play.case.refunds)] if play.case.refunds else None
    verbs: dict[str, tuple[str, Actor, dict[str, object]]] = {
        "one": ("refund", WANG, {"lines": qty((1, 1))}),
        "all": ("refund", WANG, {}),
        "dear": ("refund", LI, {}),
        "freight": ("refund", LI, {"freight": 900 * n, "lines": qty((1, 1))}),
        "less": ("refund", WANG, {"less": (f"{DEDUCTIONS[n]}={n * 700}",), "lines": qty((1, 1))}),
        "outbound": ("refund", WANG, {"outbound": n * 100}),
        "compensate": ("compensate", LI, {"minor": 1 + n * 1_500}),
        "approve": ("approve_refund", CHEN, {}),
        "decline": ("decline_refund", CHEN, {}),
        "clear": ("clear_refund", CHEN, {"state": "failed", "reason": "x"}),
    }
    if step in verbs:
        verb, who, data = verbs[step]
        play.do(make(verb, **data), who)
    elif at is not None:
        commands = {
            "send": SendRefund(at.id),
            "doubt": DoubtRefund(at.id, "timeout"),
            "yes": SettleRefund(at.id, "confirmed"),
            "late": SettleRefund(at.id, "confirmed"),
            "no": SettleRefund(at.id, "failed"),
        }
        play.do(commands[step], SYSTEM)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(1, 4), st.integers(0, 900_000), st.integers(0, 900))
def test_no_order_of_steps_gives_back_more_than_was_taken(
    steps: list[tuple[str, int]], bought: int, paid: int, elsewhere: int
):
    limits = {Role.AGENT: 300_000, Role.SENIOR: 2_000_000, Role.SUPERVISOR: 2_000_000}
    half = paid // 2
    play = accepted(
        (bought, paid),
        payments=(("wechat", paid - half + 800), ("points", half)),
        policy=replace(POLICY, refund_limits=limits),
    )
    assert play.order is not None
    first, second = play.order.payments
    returned = min(elsewhere, first.captured)
    play.order = replace(play.order, payments=(replace(first, elsewhere=returned, returned=returned), second))
    for step, n in steps:
        before = play.case
        try:
            act(play, step, n)
        except Refused:
            assert play.case is before
        reconciles(play)


def reconciles(play: Play) -> None:
    """Payments, lines and refunds agree; what a provider paid against its own word is told apart."""
    assert play.order is not None
    live = [refund for refund in play.case.refunds if refund.live and not refund.twice]
    for payment in play.order.payments:
        parts = [p for refund in live for p in refund.parts if p.payment == payment.number]
        assert sum(p.minor for p in parts) + payment.elsewhere <= payment.captured
        if payment.method == "points":
            assert sum(p.count for p in parts) <= payment.captured // 10
            assert all(p.kind == "points" for p in parts)
    for line in play.case.lines:
        assert 0 <= line.refunded <= line.paid
        assert 0 <= line.refunded_units <= line.accepted
        given = [
            (u.qty, minor)
            for r in live
            for u, minor in zip(r.units, r.amounts, strict=True)
            if u.line == line.line
        ]
        assert sum(q for q, _ in given) == line.refunded_units
        assert sum(m for _, m in given) == line.refunded
    for refund in play.case.refunds:
        assert refund.minor == sum(p.minor for p in refund.parts) >= 0
        if refund.cause == "goods":
            assert refund.minor == sum(refund.amounts) - sum(one.minor for one in refund.less)
        if refund.state == "awaiting":
            assert not refund.approved_by
        if refund.approved_by:
            assert refund.approved_by != refund.by
