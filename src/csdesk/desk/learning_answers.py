"""How a local desk learns from chosen articles, and what it leaves out of a question so that it keeps no person."""

import re

from csdesk.desk import learning_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right
from csdesk.search import learned, normalise, tokens
from csdesk.store import library_taught
from csdesk.store.people import Customer

_HAN = "[\u3400-\u9fff]"
# How people are called, and what announces a name or an address.
_CALLED = re.compile(rf"{_HAN}{{0,2}}(?:先生|女士|小姐|太太|老师|师傅)")
_NAMED = re.compile(rf"(?:我叫|名叫|姓名|收货人|收件人|联系人|机主|客户|买家|会员)[是为叫:]?\s*{_HAN}{{2,4}}")
_PLACE = re.compile(
    rf"(?:(?:{_HAN}|[0-9]){{1,8}}?(?:省|市|区|县|镇|乡|街道|大道|路|街|巷|弄|号|栋|幢|单元|室|村|小区)){{2,}}"
)
_DIGIT = re.compile(r"\d")
# From so many digits on, in whatever pieces, they may be a number of somebody or of an order.
_MANY_DIGITS = 5


@answers(q.ChoseArticle)
def chose_article(core: Core, ask: q.ChoseArticle) -> bool:
    policies = core.store.policies
    if not core.policy.learns or not core.me.may(Right.WORK) or policies.names_one(ask.text):
        return False
    terms = terms_of(core, ask.text, ask.case)
    return policies.teach(ask.article, terms, core.now())


@answers(q.Learned)
def learned_(core: Core, ask: q.Learned) -> list[q.LearnedArticle]:
    found = library_taught.taught(core.store.conn, core.desk, max(0, min(ask.limit, q.MOST_LISTED)))
    return [q.LearnedArticle(*one[:6], tuple(one.terms.split(" "))) for one in found]


@answers(q.ForgetLearned)
def forget_learned(core: Core, ask: q.ForgetLearned) -> int:
    gone = library_taught.forget(core.store.conn, core.desk, ask.article)
    if ask.article and not gone:
        raise Refused("nothing_learned", article=ask.article)
    return gone


def terms_of(core: Core, text: str, case: str) -> list[str]:
    """The terms of a question that may be kept; none when it holds a number or an address that reaches somebody.

    Without a case nobody knows whose name it may hold: then only words that stand in articles are kept.
    """
    text = text[: 4 * tokens.QUERY_MAX]
    if "@" in text or "＠" in text or mask_text(text) != text:
        return []
    customer = _customer(core, case)
    terms = learned.question_terms(_without_people(normalise.fold(text), customer))
    known = core.store.policies.known_terms(terms)
    if len(_DIGIT.findall(text)) >= _MANY_DIGITS:
        terms = [term for term in terms if not _DIGIT.search(term)]
    theirs = _terms_of_person(customer) if customer else frozenset()
    return [
        term for term in terms if term in known or (customer and not term.isascii() and term not in theirs)
    ]


def _customer(core: Core, case: str) -> Customer | None:
    """The customer of a case; None without a case, and for one whose data was erased."""
    if not case:
        return None
    person = core.load(core.case_id(case))[0].customer
    return core.store.people.open(person) if person else None


def _without_people(folded: str, customer: Customer | None) -> str:
    """A folded question without names and addresses; a blank keeps what stood beside them apart."""
    for shape in (_NAMED, _CALLED, _PLACE):
        folded = shape.sub(" ", folded)
    for name in sorted(_names(customer), key=len, reverse=True):
        folded = folded.replace(name, " ")
    return folded


def _names(customer: Customer | None) -> set[str]:
    """The customer's name as a whole, its words, and a Chinese given name alone."""
    if customer is None:
        return set()
    whole = normalise.fold(customer.name).strip()
    given = {whole[1:]} if re.fullmatch(f"{_HAN}{{3,4}}", whole) else set()
    return {part for part in {whole, *whole.split(), *given} if len(part) > 1}


def _terms_of_person(customer: Customer) -> frozenset[str]:
    """What a customer's name, address and mail are made of."""
    told = " ".join((customer.name, customer.address, customer.email))
    return frozenset(tokens.query_terms(normalise.fold(told)))
