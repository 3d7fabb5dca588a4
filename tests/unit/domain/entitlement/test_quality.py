"""Quality remedies, burden of proof, warranties, shortages: with the article each rests on."""

import pytest

CLAIM = {"nonconforming": True, "received_at": "2026-03-05"}
ALL = ["return", "exchange", "repair"]


@pytest.fixture
def claimed(told):
    return lambda **facts: told("quality_remedy", **facts)


@pytest.mark.parametrize(
    ("article", "facts", "remedies"),
    [
        ("消法§24(1) day 7", {"request_at": "2026-03-12T23:59:59+08:00"}, ALL),
        ("消法§24(1) day 8", {"request_at": "2026-03-13T00:00:00+08:00"}, ["exchange", "repair"]),
        ("民法典§563 ends the contract", {"request_at": "2026-05-04", "termination_ground": True}, ALL),
        (
            "民法典§563 not met",
            {"request_at": "2026-05-04", "termination_ground": False},
            ["exchange", "repair"],
        ),
        ("agreement on 30 days", {"request_at": "2026-04-03", "agreement": {"return_days": 30}}, ALL),
        (
            "agreement on 30 days, one more",
            {"request_at": "2026-04-05", "agreement": {"return_days": 30}},
            ["exchange", "repair"],
        ),
        ("§25 does not reach fresh goods", {"request_at": "2026-03-05", "product_class": "fruit"}, ALL),
        ("§25 does not reach made-to-order", {"request_at": "2026-03-06", "product_class": "custom"}, ALL),
    ],
)
def test_remedies_of_a_defect(claimed, article, facts, remedies):
    decision = claimed(**CLAIM, **facts)
    assert decision["remedies"] == remedies
    assert decision["return_freight"] == "merchant"


def test_exclusions_of_25_are_said_not_to_cut_24(claimed):
    decision = claimed(**CLAIM, request_at="2026-03-06", product_class="fresh_perishable")
    assert decision["note"] == "§25 exclusion does not cut §24 rights"


def test_a_sunday_in_the_quality_window_rolls_by_civil_code_203(claimed):
    facts = {"nonconforming": True, "received_at": "2026-03-08"}
    assert claimed(**facts, request_at="2026-03-16")["remedies"] == ALL
    assert claimed(**facts, request_at="2026-03-17")["remedies"] == ["exchange", "repair"]


@pytest.mark.parametrize(
    ("article", "facts", "decision"),
    [
        (
            "消法§23(1) known",
            {"defect_disclosed_before_purchase": True, "legal_mandatory_breach": False},
            "reject_quality_claim",
        ),
        (
            "消法§23(1) but unlawful",
            {"defect_disclosed_before_purchase": True, "legal_mandatory_breach": True, **CLAIM}
            | {"request_at": "2026-03-06"},
            "eligible",
        ),
        ("消法§54 years later", {"officially_unqualified": True, "request_at": "2026-11-20"}, "must_refund"),
        ("conforming", {"nonconforming": False}, "ineligible"),
        (
            "民法典§621(2) two years",
            {**CLAIM, "received_at": "2024-03-05", "request_at": "2026-03-05"},
            "eligible",
        ),
        ("and one day", {**CLAIM, "received_at": "2024-03-05", "request_at": "2026-03-06"}, "ineligible"),
        (
            "民法典§621(3) seller knew",
            {**CLAIM, "received_at": "2024-03-05", "request_at": "2026-03-06", "seller_knew": True},
            "eligible",
        ),
    ],
)
def test_whether_the_claim_stands(claimed, article, facts, decision):
    assert claimed(**facts)["decision"] == decision


def test_an_official_finding_not_acted_on_is_refusal_after_15_days_by_penalty_measures_8(decided):
    decision = decided("quality_remedy", officially_unqualified=True, request_at="2026-03-10")
    assert [due.day.isoformat() for due in decision.deadlines] == ["2026-03-26"]


@pytest.mark.parametrize(
    ("article", "product", "received", "found", "burden"),
    [
        ("消法§23(3) last day", "refrigerator", "2026-01-15", "2026-07-15", "merchant"),
        ("消法§23(3) one more", "refrigerator", "2026-01-15", "2026-07-16", "consumer"),
        ("民法典§202 no 31 February", "computer", "2025-08-31", "2026-02-28", "merchant"),
        ("民法典§202 and one more", "computer", "2025-08-31", "2026-03-01", "consumer"),
        ("民法典§202 leap day", "car", "2023-08-31", "2024-02-29", "merchant"),
        ("decoration is named too", "renovation", "2026-01-15", "2026-06-01", "merchant"),
        ("not durable", "shoes", "2026-01-15", "2026-02-01", "consumer"),
    ],
)
def test_who_proves_a_defect(claimed, article, product, received, found, burden):
    decision = claimed(
        product_class=product, received_at=received, defect_found_at=found, dispute="existence_of_defect"
    )
    assert decision["burden_of_proof"] == burden


@pytest.mark.parametrize(
    ("article", "facts", "end"),
    [
        ("条例§18 from delivery", {"delivered_at": "2025-05-20"}, "2026-05-20"),
        (
            "条例§18 from installation",
            {"delivered_at": "2025-05-20", "needs_installation": True, "installed_at": "2025-05-28"},
            "2026-05-28",
        ),
        (
            "条例§18 restarts on exchange",
            {"delivered_at": "2025-05-20", "exchange_completed_at": "2026-02-02"},
            "2027-02-02",
        ),
        ("条例§18 repair does not count", {"delivered_at": "2025-05-20", "repair_days": 12}, "2026-06-01"),
        ("民法典§202 leap day", {"delivered_at": "2024-07-31", "warranty_months": 7}, "2025-02-28"),
    ],
)
def test_when_a_warranty_ends(claimed, article, facts, end):
    assert claimed(**{"warranty_months": 12, **facts})["warranty_end"] == end


def test_an_exchange_before_the_regulation_restarts_nothing(claimed):
    decision = claimed(warranty_months=12, delivered_at="2023-06-01", exchange_completed_at="2024-06-03")
    assert (decision["decision"], decision["reason"]) == ("policy_dependent", "no_law_in_force")


def test_an_installation_that_is_not_dated_is_asked_for(claimed):
    decision = claimed(warranty_months=12, delivered_at="2026-05-20", needs_installation=True)
    assert decision["missing"] == ["installed_at"]


@pytest.mark.parametrize(
    ("product", "agreed", "months"),
    [("colour_tv", 6, 12), ("colour_tv", 24, 24), ("phone", 3, 12), ("furniture", 6, 6)],
)
def test_an_agreed_term_never_falls_below_the_national_one_by_regulation_18(claimed, product, agreed, months):
    decision = claimed(product_class=product, agreed_warranty_months=agreed)
    assert decision["effective_warranty_months"] == months


def test_a_shortage_is_made_up_refunded_or_compensated_by_law_48(claimed):
    assert claimed(ordered_qty=5, delivered_qty=4)["remedies"] == ["reissue", "refund_shortfall", "damages"]
    assert claimed(ordered_qty=5, delivered_qty=5)["reason"] == "no_shortage"


def test_a_cancelled_order_is_a_contract_by_e_commerce_law_49(claimed):
    decision = claimed(order_state="paid", merchant_says="没货了")
    assert (decision["contract_formed"], decision["merchant_liable"]) == (True, True)
    assert decision["remedies"] == ["perform", "refund", "damages"]
    assert claimed(order_state="cart")["contract_formed"] is False


@pytest.mark.parametrize(
    ("facts", "liable"),
    [
        ({"caused_damage": True, "merchant_defence": "免费的"}, True),
        ({"flaw_told": True, "affects_normal_use": False}, False),
        ({"flaw_told": True, "affects_normal_use": True}, True),
        ({"flaw_told": False, "affects_normal_use": False}, True),
    ],
)
def test_gifts_by_regulation_7(claimed, facts, liable):
    assert claimed(item="gift", **facts)["merchant_liable"] is liable


@pytest.mark.parametrize("term", ["签收即视为认可", "特价商品概不退换", "本店拥有最终解释权"])
def test_terms_that_cut_statutory_remedies_are_void_by_interpretation_2022_8(claimed, term):
    decision = claimed(**CLAIM, request_at="2026-03-06", shop_term=term)
    assert decision["void_terms"] == ["shop_term"]
    assert decision["remedies"] == ALL


def test_what_is_missing_is_named(claimed):
    assert claimed(product_class="furniture")["missing"] == ["nonconforming", "received_at", "request_at"]
    assert claimed(defect_disclosed_before_purchase=True)["missing"] == ["legal_mandatory_breach"]


def test_goods_with_a_national_guarantee_are_pointed_to_it(claimed):
    decision = claimed(**CLAIM, request_at="2026-03-20", product_class="phone")
    assert "three_guarantees_apply" in decision["flags"]
