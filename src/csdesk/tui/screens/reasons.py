"""Why an action of a case screen cannot be used just now."""

from typing import TYPE_CHECKING

from csdesk.domain.cases.context import Refused
from csdesk.tui.actions import ACTS

if TYPE_CHECKING:
    from csdesk.tui.screens.case import CaseScreen

# What needs a case that was read.
_OF_CASE = frozenset(
    {
        "open", "resolve", "reply", "canned", "status", "copy_number", "repeat", "explain", "rulings", "clocks",
        "ledger", "parcels", "links", "ask_order", "skip", "link", "reveal", "looks",
        "files",
    }
)  # fmt: skip


def why_off(screen: "CaseScreen", action: str) -> str | None:
    """The reason of a verb comes from the case; most other keys need a case that was read."""
    words = screen.console.words
    act = ACTS.get(action, action)
    if screen.view is None:
        needs = action.startswith("verb.") or action in _OF_CASE
        return words("status.no_case") if needs else None
    if action == "explain" and screen.owed is not None and screen.owed.judged is None:
        return words("practice.hidden" if screen.owed.hidden else "verdict.no_question")
    if action == "ledger" and screen.view.order is None:
        return words("refused.order_unknown")
    if action == "ask_order" and not (screen.console.ask_order and screen.view.case.order_number):
        return words("order.no_source" if screen.view.case.order_number else "refused.order_unknown")
    if action == "parcels" and not (screen.view.case.parcels or screen.view.trails):
        return words("detail.no_parcels")
    if action == "files" and not screen.view.case.evidence:
        return words("cli.evidence.none")
    if action == "rulings" and not any(entry.code == "ruled" for entry in screen.view.timeline):
        return words("verdict.never_ruled")
    if action == "skip" and not screen.view.case.open:
        return screen.console.refusal(Refused("case_closed", state=screen.view.case.state))
    if action == "reveal":
        return screen.revealing.off()
    # An incident has no customer, so no reply either: its members are told, each on its own case.
    verb = "reply" if action in ("reply", "canned") else act.removeprefix("verb.")
    if verb != "reply" and not act.startswith("verb."):
        return None
    offer = next((offer for offer in screen.view.offers if offer.verb == verb), None)
    if offer is None:
        return screen.console.refusal(Refused("wrong_kind", kind=screen.view.case.kind, verb=verb))
    return screen.console.refusal(offer.off) if offer.off is not None else None
