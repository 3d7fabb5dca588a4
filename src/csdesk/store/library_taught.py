"""What agents' choices taught: terms of the questions that led to an article, apart from the index of its words.

A question is a row of terms, never a text. It lifts its article when one like it is asked again, by no more than
`LIFT` of the best score, and only the `MOST_LIFTED` likeliest: what nobody has chosen yet keeps its place on its words.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from csdesk.search import learned
from csdesk.store.connection import Connection
from csdesk.store.library_index import Index

# Questions an article keeps; the least used, then the oldest, give way.
MOST_QUESTIONS = 12
# Articles that one question lifts.
MOST_LIFTED = 3
# The most that a lift adds, of the best score there is on words alone.
LIFT = 0.8
# Questions that have less in common are of something else.
LEAST_ALIKE = 0.1
# A choice counts half as much after a year without another.
HALF_LIFE_DAYS = 365
_DAY_MS = 86_400_000
# Past questions that are looked at closely.
_NEAR = 40
_ALIKE = (
    "SELECT t.question, sum(CAST(j.value AS REAL)) FROM json_each(?) j CROSS JOIN taught_term t"
    " ON t.desk_id = ? AND t.term = j.key GROUP BY t.question ORDER BY 2 DESC, 1 LIMIT ?"
)
_KEPT = (
    "SELECT id, article, mass, uses, at FROM taught"
    " WHERE +desk_id = ? AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
)
_TEACH = (
    "INSERT INTO taught (desk_id, article, terms, mass, uses, at) VALUES (?,?,?,?,1,?)"
    " ON CONFLICT (desk_id, article, terms) DO UPDATE SET uses = uses + 1, at = excluded.at RETURNING id, uses"
)
_SURPLUS = (
    "SELECT id FROM taught WHERE desk_id = ? AND article = ? AND id <> ?"
    " ORDER BY uses DESC, at DESC, id DESC LIMIT -1 OFFSET ?"
)
_OF_ARTICLE = (
    "SELECT t.id FROM taught t JOIN article a ON a.desk_id = t.desk_id AND a.id = t.article"
    " WHERE t.desk_id = ? AND a.desk_id = t.desk_id AND a.external_id = ?"
)


class Taught(NamedTuple):
    """An article that was chosen (id, law, number), its questions, how often they led to it, when last (UTC ms).

    `terms`: those of its most used question, with blanks between.
    """

    id: str
    law: str
    article_no: str
    questions: int
    uses: int
    at: int
    terms: str


class Lift(NamedTuple):
    """An article's row and how much it is lifted, 0 to 1."""

    row: int
    share: float


def teach(index: Index, conn: Connection, desk: str, row: int, terms: Sequence[str], at: int) -> None:
    """Let the terms of a question teach the article in `row`, inside the caller's transaction (`at`: UTC ms)."""
    kept = sorted(set(terms))
    weighed = learned.weights(kept, index.docs(kept), index.articles)
    whole = learned.mass(weighed.values())
    id_, uses = conn.execute(_TEACH, (desk, row, " ".join(kept), whole, at)).fetchone()
    if uses > 1:
        return
    conn.executemany("INSERT INTO taught_term VALUES (?,?,?)", [(desk, term, id_) for term in kept])
    surplus = conn.execute(_SURPLUS, (desk, row, id_, MOST_QUESTIONS - 1)).fetchall()
    _drop(conn, desk, [found[0] for found in surplus])


def lifts(index: Index, conn: Connection, desk: str, terms: Sequence[str], today: int) -> list[Lift]:
    """The articles that questions like this one led to, the most lifted first (`today`: days since 1970)."""
    if conn.execute("SELECT 1 FROM taught WHERE desk_id = ? LIMIT 1", (desk,)).fetchone() is None:
        return []
    weighed = learned.weights(terms, index.docs(terms), index.articles)
    asked = learned.mass(weighed.values())
    shared = dict(conn.execute(_ALIKE, (json.dumps(weighed), desk, _NEAR)).fetchall())
    best: dict[int, float] = {}
    for id_, row, whole, uses, at in conn.execute(_KEPT, (desk, json.dumps(list(shared)))):
        alike = learned.likeness(shared[id_], asked, whole)
        if alike >= LEAST_ALIKE:
            age = max(0, today - at // _DAY_MS)
            best[row] = max(best.get(row, 0.0), alike * _trust(uses) * 0.5 ** (age / HALF_LIFE_DAYS))
    ranked = sorted(best.items(), key=lambda one: (-one[1], one[0]))
    return [Lift(row, share) for row, share in ranked[:MOST_LIFTED]]


def _trust(uses: int) -> float:
    """One choice may be a slip: it counts two thirds of many."""
    return (uses + 1) / (uses + 2)


def blend(found: Sequence[tuple[int, float]], lifted: Sequence[Lift]) -> list[tuple[int, float]]:
    """What the index found (row, score), best first, with the lifts; what it did not find starts at its last score."""
    if not lifted:
        return list(found)
    scores = dict(found)
    best, last = (found[0][1], found[-1][1]) if found else (1.0, 0.0)
    for row, share in lifted:
        scores[row] = scores.get(row, last) + LIFT * best * share
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def taught(conn: Connection, desk: str, limit: int) -> list[Taught]:
    """The articles that were chosen, the most often chosen first."""
    rows = conn.execute(
        "SELECT a.external_id, a.law, a.article_no, count(*), sum(t.uses), max(t.at),"
        " (SELECT m.terms FROM taught m WHERE m.desk_id = a.desk_id AND m.article = a.id"
        "  ORDER BY m.uses DESC, m.at DESC, m.id DESC LIMIT 1)"
        " FROM taught t JOIN article a ON a.desk_id = t.desk_id AND a.id = t.article WHERE t.desk_id = ?"
        " GROUP BY a.desk_id, a.id, a.external_id, a.law, a.article_no ORDER BY 5 DESC, 1 LIMIT ?",
        (desk, limit),
    )
    return [Taught(*row) for row in rows]


def forget(conn: Connection, desk: str, article: str) -> int:
    """Forget the questions of the articles with this id, "" of all, inside the caller's transaction; how many."""
    if article:
        found = conn.execute(_OF_ARTICLE, (desk, article)).fetchall()
    else:
        found = conn.execute("SELECT id FROM taught WHERE desk_id = ?", (desk,)).fetchall()
    _drop(conn, desk, [row[0] for row in found])
    return len(found)


def _drop(conn: Connection, desk: str, ids: Sequence[int]) -> None:
    for id_ in ids:
        row = conn.execute(
            "DELETE FROM taught WHERE desk_id = ? AND id = ? RETURNING terms", (desk, id_)
        ).fetchone()
        conn.executemany(
            "DELETE FROM taught_term WHERE desk_id = ? AND term = ? AND question = ?",
            [(desk, term, id_) for term in row[0].split(" ")],
        )
