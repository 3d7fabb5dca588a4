"""How every screen is made: each is imported when it is first opened, so that the queue paints early."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csdesk.desk.queries import CaseView
    from csdesk.domain.cases.command import Deciding
    from csdesk.domain.cases.context import Refused
    from csdesk.tui.screen import ConsoleScreen
    from csdesk.tui.screens.verdict import Kept


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


def policy(case_id: str = "", text: str = "") -> "ConsoleScreen[Any]":
    """Look up an article, at first by `text`; dismissed with the article to cite, or None."""
    from csdesk.tui.screens.policy import PolicyScreen

    return PolicyScreen(case_id, text)


def verdict(case_id: str, kept: "Kept | None" = None) -> "ConsoleScreen[Any]":
    """Why a verdict is what it is; `kept`: one of a decision that was kept. Dismissed with an article to cite."""
    from csdesk.tui.screens.verdict import VerdictScreen

    return VerdictScreen(case_id, kept)


def rulings(case_id: str) -> "ConsoleScreen[Any]":
    """The decisions that were kept with what was done; dismissed with an article to cite, or None."""
    from csdesk.tui.screens.rulings import RulingsScreen

    return RulingsScreen(case_id)


def override(command: "Deciding", refused: "Refused", case: str) -> "ConsoleScreen[Any]":
    """Why a verb goes against the verdict; dismissed with the reason, "" when it is left."""
    from csdesk.tui.screens.override import OverrideScreen

    return OverrideScreen(command, refused, case)


def detail(case_id: str, side: str) -> "ConsoleScreen[Any]":
    """All of one side of a case: clocks, ledger or parcels."""
    from csdesk.tui.screens.detail import DetailScreen

    return DetailScreen(case_id, side)


def links(view: "CaseView") -> "ConsoleScreen[Any]":
    """The cases that belong to one, and others of its customer; dismissed with the one to open, or None."""
    from csdesk.tui.screens.leads import LinksScreen

    return LinksScreen(view)


def awaiting() -> "ConsoleScreen[Any]":
    """Refunds that wait for a person; dismissed with the case to open, or None."""
    from csdesk.tui.screens.leads import AwaitingScreen

    return AwaitingScreen()


def canned(case_id: str) -> "ConsoleScreen[Any]":
    """Look up a canned reply for a case; dismissed with the filled reply, or None."""
    from csdesk.tui.screens.canned import CannedScreen

    return CannedScreen(case_id)
