"""The filter over the queue: what stands, how many cases it lets through, and what is kept of it for the next start."""

from typing import TYPE_CHECKING

from textual.timer import Timer

from csdesk.desk.filter_queries import KeepFilter, KeptFilter, Tallied, TallyFilter, ViewKept
from csdesk.domain.cases.context import Refused
from csdesk.store.feed import FILTER, Place, Row
from csdesk.tui.kinds import queue_of
from csdesk.tui.widgets.case_list import SIFT_SECONDS, sort_of

if TYPE_CHECKING:
    from csdesk.tui.screens.queue import QueueScreen

NONE = ViewKept("", "", (), False, 0)


class Sifting:
    """What filters one queue screen. `view`: the filter with its columns and name; NONE without one."""

    def __init__(self, screen: "QueueScreen") -> None:
        self.screen = screen
        self.view = NONE
        self._kept: tuple[str, tuple[str, ...]] = ("", ())
        self._soon: Timer | None = None
        self._tallied: Tallied | None = None
        self._writing = False

    @property
    def text(self) -> str:
        """The filter that stands, "" for none."""
        return self.view.filter

    def proposed(self) -> str:
        """What the line begins with: the filter that stands, else the queue that is shown, as a filter."""
        queue, words = self.screen.queue, self.screen.console.words
        if self.text or queue not in self.screen.tabs.names or queue == "all":
            return self.text
        if queue == "mine":
            return f"{words('filter.field.is')}:{words('filter.value.mine')} "
        named = words.code("queue", queue)
        if " " in named:
            named = f'"{named}"'
        return f"{words('filter.field.queue')}:{named} "

    async def show(self, view: ViewKept, tallied: Tallied | None = None, stand: Place | None = None) -> None:
        """Show what a filter lets through; NONE: the whole queue. Refused as the filter is, and then all stays."""
        if view.filter and tallied is None:
            tallied = await self._ask(view.filter)
        self.view = view
        self._tell(tallied)
        queue = FILTER + view.filter if view.filter else self.screen.tabs.base
        await self.screen.bring(queue, view.columns, stand)

    async def _ask(self, text: str) -> Tallied:
        desk = self.screen.console.desk
        found: Tallied = await self.screen.console.patient(desk.ask(TallyFilter(text)))
        return found

    def _tell(self, tallied: Tallied | None) -> None:
        self._tallied = tallied
        if self._writing:
            # A text that grows before the tabs would move all of them at each letter: 280 bytes.
            self.screen.tabs.tell(self.screen.console.words("filter.title"), "", "")
            return
        passed, late = shown(tallied) if tallied else ("", "")
        self.screen.tabs.tell(self.view.called, passed, late)

    def write(self, *, on: bool) -> None:
        """Somebody is writing the filter, or it is written: then the tabs tell it and its counts."""
        self._writing = on
        self._tell(self._tallied)

    async def put_back(self, view: ViewKept, row: Row | None) -> None:
        """Show what was shown before, the cursor on the case that it was on."""
        await self.show(view, stand=_place(row, FILTER + view.filter if view.filter else "") if row else None)

    def gone(self) -> None:
        """The screen shows something else now."""
        self.view, self._tallied = NONE, None

    async def off(self) -> None:
        """The whole queue again, around the case under the cursor if it stands in that queue."""
        row, base = self.screen.list.current, self.screen.queue
        here = row is not None and base in ("all", queue_of(row.kind))
        await self.put_back(NONE, row if here else None)

    def changed(self) -> None:
        """Cases changed: count anew soon, once for all that changes meanwhile."""
        if self._soon is None:
            self._soon = self.screen.set_timer(SIFT_SECONDS, self._count)

    def _count(self) -> None:
        self._soon = None
        if self.text:
            self.screen.console.call(self._counted(self.text))

    async def _counted(self, text: str) -> None:
        tallied = await self._ask(text)
        if text == self.text:
            self._tell(tallied)

    # From one start to the next

    async def keep(self) -> None:
        """Keep the filter sealed, for when the console is started again."""
        now = (self.view.filter, self.view.columns)
        if now != self._kept:
            self._kept = now
            await self.screen.console.desk.ask(KeepFilter(*now))

    async def come_back(self, stand: Place | None) -> bool:
        """Show the filter that stood when the last console was left; False when it says nothing any more."""
        found = await self.screen.console.desk.ask(KeptFilter())
        if found is None:
            return False
        try:
            await self.show(found, stand=stand)
        except Refused:  # a merchant or an agent that it names is gone, or a value of it
            return False
        self._kept = (found.filter, found.columns)
        return True


def _place(row: Row, queue: str) -> Place:
    return Place(row.key(sort_of(queue)), row.id)


def shown(tallied: Tallied) -> tuple[str, str]:
    """How many cases, and how many of them late ("" for none), as shown; a `+` where not all were counted."""
    more = "" if tallied.whole else "+"
    return f"{tallied.cases:,}{more}", f"{tallied.late:,}{more}" if tallied.late else ""
