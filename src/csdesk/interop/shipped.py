"""The knowledge that comes with csdesk, put into a desk's library."""

import time

from csdesk import resources
from csdesk.interop import knowledge
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.library import Article, Canned, put_articles, put_canned

SOURCE = "csdesk"


def load_knowledge(store: Store) -> None:
    """Put the shipped policy articles and canned replies, in three languages, into the desk's library."""
    at = time.time_ns() // 1_000_000
    articles = knowledge.load_articles(resources.path("data/knowledge/articles.toml"))
    book = knowledge.load_canned(resources.path("data/knowledge/canned.toml"))
    with write(store.conn):
        put_articles(store, [_article(a, language) for a in articles for language in knowledge.LANGUAGES], at)
        put_canned(store, [_canned(c, language) for c in book.replies for language in knowledge.LANGUAGES], at)


def _article(a: knowledge.Article, language: str) -> Article:
    keywords = "、".join(a.keywords[language]) if isinstance(a.keywords, dict) else "、".join(a.keywords)
    return Article(
        external_id=a.id if language == "zh-Hans" else f"{a.id}.{language}",
        law={"zh-Hans": "本台条款", "zh-Hant": "本台條款", "en": "Desk policy"}[language],
        article_no=a.id,
        text=f"{a.text[language]}\n{keywords}",
        number=a.no,
        title=a.title[language],
        effective_from=a.effective_from.isoformat() if a.effective_from else "",
        effective_to=a.effective_to.isoformat() if a.effective_to else "",
        source=SOURCE,
        language=language,
        tags=tuple(a.tags),
        confidence=a.confidence,
    )


def _canned(c: knowledge.CannedReply, language: str) -> Canned:
    return Canned(
        external_id=c.id if language == "zh-Hans" else f"{c.id}.{language}",
        title=c.title[language],
        body=c.body[language],
        shortcut=c.shortcut,
        language=language,
        source=SOURCE,
        topic=c.topic,
        kinds=tuple(str(k) for k in c.kinds),
        states=tuple(c.states),
        guards=tuple(c.guards),
        articles=tuple(c.articles),
    )
