"""Who holds what: the open case is held while keys are pressed, parked for a call, given back when left."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csdesk.store.leases import Lease
    from csdesk.tui.app import ConsoleApp

# A lease lasts five minutes; one renewal a minute is enough and no more than one write a minute.
RENEW_SECONDS = 60.0


class Leasing:
    """The holds of one console. `held` is the open case, `parked` those put aside, the last first."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._renewed = 0.0
        self.held = ""
        self.parked: list[str] = []
        self.skipped: list[str] = []

    def may_hold(self) -> bool:
        """Whether I work on cases at all (an auditor only reads)."""
        from csdesk.domain.roles import Right, may

        return may(self._console.desk.me.role, Right.WORK)

    async def hold(self, case: str) -> "Lease | None":
        """Hold a case that is being opened; the lease names another holder when somebody else has it."""
        from csdesk.desk.queries import Hold

        if not self.may_hold():
            return None
        lease = await self._console.desk.ask(Hold(case))
        if lease.holder == self._console.desk.me.id:
            self.held, self._renewed = case, time.monotonic()
        else:
            name = self._console.name_of(lease.holder)
            self._console.say(self._console.words("status.held_by", who=name), "warn")
        return lease

    def touched(self) -> None:
        """A key was pressed: renew what is held, at most once a minute."""
        if self.held and time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            self._console.call(self._renew(self.held))

    async def _renew(self, case: str) -> None:
        from csdesk.desk.queries import Hold

        await self._console.desk.ask(Hold(case))

    async def let_go(self) -> None:
        """Give back the open case; parked ones stay mine until their time is over."""
        case, self.held = self.held, ""
        if case and case not in self.parked:
            from csdesk.desk.queries import LetGo

            await self._console.desk.ask(LetGo(case))

    async def next(self, queue: str) -> str | None:
        """Hold the most urgent case that I may take; None when there is none."""
        from csdesk.desk.queries import Next

        found = await self._console.desk.ask(Next(queue, tuple(self.skipped)))
        if found is not None:
            await self.let_go()
            self.held, self._renewed = found, time.monotonic()
        return found

    async def park(self) -> None:
        """Put the case in hand aside, its draft kept, and go to where a caller is found."""
        from csdesk.desk.queries import Hold

        console = self._console
        current = console.screen.current_case() if hasattr(console.screen, "current_case") else None
        case = self.held or (current[0] if current else "")
        if not case:
            console.say(console.words("status.no_case"), "warn")
            return
        await console.home()
        lease = await console.desk.ask(Hold(case, park=True))
        if lease.holder != console.desk.me.id:
            console.say(console.words("status.held_by", who=console.name_of(lease.holder)), "warn")
            return
        self.held = ""
        self.parked = [case, *(other for other in self.parked if other != case)]
        console.say(console.words("status.parked_one", key=console.keymap.shown("unpark")), "good")
        console.action_orders()

    async def unpark(self) -> None:
        """Bring back the case that was put aside last, with its draft."""
        from csdesk.desk.queries import Held

        console = self._console
        leases = await console.desk.ask(Held())
        waiting = [lease.case for lease in leases if lease.parked]
        self.parked = waiting[1:]
        if not waiting:
            console.say(console.words("status.none_parked"), "warn")
            return
        await console.home()
        console.open_case(waiting[0])

    async def recall(self) -> None:
        """Learn what an earlier console of mine left parked."""
        from csdesk.desk.queries import Held

        self.parked = [lease.case for lease in await self._console.desk.ask(Held()) if lease.parked]
        self._console.repaint_status()
