"""Articles found as one types: by id, citation or words in any spelling; above what they replaced."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from csdesk.domain.value import dataclass, replace
from csdesk.search import cite, normalise, numerals, tokens
from csdesk.search.learned import question_terms
from csdesk.search.plan import plan
from csdesk.search.semantic import fuse
from csdesk.store.connection import Connection
from csdesk.store.library import ARTICLE_COLUMNS, Article, preferred, shelf_of, to_article
from csdesk.store.library_index import Index
from csdesk.store.library_taught import blend, lifts, teach

Spans = tuple[tuple[int, int], ...]
# Found beyond the limit: translations of one article and superseded texts fall away.
SPARE = 20
ID_MAX = 100
_EPOCH = date(1970, 1, 1).toordinal()
MARKED_MAX = 4_000  # characters of an article in which matches are shown
_ROW = f"SELECT id, {ARTICLE_COLUMNS} FROM article WHERE desk_id = ?"
# The + keeps SQLite from reading all of a desk's articles by desk_id, not the few by id (16 ms of 57,840).
_BY_ROW = f"{_ROW.replace('desk_id', '+desk_id')} AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
_BY_ID = f"{_ROW} AND external_id IN (?, ?) ORDER BY id"
_OF_FAMILY = f"{_ROW} AND external_id = ? AND source = ?"
_OF_NUMBER = f"{_ROW} AND law IN (SELECT value FROM json_each(?)) AND number = ? AND suffix = ?"
_CITED = f"{_OF_NUMBER} ORDER BY effective_to = '' DESC, effective_to DESC, effective_from DESC, id"
_LATER = (
    f"{_OF_NUMBER} AND effective_from <= ? AND (effective_to = '' OR effective_to >= ?)"
    " AND (effective_from > ? OR ? > 0) AND external_id <> ? AND text <> ?"
    " ORDER BY effective_from DESC, id LIMIT 1"
)
# Texts that have a later one under their number, whatever the ends of their days.
_OVERTAKEN = (
    "SELECT o.id FROM article o JOIN article l"
    " ON l.desk_id = o.desk_id AND l.law = o.law AND l.number = o.number AND l.suffix = o.suffix"
    " AND l.effective_from > o.effective_from"
    " WHERE +o.desk_id = ? AND o.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND o.number > 0"
)
_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(rf"\s*[（(]({numerals.NUMERAL}{{1,4}}|[0-9]{{1,3}})[)）]")


@dataclass(frozen=True, slots=True)
class Hit:
    """An article as found: `score` falls along a list and compares within it only; `spans` are of `text`.

    `in_force` on the day asked about; `successor` is the id of the article that took its place.
    """

    article: Article
    score: float
    in_force: bool
    successor: str = ""
    spans: Spans = ()


class _Kept(NamedTuple):
    """An article and its row; `overtaken`: there may be a later text of it."""

    row: int
    article: Article
    overtaken: bool = True


class Policies:
    """The articles of one desk behind one connection."""

    def __init__(self, conn: Connection, desk: str) -> None:
        self._conn = conn
        self._desk = desk
        self._names: tuple[int, cite.LawNames] | None = None

    def search(
        self,
        text: str,
        day: str,
        language: str,
        limit: int,
        *,
        learned: bool = True,
        near: Sequence[int] = (),
    ) -> list[Hit]:
        """The best articles for whatever was typed, as of a day (ISO), each in one language.

        `learned`: those that agents chose after questions like this one rise, to a degree (`library_taught`).
        `near`: rows of articles that mean the same, nearest first (`library_vectors`), for one order of both; a
        citation needs none.
        """
        shelf = shelf_of(self._conn, self._desk)
        if shelf is None or limit < 1:
            return []
        citation = cite.parse(text, self._laws())
        named = self._with_id(text) or self._cited(citation)
        index = Index(self._conn, self._desk, shelf.number, shelf.articles)
        asked = plan(text, index)
        found = index.find(asked.match, limit + SPARE)
        if learned and not named and (question := question_terms(text)):
            today = date.fromisoformat(day).toordinal() - _EPOCH
            # With what the words sound like: a question with a slip is like the one without.
            heard = dict.fromkeys((*question, *(term for term in asked.terms if len(term) > 1)))
            found = blend(found, lifts(index, self._conn, self._desk, list(heard), today))
        if near and not named:
            found = fuse([row for row, _ in found], near)
        best = found[0][1] + 1 if found else 1.0
        ranked = chain(((one, best) for one in named), self._ranked(found, limit))
        hits = self._in_order(ranked, {one.row for one in named}, day, language, limit)
        terms = [term for term in asked.terms if len(term) > 1] or asked.terms
        lowest, told = best, []
        for hit in hits:
            # Scores fall as the list does, for those who sort by them.
            text, lowest = hit.article.text, min(lowest, hit.score)
            part = _cited_part(text, citation) if named and lowest == best else ()
            told.append(replace(hit, score=lowest, spans=part or highlights(text[:MARKED_MAX], terms)))
        return told

    def article(self, said: str, day: str, language: str) -> Hit | None:
        """The article with this id, or that this citation names; in the reader's language if there is one."""
        named = self._with_id(said) or self._cited(cite.parse(said, self._laws()))
        hits = self._in_order([(one, 1.0) for one in named[:1]], {one.row for one in named}, day, language, 2)
        return hits[-1] if hits else None

    def teach(self, said: str, terms: Sequence[str], at: int) -> bool:
        """Let a question, as terms, teach the article with this id, inside the caller's transaction.

        False where there is nothing to learn: no such article, or no term. `at`: UTC ms.
        """
        shelf = shelf_of(self._conn, self._desk)
        named = self._with_id(said)
        if shelf is None or not named or not terms:
            return False
        index = Index(self._conn, self._desk, shelf.number, shelf.articles)
        teach(index, self._conn, self._desk, named[0].row, terms, at)
        return True

    def known_terms(self, terms: Sequence[str]) -> frozenset[str]:
        """Which of the terms stand in an article of the desk."""
        shelf = shelf_of(self._conn, self._desk)
        index = Index(self._conn, self._desk, 0, shelf.articles) if shelf else None
        return frozenset(index.docs(terms)) if index else frozenset()

    def names_one(self, text: str) -> bool:
        """Whether a text is an article's id or citation, and so no question."""
        return bool(self._with_id(text)) or cite.parse(text, self._laws()) is not None

    def _laws(self) -> cite.LawNames:
        """The names of the desk's laws; made anew when articles came in, 30 ms for 1,336 laws."""
        shelf = shelf_of(self._conn, self._desk)
        version = shelf.articles_version if shelf else 0
        if self._names is None or self._names[0] != version:
            laws = self._conn.execute("SELECT DISTINCT law FROM article WHERE desk_id = ?", (self._desk,))
            self._names = version, cite.LawNames((row[0] for row in laws), cite.shipped_aliases())
        return self._names[1]

    def _kept(self, sql: str, *values: object) -> list[_Kept]:
        rows = self._conn.execute(sql, (self._desk, *values))
        return [_Kept(row[0], to_article(row[1:])) for row in rows]

    def _with_id(self, said: str) -> list[_Kept]:
        said = said.strip()
        if not said.isprintable() or not 0 < len(said) <= ID_MAX:
            return []
        return self._kept(_BY_ID, said, said.upper())

    def _cited(self, citation: cite.Citation | None) -> list[_Kept]:
        """The texts of the cited article, by likelihood of the law, then the latest first."""
        if citation is None:
            return []
        number = (citation.article, citation.suffix or 0)
        return [one for law in citation.laws for one in self._kept(_CITED, json.dumps([law]), *number)]

    def _ranked(self, found: Sequence[tuple[int, float]], step: int) -> Iterator[tuple[_Kept, float]]:
        """What the index found, read `step` rows at a time as they are needed."""
        for first in range(0, len(found), step):
            some = dict(found[first : first + step])
            rows = json.dumps(list(some))
            overtaken = {row[0] for row in self._conn.execute(_OVERTAKEN, (self._desk, rows))}
            kept = {
                one.row: one._replace(overtaken=one.row in overtaken) for one in self._kept(_BY_ROW, rows)
            }
            yield from ((kept[row], score) for row, score in some.items() if row in kept)

    def _in_order(
        self, ranked: Iterable[tuple[_Kept, float]], named: set[int], day: str, language: str, limit: int
    ) -> list[Hit]:
        """Best first, but a superseded text below its successor; what else is not in force goes to the end,
        unless it was asked for by name."""
        hits: dict[tuple[str, str], Hit] = {}
        rest: dict[tuple[str, str], Hit] = {}
        for one, score in ranked:
            key = (one.article.source, one.article.external_id)
            if key in hits or key in rest:
                continue
            if len(hits) >= limit:
                break
            article = self._in_language(one.article, language)
            ended = bool(article.effective_to) and article.effective_to < day
            later = self._successor(article, day, ended) if one.overtaken or ended else None
            if later is not None:
                later = self._in_language(later, language)
                hits.setdefault((later.source, later.external_id), Hit(later, score, True))
                hits[key] = Hit(article, score, False, later.external_id)
            elif article.in_force(day):
                hits[key] = Hit(article, score, True)
            else:
                (hits if one.row in named else rest)[key] = Hit(article, score, False)
        return [*hits.values(), *rest.values()][:limit]

    def _in_language(self, article: Article, language: str) -> Article:
        """The same article in the reader's language, where the desk has it."""
        if article.language == language:
            return article
        family = {
            one.article.language: one.article
            for one in self._kept(_OF_FAMILY, article.external_id, article.source)
        }
        return family[preferred(family, language)]

    def _successor(self, article: Article, day: str, ended: bool) -> Article | None:
        """The later text that stands on that day under the same number of the same law."""
        if not article.number:
            return None
        laws = self._laws().find(article.law)
        found = self._kept(
            _LATER, json.dumps(laws), article.number, article.suffix, day, day,
            article.effective_from, ended, article.external_id, article.text,
        )  # fmt: skip
        return found[0].article if found else None


def _cited_part(text: str, citation: cite.Citation | None) -> Spans:
    """The paragraph (款) or item (项) that is cited: a line each, items in brackets under their paragraph."""
    if citation is None or citation.paragraph is citation.item is None:
        return ()
    paragraph, chosen = 0, []
    for line in _LINE.finditer(text):
        label = _ITEM.match(line[0])
        item = numerals.to_int(label[1]) if label else None
        paragraph += label is None
        if citation.paragraph in (None, paragraph) and citation.item in (None, item):
            chosen.append(line.span())
    return ((chosen[0][0], chosen[-1][1]),) if chosen else ()


def highlights(text: str, terms: Sequence[str]) -> Spans:
    """`tokens.highlights` at a fifth of its price where each character folds into one, as nearly all do."""
    folded = normalise.fold(text)
    if len(folded) == len(text) and all(map(_folds_into_one, set(text))):
        return _places(folded, terms)
    if "\n" not in text:
        return tuple(tokens.highlights(text, terms))
    marked = ((line.start(), highlights(line[0], terms)) for line in _LINE.finditer(text))
    return tuple((start + a, start + b) for start, spans in marked for a, b in spans)


def _places(folded: str, terms: Sequence[str]) -> Spans:
    """Where the terms stand, merged where they touch."""
    places: list[tuple[int, int]] = []
    for term in terms:
        at = folded.find(term)
        while at >= 0:
            places.append((at, at + len(term)))
            at = folded.find(term, at + 1)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@lru_cache(maxsize=8_192)
def _folds_into_one(char: str) -> bool:
    return len(normalise.fold(char)) == 1
