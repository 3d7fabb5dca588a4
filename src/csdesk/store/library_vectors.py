"""Vectors of a desk's articles, for search by meaning: made once, kept with what they were made of, read by who asks.

They are made in batches, each kept by itself, so that work that was broken off goes on where it stood. They count once
all articles had theirs: before that, those without would seem to mean nothing.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

if TYPE_CHECKING:
    from csdesk.search.semantic import Nearest

_READ = "SELECT id, law, title, text, keywords FROM article WHERE desk_id = ?"
# The + keeps SQLite from reading all of a desk's articles by desk_id, not the few by id.
_SOME = f"{_READ.replace('desk_id', '+desk_id')} AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Known:
    """What a desk has of vectors: by which model, how often they changed, and whether all articles had theirs once."""

    model: str
    version: int
    ready: bool


def known(conn: Connection, desk: str) -> Known | None:
    """What the desk has; None before the first batch."""
    row = conn.execute("SELECT model, version, ready FROM embedding WHERE desk_id = ?", (desk,)).fetchone()
    return Known(row[0], row[1], bool(row[2])) if row else None


def articles(conn: Connection, desk: str) -> int:
    """How many articles the desk has, each language by itself."""
    row = conn.execute("SELECT articles FROM library WHERE desk_id = ?", (desk,)).fetchone()
    return int(row[0]) if row else 0


def pending(conn: Connection, desk: str, model: str) -> list[int]:
    """The rows of articles that have no vector by this model of what they say now; 5 µs an article."""
    have = known(conn, desk)
    hashes: dict[int, bytes] = {}
    if have is not None and have.model == model:
        hashes = dict(
            conn.execute("SELECT article, hash FROM article_vector WHERE desk_id = ?", (desk,)).fetchall()
        )
    rows = conn.execute(f"{_READ} ORDER BY id", (desk,))
    return [row[0] for row in rows if hashes.get(row[0]) != _hash(_embedded(row))]


def texts(conn: Connection, desk: str, rows: Sequence[int]) -> dict[int, str]:
    """What a vector is made of, for these rows: heading, text and keywords."""
    return {row[0]: _embedded(row) for row in conn.execute(_SOME, (desk, json.dumps(list(rows))))}


def put(conn: Connection, desk: str, model: str, made: Sequence[tuple[int, str, bytes]]) -> None:
    """Keep vectors (article's row, text, packed vector), inside the caller's transaction.

    With the first of another model those of the one before go: they cannot be compared.
    """
    have = known(conn, desk)
    if have is not None and have.model != model:
        conn.execute("DELETE FROM article_vector WHERE desk_id = ?", (desk,))
        conn.execute("UPDATE embedding SET model = ?, ready = 0 WHERE desk_id = ?", (model, desk))
    conn.executemany(
        "INSERT OR REPLACE INTO article_vector VALUES (?,?,?,?)",
        [(desk, row, _hash(text), vector) for row, text, vector in made],
    )
    conn.execute(
        "INSERT INTO embedding VALUES (?,?,1,0) ON CONFLICT (desk_id) DO UPDATE SET version = version + 1",
        (desk, model),
    )


def finish(conn: Connection, desk: str) -> int:
    """Let the vectors count, and take out those of articles that are gone, inside the caller's transaction.

    Returns how many were taken out.
    """
    gone = conn.execute(
        "DELETE FROM article_vector WHERE desk_id = ? AND article NOT IN"
        " (SELECT id FROM article WHERE desk_id = ?)",
        (desk, desk),
    ).rowcount
    conn.execute(
        "UPDATE embedding SET ready = 1, version = version + 1 WHERE desk_id = ? AND (ready = 0 OR ? > 0)",
        (desk, gone),
    )
    return gone


class Meanings:
    """The vectors of one desk in memory, from the first question on; read anew when they changed."""

    def __init__(self, conn: Connection, desk: str) -> None:
        self._conn = conn
        self._desk = desk
        self._held: tuple[Known, Nearest] | None = None

    def near(self, text: str, most: int) -> list[int]:
        """The rows of the articles nearest in meaning, nearest first.

        None where the extra or the vectors are not there, or the question is too little to mean anything.
        """
        from csdesk.search import semantic

        have = known(self._conn, self._desk)
        if have is None or not have.ready or not semantic.installed() or not semantic.has_meaning(text):
            return []
        model = semantic.model()
        if model.name != have.model:
            return []
        if self._held is None or self._held[0] != have:
            rows = self._conn.execute(
                "SELECT article, vector FROM article_vector WHERE desk_id = ? ORDER BY article", (self._desk,)
            ).fetchall()
            if not rows:
                return []
            self._held = have, semantic.Nearest([row[0] for row in rows], [row[1] for row in rows])
        return self._held[1].find(model.question(text), most)


def _embedded(row: tuple[int, str, str, str, str]) -> str:
    _, law, title, text, keywords = row
    return "\n".join(part for part in (f"{law} {title}" if title else law, text, keywords) if part)


def _hash(text: str) -> bytes:
    from hashlib import blake2b  # loads OpenSSL, which only who makes vectors pays

    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
