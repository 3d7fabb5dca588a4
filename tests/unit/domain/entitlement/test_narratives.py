"""The thirty common narratives and four beside them; every limit on its last day and on the next."""

from typing import Any

import pytest

from csdesk.domain.entitlement.decision import BadFacts, Decision
from csdesk.domain.entitlement.kinds import COMMON, RULES, decide, fields_of, kinds_of, shapes
from tests.unit.domain.entitlement.narratives import NARRATIVES, Narrative

# Without its fact the question is not open but another one: domestic goods, goods about which nothing was said.
OPENS = {"吊牌剪了": "intact", "口红试色": "intact", "跨境奶粉退货": "intact"}


def test_there_are_thirty_and_four():
    assert len({narrative.name for narrative in NARRATIVES}) == 34


@pytest.mark.parametrize("narrative", NARRATIVES, ids=lambda narrative: narrative.name)
def test_a_narrative_with_all_its_facts_is_decided_by_its_articles(told, narrative: Narrative):
    decision = told(narrative.kind, **narrative.facts)
    assert (decision["decision"], decision["reason"]) == (narrative.outcome, narrative.reason)
    assert set(narrative.articles) <= {article["id"] for article in decision["articles"]}
    assert {due["name"]: due["day"] for due in decision["deadlines"]}.items() >= narrative.due.items()
    assert {name: decision.get(name) for name in narrative.answers} == narrative.answers
    assert tuple(decision.get("remedies", ())) == narrative.remedies or not narrative.remedies
    assert decision["unknown"] == []


@pytest.mark.parametrize("narrative", NARRATIVES, ids=lambda narrative: narrative.name)
def test_a_narrative_without_the_fact_that_decides_it_asks_for_it(decided, narrative: Narrative):
    facts = {name: value for name, value in narrative.facts.items() if name != narrative.decisive}
    decision = decided(narrative.kind, **facts)
    assert decision.outcome == "needs_info"
    assert OPENS.get(narrative.name, narrative.decisive) in decision.missing


@pytest.mark.parametrize(
    ("article", "kind", "facts", "last", "after"),
    [
        (
            "处罚办法§9(1) 15 days without a return address",
            "handling",
            {"duty": "return_address", "request_at": "2026-03-05", "address_given": False},
            ("2026-03-20T23:59:59+08:00", "ok"),
            ("2026-03-21T00:00:00+08:00", "deemed_refusal"),
        ),
        (
            "七日办法§13 7 days to refund",
            "handling",
            {"duty": "refund", "goods_back_at": "2026-03-05T23:59:59+08:00", "refunded": False},
            ("2026-03-12T23:59:59+08:00", "not_yet_due"),
            ("2026-03-13T00:00:00+08:00", "refund_overdue"),
        ),
        (
            "处罚办法§9(4) 15 days without a refund",
            "handling",
            {"duty": "refund", "goods_back_at": "2026-03-05", "refunded": False},
            ("2026-03-20T23:59:59+08:00", "refund_overdue"),
            ("2026-03-21T00:00:00+08:00", "deemed_refusal"),
        ),
        (
            "处罚办法§8(2) 15 days without a refund for quality",
            "handling",
            {
                "duty": "refund",
                "goods_back_at": "2026-03-09",
                "request_at": "2026-03-05",
                "refunded": False,
                "nonconforming": True,
            },
            ("2026-03-20T23:59:59+08:00", "ok"),
            ("2026-03-21T00:00:00+08:00", "deemed_refusal"),
        ),
        (
            "处罚办法§8(2) 15 days of putting off",
            "handling",
            {"duty": "answer", "request_at": "2026-03-05", "answered": False},
            ("2026-03-20T23:59:59+08:00", "not_yet_due"),
            ("2026-03-21T00:00:00+08:00", "deemed_refusal"),
        ),
        (
            "电商法§20 promised delivery",
            "delivery",
            {"delivery_problem": "stalled", "promised_by": "2026-03-12"},
            ("2026-03-12T23:59:59+08:00", "not_yet_due"),
            ("2026-03-13T00:00:00+08:00", "delivery_overdue"),
        ),
    ],
)
def test_a_limit_holds_to_the_last_second_of_its_day(told, article, kind, facts, last, after):
    for now, reason in (last, after):
        assert (article, told(kind, now=now, **facts)["reason"]) == (article, reason)


@pytest.mark.parametrize(
    ("article", "kind", "facts", "name", "before", "after"),
    [
        (
            "快递暂行条例§28 7 days",
            "delivery",
            {"delivery_problem": "lost", "lost_confirmed": True, "courier_complained_at": "{}"},
            "courier_reply_due",
            ("2026-03-05T23:59:59+08:00", "2026-03-12"),
            ("2026-03-06T00:00:00+08:00", "2026-03-13"),
        ),
        (
            "个人信息保护法§50 policy of 15 working days",
            "personal_data",
            {"data_request": "copy", "identity_verified": True, "request_at": "{}"},
            "respond_due",
            ("2026-03-05T23:59:59+08:00", "2026-03-26"),
            ("2026-03-06T00:00:00+08:00", "2026-03-27"),
        ),
        (
            "网络安全事件报告办法 4 hours",
            "personal_data",
            {"data_request": "leak", "leak_found": True, "incident_level": "larger", "found_at": "{}"},
            "authority_report_due",
            ("2026-03-05T20:00:00+08:00", "2026-03-05"),
            ("2026-03-05T20:00:01+08:00", "2026-03-06"),
        ),
        (
            "处罚办法§10(2) 15 days after a prepaid refund was asked",
            "prepaid_closed",
            {"paid": 100, "consumed_value": 10, "request_at": "{}"},
            "deemed_refusal_from",
            ("2026-03-05T23:59:59+08:00", "2026-03-21"),
            ("2026-03-06T00:00:00+08:00", "2026-03-22"),
        ),
        (
            "电商法§21 agreed days for a deposit",
            "deposit",
            {
                "deposit": 100,
                "goods_returned": True,
                "withheld_for": "none",
                "agreed_refund_days": 3,
                "request_at": "{}",
            },
            "refund_due",
            ("2026-03-05T23:59:59+08:00", "2026-03-08"),
            ("2026-03-06T00:00:00+08:00", "2026-03-09"),
        ),
    ],
)
def test_a_term_starts_with_the_day_of_its_event(told, article, kind, facts, name, before, after):
    for at, day in (before, after):
        stated = {fact: at if value == "{}" else value for fact, value in facts.items()}
        due = {due["name"]: due["day"] for due in told(kind, **stated)["deadlines"]}
        assert (article, due[name]) == (article, day)


@pytest.mark.parametrize(
    ("received", "outcome"), [("2026-03-12T23:59:59+08:00", "ineligible"), ("2026-03-13", "eligible")]
)
def test_food_may_be_sold_to_the_end_of_its_last_day_by_food_safety_law_34(told, received, outcome):
    facts = {"food_problem": "expired", "best_before": "2026-03-12", "defendant": "producer", "price": 30}
    assert told("food_safety", received_at=received, **facts)["decision"] == outcome


@pytest.mark.parametrize(
    ("reported", "burden"), [("2026-09-05T23:59:59+08:00", "merchant"), ("2026-09-06", None)]
)
def test_what_is_reported_in_six_months_was_found_in_them_by_consumer_law_23(told, reported, burden):
    decision = told("burden_of_proof", product_class="tv", received_at="2026-03-05", request_at=reported)
    assert decision.get("burden_of_proof") == burden
    assert ("defect_found_at" in decision["missing"]) is (burden is None)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"delivery_problem": "not_received", "signed_by": "consumer"}, "own_signature"),
        (
            {"delivery_problem": "not_received", "signed_by": "station", "proxy_consented": True},
            "delivered_as_agreed",
        ),
        ({"delivery_problem": "not_received", "goods_received": True}, "already_received"),
        ({"delivery_problem": "left", "proxy_consented": True}, "delivered_as_agreed"),
        (
            {"delivery_problem": "lost", "lost_confirmed": True, "buyer_chose_courier": True},
            "buyer_chose_courier",
        ),
    ],
)
def test_what_was_delivered_is_not_the_merchants_any_more(told, facts, reason):
    decision = told("delivery", **facts)
    assert (decision["decision"], decision["reason"]) == ("ineligible", reason)


def test_a_signature_that_nobody_can_show_is_read_in_two_ways(told):
    decision = told("delivery", delivery_problem="not_received", signed_by="unknown")
    assert (decision["decision"], decision["confidence"]) == ("eligible", "interpretation")
    assert [point["point"] for point in decision["contested"]] == ["delivery_proof"]


def test_a_late_parcel_that_was_urged_in_vain_may_be_given_up_by_civil_code_563(told):
    facts = {"delivery_problem": "stalled", "promised_by": "2026-11-10"}
    assert told("delivery", **facts)["remedies"] == ["trace", "perform"]
    assert told("delivery", urged=True, **facts)["remedies"] == ["reissue", "refund"]


@pytest.mark.parametrize(
    ("article", "facts", "shortfall"),
    [
        (
            "七日办法§12 not marked",
            {"deducted_for": "gift", "gift_returned": False, "gift_price_marked": False},
            50.0,
        ),
        ("七日办法§12 came back", {"deducted_for": "gift", "gift_returned": True}, 50.0),
        (
            "七日办法§12 marked",
            {
                "deducted_for": "gift",
                "gift_returned": False,
                "gift_price_marked": True,
                "gift_marked_price": 50,
            },
            0.0,
        ),
    ],
)
def test_a_gift_costs_what_was_marked_for_it(told, article, facts, shortfall):
    decision = told("deduction", deducted=50, **facts)
    assert decision["shortfall"] == shortfall
    assert (decision["decision"] == "eligible") is bool(shortfall)


@pytest.mark.parametrize(
    ("facts", "outcome", "payer"),
    [
        ({"nonconforming": True}, "eligible", "merchant"),
        ({"nonconforming": False, "merchant_free_return_shipping": True}, "eligible", "merchant"),
        ({"nonconforming": False, "merchant_free_return_shipping": False}, "ineligible", "consumer"),
    ],
)
def test_freight_beyond_its_insurance_by_consumer_law_24_and_25(told, facts, outcome, payer):
    decision = told("deduction", deducted_for="freight", freight_paid=20, insurance_paid=12, **facts)
    assert (decision["decision"], decision["payer"]) == (outcome, payer)


def test_a_promotion_that_does_not_add_up_is_a_fault(faults):
    facts = {"deducted_for": "promotion", "promo": "满200减40", "list_total": 220, "refunded_amount": 0}
    assert faults("deduction", returned_list=230, **facts) == [("returned_list", "does_not_add_up")]
    assert faults("deduction", returned_list=100, order_paid=170, **facts) == [
        ("order_paid", "does_not_add_up")
    ]


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"short_of": "gift", "gift_promised": True}, "eligible"),
        ({"short_of": "gift", "gift_promised": False}, "ineligible"),
        ({"short_of": "part", "part_listed": True}, "eligible"),
        ({"short_of": "part", "part_listed": False}, "ineligible"),
        ({"short_of": "contents", "missing_shown": True}, "eligible"),
        ({"short_of": "contents", "missing_shown": False}, "ineligible"),
        ({"short_of": "weight", "ordered_grams": 2500, "delivered_grams": 2000}, "eligible"),
        ({"short_of": "weight", "ordered_grams": 2500, "delivered_grams": 2500}, "ineligible"),
    ],
)
def test_what_was_named_beforehand_is_owed_by_consumer_law_48_and_regulation_12(told, facts, outcome):
    assert told("shortage", paid=50, **facts)["decision"] == outcome


def test_the_share_of_short_weight_and_of_an_empty_box(told):
    facts = {"ordered_grams": 2500, "delivered_grams": 2000}
    assert told("shortage", short_of="weight", paid=50, **facts)["refund"] == 10.0
    assert told("shortage", short_of="contents", missing_shown=True, paid=50)["refund"] == 50.0


@pytest.mark.parametrize(
    ("facts", "outcome", "liable"),
    [
        ({"order_state": "paid", "cancelled_by": "merchant"}, "eligible", True),
        ({"order_state": "paid", "cancelled_by": "consumer"}, "ineligible", False),
        ({"order_state": "paid", "cancelled_by": "consumer", "induced_to_cancel": True}, "eligible", True),
        ({"order_state": "cart", "cancelled_by": "merchant"}, "ineligible", False),
    ],
)
def test_an_order_stands_by_e_commerce_law_49(told, facts, outcome, liable):
    decision = told("order_cancelled", paid=60, **facts)
    assert (decision["decision"], decision["merchant_liable"]) == (outcome, liable)


@pytest.mark.parametrize(
    ("facts", "refund"),
    [
        ({"withheld_for": "unreasonable_condition"}, 300.0),
        ({"withheld_for": "damage", "damage_shown": False}, 300.0),
        ({"withheld_for": "damage", "damage_shown": True, "damage_amount": 80}, 220.0),
        ({"withheld_for": "damage", "damage_shown": True, "damage_amount": 800}, 0.0),
    ],
)
def test_a_deposit_by_e_commerce_law_21(told, facts, refund):
    decision = told("deposit", deposit=300, goods_returned=True, **facts)
    assert decision["refund"] == refund
    assert (decision["decision"] == "eligible") is bool(refund)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"reference_price": 260, "lowest_deal_7d": 260}, "ineligible"),
        ({"reference_price": 260.01, "lowest_deal_7d": 260}, "eligible"),
        ({"reference_price": 300, "no_deals_7d": True, "last_deal_price": 280}, "eligible"),
        ({"reference_price": 300, "reference_explained": True, "reference_true": True}, "ineligible"),
        ({"reference_price": 300, "reference_explained": True, "reference_true": False}, "eligible"),
        ({"raised_before": True}, "eligible"),
        ({"raised_before": True, "no_intent_proven": True}, "ineligible"),
    ],
)
def test_reference_prices_by_price_marking_16_17_and_21(told, facts, outcome):
    assert told("price_comparison", price=200, **facts)["decision"] == outcome


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"food_problem": "foreign_matter", "knowing": False}, "ineligible"),
        ({"food_problem": "foreign_matter", "knowing": True}, "eligible"),
        ({"food_problem": "forged_date", "knowing": False}, "eligible"),
        ({"food_problem": "spoiled"}, "needs_info"),
    ],
)
def test_an_operator_pays_tenfold_when_it_knew_by_food_safety_law_148(told, facts, outcome):
    decision = told("food_safety", defendant="operator", price=30, **facts)
    assert decision["decision"] == outcome
    assert decision["first_responder_duty"] is True


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        ({"data_request": "delete", "identity_verified": True, "must_be_kept": True}, "eligible", "kept_by_law"),
        ({"data_request": "delete", "identity_verified": True, "must_be_kept": False}, "eligible", "ok"),
        ({"data_request": "close_account", "identity_verified": False}, "ineligible", "identity_not_verified"),
        ({"data_request": "correct", "identity_verified": True, "data_wrong": False}, "ineligible", "data_is_right"),
        ({"data_request": "explain", "identity_verified": True}, "eligible", "ok"),
        ({"data_request": "withdraw_consent"}, "eligible", "ok"),
        ({"data_request": "stop_marketing"}, "eligible", "ok"),
    ],
)  # fmt: skip
def test_rights_over_data_by_personal_information_law_15_and_44_to_50(told, facts, outcome, reason):
    decision = told("personal_data", request_at="2026-03-05", **facts)
    assert (decision["decision"], decision["reason"]) == (outcome, reason)
    assert decision["respond_due"] == "2026-03-26"


def test_a_sooner_promise_caps_the_answer_to_a_data_request(told):
    facts = {"data_request": "access", "identity_verified": True, "request_at": "2026-03-05"}
    assert told("personal_data", promised_days=5, **facts)["respond_due"] == "2026-03-10"
    assert told("personal_data", promised_days=60, **facts)["respond_due"] == "2026-03-26"


@pytest.mark.parametrize(
    ("facts", "outcome", "refer"),
    [
        ({"leak_found": False, "scam_contact": True}, "ineligible", "public_security"),
        ({"leak_found": True, "harm_avoided": True}, "eligible", None),
        ({"leak_found": True, "handler_proves_no_fault": True}, "eligible", None),
    ],
)
def test_leaks_by_personal_information_law_57_and_69(told, facts, outcome, refer):
    decision = told("personal_data", data_request="leak", loss=100, **facts)
    assert (decision["decision"], decision.get("refer")) == (outcome, refer)
    assert decision.get("notify_people", False) is (facts.get("leak_found") and not facts.get("harm_avoided"))
    assert ("damages" in decision) is (facts["leak_found"] and "handler_proves_no_fault" not in facts)


def test_a_large_incident_needs_its_instant(faults):
    facts = {"data_request": "leak", "leak_found": True, "incident_level": "larger"}
    assert faults("personal_data", found_at="2026-03-05", **facts) == [("found_at", "needs_an_instant")]


@pytest.mark.parametrize(
    ("kind", "facts", "outcome", "article"),
    [
        ("reviews", {"review_conduct": "deleted"}, "eligible", "e_commerce_law 39(2)"),
        ("reviews", {"review_conduct": "cashback"}, "eligible", "e_commerce_law 17"),
        ("reviews", {"review_conduct": "brushing"}, "eligible", "penalty_measures 6(4)"),
        ("reviews", {"review_conduct": "disclosure"}, "eligible", "personal_information_law 10"),
        ("off_platform", {"led_by": "merchant_staff"}, "eligible", "online_consumption_interpretation 5"),
        ("off_platform", {"led_by": "impostor"}, "ineligible", "personal_information_law 24(3)"),
        ("off_platform", {"led_by": "unknown"}, "needs_info", ""),
        ("product_marks", {"mark_missing": "maker"}, "eligible", "product_quality_law 27"),
        (
            "product_marks",
            {"mark_missing": "certification", "in_catalogue": True},
            "eligible",
            "certification_regulation",
        ),
        (
            "product_marks",
            {"mark_missing": "certification", "in_catalogue": False},
            "ineligible",
            "certification_regulation",
        ),
    ],
)
def test_conduct_that_the_law_forbids(told, kind, facts, outcome, article):
    decision = told(kind, **facts)
    assert decision["decision"] == outcome
    assert not article or article in {known["id"] for known in decision["articles"]}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"problem": "amount_mismatch", "captured": 120, "owed": 100}, "ok"),
        ({"problem": "amount_mismatch", "captured": 100, "owed": 100}, "nothing_overcharged"),
        ({"problem": "refund_not_arrived", "arrived": False}, "ok"),
        ({"problem": "refund_not_arrived", "arrived": True}, "refund_arrived"),
        ({"problem": "no_order", "captured": 0}, "nothing_captured"),
    ],
)
def test_payments_that_went_wrong_by_e_commerce_law_55(told, facts, reason):
    assert told("payment_anomaly", **facts)["reason"] == reason


def test_too_few_failed_repairs_do_not_hide_a_repair_that_takes_too_long(told):
    facts = {"product_class": "phone", "sent_repair_at": "2026-10-13", "cause": "repairer_own"}
    assert told("sanbao", repairs_failed=1, **facts)["remedies"] == ["exchange"]


def test_a_claim_that_is_not_shown_is_not_reckoned(told):
    decision = told("fraud_claim", ground="false_advertising", shown=False, price=300)
    assert (decision["decision"], decision["reason"]) == ("ineligible", "claim_not_shown")
    assert "additional" not in decision


def test_an_evaded_prepaid_refund_bears_punitive_damages_by_the_interpretation_23(told):
    facts = {"paid": 900, "months": 12, "months_elapsed": 4}
    assert told("prepaid_closed", **facts)["refund"] == 600.0
    assert told("prepaid_closed", evades_refund=True, **facts)["punitive_supported"] is True


@pytest.mark.parametrize("kind", kinds_of("CN"))
def test_a_question_tells_the_shape_of_each_of_its_facts(book, kind):
    told = shapes(book.packs["CN"], kind)
    rule = RULES.get(("CN", kind)) or RULES["", kind]
    assert set(told) == set(rule.fields)
    assert list(told)[-len(COMMON) :] == list(COMMON)
    assert all(shape.words for shape in told.values() if shape.name in ("word", "product_class"))
    assert not any(shape.words for shape in told.values() if shape.name in ("flag", "moment", "money"))
    assert fields_of("CN", kind) >= set(told)


SAMPLES: dict[str, Any] = {
    "flag": True,
    "moment": "2026-03-05",
    "money": "12.50",
    "count": 3,
    "rate": "0.005",
    "text": "满200减40",
    "record": {},
}


@pytest.mark.parametrize("kind", kinds_of("CN"))
def test_what_a_shape_offers_its_field_takes(book, kind):
    for name, shape in shapes(book.packs["CN"], kind).items():
        for value in shape.words or (SAMPLES.get(shape.name),):
            if name in ("kind", "jurisdiction", "currency", "country") or value is None:
                continue
            decision = decide({"kind": kind, "now": "2026-11-22", name: value}, book)
            faults = decision.errors if isinstance(decision, BadFacts) else ()
            assert [(error.field, error.code) for error in faults if error.code != "needs_an_instant"] == []


def test_a_question_that_a_pack_does_not_answer_has_no_shapes(book):
    assert shapes(book.packs["HK"], "no_reason_return") == {}
    assert fields_of("HK", "no_reason_return") == frozenset()
    assert isinstance(decide({"kind": "handling"}, book), Decision)
