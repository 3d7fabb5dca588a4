"""What the consumer is owed, in lines: a few for the case screen, all of it for the explanation."""

from collections.abc import Iterator
from datetime import date, timedelta

from csdesk.desk.law import wording
from csdesk.desk.law.basis import basis
from csdesk.desk.law.judging import Judged
from csdesk.desk.queries import VerdictView
from csdesk.desk.words import Words
from csdesk.domain.clocks.explain import Step
from csdesk.domain.entitlement.decision import BadFacts, Decision, Due, Ground
from csdesk.domain.entitlement.facts import FactError
from csdesk.domain.entitlement.pack import Article
from csdesk.domain.money import Money
from csdesk.domain.value import replace
from csdesk.tui import cells
from csdesk.tui.columns import SOON_MS
from csdesk.tui.screens.scene import folded
from csdesk.tui.summary import Line

# A sign beside the colour of each outcome, one cell in every terminal.
SIGNS = {
    "eligible": ("+", "good"), "must_refund": ("+", "good"), "ineligible": ("x", "bad"),
    "reject_quality_claim": ("x", "bad"), "needs_info": ("?", "soon"), "policy_dependent": ("~", "mark"),
    "computed": ("=", "text"),
}  # fmt: skip
CONTESTED = ("~", "mark")
# So many lines stand beside the request; the rest is one key away.
MOST = 5
CITED, DUES = 4, 2
# A law that came into force so shortly before the day it is applied to is named with that day.
NEW = timedelta(days=366)
# The outcome says as much.
_PLAIN = ("ok", "missing_facts")


def contested(decision: Decision) -> bool:
    """Whether the answer turns on a point that is read in two ways."""
    return bool(decision.contested) and decision.confidence == "interpretation"


def sign(decision: Decision) -> tuple[str, str]:
    """The sign of a decision and its colour."""
    settled = decision.outcome in ("eligible", "ineligible", "must_refund", "reject_quality_claim")
    return CONTESTED if settled and contested(decision) else SIGNS.get(decision.outcome, (" ", "text"))


def sure(decision: Decision, words: Words) -> str:
    """How sure it is: by law, by agreement, by policy, or read in two ways."""
    return words(f"sure.{'contested' if contested(decision) else decision.confidence}")


def verdict(decision: Decision, words: Words) -> Line:
    """The decision in one line: sign, what was asked, the outcome, why, how sure."""
    mark, how = sign(decision)
    line: Line = [
        (f"{mark} ", how),
        (words.code("term", decision.kind), "strong"),
        (f"  {words.code('verdict', decision.outcome)}", how),
    ]
    if decision.reason not in _PLAIN:
        line.append((f"  {words.code('term', decision.reason)}", "text"))
    return [*line, (f"  {sure(decision, words)}", "mark" if contested(decision) else "quiet")]


def faulty(found: BadFacts, words: Words) -> Line:
    """That facts exclude each other, and which."""
    return [("! ", "bad"), (words("verdict.faulty"), "bad"), (f"  {fault(found.errors[0], words)}", "text")]


def fault(error: FactError, words: Words) -> str:
    """Why a fact cannot be used, facts called by their names."""
    named = {name: words.code("term", str(value)) if name == "other" else value for name, value in error.args}
    field = words.code("term", error.field)
    if error.code in _HERE:
        return words(f"verdict.fault.{error.code}", **{**named, "field": field})
    return cells.safe(words(f"fault.{error.code}", **{**named, "field": field}))


# Faults whose usual wording tells what a script must write.
_HERE = ("not_a_day", "no_zone", "not_a_flag")


def section(view: VerdictView, words: Words, now: int, width: int) -> list[Line]:
    """At most five lines: verdict, other lines of goods, what is missing, basis, remedies and money, deadlines."""
    judged = view.judged
    if view.hidden:
        return _cropped([("? ", "soon"), (words("practice.hidden"), "soon")], width)
    if judged is None:
        return []
    which: Line = []
    if len(view.lines) > 1:
        which = [(f"{words('verdict.line', line=judged.line)}  ", "accent")]
    if isinstance(judged.decision, BadFacts):
        return _cropped([*which, *faulty(judged.decision, words)], width)
    decision = judged.decision
    lines = folded([*which, *verdict(decision, words)], width, 2)
    if view.yours:
        lines = [*_cropped(_yours(view.yours, words), width), *lines]
    told = (_others(view, judged, words), _missing(decision, words), _basis(decision, words),
            _owed(decision, words), _dues(decision, words, now))  # fmt: skip
    lines += [row for line in told if line for row in _cropped(line, width)]
    return lines[:MOST]


def _yours(yours: str, words: Words) -> Line:
    """On a practice desk: whether the first decision went with the verdict below."""
    mark, how = ("+", "good") if yours == "agrees" else ("x", "bad")
    return [(f"{mark} ", how), (words(f"practice.{yours}"), how)]


def _cropped(line: Line, width: int) -> list[Line]:
    """One line: what does not fit ends in a sign."""
    told: Line = []
    for text, how in line:
        short = cells.crop(text, max(width, 0))
        if short.strip() or not told:
            told.append((short, how))
        width -= cells.width(short)
        if short != text:
            break
    return [told]


def _label(words: Words, name: str) -> tuple[str, str]:
    return (f"  {words(f'verdict.{name}')} ", "quiet")


def _others(view: VerdictView, judged: Judged, words: Words) -> Line:
    """The outcomes of the other lines of goods, when one of them differs."""
    mine = next((outcome for line, outcome in view.lines if line == judged.line), "")
    if not any(outcome != mine for _, outcome in view.lines):
        return []
    told = words.between.join(
        words("verdict.line_is", line=line, outcome=words.code("verdict", outcome))
        for line, outcome in view.lines
        if line != judged.line
    )
    return [_label(words, "others"), (told, "soon")]


def _missing(decision: Decision, words: Words) -> Line:
    if not decision.missing:
        return []
    return [_label(words, "missing"), (words.terms(decision.missing), "soon")]


def _basis(decision: Decision, words: Words) -> Line:
    """The weightiest articles; those whose days decide which text applies with their days, after the others."""
    found = basis(decision)[:CITED]
    dated = [told for article in found if (told := _dated(article, decision, words))]
    plain = [article.id for article in found if not _dated(article, decision, words)]
    told = words.between.join([*([words.cites(plain, CITED)] if plain else []), *dated])
    return [_label(words, "basis"), (told, "text")] if told else []


def _dated(article: Article, decision: Decision, words: Words) -> str:
    """A short citation with the day its text came into force or left it, where that is near; else ""."""
    told = words.cite(article.id)
    if article.effective_to is not None:
        return words("verdict.until", article=told, day=article.effective_to)
    new = decision.on - article.effective_from <= NEW
    return words("verdict.since", article=told, day=article.effective_from) if new else ""


def _owed(decision: Decision, words: Words) -> Line:
    """What the consumer may have, the money, who pays the freight."""
    line: Line = []
    if decision.remedies:
        line += [_label(words, "may"), (words.terms(decision.remedies), "text")]
    money = decision.amounts
    if money:
        told = "  ".join(
            f"{words.code('term', name)} {words.money(amount.minor, amount.currency)}"
            for name, amount in money.items()
        )
        line += [_label(words, "money"), (told, "strong")]
    if decision.payer:
        line += [_label(words, "freight"), (_payer(decision, words), "text")]
    return line


def _payer(decision: Decision, words: Words) -> str:
    return words("verdict.pays", payer=words.code("term", decision.payer))


def _dues(decision: Decision, words: Words, now: int) -> Line:
    """The deadlines to come, the nearest first; those that are over only where nothing is granted for it."""
    coming = sorted(
        (d for d in decision.deadlines if d.deadline.due_ms > now), key=lambda d: d.deadline.due_ms
    )
    line: Line = []
    denied = decision.outcome in ("ineligible", "reject_quality_claim")
    for due in coming[:DUES] or (decision.deadlines[-1:] if denied else ()):
        gap = "  " if line else ""
        line += [(f"{gap}{words.code('term', due.name)} {due.day:%m-%d} ", "text"), left(due, words, now)]
    return [_label(words, "due"), *line] if line else []


def left(due: Due, words: Words, now: int) -> tuple[str, str]:
    """How long still; a deadline that is over binds nobody any more."""
    if now >= due.deadline.due_ms:
        return (words("verdict.over"), "quiet")
    near = due.deadline.due_ms - now < SOON_MS
    return (f"{'~ ' if near else ''}{words.left(due.deadline.due_ms, now)}", "soon" if near else "quiet")


# The explanation


def explanation(judged: Judged, words: Words, now: int, width: int) -> list[Line]:
    """All of a decision: remedies, money, deadlines step by step, grounds with articles, readings, flags, pack."""
    decision = judged.decision
    if isinstance(decision, BadFacts):
        return _part(
            words("verdict.faults"), [(fault(error, words), "bad") for error in decision.errors], width
        )
    return [
        *_part(words("verdict.result"), list(_results(decision, words)), width),
        *_deadlines(decision, words, now, width),
        *_grounds(decision, words, width),
        *_readings(decision, words, width),
        *_part(
            words("verdict.flags"), [(f"! {told}", "soon") for told in wording.flags(decision, words)], width
        ),
        *_articles(decision, words, width),
        *_wrapped(_pack(decision, words), "quiet", width, 0),
    ]


def _pack(decision: Decision, words: Words) -> str:
    return words("decide.pack", pack=decision.pack, day=decision.on.isoformat())


def _part(title: str, told: list[tuple[str, str]], width: int) -> list[Line]:
    """A heading and its lines, with a gap after them; nothing when there are none."""
    if not told:
        return []
    lines: list[Line] = [[(title, "accent")]]
    for text, how in told:
        lines += _wrapped(text, how, width, 2)
    return [*lines, []]


def _wrapped(text: str, how: str, width: int, indent: int) -> list[Line]:
    room = width - indent
    return [[(" " * indent, "text"), (line, how)] for line in cells.wrap(cells.safe(text), room)]


def _results(decision: Decision, words: Words) -> Iterator[tuple[str, str]]:
    if decision.missing:
        yield f"{words('verdict.missing')} {words.terms(decision.missing)}", "soon"
    if decision.remedies:
        yield f"{words('verdict.may')} {words.terms(decision.remedies)}", "strong"
    if decision.payer:
        yield f"{words('verdict.freight')} {_payer(decision, words)}", "text"
    # Said already: who pays, and the days of the deadlines, which follow with how they were counted.
    days = {day for due in decision.deadlines for day in (due.day, due.deadline.raw_day)}
    for name, answer in decision.answers.items():
        if answer == decision.payer or (isinstance(answer, date) and answer in days):
            continue
        if isinstance(answer, str) and " " in answer and not words.has(f"term.{answer}"):
            continue  # a remark of the rules for scripts, in their own language; the grounds say it
        how = "strong" if isinstance(answer, Money) else "text"
        yield f"{words.code('term', name)} {wording.said(answer, words)}", how


def _deadlines(decision: Decision, words: Words, now: int, width: int) -> list[Line]:
    lines: list[Line] = []
    for due in decision.deadlines:
        told, how = left(due, words, now)
        lines += folded(
            [("  ", "text"), (wording.deadline(due, words), "strong"), (f"  {told}", how)], width, 4
        )
        for step in due.deadline.steps:
            lines += _wrapped(wording.line(step, words), "quiet", width, 4)
    return [[(words("verdict.due"), "accent")], *lines, []] if lines else []


def _grounds(decision: Decision, words: Words, width: int) -> list[Line]:
    # What they come to stands in the first line of the screen.
    told = [ground for ground in decision.grounds if ground.code != "verdict"]
    lines: list[Line] = []
    for n, ground in enumerate(told, 1):
        lines += _ground(n, ground, words, width)
    return [[(words("decide.grounds"), "accent")], *lines, []] if lines else []


def _ground(n: int, ground: Ground | Step, words: Words, width: int) -> list[Line]:
    lines = _wrapped(f"{n} {wording.line(ground, words)}", "text", width, 2)
    if isinstance(ground, Ground) and ground.articles:
        lines += _wrapped(words.cites(ground.articles, len(ground.articles)), "quiet", width, 4)
    return lines


def _readings(decision: Decision, words: Words, width: int) -> list[Line]:
    lines: list[Line] = []
    for point in decision.contested:
        told, followed, other = wording.readings(point, words)
        lines += [
            *_wrapped(told, "mark", width, 2),
            *_wrapped(followed, "text", width, 4),
            *_wrapped(other, "quiet", width, 4),
        ]
    return [[(words("verdict.readings"), "accent")], *lines, []] if lines else []


def _articles(decision: Decision, words: Words, width: int) -> list[Line]:
    """The laws by their full names, each with its articles and the days it is in force."""
    by_law: dict[str, list[Article]] = {}
    for article in basis(decision):
        by_law.setdefault(article.law, []).append(article)
    told = []
    for found in by_law.values():
        numbers = words.between.join(article.no for article in found if article.no)
        law = wording.cited(replace(found[0], no=numbers), words)
        told.append((words("verdict.since_long", article=law, day=found[0].effective_from), "text"))
    return _part(words("verdict.articles"), told, width)
