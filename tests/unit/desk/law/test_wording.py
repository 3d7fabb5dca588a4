"""Decisions in words: every code has words in three languages, and the lines say what was decided."""

import ast
from datetime import UTC
from pathlib import Path

import pytest

from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.law.wording import cited, explanation, fault, verdict
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain import entitlement
from csdesk.domain.clocks.explain import STEP_ARGS
from csdesk.domain.entitlement.decision import BadFacts, Decision
from csdesk.domain.entitlement.kinds import RULES, decide
from csdesk.domain.entitlement.pack import CONFIDENCE, Lawbook

NOW_MS = 1_795_320_000_000  # 2026-11-22T12:00:00+08:00
ROOM = Path(entitlement.__file__).parent
# Codes that the room puts together or keeps in a table.
THE = ("flag", "word", "day", "count", "money")
STEPS = {"car_art23", "car_not_art23", "payment_no_order", "payment_duplicate", "payment_unauthorised"}
STEPS |= {"return_freight_consumer", "return_freight_trader", "minor_void", "minor_ineffective", "verdict"}
STEPS |= {"no_intent_proven", "deal_price_lower_for_buyer", "rounding_only", "harmless_label_flaw"}
STEPS |= {"no_deception_proven", "knowing_buyer", "operator_did_not_know", "defect_not_known"}
STEPS |= {"national_term_binds", "agreed_term_binds", "invoice_price", "proven_price", "ship_default"}
STEPS |= {"sales_directed", "law_chosen", "general_trade"}


@pytest.fixture(scope="module")
def book() -> Lawbook:
    return load_lawbook()


@pytest.fixture(scope="module")
def decided(book):
    def run(kind: str, **facts: object) -> Decision:
        decision = decide({"kind": kind, **facts}, book, now_ms=NOW_MS)
        assert isinstance(decision, Decision), decision
        return decision

    return run


def calls(method: str) -> list[ast.Call]:
    """Every call of that method of the working paper, or of the facts (`facts.require`), in the room."""
    return [
        node
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (f"m.{method}", f"self.{method}")
    ]


def literals(node: ast.expr) -> set[str]:
    """The texts that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return literals(node.body) | literals(node.orelse) if isinstance(node, ast.IfExp) else set()


def said(name: str, at: int) -> set[str]:
    return {text for call in calls(name) for node in call.args[at : at + 1] for text in literals(node)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_worded(language):
    words = Words(language, UTC)
    codes = said("say", 0) | STEPS | set(STEP_ARGS)
    assert len(codes) > 200
    assert sorted(code for code in codes if not words.has(f"step.{code}")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_reason_answer_deadline_and_missing_fact_is_worded(language, book):
    words = Words(language, UTC)
    asked = [*calls("need"), *calls("lack"), *calls("facts.require")]
    asked += [call for kind in THE for call in calls(f"facts.the_{kind}")]
    needed = {name for call in asked for node in call.args for name in literals(node)}
    answers = {word.arg for call in calls("answer") for word in call.keywords if word.arg}
    terms = said("close", 0) | said("close", 1) | said("count", 0) | needed | answers | set(CONFIDENCE)
    terms |= {kind for _, kind in RULES}
    terms |= {due.answer for pack in book.packs.values() for dues in pack.events.values() for due in dues}
    terms |= set(book.packs["CN"].words["ground"].words)
    assert sorted(code for code in terms if not words.has(f"term.{code}")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_contested_point_and_fault_is_worded(language):
    words = Words(language, UTC)
    flags = {flag for flag in said("flag", 0) if not flag.startswith("calendar")}
    points = {f"contested.{point}{reading}" for point in said("contest", 0) for reading in ("", ".a", ".b")}
    keys = {f"decide.flag.{flag}" for flag in flags} | points
    assert points
    assert sorted(key for key in keys if not words.has(key)) == []


def test_the_lines_say_verdict_money_deadline_articles_and_readings(decided):
    decision = decided(
        "no_reason_return",
        sale_channel="online",
        buyer="consumer",
        product_class="general",
        signed_at="2026-03-08",
        request_at="2026-03-16",
        intact=True,
        colour="red",
    )
    lines = list(explanation(decision, Words("zh-Hans", UTC)))
    text = "\n".join(lines)
    assert (
        lines[0] == verdict(decision, Words("zh-Hans", UTC)) == "无理由退货：成立，符合条件（存在不同理解）"
    )
    assert "《中华人民共和国消费者权益保护法》第25(1)条" in text
    assert "采用：顺延到2026-03-16" in text
    assert "末日就是2026-03-15" in text
    assert "colour" in text
    assert "…" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_blank_stays_empty_in_any_language(decided, language):
    words = Words(language, UTC)
    shown = [
        decided("punitive_damages", ground="unsafe_food", defendant="shop", knowing=True, price=20, loss=90),
        decided("deadline", event="gov_mediation_accepted", at="2026-04-10", appraisal_days=3),
        decided("sanbao", product_class="phone", sold_at="2026-03-05", performance_fault_at="2026-03-15"),
        decided("prepaid", paid=900, consumed_value=100, gift_amount=90, cause="operator"),
        decided("no_reason_return"),
        decided("withdrawal", jurisdiction="EU", country="DE", delivered="2026-03-07", info_given=False),
    ]
    for decision in shown:
        text = "\n".join(explanation(decision, words))
        assert "…" not in text
        assert "{" not in text


def test_a_repealed_law_is_cited_with_its_last_day(decided):
    decision = decided("deadline", event="gov_mediation_accepted", at="2026-04-10")
    article = next(a for a in decision.articles if a.law == "complaint_measures_2019")
    assert cited(article, Words("en", UTC)).endswith("art. 21(5) (until 2026-04-14)")


def test_a_fault_is_one_sentence_that_names_its_field(book):
    bad = decide({"kind": "deadline", "event": "eclipse", "at": "2026-03-05T10:00:00"}, book, now_ms=NOW_MS)
    assert isinstance(bad, BadFacts)
    assert [fault(error, Words("en", UTC)) for error in bad.errors] == [
        "at: the time has no zone; write 2026-03-02T10:00:00+08:00"
    ]
