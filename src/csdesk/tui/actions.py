"""Every action of the console: its id, where it is bound, how it is called.

Verbs are actions named `verb.<name>`.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.desk.words import Words

# Where keys may land. A place is one screen; within it a key has one meaning.
CONTEXTS = (
    "queue",
    "case",
    "form",
    "compose",
    "canned",
    "policy",
    "order",
    "menu",
    "find",
    "filter",
    "palette",
    "command",
    "verdict",
    "detail",
    "dead",
    "evidence",
    "board",
    "incident",
    "runs",
    "help",
    "lock",
)
CASES = ("queue", "case")
_LISTS = (
    "queue",
    "case",
    "canned",
    "policy",
    "order",
    "menu",
    "find",
    "filter",
    "palette",
    "verdict",
    "detail",
    "dead",
    "evidence",
    "board",
    "incident",
    "runs",
    "help",
)
_PICKS = (
    "queue",
    "canned",
    "policy",
    "order",
    "menu",
    "find",
    "filter",
    "palette",
    "command",
    "verdict",
    "dead",
    "evidence",
    "board",
    "runs",
    "help",
    "lock",
)
_FIELDS = ("form", "compose", "canned", "policy", "order", "filter")
VERB = "verb."
# Actions with a key of their own that come down to a verb.
ACTS = MappingProxyType(
    {
        "resolve": "verb.close", "reply": "verb.reply", "canned": "verb.reply", "link": "verb.link_case",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key or the palette can do.

    `keyed`: it is told which of its keys was pressed (queue 1 to 9).
    """

    id: str
    contexts: tuple[str, ...]
    keyed: bool = False

    @property
    def verb(self) -> str:
        """The verb this action carries out, or ""."""
        return self.id.removeprefix(VERB) if self.id.startswith(VERB) else ""


CONSOLE = (
    Action("down", (*_LISTS, "form")),
    Action("up", (*_LISTS, "form")),
    Action("page_down", _LISTS),
    Action("page_up", _LISTS),
    Action("top", _LISTS),
    Action("bottom", _LISTS),
    Action("open", (*_PICKS, "case")),
    Action("back", CONTEXTS),
    Action("queue_prev", ("queue", "board")),
    Action("queue_next", ("queue", "board")),
    Action("nth", ("queue", "menu"), keyed=True),
    Action("case_prev", ("case",)),
    Action("case_next", ("case",)),
    Action("mark", ("queue", "runs")),
    Action("mark_range", ("queue",)),
    Action("mark_all", ("queue",)),
    Action("next", CASES),
    Action("skip", ("case",)),
    Action("reply", CASES),
    Action("canned", ("queue", "case", "compose")),
    Action("status", (*CASES, "incident")),
    Action("resolve", CASES),
    Action("policy", ("queue", "case", "compose", "form", "verdict")),
    Action("explain", CASES),
    Action("rulings", ("case", "verdict")),
    Action("drop", ("verdict", "dead", "runs", "menu")),
    Action("share", ("menu",)),
    Action("edit", ("menu",)),
    Action("retry", ("dead",)),
    Action("clocks", ("case", "detail")),
    Action("ledger", ("case", "detail")),
    Action("parcels", ("case", "detail")),
    Action("files", ("case",)),
    Action("links", ("case",)),
    Action("link", ("case",)),
    Action("reveal", ("case",)),
    Action("looks", ("case",)),
    Action("merge", ("menu",)),
    Action("delegate", ("menu",)),
    Action("incident", ("case",)),
    Action("attach", ("incident",)),
    Action("fitting", ("incident",)),
    Action("members", ("incident",)),
    Action("awaiting", ("queue", "board")),
    Action("dead", ("queue",)),
    Action("unsent", CASES),
    Action("board", CASES),
    Action("reassign", ("board",)),
    Action("raise_late", ("board",)),
    Action("broadcast", ("board",)),
    Action("runs", ("queue", "board", "incident")),
    Action("heard", (*CASES, "board")),
    Action("news", (*CASES, "board")),
    Action("orders", CASES),
    Action("caller", CASES),
    Action("ask_order", ("case", "order")),
    Action("preview", ("queue",)),
    Action("filter", ("queue", "menu")),
    Action("views", ("queue",)),
    Action("keep_view", ("queue",)),
    Action("find", CASES),
    Action("park", ("queue", "case", "compose", "form")),
    Action("unpark", CASES),
    Action("presence", CASES),
    Action("handover", CASES),
    Action("undo", (*CASES, "incident", "runs")),
    Action("redo", (*CASES, "runs")),
    Action("repeat", CASES),
    Action("record", CASES),
    Action("macros", CASES),
    Action("copy_number", CASES),
    Action("refresh", (*CASES, "board", "incident")),
    Action("field_next", ("case", "verdict", "detail", *_FIELDS)),
    Action("field_prev", ("case", "verdict", "detail", *_FIELDS)),
    Action("send", ("form", "compose", "verdict")),
    Action("channel", ("compose",)),
    Action("theme", (*CASES, "board")),
    Action("language", (*CASES, "board")),
    Action("command", CASES),
    Action("palette", ("queue", "case", "form", "compose", "canned", "policy", "order", "verdict", "board")),
    Action("help", tuple(place for place in CONTEXTS if place != "help")),
    Action("lock", tuple(place for place in CONTEXTS if place != "lock")),
    Action("redraw", CONTEXTS),
    Action("quit", CONTEXTS),
)
_BY_ID = {action.id: action for action in CONSOLE}


def action(id_: str) -> Action:
    """An action by its id.

    It does not look whether there is such a verb: a starting console has no time for that.
    """
    return Action(id_, CASES) if id_.startswith(VERB) else _BY_ID[id_]


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Action]:
    """All actions by id: the console's own, then every verb that a person may use on a case."""
    from csdesk.domain.cases.kinds import VERBS
    from csdesk.domain.roles import Right

    verbs = (
        action(VERB + name)
        for name, cls in VERBS.items()
        if cls.verb.right not in (Right.RUN, Right.LOAD) and name not in ("open", "undo")
    )
    return {action.id: action for action in (*CONSOLE, *verbs)}


def label(words: "Words", action: str, place: str = "") -> str:
    """What an action is called in the language of the screen; in a place where it means more, by what it does there."""
    verb = action.removeprefix(VERB)
    if verb != action:
        return words.code("verb", verb)
    own = f"action.{action}.{place}"
    return words(own if place and words.has(own) else f"action.{action}")
