"""A shift at one console: rounds of everything that people do there, and a count of what the process then holds."""

import asyncio
import ctypes
import gc
import heapq
import random
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk.core import Core
from csdesk.desk.queries import Hold, LetGo, RefinePolicies
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.domain.value import dataclass
from csdesk.tui.screens.board import BoardScreen
from csdesk.tui.screens.canned import CannedScreen
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.theme import names
from csdesk.tui.verbs import KNOWN
from tests.building import DAY, DeskFile
from tests.tui.consoles import Hands
from tests.tui.test_compose import stock

SIZES = ((80, 24), (120, 40), (200, 50), (300, 100))
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
WORDS = ("kuaidi", "tuihuo", "hao", "nihao")
# Lines of the tallest list in a console of 40 lines.
SCREENFUL = 40
# Of which the console keeps so many at most, by the names of the classes: the keys of people met, for each of three
# connections, and the verbs that undo and redo may still ask for. They grow with people and verbs, and end there.
KEPT = {"Sealer": 3 * 512, "Note": KNOWN, "Reply": KNOWN}
# What the library of SQLite hands out, by the names of the classes.
HANDLES = ("Connection", "Cursor", "Statement", "Blob")


@dataclass(frozen=True, slots=True)
class Census:
    """What a process holds. `kib`: memory that is its own (Linux: PSS).

    `objects`: those that gc watches, by type; `ours`: how many of them are of classes of csdesk, `KEPT` ones left out.
    """

    kib: int
    tasks: int
    workers: int
    threads: int
    files: int
    screens: int
    widgets: int
    timers: int
    handles: int
    ours: int
    objects: "Counter[str]"

    @property
    def total(self) -> int:
        """All that gc watches."""
        return self.objects.total()

    @property
    def counted(self) -> dict[str, int]:
        """What must come back to the same number, by name."""
        names = ("tasks", "workers", "threads", "files", "screens", "widgets", "timers", "handles")
        return {name: getattr(self, name) for name in names}

    def more_than(self, before: "Census", most: int = 12) -> str:
        """The types of which there are more than before, for whoever looks for a leak."""
        grown = (self.objects - before.objects).most_common(most)
        return ", ".join(f"{name} +{n}" for name, n in grown)


def census(hands: Hands) -> Census:
    """Count, after everything that is garbage has gone."""
    gc.unfreeze()  # what the console held to be no garbage at its start is counted too, before as after
    _sweep()
    for _ in range(2):  # a second time for what the first one's finalizers let go
        gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    found = gc.get_objects()
    types = Counter(type(one).__name__ for one in found)
    return Census(
        kib=_kib(),
        tasks=len(asyncio.all_tasks()),
        workers=len(hands.app.workers),
        threads=threading.active_count(),
        files=sum(1 for _ in Path("/dev/fd").iterdir()),
        screens=sum(isinstance(one, Screen) for one in found),
        widgets=sum(isinstance(one, Widget) for one in found),
        timers=sum(isinstance(one, Timer) for one in found),
        handles=sum(types[name] for name in HANDLES),
        ours=sum(max(n - KEPT.get(name, 0), 0) for name, n in _ours(found).items()),
        objects=types,
    )


def _ours(found: list[object]) -> "Counter[str]":
    return Counter(type(one).__name__ for one in found if str(type(one).__module__).startswith("csdesk."))


def _sweep() -> None:
    """Let go of timers that were cancelled, with the screens of their contexts.

    asyncio keeps them until their time comes, or until more than half of at least a hundred are cancelled.
    """
    loop: Any = asyncio.get_running_loop()
    for handle in loop._scheduled:
        handle._scheduled = not handle.cancelled()
    loop._scheduled = [handle for handle in loop._scheduled if handle._scheduled]
    heapq.heapify(loop._scheduled)
    loop._timer_cancelled_count = 0


def _kib() -> int:
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.exists():
        return 0
    return next(int(row.split()[1]) for row in rollup.read_text().splitlines() if row.startswith("Pss:"))


class Shift:
    """A shift of `rounds` rounds in 24 hours of the desk's clock, beside an agent on another connection."""

    def __init__(self, file: DeskFile, hands: Hands, rounds: int, seed: int = 11) -> None:
        self._file = file
        self._hands = hands
        hands.rests = False
        self._step = DAY // rounds
        self._dice = random.Random(seed)
        self._li: Core = file.core("li")
        # All of them now: a connection that is closed while another one of this process works leaves its file open.
        self._orders = [file.order() for _ in range(rounds)]
        # A screenful, so that no more rows are painted in the end than in the beginning.
        for number in [file.order() for _ in range(SCREENFUL)]:
            self._li.do(Open(Kind.INQUIRY, number))
        self._n = 0
        stock(self._li.store)

    async def play(self, rounds: int) -> None:
        """So many rounds; each ends in the queue, with nothing open."""
        # The connection for questions that take longer is made with the first of them, which waits for hands that rest.
        await self._hands.app.desk.ask(RefinePolicies(WORDS[0], 1))
        for _ in range(rounds):
            self._n += 1
            self._file.clock.forward(ms=self._step)
            self._others()
            for part in (self._case, self._call, self._list, self._board, self._looks):
                await part()
                await self._home()
        await self._hands.until(self._alone)

    def _alone(self) -> bool:
        """Whether every widget that lives is one of a screen that is open: what was left ends beside the keys."""
        app = self._hands.app
        there = {one for screen in app.screen_stack for one in screen.walk_children(with_self=True)}
        return all(one in there for one in app._registry if isinstance(one, Widget))

    def _others(self) -> None:
        """What another process does meanwhile: a case comes in, another one is worked on and given back."""
        kind = self._dice.choice((Kind.RETURN, Kind.INQUIRY, Kind.COMPLAINT))
        units = (LineQty(1, 1),) if kind is Kind.RETURN else ()
        case = self._li.do(Open(kind, self._orders[self._n - 1], units)).case
        self._li.ask(Hold(case.id))
        self._li.do(Note("客户着急"), case.id)
        self._li.ask(LetGo(case.id))

    async def _still(self) -> None:
        """Wait until the console has done all that was asked."""
        await self._hands.until(lambda: self._hands.app.idle and self._hands.screen.settled)

    async def _press(self, *actions: str) -> None:
        for action in actions:
            await self._hands.press(action)
            await self._still()

    async def _home(self) -> None:
        for _ in range(8):
            await self._still()
            if isinstance(self._hands.screen, QueueScreen):
                return
            await self._hands.press("back")
        raise AssertionError(f"no way back to the queue:\n{self._hands.shown()}")

    async def _aside(self, action: str, does: Callable[[], Awaitable[None]] | None = None) -> None:
        """Open something over this place, do something there, and come back."""
        here = self._hands.screen
        await self._press(action)
        if self._hands.screen is not here:
            if does is not None:
                await does()
            for _ in range(4):
                if self._hands.screen is here:
                    return
                await self._press("back")
            assert self._hands.screen is here, f"{action} does not come back:\n{self._hands.shown()}"

    # One round

    async def _case(self) -> None:
        """The next case: looked at from all sides, noted, answered."""
        hands = self._hands
        await self._press("next")
        await hands.at(CaseScreen)
        for action in ("explain", "clocks", "ledger", "links", "status", "help", "policy"):
            await self._aside(action)
        await self._aside("verb.note", self._note)
        await self._press("undo", "redo", "repeat", "undo")
        await self._press("reply")
        if hands.screen.typing:
            await hands.write(self._dice.choice(WORDS))
            await self._aside("canned", self._pick)
            if self._n % 2:
                await self._press("send")
            if hands.screen.typing:
                await self._press("back")
        for action in ("case_next", "case_prev"):
            if hands.screen.context == "case":
                await self._press(action)

    async def _note(self) -> None:
        await self._hands.write(self._dice.choice(WORDS))
        await self._press("send")

    async def _pick(self) -> None:
        if isinstance(self._hands.screen, CannedScreen):
            await self._hands.write("tyth")
            await self._still()
            await self._hands.keys("enter")
            await self._still()

    async def _call(self) -> None:
        """A call comes in between: the case is put aside with its draft, an order looked for, the case brought back."""
        hands = self._hands
        await self._press("open")
        if not isinstance(hands.screen, CaseScreen):
            return
        await self._press("reply")
        if hands.screen.typing:
            await hands.write("hao")
        await self._press("park")
        await hands.write("2611")
        await self._press("back", "unpark")

    async def _list(self) -> None:
        """Up and down, from queue to queue; marks, the look-ups, the palette."""
        hands = self._hands
        for action in ("down", "bottom", "page_up", "page_down", "top", "queue_next", "queue_prev", "down"):
            await hands.press(action)
        await self._press("mark", "mark_range", "mark_all", "back", "preview", "preview", "refresh", "redraw")

        async def find() -> None:
            await hands.write("erji")

        for action in (
            "find",
            "palette",
            "command",
            "orders",
            "policy",
            "status",
            "runs",
            "awaiting",
            "presence",
        ):
            await self._aside(action, find if action in ("find", "palette", "policy") else None)

    async def _board(self) -> None:
        """The board; everybody is told something, and it is put away."""
        hands = self._hands
        await self._press("board")
        await hands.at(BoardScreen)

        async def tell() -> None:
            await hands.write("tingyun")
            await hands.keys("enter")
            await self._still()

        await self._press("queue_next", "down", "queue_prev", "refresh")
        await self._aside("broadcast", tell)
        await hands.until(lambda: hands.app.news.current is not None)
        hands.app.action_news()
        await self._still()
        await self._press("back")
        await self._press("heard")

    async def _looks(self) -> None:
        """Another theme, another language, another size, with help open."""
        app, pilot = self._hands.app, self._hands.pilot
        app.appearance.wear(self._dice.choice(names()))
        app.appearance.speak(LANGUAGES[self._n % len(LANGUAGES)])
        await self._still()
        await self._press("help")
        await self._hands.at(HelpScreen)
        for size in (*self._dice.sample(SIZES, 2), (120, 40)):
            await pilot.resize_terminal(*size)
        await self._press("back")
