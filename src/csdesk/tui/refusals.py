"""What went wrong, in a sentence: refusals, conflicts, and trouble with the file."""

from typing import TYPE_CHECKING

from csdesk.desk.desk import Conflict
from csdesk.domain.cases.context import Refused
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp

# Refusals whose `name` is a fact.
_OF_FACTS = ("bad_fact", "unknown_fact", "fact_too_long")


def explain(console: "ConsoleApp", error: Exception) -> str | None:
    """An error that people can cause or mend, in a sentence; None for a mistake of the program."""
    words = console.words
    if isinstance(error, Refused):
        return refusal(console, error)
    if isinstance(error, Conflict):
        came = "、".join(f"{console.name_of(c.who)} {words.code('verb', c.verb)}" for c in error.came)
        return words("refused.conflict", case=error.case, came=came)
    if isinstance(error, StoreError):
        return words.error(error.code, error.details, str(error))
    return None


def refusal(console: "ConsoleApp", refused: Refused) -> str:
    """Why something may not happen; people by name, and no codes: nobody here types them."""
    words = console.words
    if refused.code == "not_available":
        away = words.code("presence", str(refused.detail["presence"]))
        return words("status.away", presence=away, key=console.keymap.shown("presence"))
    detail = dict(refused.detail)
    if isinstance(who := detail.get("who"), str):
        detail["who"] = console.name_of(who)
    if refused.code in _OF_FACTS:
        detail["name"] = words.code("term", str(detail["name"]))
    if "allowed" in detail:
        detail["allowed"] = words.value("members", detail["allowed"])
    return words.refused(Refused(refused.code, **detail))
