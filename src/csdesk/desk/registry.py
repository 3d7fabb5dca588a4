"""Verbs as forms: the fields of a command, and how text from a hand, a script or a request becomes one."""

from dataclasses import MISSING, fields
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from csdesk.domain import text as gate
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.value import dataclass

# Filled by the desk itself, never by a person.
HIDDEN = frozenset({"body", "desk", "customer", "language", "because"})
LONG = frozenset({"text", "note", "summary", "override"})


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to enter. shape: text, long, number, flag, choice, units, graded, list.

    asked: when it is asked for: always (""), or once the verb was refused with this code.
    """

    name: str
    shape: str
    required: bool
    default: Any
    choices: tuple[str, ...] = ()
    asked: str = ""


@lru_cache(maxsize=128)
def form(verb: str) -> tuple[Field, ...]:
    """What a verb asks for, in the order in which to ask it."""
    cls = VERBS[verb]
    hints = get_type_hints(cls)
    return tuple(
        Field(
            f.name,
            _shape(f.name, hints[f.name], f.metadata),
            f.default is MISSING and f.default_factory is MISSING,
            None if f.default is MISSING else f.default,
            _choices(f.name, hints[f.name], f.metadata),
            f.metadata.get("asked", ""),
        )
        for f in fields(cls)
        if f.name not in HIDDEN
    )


def _shape(name: str, hint: Any, metadata: Any) -> str:
    if "choices" in metadata or hint is Kind:
        return "choice"
    if get_origin(hint) is tuple:
        return {LineQty: "units", Graded: "graded"}.get(get_args(hint)[0], "list")
    if hint is bool:
        return "flag"
    if hint is int:
        return "number"
    if isinstance(hint, UnionType):
        raise TypeError(f"{name}: a form has no shape for {hint}")
    return "long" if name in LONG else "text"


def _choices(name: str, hint: Any, metadata: Any) -> tuple[str, ...]:
    if hint is Kind:
        return tuple(kind.value for kind in Kind if kind in MACHINES)
    return tuple(metadata.get("choices", ()))


def command(verb: str, entered: dict[str, str]) -> Command:
    """The command that the entered text makes; Refused names the field that is unknown, missing or wrong."""
    cls = VERBS.get(verb)
    if cls is None:
        raise Refused("unknown_verb", verb=verb)
    known = {field.name: field for field in form(verb)}
    for name in entered:
        if name not in known:
            raise Refused("unknown_field", verb=verb, name=name, allowed=tuple(known))
    values: dict[str, Any] = {}
    for field in known.values():
        if field.name in entered:
            values[field.name] = parse(field, entered[field.name])
        elif field.required:
            raise Refused("field_missing", verb=verb, field=field.name)
    return cls(**values)


def parse(field: Field, text: str) -> Any:
    """The value of a field from text; every text passes the gate for untrusted text."""
    wrong = Refused("bad_value", field=field.name, value=text[:80], shape=field.shape)
    match field.shape:
        case "long":
            return gate.clean(text).text
        case "text":
            return gate.clean_line(text).text.strip()
        case "choice":
            if text not in field.choices and field.choices:
                raise Refused("bad_choice", field=field.name, value=text[:80], allowed=field.choices)
            return Kind(text) if field.name == "kind" else text
        case "number":
            try:
                return int(text)
            except ValueError:
                raise wrong from None
        case "flag":
            flags = {
                "true": True,
                "yes": True,
                "1": True,
                "是": True,
                "false": False,
                "no": False,
                "0": False,
                "否": False,
            }
            if text.strip().lower() not in flags:
                raise wrong
            return flags[text.strip().lower()]
        case "list":
            parts = gate.clean_line(text).text.replace("，", ",").split(",")
            return tuple(part.strip() for part in parts if part.strip())
        case "units":
            return tuple(_units(part, wrong) for part in _parts(text))
        case "graded":
            return tuple(_graded(part, wrong) for part in _parts(text))
    raise wrong


def _parts(text: str) -> list[str]:
    return [part for part in text.replace("，", ",").replace("×", "x").replace(" ", "").split(",") if part]


def _units(part: str, wrong: Refused) -> LineQty:
    line, cross, qty = part.lower().partition("x")
    try:
        return LineQty(int(line), int(qty) if cross else 1)
    except ValueError:
        raise wrong from None


def _graded(part: str, wrong: Refused) -> Graded:
    units, _, rest = part.partition(":")
    disposition, _, grade = rest.partition(":")
    found = _units(units, wrong)
    return Graded(found.line, found.qty, disposition or "restock", grade)


def shown(value: Any) -> str:
    """A value as `parse` would read it back, to fill a form with."""
    if isinstance(value, tuple):
        return ",".join(shown(item) for item in value)
    if isinstance(value, LineQty):
        return f"{value.line}x{value.qty}"
    if isinstance(value, Graded):
        return f"{value.line}x{value.qty}:{value.disposition}" + (f":{value.grade}" if value.grade else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
