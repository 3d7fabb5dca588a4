"""The desk's written knowledge looked over: the files of a folder, or what lies in a desk's library."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

from csdesk import resources
from csdesk.domain.cases.conversation import slots
from csdesk.interop import knowledge
from csdesk.interop.knowledge import Problem
from csdesk.store import library_texts
from csdesk.store.file import Store
from csdesk.store.library import Canned

LIBRARY = "library"


def home(folder: Path | None) -> Path:
    """The folder that is checked: a desk's own, or the one that csdesk ships."""
    return resources.path("data/knowledge") if folder is None else folder


def check_folder(folder: Path | None, today: date) -> list[Problem]:
    """Everything wrong with articles.toml, canned.toml and forbidden.toml of a folder; KnowledgeError."""
    where = home(folder)
    return knowledge.check(
        knowledge.load_articles(where / "articles.toml"),
        knowledge.load_canned(where / "canned.toml"),
        knowledge.load_forbidden(where / "forbidden.toml"),
        today,
    )


def check_library(store: Store, today: date) -> Iterator[Problem]:
    """Everything wrong with a desk's library: its own policies that are out of force, and its canned replies."""
    day = today.isoformat()
    for text in library_texts.resting(store.conn, store.desk.id):
        if text.effective_to and text.effective_to < day:
            yield Problem(LIBRARY, text.id, "effective_to", "expired_article", {"until": text.effective_to})
    guards = frozenset(knowledge.load_canned(home(None) / "canned.toml").guards)
    found = library_texts.replies(store.conn, store.desk.id)
    for _, family in groupby(found, key=lambda reply: (reply.external_id, reply.source)):
        yield from _check_family(store, list(family), guards, day)


def _check_family(store: Store, family: list[Canned], guards: frozenset[str], day: str) -> Iterator[Problem]:
    """One reply in all its languages."""
    id_, asked = family[0].external_id, {name for reply in family for name in slots(reply.body)}
    for guard in sorted({guard for reply in family for guard in reply.guards} - guards):
        yield Problem(LIBRARY, id_, "guards", "undeclared_guard", {"guard": guard})
    for cited in dict.fromkeys(cited for reply in family for cited in reply.articles):
        yield from _check_cited(store, id_, cited, day)
    for reply in family:
        if lacks := sorted(asked - set(slots(reply.body))):
            args = {"language": reply.language, "slots": ", ".join(lacks)}
            yield Problem(LIBRARY, reply.external_id, "body", "placeholder_mismatch", args)
        yield from _check_phrases(store, reply)


def _check_cited(store: Store, reply: str, cited: str, day: str) -> Iterator[Problem]:
    days = library_texts.days_of(store.conn, store.desk.id, cited)
    if not days:
        yield Problem(LIBRARY, reply, "articles", "unknown_article", {"article": cited})
    elif not any(start <= day and (not end or day <= end) for start, end in days):
        yield Problem(LIBRARY, reply, "articles", "article_not_in_force", {"article": cited})


def _check_phrases(store: Store, reply: Canned) -> Iterator[Problem]:
    for field, text in (("title", reply.title), ("body", reply.body)):
        for said in store.forbidden.find(text):
            if said.found.sure and not {*said.rule.unless} & {*reply.guards}:
                phrase = text[said.found.start : said.found.end]
                args = {"language": reply.language, "phrase": phrase, "rule": said.rule.code}
                yield Problem(LIBRARY, reply.external_id, field, "forbidden_phrase", args)


def by_file(problems: Iterable[Problem], folder: Path) -> Iterator[tuple[str, Problem]]:
    """Each problem with the name of the file to mend; what lies in the library has none."""
    for problem in problems:
        yield ("" if problem.file == LIBRARY else str(folder / f"{problem.file}.toml")), problem
