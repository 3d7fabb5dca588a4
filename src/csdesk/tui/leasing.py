"""Who holds what: the open case is held while keys are pressed, parked for a call, given back when left."""

import time
from typing import TYPE_CHECKING

from csdesk.desk.link import line_of

if TYPE_CHECKING:
    from csdesk.store.leases import Lease
    from csdesk.tui.app import ConsoleApp

# A lease lasts five minutes; one renewal a minute is enough and no more than one write a minute.
RENEW_SECONDS = 60.0
# `routing.AVAILABLE`, spelled here: a starting console does not import the domain.
HERE = "available"


class Leasing:
    """The holds of one console. `held` is the open case, `parked` those put aside, the last first."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._renewed = 0.0
        self.held = ""
        self.parked: list[str] = []
        self.presence = HERE

    @property
    def here(self) -> bool:
        """Whether I am available, as far as this console knows."""
        return self.presence == HERE

    async def be(self, state: str) -> None:
        """Say whether I am here; who goes leaves the case in hand, with its draft kept."""
        from csdesk.desk.staff_queries import SetAgentState

        console, words = self._console, self._console.words
        if state != HERE:
            await console.home()
        done = await console.desk.ask(SetAgentState(state))
        self.presence = done.state
        if not self.here:
            self.held = ""
        if done.state == "off":
            self.parked = []
        told = words.code("presence", done.state)
        released, returned = done.released or "", done.returned or ""
        console.say(words("status.presence", presence=told, released=released, returned=returned), "good")

    def may_hold(self) -> bool:
        """Whether I work on cases at all (an auditor only reads)."""
        from csdesk.domain.roles import Right, may

        return may(self._console.desk.me.role, Right.WORK)

    async def hold(self, case: str) -> "Lease | None":
        """Hold a case that is being opened; the lease names another holder when somebody else has it."""
        from csdesk.desk.queries import Hold

        line = line_of(self._console.desk)
        if not self.may_hold() or (line is not None and line.state.away):
            return None  # while the desk cannot be asked nobody can give me a case; I read it all the same
        lease = await self._console.desk.ask(Hold(case))
        if lease.holder == self._console.desk.me.id:
            self.held, self._renewed = case, time.monotonic()
            self.parked = [other for other in self.parked if other != case]
        else:
            from csdesk.domain.roles import Right, may

            console, name = self._console, self._console.name_of(lease.holder)
            over = may(console.desk.me.role, Right.TAKE_OVER)
            key = console.keymap.shown("verb.take")
            told = console.words("takeover.can", who=name, key=key) if over else ""
            console.say(told or console.words("status.held_by", who=name), "warn")
        return lease

    def touched_of(self, cases: "tuple[str, ...]", *, everything: bool) -> tuple[str, ...]:
        """Which of the cases that I have in hand or put aside may have been changed."""
        mine = tuple(case for case in (self.held, *self.parked) if case)
        return mine if everything else tuple(case for case in mine if case in cases)

    async def lost_of(self, cases: tuple[str, ...]) -> None:
        """Say who took any of these from me, and renew them no more."""
        from csdesk.desk.queries import TakenFromMe

        console = self._console
        for number, taken in await console.desk.ask(TakenFromMe(cases)):
            self.held = "" if self.held == taken.case else self.held
            self.parked = [case for case in self.parked if case != taken.case]
            who = console.name_of(taken.taker)
            console.say(console.words("takeover.lost", case=number, who=who), "warn")

    async def skip(self, case: str, why: str, note: str) -> None:
        """Pass a case over: it is given back and does not come again for a while."""
        from csdesk.desk.guided_queries import SkipCase

        await self._console.desk.ask(SkipCase(case, why, note))
        self.held = "" if self.held == case else self.held
        self.parked = [other for other in self.parked if other != case]

    def touched(self) -> None:
        """A key was pressed: renew what is held, at most once a minute."""
        if self.held and time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            self._console.call(self._renew(self.held))

    async def _renew(self, case: str) -> None:
        from csdesk.desk.queries import Hold

        line = line_of(self._console.desk)
        if line is None or not line.state.away:
            await self._console.desk.ask(Hold(case))

    async def let_go(self) -> None:
        """Give back the open case; parked ones stay mine until their time is over."""
        if self.held:
            await self.give_back(self.held)

    async def give_back(self, case: str) -> None:
        """Give back one case that nobody looks at here; another that is in hand stays in hand."""
        self.held = "" if self.held == case else self.held
        self._console.privacy.given_back(case)
        if case not in self.parked and self.may_hold():
            from csdesk.desk.queries import LetGo

            await self._console.desk.ask(LetGo(case))

    async def next(self, queue: str) -> str | None:
        """Hold the most urgent case that I may take; None when there is none.

        What was in hand is let go of; not what has come into it while the desk was asked.
        """
        from csdesk.desk.queries import Next
        from csdesk.domain.cases.context import Refused

        before = self.held
        try:
            found = await self._console.desk.ask(Next(queue))
        except Refused as refused:
            # Somebody else may have said so, or I did in another window.
            self.presence = str(refused.detail.get("presence", self.presence))
            raise
        self.presence = HERE
        if found is not None and self.held == before:
            await self.let_go()
            self.held, self._renewed = found, time.monotonic()
        return found

    async def park(self) -> bool:
        """Put the case in hand aside, its draft kept, and go to where a caller is found; whether it is."""
        from csdesk.desk.queries import Hold

        console = self._console
        current = console.screen.current_case() if hasattr(console.screen, "current_case") else None
        case = self.held or (current[0] if current else "")
        if not case:
            console.say(console.words("status.no_case"), "warn")
            return False
        await console.home()
        if console.locked:
            return False  # the lock has put it aside
        lease = await console.desk.ask(Hold(case, park=True))
        if lease.holder != console.desk.me.id:
            console.say(console.words("status.held_by", who=console.name_of(lease.holder)), "warn")
            return False
        self.held = ""
        self.parked = [case, *(other for other in self.parked if other != case)]
        console.say(console.words("status.parked_one", key=console.keymap.shown("unpark")), "good")
        console.action_orders()
        return True

    async def unpark(self) -> bool:
        """Bring back the case that was put aside last, with its draft; whether there is one."""
        from csdesk.desk.queries import Held

        console = self._console
        leases = await console.desk.ask(Held())
        waiting = [lease.case for lease in leases if lease.parked]
        self.parked = waiting[1:]
        if not waiting:
            console.say(console.words("status.none_parked"), "warn")
            return False
        await console.home()
        if console.locked:
            self.parked = waiting
            return False
        console.open_case(waiting[0], then="draft")
        return True

    async def recall(self) -> None:
        """Learn what an earlier console of mine left parked, and whether I am here."""
        from csdesk.desk.queries import Held
        from csdesk.desk.staff_queries import MyState

        parked = [lease.case for lease in await self._console.desk.ask(Held()) if lease.parked]
        self.parked = [case for case in parked if case != self.held]
        if self.may_hold():
            self.presence = (await self._console.desk.ask(MyState())).state
        self._console.repaint_status()
