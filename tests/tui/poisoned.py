"""A desk whose every answer carries hostile texts where people write, as if they had come past the gate."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import cycle
from typing import Any

import msgspec

from csdesk.desk.desk import Ask, Desk
from tests.hostile import HOSTILE

# What people or other systems write, by the names it has in answers; all else is a code, an id or a number.
WRITTEN = frozenset(
    {
        "address", "article_no", "because", "body_text", "carrier", "category", "chapter", "exchange_sku", "goods",
        "hint", "instead", "label", "law", "line_title", "merchant", "name", "note", "phone", "place", "return_address",
        "shortcut", "sku", "source", "subject", "summary", "tags", "text", "title", "told", "waybill", "what", "words",
    }
)  # fmt: skip


class Poisoned:
    """Stands before a desk; each text that it gives is the next of the corpus; `dealt` has those that were given."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next: Iterator[str] = cycle(HOSTILE)
        self.dealt: set[str] = set()
        self.answered = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    async def ask(self, question: Ask[Any]) -> Any:
        """The desk's answer, with other words."""
        answer = self._worse(await self._desk.ask(question))
        self.answered += 1
        return answer

    def _text(self) -> str:
        text = next(self._next)
        self.dealt.add(text)
        return text

    def _worse(self, told: Any, written: bool = False) -> Any:
        if isinstance(told, str):
            return self._text() if written else told
        if isinstance(told, list | tuple) and not hasattr(told, "_fields"):
            return type(told)(self._worse(one, written) for one in told)
        if isinstance(told, Mapping):
            return {name: self._worse(one, name in WRITTEN) for name, one in told.items()}
        if isinstance(told, msgspec.Struct):
            return msgspec.structs.replace(told, **self._fields(told, told.__struct_fields__))
        if is_dataclass(told) and not isinstance(told, type):
            return replace(told, **self._fields(told, [field.name for field in fields(told) if field.init]))
        return told

    def _fields(self, told: Any, names: Any) -> dict[str, Any]:
        found = {name: getattr(told, name) for name in names}
        return {name: self._worse(value, name in WRITTEN) for name, value in found.items()}
