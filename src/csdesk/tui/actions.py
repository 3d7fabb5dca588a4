"""Every action of the console: its id, where it is bound, how it is called; verbs are actions named `verb.<name>`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from csdesk.desk.words import Words
from csdesk.domain.cases.kinds import VERBS
from csdesk.domain.roles import Right

# Where keys may land. A place is one screen; within it a key has one meaning.
CONTEXTS = ("queue", "case", "form", "compose", "canned", "policy", "order", "menu", "find", "palette", "command", "help")
_CASES = ("queue", "case")
_LISTS = ("queue", "case", "canned", "policy", "order", "menu", "find", "palette", "help")
_PICKS = ("queue", "canned", "policy", "order", "menu", "find", "palette", "command")
_FIELDS = ("form", "compose", "canned", "policy", "order")


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key or the palette can do. `keyed`: it is told which of its keys was pressed (queue 1 to 9)."""

    id: str
    contexts: tuple[str, ...]
    keyed: bool = False

    @property
    def verb(self) -> str:
        """The verb this action carries out, or ""."""
        return self.id.removeprefix("verb.") if self.id.startswith("verb.") else ""


_CONSOLE = (
    Action("down", (*_LISTS, "form")),
    Action("up", (*_LISTS, "form")),
    Action("page_down", _LISTS),
    Action("page_up", _LISTS),
    Action("top", _LISTS),
    Action("bottom", _LISTS),
    Action("open", _PICKS),
    Action("back", CONTEXTS),
    Action("queue_prev", ("queue",)),
    Action("queue_next", ("queue",)),
    Action("nth", ("queue", "menu"), keyed=True),
    Action("case_prev", ("case",)),
    Action("case_next", ("case",)),
    Action("mark", ("queue",)),
    Action("mark_range", ("queue",)),
    Action("mark_all", ("queue",)),
    Action("next", _CASES),
    Action("reply", _CASES),
    Action("canned", ("queue", "case", "compose")),
    Action("status", _CASES),
    Action("resolve", _CASES),
    Action("policy", ("queue", "case", "compose", "form")),
    Action("orders", _CASES),
    Action("preview", ("queue",)),
    Action("find", _CASES),
    Action("park", ("queue", "case", "compose", "form")),
    Action("unpark", _CASES),
    Action("undo", _CASES),
    Action("redo", _CASES),
    Action("repeat", _CASES),
    Action("copy_number", _CASES),
    Action("refresh", _CASES),
    Action("field_next", _FIELDS),
    Action("field_prev", _FIELDS),
    Action("send", ("form", "compose")),
    Action("command", _CASES),
    Action("palette", ("queue", "case", "form", "compose", "canned", "policy", "order")),
    Action("help", tuple(place for place in CONTEXTS if place != "help")),
    Action("redraw", CONTEXTS),
    Action("quit", CONTEXTS),
)


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Action]:
    """All actions by id: the console's own, then every verb that a person may use on a case."""
    verbs = (
        Action(f"verb.{name}", _CASES)
        for name, cls in VERBS.items()
        if cls.verb.right not in (Right.RUN, Right.LOAD) and name not in ("open", "undo")
    )
    return {action.id: action for action in (*_CONSOLE, *verbs)}


def label(words: Words, action: str) -> str:
    """What an action is called in the language of the screen."""
    verb = action.removeprefix("verb.")
    return words.code("verb", verb) if verb != action else words(f"action.{action}")
