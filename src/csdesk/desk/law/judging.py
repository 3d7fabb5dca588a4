"""Decisions on a case: its facts, each with where it is from, put to the law; rulings for the verbs that decide."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Literal

from csdesk.desk.law.basis import basis
from csdesk.desk.law.case_facts import facts_for
from csdesk.desk.law.questions import Question, question_of
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.entitlement.decision import BadFacts, Decision
from csdesk.domain.entitlement.kinds import HOME, decide, plain_name, shapes
from csdesk.domain.entitlement.pack import Lawbook
from csdesk.domain.value import dataclass

Source = Literal["order", "stated", "instead"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision on one line of a case (0: a case without goods), with its facts and where each is from.

    `order`: what case and order tell; `stated`: what a person established; `instead`: supposed, and kept nowhere.
    """

    line: int
    facts: Mapping[str, object]
    sources: Mapping[str, Source]
    decided: Decision | None = None
    bad: BadFacts | None = None

    @property
    def decision(self) -> Decision | BadFacts:
        """The one of the two that there is."""
        found = self.decided or self.bad
        assert found is not None
        return found


def judged(
    line: int, facts: Mapping[str, object], sources: Mapping[str, Source], made: Decision | BadFacts
) -> Judged:
    """What was made of a line's facts."""
    if isinstance(made, Decision):
        return Judged(line, facts, sources, made)
    return Judged(line, facts, sources, bad=made)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case is judged by: the law as of `now` (UTC ms), and the desk's zone."""

    book: Lawbook
    zone: tzinfo
    now: int

    def judge(
        self, case: Case, order: Order | None, line: int = 0, instead: Mapping[str, object] | None = None
    ) -> Judged | None:
        """The decision on a line of a case (0: its first); None when the case puts no question to the law."""
        chosen = case.line(line) if line else next(iter(case.lines), None)
        number = chosen.line if chosen is not None else 0
        stated, instead = case.stated(number), instead or {}
        # Whoever states a kind puts another question than the case's own.
        kind = instead.get("kind") or stated.get("kind")
        question = Question(str(kind)) if kind else question_of(case.kind, case.reason)
        told = facts_for(question, case, order, chosen, self.zone, self.book.packs[HOME])
        # What a person says stands in place of what the order tells, whichever of its names either uses.
        stated = {plain_name(HOME, question.asks, name): value for name, value in stated.items()}
        instead = {plain_name(HOME, question.asks, name): value for name, value in instead.items()}
        told = {plain_name(HOME, question.asks, name): value for name, value in told.items()}
        facts = {**told, **stated, **instead}
        if not facts.get("kind"):
            return None
        if said := {**stated, **instead}:
            counts = self._counts(question)
            facts |= {name: _counted(value) for name, value in said.items() if name in counts}
        sources: dict[str, Source] = {
            **dict.fromkeys(told, "order"),
            **dict.fromkeys(stated, "stated"),
            **dict.fromkeys(instead, "instead"),
        }
        known = {name: value for name, value in facts.items() if value not in (None, "")}
        return judged(number, known, sources, self.decide(known))

    def _counts(self, question: Question) -> frozenset[str]:
        """The facts of a question that are whole numbers; people's facts are kept as text, so that 08 stays 08."""
        known = shapes(self.book.packs[HOME], question.asks)
        return frozenset(name for name, shape in known.items() if shape.name == "count")

    def decide(self, facts: Mapping[str, object]) -> Decision | BadFacts:
        """The decision on bare facts."""
        return decide(facts, self.book, now_ms=self.now)

    def rulings(self, case: Case, order: Order | None) -> tuple[Ruling, ...]:
        """What the law says on every line of a case; a line whose facts exclude each other has no ruling."""
        return tuple(self._rulings(case, order))

    def _rulings(self, case: Case, order: Order | None) -> Iterator[Ruling]:
        for line in [line.line for line in case.lines] or [0]:
            judged = self.judge(case, order, line)
            if judged is not None and isinstance(judged.decision, Decision):
                yield ruling(judged, judged.decision)


def ruling(judged: Judged, decision: Decision) -> Ruling:
    """A decision in short, as it is kept."""
    return Ruling(
        judged.line,
        decision.outcome,
        decision.reason,
        decision.confidence,
        tuple(article.id for article in basis(decision)),
        {name: _plain(value) for name, value in judged.facts.items()},
        decision.pack,
        decision.on.isoformat(),
    )


def _counted(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _plain(value: object) -> str | int | bool | None:
    return value if isinstance(value, str | int | bool) or value is None else str(value)
