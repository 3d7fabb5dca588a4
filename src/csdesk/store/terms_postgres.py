"""Terms on PostgreSQL: a `tsvector` beside the row they are of, with the places that make phrases, under a GIN index.

No text search configuration takes part: terms are made by `search.tokens`, so vectors and questions are written out,
term by term. A vector counts places up to 16,383 (what follows is found, though not as a phrase).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from csdesk.store.connection import Connection
from csdesk.store.postgres import PgConnection
from csdesk.store.terms import phrases, wants_all

_LAST_PLACE = 16_383
_MOST_PLACES = 256  # of one term; a vector keeps no more
# Between heading, body and initials, so that no phrase goes across.
_GAP = 8

_TEXTS = "SELECT case_id, id FROM doc WHERE desk_id = %s AND terms @@ %s::tsquery AND id < %s ORDER BY id DESC LIMIT %s"
_NEAR = (
    "SELECT case_id, seq FROM doc WHERE desk_id = %s AND terms @@ %s::tsquery AND seq > 0"
    " AND id > (SELECT coalesce(max(id), 0) FROM doc WHERE desk_id = %s) - %s ORDER BY id DESC LIMIT %s"
)
# bm25 as far as a vector tells: how rare each phrase is, how often it stands in an article (ts_rank, which grows ever
# less with each time), and how long that is.
_ARTICLES = (
    "WITH asked (n, query) AS (SELECT n, query::tsquery FROM unnest(%s::text[]) WITH ORDINALITY AS a (query, n)),"
    " hit AS (SELECT a.id, q.n, ts_rank(a.terms, q.query, 1) AS rank FROM asked q"
    "  JOIN article a ON a.desk_id = %s AND a.id BETWEEN %s AND %s AND a.terms @@ q.query),"
    " rare AS (SELECT n, ln(1 + greatest(0, %s - count(*) + 0.5) / (count(*) + 0.5)) AS idf FROM hit GROUP BY n)"
    " SELECT h.id, sum(h.rank * r.idf)::float8 AS score FROM hit h JOIN rare r ON r.n = h.n"
    " GROUP BY h.id HAVING count(*) >= %s ORDER BY score DESC, h.id LIMIT %s"
)


class Vectors:
    """See `store.terms.Terms`."""

    def put_texts(
        self, conn: Connection, desk: str, texts: Sequence[tuple[str, int, str, list[str]]]
    ) -> None:
        """See `Terms`; rows are numbered within the desk."""
        for case, seq, person, terms in texts:
            _pg(conn).native(
                "INSERT INTO doc (desk_id, case_id, seq, person, terms, id) VALUES (%s, %s, %s, %s, %s::tsvector,"
                " (SELECT coalesce(max(id), 0) + 1 FROM doc WHERE desk_id = %s))",
                (desk, case, seq, person, vector(terms), desk),
            )

    def put_rows(self, conn: Connection, desk: str, found: Sequence[tuple[int, list[str]]]) -> None:
        """See `Terms`."""
        conn.executemany(
            "UPDATE doc SET terms = CAST(? AS tsvector) WHERE desk_id = ? AND id = ?",
            [(vector(terms), desk, row) for row, terms in found],
        )

    def texts(
        self, conn: Connection, desk: str, match: str, before: int, some: int
    ) -> Iterator[tuple[str, int]]:
        """See `Terms`; in ever larger parts, since a case may have many texts."""
        asked, some = question(match), max(some, 16)
        while asked:
            rows = _pg(conn).native(_TEXTS, (desk, asked, before, some)).fetchall()
            yield from rows
            if len(rows) < some:
                return
            before, some = rows[-1][1], some * 4

    def near(self, conn: Connection, desk: str, match: str, newest: int, limit: int) -> list[tuple[str, int]]:
        """See `Terms`."""
        asked = question(match)
        if not asked:
            return []
        rows = _pg(conn).native(_NEAR, (desk, asked, desk, newest, limit))
        return [(case, seq) for case, seq in rows]

    def saying(self, conn: Connection, desk: str, match: str, among: Sequence[str]) -> set[str]:
        """See `Terms`."""
        rows = _pg(conn).native(
            "SELECT DISTINCT case_id FROM doc WHERE desk_id = %s AND case_id = ANY(%s) AND seq > 0"
            " AND terms @@ %s::tsquery",
            (desk, list(among), question(match)),
        )
        return {row[0] for row in rows}

    def drop_texts(self, conn: Connection, desk: str, person: str) -> None:
        """See `Terms`."""
        conn.execute("DELETE FROM doc WHERE desk_id = ? AND person = ?", (desk, person))

    def put_article(
        self, conn: Connection, desk: str, row: int, title: list[str], body: list[str], initials: list[str]
    ) -> None:
        """See `Terms`."""
        _pg(conn).native(
            "UPDATE article SET terms = %s::tsvector WHERE desk_id = %s AND id = %s",
            (vector(title, body, initials), desk, row),
        )

    def drop_article(self, conn: Connection, desk: str, row: int) -> None:
        """See `Terms`."""
        _pg(conn).native("UPDATE article SET terms = '' WHERE desk_id = %s AND id = %s", (desk, row))

    def articles(
        self, conn: Connection, desk: str, match: str, rows: tuple[int, int], count: int, limit: int
    ) -> list[tuple[int, float]]:
        """See `Terms`."""
        asked = [one for phrase in phrases(match) if (one := _phrase(phrase))]
        if not asked:
            return []
        least = len(asked) if wants_all(match) else 1
        return _pg(conn).native(_ARTICLES, (asked, desk, *rows, count, least, limit)).fetchall()

    def holding(self, conn: Connection, desk: str, term: str) -> int:
        """See `Terms`."""
        row = (
            _pg(conn)
            .native(
                "SELECT count(*) FROM article WHERE desk_id = %s AND terms @@ %s::tsquery",
                (desk, _phrase((term,))),
            )
            .fetchone()
        )
        return int(row[0]) if row else 0

    def tidy(self, conn: Connection) -> None:
        """See `Terms`: nothing; autovacuum does it."""

    def begin_shelf(self, conn: Connection, desk: str) -> None:
        """See `Terms`."""
        conn.execute("INSERT INTO library VALUES (?,0,0,0,0) ON CONFLICT DO NOTHING", (desk,))


def _pg(conn: Connection) -> PgConnection:
    return cast(PgConnection, conn)


def vector(*fields: Iterable[str]) -> str:
    """Fields of terms in order, as a tsvector is written."""
    places: dict[str, list[int]] = {}
    at = 0
    for field in fields:
        for term in field:
            at += 1
            stood = places.setdefault(term, [])
            if len(stood) < _MOST_PLACES:
                stood.append(min(at, _LAST_PLACE))
        at += _GAP
    return " ".join(f"{_quoted(term)}:{','.join(map(str, stood))}" for term, stood in places.items())


def question(match: str) -> str:
    """An expression of `search.tokens` as a tsquery is written; "" for one that finds nothing."""
    found = [one for phrase in phrases(match) if (one := _phrase(phrase))]
    return (" & " if wants_all(match) else " | ").join(f"({one})" for one in found)


def _phrase(terms: Sequence[str]) -> str:
    return " <-> ".join(_quoted(term) for term in terms)


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
