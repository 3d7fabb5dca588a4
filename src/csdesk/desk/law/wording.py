"""A decision in words: verdict, money, deadlines, grounds with articles, both readings, what is missing."""

from collections.abc import Iterator, Mapping
from datetime import date

from csdesk.desk.words import Words
from csdesk.domain.clocks.explain import Step
from csdesk.domain.entitlement.decision import Answer, Contest, Decision, Due, Ground
from csdesk.domain.entitlement.facts import FactError
from csdesk.domain.entitlement.pack import Article
from csdesk.domain.money import Money

# Arguments that are codes: the catalogue words them as `term.<code>`. `names` are several, joined by commas.
_TERMS = frozenset(
    {
        "channel",
        "family",
        "ground",
        "how",
        "kind",
        "name",
        "nature",
        "outcome",
        "rate",
        "reason",
        "signal",
        "trace",
    }
)
_MOMENTS = frozenset({"at", "start", "end"})
# Minutes; nobody counts 2,880 of them.
HOUR = 60


def verdict(decision: Decision, words: Words) -> str:
    """The decision in one line: what was asked, the outcome, the reason, how sure."""
    return words(
        "decide.verdict",
        kind=words.code("term", decision.kind),
        outcome=words.code("term", decision.outcome),
        reason=words.code("term", decision.reason),
        confidence=words.code("term", decision.confidence),
    )


def explanation(decision: Decision, words: Words) -> Iterator[str]:
    """The whole decision, line by line; what belongs to a line above it is indented."""
    yield verdict(decision, words)
    if decision.missing:
        yield words("decide.missing", names=words.terms(decision.missing))
    if decision.remedies:
        yield words("decide.remedies", list=words.terms(decision.remedies))
    if decision.answers:
        yield words("decide.answers")
        for name, answer in decision.answers.items():
            yield f"  {words.code('term', name)}: {said(answer, words)}"
    yield from _deadlines(decision, words)
    yield words("decide.grounds")
    laws = {article.id: article for article in decision.articles}
    for n, ground in enumerate(decision.grounds, 1):
        yield f"  {n}. {_ground(ground, laws, words)}"
    if decision.contested:
        yield words("decide.contested")
        for point in decision.contested:
            told, followed, other = readings(point, words)
            yield from (f"  {told}", f"    {followed}", f"    {other}")
    yield from _notes(decision, words)


def fault(error: FactError, words: Words) -> str:
    """Why a fact cannot be used, in one sentence that names its field."""
    return words(f"fault.{error.code}", **{"field": error.field, **dict(error.args)})


def line(step: Ground | Step, words: Words) -> str:
    """One line of an explanation."""
    args = dict(step.args)
    if step.code == "minutes_from_instant" and not int(args["minutes"]) % HOUR:
        hours = int(args["minutes"]) // HOUR
        return words("step.hours_from_instant", start=_argument("start", args["start"], words), hours=hours)
    return words(f"step.{step.code}", **{name: _argument(name, value, words) for name, value in args.items()})


def cited(article: Article, words: Words) -> str:
    """The law by its name, with the article's number and the day it left force."""
    law = article.names.get(words.language) or article.names["en"]
    told = words("decide.article", law=law, no=article.no) if article.no else words("decide.law", law=law)
    return words("decide.ended", article=told, day=article.effective_to) if article.effective_to else told


def _ground(ground: Ground, laws: Mapping[str, Article], words: Words) -> str:
    told = line(ground, words)
    basis = "; ".join(cited(laws[id_], words) for id_ in ground.articles)
    return f"{told} 〔{basis}〕" if basis else told


def _argument(name: str, value: str | int, words: Words) -> str:
    if name == "names":
        return words.terms(str(value).split(", "))
    if name == "unit":
        return words.code("unit", str(value))
    if name == "zone" and words.has(f"zone.{value}"):
        return words(f"zone.{value}")
    if name in _TERMS:
        return words.code("term", str(value))
    if name in _MOMENTS and isinstance(value, int):
        return words.moment(value)
    return str(value)


def _deadlines(decision: Decision, words: Words) -> Iterator[str]:
    if not decision.deadlines:
        return
    yield words("decide.deadlines")
    for due in decision.deadlines:
        yield f"  {deadline(due, words)}"
        yield from (f"    {line(step, words)}" for step in due.deadline.steps)


def deadline(due: Due, words: Words) -> str:
    """A deadline with its day, and who set it."""
    basis = words.code("term", due.deadline.basis)
    return words("decide.due", name=words.code("term", due.name), day=due.day.isoformat(), basis=basis)


def readings(point: Contest, words: Words) -> tuple[str, str, str]:
    """A point that is read in more than one way: the point, the reading that was followed, the other."""
    values = dict(point.args)
    told = [words(f"contested.{point.point}.{reading}", **values) for reading in ("a", "b")]
    return (
        words(f"contested.{point.point}"),
        words("decide.reading_a", text=told[0]),
        words("decide.reading_b", text=told[1]),
    )


def flags(decision: Decision, words: Words) -> Iterator[str]:
    """What whoever shows the decision must know with it."""
    for flag in decision.flags:
        code, _, year = flag.rpartition("_") if flag.startswith("calendar_unconfirmed_") else (flag, "", "")
        yield words(f"decide.flag.{code}", year=year)


def _notes(decision: Decision, words: Words) -> Iterator[str]:
    yield from (f"! {told}" for told in flags(decision, words))
    if decision.unknown:
        yield words("decide.unknown", names=", ".join(decision.unknown))
    yield words("decide.pack", pack=decision.pack, day=decision.on.isoformat())


def said(answer: Answer, words: Words) -> str:
    """An answer of a decision: money with its sign, days, codes in words."""
    if isinstance(answer, bool):
        return words("decide.yes" if answer else "decide.no")
    if isinstance(answer, Money):
        return words.money(answer.minor, answer.currency)
    if isinstance(answer, date):
        return answer.isoformat()
    if isinstance(answer, tuple):
        return words.between.join(said(part, words) for part in answer)
    if isinstance(answer, Mapping):
        return " ".join(said(part, words) for part in answer.values())
    return words.code("term", str(answer)) if answer is not None else words("decide.no")
