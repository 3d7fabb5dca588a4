"""Admissibility of complaints to an authority, under the order of each day."""

import pytest

SOUND = {
    "filed_at": "2026-06-15",
    "knew_at": "2026-05-20",
    "materials": "complete",
    "identity": "verified",
    "purpose": "living_consumption",
}


@pytest.fixture
def filed(told):
    return lambda **facts: told("gov_complaint_admissibility", **{**SOUND, **facts})


def test_a_sound_complaint_is_accepted_by_order_121_16(filed):
    decision = filed()
    assert decision["accept"] is True
    days = {deadline["name"]: deadline["day"] for deadline in decision["deadlines"]}
    assert days["acceptance_decision_due"] == "2026-06-25"  # the Dragon Boat holiday, 19 June, is skipped


@pytest.mark.parametrize(
    ("article", "facts", "ground"),
    [
        ("令121§16①", {"competent": False}, "not_competent"),
        ("令121§16②", {"already_handled_by": "court"}, "already_handled"),
        ("令121§16③", {"purpose": "for_profit"}, "not_living_consumption"),
        ("令121§16③ no dispute", {"dispute_shown": False}, "no_dispute_shown"),
        ("令121§16④", {"knew_at": "2023-06-14"}, "over_three_years"),
        ("令121§16⑤", {"materials": "missing"}, "materials_missing"),
        ("令121§16⑤ false", {"materials": "forged"}, "materials_false"),
        ("令121§16⑥", {"identity": "impersonated"}, "impersonation"),
        ("令121§16⑥ refused", {"identity": "refuses_check"}, "identity_refused"),
    ],
)
def test_grounds_against_acceptance(filed, article, facts, ground):
    decision = filed(**facts)
    assert (decision["accept"], decision["ground"]) == (False, ground)


def test_three_years_to_the_day_are_in_time_by_order_121_16_4(filed):
    assert filed(knew_at="2023-06-15")["accept"] is True


def test_a_day_that_the_month_lacks_ends_on_its_last_by_civil_code_202(filed):
    assert filed(knew_at="2020-02-29", filed_at="2023-02-28")["accept"] is True
    assert filed(knew_at="2020-02-29", filed_at="2023-03-01")["ground"] == "over_three_years"


def test_order_20_knew_no_ground_of_identity(filed):
    assert filed(filed_at="2026-04-14", knew_at="2026-04-01", identity="refused")["accept"] is True
    assert filed(filed_at="2026-04-15", knew_at="2026-04-01", identity="refused")["accept"] is False


def test_a_complaint_with_a_report_is_split(told):
    decision = told("gov_complaint_admissibility", filed_at="2026-06-15", contains=["complaint", "report"])
    assert decision["split"] is True
    assert "split" not in told("gov_complaint_admissibility", **SOUND, contains="complaint")


def test_what_is_missing_is_named(told):
    decision = told("gov_complaint_admissibility", filed_at="2026-06-15", purpose="personal")
    assert decision["missing"] == ["knew_at", "materials", "identity"]
