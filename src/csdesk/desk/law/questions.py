"""Which question a case puts to the law: data/questions.toml, read when the first case asks, and checked whole."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

from csdesk import resources
from csdesk.domain.cases.case import Kind
from csdesk.domain.entitlement.kinds import HOME, fields_of, kinds_of
from csdesk.domain.value import dataclass

FORMAT = 1
_KEYS = frozenset(("kind", "reasons", "asks", "states"))


class QuestionsError(ValueError):
    """A table of questions that cannot be used: one sentence that names the file, the entry and what to mend."""


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of question that `decide` answers ("": none is put), and the facts that the reason itself states."""

    asks: str
    states: Mapping[str, object] = field(default_factory=dict)


Table = Mapping[tuple[str, str], Question]
NO_QUESTION = Question("")


def question_of(kind: Kind, reason: str) -> Question:
    """What a case of this kind and reason asks, by the shipped table; NO_QUESTION where it asks nothing."""
    return shipped().get((kind.value, reason), NO_QUESTION)


@cache
def shipped() -> Table:
    """The table in data/questions.toml; read once, at the first question. QuestionsError."""
    return read_questions(resources.path("data/questions.toml"))


def read_questions(path: Path) -> Table:
    """The table of one file, by kind and reason of a case. QuestionsError names the first thing wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QuestionsError(f"{path}: cannot be read as TOML: {error}") from None
    if raw.get("format") != FORMAT:
        raise QuestionsError(f"{path}: format is {raw.get('format')!r}; this csdesk reads {FORMAT}")
    entries = raw.get("question")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise QuestionsError(f"{path}: there is no [[question]]; write one for each kind and reason")
    table: dict[tuple[str, str], Question] = {}
    for number, entry in enumerate(entries, 1):
        where = f"{path}: question {number} ({entry.get('kind')}, {entry.get('reasons')})"
        question = _question(entry, where)
        for place in _places(entry, where):
            if place in table:
                raise QuestionsError(f"{where}: reason {place[1]} is there already; take one of the two out")
            table[place] = question
    return table


def _places(entry: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    kind, reasons = entry.get("kind"), entry.get("reasons")
    if kind not in tuple(Kind):
        raise QuestionsError(f"{where}: kind is one of {', '.join(Kind)}")
    if not isinstance(reasons, list) or not reasons or not all(isinstance(said, str) for said in reasons):
        raise QuestionsError(f'{where}: reasons is a list of reasons, such as ["tag_cut"]')
    for reason in reasons:
        yield str(kind), reason


def _question(entry: Mapping[str, Any], where: str) -> Question:
    if strange := sorted(entry.keys() - _KEYS):
        raise QuestionsError(f"{where}: {strange[0]} is not among {', '.join(sorted(_KEYS))}")
    asks, states = entry.get("asks"), entry.get("states", {})
    if not isinstance(asks, str) or (asks and asks not in kinds_of(HOME)):
        raise QuestionsError(f'{where}: asks is "" or one of {", ".join(kinds_of(HOME))}, not {asks!r}')
    if not isinstance(states, dict):
        raise QuestionsError(f"{where}: states is a table of facts, such as {{ tag_removed = true }}")
    for name in states:
        if name not in fields_of(HOME, asks):
            raise QuestionsError(f"{where}: {asks or 'no question'} knows no fact {name}; see csdesk decide")
    return Question(asks, states)
