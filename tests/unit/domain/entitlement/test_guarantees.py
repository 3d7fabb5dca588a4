"""The three guarantees: every limit on its day and on the day after."""

import pytest


@pytest.fixture
def guaranteed(told):
    return lambda product, **facts: told("sanbao", product_class=product, **facts)


@pytest.mark.parametrize(
    ("article", "product", "fault", "options"),
    [
        ("1995§9 day 7", "colour_tv", "2026-03-12", ["return", "exchange", "repair"]),
        ("1995§10 day 8", "colour_tv", "2026-03-13", ["exchange", "repair"]),
        ("1995§10 day 15", "colour_tv", "2026-03-20", ["exchange", "repair"]),
        ("day 16", "colour_tv", "2026-03-21", ["repair"]),
        ("mobile rules day 7", "phone", "2026-03-12", ["return", "exchange", "repair"]),
        ("mobile rules day 15", "phone", "2026-03-20", ["exchange", "repair"]),
        ("mobile rules, last day of the year", "phone", "2026-03-05", ["return", "exchange", "repair"]),
    ],
)
def test_an_early_fault(guaranteed, article, product, fault, options):
    decision = guaranteed(product, sold_at="2026-03-05", performance_fault_at=fault)
    assert decision["options"] == options
    assert (decision["day7_last"], decision["day15_last"]) == ("2026-03-12", "2026-03-20")


def test_a_fault_after_the_guarantee_is_no_longer_covered(guaranteed):
    sold = {"sold_at": "2025-03-05"}
    assert guaranteed("phone", **sold, performance_fault_at="2026-03-05")["options"] == ["repair"]
    after = guaranteed("phone", **sold, performance_fault_at="2026-03-06")
    assert (after["decision"], after["reason"]) == ("ineligible", "guarantee_over")


def test_a_term_that_was_never_read_is_an_interpretation(guaranteed):
    decision = guaranteed("refrigerator", sold_at="2026-01-05", performance_fault_at="2026-06-05")
    assert (decision["options"], decision["confidence"]) == (["repair"], "interpretation")


@pytest.mark.parametrize(
    ("article", "product", "cause", "now", "options", "spent"),
    [
        ("1995 90 days", "colour_tv", "producer_no_parts", "2026-04-11", ["repair"], 90),
        ("1995 91 days", "colour_tv", "producer_no_parts", "2026-04-12", ["exchange"], 91),
        ("1995 30 days", "colour_tv", "repairer_own", "2026-02-10", ["repair"], 30),
        ("1995 31 days", "colour_tv", "repairer_own", "2026-02-11", ["exchange"], 31),
        ("mobile §16 60 days", "phone", "producer_no_parts", "2026-03-12", ["repair"], 60),
        ("mobile §16 61 days", "phone", "producer_no_parts", "2026-03-13", ["exchange"], 61),
    ],
)
def test_too_long_in_repair(guaranteed, article, product, cause, now, options, spent):
    decision = guaranteed(product, sent_repair_at="2026-01-11", now=now, cause=cause)
    assert (decision["options"], decision["days_in_repair"]) == (options, spent)
    assert decision.get("cost_bearer") == ("repairer" if cause == "repairer_own" else None)


@pytest.mark.parametrize(
    ("product", "failed", "options"),
    [
        ("colour_tv", 1, ["repair"]),
        ("colour_tv", 2, ["exchange", "return"]),
        ("phone", 2, ["exchange"]),
        ("phone", 3, ["exchange"]),
    ],
)
def test_two_failed_repairs(guaranteed, product, failed, options):
    assert guaranteed(product, repairs_failed=failed)["options"] == options


@pytest.mark.parametrize(("fault", "breached"), [("2026-04-10", True), ("2026-04-11", False)])
def test_repaired_goods_work_for_30_days(guaranteed, fault, breached):
    decision = guaranteed("colour_tv", repaired_at="2026-03-11", same_fault_at=fault)
    assert (decision["repair_guarantee_until"], decision["guarantee_breached"]) == ("2026-04-10", breached)


EXCHANGE_DUE = {"sold_at": "2026-03-05", "performance_fault_at": "2026-03-15", "invoice_price": 2500.0}


def test_without_the_same_model_all_the_money_goes_back_by_1995_13(guaranteed):
    decision = guaranteed(
        "colour_tv", **EXCHANGE_DUE, same_model_in_stock=False, accepts_other_model=False, wants="return"
    )
    assert (decision["options"], decision["depreciation"], decision["refund"]) == (["return"], 0.0, 2500.0)


@pytest.mark.parametrize(
    ("product", "used", "depreciation"),
    [("colour_tv", 10, 25.0), ("bicycle", 10, 12.5), ("phone", 10, 125.0), ("phone", 300, 2500.0)],
)
def test_with_the_same_model_the_use_is_deducted_and_contested(guaranteed, product, used, depreciation):
    decision = guaranteed(product, **EXCHANGE_DUE, same_model_in_stock=True, wants="return", days_used=used)
    assert decision["depreciation"] == depreciation
    assert decision["refund"] == 2500.0 - depreciation
    assert decision["confidence"] == "interpretation"
    assert {"point": "same_model_refund"} in decision["contested"]


def test_repair_and_waiting_days_are_no_use(guaranteed):
    decision = guaranteed(
        "phone",
        **EXCHANGE_DUE,
        same_model_in_stock=True,
        wants="refund",
        returned_at="2026-04-04",
        repair_days=15,
        waiting_days=5,
    )
    assert decision["depreciation"] == 2500.0 * 0.005 * 10


def test_a_rate_that_was_never_read_is_flagged(guaranteed):
    decision = guaranteed("microwave", **EXCHANGE_DUE, same_model_in_stock=True, wants="return", days_used=10)
    assert "depreciation_unknown" in decision["flags"]


@pytest.mark.parametrize(("failed", "options"), [(1, ["exchange"]), (2, ["return"])])
def test_an_accessory_replaced_twice_is_refunded(guaranteed, failed, options):
    decision = guaranteed("phone_charger", replacements_failed=failed, invoice_price=59.0)
    assert decision["options"] == options


def test_goods_on_no_list_depend_on_the_agreement(guaranteed):
    decision = guaranteed("shoes", sold_at="2026-03-05", performance_fault_at="2026-03-06")
    assert (decision["decision"], decision["reason"]) == ("policy_dependent", "no_national_guarantee")


CAR = {"warranty_start": "2026-02-10"}


@pytest.mark.parametrize(
    ("article", "facts", "answer", "options"),
    [
        (
            "§22 day 7",
            {"event": "engine_fault", "now": "2026-02-17", "km": 9},
            "art22",
            ["exchange", "return"],
        ),
        ("§20 day 8", {"event": "engine_fault", "now": "2026-02-18", "km": 9}, "art20", ["replace_assembly"]),
        (
            "§23 day 60",
            {"event": "steering_failure", "now": "2026-04-11", "km": 3000},
            "art23",
            ["exchange", "return"],
        ),
        (
            "§24① two safety repairs",
            {"event": "serious_safety_fault", "times": 2, "now": "2026-08-03", "km": 9000},
            "art24_1",
            ["exchange", "return"],
        ),
        (
            "§24② assembly twice",
            {"event": "assembly_replaced", "times": 2, "now": "2026-08-03", "km": 9000},
            "art24_2",
            ["exchange", "return"],
        ),
        (
            "§24③ same part twice",
            {"event": "same_part_replaced", "times": 2, "now": "2026-08-03", "km": 9000},
            "art24_3",
            ["exchange", "return"],
        ),
        (
            "§24④ 31 days",
            {"event": "cumulative_repair_days", "repair_days": 31, "now": "2026-08-03", "km": 9000},
            "art24_4",
            ["exchange", "return"],
        ),
        (
            "§24④ five times",
            {"event": "same_fault_repairs", "times": 5, "now": "2026-08-03", "km": 9000},
            "art24_4",
            ["exchange", "return"],
        ),
    ],
)
def test_a_car_is_exchanged_or_returned(guaranteed, article, facts, answer, options):
    decision = guaranteed("car", **CAR, **facts)
    assert decision[answer] is True
    assert decision["options"] == options


@pytest.mark.parametrize(
    ("article", "facts", "answer"),
    [
        ("§23 day 61", {"event": "brake_failure", "now": "2026-04-12", "km": 3000}, "art23"),
        ("§23 3001 km", {"event": "brake_failure", "now": "2026-03-01", "km": 3001}, "art23"),
        ("§24① one repair", {"event": "serious_safety_fault", "times": 1}, "art24_1"),
        ("§24④ 30 days", {"event": "cumulative_repair_days", "repair_days": 30}, "art24_4"),
        ("§24④ four times", {"event": "same_fault_repairs", "times": 4}, "art24_4"),
        (
            "§24 transport does not count",
            {"event": "cumulative_repair_days", "repair_days": 40, "transport_days": 10},
            "art24_4",
        ),
        (
            "§18 after two years",
            {"event": "cumulative_repair_days", "repair_days": 31, "now": "2028-02-11", "km": 9000},
            "art24_4",
        ),
        (
            "§18 after 50,000 km",
            {"event": "cumulative_repair_days", "repair_days": 31, "now": "2026-08-03", "km": 50001},
            "art24_4",
        ),
    ],
)
def test_a_car_is_not(guaranteed, article, facts, answer):
    assert guaranteed("car", **CAR, **facts)[answer] is False


@pytest.mark.parametrize(("n", "fee"), [(0.005, 6750.0), (0.003, 4050.0), (0.02, 6750.0)])
def test_the_use_fee_of_27_and_its_cap(guaranteed, n, fee):
    decision = guaranteed(
        "car",
        **CAR,
        event="same_fault_repairs",
        times=5,
        now="2026-08-03",
        km=9000,
        price=150000,
        n=n,
    )
    assert decision["use_fee"] == fee


@pytest.mark.parametrize(("days", "from_day"), [(5, None), (6, 6), (20, 6)])
def test_a_substitute_car_from_day_6_by_21(guaranteed, days, from_day):
    decision = guaranteed("car", **CAR, event="single_repair", repair_days=days)
    assert decision["substitute_from_day"] == from_day
