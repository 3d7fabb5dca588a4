"""The index of texts and articles made anew for a desk whose rows came without it: after a move.

FTS5 keeps postings and no text, so an index cannot be copied from one database to another. What may be found is told by
the rows of `doc`; what stands in them is opened with the keys, and never leaves memory.
"""

import msgspec

from csdesk.search import tokens
from csdesk.store.cases import event_bound
from csdesk.store.connection import bulk
from csdesk.store.file import Store
from csdesk.store.index import NUMBER_SEQ, number_terms
from csdesk.store.library import reindex_articles
from csdesk.store.terms import terms_of

DOCS_A_BATCH = 500
_DOCS = "SELECT id, case_id, seq, person FROM doc WHERE desk_id = ? AND id > ? ORDER BY id LIMIT ?"


def reindex(store: Store) -> None:
    """Index every text and article of a desk none of which is indexed; in batches, each whole."""
    conn, desk, last = store.conn, store.desk.id, 0
    while docs := conn.execute(_DOCS, (desk, last, DOCS_A_BATCH)).fetchall():
        last = docs[-1][0]
        found = [(row, _terms(store, case, seq, person)) for row, case, seq, person in docs]
        with bulk(conn):
            terms_of(conn).put_rows(conn, desk, found)
    with bulk(conn):
        reindex_articles(store)
        terms_of(conn).tidy(conn)


def _terms(store: Store, case: str, seq: int, person: str) -> list[str]:
    """The terms of a text of a case; none for a text that was shredded."""
    conn, desk, key = store.conn, store.desk.id, store.people.text_key()
    if seq == NUMBER_SEQ:
        row = conn.execute("SELECT body FROM cases WHERE desk_id = ? AND id = ?", (desk, case)).fetchone()
        return number_terms(row[0], key) if row else []
    row = conn.execute(
        "SELECT sealed FROM event WHERE desk_id = ? AND case_id = ? AND seq = ?", (desk, case, seq)
    ).fetchone()
    hidden = store.keys.open(desk, person, row[0], event_bound(desk, case, seq)) if row and row[0] else None
    said = msgspec.json.decode(hidden) if hidden else {}
    text = "\n".join(value for value in said.values() if isinstance(value, str))
    return tokens.keyed(tokens.index_terms(text), key)
