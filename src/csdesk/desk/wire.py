"""What goes over the wire between a remote desk and its server: verbs, questions and answers as JSON, by their types.

Everything is read by the annotations of the class that the registry has under the name: there is no second list of
fields. What comes in is somebody's text: each string passes the one gate (`domain.text`), and a field that nobody
knows is refused rather than passed over.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Any, get_args, get_origin

import msgspec

from csdesk.desk.asking import questions
from csdesk.desk.desk import Ask, Came, Conflict, Done, T
from csdesk.desk.registry import HIDDEN, LONG, form
from csdesk.domain import text as gate
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.money import Money
from csdesk.domain.value import replace

# What a module of questions imports for type checkers alone, since loading it takes long: `module: name`.
_LATE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "csdesk.desk.queries": (
        ("csdesk.desk.law.judging", "Judged"),
        ("csdesk.domain.entitlement.fields", "Shape"),
    ),
    "csdesk.desk.law_queries": (
        ("csdesk.desk.law.differing", "PackChange"),
        ("csdesk.desk.law.lives", "Signed"),
        ("csdesk.desk.law.replay", "Difference"),
        ("csdesk.desk.law.touched", "Touched"),
    ),
}
# What only the desk itself says of a case; the language and the cause of a verb other programs may tell.
OWN = HIDDEN - {"language", "because"}
# Texts of several lines; what is entered for a verb is read once more by that verb's form.
_LONG = LONG | {"entered", "steps", "values"}
# Deeper than any command or question; what is deeper is nobody's.
DEPTH = 12
# How many rows one answer may be asked for; further ones are on the next page.
MOST_LIMIT = 500
# No store keeps a number beyond.
_MOST_NUMBER = 2**63


def _written(value: Any) -> Any:
    """What is no data class of its own: why a verb is off."""
    if isinstance(value, Refused):
        return {"code": value.code, "detail": value.detail}
    raise TypeError(f"nothing goes over the wire as a {type(value).__name__}")


def _made(kind: type, told: Any) -> Any:
    if kind is Refused:
        return refused(told["code"], told["detail"])
    if kind is object:  # details, whose sequences are tuples
        return _frozen(told)
    raise TypeError(f"nothing comes over the wire as a {kind.__name__}")


encode = msgspec.json.Encoder(enc_hook=_written, order="deterministic").encode


class Malformed(Exception):
    """What came is not what was asked for: `where` (a JSON path), and why, in the words of the decoder."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body or b"{}")
        # The decoder takes the last of two members of one name, another program before us may have taken the first.
        json.loads(body or b"{}", object_pairs_hook=_single)
    except (msgspec.DecodeError, RecursionError, ValueError) as exc:
        raise Malformed("$", str(exc)) from None
    if not isinstance(found, dict):
        raise Malformed("$", "expected `object`")
    return found


def _single(members: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in members]
    if len(set(names)) < len(names):
        raise Malformed("$", "a member twice")


def _cleaned(value: Any, long: bool, where: str, depth: int = DEPTH) -> Any:
    """The value with every string through the gate; `long` ones keep their lines."""
    if depth == 0:
        raise Malformed(where, "too deep")
    match value:
        case int() if not -_MOST_NUMBER <= value < _MOST_NUMBER:
            raise Malformed(where, "number out of range")
        case float() if value.is_integer() and abs(value) < _MOST_NUMBER:
            return int(value)  # JSON knows one kind of number: 7.0 is 7
        case str():
            return gate.clean(value).text if long else gate.clean_line(value).text.strip()
        case list():
            return [_cleaned(one, long, f"{where}[{n}]", depth - 1) for n, one in enumerate(value)]
        case dict():
            return {
                gate.clean_line(name).text: _cleaned(
                    one, long or name in _LONG, f"{where}.{name[:40]}", depth - 1
                )
                for name, one in value.items()
            }
    return value


def _unknown(given: Any, taken: Any, where: str) -> None:
    """Malformed for the first member that the decoder passed over, since no field has that name."""
    if isinstance(given, dict) and isinstance(taken, dict):
        for name, value in given.items():
            if name not in taken:
                raise Malformed(f"{where}.{name[:40]}", "unknown field")
            _unknown(value, taken[name], f"{where}.{name}")
    elif isinstance(given, list) and isinstance(taken, list):
        for n, (one, other) in enumerate(zip(given, taken, strict=False)):
            _unknown(one, other, f"{where}[{n}]")


def _read(cls: Any, body: bytes, hidden: frozenset[str] = frozenset()) -> Any:
    """An instance of a class from a JSON object; Malformed names the member that is missing, unknown or wrong."""
    document = _document(body)
    for name in hidden & document.keys():
        raise Malformed(f"$.{name}", "unknown field")
    cleaned: dict[str, Any] = _cleaned(document, False, "$")
    try:
        made = msgspec.convert(cleaned, cls)
    except msgspec.ValidationError as exc:
        why, _, where = str(exc).partition(" - at `")
        raise Malformed(where.rstrip("`") or "$", why) from None
    _unknown(cleaned, msgspec.to_builtins(made), "$")
    return made


def command(verb: str, body: bytes) -> Command:
    """The command that a request makes; KeyError for a verb that nobody knows, Malformed."""
    made: Command = _read(VERBS[verb], body, OWN)
    for field in form(verb):
        said = getattr(made, field.name)
        if field.choices and isinstance(said, str) and said not in (*field.choices, field.default):
            raise Refused("bad_choice", field=field.name, value=said[:80], allowed=field.choices)
    return made


def command_body(given: Command) -> bytes:
    """A command as `command` reads it; what only the desk itself fills in stays here."""
    told = msgspec.to_builtins(given)
    return encode({name: value for name, value in told.items() if name not in OWN})


def question(name: str, body: bytes) -> Ask[Any]:
    """The question that a request asks; KeyError for one that nobody knows, Malformed."""
    made: Ask[Any] = _read(questions()[name], body)
    if pages(type(made)) and not 1 <= made.limit <= MOST_LIMIT:  # type: ignore[attr-defined]
        raise Malformed("$.limit", f"expected `int` from 1 to {MOST_LIMIT}")
    return made


def pages(cls: type[Ask[Any]]) -> bool:
    """Whether a question's `limit` is how many rows are wanted; one that is 0 by itself is an amount of money."""
    return any(field.name == "limit" and field.default not in (MISSING, 0) for field in fields(cls))


def question_body(asked: Ask[Any]) -> bytes:
    """A question as `question` reads it."""
    return encode(asked)


@lru_cache(maxsize=256)
def answer_type(name: str) -> Any:
    """What a question is answered with, with every name in it known; KeyError for one that nobody knows."""
    asked = questions()[name]
    for room, late in _LATE.get(asked.__module__, ()):
        setattr(import_module(asked.__module__), late, getattr(import_module(room), late))
    (base,) = (base for base in asked.__orig_bases__ if get_origin(base) is Ask)  # type: ignore[attr-defined]
    return get_args(base)[0]


@lru_cache(maxsize=256)
def _answers(name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(answer_type(name), dec_hook=_made)


def answer(asked: Ask[T], body: bytes) -> T:
    """The answer to a question, as the server encoded it."""
    found: T = _answers(asked.name).decode(body)
    return _revived(found) if asked.name in _DECIDING else found


_DONE = msgspec.json.Decoder(Done)


def done(body: bytes) -> Done:
    """What a verb did, as the server encoded it."""
    return _DONE.decode(body)


# Questions whose answers hold decisions or what differs between two.
_DECIDING = frozenset({"show_verdict", "replay_ruling", "replay_cases"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONEY = {field.name for field in fields(Money)}
# What holds values of the decisions' vocabulary (`entitlement.decision.Answer`).
_SAID = frozenset({"answers", "before", "after"})


def _revived(value: Any) -> Any:
    """The value with money and days again where JSON has an object and a text, in all that decisions say."""
    if isinstance(value, tuple):
        return tuple(_revived(one) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    told = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(
        value, **{name: _said(one) if name in _SAID else _revived(one) for name, one in told.items()}
    )


def _said(value: Any) -> Any:
    match value:
        case str() if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        case list() | tuple():
            return tuple(_said(one) for one in value)
        case dict() if value.keys() == _MONEY:
            return Money(**value)
        case dict():
            return {name: _said(one) for name, one in value.items()}
    return value


def _frozen(value: Any) -> Any:
    """Lists as the tuples that they were: the details of a refusal are compared and worded so."""
    if isinstance(value, list):
        return tuple(_frozen(one) for one in value)
    return {name: _frozen(one) for name, one in value.items()} if isinstance(value, dict) else value


def refused(code: str, detail: Mapping[str, Any]) -> Refused:
    """A refusal as it was raised on the other side."""
    return Refused(code, **{name: _frozen(value) for name, value in detail.items()})


def conflict(case: str, came: Any) -> Conflict:
    """A conflict likewise."""
    return Conflict(case, msgspec.convert(came, tuple[Came, ...]))
