"""How every screen is made: each is imported when it is first opened, so that the queue paints early."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csdesk.desk.queries import CaseView
    from csdesk.tui.screen import ConsoleScreen


def case(case_id: str, *, compose: bool = False) -> "ConsoleScreen[Any]":
    """One case; `compose`: with the reply field focused."""
    from csdesk.tui.screens.case import CaseScreen

    return CaseScreen(case_id, compose=compose)


def form(view: "CaseView", verb: str) -> "ConsoleScreen[Any]":
    """What a verb asks for, and its confirmation."""
    from csdesk.tui.screens.form import VerbForm

    return VerbForm(view, verb)


def orders(text: str = "") -> "ConsoleScreen[Any]":
    """Find an order, and open a case on it."""
    from csdesk.tui.screens.order import OrderScreen

    return OrderScreen(text)


def policy(case_id: str = "") -> "ConsoleScreen[Any]":
    """Look up an article; dismissed with the article to cite, or None."""
    from csdesk.tui.screens.policy import PolicyScreen

    return PolicyScreen(case_id)


def canned(case_id: str) -> "ConsoleScreen[Any]":
    """Look up a canned reply for a case; dismissed with the filled reply, or None."""
    from csdesk.tui.screens.canned import CannedScreen

    return CannedScreen(case_id)
