"""The desk's written knowledge: policy articles, canned replies and forbidden phrases, loaded and checked."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import slots
from csdesk.domain.value import dataclass
from csdesk.search.normalise import fold
from csdesk.search.phrases import Phrases, dense

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
Words = Mapping[str, str]
T = TypeVar("T")


class KnowledgeError(ValueError):
    """A knowledge file that cannot be read: one sentence with the file, the place and what is wrong there."""


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """An instrument, in force on the days from `start` to `end`, both included; `end` None: still in force.

    `read`: how its rules are known (official text, a page that restates it, or not at all). `number`: its
    order or docket number as published (国务院令第778号).
    """

    start: date
    read: Literal["text", "secondary", "unread"]
    name: Words
    number: str = ""
    end: date | None = None


class Citation(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}
):
    """A provision: article, paragraph 款 and item 项 of a law; `article` None means the whole instrument.

    Once loaded, `start` is the law's unless the file says otherwise; `end` is set when the citation speaks of
    the past; `instrument` is None when the file knows no such law.
    """

    law: str
    article: str | None = None
    paragraph: int | None = None
    item: int | None = None
    start: date | None = None
    end: date | None = None
    instrument: Law | None = None


class Contested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point that courts or platforms read differently; every reading is shown, none is law."""

    point: Words
    readings: tuple[Words, ...]


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One policy article; in force from `effective_from` to `effective_to`, both included."""

    id: str
    no: int
    kinds: tuple[Kind, ...]
    tags: tuple[str, ...]
    confidence: Literal["statute", "promise", "policy", "interpretation"]
    effective_from: date
    citations: tuple[Citation, ...]
    title: Words
    text: Words
    keywords: Mapping[str, tuple[str, ...]]
    effective_to: date | None = None
    note: Words | None = None
    contested: tuple[Contested, ...] = ()

    def in_force(self, day: date) -> bool:
        """Whether the article applies to facts of `day`."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that a reply leaves open; `case_fills`: the case can have it, else the agent is asked."""

    label: Words
    case_fills: bool


class CannedReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ready reply. `guards` must all hold before it is used; no `states` means any state of its kinds."""

    id: str
    shortcut: str
    topic: str
    kinds: tuple[Kind, ...]
    articles: tuple[str, ...]
    title: Words
    body: Words
    states: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()


class CannedBook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All canned replies, with the closed lists of slots and guards (code → what must hold) they draw on."""

    format: Literal[1]
    slots: Mapping[str, Slot]
    guards: Mapping[str, Words]
    replies: tuple[CannedReply, ...]


class Forbidden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases that may not leave the desk, unless one of the guards named in `unless` holds.

    `instead`: what to say in their place.
    """

    code: str
    article: str
    reason: Words
    instead: Words
    phrases: Mapping[str, tuple[str, ...]]
    unless: tuple[str, ...] = ()


class _ArticleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal[1]
    laws: Mapping[str, Law]
    articles: tuple[Article, ...]


class _ForbiddenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal[1]
    forbidden: tuple[Forbidden, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A forbidden phrase that was found in a text."""

    rule: Forbidden
    phrase: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `file` (articles, canned or forbidden), entry, field, and a code with arguments."""

    file: str
    id: str
    field: str
    code: str
    args: Mapping[str, str]


def load_articles(path: Path) -> tuple[Article, ...]:
    """The articles of a file such as `data/knowledge/articles.toml`; raises KnowledgeError."""
    book = _read(path, _ArticleFile)
    return tuple(
        msgspec.structs.replace(article, citations=tuple(_resolve(c, book.laws) for c in article.citations))
        for article in book.articles
    )


def load_canned(path: Path) -> CannedBook:
    """The canned replies of a file such as `data/knowledge/canned.toml`; raises KnowledgeError."""
    return _read(path, CannedBook)


def load_forbidden(path: Path) -> tuple[Forbidden, ...]:
    """The phrase list of a file such as `data/knowledge/forbidden.toml`; raises KnowledgeError."""
    return _read(path, _ForbiddenFile).forbidden


def find_forbidden(
    text: str, rules: Iterable[Forbidden], holds: Collection[str] = frozenset()
) -> tuple[Hit, ...]:
    """The forbidden phrases that a text says, however they are written (`search.phrases`).

    `holds`: codes of the guards that hold on the case; a rule is silent when one of its `unless` is in it.
    """
    return tuple(_hits(text, _needles(rules), holds))


def check(
    articles: tuple[Article, ...], canned: CannedBook, forbidden: tuple[Forbidden, ...], today: date
) -> list[Problem]:
    """Everything wrong with the three files as of `today`; empty when a desk may use them."""
    needles = _needles(forbidden)
    return [
        *_check_articles(articles, needles, today),
        *_check_book(canned),
        *_check_replies(articles, canned, needles, today),
        *_check_forbidden(articles, canned, forbidden),
    ]


def _read(path: Path, shape: type[T]) -> T:
    raw: dict[str, Any] = {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, shape)
    except OSError as error:
        raise KnowledgeError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise KnowledgeError(f"{path}: {error}{_entry(raw, str(error))}") from error
    except ValueError as error:
        raise KnowledgeError(f"{path} is not TOML in UTF-8: {error}") from error


def _entry(raw: Mapping[str, Any], message: str) -> str:
    """Which entry msgspec's path (`$.articles[3]…`) means, by its id, since people do not count entries."""
    where = re.search(r"\$\.(\w+)\[(\d+)\]", message)
    entry = raw[where[1]][int(where[2])] if where else None
    name = entry.get("id", entry.get("code")) if isinstance(entry, dict) else None
    return f" ({name})" if name else ""


def _resolve(citation: Citation, laws: Mapping[str, Law]) -> Citation:
    law = laws.get(citation.law)
    start = citation.start or (law.start if law else None)
    return msgspec.structs.replace(citation, instrument=law, start=start)


@dataclass(frozen=True, slots=True)
class _Needles:
    """Phrases made ready for search, since a check looks for all of them in 400 texts; `hits` by their places."""

    hits: tuple[Hit, ...]
    phrases: Phrases


def _needles(rules: Iterable[Forbidden]) -> _Needles:
    hits = tuple(Hit(rule, phrase) for rule in rules for said in rule.phrases.values() for phrase in said)
    return _Needles(hits, Phrases(hit.phrase for hit in hits))


def _hits(text: str, needles: _Needles, holds: Collection[str]) -> Iterator[Hit]:
    told: set[tuple[str, int]] = set()
    for found in needles.phrases.find(text):
        hit = needles.hits[found.phrase]
        # The phrases of two scripts are often one and the same.
        said = (hit.rule.code, found.start)
        if found.sure and said not in told and not any(code in holds for code in hit.rule.unless):
            told.add(said)
            yield hit


def _missing(file: str, id: str, field: str, words: Mapping[str, Any]) -> Iterator[Problem]:
    for language in LANGUAGES:
        value = words.get(language, "")
        if not (value.strip() if isinstance(value, str) else value):
            yield Problem(file, id, field, "missing_language", {"language": language})


def _twice(file: str, field: str, values: Iterable[str], code: str) -> Iterator[Problem]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Problem(file, value, field, code, {"value": value})


def _phrases(
    file: str, id: str, field: str, words: Words, needles: _Needles, holds: tuple[str, ...] = ()
) -> Iterator[Problem]:
    for language, text in words.items():
        for hit in _hits(text, needles, holds):
            args = {"language": language, "phrase": hit.phrase, "rule": hit.rule.code}
            yield Problem(file, id, field, "forbidden_phrase", args)


def _check_articles(articles: tuple[Article, ...], needles: _Needles, today: date) -> Iterator[Problem]:
    yield from _twice("articles", "id", (article.id for article in articles), "duplicate_id")
    for article in articles:
        yield from _check_words(article)
        # What is cited goes out with the reply, so the phrase list holds for articles too.
        yield from _phrases("articles", article.id, "text", article.text, needles)
        if article.effective_to is not None and article.effective_to < today:
            until = {"until": article.effective_to.isoformat()}
            yield Problem("articles", article.id, "effective_to", "expired_article", until)
        if article.confidence == "interpretation" and not (article.note or article.contested):
            yield Problem("articles", article.id, "confidence", "unexplained_interpretation", {})
        once = {(c.law, c.start, c.end): c for c in article.citations}  # a law is reported once per article
        for citation in once.values():
            yield from _check_citation(article, citation, today)


def _check_words(article: Article) -> Iterator[Problem]:
    texts = {"title": article.title, "text": article.text, "keywords": article.keywords}
    if article.note is not None:
        texts["note"] = article.note
    for field, words in texts.items():
        yield from _missing("articles", article.id, field, words)
    for contested in article.contested:
        yield from _missing("articles", article.id, "contested", contested.point)
        for reading in contested.readings:
            yield from _missing("articles", article.id, "contested", reading)
        if len(contested.readings) < 2:
            yield Problem("articles", article.id, "contested", "one_reading", {})
    for key, law in {c.law: c.instrument for c in article.citations}.items():
        if law is not None:
            yield from _missing("articles", article.id, f"laws.{key}", law.name)


def _check_citation(article: Article, citation: Citation, today: date) -> Iterator[Problem]:
    law = citation.instrument
    args = {"law": citation.law}
    if law is None:
        yield Problem("articles", article.id, "citations", "unknown_law", args)
        return
    if law.end is not None and law.end < today and citation.end is None:
        args = args | {"until": law.end.isoformat()}
        yield Problem("articles", article.id, "citations", "expired_citation", args)
    if citation.end is None and citation.start is not None and citation.start > article.effective_from:
        args = args | {"from": citation.start.isoformat()}
        yield Problem("articles", article.id, "effective_from", "premature_article", args)
    if law.read != "text" and article.note is None:
        yield Problem("articles", article.id, "note", "unmarked_source", args)


def _check_book(canned: CannedBook) -> Iterator[Problem]:
    for name, slot in canned.slots.items():
        yield from _missing("canned", name, "slots", slot.label)
    for code, words in canned.guards.items():
        yield from _missing("canned", code, "guards", words)
    used = {name for reply in canned.replies for text in _texts(reply) for name in slots(text)}
    for name in canned.slots:
        if name not in used:
            yield Problem("canned", name, "slots", "unused_slot", {"slot": name})
    yield from _twice("canned", "id", (reply.id for reply in canned.replies), "duplicate_id")
    shortcuts = (reply.shortcut.casefold() for reply in canned.replies)
    yield from _twice("canned", "shortcut", shortcuts, "duplicate_shortcut")


def _texts(reply: CannedReply) -> tuple[str, ...]:
    return (*reply.title.values(), *reply.body.values())


def _check_replies(
    articles: tuple[Article, ...], canned: CannedBook, needles: _Needles, today: date
) -> Iterator[Problem]:
    known = {article.id: article for article in articles}
    for reply in canned.replies:
        for field, words in (("title", reply.title), ("body", reply.body)):
            yield from _missing("canned", reply.id, field, words)
            yield from _phrases("canned", reply.id, field, words, needles, reply.guards)
        yield from _check_slots(reply, canned)
        for guard in reply.guards:
            if guard not in canned.guards:
                yield Problem("canned", reply.id, "guards", "undeclared_guard", {"guard": guard})
        for cited in reply.articles:
            if cited not in known:
                yield Problem("canned", reply.id, "articles", "unknown_article", {"article": cited})
            elif not known[cited].in_force(today):
                yield Problem("canned", reply.id, "articles", "article_not_in_force", {"article": cited})


def _check_slots(reply: CannedReply, canned: CannedBook) -> Iterator[Problem]:
    used = {language: set(slots(text)) for language, text in reply.body.items()}
    for name in sorted({name for text in _texts(reply) for name in slots(text)} - set(canned.slots)):
        yield Problem("canned", reply.id, "body", "undeclared_slot", {"slot": name})
    asked = set().union(*used.values())
    for language, names in used.items():
        if names != asked:
            args = {"language": language, "slots": ", ".join(sorted(asked - names))}
            yield Problem("canned", reply.id, "body", "placeholder_mismatch", args)


def _check_forbidden(
    articles: tuple[Article, ...], canned: CannedBook, forbidden: tuple[Forbidden, ...]
) -> Iterator[Problem]:
    known = {article.id for article in articles}
    yield from _twice("forbidden", "code", (rule.code for rule in forbidden), "duplicate_id")
    needles = _needles(forbidden)
    for rule in forbidden:
        yield from _missing("forbidden", rule.code, "reason", rule.reason)
        yield from _missing("forbidden", rule.code, "instead", rule.instead)
        yield from _phrases("forbidden", rule.code, "instead", rule.instead, needles)
        yield from _missing("forbidden", rule.code, "phrases", rule.phrases)
        if rule.article not in known:
            yield Problem("forbidden", rule.code, "article", "unknown_article", {"article": rule.article})
        for language, phrases in rule.phrases.items():
            if any(not dense(fold(phrase)) for phrase in phrases):  # nothing of it could be looked for
                yield Problem("forbidden", rule.code, "phrases", "empty_phrase", {"language": language})
        for guard in rule.unless:
            if guard not in canned.guards:
                yield Problem("forbidden", rule.code, "unless", "undeclared_guard", {"guard": guard})
