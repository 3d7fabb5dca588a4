"""The desk's own texts as a whole, for those who check them: policies with what they rest on, and canned replies."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.library import CANNED_COLUMNS, DEFAULT_LANGUAGE, Canned, to_canned


@dataclass(frozen=True, slots=True)
class Resting:
    """A policy of the desk's own: its last day in force (ISO, "" open) and the citations it rests on."""

    id: str
    title: str
    basis: tuple[str, ...]
    effective_to: str


@dataclass(frozen=True, slots=True)
class CitingReply:
    """A canned reply with the articles (ids) it stands on."""

    id: str
    title: str
    articles: tuple[str, ...]


def resting(conn: Connection, desk: str) -> Iterator[Resting]:
    """The desk's own policies by id, each in one language, Chinese where it has it; none of the texts of laws."""
    rows = conn.execute(
        "SELECT external_id, source, title, basis, effective_to FROM article"
        " WHERE desk_id = ? AND basis <> '' ORDER BY external_id, source, language <> ?",
        (desk, DEFAULT_LANGUAGE),
    )
    for _, (id_, _, title, basis, until) in _first_of_each(rows):
        yield Resting(id_, title, tuple(basis.split("\n")), until)


def citing(conn: Connection, desk: str) -> Iterator[CitingReply]:
    """The canned replies that name articles, by id, each in one language."""
    rows = conn.execute(
        "SELECT external_id, source, title, articles FROM canned"
        " WHERE desk_id = ? AND articles <> '' ORDER BY external_id, source, language <> ?",
        (desk, DEFAULT_LANGUAGE),
    )
    for _, (id_, _, title, articles) in _first_of_each(rows):
        yield CitingReply(id_, title, tuple(articles.split("\n")))


def _first_of_each(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    return ((key, next(group)) for key, group in groupby(rows, key=lambda row: row[:2]))


def replies(conn: Connection, desk: str) -> Iterator[Canned]:
    """Every canned reply in each of its languages, by id."""
    rows = conn.execute(
        f"SELECT {CANNED_COLUMNS} FROM canned WHERE desk_id = ? ORDER BY external_id, source, language",
        (desk,),
    )
    return (to_canned(row) for row in rows)


def days_of(conn: Connection, desk: str, article: str) -> list[tuple[str, str]]:
    """First and last day in force (ISO, "" open) of the articles with this id; empty when there is none."""
    rows = conn.execute(
        "SELECT effective_from, effective_to FROM article WHERE desk_id = ? AND external_id = ?",
        (desk, article),
    )
    return [(row[0], row[1]) for row in rows]
