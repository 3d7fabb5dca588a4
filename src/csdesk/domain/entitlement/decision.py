"""What a decision is: the outcome with its grounds, money, deadlines, articles, and how sure it is."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Union

from csdesk.domain.clocks.deadline import Deadline
from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement.facts import FactError
from csdesk.domain.entitlement.pack import Article, Confidence
from csdesk.domain.money import Money, exponent
from csdesk.domain.value import dataclass

# An answer under a name of the decisions' vocabulary: money in minor units here, days as dates. Which of them one is,
# no reader of JSON can tell from the type (`desk.wire` tells it from the value).
if TYPE_CHECKING:
    Answer = Union[bool, int, str, date, Money, None, tuple["Answer", ...], Mapping[str, "Answer"]]  # noqa: UP007
else:
    Answer = Any


@dataclass(frozen=True, slots=True)
class Ground:
    """One line of the explanation: what was found, and the articles (ids) that say so.

    The catalogue words it as `step.<code>`; days among the arguments are ISO strings, money is yuan and fen
    as text (12.50).
    """

    code: str
    args: tuple[tuple[str, Arg], ...] = ()
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline under its name; `day` is the day it speaks of: the last, or the first that is too late."""

    name: str
    day: date
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Contest:
    """A point that is read in more than one way: reading `a` was followed, `b` is the other.

    The catalogue words `contested.<point>`, `contested.<point>.a` and `.b` with the arguments.
    """

    point: str
    args: tuple[tuple[str, Arg], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One decided question. The same facts under the same pack always give an equal one.

    outcome: `eligible`, `ineligible`, `needs_info`, `policy_dependent` (no law decides: promise or policy
    does), `computed` (a number or a day was asked for), `must_refund` or `reject_quality_claim`. `answers`
    are the vocabulary of the question (`window_last_day`, `options`, …); `used`, `missing` and `unknown` are
    facts by name; `on` is the day whose law was applied; `pack` is the pack with its version.
    """

    kind: str
    jurisdiction: str
    outcome: str
    reason: str
    answers: Mapping[str, Answer]
    remedies: tuple[str, ...]
    payer: str
    deadlines: tuple[Due, ...]
    grounds: tuple[Ground, ...]
    articles: tuple[Article, ...]
    used: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    confidence: Confidence
    contested: tuple[Contest, ...]
    flags: tuple[str, ...]
    pack: str
    on: date

    @property
    def amounts(self) -> Mapping[str, Money]:
        """The answers that are money."""
        return {name: answer for name, answer in self.answers.items() if isinstance(answer, Money)}


@dataclass(frozen=True, slots=True)
class BadFacts:
    """Facts that cannot be decided on: every fault that was found, never empty."""

    kind: str
    errors: tuple[FactError, ...]


def plain(answer: Answer) -> object:
    """An answer as JSON has it: money in major units, days as text."""
    if isinstance(answer, Money):
        return answer.minor / 10 ** exponent(answer.currency)
    if isinstance(answer, date):
        return answer.isoformat()
    if isinstance(answer, tuple):
        return [plain(part) for part in answer]
    if isinstance(answer, Mapping):
        return {name: plain(part) for name, part in answer.items()}
    return answer


def as_json(decision: Decision) -> dict[str, object]:
    """The decision as one JSON object: the answers at the top level, beside everything that explains them."""
    told: dict[str, object] = {
        "kind": decision.kind,
        "jurisdiction": decision.jurisdiction,
        "decision": decision.outcome,
        "reason": decision.reason,
        "confidence": decision.confidence,
    }
    if decision.remedies:
        told["remedies"] = list(decision.remedies)
    if decision.payer:
        told["payer"] = decision.payer
    told |= {name: plain(answer) for name, answer in decision.answers.items()}
    told["missing"] = list(decision.missing)
    told["deadlines"] = [_due(due) for due in decision.deadlines]
    told["articles"] = [_article(article) for article in decision.articles]
    told["used"] = list(decision.used)
    told["unknown"] = list(decision.unknown)
    told["flags"] = list(decision.flags)
    told["contested"] = [{"point": point.point, **dict(point.args)} for point in decision.contested]
    told["steps"] = [
        {"code": ground.code, "args": dict(ground.args), "articles": list(ground.articles)}
        for ground in decision.grounds
    ]
    told["pack_version"] = decision.pack
    told["law_of"] = decision.on.isoformat()
    return told


def _due(due: Due) -> dict[str, object]:
    deadline = due.deadline
    return {
        "name": due.name,
        "day": due.day.isoformat(),
        "raw_last_day": deadline.raw_day.isoformat(),
        "last_day": deadline.rolled_day.isoformat(),
        "due_ms": deadline.due_ms,
        "basis": deadline.basis,
        "articles": list(deadline.articles),
        "steps": [{"code": step.code, "args": dict(step.args)} for step in deadline.steps],
    }


@cache
def _article(article: Article) -> dict[str, object]:
    """An article as JSON; a pack has few and decisions cite them over and over, so each is worded once."""
    return {
        "id": article.id,
        "law": article.names["zh-Hans"],
        "article": article.no,
        "effective_from": article.effective_from.isoformat(),
        "effective_to": article.effective_to.isoformat() if article.effective_to else None,
        "read": article.read,
    }
