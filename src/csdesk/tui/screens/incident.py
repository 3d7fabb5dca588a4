"""An incident at a look: by what its cases are known, how many are in, what was sent to them; lists of its cases."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk import incident_words as worded
from csdesk.desk.bulk_queries import RunView
from csdesk.desk.incident_queries import (
    AttachFitting,
    Fitting,
    IncidentView,
    MembersPage,
    ShowIncident,
    Suggested,
)
from csdesk.store.feed import Row
from csdesk.tui import cells, doors
from csdesk.tui.columns import number
from csdesk.tui.messages import Changed, VerbDone
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay, Title
from csdesk.tui.screens.scene import folded
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.summary import Line
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import Pick

# While ten thousand members change, it is read anew no oftener.
REST_SECONDS = 1.0
PAGE = 50


class IncidentScreen(ConsoleScreen[str | None]):
    """Dismissed with the case to open, or None."""

    context: ClassVar[str] = "incident"

    def __init__(self, incident: str) -> None:
        super().__init__()
        self.incident = incident
        self.view: IncidentView | None = None
        self.page = Page(self._page)
        self._title = Title("")
        self._rest: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield self.page

    def on_mount(self) -> None:
        self.console.call(self._read(anew=True))

    def on_resize(self) -> None:
        self.page.lay()

    async def _read(self, *, anew: bool = False) -> None:
        console = self.console
        view = self.view = await console.patient(console.desk.ask(ShowIncident(self.incident)))
        title = cells.safe(view.cause.title) if view.cause else console.words.code("reason", view.reason)
        state = console.words.code("state", view.state)
        self._title.text = f"{console.words('incident.title', number=view.number)}  {title}  {state}"
        self._title.refresh()
        self.page.lay(anew=anew)
        self.repaint_hints()

    def on_changed(self, changed: Changed) -> None:
        if self._rest is None:
            self._rest = self.set_timer(REST_SECONDS, self._again)

    def on_verb_done(self, message: VerbDone) -> None:
        self._again()

    def _again(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = None
        self.console.call(self._read())

    # What it says

    def _page(self, width: int) -> list[Line]:
        view, words = self.view, self.console.words
        if view is None:
            return []
        lines: list[Line] = [[(words("incident.criteria"), "accent")]]
        if view.cause is None:
            told = words("incident.no_cause", key=self.console.keymap.shown("status"))
            lines += [[(f"  {line}", "soon")] for line in cells.wrap(told, width - 2)]
        else:
            pieces: Line = [(f"  {cells.safe(one)}", "text") for one in worded.criteria(view, words)]
            lines += folded(pieces, width)
            how = "soon" if view.fitting else "quiet"
            lines.append([(f"  {worded.fitting(view, words)}", how)])
        lines += [[], [(words("incident.members"), "accent")], *self._members(view, width)]
        lines += [[], [(words("incident.runs"), "accent")]]
        lines += [self._run_line(view, run) for run in view.runs]
        if not view.runs:
            lines.append([(f"  {words('incident.no_runs')}", "quiet")])
        return lines

    def _members(self, view: IncidentView, width: int) -> list[Line]:
        words = self.console.words
        if not view.states:
            return [[(f"  {words('incident.no_members')}", "quiet")]]
        pieces: Line = [
            (
                "  "
                + words(
                    "incident.state", kind=words.code("kind", kind), state=words.code("state", state), n=n
                ),
                "text",
            )
            for kind, state, n in view.states
        ]
        how = "soon" if view.members.uninformed else "quiet"
        return [[(f"  {worded.counts(view, words)}", how)], *folded(pieces, width)]

    def _run_line(self, view: IncidentView, run: RunView) -> Line:
        words, numbers = self.console.words, dict(view.notices)
        refused = run.counts["refused"]
        what = (
            words("incident.notice_no", n=numbers[run.id])
            if run.id in numbers
            else words.code("verb", run.verb)
        )
        return [
            (f"  {words.short(run.at)}  ", "quiet"),
            (cells.fit(what, 16), "strong"),
            (worded.progress(run, words), "text"),
            (f"  {words('incident.refused', n=refused)}" if refused else "", "late"),
            (f"  {cells.safe(self.console.name_of(run.actor))}", "quiet"),
        ]

    # Keys

    def current_case(self) -> tuple[str, int] | None:
        return (self.view.id, self.view.version) if self.view else None

    def footer_actions(self) -> tuple[str, ...]:
        return ("status", "attach", "fitting", "members", "runs", "undo", "back", "help")

    def off(self, action: str) -> str | None:
        words, view = self.console.words, self.view
        if view is None:
            return words("status.no_case") if action in ("status", "attach", "fitting", "members") else None
        if action in ("attach", "fitting"):
            if view.cause is None:
                return words("refused.cause_unknown", number=view.number)
            if not view.fitting:
                return words("incident.fitting_none")
        return words("incident.no_members") if action == "members" and not view.states else None

    def action_status(self) -> None:
        """What can be done with the incident: tell its members, decide for them, end it."""
        if self.view is not None:
            self.app.push_screen(StatusMenu(self.view.id, self.view.version))

    def action_attach(self) -> None:
        """Let every case that fits join."""
        if self.view is not None and self.view.fitting:
            asked = self.console.words("incident.attach_ask", n=self.view.fitting, number=self.view.number)
            self.app.push_screen(ConfirmScreen(asked), self._let_join)

    def _let_join(self, yes: bool | None) -> None:
        if yes:
            self.console.call(self._joining())

    async def _joining(self) -> None:
        run = await self.console.patient(self.console.desk.ask(AttachFitting(self.incident)))
        self.console.say(self.console.words("incident.attached", n=run.total), "good")
        await self._read()

    def action_fitting(self) -> None:
        """The cases that fit and are not in yet."""
        self.app.push_screen(CasesOfScreen(self.incident, "fitting"), self._chosen)

    def action_members(self) -> None:
        """The cases of the incident."""
        self.app.push_screen(CasesOfScreen(self.incident, "members"), self._chosen)

    def action_runs(self) -> None:
        """What was sent to the members, and the cases in which it failed."""
        self.app.push_screen(doors.runs(self.incident), self._chosen)

    def _chosen(self, case: str | None) -> None:
        if case:
            self.dismiss(case)

    def action_refresh(self) -> None:
        """Read it anew."""
        self._again()

    def action_down(self) -> None:
        """One line down."""
        self.page.move(1)

    def action_up(self) -> None:
        """One line up."""
        self.page.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.page.page(1)

    def action_page_up(self) -> None:
        """One screen up."""
        self.page.page(-1)

    def action_top(self) -> None:
        """To the first line."""
        self.page.edge(end=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self.page.edge(end=True)


class CasesOfScreen(Overlay[str | None]):
    """Members of an incident, or cases that fit: a page, and the next one when the cursor comes to the end."""

    context: ClassVar[str] = "menu"
    worded: ClassVar[str] = "cases"

    def __init__(self, incident: str, what: str) -> None:
        super().__init__()
        self.incident = incident
        self.what = what
        self._rows: list[Row] = []
        self._ended = False
        self._asking = False

    def sheet_title(self) -> str:
        return self.console.words(f"incident.{self.what}_title")

    def on_mount(self) -> None:
        self.console.call(self._more())

    async def _more(self) -> None:
        if self._ended or self._asking:
            return
        self._asking, after = True, self._rows[-1].id if self._rows else ""
        try:
            ask = (
                Fitting(self.incident, after, PAGE)
                if self.what == "fitting"
                else MembersPage(self.incident, "all", after, PAGE)
            )
            found: Sequence[Row] = await self.console.patient(self.console.desk.ask(ask))
        finally:
            self._asking = False
        self._ended = len(found) < PAGE
        self._rows += found
        at = self.picks.cursor
        self.picks.show([self._line(row) for row in self._rows])
        self.picks.move(at)
        if not self._rows:
            self.console.say(self.console.words("incident.empty"), "info")

    def _line(self, row: Row) -> Pick:
        words = self.console.words
        told = cells.safe(row.subject) or words.code("reason", row.reason)
        return Pick(
            row.id,
            [
                (f"{number(row)}  ", "strong"),
                (cells.column(words.code("state", row.state), 13), "accent"),
                (f" {words.short(row.opened_at)}  ", "quiet"),
                (told, "text"),
            ],
        )

    def _near_end(self) -> None:
        if self.picks.cursor >= len(self._rows) - PAGE // 2:
            self.console.call(self._more())

    def action_down(self) -> None:
        """To the next case."""
        super().action_down()
        self._near_end()

    def action_page_down(self) -> None:
        """One screen down."""
        super().action_page_down()
        self._near_end()

    def action_bottom(self) -> None:
        """To the last of those that were read."""
        super().action_bottom()
        self._near_end()

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    def action_nth(self, key: str) -> None:
        """A case has a number of its own."""


class IncidentChoice(Overlay[str | None]):
    """Several incidents that one case fits; dismissed with the one that it joins."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "incident.several"

    def __init__(self, found: Sequence[Suggested]) -> None:
        super().__init__()
        self._found = found

    def on_mount(self) -> None:
        self.picks.show(
            [
                Pick(one.id, [(f"{one.number}  ", "strong"), (cells.safe(one.title), "text")])
                for one in self._found
            ]
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    def action_nth(self, key: str) -> None:
        """The incident with this place in the list."""
        if key.isdigit() and 0 < int(key) <= len(self._found):
            self.dismiss(self._found[int(key) - 1].id)
