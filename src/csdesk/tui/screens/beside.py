"""What opens beside a case: its next step, its verdict, deadlines, money, parcels, other cases, its source."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from csdesk.desk.queries import CaseView, FoundArticle
from csdesk.tui import doors
from csdesk.tui.offered import next_step
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.belonging import Belonging
from csdesk.tui.screens.revealing import Revealing

T = TypeVar("T")


class CaseDoors(ConsoleScreen[None]):
    """The keys of a case screen that open another; what is found there comes back by `_cited` and `_found`."""

    case_id: str
    view: CaseView | None
    belonging: Belonging
    revealing: Revealing

    def _cited(self, article: FoundArticle) -> None:
        raise NotImplementedError

    def chosen(self, take: Callable[[T], None]) -> Callable[[T | None], None]:
        """What takes a choice that was made for the case of this moment; not for one that has come meanwhile."""
        case = self.case_id

        def taken(choice: T | None) -> None:
            if choice is None:
                return
            if self.case_id == case:
                take(choice)
            else:
                self.console.say(self.console.words("case.chosen_for_another"), "warn")

        return taken

    def _found(self, case: str | None) -> None:
        raise NotImplementedError

    async def _again(self) -> None:
        raise NotImplementedError

    async def _advance(self, stayed: int) -> bool:
        raise NotImplementedError

    def action_open(self) -> None:
        """The form of the step that stands first among what can be done; the menu when that asks for nothing."""
        step = next_step(self.view) if self.view is not None else ""
        if step:
            self.action_verb(step)
        else:
            self.action_status()

    def action_status(self) -> None:
        """What can be done with this case, and why the rest is off."""
        from csdesk.tui.screens.status import StatusMenu

        if self.view is not None:
            self.app.push_screen(StatusMenu(self.view.case.id, self.view.case.version))

    def action_find(self) -> None:
        """Find another case."""
        from csdesk.tui.screens.find import FindScreen

        self.app.push_screen(FindScreen(), self._found)

    def action_copy_number(self) -> None:
        """Put the case number, and nothing else, into the terminal's clipboard."""
        if self.view is not None:
            self.app.copy_to_clipboard(self.view.number)
            self.console.say(self.console.words("status.copied", case=self.view.number), "good")

    def action_skip(self) -> None:
        """Pass the case over, and go on to the next."""
        self.app.push_screen(doors.skip(), self._pass_over)

    def _pass_over(self, said: tuple[str, str] | None) -> None:
        if said is not None and self.view is not None:
            self.summon(partial(self._passed_over, self.view, self.stayed, *said))

    async def _passed_over(self, view: CaseView, stayed: int, why: str, note: str) -> bool:
        console = self.console
        await self.keep()
        await console.leasing.skip(view.case.id, why, note)
        told = console.words("status.skipped", case=view.number, why=console.words.code("skip", why))
        console.say(told, "good")
        return await self._advance(stayed)

    def action_explain(self) -> None:
        """Why the verdict is what it is, and what it would be if."""
        self.app.push_screen(doors.verdict(self.case_id), self.chosen(self._cited))

    def action_clocks(self) -> None:
        """How each deadline was counted."""
        self.app.push_screen(doors.detail(self.case_id, "clocks"))

    def action_ask_order(self) -> None:
        """Ask the order system what it knows of the order now."""
        if self.view is not None:
            self.console.call(self._ask_order(self.view.case.order_number))

    async def _ask_order(self, order: str) -> None:
        from csdesk.tui.ordering import asked

        await asked(self.console, order, self._again)

    def action_ledger(self) -> None:
        """All money of the order."""
        self.app.push_screen(doors.detail(self.case_id, "ledger"))

    def action_parcels(self) -> None:
        """Every scan of the parcels."""
        self.app.push_screen(doors.detail(self.case_id, "parcels"))

    def action_incident(self) -> None:
        """Join the incident that the case fits, or show the one that it is of."""
        self.belonging.act()

    def action_files(self) -> None:
        """The files of the case."""
        if self.view is not None:
            self.app.push_screen(doors.files(self.view))

    def action_links(self) -> None:
        """Cases that belong to this one, and others of its customer."""
        if self.view is not None:
            self.app.push_screen(doors.links(self.view), self._found)

    def action_link(self) -> None:
        """Say that another case has to do with this one."""
        if self.view is not None:
            self.console.call(self._link(self.view))

    async def _link(self, view: CaseView) -> None:
        from csdesk.tui.screens.linking import link

        await link(self.console, view)

    def action_reveal(self) -> None:
        """Look at what is masked of the customer, for a reason."""
        self.console.call(self.revealing.begin())

    def action_looks(self) -> None:
        """Who looked at the customer's data."""
        self.app.push_screen(
            doors.looks(self.case_id), lambda case: self._found(case if case != self.case_id else None)
        )

    def action_rulings(self) -> None:
        """Why it was decided and paid as it was."""
        self.app.push_screen(doors.rulings(self.case_id), self.chosen(self._cited))
