"""The same facts in other words, and the edges that a careful author tries: one table a kind, an article a row."""

import pytest

NO_REASON = {
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "general",
    "signed_at": "2026-06-02",
    "request_at": "2026-06-05",
}


def same(decision, expected):
    assert {name: decision.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("article", "facts", "expected"),
    [
        ("消法§2 bought to sell on", {"purpose": "resale", "intact": True}, {"reason": "not_consumer"}),
        ("消法§2 purpose for buyer", {"buyer": None, "purpose": "living", "intact": True}, {"reason": "ok"}),
        ("消法§25(1)① by any word", {"engraved": True}, {"reason": "excluded_custom_made"}),
        ("消法§25(1)① measures", {"made_to_measure": True}, {"reason": "excluded_custom_made"}),
        ("消法§25(1)① composed", {"product_class": "custom_curtains"}, {"reason": "excluded_custom_made"}),
        ("消法§25(1)② composed", {"product_class": "fresh_lobster"}, {"reason": "excluded_fresh"}),
        (
            "消法§25(1)② dried is not fresh",
            {"product_class": "dried_fruit", "seal_intact": True},
            {"reason": "ok"},
        ),
        (
            "消法§25(1)③ the seal is the wrapping",
            {"product_class": "software", "seal_broken": True},
            {"reason": "excluded_digital_unsealed"},
        ),
        (
            "办法§20 null is no confirmation",
            {"product_class": "lipstick", "unsuitable_nature": "hygiene", "unsuitable_confirmed": None}
            | {"seal_intact": True},
            {"reason": "ok"},
        ),
        (
            "办法§20 once for all",
            {"product_class": "laptop", "unsuitable_confirmed": "explicit_once_for_all", "activated": False},
            {"reason": "ok"},
        ),
        (
            "办法§9① seal not intact",
            {"product_class": "snack", "seal_intact": False},
            {"reason": "not_intact"},
        ),
        ("办法§9② scratches", {"product_class": "camera", "scratched": True}, {"reason": "not_intact"}),
        (
            "办法§9② mark gone",
            {"product_class": "kettle", "ccc_mark_removed": True},
            {"reason": "not_intact"},
        ),
        ("办法§9② data", {"product_class": "tablet", "account_bound": True}, {"reason": "not_intact"}),
        (
            "办法§9③ tags off",
            {"product_class": "leather_shoes", "tags_attached": False},
            {"reason": "not_intact"},
        ),
        ("办法§9③ tags on", {"product_class": "jeans", "tags_attached": True}, {"reason": "ok"}),
        ("办法§8 parts", {"intact": None, "accessories_complete": False}, {"reason": "not_intact"}),
        (
            "消法§25(3) freight agreed",
            {"intact": True, "agreed_return_freight": "merchant"},
            {"return_freight": "merchant"},
        ),
        (
            "消法§25(3) freight not agreed away",
            {"intact": True, "agreed_return_freight": "consumer"},
            {"return_freight": "consumer"},
        ),
    ],
)
def test_no_reason_returns(told, article, facts, expected):
    same(told("no_reason_return", **{**NO_REASON, **facts}), expected)


def test_an_opposite_and_its_fact_may_not_contradict(faults):
    facts = NO_REASON | {"product_class": "snack", "seal_broken": True, "seal_intact": True}
    assert faults("no_reason_return", **facts) == [("seal_intact", "contradicts")]


@pytest.mark.parametrize("promo", ["套装", "套装价150", "bundle", "2件7.5折", "第二件半价"])
def test_measures_17_one_price_for_several_falls_with_the_first_that_goes_back(told, promo):
    items = [{"sku": "pot", "price": 110.0}, {"sku": "lid", "price": 90.0}]
    decision = told("no_reason_refund_amount", items=items, promo=promo, paid=150.0, returned=["lid"])
    assert decision["refund"] == 40.0


@pytest.mark.parametrize(
    ("article", "facts", "expected"),
    [
        ("办法§17 paid, not listed", {"list_price": 260, "paid": 199}, {"refund": 199.0}),
        ("办法§17 after a coupon too", {"list_price": 260, "coupon": 20, "paid": 199}, {"refund": 199.0}),
        (
            "办法§15 points by number",
            {"list_price": 60, "cash_paid": 52, "points_used": 800},
            {"refund_cash": 52.0, "points_returned": 800},
        ),
        (
            "办法§15 points that are not yuan",
            {"list_price": 60, "cash_paid": 52, "points": 800},
            {"refund_cash": 52.0, "points_returned": 800.0},
        ),
        (
            "办法§12 several gifts",
            {
                "paid": 300,
                "gifts": [
                    {"name": "mug", "marked_price": 25, "returned": False},
                    {"name": "bag", "marked_price": 40, "returned": True},
                    {"name": "pen", "returned": False},
                ],
            },
            {"refund": 275.0},
        ),
        ("办法§12 kept", {"paid": 300, "gift_kept": True, "gift_marked_price": 25}, {"refund": 275.0}),
        (
            "办法§14(3) agreed",
            {"paid": 80, "seller_offers": "store_credit_only", "buyer_agrees": True},
            {"refund_method": "store_credit", "store_credit_allowed": True},
        ),
        (
            "办法§17 a rate",
            {
                "items": [{"sku": "a", "price": 150}, {"sku": "b", "price": 90}],
                "promo": "满200打9折",
                "paid": 216,
                "returned": ["b"],
            },
            {"refund": 66.0},
        ),
    ],
)
def test_amounts(told, article, facts, expected):
    same(told("no_reason_refund_amount", **facts), expected)


def test_measures_17_pieces_that_still_make_the_lower_price_are_for_people(faults):
    items = [{"sku": "a", "price": 50, "qty": 3}]
    facts = {"items": items, "promo": "2件8折", "paid": 120, "returned": [{"sku": "a", "qty": 1}]}
    assert faults("no_reason_refund_amount", **facts) == [("promo", "unknown_promotion")]


@pytest.mark.parametrize(
    ("article", "kind", "facts", "expected"),
    [
        (
            "预付§23 no evasion",
            "punitive_damages",
            {"ground": "prepaid_abscond", "malicious_evasion": False},
            {"punitive_supported": False},
        ),
        (
            "法释2022-8 §10 in words",
            "punitive_damages",
            {"ground": "counterfeit", "price": 90, "merchant_promise": "本店假一赔十"},
            {"additional": 900.0, "by": "promise", "multiplier": 10},
        ),
        (
            "消法§55(1) several lines",
            "punitive_damages",
            {"ground": "fraud", "items": [{"price": 80, "qty": 2}, {"price": 40}]},
            {"refund": 200.0, "additional": 600.0},
        ),
        (
            "食安法§148(2) importer sells",
            "punitive_damages",
            {"ground": "unsafe_food", "price": 20} | {"defendant": "importer", "knowing": False},
            {"additional": 0.0},
        ),
        (
            "预付§10(2) consent denied",
            "prepaid",
            {"minor_age": 13, "paid": 2600, "guardian_consent": False},
            {"void": True, "refund": True},
        ),
        (
            "预付§14② known from another",
            "prepaid",
            {"paid_at": "2026-05-06", "request_at": "2026-05-08", "had_same_service_elsewhere": True},
            {"no_reason_refund": False},
        ),
        (
            "预付§22(2) stopped early",
            "prepaid",
            {"paid": 900, "months": 9, "stopped_after_months": 2, "unlimited": True},
            {"refund": 700.0},
        ),
        (
            "消法§24 agreed days in words",
            "quality_remedy",
            {"product_class": "lamp_shade", "nonconforming": True, "agreement": "30天质量问题包退"}
            | {"received_at": "2026-04-07", "request_at": "2026-05-06"},
            {"remedies": ["return", "exchange", "repair"]},
        ),
        (
            "消法§24 days to exchange are not days to return",
            "quality_remedy",
            {"product_class": "lamp_shade", "nonconforming": True, "agreement": "30天包换"}
            | {"received_at": "2026-04-07", "request_at": "2026-05-06"},
            {"decision": "needs_info", "missing": ["agreed_return_days"]},
        ),
        (
            "条例§7(2) not told",
            "quality_remedy",
            {"item": "freebie", "flaw_told": False},
            {"merchant_liable": True},
        ),
        (
            "民法典§202 an agreed term before the regulation",
            "quality_remedy",
            {"warranty_months": 24, "delivered_at": "2024-02-29"},
            {"warranty_end": "2026-02-28", "restarted": False},
        ),
        (
            "三包 repair days off the days used",
            "sanbao",
            {"product_class": "bicycle", "repairs_failed": 2, "same_model_in_stock": True, "wants": "return"}
            | {"invoice_price": 600, "days_used": 90, "repair_days": 10},
            {"depreciation": 24.0, "refund": 576.0},
        ),
        (
            "汽车三包§27 no fee under §23",
            "sanbao",
            {"product_class": "car", "warranty_start": "2026-07-01", "now": "2026-07-30", "km": 900}
            | {"event": "fuel_leak", "price": 120000},
            {"art23": True, "use_fee": 0.0, "refund": 120000.0},
        ),
        (
            "令121§16④ the last day of three years",
            "gov_complaint_admissibility",
            {"filed_at": "2026-06-15", "knew_at": "2023-06-15"},
            {"accept": True, "missing": ["materials", "identity", "purpose"]},
        ),
        (
            "令121§16 a fact that is not understood may be a ground",
            "gov_complaint_admissibility",
            {"filed_at": "2026-06-15", "knew_at": "2023-06-15", "respondent_exists": False},
            {"accept": None, "decision": "needs_info"},
        ),
        (
            "消法§24 the wrong colour does not conform",
            "quality_remedy",
            {"product_class": "jeans", "wrong_colour": True}
            | {"received_at": "2026-06-02", "request_at": "2026-06-04"},
            {"remedies": ["return", "exchange", "repair"], "return_freight": "merchant"},
        ),
        (
            "处罚办法§9② no address",
            "deadline",
            {"event": "return_address_not_given", "at": "2026-06-01"},
            {"deemed_refusal_from": "2026-06-17"},
        ),
    ],
)
def test_other_kinds(told, article, kind, facts, expected):
    same(told(kind, **facts), expected)


@pytest.mark.parametrize(
    ("article", "place", "kind", "facts", "expected"),
    [
        (
            "2011/83 art.18(1) an agreed day",
            "EU",
            "delivery_default",
            {"ordered": "2026-06-01", "agreed_date": "2026-06-20"},
            {"deliver_by": "2026-06-20"},
        ),
        (
            "2011/83 art.18(1) agreed days",
            "EU",
            "delivery_default",
            {"ordered": "2026-06-01", "agreed_days": 8, "country": "DE"},
            {"deliver_by": "2026-06-09"},
        ),
        (
            "2011/83 art.14(2) by another name",
            "EU",
            "refund_amount",
            {"goods": 70, "standard_delivery": 6, "value_diminished": 16},
            {"refund": 60.0},
        ),
        (
            "CCR reg.30 cancelled late",
            "UK",
            "withdrawal",
            {"delivered": "2026-06-01", "cancelled_on": "2026-06-16"},
            {"right": False},
        ),
        (
            "CCR reg.34(5) the trader collects",
            "UK",
            "refund_deadline",
            {"withdrawal_notice": "2026-06-01", "trader_collects": True},
            {"refund_due": "2026-06-15"},
        ),
        ("CRA s.28", "UK", "delivery_default", {"ordered": "2026-06-01"}, {"deliver_by": "2026-07-01"}),
        (
            "CCR reg.35",
            "UK",
            "return_deadline",
            {"withdrawal_notice": "2026-06-01"},
            {"send_back_by": "2026-06-15"},
        ),
        (
            "CRA s.22(6) days in repair",
            "UK",
            "reject_fault",
            {"delivered": "2026-06-01", "reject_on": "2026-07-05", "days_in_repair": 6},
            {"short_term_right": True, "last_day": "2026-07-07"},
        ),
        (
            "CRA s.24(5) one repair",
            "UK",
            "reject_fault",
            {"delivered": "2026-06-01", "reject_on": "2026-09-05", "repaired_once": True},
            {"next": "price_reduction_or_final_reject"},
        ),
        (
            "16 CFR 435.2 on credit",
            "US",
            "ship_deadline",
            {"order_complete": "2026-06-01", "credit_applied": True},
            {"ship_by": "2026-07-21"},
        ),
        (
            "16 CFR 435.1 third party",
            "US",
            "prompt_refund",
            {"method": "third_party_card"},
            {"working_days": 7},
        ),
    ],
)
def test_other_places(told, article, place, kind, facts, expected):
    same(told(kind, jurisdiction=place, **facts), expected)


def test_measures_17_a_bundle_that_was_cut_short_is_settled_by_what_was_paid(told):
    kept_back = {"deducted_for": "promotion", "promo": "套装价150", "list_total": 200, "returned_list": 90}
    decision = told("deduction", **kept_back, order_paid=150, refunded_amount=30)
    assert (decision["refund"], decision["shortfall"]) == (40.0, 10.0)
