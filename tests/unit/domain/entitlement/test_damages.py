"""Punitive damages: floors at one fen, exceptions, promises, choices."""

import pytest


@pytest.fixture
def claimed(told):
    return lambda ground, **facts: told("punitive_damages", ground=ground, **facts)


@pytest.mark.parametrize(
    ("article", "price", "additional", "floor"),
    [
        ("消法§55(1) under the floor", 166.66, 500.0, True),
        ("消法§55(1) over the floor by a fen", 166.67, 500.01, False),
        ("消法§55(1) three times", 800.0, 2400.0, False),
        ("消法§55(1) nothing paid", 0, 500.0, True),
    ],
)
def test_fraud_costs_three_times_the_price_and_500_at_least(claimed, article, price, additional, floor):
    decision = claimed("fraud", price=price)
    assert (decision["refund"], decision["additional"]) == (price, additional)
    assert (decision["multiplier"], decision["floor_applied"]) == (3, floor)


@pytest.mark.parametrize(
    ("article", "facts", "additional", "floor"),
    [
        ("食安法§148 under the floor", {"price": 99.99}, 1000.0, True),
        ("食安法§148 the floor itself", {"price": 100.0}, 1000.0, False),
        ("食安法§148 over it by ten fen", {"price": 100.01}, 1000.1, False),
        ("食安法§148 three times the loss", {"price": 20.0, "loss": 400.0}, 1200.0, False),
        ("食安法§148 loss under the floor", {"price": 20.0, "loss": 300.0}, 1000.0, True),
    ],
)
def test_unsafe_food_costs_ten_times_and_1000_at_least(claimed, article, facts, additional, floor):
    decision = claimed("unsafe_food", defendant="producer", **facts)
    assert (decision["additional"], decision["best"]) == (additional, additional)
    assert decision["floor_applied"] is floor
    assert decision["first_responder_duty"] is True


@pytest.mark.parametrize(
    ("article", "ground", "facts", "reason"),
    [
        ("条例§49(1)", "label_flaw", {"affects_quality": False, "misleading": False}, "harmless_label_flaw"),
        (
            "食安法§148 但书",
            "food_label_flaw",
            {"affects_safety": False, "misleading": False},
            "harmless_label_flaw",
        ),
        ("条例§49(2)", "fraud", {"claimant_conduct": "extortion"}, "bad_faith_claim"),
        ("食安法§148 明知", "unsafe_food", {"defendant": "shop", "knowing": False}, "operator_did_not_know"),
        (
            "处罚办法§16(1)",
            "trademark_counterfeit",
            {"merchant_proves_no_deception": True},
            "no_deception_proven",
        ),
        (
            "明码标价§21② better deal",
            "false_reference_price",
            {"deal_price_lower_for_buyer": True},
            "deal_price_lower_for_buyer",
        ),
        ("明码标价§21① no intent", "bait_price", {"no_intent_proven": True}, "no_intent_proven"),
        ("明码标价§21③ rounding", "misleading_price", {"rounding_only": True}, "rounding_only"),
        ("known defect not shown", "known_defect_death", {"knowing": False}, "defect_not_known"),
    ],
)
def test_nothing_beyond_the_refund(claimed, article, ground, facts, reason):
    decision = claimed(ground, price=250.0, **facts)
    assert (decision["additional"], decision["reason"]) == (0.0, reason)


@pytest.mark.parametrize(
    ("article", "ground", "facts"),
    [
        ("处罚办法§5⑦", "adulteration", {}),
        ("处罚办法§5② not disproved", "spoiled_goods", {"merchant_proves_no_deception": False}),
        ("处罚办法§6④", "fake_reviews", {}),
        ("处罚办法§13", "service_fraud", {}),
        ("明码标价§19③", "false_reference_price", {"deal_price_lower_for_buyer": False}),
        ("条例§49(1) misleads", "label_flaw", {"affects_quality": False, "misleading": True}),
    ],
)
def test_what_is_fraud(claimed, article, ground, facts):
    decision = claimed(ground, price=250.0, **facts)
    assert (decision["is_fraud"], decision["additional"]) == (True, 750.0)


def test_bad_faith_goes_to_the_police_by_regulation_49_2(claimed):
    assert claimed("fraud", price=90, claimant_conduct="swap")["refer"] == "public_security"


def test_an_operator_that_knew_may_be_asked_on_either_ground_by_interpretation_2024_9(claimed):
    decision = claimed("unsafe_food", defendant="operator", knowing=True, price=180.0)
    assert [option["amount"] for option in decision["options"]] == [1800.0, 540.0]
    assert decision["best"] == 1800.0


@pytest.mark.parametrize(("bought", "base"), [(60, 5), (3, 3)])
def test_knowing_buyers_are_held_to_living_needs_by_interpretation_2024_9_12(claimed, bought, base):
    decision = claimed(
        "unsafe_food",
        defendant="operator",
        knowing=True,
        buyer_knew=True,
        qty=bought,
        unit_price=40.0,
        reasonable_qty=5,
    )
    assert (decision["base_qty"], decision["additional"]) == (base, max(base * 400.0, 1000.0))
    assert decision["refund"] == bought * 40.0


@pytest.mark.parametrize(("times", "additional", "by"), [(10, 2000.0, "promise"), (2, 600.0, "statute")])
def test_a_promise_counts_when_it_is_above_the_law_by_interpretation_2022_8_10(
    claimed, times, additional, by
):
    decision = claimed("counterfeit", price=200.0, merchant_promise_multiplier=times)
    assert (decision["additional"], decision["by"]) == (additional, by)


def test_a_known_defect_that_injured_costs_up_to_twice_the_losses_by_law_55_2(claimed):
    assert claimed("known_defect_serious_injury", losses=30000.0)["punitive_max"] == 60000.0


def test_a_shop_gone_with_the_prepayment_by_prepaid_interpretation_23(claimed):
    assert claimed("prepaid_abscond", prepaid=900.0)["punitive_supported"] is True


def test_other_goods_bought_knowingly_are_contested(claimed):
    decision = claimed("fraud", price=300.0, buyer_knew=True)
    assert (decision["additional"], decision["confidence"]) == (0.0, "interpretation")
    assert {"point": "knowing_buyer"} in decision["contested"]


@pytest.mark.parametrize(
    ("bought", "law"),
    [("2025-11-30", "food_safety_law_2015 148(2)"), ("2025-12-01", "food_safety_law 148(2)")],
)
def test_the_food_law_is_that_of_the_day(claimed, bought, law):
    decision = claimed("unsafe_food", defendant="producer", price=10, purchased_at=bought)
    assert decision["additional"] == 1000.0
    assert law in [article["id"] for article in decision["articles"]]


def test_the_carve_out_for_labels_did_not_exist_before_the_regulation(claimed):
    decision = claimed(
        "label_flaw", affects_quality=False, misleading=False, price=9, purchased_at="2024-06-30"
    )
    assert decision["reason"] == "no_law_in_force"


@pytest.mark.parametrize(
    ("ground", "facts", "missing"),
    [
        ("fraud", {}, ["price"]),
        ("unsafe_food", {"price": 10}, ["defendant"]),
        ("unsafe_food", {"price": 10, "defendant": "operator"}, ["knowing"]),
        ("label_flaw", {"price": 10}, ["affects_quality", "misleading"]),
        (
            "unsafe_food",
            {"price": 10, "defendant": "producer", "buyer_knew": True},
            ["reasonable_qty", "unit_price"],
        ),
    ],
)
def test_what_is_missing_is_named(claimed, ground, facts, missing):
    assert claimed(ground, **facts)["missing"] == missing
