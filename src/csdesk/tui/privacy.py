"""Locking the console, by a key or after a while without one: what was revealed goes, and what is held is put aside."""

import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.timer import Timer

    from csdesk.tui.app import ConsoleApp
    from csdesk.tui.screen import ConsoleScreen


class Privacy:
    """The lock of one console."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._case = ""
        self._timer: Timer | None = None

    def lock(self) -> None:
        """Cover everything, drop what was revealed, and clear what the terminal keeps of it."""
        from csdesk.tui.screens.locking import LockScreen

        console = self._console
        if console.locked:
            return
        console.locked = True
        for screen in console.screen_stack:
            cast("ConsoleScreen[Any]", screen).drop_keys()
            if (revealing := getattr(screen, "revealing", None)) is not None:
                revealing.hide()
        # No key on the locked screen may renew it.
        self._case, console.leasing.held = console.leasing.held, ""
        cover = LockScreen()
        console.only = cover
        console.push_screen(cover)
        console.wipe()
        console.call(self._put_aside())

    async def _put_aside(self) -> None:
        """Keep what is being written, and hold the open case for as long as one that is put aside."""
        from csdesk.desk.queries import Hold
        from csdesk.tui.screen import ConsoleScreen

        console = self._console
        for screen in reversed(console.screen_stack):
            if isinstance(screen, ConsoleScreen):
                await screen.keep()
        if self._case:
            await console.desk.ask(Hold(self._case, park=True))

    def opened(self) -> None:
        """It was opened by whoever may: the case that was in hand is in hand again."""
        console = self._console
        console.locked, console.only = False, None
        case, self._case = self._case, ""
        if case and case not in console.leasing.parked:
            console.call(self._again(case))
        self.watch()

    def given_back(self, case: str) -> None:
        """A case that was in hand when it was locked is not in hand any more."""
        self._case = "" if self._case == case else self._case

    async def _again(self, case: str) -> None:
        await self._console.leasing.hold(case)

    # Without a key

    def watch(self) -> None:
        """From now on lock by itself; one timer, set anew only when it went off."""
        if self._console.lock_minutes:
            self._wait(self._console.lock_minutes * 60.0)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._console.set_timer(seconds, self.look)

    def look(self) -> None:
        """Lock if no key was pressed for so long; else wait for what is left of it."""
        console = self._console
        if console.locked:
            return  # it is watched again once it was opened
        left = console.lock_minutes * 60.0 - (time.monotonic() - console.touched_at)
        if left <= 0:
            self.lock()
        else:
            self._wait(left)
