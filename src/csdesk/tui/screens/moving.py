"""Cases on their way to others: what is asked before, and the run that carries it out."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from csdesk.desk.board_queries import AgentShift, Gather
from csdesk.desk.bulk_queries import BeginRun
from csdesk.domain.routing import AVAILABLE
from csdesk.tui import cells
from csdesk.tui.screens.board_lines import present
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.summary import Line
from csdesk.tui.widgets.picks import Pick

if TYPE_CHECKING:
    from csdesk.tui.screens.board import BoardScreen

# So many of the most urgent are offered at once.
FEW = (5, 20, 50)
# What a case can be raised to: 1 raised, 2 high, 3 at once.
LEVELS = (3, 2, 1)


class PickOne(Overlay[str | None]):
    """One of a few; dismissed with its id, None when it was left. The first nine have their number as key."""

    context: ClassVar[str] = "menu"

    def __init__(self, title: str, offered: Sequence[tuple[str, Line]]) -> None:
        super().__init__()
        self._title = title
        self._offered = offered

    def sheet_title(self) -> str:
        return self._title

    def on_mount(self) -> None:
        self.picks.show(
            [
                Pick(id_, [(f"{n} " if n < 10 else "  ", "accent"), *line])
                for n, (id_, line) in enumerate(self._offered, 1)
            ]
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """None of them."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The one with this number."""
        if key.isdecimal() and 0 < int(key) <= len(self._offered):
            self.dismiss(self._offered[int(key) - 1][0])


class Moving:
    """What a board does to many cases, each time a run that the status line follows."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen

    async def _pick(self, title: str, offered: Sequence[tuple[str, Line]]) -> str | None:
        return await self._screen.app.push_screen_wait(PickOne(title, offered))

    async def from_agent(self, agent: AgentShift) -> None:
        """Give an agent's cases to another: all, the most urgent, or those of one queue."""
        words, name = self._screen.console.words, cells.safe(agent.name)
        if not agent.assigned:
            self._screen.console.say(words("board.has_none", who=name), "warn")
            return
        offered = self._amounts(agent.assigned)
        for queue, n in sorted(agent.queues, key=lambda one: -one[1]) if len(agent.queues) > 1 else ():
            told = words("board.of_queue", queue=words.code("queue", queue), n=n)
            offered.append((f"queue:{queue}", [(told, "text")]))
        what = await self._pick(words("board.move_what", who=name), offered)
        if what is None:
            return
        kind, _, which = what.partition(":")
        queue, most = (which, 0) if kind == "queue" else ("", int(which))
        await self._hand_over(Gather(queue, agent.id, most=most), agent.id)

    async def from_queue(self, queue: str) -> None:
        """Give somebody a queue's cases that nobody has: all of them or the most urgent."""
        words, view = self._screen.console.words, self._screen.view
        name = words.code("queue", queue)
        free = next((one.unassigned for one in view.queues if one.queue == queue), 0) if view else 0
        if not free:
            self._screen.console.say(words("board.none_free", queue=name), "warn")
            return
        what = await self._pick(words("board.give_what", queue=name), self._amounts(free))
        if what is not None:
            most = int(what.partition(":")[2])
            await self._hand_over(Gather(queue, unassigned=True, most=most), "")

    def _amounts(self, n: int) -> list[tuple[str, Line]]:
        words = self._screen.console.words
        few = [(f"most:{some}", [(words("board.most_urgent", n=some), "text")]) for some in FEW if some < n]
        return [*few, ("most:0", [(words("board.all_of", n=n), "text")])]

    async def _hand_over(self, which: Gather, but: str) -> None:
        """Ask to whom, say how many it is, and begin the run."""
        console = self._screen.console
        words = console.words
        others = [one for one in self._screen.agents_here() if one.id != but]
        others.sort(key=lambda one: (one.state != AVAILABLE, one.assigned, one.id))
        to = await self._pick(words("board.move_to"), [(one.id, self._person(one)) for one in others])
        if to is None:
            return
        cases = await console.patient(console.desk.ask(which))
        if not cases:
            console.say(words("board.gone"), "warn")
            return
        asked = words("board.move_ask", n=len(cases), to=console.name_of(to))
        if await self._screen.app.push_screen_wait(ConfirmScreen(asked)):
            await self._begin("assign", cases, {"to_agent": to})

    def _person(self, one: AgentShift) -> Line:
        words = self._screen.console.words
        state = words.code("presence", one.state if one.since else "unsaid")
        how = "good" if present(one) else "soon" if one.since else "quiet"
        return [
            (cells.fit(cells.safe(one.name), 14), "text"),
            (cells.fit(state, 14 if words.language == "en" else 8), how),
            (words("board.has", n=one.assigned), "quiet"),
            (f"  !{one.late}" if one.late else "", "late"),
        ]

    async def raise_late(self, queue: str) -> None:
        """Raise what is late in a queue; what is as urgent already stays as it is."""
        console = self._screen.console
        words = console.words
        name = words.code("queue", queue)
        offered: list[tuple[str, Line]] = [(str(n), [(words(f"priority.{n}"), "text")]) for n in LEVELS]
        level = await self._pick(words("board.raise_to", queue=name), offered)
        if level is None:
            return
        asked = Gather(queue, late=True, below=int(level))
        cases = await console.patient(console.desk.ask(asked))
        if not cases:
            console.say(words("board.none_late", queue=name), "warn")
            return
        told = words("board.raise_ask", queue=name, n=len(cases), level=words(f"priority.{level}"))
        if await self._screen.app.push_screen_wait(ConfirmScreen(told)):
            await self._begin("prioritise", cases, {"priority": level})

    async def _begin(self, verb: str, cases: Sequence[str], entered: Mapping[str, str]) -> None:
        """Begin a run; its key makes a second try after trouble the same run."""
        console = self._screen.console
        run = await console.patient(
            console.desk.ask(BeginRun(verb, tuple(cases), entered, key=os.urandom(8).hex()))
        )
        await console.following.begun(run)
