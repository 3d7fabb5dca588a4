"""Deadlines by event, on both sides of every change of the law."""

import pytest


@pytest.fixture
def due(told):
    return lambda event, at, **facts: told("deadline", event=event, at=at, **facts)


@pytest.mark.parametrize(
    ("article", "event", "at", "answer", "day"),
    [
        ("消法§25(3)", "returned_goods_received", "2026-03-05", "refund_due", "2026-03-12"),
        ("民法典§203 over a Sunday", "returned_goods_received", "2026-03-08", "refund_due", "2026-03-16"),
        (
            "处罚办法§9④ over 15 days",
            "returned_goods_received_no_refund",
            "2026-03-05",
            "deemed_refusal_from",
            "2026-03-21",
        ),
        ("处罚办法§9①", "return_request_received", "2026-03-05", "deemed_refusal_from", "2026-03-21"),
        ("处罚办法§8②", "quality_remedy_requested", "2026-03-05", "deemed_refusal_from", "2026-03-21"),
        ("处罚办法§10(2)", "prepaid_refund_requested", "2026-03-05", "deemed_refusal_from", "2026-03-21"),
        (
            "条例§46(2) 7 working days",
            "gov_complaint_received",
            "2026-03-05",
            "acceptance_decision_due",
            "2026-03-16",
        ),
        (
            "令20§14 over National Day",
            "gov_complaint_received",
            "2023-09-28",
            "acceptance_decision_due",
            "2023-10-13",
        ),
        ("令20§21⑤ 45 working days", "gov_mediation_accepted", "2026-04-14", "mediation_end", "2026-06-18"),
        ("令121§23⑤ 60 days, rolled", "gov_mediation_accepted", "2026-04-15", "mediation_end", "2026-06-15"),
        ("令121§23⑤ 60 days", "gov_mediation_accepted", "2026-06-01", "mediation_end", "2026-07-31"),
        ("快递暂行条例§28", "courier_complaint_received", "2026-03-05", "courier_reply_due", "2026-03-12"),
        ("电商法§31 leap day", "transaction_completed", "2024-02-29", "retain_at_least_until", "2027-02-28"),
        (
            "电商法§31 never rolled",
            "transaction_completed",
            "2026-03-07",
            "retain_at_least_until",
            "2029-03-07",
        ),
        ("办法§20(2) livestream", "livestream_ended", "2024-05-06", "retain_at_least_until", "2027-05-06"),
        ("电商法§53(3) payment", "payment_completed", "2026-03-05", "retain_at_least_until", "2029-03-05"),
        ("电商法§16", "merchant_ceases_business", "2026-05-31", "public_notice_no_later_than", "2026-05-01"),
        ("电商法§34", "platform_rule_effective", "2026-05-31", "public_notice_no_later_than", "2026-05-24"),
        (
            "PIPL§50, App 15 working days",
            "privacy_request_received",
            "2026-03-05",
            "respond_due",
            "2026-03-26",
        ),
        ("家用汽车三包§28", "car_return_request_received", "2026-03-05", "reply_due", "2026-03-19"),
        ("家用汽车三包§28(2)", "car_return_request_received", "2026-03-05", "complete_due", "2026-04-02"),
        ("网络交易办法§30", "platform_sanction_decided", "2024-06-07", "publish_by", "2024-06-11"),
        ("网络交易办法§26", "merchant_info_changed", "2024-06-06", "report_to_platform_by", "2024-06-12"),
        (
            "网络交易办法§26 7 working days",
            "merchant_info_change_reported",
            "2024-05-06",
            "platform_verified_published_by",
            "2024-05-14",
        ),
        (
            "民法典§202 six months",
            "merchant_identity_verified",
            "2024-08-31",
            "next_verification_by",
            "2025-02-28",
        ),
        ("网络交易办法§31", "merchant_left_platform", "2024-05-06", "identity_retain_until", "2027-05-06"),
        (
            "网络交易办法§18 five days before",
            "auto_renewal",
            "2025-03-17",
            "notice_no_later_than",
            "2025-03-12",
        ),
        (
            "海关公告45 30 days",
            "cbec_declaration_released",
            "2026-03-05",
            "customs_return_apply_by",
            "2026-04-04",
        ),
        ("海关公告45 45 days", "cbec_declaration_released", "2026-03-05", "goods_back_by", "2026-04-19"),
        ("民法典§145", "ratification_asked", "2026-03-04", "ratification_by", "2026-04-03"),
        ("民法典§564 leap day", "termination_ground_known", "2024-02-29", "terminate_by", "2025-02-28"),
        ("民法典§188", "product_harm_known", "2026-03-05", "limitation_end_civil_code", "2029-03-05"),
    ],
)
def test_what_an_event_sets_running(due, article, event, at, answer, day):
    assert due(event, at)[answer] == day


def test_appraisal_does_not_count_in_a_mediation_by_regulation_46_3(due):
    assert due("gov_mediation_accepted", "2026-06-01", appraisal_days=11)["mediation_end"] == "2026-08-11"


def test_a_material_change_of_platform_rules_is_told_15_days_before_by_order_116_12(due):
    decision = due("platform_rule_effective", "2026-05-31", material_change=True)
    assert decision["public_notice_no_later_than"] == "2026-05-16"


@pytest.mark.parametrize(("promised", "day"), [(None, "2026-03-26"), (7, "2026-03-12"), (60, "2026-03-26")])
def test_a_promise_to_answer_sooner_binds_and_a_later_one_does_not(due, promised, day):
    decision = due("privacy_request_received", "2026-03-05", promised_days=promised)
    assert decision["respond_due"] == day
    (deadline,) = decision["deadlines"]
    assert deadline["basis"] == ("promise" if promised == 7 else "policy")


def test_the_last_fixed_renewal_notice_was_before_the_amendment_of_2025(due):
    decision = due("auto_renewal", "2025-03-18")
    assert (decision["notice_no_later_than"], decision["confidence"]) == ("2025-03-17", "interpretation")


def test_numbers_that_were_not_read_again_after_an_amendment_are_interpretation(due):
    assert due("platform_sanction_decided", "2025-03-17")["confidence"] == "statute"
    assert due("platform_sanction_decided", "2025-03-18")["confidence"] == "interpretation"


def test_a_rolled_deadline_shows_the_day_before_rolling(due):
    decision = due("returned_goods_received", "2026-03-08")
    assert decision["raw_refund_due"] == "2026-03-15"


def test_both_readings_of_the_limitation_are_shown(due):
    decision = due("product_harm_known", "2026-03-05")
    assert decision["limitation_end_product_law"] == "2028-03-05"
    assert decision["contested"][0]["point"] == "limitation"


def test_an_incident_is_reported_four_hours_from_its_instant(due, faults):
    decision = due("data_breach_found", "2026-03-05T21:30:00+08:00")
    assert decision["authority_report_due"] == "2026-03-06"
    assert faults("deadline", event="data_breach_found", at="2026-03-05") == [("at", "needs_an_instant")]


def test_a_statutory_clock_is_called_law_and_the_app_rules_policy(due):
    assert due("returned_goods_received", "2026-03-05")["deadlines"][0]["basis"] == "law"
    assert due("privacy_request_received", "2026-03-05")["deadlines"][0]["basis"] == "policy"


def test_every_deadline_explains_its_arithmetic(due):
    steps = [step["code"] for step in due("gov_complaint_received", "2025-12-31")["deadlines"][0]["steps"]]
    assert steps[0] == "start_day_not_counted"
    assert "makeup_day_counted" in steps
    assert steps[-1] == "ends_at_midnight"


def test_what_is_missing_is_named(told):
    assert told("deadline")["missing"] == ["event"]
    assert told("deadline", event="returned_goods_received")["missing"] == ["at"]
