"""The library of a desk: policy articles and canned replies, kept beside the index that finds articles."""

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.library_index import Index
from csdesk.store.terms import terms_of

if TYPE_CHECKING:
    from csdesk.store.file import Store

DEFAULT_LANGUAGE = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Article:
    """A provision of a law, a platform's rules or the desk's own policy. Dates are ISO, "" for open ends.

    `external_id` is the id the record came with; `law` the full name, `article_no` as printed (第二十五条),
    `number` and `suffix` the same as integers (0 when there is none). In force from `effective_from` to
    `effective_to`, both included. One article in several languages has one `external_id`. `keywords` are
    found but not shown; `basis` is what the desk's own policy rests on, a citation each; `note` is internal.
    """

    external_id: str
    law: str
    article_no: str
    text: str
    number: int = 0
    suffix: int = 0
    title: str = ""
    chapter: str = ""
    effective_from: str = ""
    effective_to: str = ""
    source: str = ""
    language: str = DEFAULT_LANGUAGE
    tags: tuple[str, ...] = ()
    confidence: str = ""
    kinds: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    note: str = ""

    def in_force(self, day: str) -> bool:
        """Whether the article applies on a day (ISO)."""
        return self.effective_from <= day and (not self.effective_to or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Canned:
    """A canned reply; `body` holds slots as {name}. Empty `kinds` and `states` fit every case.

    `guards` are facts that must hold before it is sent, `articles` the ids of what it stands on. One reply in
    several languages has one `external_id`.
    """

    external_id: str
    title: str
    body: str
    shortcut: str = ""
    language: str = DEFAULT_LANGUAGE
    source: str = ""
    topic: str = ""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What putting records came to."""

    new: int = 0
    changed: int = 0
    same: int = 0


class Shelf(NamedTuple):
    """A desk's place in the library: its range of article ids; versions tell caches when to look again."""

    number: int
    articles: int
    articles_version: int
    canned_version: int


_Record = Article | Canned
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in (Article, Canned)}
# Places of the fields that are lists.
_LISTS = {kind: [n for n, field in enumerate(fields(kind)) if field.default == ()] for kind in _NAMES}
ARTICLE_COLUMNS = ", ".join(_NAMES[Article])
CANNED_COLUMNS = ", ".join(_NAMES[Canned])
_KEY = "desk_id = ? AND external_id = ? AND source = ? AND language = ?"


def put_articles(store: "Store", records: Iterable[Article], at: int) -> Counts:
    """Keep and index articles, inside the caller's transaction; what is the same as before is left alone."""
    conn, desk = store.conn, store.desk.id
    shelf = own_shelf(conn, desk)
    index = Index(conn, desk, shelf.number, shelf.articles)
    free = index.last_id() + 1
    new = changed = same = 0
    put: list[tuple[int, tuple[Any, ...] | None, Article]] = []
    for record in records:
        row = _values(record)
        before = _before(conn, "article", ARTICLE_COLUMNS, desk, record)
        if before is not None and before[1:] == row:
            same += 1
            continue
        put.append((before[0] if before else free, before, record))
        free += before is None
        new, changed = (new, changed + 1) if before else (new + 1, changed)
        _replace(conn, "article", ARTICLE_COLUMNS, (put[-1][0], desk, at, *row))
    # Index after all rows: a REPLACE opens a savepoint, and at each FTS5 writes out what it had gathered
    # (1,950 articles a second instead of 2,750).
    for id_, before, record in put:
        if before is not None:
            index.remove(id_, *_searched(to_article(before[1:])))
        index.add(id_, *_searched(record))
    index.write()
    if new or changed:
        conn.execute(
            "UPDATE library SET articles = articles + ?, articles_version = articles_version + 1"
            " WHERE desk_id = ?",
            (new, desk),
        )
    return Counts(new, changed, same)


def reindex_articles(store: "Store") -> None:
    """Index all articles of a desk whose rows came without their index, inside the caller's transaction."""
    conn, desk = store.conn, store.desk.id
    index = Index(conn, desk, 0, 0)
    rows = conn.execute(f"SELECT id, {ARTICLE_COLUMNS} FROM article WHERE desk_id = ? ORDER BY id", (desk,))
    for id_, *row in rows.fetchall():
        index.add(id_, *_searched(to_article(tuple(row))))


def put_canned(store: "Store", records: Iterable[Canned], at: int) -> Counts:
    """Keep canned replies, inside the caller's transaction; what is the same as before is left alone."""
    conn, desk = store.conn, store.desk.id
    own_shelf(conn, desk)
    new = changed = same = 0
    for record in records:
        row = _values(record)
        before = _before(conn, "canned", CANNED_COLUMNS, desk, record)
        if before is not None and before[1:] == row:
            same += 1
            continue
        new, changed = (new + 1, changed) if before is None else (new, changed + 1)
        _replace(conn, "canned", CANNED_COLUMNS, ((before[0],) if before else ()) + (desk, at, *row))
    if new or changed:
        conn.execute("UPDATE library SET canned_version = canned_version + 1 WHERE desk_id = ?", (desk,))
    return Counts(new, changed, same)


def tidy_articles(conn: Connection) -> None:
    """Merge the index into one piece, inside the caller's transaction: for the end of an import.

    Searches are a fifth faster then; it takes 30 µs an article.
    """
    terms_of(conn).tidy(conn)


def shelf_of(conn: Connection, desk: str) -> Shelf | None:
    """Where a desk's library stands; None before anything was put in."""
    row = conn.execute(
        "SELECT number, articles, articles_version, canned_version FROM library WHERE desk_id = ?", (desk,)
    ).fetchone()
    return Shelf(*row) if row else None


def to_article(row: tuple[Any, ...]) -> Article:
    """An article from its columns (ARTICLE_COLUMNS)."""
    return Article(*_listed(row, _LISTS[Article]))


def to_canned(row: tuple[Any, ...]) -> Canned:
    """A canned reply from its columns (CANNED_COLUMNS)."""
    return Canned(*_listed(row, _LISTS[Canned]))


def preferred(languages: Iterable[str], wanted: str) -> str:
    """Which of the languages that a text exists in to show a reader of `wanted`."""
    return min(languages, key=lambda language: (language != wanted, language != DEFAULT_LANGUAGE, language))


def own_shelf(conn: Connection, desk: str) -> Shelf:
    """The desk's place in the library, made when it has none, inside the caller's transaction."""
    terms_of(conn).begin_shelf(conn, desk)
    shelf = shelf_of(conn, desk)
    assert shelf is not None  # it was inserted, or it was there
    return shelf


def _before(conn: Connection, table: str, columns: str, desk: str, record: _Record) -> tuple[Any, ...] | None:
    key = (desk, record.external_id, record.source, record.language)
    row: tuple[Any, ...] | None = conn.execute(
        f"SELECT id, {columns} FROM {table} WHERE {_KEY}", key
    ).fetchone()
    return row


def _replace(conn: Connection, table: str, columns: str, row: tuple[Any, ...]) -> None:
    # Without its number the row gets the next one.
    numbered = "id, " if isinstance(row[0], int) else ""
    places = f"{table} ({numbered}desk_id, changed_at, {columns})"
    conn.execute(f"INSERT OR REPLACE INTO {places} VALUES ({','.join('?' * len(row))})", row)


def _values(record: _Record) -> tuple[Any, ...]:
    """The columns of a record. Members of a list are one line each, as the gate lets lines in."""
    values = (getattr(record, name) for name in _NAMES[type(record)])
    return tuple("\n".join(value) if isinstance(value, tuple) else value for value in values)


def _listed(row: tuple[Any, ...], lists: list[int]) -> list[Any]:
    values = list(row)
    for n in lists:
        values[n] = tuple(values[n].split("\n")) if values[n] else ()
    return values


def _searched(article: Article) -> tuple[str, str]:
    """Heading and body of what an article is found by."""
    heading = f"{article.law} {article.title}" if article.title else article.law
    return heading, "\n".join((article.text, *article.keywords))
