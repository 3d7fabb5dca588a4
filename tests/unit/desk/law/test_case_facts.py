"""What a case already tells a decision, and what it leaves open."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from csdesk.desk.law.case_facts import facts_of
from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.kinds import HOME, decide
from tests.building import DeskFile, line

SHANGHAI = ZoneInfo("Asia/Shanghai")


def verdict(desk_file: DeskFile, reason: str, signed_at: int) -> Decision:
    core = desk_file.core("wang")
    number = desk_file.order(line(1, 9_900, "TEE", "白色圆领T恤"))
    opened = core.do(Open(Kind.RETURN, number, (LineQty(1, 1),), reason))
    view = core.ask(ShowCase(opened.number))
    order = replace(view.order, signed_at=signed_at) if view.order else None
    book = load_lawbook()
    facts = facts_of(view.case, order, view.case.lines[0], SHANGHAI, book.packs[HOME])
    decision = decide(facts, book, now_ms=core.now())
    assert isinstance(decision, Decision)
    return decision


def test_an_order_without_its_dates_needs_them_and_none_is_guessed(desk_file: DeskFile):
    decision = verdict(desk_file, "no_reason", signed_at=0)
    assert decision.outcome == "needs_info"
    assert "signed_at" in decision.missing


def test_a_parcel_signed_for_months_ago_is_past_the_seven_days(desk_file: DeskFile):
    months_ago = desk_file.core("wang").now() - 90 * 86_400_000
    decision = verdict(desk_file, "no_reason", signed_at=months_ago)
    assert (decision.outcome, decision.reason) == ("ineligible", "expired")


def test_a_claim_of_quality_is_judged_as_one_and_never_as_a_change_of_mind(desk_file: DeskFile):
    months_ago = desk_file.core("wang").now() - 90 * 86_400_000
    decision = verdict(desk_file, "quality", signed_at=months_ago)
    assert decision.kind == "quality_remedy"
    assert decision.reason != "expired"
