"""Where terms are kept to be found: in FTS5 on SQLite, in a `tsvector` on PostgreSQL (store/terms_postgres.py).

This is the one place where the two databases have bodies of their own. Both get the same terms in the same order, and
an expression as `search.tokens` makes it: phrases, all of which or any of which are to be found.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from csdesk.store.connection import Connection

# 4 billion articles a desk, 2 billion desks: on SQLite all desks share one index of articles.
RANGE = 1 << 32


class Terms(Protocol):
    """The terms of texts (of one desk's cases) and of articles."""

    def put_texts(
        self, conn: Connection, desk: str, texts: Sequence[tuple[str, int, str, list[str]]]
    ) -> None:
        """Keep the terms of texts of cases: (case, seq, person, terms) each, in the order of their numbers."""
        ...

    def put_rows(self, conn: Connection, desk: str, found: Sequence[tuple[int, list[str]]]) -> None:
        """Keep the terms of texts whose rows of `doc` are there already: (row, terms)."""
        ...

    def texts(
        self, conn: Connection, desk: str, match: str, before: int, some: int
    ) -> Iterator[tuple[str, int]]:
        """(case, row) of texts that match, below a row, the newest first; who reads stops after about `some`."""
        ...

    def near(self, conn: Connection, desk: str, match: str, newest: int, limit: int) -> list[tuple[str, int]]:
        """(case, seq) of texts that match among the `newest`, the newest first."""
        ...

    def saying(self, conn: Connection, desk: str, match: str, among: Sequence[str]) -> set[str]:
        """Those of these cases that have a text which matches."""
        ...

    def drop_texts(self, conn: Connection, desk: str, person: str) -> None:
        """Take the terms of somebody's texts out, and that there were any."""
        ...

    def put_article(
        self, conn: Connection, desk: str, row: int, title: list[str], body: list[str], initials: list[str]
    ) -> None:
        """Keep the terms of an article."""
        ...

    def drop_article(self, conn: Connection, desk: str, row: int) -> None:
        """Take them out."""
        ...

    def articles(
        self, conn: Connection, desk: str, match: str, rows: tuple[int, int], count: int, limit: int
    ) -> list[tuple[int, float]]:
        """(row, score) of the best articles, best first; `count`: how many the desk has, `rows`: their range."""
        ...

    def holding(self, conn: Connection, desk: str, term: str) -> int:
        """How many articles hold a term."""
        ...

    def tidy(self, conn: Connection) -> None:
        """After an import of articles: make searches fast again."""
        ...

    def begin_shelf(self, conn: Connection, desk: str) -> None:
        """Give a desk its place in the library, unless it has one."""
        ...


def terms_of(conn: Connection) -> Terms:
    """The body for this connection's database."""
    if conn.kind == "sqlite":
        return Fts5()
    from csdesk.store.terms_postgres import Vectors

    return Vectors()


# CROSS: FTS5 gives the newest first without sorting what it found, so reading stops when the page is full.
_TEXTS = (
    "SELECT d.case_id, t.rowid FROM doc_terms t CROSS JOIN doc d ON d.id = t.rowid"
    " WHERE t.terms MATCH ? AND t.rowid < ? AND d.desk_id = ? ORDER BY t.rowid DESC"
)
_NEAR = (
    "SELECT d.case_id, d.seq FROM doc_terms t JOIN doc d ON d.id = t.rowid"
    " WHERE t.terms MATCH ? AND t.rowid > ? AND d.desk_id = ? AND d.seq > 0 ORDER BY t.rowid DESC LIMIT ?"
)
_ARTICLES = (
    "SELECT rowid, -bm25(article_terms, 1.0, 1.0, 1.0) AS score FROM article_terms"
    " WHERE article_terms MATCH ? AND rowid BETWEEN ? AND ? ORDER BY score DESC LIMIT ?"
)


class Fts5:
    """SQLite: contentless tables of FTS5, whose rows have the numbers of `doc` and `article`."""

    def put_texts(
        self, conn: Connection, desk: str, texts: Sequence[tuple[str, int, str, list[str]]]
    ) -> None:
        """See `Terms`."""
        (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM doc").fetchone()
        conn.executemany(
            "INSERT INTO doc (id, desk_id, case_id, seq, person) VALUES (?,?,?,?,?)",
            [(row, desk, case, seq, person) for row, (case, seq, person, _) in enumerate(texts, last + 1)],
        )
        self.put_rows(conn, desk, [(row, terms) for row, (*_, terms) in enumerate(texts, last + 1)])

    def put_rows(self, conn: Connection, desk: str, found: Sequence[tuple[int, list[str]]]) -> None:
        """See `Terms`."""
        conn.executemany(
            "INSERT INTO doc_terms (rowid, terms) VALUES (?, ?)",
            [(row, " ".join(terms)) for row, terms in found],
        )

    def texts(
        self, conn: Connection, desk: str, match: str, before: int, some: int
    ) -> Iterator[tuple[str, int]]:
        """See `Terms`; rows are read as they are asked for."""
        yield from conn.execute(_TEXTS, (match, before, desk))

    def near(self, conn: Connection, desk: str, match: str, newest: int, limit: int) -> list[tuple[str, int]]:
        """See `Terms`."""
        (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM doc").fetchone()
        return [(case, seq) for case, seq in conn.execute(_NEAR, (match, last - newest, desk, limit))]

    def saying(self, conn: Connection, desk: str, match: str, among: Sequence[str]) -> set[str]:
        """See `Terms`."""
        # CROSS: by the few texts of these cases, not by all texts of the desk that hold the words.
        rows = conn.execute(
            "SELECT DISTINCT d.case_id FROM doc d CROSS JOIN doc_terms t ON t.rowid = d.id"
            f" WHERE d.desk_id = ? AND d.case_id IN ({','.join('?' * len(among))}) AND d.seq > 0 AND t.terms MATCH ?",
            (desk, *among, match),
        )
        return {row[0] for row in rows}

    def drop_texts(self, conn: Connection, desk: str, person: str) -> None:
        """See `Terms`."""
        docs = conn.execute("SELECT id FROM doc WHERE desk_id = ? AND person = ?", (desk, person)).fetchall()
        conn.executemany("DELETE FROM doc_terms WHERE rowid = ?", docs)
        conn.execute("DELETE FROM doc WHERE desk_id = ? AND person = ?", (desk, person))

    def put_article(
        self, conn: Connection, desk: str, row: int, title: list[str], body: list[str], initials: list[str]
    ) -> None:
        """See `Terms`."""
        conn.execute(
            "INSERT INTO article_terms (rowid, title, body, initials) VALUES (?, ?, ?, ?)",
            (row, " ".join(title), " ".join(body), " ".join(initials)),
        )

    def drop_article(self, conn: Connection, desk: str, row: int) -> None:
        """See `Terms`."""
        conn.execute("DELETE FROM article_terms WHERE rowid = ?", (row,))

    def articles(
        self, conn: Connection, desk: str, match: str, rows: tuple[int, int], count: int, limit: int
    ) -> list[tuple[int, float]]:
        """See `Terms`: bm25."""
        return conn.execute(_ARTICLES, (match, *rows, limit)).fetchall()

    def holding(self, conn: Connection, desk: str, term: str) -> int:
        """See `Terms`; of all desks, which share the vocabulary."""
        row = conn.execute("SELECT doc FROM article_vocabulary WHERE term = ?", (term,)).fetchone()
        return int(row[0]) if row else 0

    def tidy(self, conn: Connection) -> None:
        """See `Terms`: one piece is a fifth faster; 30 µs an article."""
        conn.execute("INSERT INTO article_terms (article_terms) VALUES ('optimize')")

    def begin_shelf(self, conn: Connection, desk: str) -> None:
        """See `Terms`: with the next range of numbers."""
        conn.execute(
            "INSERT INTO library SELECT ?, coalesce(max(number) + 1, 0), 0, 0, 0 FROM library WHERE true"
            " ON CONFLICT DO NOTHING",
            (desk,),
        )


def phrases(match: str) -> Iterable[tuple[str, ...]]:
    """The phrases of an expression of `search.tokens`, each as its terms."""
    return [
        tuple(part.replace('""', '"').split()) for part in match[1:-1].split(_AND if _AND in match else _OR)
    ]


def wants_all(match: str) -> bool:
    """Whether all phrases of an expression are to be found, or any."""
    return _AND in match


_AND, _OR = '" AND "', '" OR "'
