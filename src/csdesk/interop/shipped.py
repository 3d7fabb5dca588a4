"""The knowledge that comes with csdesk, put into a desk's library."""

import time
from collections.abc import Iterable, Iterator
from itertools import groupby

from csdesk import resources
from csdesk.desk.slots import citation
from csdesk.interop import knowledge
from csdesk.search import cite, numerals
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.library import Article, Canned, put_articles, put_canned
from csdesk.store.library_forbidden import Forbidden, put_forbidden

SOURCE = "csdesk"
_OWN_LAW = {"zh-Hans": "本台条款", "zh-Hant": "本台條款", "en": "Desk policy"}
_TRADITIONAL = str.maketrans("条项", "條項")


def load_knowledge(store: Store) -> None:
    """Put the shipped articles, canned replies and forbidden phrases, in three languages, into the desk's library."""
    at = time.time_ns() // 1_000_000
    articles = knowledge.load_articles(resources.path("data/knowledge/articles.toml"))
    book = knowledge.load_canned(resources.path("data/knowledge/canned.toml"))
    rules = knowledge.load_forbidden(resources.path("data/knowledge/forbidden.toml"))
    with write(store.conn):
        put_articles(store, [_article(a, language) for a in articles for language in knowledge.LANGUAGES], at)
        put_canned(
            store, [_canned(c, language) for c in book.replies for language in knowledge.LANGUAGES], at
        )
        put_forbidden(
            store, [forbidden(rule, language) for rule in rules for language in knowledge.LANGUAGES]
        )


def _article(a: knowledge.Article, language: str) -> Article:
    return Article(
        external_id=a.id,
        law=_OWN_LAW[language],
        article_no=a.id,
        text=a.text[language],
        number=a.no,
        title=a.title[language],
        effective_from=a.effective_from.isoformat(),
        effective_to=a.effective_to.isoformat() if a.effective_to else "",
        source=SOURCE,
        language=language,
        tags=a.tags,
        confidence=a.confidence,
        kinds=tuple(kind.value for kind in a.kinds),
        keywords=a.keywords[language],
        basis=tuple(_basis(a.citations, language)),
        note="\n".join(_notes(a, language)),
    )


def _canned(c: knowledge.CannedReply, language: str) -> Canned:
    return Canned(
        external_id=c.id,
        title=c.title[language],
        body=c.body[language],
        shortcut=c.shortcut,
        language=language,
        source=SOURCE,
        topic=c.topic,
        kinds=tuple(kind.value for kind in c.kinds),
        states=c.states,
        guards=c.guards,
        articles=c.articles,
    )


def forbidden(rule: knowledge.Forbidden, language: str) -> Forbidden:
    """A rule of a phrase list as a desk keeps it, in one language."""
    return Forbidden(
        rule.code,
        language,
        rule.article,
        rule.unless,
        rule.reason[language],
        rule.instead[language],
        rule.phrases[language],
    )


def _notes(a: knowledge.Article, language: str) -> Iterator[str]:
    """What the agent should know: what was not checked, and each contested point with all its readings."""
    if a.note is not None:
        yield a.note[language]
    for contested in a.contested:
        yield contested.point[language]
        yield from (f"– {reading[language]}" for reading in contested.readings)


def _basis(citations: Iterable[knowledge.Citation], language: str) -> Iterator[str]:
    """One line a law: its name, its provisions, the days on which they were in force."""
    for _, group in groupby(citations, key=lambda c: (c.law, c.start, c.end)):
        cited = list(group)
        first = cited[0]
        if first.instrument is None:
            continue  # `csdesk policy check` names it
        places = [_place(c, language) for c in cited if c.article]
        joint = ", " if language == "en" else "、"
        start, end = (day.isoformat() if day else "" for day in (first.start, first.end))
        yield citation(first.instrument.name[language], joint.join(places), start, end, language)


def _place(c: knowledge.Citation, language: str) -> str:
    """A provision: 第二十五条第一款第二项, or art. 25(1) item 2."""
    article = c.article or ""
    if language == "en":
        paragraph = f"({c.paragraph})" if c.paragraph else ""
        return f"art. {article}{paragraph}" + (f" item {c.item}" if c.item else "")
    number, _, suffix = article.partition("-")
    parts = [cite.article_label(int(number), int(suffix or 0)) if number.isdecimal() else f"§{article}"]
    parts += [f"第{numerals.from_int(n)}{unit}" for n, unit in ((c.paragraph, "款"), (c.item, "项")) if n]
    place = "".join(parts)
    return place.translate(_TRADITIONAL) if language == "zh-Hant" else place
