"""The packs of the European Union, the United Kingdom, the United States, Taiwan and Hong Kong."""

import pytest


@pytest.mark.parametrize(
    ("article", "place", "facts", "last", "raw"),
    [
        ("CRD art. 9", "EU", {"country": "DE", "delivered": "2026-03-03"}, "2026-03-17", "2026-03-17"),
        (
            "Reg. 1182/71 Saturday",
            "EU",
            {"country": "DE", "delivered": "2026-03-07"},
            "2026-03-23",
            "2026-03-21",
        ),
        (
            "Reg. 1182/71 Labour Day",
            "EU",
            {"country": "FR", "delivered": "2026-04-17"},
            "2026-05-04",
            "2026-05-01",
        ),
        (
            "not a holiday in the Netherlands",
            "EU",
            {"country": "NL", "delivered": "2026-04-17"},
            "2026-05-01",
            "2026-05-01",
        ),
        (
            "art. 9(2)(b) last of an order",
            "EU",
            {"country": "IT", "deliveries": ["2026-03-02", "2026-03-03"], "one_order": True},
            "2026-03-17",
            "2026-03-17",
        ),
        (
            "art. 10(1) not informed",
            "EU",
            {"country": "DE", "delivered": "2026-03-03", "info_given": False},
            "2027-03-17",
            "2027-03-17",
        ),
        (
            "art. 10(2) informed late",
            "EU",
            {"country": "DE", "delivered": "2026-03-03", "info_given_on": "2026-07-06"},
            "2026-07-20",
            "2026-07-20",
        ),
        (
            "a member state stands for the Union",
            "DE",
            {"delivered": "2026-03-03"},
            "2026-03-17",
            "2026-03-17",
        ),
        ("CCR reg. 30, no roll", "UK", {"delivered": "2026-03-07"}, "2026-03-21", "2026-03-21"),
        (
            "CCR reg. 31 not informed",
            "GB",
            {"delivered": "2026-03-03", "info_given": False},
            "2027-03-17",
            "2027-03-17",
        ),
        ("消保法§19(1)", "TW", {"received": "2026-03-03"}, "2026-03-10", "2026-03-10"),
        ("民法§122 Sunday", "TW", {"received": "2026-03-08"}, "2026-03-16", "2026-03-15"),
        (
            "消保法§19(3) told late",
            "TW",
            {"received": "2026-03-03", "info_given_on": "2026-03-24"},
            "2026-03-31",
            "2026-03-31",
        ),
        (
            "消保法§19(3) four months at most",
            "TW",
            {"received": "2026-03-03", "info_given": False},
            "2026-07-03",
            "2026-07-03",
        ),
        (
            "消保法§19(3) told after that",
            "TW",
            {"received": "2026-03-03", "info_given_on": "2026-07-01"},
            "2026-07-03",
            "2026-07-03",
        ),
    ],
)
def test_the_last_day_to_withdraw(told, article, place, facts, last, raw):
    decision = told("withdrawal", jurisdiction=place, **facts)
    assert (decision["last_day"], decision["raw_last_day"]) == (last, raw)


@pytest.mark.parametrize(
    ("article", "place", "facts", "right"),
    [
        ("art. 16(c)", "EU", {"product_class": "custom_made"}, False),
        ("art. 16(d)", "EU", {"perishable": True}, False),
        ("art. 16(e) unsealed", "EU", {"product_class": "hygiene", "unsealed": True}, False),
        (
            "art. 16(e) sealed",
            "EU",
            {"product_class": "hygiene", "unsealed": False, "delivered": "2026-03-03"},
            True,
        ),
        ("art. 16(l)", "EU", {"product_class": "hotel"}, False),
        (
            "art. 16(m) all three",
            "EU",
            {
                "digital_content": True,
                "express_consent": True,
                "acknowledged_loss": True,
                "confirmation_sent": True,
            },
            False,
        ),
        (
            "art. 16(m) no confirmation",
            "EU",
            {
                "digital_content": True,
                "express_consent": True,
                "acknowledged_loss": True,
                "confirmation_sent": False,
            },
            True,
        ),
        ("in time", "EU", {"delivered": "2026-03-03", "withdrawn_on": "2026-03-17"}, True),
        ("a day late", "EU", {"delivered": "2026-03-03", "withdrawn_on": "2026-03-18"}, False),
        ("TW sent on the last day", "TW", {"received": "2026-03-03", "dispatched": "2026-03-10"}, True),
        ("TW sent a day late", "TW", {"received": "2026-03-03", "dispatched": "2026-03-11"}, False),
        (
            "TW written notice suffices",
            "TW",
            {"received": "2026-03-03", "notice_sent": "2026-03-10", "dispatched": "2026-03-12"},
            True,
        ),
        (
            "準則§2 told",
            "TW",
            {
                "received": "2026-03-03",
                "dispatched": "2026-03-05",
                "product_class": "newspaper",
                "told_in_advance": True,
            },
            False,
        ),
        (
            "準則§2 not told",
            "TW",
            {
                "received": "2026-03-03",
                "dispatched": "2026-03-05",
                "product_class": "newspaper",
                "told_in_advance": False,
            },
            True,
        ),
    ],
)
def test_the_right_to_withdraw(told, article, place, facts, right):
    country = {"country": "DE"} if place == "EU" else {}
    assert told("withdrawal", jurisdiction=place, **country, **facts)["right"] is right


@pytest.mark.parametrize(
    ("article", "place", "kind", "facts", "answer", "wanted"),
    [
        (
            "CRD art. 13(1)",
            "EU",
            "refund_deadline",
            {"country": "DE", "withdrawal_notice": "2026-03-11"},
            "refund_due",
            "2026-03-25",
        ),
        (
            "CRD art. 14(1)",
            "EU",
            "return_deadline",
            {"country": "DE", "withdrawal_notice": "2026-03-11"},
            "send_back_by",
            "2026-03-25",
        ),
        (
            "CRD art. 13(2)",
            "EU",
            "refund_amount",
            {"goods": 80, "standard_delivery": 4.9, "chosen_express": 12},
            "refund",
            84.9,
        ),
        ("CRD art. 14(2)", "EU", "refund_amount", {"goods": 80, "diminished_value": 15}, "refund", 65.0),
        ("CRD art. 14(1) told", "EU", "return_freight", {"told_consumer_bears": True}, "payer", "consumer"),
        (
            "CRD art. 14(1) not told",
            "EU",
            "return_freight",
            {"told_consumer_bears": False},
            "payer",
            "trader",
        ),
        (
            "CRD art. 14(1) offered",
            "EU",
            "return_freight",
            {"told_consumer_bears": True, "trader_offered_to_bear": True},
            "payer",
            "trader",
        ),
        (
            "art. 11a the day before",
            "EU",
            "withdrawal_function",
            {"contract_date": "2026-06-18", "online_interface": True},
            "button_required",
            False,
        ),
        (
            "art. 11a from its day",
            "EU",
            "withdrawal_function",
            {"contract_date": "2026-06-19", "online_interface": True},
            "button_required",
            True,
        ),
        (
            "CRD art. 18(1)",
            "EU",
            "delivery_default",
            {"country": "DE", "ordered": "2026-03-03"},
            "deliver_by",
            "2026-04-02",
        ),
        (
            "CCR reg. 34 goods",
            "UK",
            "refund_deadline",
            {"goods_back": "2026-03-11"},
            "refund_due",
            "2026-03-25",
        ),
        (
            "CCR reg. 34 proof came first",
            "UK",
            "refund_deadline",
            {"goods_back": "2026-03-11", "proof_of_sending": "2026-03-09"},
            "refund_due",
            "2026-03-23",
        ),
        (
            "CRA s. 19 six months",
            "UK",
            "burden_of_proof",
            {"delivered": "2026-01-15", "defect": "2026-07-15"},
            "burden",
            "trader",
        ),
        (
            "CRA s. 19 and a day",
            "UK",
            "burden_of_proof",
            {"delivered": "2026-01-15", "defect": "2026-07-16"},
            "burden",
            "consumer",
        ),
        ("消保法§19-2", "TW", "refund_deadline", {"goods_back": "2026-03-10"}, "refund_due", "2026-03-25"),
        (
            "16 CFR 435.2 stated",
            "US",
            "ship_deadline",
            {"order_complete": "2026-03-03", "stated_time_days": 10},
            "ship_by",
            "2026-03-13",
        ),
        (
            "16 CFR 435.2 default",
            "US",
            "ship_deadline",
            {"order_complete": "2026-03-03"},
            "ship_by",
            "2026-04-02",
        ),
        (
            "16 CFR 435.2(b)",
            "US",
            "delay",
            {"consent_given": False, "seller_cannot_ship": True},
            "must",
            ["notify", "offer_cancel_refund"],
        ),
        ("16 CFR 435.2(b) consent", "US", "delay", {"consent_given": True}, "must", ["ship_by_revised_date"]),
        ("16 CFR 435.1 cash", "US", "prompt_refund", {"method": "check"}, "working_days", 7),
        ("16 CFR 435.1 own credit", "US", "prompt_refund", {"method": "seller_credit"}, "billing_cycles", 1),
        ("no federal right", "US", "withdrawal", {"channel": "online"}, "federal_right", False),
        ("16 CFR 429 at the door", "US", "withdrawal", {"channel": "door_to_door"}, "federal_right", True),
        ("no statute", "HK", "withdrawal", {"channel": "online"}, "statutory_right", False),
    ],
)
def test_answers_of_each_pack(told, article, place, kind, facts, answer, wanted):
    assert told(kind, jurisdiction=place, **facts)[answer] == wanted


@pytest.mark.parametrize(
    ("article", "facts", "right", "last"),
    [
        ("CRA s. 22(3) day 30", {"reject_on": "2026-04-02"}, True, "2026-04-02"),
        ("CRA s. 22(3) day 31", {"reject_on": "2026-04-03"}, False, "2026-04-02"),
        (
            "CRA s. 22(6) repair pauses it",
            {"repair_asked": "2026-03-13", "repaired_back": "2026-03-23", "reject_on": "2026-04-12"},
            True,
            "2026-04-12",
        ),
        (
            "CRA s. 22(7) seven days are left",
            {"repair_asked": "2026-04-01", "repaired_back": "2026-04-20", "reject_on": "2026-04-27"},
            True,
            "2026-04-27",
        ),
    ],
)
def test_the_short_term_right_to_reject(told, article, facts, right, last):
    decision = told("reject_fault", jurisdiction="UK", delivered="2026-03-03", **facts)
    assert (decision["short_term_right"], decision["last_day"]) == (right, last)


@pytest.mark.parametrize(
    ("failed", "then"), [(0, "repair_or_replacement"), (1, "price_reduction_or_final_reject")]
)
def test_what_follows_the_short_term_right_by_cra_23_and_24(told, failed, then):
    late = {"delivered": "2026-03-03", "reject_on": "2026-05-04", "repairs_failed": failed}
    assert told("reject_fault", jurisdiction="UK", **late)["next"] == then


def test_the_weekend_rule_of_the_united_kingdom_is_shown_in_both_readings(told):
    decision = told("withdrawal", jurisdiction="UK", delivered="2026-03-07")
    assert decision["contested"] == [{"point": "no_roll", "raw": "2026-03-21", "rolled": "2026-03-23"}]


def test_without_the_country_only_weekends_are_known_and_flagged(told):
    decision = told("withdrawal", jurisdiction="EU", delivered="2026-03-07")
    assert decision["last_day"] == "2026-03-23"
    assert "calendar_unconfirmed_2026" in decision["flags"]


def test_where_policy_decides_the_confidence_says_so(told):
    decision = told("withdrawal", jurisdiction="HK", merchant_policy="14 days, unworn")
    assert (decision["decision"], decision["confidence"]) == ("policy_dependent", "policy")
