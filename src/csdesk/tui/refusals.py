"""What went wrong, in a sentence: refusals, conflicts, and trouble with the file."""

from typing import TYPE_CHECKING

from csdesk.desk.desk import Conflict
from csdesk.desk.link import AWAY, LinkLost, NotAdmitted, ServerFault
from csdesk.domain.cases.context import Refused
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.desk.words import Words
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
    if isinstance(error, LinkLost | NotAdmitted | ServerFault):
        return far(words, error)
    return None


def far(words: "Words", error: Exception) -> str:
    """What is wrong with a server, in a sentence; raises what is no trouble with one."""
    match error:
        case LinkLost(code=code) if code == AWAY:
            return words("error.line_away")
        case LinkLost():
            return words("error.link_lost", how=error.code)
        case NotAdmitted():
            return words("error.not_admitted")
        case ServerFault():
            return words("error.server_fault", status=error.status, code=error.code or "–")
    raise error


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
