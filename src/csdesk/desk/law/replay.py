"""One case under two laws: what comes out differently, each difference by itself."""

from collections.abc import Iterator, Mapping

from csdesk.desk.law.judging import Bench, Judged
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order
from csdesk.domain.entitlement.decision import Answer, BadFacts, Decision
from csdesk.domain.value import dataclass

# What a line is worth whose facts one of the laws cannot use.
UNDECIDED = "bad_facts"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which two decisions differ; None where a decision does not say it.

    `part`: `outcome`, `reason`, `confidence`, `remedies`, `missing`, `articles`; `deadline` and `answer` have a `name`.
    """

    part: str
    name: str
    before: Answer
    after: Answer


def replayed(
    case: Case, order: Order | None, now: Bench, then: Bench
) -> Iterator[tuple[int, tuple[Difference, ...]]]:
    """The lines of a case (0: one without goods) that the two laws decide differently."""
    for line in [line.line for line in case.lines] or [0]:
        one, other = now.judge(case, order, line), then.judge(case, order, line)
        if told := tuple(_differences(one, other)):
            yield line, told


def _differences(one: Judged | None, other: Judged | None) -> Iterator[Difference]:
    before, after = _said(one), _said(other)
    days: list[tuple[Answer, Answer]] = []
    for part, name in dict.fromkeys((*before, *after)):
        was, is_now = before.get((part, name)), after.get((part, name))
        # Most deadlines are answers too, under another name: told once.
        if was == is_now or (part == "answer" and (was, is_now) in days):
            continue
        if part == "deadline":
            days.append((was, is_now))
        yield Difference(part, name, was, is_now)


def _said(judged: Judged | None) -> Mapping[tuple[str, str], Answer]:
    """What a person reads in a decision, each by itself; the pack's version is no part of the answer."""
    if judged is None:
        return {}
    decision: Decision | BadFacts = judged.decision
    if isinstance(decision, BadFacts):
        return {("outcome", ""): UNDECIDED, ("missing", ""): tuple(error.field for error in decision.errors)}
    told: dict[tuple[str, str], Answer] = {
        ("outcome", ""): decision.outcome,
        ("reason", ""): decision.reason,
        ("confidence", ""): decision.confidence,
        ("remedies", ""): decision.remedies,
        ("missing", ""): decision.missing,
    }
    told |= {("deadline", due.name): due.day for due in decision.deadlines}
    told |= {("answer", name): answer for name, answer in decision.answers.items()}
    told["articles", ""] = tuple(article.id for article in decision.articles)
    return told
