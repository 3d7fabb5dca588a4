"""A document of articles beside what the desk has of its laws: what is new, changed and gone, and taking it in."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from csdesk.desk.core import Core
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace
from csdesk.interop.statutes import Provision, day_before
from csdesk.interop.texts import effective_ends
from csdesk.store.connection import Connection, write
from csdesk.store.library import (
    ARTICLE_COLUMNS,
    DEFAULT_LANGUAGE,
    Article,
    put_articles,
    tidy_articles,
    to_article,
)

# The source of articles that name none, as in the shipped map `articles`: both ways of importing meet.
SOURCE = "articles"
NEW, CHANGED, EDITION, GONE, SAME = "new", "changed", "edition", "gone", "same"


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """What a document does to one article: `new`, `changed`, `edition` (a later text beside the one it replaces),
    `gone` (it is here and not in the document) or `same`. `fields` that differ; `before` and `after` are texts.
    """

    what: str
    id: str
    law: str
    article_no: str
    fields: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a document would do, article by article in its order, and the records that it would put."""

    changes: tuple[ArticleChange, ...]
    records: tuple[Article, ...]


def plan(core: Core, provisions: Sequence[Provision], confidence: str = "statute") -> Plan:
    """Compare a document with the desk's library; changes nothing.

    An article whose day is later than that of the text here is a new edition: the text here stays, and leaves force
    the day before. One that the document has not is kept as it is, or leaves force so where the whole law is newer.
    """
    core.need(Right.LOAD)
    ends = effective_ends()
    changes: list[ArticleChange] = []
    records: list[Article] = []
    named: set[tuple[str, str]] = set()
    newest: dict[tuple[str, str], str] = {}
    for one in provisions:
        wanted = _article(one, confidence, ends.get(one.law, ""))
        held = _editions(core.store.conn, core.desk, wanted)
        named.update((old.source, old.external_id) for old in held)
        law = (wanted.law, wanted.source)
        newest[law] = max(newest.get(law, ""), wanted.effective_from)
        change, put = _compared(wanted, held)
        changes.append(change)
        records += put
    for (law_name, source), day in newest.items():
        for old in _of_law(core.store.conn, core.desk, law_name, source):
            if (old.source, old.external_id) not in named and not old.effective_to:
                changes.append(ArticleChange(GONE, old.external_id, old.law, old.article_no, before=old.text))
                records += _closed(old, day)
    return Plan(tuple(changes), tuple(records))


def carry_out(core: Core, planned: Plan) -> None:
    """Put what was planned, all of it or nothing."""
    core.need(Right.LOAD)
    with write(core.store.conn):
        put_articles(core.store, planned.records, core.now())
        tidy_articles(core.store.conn)


def _article(one: Provision, confidence: str, end: str) -> Article:
    """The record of an article; `end`: the last day of a superseded text that still circulates."""
    until = one.effective_to or (end if end and one.effective_from <= end else "")
    return Article(
        one.id or f"{one.law} {one.label}", one.law, one.label, one.text, one.number, one.suffix, one.title,
        one.chapter, one.effective_from, until, one.source or SOURCE, confidence=confidence,
    )  # fmt: skip


def _editions(conn: Connection, desk: str, wanted: Article) -> list[Article]:
    """What the desk has under an article's id, the latest edition last (`ID`, then `ID@DAY`)."""
    rows = conn.execute(
        f"SELECT {ARTICLE_COLUMNS} FROM article WHERE desk_id = ? AND source = ? AND language = ?"
        " AND (external_id = ? OR (external_id > ? AND external_id < ?)) ORDER BY effective_from, external_id",
        (
            desk,
            wanted.source,
            DEFAULT_LANGUAGE,
            wanted.external_id,
            f"{wanted.external_id}@",
            f"{wanted.external_id}A",
        ),
    )
    return [to_article(row) for row in rows]


def _of_law(conn: Connection, desk: str, law: str, source: str) -> Iterator[Article]:
    rows = conn.execute(
        f"SELECT {ARTICLE_COLUMNS} FROM article WHERE desk_id = ? AND law = ? AND source = ? AND language = ?"
        " ORDER BY number, suffix, effective_from",
        (desk, law, source, DEFAULT_LANGUAGE),
    )
    return (to_article(row) for row in rows.fetchall())


def _compared(wanted: Article, held: Sequence[Article]) -> tuple[ArticleChange, list[Article]]:
    """What an article is beside the editions here, the earliest first, and what to put."""
    told = (wanted.external_id, wanted.law, wanted.article_no)
    if not held:
        return ArticleChange(NEW, *told, after=wanted.text), [wanted]
    day = wanted.effective_from
    same_day = next((old for old in held if old.effective_from == day), None)
    if same_day is not None or not day or not held[-1].effective_from:
        return _changed(wanted, same_day or held[-1])
    earlier = next((old for old in reversed(held) if old.effective_from < day), None)
    later = next((old for old in held if old.effective_from > day), None)
    if earlier is not None and earlier.text == wanted.text:
        return ArticleChange(SAME, earlier.external_id, *told[1:]), []
    until = wanted.effective_to or (day_before(later.effective_from) if later else "")
    edition = replace(wanted, external_id=f"{wanted.external_id}@{day}", effective_to=until)
    before = (earlier or held[-1]).text
    change = ArticleChange(
        EDITION, edition.external_id, *told[1:], ("text", "effective_from"), before, wanted.text
    )
    return change, [edition, *(_closed(earlier, day) if earlier else [])]


def _changed(wanted: Article, old: Article) -> tuple[ArticleChange, list[Article]]:
    """The same edition again: what the document says now; what it does not say stays as it is."""
    kept = replace(
        old, text=wanted.text, article_no=wanted.article_no, number=wanted.number, suffix=wanted.suffix,
        title=wanted.title or old.title, chapter=wanted.chapter or old.chapter,
        effective_from=wanted.effective_from or old.effective_from,
        effective_to=wanted.effective_to or old.effective_to, confidence=old.confidence or wanted.confidence,
    )  # fmt: skip
    names = ("text", "article_no", "title", "chapter", "effective_from", "effective_to", "confidence")
    differing = tuple(name for name in names if getattr(kept, name) != getattr(old, name))
    if not differing:
        return ArticleChange(SAME, old.external_id, old.law, old.article_no), []
    change = ArticleChange(
        CHANGED, old.external_id, old.law, old.article_no, differing,
        old.text if "text" in differing else "", kept.text if "text" in differing else "",
    )  # fmt: skip
    return change, [kept]


def _closed(old: Article, day: str) -> list[Article]:
    """The article, out of force from this day on; nothing where that is no later than its own first day."""
    if not day or not old.effective_from or old.effective_from >= day:
        return []
    if old.effective_to and old.effective_to < day:
        return []
    return [replace(old, effective_to=day_before(day))]


def difference(before: str, after: str, around: int = 8) -> Iterator[tuple[str, str, str, str]]:
    """Where two texts differ: (what stands before, taken out, put in, what follows), a few characters around each."""
    matcher = (
        SequenceMatcher(None, before, after, autojunk=False) if len(before) * len(after) < 4_000_000 else None
    )
    if matcher is None:
        yield "", before[:200], after[:200], ""
        return
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield before[max(0, a - around) : a], before[a:b], after[c:d], before[b : b + around]
