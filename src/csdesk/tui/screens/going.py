"""From case to case without the queue: the one beside, the next, one that was found; and staying, when Esc says so."""

from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING

from csdesk.desk.link import LinkLost
from csdesk.desk.queries import QueuePage, Rows
from csdesk.store.feed import Place
from csdesk.tui.screens.beside import CaseDoors

if TYPE_CHECKING:
    from csdesk.tui.screens.case import Seen


class Going(CaseDoors):
    """How a case screen goes to another case."""

    def __init__(self) -> None:
        super().__init__()
        self._place: Place | None = None
        self._moving = False

    async def _read(self, case: str) -> "Seen":
        raise NotImplementedError

    async def _enter(
        self, case: str, reading: "Awaitable[Seen]", place: Place | None = None, stayed: int | None = None
    ) -> bool:
        raise NotImplementedError

    def _queue(self) -> str:
        """The queue this case was opened from."""
        from csdesk.tui.screens.queue import QueueScreen

        behind = self.app.screen_stack[0]
        return behind.queue if isinstance(behind, QueueScreen) else "all"

    async def _mark_opened(self) -> None:
        """A console that is started again opens this case."""
        from csdesk.tui.screens.queue import QueueScreen

        behind = self.app.screen_stack[0]
        if isinstance(behind, QueueScreen) and behind.opened != self.case_id:
            behind.opened = self.case_id
            await behind.keep()

    async def _leave_for(self, case: str, stayed: int, place: Place | None = None) -> bool:
        await self.keep()
        if self not in self.app.screen_stack or stayed != self.stayed:
            return False
        return await self._enter(case, self._read(case), place, stayed)

    def _go(self, by: int) -> None:
        if not self._moving:
            self._moving = True
            self.summon(partial(self._neighbour, by, self.stayed))

    async def _neighbour(self, by: int, stayed: int) -> bool:
        """Go to the case beside this one; whether there is one."""
        try:
            place = self._place or await self._place_of(self.case_id)
            where = {"after": place} if by > 0 else {"before": place}
            page = QueuePage(self._queue(), 1, **where)
            # A case that is done stands in no queue any more.
            rows = await self.console.patient(self.console.desk.ask(page)) if place else ()
        finally:
            self._moving = False
        if rows:
            return await self._leave_for(rows[0].id, stayed, Place(rows[0].due, rows[0].id))
        if self.console.screen is self:
            self.console.say(self.console.words("case.last" if by > 0 else "case.first"), "warn")
        return False

    def action_case_next(self) -> None:
        """The next case in the order of the queue."""
        self._go(1)

    def action_case_prev(self) -> None:
        """The case before this one in the order of the queue."""
        self._go(-1)

    def action_next(self) -> None:
        """Hold and open the most urgent case that I may take."""
        self.summon(partial(self._advance, self.stayed))

    async def _advance(self, stayed: int) -> bool:
        await self.keep()
        found = await self.console.leasing.next(self._queue())
        if self not in self.app.screen_stack or stayed != self.stayed:
            if found is not None:
                await self._stay_here(found)
            return False
        if found is None:
            self.console.say(self.console.words("status.no_next"), "warn")
            if self.console.screen is self:  # nothing covers it
                await self.action_back()
            return False
        if found == self.case_id:
            self.console.say(self.console.words("case.still_next"))
        return await self._leave_for(found, stayed)

    def _found(self, case: str | None) -> None:
        if case:
            self.summon(partial(self._leave_for, case, self.stayed))

    async def _stay_here(self, found: str) -> None:
        """Give back a case that shall not come after all; this one is in hand again."""
        if found != self.case_id:
            await self.console.leasing.give_back(found)
        if self in self.app.screen_stack and self.view is not None:
            await self.console.leasing.hold(self.case_id)

    async def _known(self, case: str) -> None:
        """Learn where the case stands, and keep that it is open."""
        try:
            place = await self._place_of(case)
        except LinkLost:
            place = None  # asked for again by the key that needs it
        if self.case_id == case:
            self._place = self._place or place
            await self._mark_opened()

    async def _place_of(self, case: str) -> Place | None:
        rows = await self.console.desk.ask(Rows((case,)))
        return Place(rows[0].due, rows[0].id) if rows else None
