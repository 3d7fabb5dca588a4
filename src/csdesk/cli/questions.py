"""A file of questions, JSON lines, asked of the policies one after another: for scripts and for measuring a search."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass

# A longer line is no question but a file of another kind.
MOST_BYTES = 1_000_000
# So many bad lines are named; who mends these sees the next.
MOST_NAMED = 5


class QuestionsError(Exception):
    """A file of questions that cannot be used: `code` is worded as `error.<code>`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Question:
    """One line: what to look for, and the id (text or number, as it was given) under which the answer goes out."""

    id: str | int
    query: str


def read(path: str) -> list[Question]:
    """The questions of a file, `-` for what is piped in; blank lines are none.

    Raises QuestionsError that names every bad line by its number (the first five), before anything was asked.
    """
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise QuestionsError("questions_file", file=path, reason=error.strerror or str(error)) from None
    found, bad = list[Question](), list[str]()
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        told = _question(line)
        if isinstance(told, Question):
            found.append(told)
        else:
            bad.append(f"{number} ({told})")
    if bad:
        named = ", ".join(bad[:MOST_NAMED]) + (" …" if len(bad) > MOST_NAMED else "")
        raise QuestionsError("questions_bad", file=path, lines=named)
    return found


def _question(line: bytes) -> Question | str:
    """The question of a line, or what is wrong with it, in the words of the format."""
    if len(line) > MOST_BYTES:
        return f"> {MOST_BYTES} bytes"
    try:
        told: Any = json.loads(line)
    except UnicodeDecodeError:
        return "UTF-8"
    except (ValueError, RecursionError):
        return "JSON"
    if not isinstance(told, dict):
        return "{…}"
    id_, query = told.get("id"), told.get("query")
    if isinstance(id_, bool) or not isinstance(id_, str | int) or not _whole(id_):
        return "id"
    return Question(id_, query) if isinstance(query, str) else "query"


def _whole(id_: str | int) -> bool:
    """Whether an id can go out again as it came: UTF-8 has no half of a surrogate pair, JSON readers 64 bits."""
    if isinstance(id_, int):
        return -(2**63) <= id_ < 2**63
    return not any("\ud800" <= sign <= "\udfff" for sign in id_)


def answer_line(question: Question, hits: Iterable[tuple[str, float]]) -> str:
    """The answer as a line of JSON: the question's id, and the articles by the ids they were imported with."""
    found = [{"id": id_, "score": round(score, 6)} for id_, score in hits]
    return json.dumps({"id": question.id, "hits": found}, ensure_ascii=True)


def plain_lines(question: Question, hits: Iterable[tuple[str, float]]) -> Iterator[str]:
    """The answer for a person: the question, and its articles under it."""
    yield clean_line(f"{question.id}  {question.query}", limit=80).text
    yield from (f"  {score:8.3f}  {clean_line(id_).text}" for id_, score in hits)
