"""The index of what is sealed: words of messages and notes, and case numbers, as keyed hashes of their terms.

A stolen file shows how often a term occurs, never the term. FTS5's own tokenizers find nothing for a Chinese word of
two characters, so terms are made by `search.tokens` and only split at blanks here.
"""

from collections.abc import Sequence

from csdesk.domain import ids
from csdesk.search import tokens
from csdesk.store.connection import Connection
from csdesk.store.terms import terms_of

# Contentless: FTS5 keeps postings only; the text lies sealed in the event it came with.
STATEMENTS = (
    """CREATE TABLE doc (
        id INTEGER PRIMARY KEY, desk_id TEXT NOT NULL, case_id TEXT NOT NULL, seq INTEGER NOT NULL,
        person TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX doc_case ON doc (desk_id, case_id, seq)",
    "CREATE INDEX doc_person ON doc (desk_id, person)",
    "CREATE VIRTUAL TABLE doc_terms USING fts5(terms, content='', contentless_delete=1, tokenize='ascii')",
)
# A case number is kept under seq 0; text under the seq of its event.
NUMBER_SEQ = 0


def index_texts(conn: Connection, desk: str, key: bytes, texts: Sequence[tuple[str, int, str, str]]) -> None:
    """Index (case, seq, person, text) inside the caller's transaction."""
    if not texts:
        return
    hashes = tokens.Hashes(key)
    rows = [
        (case_id, seq, person, hashes.of(terms))
        for case_id, seq, person, text in texts
        if (terms := tokens.index_terms(text))
    ]
    if rows:
        terms_of(conn).put_texts(conn, desk, rows)


def index_numbers(conn: Connection, desk: str, key: bytes, numbers: Sequence[tuple[str, str]]) -> None:
    """Index (case, number body), so that any four characters of a number find it."""
    if numbers:
        rows = [(case_id, NUMBER_SEQ, "", number_terms(body, key)) for case_id, body in numbers]
        terms_of(conn).put_texts(conn, desk, rows)


def number_terms(body: str, key: bytes) -> list[str]:
    """The terms of a case number."""
    # '#' keeps a number's characters apart from the same characters in a message.
    return tokens.keyed([f"#{gram}" for gram in ids.grams(body)], key)


# Older than no text: where the first page begins.
NEWEST = (1 << 63) - 1


def cases_by_number(conn: Connection, desk: str, key: bytes, part: str, limit: int) -> list[str]:
    """Cases whose number holds these four or more characters, newest first."""
    folded = ids.fold_part(part)
    if not 4 <= len(folded) <= 8 or not folded.isascii() or not folded.isalnum():
        return []
    grams = [f"#{folded[i : i + 4]}" for i in range(len(folded) - 3)]
    return _cases(conn, desk, tokens.match_all(tokens.keyed(grams, key)), limit)


def cases_by_words(conn: Connection, desk: str, key: bytes, text: str, limit: int) -> list[str]:
    """Cases in whose messages or notes every word stands, newest first."""
    return words_page(conn, desk, key, text, limit)[0]


def words_page(
    conn: Connection, desk: str, key: bytes, text: str, limit: int, before: int = NEWEST
) -> tuple[list[str], int]:
    """One page of `cases_by_words`, and where the next begins (0: this was the last).

    A case stands where its newest such text is, and again on a later page for an older one: all pages together hold
    every case that says it, and no other.
    """
    match = _all_words(text, key)
    return _page(conn, desk, match, limit, before) if match else ([], 0)


def _all_words(text: str, key: bytes) -> str:
    """The expression for texts with every word of `text`, of which so much is read; "" when it holds no word."""
    words = text[: tokens.QUERY_MAX].split()
    phrases = [" ".join(tokens.keyed(terms, key)) for word in words if (terms := tokens.phrase_terms(word))]
    return tokens.match_all(dict.fromkeys(phrases)) if phrases else ""


def texts_near(
    conn: Connection, desk: str, phrases: Sequence[str], newest: int, limit: int
) -> list[tuple[str, int]]:
    """(case, seq) of texts with any of these phrases of keyed terms, among the `newest` texts, newest first."""
    return terms_of(conn).near(conn, desk, tokens.match_any(phrases), newest, limit) if phrases else []


def cases_saying(conn: Connection, desk: str, key: bytes, text: str, among: Sequence[str]) -> set[str]:
    """Those of these cases (500 at most) in one of whose messages or notes every word stands."""
    match = _all_words(text, key)
    if not match or not among:
        return set()
    return terms_of(conn).saying(conn, desk, match, among)


def _cases(conn: Connection, desk: str, match: str, limit: int) -> list[str]:
    return _page(conn, desk, match, limit, NEWEST)[0]


def _page(conn: Connection, desk: str, match: str, limit: int, before: int) -> tuple[list[str], int]:
    """The newest cases of a match from a place on, and the place after them; 0 when there are no more."""
    found: dict[str, None] = {}
    last = before
    for case, row in terms_of(conn).texts(conn, desk, match, before, limit + 1):
        if case not in found and len(found) >= limit:
            return list(found), last
        found[case], last = None, row
    return list(found), 0
