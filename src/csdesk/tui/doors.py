"""How every screen is made: each is imported when it is first opened, so that the queue paints early."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csdesk.desk.incident_queries import Suggested
    from csdesk.desk.link import Line
    from csdesk.desk.queries import CaseView
    from csdesk.domain.cases.command import Deciding
    from csdesk.domain.cases.context import Refused
    from csdesk.tui.screen import ConsoleScreen
    from csdesk.tui.screens.verdict import Kept
    from csdesk.tui.sifting import Sifting


def case(case_id: str, *, then: str = "") -> "ConsoleScreen[Any]":
    """One case; `then`: `reply` or `canned`, done once it is shown."""
    from csdesk.tui.screens.case import CaseScreen

    return CaseScreen(case_id, then=then)


def form(view: "CaseView", verb: str) -> "ConsoleScreen[Any]":
    """What a verb asks for, and its confirmation."""
    from csdesk.tui.screens.form import VerbForm

    return VerbForm(view, verb)


def orders(text: str = "") -> "ConsoleScreen[Any]":
    """Find an order, and open a case on it."""
    from csdesk.tui.screens.order import OrderScreen

    return OrderScreen(text)


def caller() -> "ConsoleScreen[Any]":
    """Check who is on the telephone, and open what they call about."""
    from csdesk.tui.screens.caller import CallerScreen

    return CallerScreen()


def presence(now: str) -> "ConsoleScreen[Any]":
    """Whether one is here; dismissed with the state that was picked, None when it is left."""
    from csdesk.tui.screens.presence import PresenceScreen

    return PresenceScreen(now)


def skip() -> "ConsoleScreen[Any]":
    """Why a case is passed over; dismissed with the reason and words, None when it is left."""
    from csdesk.tui.screens.guided import SkipScreen

    return SkipScreen()


def handover() -> "ConsoleScreen[Any]":
    """My cases, to hand over at the end of a shift; dismissed with whether that was done."""
    from csdesk.tui.screens.handover import HandoverScreen

    return HandoverScreen()


def theme(now: str) -> "ConsoleScreen[Any]":
    """The themes; dismissed with the name of the one that was picked, None when it is left."""
    from csdesk.tui.screens.wearing import ThemeScreen

    return ThemeScreen(now)


def language(now: str) -> "ConsoleScreen[Any]":
    """The languages; dismissed with the one that was picked, None when it is left."""
    from csdesk.tui.screens.wearing import LanguageScreen

    return LanguageScreen(now)


def policy(case_id: str = "", text: str = "", *, cites: bool = True) -> "ConsoleScreen[Any]":
    """Look up an article, at first by `text`; dismissed with the article to cite, or None."""
    from csdesk.tui.screens.policy import PolicyScreen

    return PolicyScreen(case_id, text, cites=cites)


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


def files(view: "CaseView") -> "ConsoleScreen[Any]":
    """The files of a case, to be saved one by one."""
    from csdesk.tui.screens.files import FilesScreen

    return FilesScreen(view)


def links(view: "CaseView") -> "ConsoleScreen[Any]":
    """The cases that belong to one, and others of its customer; dismissed with the one to open, or None."""
    from csdesk.tui.screens.leads import LinksScreen

    return LinksScreen(view)


def looks(case_id: str = "", agent: str = "") -> "ConsoleScreen[Any]":
    """Who looked at the data of a case's customer, or what an agent looked at; dismissed with the case to open."""
    from csdesk.tui.screens.revealing import LooksScreen

    return LooksScreen(case_id, agent)


def awaiting() -> "ConsoleScreen[Any]":
    """Refunds that wait for a person; dismissed with the case to open, or None."""
    from csdesk.tui.screens.leads import AwaitingScreen

    return AwaitingScreen()


def dead() -> "ConsoleScreen[Any]":
    """Jobs that the worker gave up; dismissed with the case to open, or None."""
    from csdesk.tui.screens.dead import DeadScreen

    return DeadScreen()


def unsent(line: "Line") -> "ConsoleScreen[Any]":
    """What waits for the line to the desk; dismissed with the case to open, or None."""
    from csdesk.tui.screens.unsent import UnsentScreen

    return UnsentScreen(line)


def board() -> "ConsoleScreen[Any]":
    """The board of whoever runs a shift; dismissed with the queue to show, or None."""
    from csdesk.tui.screens.board import BoardScreen

    return BoardScreen()


def runs(parent: str = "") -> "ConsoleScreen[Any]":
    """My runs over many cases, or those of an incident; dismissed with the case to open, or None."""
    from csdesk.tui.screens.runs import RunsScreen

    return RunsScreen(parent)


def news() -> "ConsoleScreen[Any]":
    """What everybody is told just now."""
    from csdesk.tui.screens.broadcasting import NewsScreen

    return NewsScreen()


def filter_line(sifting: "Sifting") -> "ConsoleScreen[Any]":
    """The line that filters the queue; dismissed with the case to open when its number was typed, else None."""
    from csdesk.tui.screens.filtering import FilterScreen

    return FilterScreen(sifting)


def views(sifting: "Sifting") -> "ConsoleScreen[Any]":
    """The views that can be used; dismissed with the one to show, or None."""
    from csdesk.tui.screens.views import ViewsScreen

    return ViewsScreen(sifting)


def canned(case_id: str) -> "ConsoleScreen[Any]":
    """Look up a canned reply for a case; dismissed with the filled reply, or None."""
    from csdesk.tui.screens.canned import CannedScreen

    return CannedScreen(case_id)


def incident(incident_id: str) -> "ConsoleScreen[Any]":
    """An incident with its members and runs; dismissed with the case to open, or None."""
    from csdesk.tui.screens.incident import IncidentScreen

    return IncidentScreen(incident_id)


def incident_choice(found: "Sequence[Suggested]") -> "ConsoleScreen[Any]":
    """Several incidents that a case fits; dismissed with the one to join, or None."""
    from csdesk.tui.screens.incident import IncidentChoice

    return IncidentChoice(found)
