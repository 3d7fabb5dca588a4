"""Which question a case puts: every reason has its place, and a table that cannot be used says why."""

import subprocess
import sys
import tomllib
from datetime import UTC
from pathlib import Path

import pytest

from csdesk import resources
from csdesk.desk.law.packs import load_lawbook
from csdesk.desk.law.questions import NO_QUESTION, QuestionsError, question_of, read_questions, shipped
from csdesk.desk.law.wording import explanation
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases import kinds as _every_kind  # noqa: F401  (enters all machines)
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.kinds import decide, fields_of, kinds_of, shapes
from csdesk.domain.entitlement.pack import Lawbook
from tests.unit.domain.entitlement.narratives import NARRATIVES, Narrative

NOW_MS = 1_795_320_000_000  # 2026-11-22T12:00:00+08:00
STORIES = tomllib.loads(resources.path("data/seeds/stories.toml").read_text(encoding="utf-8"))["reason"]
GOOD = 'format = 1\n[[question]]\nkind = "return"\nreasons = ["tag_cut"]\nasks = "no_reason_return"\n'


@pytest.fixture(scope="module")
def book() -> Lawbook:
    return load_lawbook()


def test_every_reason_of_every_kind_has_its_place():
    reasons = {(kind.value, reason) for kind, machine in MACHINES.items() for reason in machine.reasons}
    # An incident is nobody's request: the law is asked in its members.
    reasons -= {(Kind.INCIDENT.value, reason) for reason in MACHINES[Kind.INCIDENT].reasons}
    reasons |= {(story["kind"], story["code"]) for story in STORIES}
    assert sorted(reasons - set(shipped())) == []


def test_what_a_story_implies_is_known_to_its_question_and_does_not_contradict_it():
    for story in STORIES:
        question, facts = shipped()[story["kind"], story["code"]], story.get("facts", {})
        assert set(facts) <= fields_of("CN", question.asks), story["code"]
        assert {name: facts[name] for name in facts if name in question.states}.items() <= (
            dict(question.states).items()
        )


@pytest.mark.parametrize(("place", "question"), [*shipped().items()], ids=lambda part: str(part)[:40])
def test_what_a_reason_states_can_be_decided_on(book, place, question):
    if place[0] == "inquiry":
        assert question == NO_QUESTION
    if question.asks:
        decision = decide({"kind": question.asks, **question.states}, book, now_ms=NOW_MS)
        assert isinstance(decision, Decision), decision
        assert decision.unknown == ()


def test_every_narrative_is_asked_by_the_reason_that_tells_it():
    told = [story for story in STORIES if story.get("narrative")]
    asked = {story["narrative"]: shipped()[story["kind"], story["code"]].asks for story in told}
    assert asked == {narrative.name: narrative.kind for narrative in NARRATIVES}


def test_a_reason_without_a_place_puts_no_question():
    assert question_of(Kind.RETURN, "eclipse") == NO_QUESTION
    assert question_of(Kind.RETURN, "tag_cut").states == {"tag_removed": True}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("format = 1", "format = 2", "format is 2; this csdesk reads 1"),
        ('kind = "return"', 'kind = "refunds"', "question 1 (refunds, ['tag_cut']): kind is one of inquiry"),
        ('["tag_cut"]', '"tag_cut"', "reasons is a list of reasons"),
        ('["tag_cut"]', '["tag_cut", "tag_cut"]', "reason tag_cut is there already; take one of the two out"),
        ('"no_reason_return"', '"no_reason"', 'asks is "" or one of no_reason_return, '),
        ('"no_reason_return"\n', '""\nstates = { intact = true }', "no question knows no fact intact"),
        (
            '"no_reason_return"\n',
            '"no_reason_return"\nstates = { tag = true }',
            "no_reason_return knows no fact tag; see csdesk decide",
        ),
        ('"no_reason_return"\n', '"no_reason_return"\nstates = 3', "states is a table of facts"),
        ("asks", "asked", "asked is not among asks, kind, reasons, states"),
        ("[[question]]", "[[questions]]", "there is no [[question]]"),
        ("format", "format = = ", "cannot be read as TOML"),
    ],
)
def test_a_table_that_cannot_be_used_says_why_in_one_sentence(tmp_path: Path, old, new, why):
    path = tmp_path / "questions.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(QuestionsError) as error:
        read_questions(path)
    assert str(error.value).startswith(f"{path}: ")
    assert why in str(error.value)
    assert "\n" not in str(error.value).replace("\\n", "")


def test_a_table_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(QuestionsError, match="cannot be read"):
        read_questions(tmp_path / "questions.toml")


def test_the_table_is_not_read_before_it_is_asked():
    code = "import csdesk.desk.law.questions as q; print(q.shipped.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_word_and_class_that_a_person_can_enter_is_worded(book, language):
    words, pack = Words(language, UTC), book.packs["CN"]
    names: set[str] = set()
    for kind in kinds_of("CN"):
        for name, shape in shapes(pack, kind).items():
            group = "class" if shape.name == "product_class" else "term"
            names |= {f"term.{name}", *(f"{group}.{word}" for word in shape.words)}
    assert len(names) > 500
    assert sorted(name for name in names if not words.has(name)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrative", NARRATIVES, ids=lambda narrative: narrative.name)
def test_a_narrative_is_told_in_words(book, narrative: Narrative, language):
    words = Words(language, UTC)
    decision = decide({"kind": narrative.kind, **narrative.facts}, book, now_ms=NOW_MS)
    assert isinstance(decision, Decision)
    codes = [f"step.{ground.code}" for ground in decision.grounds]
    said = (decision.outcome, decision.reason, *decision.remedies, *decision.answers)
    codes += [f"term.{code}" for code in said if not code.endswith("_ms")]
    assert [code for code in codes if not words.has(code)] == []
    text = "\n".join(explanation(decision, words))
    assert "{" not in text
    assert "…" not in text
