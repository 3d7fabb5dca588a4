"""Vectors for the desk's articles, made batch by batch; broken off, the next run goes on where this one stood."""

from collections.abc import Callable

from csdesk.desk.core import Core
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.search import semantic
from csdesk.store import library_vectors
from csdesk.store.connection import write

# A second or two of work for one core: what an end in the middle loses. Larger batches are no faster.
BATCH = 8


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a run came to: articles of the desk, those that had no vector, those that got one, vectors taken out."""

    articles: int
    pending: int
    done: int = 0
    gone: int = 0


def embed(core: Core, model: semantic.Model, told: Callable[[int, int], None]) -> Embedded:
    """Give each article that has none, or an old one, its vector; `told` (done, of how many) after each batch."""
    core.need(Right.LOAD)
    conn, desk = core.store.conn, core.desk
    rows = library_vectors.pending(conn, desk, model.name)
    done = 0
    for first in range(0, len(rows), BATCH):
        some = rows[first : first + BATCH]
        # Read again: an import may have changed them since.
        texts = library_vectors.texts(conn, desk, some)
        if texts:
            packed = semantic.pack(model.passages(list(texts.values())))
            made = [(row, text, one) for (row, text), one in zip(texts.items(), packed, strict=True)]
            with write(conn):
                library_vectors.put(conn, desk, model.name, made)
        done += len(texts)
        told(done, len(rows))
    with write(conn):
        gone = library_vectors.finish(conn, desk)
    return Embedded(library_vectors.articles(conn, desk), len(rows), done, gone)


def outstanding(core: Core, model: semantic.Model) -> Embedded:
    """What a run would find to do."""
    core.need(Right.LOAD)
    conn, desk = core.store.conn, core.desk
    return Embedded(
        library_vectors.articles(conn, desk), len(library_vectors.pending(conn, desk, model.name))
    )
