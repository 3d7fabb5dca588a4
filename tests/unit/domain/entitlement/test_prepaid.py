"""Prepayment and minors: seven days, what is left, who is bound."""

import pytest


@pytest.fixture
def prepaid(told):
    return lambda **facts: told("prepaid", **facts)


@pytest.mark.parametrize(
    ("article", "paid_at", "asked", "known", "refunded", "last"),
    [
        ("§14 day 7", "2026-03-05", "2026-03-12T23:59:59+08:00", False, True, "2026-03-12"),
        ("§14 day 8", "2026-03-05", "2026-03-13T00:00:00+08:00", False, False, "2026-03-12"),
        ("§14 had the service before", "2026-03-05", "2026-03-06", True, False, "2026-03-12"),
        ("民法典§203 Sunday rolls", "2026-03-08", "2026-03-16", False, True, "2026-03-16"),
    ],
)
def test_seven_days_to_think_by_prepaid_interpretation_14(
    prepaid, article, paid_at, asked, known, refunded, last
):
    decision = prepaid(paid_at=paid_at, request_at=asked, had_same_service_before=known)
    assert (decision["no_reason_refund"], decision["window_last_day"]) == (refunded, last)


def test_before_may_2025_no_such_rule_was_in_force(prepaid):
    decision = prepaid(paid_at="2025-04-25", request_at="2025-04-28", had_same_service_before=False)
    assert decision["reason"] == "no_law_in_force"


@pytest.mark.parametrize(
    ("article", "facts", "refund"),
    [
        ("§18① discount", {"discount_unit": 80, "list_unit": 120, "used": 4, "cause": "operator"}, 680.0),
        ("§19 list price", {"discount_unit": 80, "list_unit": 120, "used": 4, "cause": "consumer"}, 520.0),
        ("§20 no more owed", {"discount_unit": 80, "list_unit": 120, "used": 9, "cause": "consumer"}, 0.0),
        ("§18② ratio", {"gift_amount": 250, "consumed_value": 500, "cause": "operator"}, 600.0),
        (
            "§18② rounded for the consumer",
            {"gift_amount": 500, "consumed_value": 100, "cause": "shop"},
            933.34,
        ),
        (
            "§19 gift does not lower it",
            {"gift_amount": 250, "consumed_value": 500, "cause": "consumer"},
            500.0,
        ),
        ("§22(1) months", {"unlimited": True, "months": 12, "months_elapsed": 3}, 750.0),
        ("§22(1) days, rounded up", {"unlimited": True, "days_total": 365, "days_elapsed": 100}, 726.03),
        ("§22(1) over", {"unlimited": True, "months": 12, "months_elapsed": 13}, 0.0),
        ("§22(3) never came", {"unlimited": True, "consumer_never_came": True}, 0.0),
    ],
)
def test_what_is_left_of_a_prepayment(prepaid, article, facts, refund):
    decision = prepaid(paid=1000, **facts)
    assert decision["refund"] == refund
    assert decision.get("consumer_owes", 0.0) == 0.0


@pytest.mark.parametrize(
    ("facts", "interest"),
    [
        ({"cause": "operator", "interest_agreed": False}, "1y_LPR_at_contract"),
        ({"cause": "consumer", "interest_agreed": False}, "1y_deposit_rate_at_contract"),
        ({"cause": "operator", "interest_agreed": True}, "as_agreed"),
    ],
)
def test_interest_by_prepaid_interpretation_16(prepaid, facts, interest):
    assert prepaid(**facts)["interest"] == interest


@pytest.mark.parametrize(
    ("article", "facts", "void"),
    [
        ("民法典§20 seven", {"minor_age": 7}, True),
        ("民法典§19 eight, guardian against it", {"minor_age": 8, "guardian_ratified": False}, True),
        ("民法典§19 fit for the age", {"minor_age": 15, "fit_for_age": True}, False),
        ("民法典§145 ratified", {"minor_age": 15, "guardian_ratified": True}, False),
        ("adult", {"minor_age": 18}, False),
    ],
)
def test_minors_by_prepaid_interpretation_10(prepaid, article, facts, void):
    decision = prepaid(paid=300, **facts)
    assert (decision["void"], decision["refund"]) == (void, void)


def test_games_that_may_not_be_sold_to_minors_are_refunded_whole_by_prepaid_interpretation_10_3(prepaid):
    used = {"paid": 300, "minor_age": 9, "guardian_ratified": False, "consumed_value": 120}
    assert prepaid(**used)["refund_amount"] == 180.0
    assert prepaid(**used, unlawful_minor_service=True)["refund_amount"] == 300.0


@pytest.mark.parametrize(("age", "void", "effective"), [(6, True, False), (12, False, False)])
def test_a_purchase_by_a_minor(told, age, void, effective):
    decision = told("minor_purchase", minor_age=age, paid=648, guardian_consented=False)
    assert (decision["void"], decision["effective"]) == (void, effective)
    assert decision["refund_amount"] == 648.0


def test_a_guardian_who_was_asked_has_30_days_by_civil_code_145(told):
    decision = told("minor_purchase", minor_age=12, ratification_asked_at="2026-03-05")
    assert (
        decision["ratification_by"] == "2026-04-07"
    )  # 4 April is a Saturday, 6 April Tomb-Sweeping Day's rest
    assert decision["missing"] == ["guardian_consented", "fits_age"]


def test_what_is_missing_is_named(prepaid):
    assert prepaid()["missing"] == ["paid_at", "request_at", "had_same_service_before"]
    assert prepaid(paid=500, consumed_value=100)["missing"] == ["cause"]
    assert prepaid(minor_age=10)["missing"] == ["guardian_consented", "fits_age"]
