"""Macros, text modules and canned responses of other desks: their words become canned replies, their deeds are told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from csdesk.interop.comments import words
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.interop.texts import BRACES, CHINESE, MOST_SLOT
from csdesk.store.library import DEFAULT_LANGUAGE, Canned, put_canned

# {{ticket.id}} of Zendesk, Freshdesk and Chatwoot, with or without a filter behind a bar; #{ticket.number} of Zammad.
_SLOT = re.compile(r"\{\{([^{}]{1,300})\}\}|#\{([^{}]{1,300})\}")
_LOGIC = re.compile(r"\{%[^{}]{0,300}%\}")
MOST_BODY = 5_000
MOST_ACTIONS = 20


@dataclass(frozen=True, slots=True)
class Remark:
    """What did not come over of a record that did: its title, a code, and what the code is about.

    `no_verb`: actions that a canned reply cannot carry out, each with the verb of ours that does, where there is one;
    `asked`: slots that no case fills, which agents are asked for; `logic`: conditions that now stand as plain text.
    """

    entity: str
    name: str
    code: str
    about: tuple[str, ...] = ()


class Macros(Entity):
    """Macros and text modules; the map's `slots` name our slot for theirs, its `verbs` our verb for an action."""

    name: ClassVar[str] = "macros"
    record: ClassVar[type] = Canned

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._slots = _texts(self.section.settings.get("slots", {}))
        self._verbs = _texts(self.section.settings.get("verbs", {}))
        self.remarks: list[Remark] = []

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, title = told.line("id", required=True, most=200), told.line("title", required=True, most=200)
        actions, said = told.words("actions")[:MOST_ACTIONS], words(told, "body", "html")
        if not told.flag("active", True):
            told.problem("active", "inactive")
        elif not said and actions and not told.problems:
            told.problem("body", "only_acts", actions=", ".join(map(self._done, actions)))
        elif not said:
            told.problem("body", "missing")
        elif len(said) > MOST_BODY:
            told.problem("body", "too_long", size=len(said), most=MOST_BODY)
        body, asked = self._with_slots(said)
        language = told.line("language", most=20) or (DEFAULT_LANGUAGE if CHINESE.search(body) else "en")
        reply = Canned(id_, title, body, told.line("shortcut")[:20], language, self.run.map.source)
        if told.problems:
            return None
        self._remark(title, "no_verb", tuple(map(self._done, actions)))
        self._remark(title, "asked", asked)
        self._remark(title, "logic", tuple(dict.fromkeys(_LOGIC.findall(said))))
        return Read(id_, reply)

    def _remark(self, title: str, code: str, about: tuple[str, ...]) -> None:
        if about:
            self.remarks.append(Remark(self.name, title, code, about))

    def _done(self, action: str) -> str:
        verb = self._verbs.get(action)
        return f"{action} → {verb}" if verb else action

    def _with_slots(self, said: str) -> tuple[str, tuple[str, ...]]:
        """The text with our slots, and the names of those that no case fills."""
        parts, asked, at = list[str](), list[str](), 0
        for found in _SLOT.finditer(said):
            parts.append(said[at : found.start()].translate(BRACES))
            theirs = (found[1] or found[2]).partition("|")[0].strip()
            name = self._slots.get(theirs) or theirs[:MOST_SLOT].strip()
            if theirs not in self._slots and name:
                asked.append(name)
            parts.append(f"{{{name}}}" if name and "\n" not in name else found[0].translate(BRACES))
            at = found.end()
        return "".join((*parts, said[at:].translate(BRACES))), tuple(dict.fromkeys(asked))

    def put(self, pending: Sequence[Pending], at: int) -> int:
        put_canned(self.store, [p.read.record for p in pending], at)
        return len(pending)


def _texts(table: Mapping[object, object]) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in table.items()}
