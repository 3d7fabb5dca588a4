"""The JSON Schema of all that goes over the wire: verbs, questions and answers, made from the registry's classes."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields
from inspect import cleandoc
from typing import Any

import msgspec

from csdesk.desk import wire
from csdesk.desk.asking import questions
from csdesk.desk.desk import Done
from csdesk.desk.registry import command, form
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused

Schema = dict[str, Any]
REF = "#/components/schemas/"
# What SQLite and PostgreSQL keep; `wire` takes no number beyond.
INTEGERS: Mapping[str, int] = {"minimum": -(2**63), "maximum": 2**63 - 1}
# An example is one of a form, so it need not fit any case that there is.
_OPEN = {"kind": "return", "order": "W2611340", "lines": [{"line": 1, "qty": 1}]}
_NOT_SENT = "case"


def _custom(kind: type) -> Schema:
    if kind is Refused:
        told = {"code": {"type": "string"}, "detail": {"type": "object"}}
        return {"type": "object", "title": "Refused", "properties": told, "required": ["code", "detail"]}
    if kind is object:
        return {"description": "A text, a number, a flag, or lists and objects of such."}
    raise TypeError(f"nothing goes over the wire as a {kind.__name__}")


class Schemas:
    """The schemas of the types that are asked for, all at once: names are given so that no two are the same."""

    def __init__(self, others: Mapping[str, Any]) -> None:
        """`others`: further types by a name of their own."""
        self._keys: dict[tuple[str, str], Schema] = {}
        said: list[tuple[tuple[str, str], Any]] = [
            (("verb", name), cls) for name, cls in sorted(VERBS.items())
        ]
        for name, cls in sorted(questions().items()):
            if not cls.local:
                said += [(("question", name), cls), (("answer", name), wire.answer_type(name))]
        said += [(("other", name), cls) for name, cls in (*others.items(), ("done", Done))]
        shapes, found = msgspec.json.schema_components(
            [cls for _, cls in said], schema_hook=_custom, ref_template=f"{REF}{{name}}"
        )
        self.components: dict[str, Schema] = {name: _tidy(one) for name, one in sorted(found.items())}
        for (key, _), shape in zip(said, shapes, strict=True):
            self._keys[key] = _tidy(shape)
        for name, verb in VERBS.items():
            self._entered(name, self.of("verb", name), verb)
        for name, question in questions().items():
            if not question.local:
                self._asked(self.of("question", name), question)
        self._close()

    def of(self, what: str, name: str) -> Schema:
        """The schema of a `verb`, `question`, `answer` or `other` by name: often a reference."""
        return self._keys[what, name]

    def _entered(self, name: str, shape: Schema, cls: Any) -> None:
        """Of a verb: without what only the desk fills in, and with the words that a field takes."""
        known = self.resolved(shape)
        for hidden in wire.OWN & known["properties"].keys():
            del known["properties"][hidden]
        choices = {one.name: (*one.choices, one.default) for one in form(name) if one.choices}
        for field in fields(cls):
            told = known["properties"].get(field.name)
            if told is not None and told.get("type") == "string" and field.name in choices:
                told["enum"] = sorted({word for word in choices[field.name] if isinstance(word, str)})

    def _asked(self, shape: Schema, cls: Any) -> None:
        if wire.pages(cls):
            limit = self.resolved(shape)["properties"]["limit"]
            limit["minimum"], limit["maximum"] = 1, wire.MOST_LIMIT

    def resolved(self, shape: Schema) -> Schema:
        """What a reference stands for."""
        while (name := str(shape.get("$ref", ""))) != "":
            shape = self.components[name.removeprefix(REF)]
        return shape

    def _close(self) -> None:
        """No unknown member, and no number that no store keeps, in anything that is sent to a desk."""
        seen: set[str] = set()
        waiting = [shape for (what, _), shape in self._keys.items() if what in ("verb", "question")]
        while waiting:
            for part in _parts(waiting.pop()):
                if part.get("type") == "object" and "properties" in part:
                    part["additionalProperties"] = False
                if part.get("type") == "integer":
                    for bound, value in INTEGERS.items():
                        part.setdefault(bound, value)
                name = part.get("$ref", "").removeprefix(REF)
                if name and name not in seen:
                    seen.add(name)
                    waiting.append(self.components[name])
        answers = [shape for (what, _), shape in self._keys.items() if what not in ("verb", "question")]
        for shape in (*answers, *(one for name, one in self.components.items() if name not in seen)):
            for part in _parts(shape):
                # Readers of answers trip over it: so many, each of one of these kinds.
                if "prefixItems" in part:
                    kinds = part.pop("prefixItems")
                    part["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {"anyOf": kinds}

    def example(self, verb: str) -> Schema:
        """What might be sent for a verb: its own example, else what its form needs."""
        if verb == "open":
            return dict(_OPEN)
        said = (word.partition("=") for word in shlex.split(VERBS[verb].verb.example))
        entered = {name: value for name, sign, value in said if sign}
        known = {field.name for field in form(verb)}
        try:
            made = command(verb, {name: value for name, value in entered.items() if name in known})
        except Refused:
            return self.least("verb", verb)
        told: Schema = msgspec.json.decode(wire.command_body(made))
        return {name: told[name] for name in told if name in entered}

    def least(self, what: str, name: str) -> Schema:
        """The smallest thing that fits."""
        made: Schema = self._least(self.of(what, name))
        return made

    def _least(self, shape: Schema) -> Any:
        shape = self.resolved(shape)
        if "enum" in shape:
            return shape["enum"][0]
        if "anyOf" in shape:
            return self._least(shape["anyOf"][0])
        match shape.get("type"):
            case "object":
                return {name: self._least(shape["properties"][name]) for name in shape.get("required", ())}
            case "array":
                return [self._least(shape["items"])] if "items" in shape else []
            case "integer" | "number":
                return 1
            case "boolean":
                return True
        return _NOT_SENT if shape.get("type") == "string" else None


def _tidy(shape: Schema) -> Schema:
    """Docstrings as one writes them in a document."""
    for part in _parts(shape):
        if isinstance(part.get("description"), str):
            part["description"] = cleandoc(part["description"])
    return shape


def _parts(value: Any) -> Iterator[Schema]:
    """Every object within a schema, itself first."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)
