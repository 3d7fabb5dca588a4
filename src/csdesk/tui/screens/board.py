"""The board of whoever runs a shift: queues, agents and what needs a person, kept fresh by changes, not by a clock."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk.board_queries import AgentShift, Board, BoardView
from csdesk.desk.staff_queries import Unroutable
from csdesk.domain.roles import Right, may
from csdesk.store.feed import AGENT
from csdesk.tui import doors
from csdesk.tui.messages import Changed
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens import board_lines as told
from csdesk.tui.screens.moving import Moving
from csdesk.tui.screens.overlay import Title
from csdesk.tui.widgets.hours import HoursBar
from csdesk.tui.widgets.table import Field, Table

# From this width on queues and agents stand side by side.
WIDE = 110
# Changes come in bursts; one look a second tells them all.
REST_SECONDS = 1.0
# Without any change the minutes on the board still pass.
MINUTE_SECONDS = 60.0
# The lowest table: what needs a person, and its heading.
LOW = 7
# From this height on the hours that come stand below it: the tables keep 24 lines.
TALL = 36


class Halves(Widget):
    """Queues and agents, side by side or one above the other; where they share the height, the active one gets more."""

    DEFAULT_CSS = """
    Halves { height: 1fr; layout: vertical; }
    Halves > Table.small { height: 6; }
    Halves.wide { layout: horizontal; }
    Halves.wide > Table.small { height: 1fr; }
    Halves.wide > Table { height: 1fr; width: 1fr; }
    Halves.wide > #queues { margin-right: 1; }
    """


class BoardScreen(ConsoleScreen[str | None]):
    """Dismissed with the queue to open, or None. Enter opens what the cursor is on."""

    context: ClassVar[str] = "board"

    def __init__(self) -> None:
        super().__init__()
        self.queues, self.agents, self.needs = Table(), Table(), Table()
        self.queues.id, self.agents.id, self.needs.id = "queues", "agents", "needs"
        self.tables = (self.queues, self.agents, self.needs)
        self.hours = HoursBar("all")
        self.view: BoardView | None = None
        self.moving = Moving(self)
        self._title = Title("")
        self._rest: Timer | None = None

    def body(self) -> Iterable[Widget]:
        self.needs.styles.height = LOW
        yield self._title
        yield Halves(self.queues, self.agents)
        yield self.needs
        self.hours.display = self.app.size.height >= TALL
        yield self.hours

    def on_mount(self) -> None:
        self._activate(self.queues)
        self.console.call(self.read())

    def on_resize(self, event: events.Resize) -> None:
        halves = self.query_one(Halves)
        halves.set_class(event.size.width >= WIDE, "wide")
        self.needs.styles.height = LOW if event.size.height >= 30 else 4
        shown, self.hours.display = self.hours.display, event.size.height >= TALL
        if self.hours.display and not shown:
            self.hours.ask()

    # What is shown

    async def read(self) -> None:
        """Ask for the board and show it; once more in a minute at the latest."""
        view = await self.console.patient(self.console.desk.ask(Board()))
        stuck = await self.console.desk.ask(Unroutable(told.MOST_STUCK))
        words = self.console.words
        self._title.text = told.headline(view, words, self.console.name_of)
        self._title.repaint()
        self.queues.show(told.queue_fields(words), told.queue_entries(view, words))
        self.agents.show(told.agent_fields(words), told.agent_entries(view, words))
        needs = [Field("told", words("board.needs"), 0)]
        self.needs.show(
            needs, told.need_entries(view, words, stuck, self.console.name_of), words("board.nothing")
        )
        self.view = view
        self.repaint_hints()
        self._wait(MINUTE_SECONDS)

    def _wait(self, seconds: float) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(seconds, self._look)
        self._soon = seconds == REST_SECONDS

    _soon = False

    def _look(self) -> None:
        self._soon = False
        self.console.call(self.read())

    def on_changed(self, changed: Changed) -> None:
        self.hours.changed()
        if not self._soon:
            self._wait(REST_SECONDS)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.view is not None:
            self._look()
            self.hours.ask()

    # Where one is

    @property
    def active(self) -> Table:
        """The table that the keys move."""
        return next((table for table in self.tables if table.active), self.queues)

    def point_at(self, widget: Widget) -> None:
        if isinstance(widget, Table):
            self._activate(widget)

    def _activate(self, chosen: Table) -> None:
        for table in self.tables:
            table.activate(table is chosen)
        if chosen is not self.needs:
            self.queues.set_class(chosen is self.agents, "small")
            self.agents.set_class(chosen is self.queues, "small")
        self.repaint_hints()

    def queue(self) -> str:
        """The queue under the cursor, "" in another table."""
        current = self.queues.current
        return current.id if self.queues.active and current else ""

    def agent(self) -> AgentShift | None:
        """Who is under the cursor, None in another table."""
        current = self.agents.current
        if not self.agents.active or current is None or self.view is None:
            return None
        return next((one for one in self.view.agents if one.id == current.id), None)

    def off(self, action: str) -> str | None:
        words = self.console.words
        if action in ("reassign", "raise_late") and self.view is None:
            return words("list.asking")
        if action == "raise_late" and not self.queue():
            return words("board.on_queue")
        if action == "reassign" and not (self.queue() or self.agent()):
            return words("board.on_either")
        return None

    def footer_actions(self) -> tuple[str, ...]:
        return (
            "open", "queue_next", "reassign", "raise_late", "broadcast", "runs", "refresh", "palette", "back", "help",
        )  # fmt: skip

    # Keys

    def action_down(self) -> None:
        """To the next line."""
        self.active.move(1)

    def action_up(self) -> None:
        """To the line above."""
        self.active.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.active.move(self.active.rows)

    def action_page_up(self) -> None:
        """One screen up."""
        self.active.move(-self.active.rows)

    def action_top(self) -> None:
        """To the first line."""
        self.active.move(-len(self.active.entries))

    def action_bottom(self) -> None:
        """To the last line."""
        self.active.move(len(self.active.entries))

    def action_queue_next(self) -> None:
        """To the next table."""
        self._beside(1)

    def action_queue_prev(self) -> None:
        """To the table before."""
        self._beside(-1)

    def _beside(self, by: int) -> None:
        self._activate(self.tables[(self.tables.index(self.active) + by) % len(self.tables)])

    def action_refresh(self) -> None:
        """Read the board anew."""
        self._look()
        self.hours.ask()

    def action_open(self) -> None:
        """Open the queue, the agent's cases, or what needs a person."""
        current = self.active.current
        if current is None:
            return
        if self.active is self.queues:
            self.dismiss(current.id)
        elif self.active is self.agents:
            self.dismiss(f"{AGENT}{current.id}")
        else:
            self._open_need(*current.id.partition(":")[::2])

    def _open_need(self, what: str, which: str) -> None:
        if what == told.WORKER:
            self.console.say(self.console.words("board.start_worker"), "warn")
        elif what == told.QUEUE:
            self.dismiss(which)
        elif what == told.CASE:
            self.console.open_case(which)
        elif what == told.LOOKS:
            self.app.push_screen(doors.looks(agent=which), self._case)
        elif what == told.LEAK:
            self.console.say(self.console.words("board.leak_where"), "warn")
        elif what == told.DEAD and not may(self.console.desk.me.role, Right.MEND):
            self.console.say(self.console.words("dead.not_mine"), "warn")
        else:
            sheet: ConsoleScreen[Any] = (
                doors.incident(which)
                if what == told.INCIDENT
                else doors.dead()
                if what == told.DEAD
                else doors.awaiting()
            )
            self.app.push_screen(sheet, self._case)

    def _case(self, case: str | None) -> None:
        if case:
            self.console.open_case(case)

    def action_awaiting(self) -> None:
        """Refunds that wait for a second person."""
        self.app.push_screen(doors.awaiting(), self._case)

    # Doing

    def action_reassign(self) -> None:
        """Give cases to somebody else: an agent's, or a queue's that nobody has."""
        agent, queue = self.agent(), self.queue()
        if agent is not None:
            self.console.call(self.moving.from_agent(agent))
        elif queue:
            self.console.call(self.moving.from_queue(queue))

    def action_raise_late(self) -> None:
        """Raise the priority of a queue's late cases."""
        self.console.call(self.moving.raise_late(self.queue()))

    def action_broadcast(self) -> None:
        """Tell everybody something."""
        from csdesk.tui.screens.broadcasting import BroadcastScreen

        self.app.push_screen(BroadcastScreen())

    def action_runs(self) -> None:
        """My runs over many cases, and what came of them."""
        self.app.push_screen(doors.runs(), self._case)

    def agents_here(self) -> Sequence[AgentShift]:
        """Everybody on the board."""
        return self.view.agents if self.view else ()
