"""The index of articles: terms of heading, body and initials (store/terms.py), and in how many articles each stands.

Terms are made by `search.tokens` and only split at blanks here. Counts are kept per desk as articles come
and go, so that a search knows the common terms without reading their postings.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from csdesk.search import pinyin, tokens
from csdesk.store.connection import Connection
from csdesk.store.terms import RANGE, terms_of

_COUNT = (
    "INSERT INTO article_gram VALUES (?, ?, ?, ?)"
    " ON CONFLICT (desk_id, term) DO UPDATE SET docs = docs + excluded.docs"
)
_DOCS = "SELECT term, docs FROM article_gram WHERE desk_id = ? AND term IN (SELECT value FROM json_each(?))"
_ALIKE = (
    "SELECT sound, term, docs FROM article_gram"
    " WHERE desk_id = ? AND sound IN (SELECT value FROM json_each(?)) AND sound IS NOT NULL"
    " ORDER BY sound, docs DESC"
)


class Index:
    """The indexed articles of one desk; a `search.plan.Vocabulary`. Changes count only after `write`."""

    def __init__(self, conn: Connection, desk: str, number: int, articles: int) -> None:
        """`number`: the desk's range of article ids; `articles`: how many it has."""
        self._conn = conn
        self._desk = desk
        self._ids = (number * RANGE + 1, (number + 1) * RANGE)
        self._articles = articles
        self._changes: Counter[str] = Counter()

    @property
    def articles(self) -> int:
        """How many articles the desk has."""
        return self._articles

    def docs(self, terms: Sequence[str]) -> Mapping[str, int]:
        """Articles per term; terms that no article holds are absent."""
        found = dict(self._conn.execute(_DOCS, (self._desk, json.dumps(terms))))
        for term in terms:
            # Initials are counted when they are asked for (0.02 to 0.3 ms, and few are typed at a time): keeping their
            # counts made an import a sixth slower.
            initials = term.startswith(pinyin.INITIALS) and not term.isdigit()
            if initials and (count := terms_of(self._conn).holding(self._conn, self._desk, term)):
                found[term] = count
        return found

    def alike(self, sounds: Sequence[str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Per sound the grams so read with their articles, commonest first."""
        found: dict[str, list[tuple[str, int]]] = {}
        for sound, term, docs in self._conn.execute(_ALIKE, (self._desk, json.dumps(sounds))):
            found.setdefault(sound, []).append((term, docs))
        return found

    def find(self, match: str, limit: int) -> list[tuple[int, float]]:
        """(id, score) of the best articles for an FTS5 expression, best first."""
        return terms_of(self._conn).articles(self._conn, self._desk, match, self._ids, self._articles, limit)

    def last_id(self) -> int:
        """The greatest id that an article of this desk has, or the one before its range."""
        row = self._conn.execute(
            "SELECT max(id) FROM article WHERE +desk_id = ? AND id BETWEEN ? AND ?", (self._desk, *self._ids)
        ).fetchone()
        return row[0] or self._ids[0] - 1

    def add(self, id_: int, heading: str, body: str) -> None:
        """Index an article, inside the caller's transaction."""
        title, spoken, titled = _heading(heading)
        terms = tokens.index_terms(body)
        initials = [*spoken, *pinyin.initials_index(body)]
        terms_of(self._conn).put_article(self._conn, self._desk, id_, title, terms, initials)
        self._changes.update(titled.union(terms))

    def remove(self, id_: int, heading: str, body: str) -> None:
        """Take an article, as it was indexed, out."""
        terms_of(self._conn).drop_article(self._conn, self._desk, id_)
        self._changes.subtract(_heading(heading)[2].union(tokens.index_terms(body)))

    def write(self) -> None:
        """Bring the counts up to date."""
        rows = [
            (self._desk, term, docs, _sound(term)) for term, docs in sorted(self._changes.items()) if docs
        ]
        self._conn.executemany(_COUNT, rows)
        fewer = [(self._desk, term) for _, term, docs, _ in rows if docs < 0]
        self._conn.executemany("DELETE FROM article_gram WHERE desk_id = ? AND term = ? AND docs < 1", fewer)
        self._changes.clear()


# The articles of a law come together and share their heading.
@lru_cache(maxsize=64)
def _heading(heading: str) -> tuple[list[str], list[str], frozenset[str]]:
    """The terms and the initials of a heading, and the terms as a set."""
    terms = tokens.index_terms(heading)
    return terms, pinyin.initials_index(heading), frozenset(terms)


def _sound(term: str) -> str | None:
    """How a gram of Chinese characters sounds; None for words, numbers and what cannot be read."""
    return (pinyin.sound(term) or None) if len(term) < 3 and term[0] > "\u2fff" else None
