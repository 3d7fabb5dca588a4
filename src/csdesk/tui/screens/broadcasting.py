"""Telling everybody something: one line, and for how long; and what is told just now."""

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.broadcast_queries import Broadcast, Broadcasts, Unsay
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, may
from csdesk.tui import cells
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

# For how many minutes a broadcast may be shown; the second is where the cursor begins.
MINUTES = (15, 30, 60, 240, 480)


class BroadcastScreen(Overlay[None]):
    """A line to type, the minutes to pick with the arrows; Enter tells it."""

    context: ClassVar[str] = "find"
    worded: ClassVar[str] = "name"
    title_key: ClassVar[str] = "broadcast.title"
    AUTO_FOCUS = "LineField"

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("broadcast.hint"))
        yield self.picks

    def on_mount(self) -> None:
        words = self.console.words
        self.picks.show([Pick(str(n), [(words.count("broadcast.for", n), "text")]) for n in MINUTES])
        self.picks.move(1)

    def choose(self, pick: Pick) -> None:
        self.console.call(self._tell(self.query_one(LineField).value, int(pick.id)))

    async def _tell(self, text: str, minutes: int) -> None:
        console = self.console
        try:
            await console.desk.ask(Broadcast(text, minutes))
        except Refused as refused:
            console.say(console.refusal(refused), "bad")  # the line stays, to be written better
            return
        self.dismiss()
        console.say(console.words.count("broadcast.told", minutes), "good")


class NewsScreen(Overlay[None]):
    """What everybody is told just now, whole; who may tell may take back."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "news.title"

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        words = self.console.words
        told = await self.console.desk.ask(Broadcasts())
        picks: list[Pick] = []
        for one in told:
            lines = cells.wrap(cells.safe(one.text), max(self.size.width - 6, 20))
            until = words("news.until", at=words.short(one.until))
            picks.append(
                Pick(
                    one.id,
                    [
                        (f"{words.short(one.at)}  ", "quiet"),
                        (f"{cells.safe(self.console.name_of(one.actor))}  ", "text"),
                        (until, "quiet"),
                    ],
                )
            )
            picks += [Pick("", [(f"  {line}", "strong")]) for line in lines]
        self.picks.show(picks)
        if not told:
            self.console.say(words("news.none"), "info")

    def choose(self, pick: Pick) -> None:
        if pick.id and may(self.console.desk.me.role, Right.ASSIGN):
            self.console.call(self._take_back(pick.id))

    async def _take_back(self, id_: str) -> None:
        console = self.console
        if await self.app.push_screen_wait(ConfirmScreen(console.words("news.take_back"))):
            await console.desk.ask(Unsay(id_))
            await self._fill()

    def action_nth(self, key: str) -> None:
        """The lines are told, not numbered."""
