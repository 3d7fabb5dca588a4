"""The filter language: `kind:退货 due:<2h -assignee:me merchant:"海风" amount:>500 破损` as terms; pure.

    filter := term*                          all must hold
    term   := ["-"] field ":" value ("," value)* | ["-"] value      any of the values; a value alone is words
    value  := ["<" | "<=" | ">" | ">="] text | text ".." text
    text   := "…" | signs without blank and comma

Full-width signs, and the names of fields in any language, are as good as their ASCII ones. What the values mean is the
desk's to say; a fault names the sign it is at.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from csdesk import resources
from csdesk.domain.value import dataclass
from csdesk.search.normalise import fold

MOST_SIGNS, MOST_TERMS, MOST_VALUES = 500, 20, 20

# One sign for one, so that places stay. A comma of Chinese lists among them.
_SIGNS = str.maketrans("：，、＜＞＝－＂“”「」\u3000", ':,,<>=-""""" ')
_BLANK = re.compile(r"\s+")
_FIELD = re.compile(r'([^\s:"<>=,]+):')
_OP = re.compile(r"<=|>=|≤|≥|<|>|=")
_OPS = {"≤": "<=", "≥": ">=", "=": ""}
_BARE = re.compile(r'[^\s,"]+')
_WORDS = re.compile(r"\S+")


class FilterFault(Exception):
    """A filter that cannot be read: `code` is worded as `refused.<code>`; `at` is the sign it is at, from 0."""

    def __init__(self, code: str, at: int, **detail: object) -> None:
        super().__init__(code)
        self.code, self.at, self.detail = code, at, detail


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was typed, unquoted; `op` is "", <, <=, >, >= or "..", which has an end, `until`."""

    text: str
    at: int
    op: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of the values, or none of them when `negated`; `field` "" looks for words."""

    field: str
    values: tuple[Value, ...]
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what people call it, what its values are, and the catalogue's group of a choice."""

    id: str
    names: tuple[str, ...]
    value: str
    group: str


@dataclass(frozen=True, slots=True)
class Language:
    """All that can be typed: fields by folded name, values that are no code, and units of time in minutes."""

    fields: Mapping[str, Field]
    by_name: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    units: Mapping[str, int]


_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10080}


@cache
def language() -> Language:
    """The language of `data/search/filter.toml`."""
    told = tomllib.loads(resources.path("data/search/filter.toml").read_text(encoding="utf-8"))
    fields = {
        id_: Field(id_, tuple(found["names"]), found["value"], found.get("group", ""))
        for id_, found in told["field"].items()
    }
    return Language(
        fields,
        {fold(name): field.id for field in fields.values() for name in field.names},
        {id_: tuple(found["names"]) for id_, found in told["value"].items()},
        {fold(name): _MINUTES[unit] for unit, names in told["unit"].items() for name in names},
    )


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a filter; none for an empty one. Raises `FilterFault`."""
    if len(text) > MOST_SIGNS:
        raise FilterFault("filter_long", MOST_SIGNS, most=MOST_SIGNS)
    signs, at, terms = text.translate(_SIGNS), 0, list[Term]()
    while (at := _past_blank(signs, at)) < len(signs):
        if len(terms) == MOST_TERMS:
            raise FilterFault("filter_terms", at, most=MOST_TERMS)
        term, at = _term(text, signs, at)
        terms.append(term)
    return tuple(terms)


def _past_blank(signs: str, at: int) -> int:
    found = _BLANK.match(signs, at)
    return found.end() if found else at


def _term(text: str, signs: str, at: int) -> tuple[Term, int]:
    start = at
    negated = signs[at] == "-" and len(signs) > at + 1 and not signs[at + 1].isspace()
    at += negated
    named = _FIELD.match(signs, at)
    if not named:
        word, at = _words(text, signs, at)
        return Term("", (word,), negated, start), at
    field = language().by_name.get(fold(named[1]))
    if field is None:
        raise FilterFault("filter_field", at, name=text[at : named.end(1)][:40])
    values, at = _values(text, signs, named.end())
    return Term(field, values, negated, start), at


def _words(text: str, signs: str, at: int) -> tuple[Value, int]:
    if signs[at] == '"':
        return _quoted(text, signs, at)
    found = _WORDS.match(signs, at)
    end = found.end() if found else len(signs)
    return Value(_plain(text[at:end]), at), end


def _quoted(text: str, signs: str, at: int) -> tuple[Value, int]:
    end = signs.find('"', at + 1)
    if end < 0:
        raise FilterFault("filter_quote", at)
    inner = _plain(text[at + 1 : end])
    if not inner:
        raise FilterFault("filter_value", at)
    return Value(inner, at), end + 1


def _values(text: str, signs: str, at: int) -> tuple[tuple[Value, ...], int]:
    values: list[Value] = []
    while True:
        if len(values) == MOST_VALUES:
            raise FilterFault("filter_values", at, most=MOST_VALUES)
        value, at = _value(text, signs, at)
        values.append(value)
        if at >= len(signs) or signs[at] != ",":
            return tuple(values), at
        at += 1


def _value(text: str, signs: str, at: int) -> tuple[Value, int]:
    start, op = at, ""
    if found := _OP.match(signs, at):
        op, at = _OPS.get(found[0], found[0]), found.end()
    if at < len(signs) and signs[at] == '"':
        value, at = _quoted(text, signs, at)
        return Value(value.text, start, op), at
    bare = _BARE.match(signs, at)
    if not bare:
        raise FilterFault("filter_value", min(at, len(text)))
    first, dots, until = _plain(text[at : bare.end()]).partition("..")
    if not first or (dots and (op or not until)):
        raise FilterFault("filter_value", at)
    return Value(first, start, ".." if dots else op, until), bare.end()


def _plain(text: str) -> str:
    """What was typed, in one width; case and script stay, for what is looked up exactly."""
    return unicodedata.normalize("NFKC", text).strip()


_SPAN = re.compile(r"(\d{1,5})\s*(\D+)")


def minutes(text: str) -> int | None:
    """A span of time such as 2h, 90分钟 or 3天 in minutes; None when it is none."""
    found = _SPAN.fullmatch(fold(text))
    unit = language().units.get(found[2].strip()) if found else None
    return int(found[1]) * unit if found and unit else None


def special(text: str, among: Sequence[str]) -> str:
    """Which of these values that are no code was meant; "" for none."""
    wanted = fold(text)
    every = language().values
    return next((id_ for id_ in among if wanted in map(fold, every[id_])), "")


SORTS = ("due", "opened", "changed", "amount", "priority")


def sort(terms: Sequence[Term]) -> str:
    """By what the cases are to be sorted: `due` when nothing is said, `-amount` for the dearest first.

    Raises `FilterFault`.
    """
    for term in terms:
        if term.field == "sort":
            value = term.values[0]
            down = value.text.startswith("-") or term.negated
            which = special(value.text.removeprefix("-"), [f"by_{name}" for name in SORTS]).removeprefix(
                "by_"
            )
            if not which or value.op or len(term.values) > 1:
                raise FilterFault("filter_sort", value.at, value=value.text[:40])
            return "-" * down + which
    return "due"


@dataclass(frozen=True, slots=True)
class Typing:
    """What stands under the caret: the part from `start` to `end` is to be completed.

    `field` "" : the name of a field or a word; else one of its values, of which `typed` is there.
    """

    field: str
    typed: str
    start: int
    end: int


def typing(text: str, caret: int) -> Typing:
    """The part of a filter that somebody is typing, however unfinished the whole is."""
    signs = text[:caret].translate(_SIGNS)
    start, quoted = 0, False
    for at, sign in enumerate(signs):
        if sign == '"':
            quoted = not quoted
        elif sign.isspace() and not quoted:
            start = at + 1
    start += signs[start : start + 1] == "-"
    named = _FIELD.match(signs, start)
    field = language().by_name.get(fold(named[1]), "") if named else ""
    if not named or not field:
        return Typing("", text[start:caret], start, caret)
    value = max(named.end(), signs.rfind(",", named.end()) + 1)
    if found := _OP.match(signs, value):
        value = found.end()
    typed = text[value:caret].translate(_SIGNS).lstrip('"')
    return Typing(field, typed, value, caret)
