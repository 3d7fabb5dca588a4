"""No-reason returns, test by test, with the article each rests on."""

import pytest

BASE = {
    "sale_channel": "online",
    "buyer": "consumer",
    "product_class": "general",
    "signed_at": "2026-03-05T11:00:00+08:00",
    "request_at": "2026-03-08T09:30:00+08:00",
    "intact": True,
}
UNSTATED = object()


@pytest.fixture
def returned(told):
    def run(**changes):
        facts = {name: value for name, value in {**BASE, **changes}.items() if value is not UNSTATED}
        return told("no_reason_return", **facts)

    return run


@pytest.mark.parametrize(
    ("article", "facts", "reason"),
    [
        ("消法§2 resale", {"buyer": "reseller"}, "not_consumer"),
        ("消法§25(1) bought in a shop", {"sale_channel": "offline_store"}, "not_remote_sale"),
        ("消法§25(1)① made to order", {"product_class": "custom_made"}, "excluded_custom_made"),
        ("消法§25(1)① own measures", {"individual_specification": True}, "excluded_custom_made"),
        ("消法§25(1)② fresh", {"product_class": "seafood"}, "excluded_fresh"),
        ("消法§25(1)③ downloaded", {"product_class": "digital_download"}, "excluded_digital_unsealed"),
        (
            "消法§25(1)③ unsealed",
            {"product_class": "software", "unsealed_by_consumer": True},
            "excluded_digital_unsealed",
        ),
        ("消法§25(1)④ newspapers", {"product_class": "newspapers"}, "excluded_periodical"),
        (
            "七日办法§7① confirmed",
            {"product_class": "cosmetics", "unsuitable_confirmed": "explicit_per_order"},
            "excluded_confirmed_unsuitable",
        ),
        (
            "七日办法§7② confirmed",
            {
                "product_class": "phone",
                "activated": False,
                "unsuitable_nature": "activation_or_trial_devalues",
                "unsuitable_confirmed": "explicit_per_order",
            },
            "excluded_confirmed_unsuitable",
        ),
        (
            "七日办法§7③ confirmed",
            {"defect_disclosed_at_sale": True, "unsuitable_confirmed": "explicit_per_order"},
            "excluded_confirmed_unsuitable",
        ),
        ("七日办法§8 not intact", {"intact": False}, "not_intact"),
        ("七日办法§8 parts missing", {"intact": UNSTATED, "accessories_missing": True}, "not_intact"),
        (
            "七日办法§9① seal broken",
            {"product_class": "food", "intact": UNSTATED, "seal_broken": True},
            "not_intact",
        ),
        (
            "七日办法§9② activated",
            {"product_class": "phone", "intact": UNSTATED, "activated": True},
            "not_intact",
        ),
        (
            "七日办法§9② mark altered",
            {"product_class": "electronics", "intact": UNSTATED, "ccc_mark_altered": True},
            "not_intact",
        ),
        (
            "七日办法§9③ label cut",
            {"product_class": "bags", "intact": UNSTATED, "label_cut": True},
            "not_intact",
        ),
        (
            "七日办法§9③ soiled",
            {"product_class": "home_textile", "intact": UNSTATED, "soiled": True},
            "not_intact",
        ),
    ],
)
def test_the_right_is_out(returned, article, facts, reason):
    decision = returned(**facts)
    assert (decision["decision"], decision["reason"]) == ("ineligible", reason)
    assert "human_on_request" in decision["flags"]
    assert decision["articles"]


@pytest.mark.parametrize(
    ("article", "facts"),
    [
        ("消法§25(1)③ still sealed", {"product_class": "dvd", "unsealed_by_consumer": False}),
        ("消法§25(1)① size and colour are no order", {"presale": True, "individual_specification": False}),
        (
            "法释2022-8§2 promise on fresh",
            {"product_class": "fruit", "merchant_promises_excluded_kind": True},
        ),
        (
            "条例§19(2) default tick",
            {"product_class": "phone", "unsuitable_confirmed": "default_ticked"},
        ),
        (
            "条例§19(2) page notice",
            {"product_class": "cosmetics", "unsuitable_confirmed": "page_notice_only"},
        ),
        ("条例§19(2) nothing on record", {"product_class": "underwear", "unsuitable_confirmed": "none"}),
        ("条例§19(3) box opened", {"intact": UNSTATED, "outer_box_opened": True}),
        (
            "七日办法§8(3) tried on",
            {"product_class": "shoes", "intact": UNSTATED, "tried_on": True, "tag_removed": False},
        ),
        (
            "七日办法§8(3) switched on",
            {"product_class": "camera", "intact": UNSTATED, "powered_on": True, "activated": False},
        ),
        (
            "七日办法§9① seal whole",
            {"product_class": "snacks", "intact": UNSTATED, "outer_box_opened": True, "seal_broken": False},
        ),
        ("法释2022-8§3 opened is no ground", {"merchant_refusal_ground": "已拆封不退"}),
        ("消法§25(1) television", {"sale_channel": "tv"}),
        ("七日办法§36 mail order", {"sale_channel": "mail_order"}),
        ("一般贸易 full domestic rules", {"import_mode": "general_trade"}),
    ],
)
def test_the_right_stands(returned, article, facts):
    decision = returned(**facts)
    assert (decision["decision"], decision["reason"]) == ("eligible", "ok")
    assert decision["remedies"] == ["return"]
    assert decision["return_freight"] == "consumer"


@pytest.mark.parametrize(
    ("article", "signed", "asked", "last", "outcome"),
    [
        (
            "办法§10 last second of day 7",
            "2026-03-05T11:00+08:00",
            "2026-03-12T23:59:59+08:00",
            "03-12",
            True,
        ),
        (
            "民法典§203(2) the next second",
            "2026-03-05T11:00+08:00",
            "2026-03-13T00:00:00+08:00",
            "03-12",
            False,
        ),
        ("day in Shanghai, not UTC", "2026-03-04T16:30Z", "2026-03-12T15:59:59Z", "03-12", True),
        ("midnight in Shanghai by UTC", "2026-03-04T16:30Z", "2026-03-12T16:00:00Z", "03-12", False),
        ("signed in the last minute", "2026-03-05T23:59+08:00", "2026-03-12T10:00+08:00", "03-12", True),
        ("民法典§203(1) Sunday rolls", "2026-03-08T10:00+08:00", "2026-03-16T23:59+08:00", "03-16", True),
        ("and no further", "2026-03-08T10:00+08:00", "2026-03-17T00:00+08:00", "03-16", False),
        ("over the Spring Festival", "2026-02-09T10:00+08:00", "2026-02-24T20:00+08:00", "02-24", True),
        ("make-up Saturday does not roll", "2026-02-21T10:00+08:00", "2026-02-28T20:00+08:00", "02-28", True),
        ("make-up Saturday is the last", "2026-02-21T10:00+08:00", "2026-03-01T00:00+08:00", "02-28", False),
    ],
)
def test_the_seven_days_end_at_midnight(returned, article, signed, asked, last, outcome):
    decision = returned(signed_at=signed, request_at=asked)
    assert decision["window_last_day"] == f"2026-{last}"
    assert decision["decision"] == ("eligible" if outcome else "ineligible")
    assert decision["reason"] == ("ok" if outcome else "expired")


def test_a_leap_day_counts_like_any_other(returned):
    decision = returned(signed_at="2024-02-23", request_at="2024-03-01")
    assert decision["raw_last_day"] == "2024-03-01"


def test_a_day_that_rolled_shows_both_readings(returned):
    decision = returned(signed_at="2026-03-08", request_at="2026-03-16")
    assert decision["raw_last_day"] == "2026-03-15"
    assert decision["confidence"] == "interpretation"
    assert decision["contested"] == [{"point": "roll", "raw": "2026-03-15", "rolled": "2026-03-16"}]
    assert "rolled_day" in decision["flags"]


def test_a_roll_that_nothing_turns_on_leaves_the_verdict_statutory(returned):
    decision = returned(signed_at="2026-03-08", request_at="2026-03-10")
    assert decision["confidence"] == "statute"
    assert decision["contested"]


def test_a_make_up_day_as_the_last_is_noted(returned):
    decision = returned(signed_at="2026-02-21", request_at="2026-02-28")
    assert decision["calendar_note"] == "Sat 2026-02-28 is a make-up working day"


def test_an_unpublished_year_is_flagged_not_guessed(returned):
    decision = returned(signed_at="2026-12-28", request_at="2026-12-30", now="2026-12-31")
    assert decision["window_last_day"] == "2027-01-04"
    assert "calendar_unconfirmed_2027" in decision["flags"]


@pytest.mark.parametrize(
    ("promised", "asked", "last", "outcome", "confidence"),
    [
        (15, "2026-03-20", "2026-03-20", "eligible", "promise"),
        (15, "2026-03-21", "2026-03-20", "ineligible", "statute"),
        (15, "2026-03-10", "2026-03-20", "eligible", "statute"),
        (3, "2026-03-12", "2026-03-12", "eligible", "statute"),
    ],
)
def test_a_longer_promise_binds_by_regulation_12(returned, promised, asked, last, outcome, confidence):
    decision = returned(merchant_promise_days=promised, request_at=asked)
    assert (decision["decision"], decision["window_last_day"]) == (outcome, last)
    assert decision["confidence"] == confidence


def test_freight_agreed_on_is_the_merchants_by_law_25_3(returned):
    assert returned(merchant_free_return_shipping=True)["return_freight"] == "merchant"


def test_a_cross_border_import_depends_on_promise_or_policy(returned):
    decision = returned(import_mode="cbec_9610")
    assert (decision["decision"], decision["confidence"]) == ("policy_dependent", "interpretation")
    assert decision["contested"] == [{"point": "cbec_no_reason"}]


def test_a_promise_on_a_cross_border_import_gives_its_own_days(returned):
    promised = {"import_mode": "cbec_1210", "merchant_promise_days": 5, "request_at": "2026-03-10"}
    assert returned(**promised)["decision"] == "eligible"
    assert returned(**{**promised, "request_at": "2026-03-11"})["reason"] == "expired"


def test_a_shop_is_held_to_its_promise(returned):
    decision = returned(sale_channel="shop", merchant_promise_days=7)
    assert (decision["decision"], decision["confidence"]) == ("eligible", "promise")


def test_underwear_confirmed_as_unsuitable_is_an_interpretation(returned):
    decision = returned(product_class="underwear", unsuitable_confirmed="explicit_per_order")
    assert decision["reason"] == "excluded_confirmed_unsuitable"
    assert decision["confidence"] == "interpretation"


def test_a_parcel_left_without_consent_counts_from_its_collection(returned):
    left = {"left_without_consent": True, "request_at": "2026-03-14"}
    assert returned(**left)["missing"] == ["collected_at"]
    assert returned(**left, collected_at="2026-03-07")["decision"] == "eligible"


def test_a_defect_is_pointed_to_its_own_track(returned):
    assert "quality_track" in returned(nonconforming=True)["flags"]


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"signed_at": UNSTATED}, ["signed_at"]),
        ({"request_at": UNSTATED}, ["request_at"]),
        ({"intact": UNSTATED}, ["intact"]),
        ({"buyer": UNSTATED, "sale_channel": UNSTATED}, ["buyer", "sale_channel"]),
        ({"product_class": UNSTATED}, ["product_class"]),
        ({"product_class": "software"}, ["unsealed_by_consumer"]),
        ({"product_class": "food", "intact": UNSTATED, "outer_box_opened": True}, ["seal_broken"]),
        ({"unsuitable_nature": "activation_or_trial_devalues"}, ["unsuitable_confirmed"]),
        ({"unsuitable_confirmed": "explicit_per_order"}, ["unsuitable_nature"]),
    ],
)
def test_what_is_missing_is_named(returned, facts, missing):
    decision = returned(**facts)
    assert decision["decision"] == "needs_info"
    assert decision["missing"] == missing


def test_a_test_that_fails_decides_whatever_else_is_missing(returned):
    decision = returned(buyer=UNSTATED, intact=UNSTATED, request_at="2026-04-01")
    assert (decision["reason"], decision["missing"]) == ("expired", [])


def test_before_the_law_of_2014_there_was_no_such_right(returned):
    decision = returned(signed_at="2013-05-06", request_at="2013-05-08")
    assert (decision["decision"], decision["reason"]) == ("policy_dependent", "no_law_in_force")


def test_the_articles_are_those_of_the_day(told):
    facts = {**BASE, "signed_at": "2023-03-06", "request_at": "2023-03-08"}
    laws = {article["id"].split()[0] for article in told("no_reason_return", **facts)["articles"]}
    assert "consumer_rights_regulation" not in laws
    assert "no_reason_return_measures" in laws
