"""How a local desk answers what is asked of its library: articles and canned replies found, and filled."""

from datetime import date

from csdesk.desk import queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.days import today
from csdesk.desk.guards import GUARDS, Known
from csdesk.desk.knowing import known
from csdesk.desk.slots import Sheet, citations, fill
from csdesk.desk.words import LANGUAGES
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import slots
from csdesk.store import orders
from csdesk.store.library import DEFAULT_LANGUAGE
from csdesk.store.library_policies import SPARE, Hit

MOST_HITS = 200


@answers(q.SearchPolicies)
def search_policies(core: Core, ask: q.SearchPolicies) -> list[q.FoundArticle]:
    day, language = _day(core, ask.as_of), ask.language or DEFAULT_LANGUAGE
    limit, learned = min(ask.limit, MOST_HITS), core.policy.learns
    hits = core.store.policies.search(ask.text, day, language, limit, learned=learned)
    return [_found(hit) for hit in hits]


@answers(q.RefinePolicies)
def refine_policies(core: Core, ask: q.RefinePolicies) -> list[q.FoundArticle]:
    day, language = _day(core, ask.as_of), ask.language or DEFAULT_LANGUAGE
    limit, learned = min(ask.limit, MOST_HITS), core.policy.learns
    near = core.store.meanings.near(ask.text, limit + SPARE) if core.policy.semantic and limit > 0 else []
    if not near:
        return []
    hits = core.store.policies.search(ask.text, day, language, limit, learned=learned, near=near)
    return [_found(hit) for hit in hits]


@answers(q.ShowArticle)
def show_article(core: Core, ask: q.ShowArticle) -> q.FoundArticle:
    hit = core.store.policies.article(ask.article, _day(core, ""), ask.language or DEFAULT_LANGUAGE)
    if hit is None:
        raise Refused("bad_value", field="article", value=ask.article)
    return _found(hit)


@answers(q.SearchCanned)
def search_canned(core: Core, ask: q.SearchCanned) -> list[q.FoundCanned]:
    case = core.load(core.case_id(ask.case))[0] if ask.case else None
    facts = _known(core, case) if case else None
    told = {code: facts.holds(code) for code in GUARDS} if facts else {}
    against = frozenset(code for code, holds in told.items() if holds is False)
    holding = frozenset(code for code, holds in told.items() if holds)
    language = ask.language or spoken_by(core, case) or DEFAULT_LANGUAGE
    kind, state = (case.kind.value, case.state) if case else ("", "")
    hits = core.store.replies.search(
        ask.text, language, min(ask.limit, MOST_HITS), kind=kind, state=state,
        against=against, holding=holding, agent=core.me.id,
    )  # fmt: skip
    return [
        q.FoundCanned(
            id=hit.canned.external_id,
            shortcut=hit.canned.shortcut,
            title=hit.canned.title,
            body=hit.canned.body,
            slots=slots(hit.canned.body),
            articles=hit.canned.articles,
            fits=hit.fits,
            score=hit.score,
            spans=hit.spans,
            language=hit.canned.language,
            unmet=tuple(code for code in hit.canned.guards if code in against),
            unsure=_unsure(facts, hit.canned.guards),
        )
        for hit in hits
    ]


@answers(q.FillCanned)
def fill_canned(core: Core, ask: q.FillCanned) -> q.Filled:
    case, _ = core.load(core.case_id(ask.case))
    language = spoken_by(core, case) or ask.language or DEFAULT_LANGUAGE
    canned = core.store.replies.reply(ask.canned, language)
    if canned is None:
        raise Refused("bad_value", field="canned", value=ask.canned)
    spoken = canned.language if canned.language in LANGUAGES else DEFAULT_LANGUAGE
    text, missing = fill(Sheet.of(core, case, spoken, canned.articles), canned.body, dict(ask.values))
    facts = _known(core, case)
    unmet = tuple(code for code in canned.guards if facts.holds(code) is False)
    unsure = _unsure(facts, canned.guards)
    return q.Filled(
        canned.external_id, text, missing, canned.articles, canned.language, canned.guards, unmet, unsure
    )


def _known(core: Core, case: Case) -> Known:
    return known(
        core, case, orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
    )


def _unsure(facts: Known | None, guards: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in guards if facts is not None and facts.holds(code) is None)


def _found(hit: Hit) -> q.FoundArticle:
    article = hit.article
    return q.FoundArticle(
        id=article.external_id,
        law=article.law,
        article_no=article.article_no,
        title=article.title,
        text=article.text,
        effective_from=article.effective_from,
        effective_to=article.effective_to,
        in_force=hit.in_force,
        source=article.source,
        score=hit.score,
        spans=hit.spans,
        successor=hit.successor,
        language=article.language,
        chapter=article.chapter,
        confidence=article.confidence,
        citations=citations(article),
        note=article.note,
    )


def _day(core: Core, said: str) -> str:
    """The day asked about, else today in the desk's zone (ISO)."""
    if not said:
        return today(core)
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise Refused("bad_value", field="as_of", value=said) from None


def spoken_by(core: Core, case: Case | None) -> str:
    """The language in which the case's customer is answered, "" when that is not known."""
    known = core.store.people.open(case.customer) if case else None
    said = known.language.casefold().replace("_", "-") if known else ""
    if said.startswith("zh"):
        return "zh-Hant" if any(part in said for part in ("hant", "tw", "hk", "mo")) else "zh-Hans"
    return "en" if said.startswith("en") else case.language if case else ""
