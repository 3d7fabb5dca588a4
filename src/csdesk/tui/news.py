"""What everybody is told, in one console: what runs, what was put away here, and the line that shows one."""

from typing import TYPE_CHECKING

from textual.screen import ModalScreen
from textual.timer import Timer

from csdesk.tui.screen import ConsoleScreen

if TYPE_CHECKING:
    from csdesk.store.broadcasts import Said
    from csdesk.tui.app import ConsoleApp


class News:
    """The broadcasts of a console. One that was put away stays away until the console is left."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._over: Timer | None = None
        self.said: list[Said] = []
        self.heard: set[str] = set()

    @property
    def unheard(self) -> "list[Said]":
        """What runs and was not put away, the newest first."""
        return [one for one in self.said if one.id not in self.heard]

    @property
    def current(self) -> "Said | None":
        """What the line shows."""
        return next(iter(self.unheard), None)

    async def ask(self) -> None:
        """Ask what is told now, show it, and wake when the first of it is over."""
        from csdesk.desk.broadcast_queries import Broadcasts

        console = self._console
        self.said = await console.desk.ask(Broadcasts())
        if self._over is not None:
            self._over.stop()
            self._over = None
        if self.said:
            ends = min(one.until for one in self.said) - console.now()
            self._over = console.set_timer(max(ends, 1000) / 1000, lambda: console.call(self.ask()))
        await self.show()

    async def put_away(self) -> None:
        """Put the line away; an older one that was not put away comes into its place."""
        if self.current is None:
            self._console.say(self._console.words("news.none"), "info")
            return
        self.heard.add(self.current.id)
        await self.show()

    async def show(self) -> None:
        """Give every screen its line, or take it away; a screen without news has no line at all."""
        from csdesk.tui.widgets.news import NewsLine

        for screen in self._console.screen_stack:
            if (
                not isinstance(screen, ConsoleScreen)
                or isinstance(screen, ModalScreen)
                or not screen.is_mounted
            ):
                continue
            lines = list(screen.query(NewsLine))
            if self.current is None:
                for line in lines:
                    await line.remove()
            elif lines:
                for line in lines:
                    line.repaint()
            elif screen.children:
                await screen.mount(NewsLine(), before=0)
