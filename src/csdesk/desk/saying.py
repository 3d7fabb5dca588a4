"""What is said to a customer, checked before it leaves: phrases, blanks, guards, other people's data, articles.

A finding of severity `block` stops the reply; `confirm` needs its name among the reply's `confirmed`; `warn` is
shown and stops nothing. Every door passes `cleared`, since `Core` calls it for each `Reply`.
"""

from collections.abc import Iterator

from csdesk.desk import knowing
from csdesk.desk import queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.days import today
from csdesk.desk.guards import CONFIRMED, Known
from csdesk.desk.persons import personal
from csdesk.desk.queries import Finding
from csdesk.desk.strip import marks
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.conversation import SLOT, Reply
from csdesk.domain.cases.persons import MINOR
from csdesk.domain.text import MARK, clean_line
from csdesk.domain.value import dataclass, replace
from csdesk.store import orders
from csdesk.store.library import DEFAULT_LANGUAGE

# More than any reply has; a text that is all phrases need not name each.
MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class Draught:
    """A reply to be checked, and the case it answers."""

    core: Core
    case: Case
    known: Known
    text: str
    canned: tuple[str, ...]
    articles: tuple[str, ...]
    language: str
    # For whoever may not read the case nothing tells whose a number or a name is.
    blind: bool = False


@answers(q.CheckReply)
def check_reply(core: Core, ask: q.CheckReply) -> list[Finding]:
    case, _ = core.load(core.case_id(ask.case))
    order = orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
    language = ask.language or DEFAULT_LANGUAGE
    known = knowing.known(core, case, order)
    blind = not reads(core, case)
    return findings(Draught(core, case, known, ask.text, ask.canned, ask.articles, language, blind))


def findings(draught: Draught) -> list[Finding]:
    """Everything found in a reply, what blocks it first, then by place."""
    ranks = {"block": 0, "confirm": 1, "warn": 2}
    found = [
        *_forbidden(draught),
        *_blanks(draught.text),
        *_guards(draught),
        *_guardian(draught),
        *personal(draught.core, draught.case, draught.text, blind=draught.blind),
        *_articles(draught),
    ]
    return sorted(found, key=lambda one: (ranks[one.severity], one.start))[:MOST_FINDINGS]


def cleared(core: Core, case: Case, order: Order | None, command: Reply) -> Reply:
    """The reply as it may leave, `confirmed` naming what had to be and was; else Refused with the first finding.

    Codes: `forbidden_phrase`, `slot_missing`, `guard_unmet`, `needs_confirming`.
    """
    known = knowing.known(core, case, order)
    canned = tuple(filter(None, (command.canned, *command.also)))
    found = findings(Draught(core, case, known, command.text, canned, command.articles, ""))
    for one in found:
        if one.severity == "block":
            raise refusal(one, found)
    wanted = tuple(dict.fromkeys(one.name for one in found if one.severity == "confirm"))
    if missing := [name for name in wanted if name not in command.confirmed]:
        raise Refused("needs_confirming", names=tuple(missing))
    return replace(command, confirmed=wanted)


def refusal(one: Finding, found: list[Finding]) -> Refused:
    """The refusal that a finding causes."""
    match one.code:
        case "forbidden_phrase":
            return Refused("forbidden_phrase", phrase=one.what, because=one.because, instead=one.instead)
        case "blank_slot":
            return Refused("slot_missing", slots=tuple(f.what for f in found if f.code == "blank_slot"))
        case _:
            return Refused("guard_unmet", canned=one.because, guard=one.what)


def _forbidden(draught: Draught) -> Iterator[Finding]:
    known = draught.core.store.forbidden
    for said in known.find(draught.text):
        rule, place = said.rule, said.found
        if any(draught.known.holds(guard) for guard in rule.unless):
            continue
        because = known.reason(rule.code, draught.language) if draught.language else rule.reason
        yield Finding(
            "forbidden_phrase",
            "block" if place.sure else "confirm",
            f"phrase.{rule.code}",
            place.start,
            place.end,
            _plainly(draught.text[place.start : place.end]),
            because,
            rule.instead,
            rule.unless,
        )


def _plainly(said: str) -> str:
    """A phrase as people would read it: without what hid it, words of Latin letters apart."""
    return (" " if said.isascii() else "").join(clean_line(said).text.replace(MARK, " ").split())


def _blanks(text: str) -> Iterator[Finding]:
    for slot in SLOT.finditer(text):
        yield Finding("blank_slot", "block", f"slot.{slot[1]}", slot.start(), slot.end(), slot[1])


def _guards(draught: Draught) -> Iterator[Finding]:
    """The guards of the canned replies that a text came from; one that the desk no longer has has none."""
    told: set[str] = set()
    for id_ in draught.canned:
        canned = draught.core.store.replies.reply(id_, draught.language or DEFAULT_LANGUAGE)
        for guard in canned.guards if canned else ():
            holds = draught.known.holds(guard)
            if holds or guard in told or canned is None:
                continue
            told.add(guard)
            code, severity = ("guard_unknown", "confirm") if holds is None else ("guard_unmet", "block")
            yield Finding(code, severity, CONFIRMED + guard, -1, -1, guard, canned.title)


def _guardian(draught: Draught) -> Iterator[Finding]:
    """Of a minor: what binds goes to the guardian, without whom most of it does not hold (民法典 §19, §145)."""
    if any(one.flag == MINOR for one in marks(draught.core, draught.case)):
        yield Finding("guardian", "confirm", "confirm.guardian", -1, -1, "")


def _articles(draught: Draught) -> Iterator[Finding]:
    """Cited articles that are not in force today; the law of the day of sale may still be the right one."""
    core = draught.core
    for id_ in draught.articles:
        hit = core.store.policies.article(id_, today(core), draught.language or DEFAULT_LANGUAGE)
        if hit is not None and not hit.in_force:
            article = hit.article
            name = f"《{article.law}》{article.article_no}"
            at = draught.text.find(name)
            place = (at, at + len(name)) if at >= 0 else (-1, -1)
            yield Finding("article_expired", "confirm", f"article.{id_}", *place, name, article.effective_to)
