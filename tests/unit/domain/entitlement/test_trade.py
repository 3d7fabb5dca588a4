"""Refund without return, customs, earnest money, renewals, payments, and which law applies."""

import pytest


@pytest.mark.parametrize(
    ("article", "facts", "outcome", "when"),
    [
        ("not shipped", {"stage": "not_shipped"}, "eligible", "now"),
        ("电商法§20 on the road", {"stage": "in_transit"}, "eligible", "goods_back_or_lost"),
        ("电商法§20 lost", {"stage": "in_transit", "lost": True}, "eligible", "now"),
        ("merchant agrees", {"stage": "signed", "merchant_agrees": True}, "eligible", "now"),
        ("worthless, shown", {"stage": "signed", "rotten": True, "evidence": True}, "eligible", "now"),
        (
            "order 116 §27 not by force",
            {"stage": "signed", "merchant_agrees": False, "platform_forces": True},
            "ineligible",
            None,
        ),
        (
            "worthless, not shown",
            {"stage": "signed", "rotten": True, "evidence": False, "merchant_agrees": False},
            "ineligible",
            None,
        ),
    ],
)
def test_refund_without_return(told, article, facts, outcome, when):
    decision = told("refund_only", request_at="2026-03-05", paid=80, **facts)
    assert (decision["decision"], decision.get("refund_when")) == (outcome, when)


def test_signs_of_abuse_are_for_people_by_regulation_19_4(told):
    facts = {"stage": "signed", "merchant_agrees": True, "request_at": "2026-03-05"}
    plain, marked = told("refund_only", **facts), told("refund_only", **facts, evidence_reused=True)
    assert marked["decision"] == plain["decision"]
    assert "abuse_signal" in marked["flags"]


@pytest.mark.parametrize(
    ("applied", "back", "waived"),
    [
        ("2026-04-04", "2026-04-19", True),
        ("2026-04-05", "2026-04-19", False),
        ("2026-04-04", "2026-04-20", False),
    ],
)
def test_customs_terms_of_announcement_45_of_2020(told, applied, back, waived):
    decision = told(
        "customs_return",
        import_mode="cbec_1210",
        released_at="2026-03-05",
        return_applied_at=applied,
        goods_back_at=back,
    )
    assert decision["tax_waived"] is waived


def test_general_trade_has_no_customs_return(told):
    assert told("customs_return", import_mode="general_trade")["reason"] == "not_cross_border_retail"


@pytest.mark.parametrize(
    ("article", "earnest", "broke", "refund"),
    [
        ("民法典§587 merchant breaks", 200, "merchant", 400.0),
        ("民法典§587 consumer breaks", 200, "consumer", 0.0),
        ("民法典§587 performed", 200, "none", 200.0),
        ("民法典§586 20 % and one fen", 200.01, "consumer", 0.01),
        ("民法典§586 half of it", 500, "merchant", 700.0),
    ],
)
def test_earnest_money(told, article, earnest, broke, refund):
    decision = told("earnest_money", contract_price=1000, earnest=earnest, defaulted=broke)
    assert decision["refund"] == refund


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"noticed": False}, "eligible"),
        ({"noticed": True, "easy_cancel": True}, "ineligible"),
        ({"noticed": True, "easy_cancel": False}, "eligible"),
    ],
)
def test_renewals_by_regulation_10(told, facts, outcome):
    assert told("auto_renewal", charged=25, **facts)["decision"] == outcome


@pytest.mark.parametrize(
    ("facts", "bears"),
    [
        ({"problem": "captured_no_order"}, "payment_provider"),
        ({"problem": "duplicate_charge", "provider_not_cause": True}, "merchant"),
        ({"problem": "unauthorized"}, "payment_provider"),
        ({"problem": "unauthorized", "user_at_fault": True}, "user"),
    ],
)
def test_payments_by_e_commerce_law_55_and_57(told, facts, bears):
    assert told("payment_anomaly", amount=64, **facts)["bears_loss"] == bears


@pytest.mark.parametrize(
    ("facts", "law"),
    [
        ({"consumer_residence": "DE", "seller_directs_to": ["DE", "FR"], "chosen_law": "CN"}, "DE"),
        ({"consumer_residence": "CN", "import_mode": "general_trade"}, "CN"),
        ({"consumer_residence": "TW", "seller_directs_to": ["CN"], "contract_choice": "CN"}, "CN"),
        ({"consumer_residence": "US", "seller_directs_to": ["CN"]}, None),
    ],
)
def test_which_law_applies(told, facts, law):
    decision = told("jurisdiction", **facts)
    assert decision.get("applicable_law") == law
    assert ("human_on_request" in decision["flags"]) is (law is None)
