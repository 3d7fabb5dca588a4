"""Which incident a case is of, or may be of: one line above its facts, and the key that joins or shows it."""

from typing import TYPE_CHECKING

from csdesk.desk.incident_queries import IncidentsFor, Suggested
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.incident import JoinIncident
from csdesk.tui import cells, doors
from csdesk.tui.summary import Line

if TYPE_CHECKING:
    from csdesk.tui.screens.case import CaseScreen

ACTION = "incident"


class Belonging:
    """What the desk says of the case that is shown: learnt with it, else asked after its first picture."""

    def __init__(self, screen: "CaseScreen") -> None:
        self._screen = screen
        self._found: list[Suggested] = []
        self._case = ""

    def learn(self, case: str, found: list[Suggested] | None) -> None:
        """Take what was read with a case that is about to be shown; None: nothing was."""
        if case != self._case or found is not None:
            self._case, self._found = case, found or []

    def follow(self, case: Case) -> None:
        """Ask for the case that is shown."""
        if case.kind is not Kind.INCIDENT:
            self._screen.call_after_refresh(lambda: self._screen.console.call(self._ask(case.id)))

    async def _ask(self, case: str) -> None:
        found = await self._screen.console.desk.ask(IncidentsFor(case))
        if case == self._case and found != self._found:
            self._found = found
            self._screen.facts.lay()

    def lines(self, width: int) -> list[Line]:
        """The line, folded; nothing where no incident fits."""
        words, view = self._screen.console.words, self._screen.shown
        if view is None or view.case.id != self._case:
            return []
        key, case = self._screen.console.keymap.shown(ACTION), view.case
        if case.kind is Kind.INCIDENT:
            return [[(line, "accent")] for line in cells.wrap(words("incident.here", key=key), width)]
        if not self._found:
            return []
        if len(self._found) > 1:
            numbers = words.between.join(one.number for one in self._found)
            told = words("incident.several_fit", numbers=numbers, key=key)
        else:
            one = self._found[0]
            code = "incident.member" if case.incident else "incident.suggested"
            told = words(code, number=one.number, title=cells.safe(one.title), key=key)
        how = "quiet" if case.incident else "soon"
        return [[(line, how)] for line in cells.wrap(told, width)]

    def act(self) -> None:
        """Show the incident, or join the one that fits; of several, the one that is picked."""
        screen = self._screen
        view, console = screen.view, screen.console
        if view is None:
            return
        if view.case.kind is Kind.INCIDENT or view.case.incident:
            screen.app.push_screen(doors.incident(view.case.incident or view.case.id), self._open)
        elif not self._found:
            console.say(console.words("incident.none"), "warn")
        elif len(self._found) == 1:
            self._join(self._found[0].id)
        else:
            screen.app.push_screen(doors.incident_choice(self._found), self._join)

    def _join(self, incident: str | None) -> None:
        if incident and self._screen.view is not None:
            case = self._screen.view.case
            self._screen.console.call(self._joined(incident, case))

    async def _joined(self, incident: str, case: Case) -> None:
        await self._screen.console.do(JoinIncident(incident), case.id, case.version)

    def _open(self, case: str | None) -> None:
        if case:
            self._screen.console.open_case(case)
