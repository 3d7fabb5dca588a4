"""The console over a bad line: keys answered from local state, up and down, and how long it takes to come back.

    python -m benchmarks.slowlink [--delay 300] [--loss 10] [--keys 200] [--cuts 5] [--cases 160]

The server and a TCP proxy before it (`tests/proxy.py`) are a process of their own: `--delay` is a round trip in
milliseconds, `--loss` the per cent of segments that are lost, each a stall of one retransmission (200 ms and a round
trip, doubled for the next).
The console is the real one without a terminal. A key counts from its event to the frame that answers it, which is the
first that shows what the key is for: the rows of the queue, the facts of the case, the letter in the reply.
"""

import argparse
import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from csdesk.client.offline import LinkedDesk
from csdesk.desk.queries import QueueCounts, QueuePage
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Prioritise
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.tui.away import follow
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.composing import ReplyField
from csdesk.tui.screens.queue import QueueScreen
from tests.building import Clock, DeskFile, build, line
from tests.proxy import Proxy, Weather
from tests.serving import Serving
from tests.tui.consoles import Hands, console, key_event

# After so long a key counts as unanswered.
PATIENCE_S = 20.0
# A quick hand: so long between two keys.
REST_S = 0.05
LETTERS = "您好，已收到您的退货，今天退款。"


class Far:
    """The server behind its line, in a process of its own; told what to do by lines on its input."""

    def __init__(self, file: DeskFile, given: argparse.Namespace) -> None:
        asked = [
            sys.executable,
            "-m",
            "benchmarks.slowlink",
            "--far",
            str(file.path),
            "--now",
            str(file.clock()),
        ]
        for name in ("delay", "loss", "changes"):
            asked += [f"--{name}", str(getattr(given, name))]
        self._process = subprocess.Popen(
            asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.where: str = json.loads(self._process.stdout.readline())

    def tell(self, word: str) -> None:
        """Cut the line, or mend it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        self._process.stdout.readline()

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


def far(given: argparse.Namespace) -> None:
    """Serve a desk behind a line until nobody tells anything more, and change a case of it now and then."""
    file = DeskFile(Path(given.far), Clock(given.now))
    serving = Serving(file)
    proxy = Proxy(int(serving.where.rsplit(":", 1)[1]), Weather(given.delay / 2000, given.loss / 100, 0.02))
    over = threading.Event()
    busy = threading.Thread(target=_changes, args=(file, given.changes, over))
    busy.start()
    print(json.dumps(proxy.where), flush=True)
    for word in sys.stdin:
        (proxy.cut if word.strip() == "cut" else proxy.mend)()
        print("done", flush=True)
    over.set()
    busy.join()
    proxy.stop()
    serving.stop()


def _changes(file: DeskFile, each_second: int, over: threading.Event) -> None:
    """What other agents do meanwhile: each change is told to the console."""
    core = file.core("li")  # a connection is its thread's
    ids = [row.id for row in core.ask(QueuePage("all", 200))]
    for n in count():
        if over.wait(1 / each_second if each_second else None):
            break
        core.do(Prioritise((n // len(ids) + 1) % 3), ids[n * 7 % len(ids)])
    file.close()


class Row:
    """A row of the table: milliseconds, or another unit, of one kind of key."""

    def __init__(self, what: str, unit: str = "ms") -> None:
        self.what, self.unit = what, unit
        self.found: list[float] = []
        # What the console's own thread worked in that time: the same on a machine that is busy with other things.
        self.own: list[float] = []

    def told(self) -> None:
        """Print it."""
        found = sorted(self.found)
        p99 = found[min(len(found) - 1, int(len(found) * 0.99))]
        print(
            f"{self.what:44} median {statistics.median(found):7.1f} {self.unit}   p99 {p99:7.1f}"
            f"   worst {found[-1]:7.1f}   n {len(found)}{_p99(self.own)}",
            flush=True,
        )


def _p99(own: list[float]) -> str:
    return f"   own work p99 {sorted(own)[min(len(own) - 1, int(len(own) * 0.99))]:6.1f}" if own else ""


class Keys:
    """Somebody who presses a key every 50 ms, so that what comes over the line comes in between."""

    def __init__(self, hands: Hands, desk: LinkedDesk) -> None:
        self.hands, self.desk = hands, desk
        hands.rests = False

    @property
    def queue(self) -> QueueScreen:
        """The queue in front."""
        assert isinstance(self.hands.app.screen, QueueScreen)
        return self.hands.app.screen

    async def press(self, row: Row, key: str, seen: Callable[[], bool], *, drawn: bool = False) -> None:
        """Press a key by its action or its letter, and wait for the frame that answers it.

        `drawn`: `seen` looks at what was drawn; else all that the key causes is waited for.
        """
        keymap, context = self.hands.app.keymap, self.hands.screen.context
        usable = [k for k in keymap.keys.get(key, ()) if keymap.action(context, k) == key]
        pressed = next((k for k in usable if len(k) > 1 or not self.hands.screen.typing), key)
        begun, worked = time.perf_counter(), time.thread_time()
        self.hands.app.post_message(key_event(pressed))
        if not drawn:
            await self.hands.settle()
        while time.perf_counter() < begun + PATIENCE_S:
            if seen():
                break
            await (asyncio.sleep(0) if drawn else self.hands.settle())
        else:
            raise AssertionError(f"{row.what}: no answer; the screen shows:\n{self.hands.shown()}")
        row.found.append((time.perf_counter() - begun) * 1000)
        row.own.append((time.thread_time() - worked) * 1000)
        await asyncio.sleep(REST_S)

    async def moved(self, row: Row, action: str) -> None:
        """A key that moves the cursor of the queue."""
        before = self.queue.list.window.cursor
        await self.press(row, action, lambda: self.queue.list.window.cursor != before)

    async def turn(self, row: Row) -> None:
        """A key that shows another queue."""
        listed, queue = self.queue.list, "all" if self.queue.queue == "returns" else "returns"
        sign = next(sign for sign in "1234567890" if self.queue.tabs.numbered(sign) == queue)
        await self.press(row, sign, lambda: listed.window.queue == queue and bool(listed.window.rows))

    async def case(self, opened: Row, back: Row) -> None:
        """Open the case under the cursor, which the preview shows, and leave it."""
        await self.hands.until(lambda: _previewed(self.queue))
        queue = self.queue
        await self.press(opened, "open", lambda: _facts(self.hands), drawn=True)
        await self.hands.until(
            lambda: _read(self.hands)
        )  # an agent looks at it; a key does not wait for that
        await self.press(back, "back", lambda: self.hands.app.screen is queue)

    async def all(self, how: str, n: int) -> None:
        """Every kind of key, each a row."""
        rows = [
            Row(f"{what}, line {how}")
            for what in (
                "cursor",
                "page",
                "another queue",
                "open a case",
                "leave it",
                "a letter of a reply",
                "Esc",
            )
        ]
        cursor, page, queue, opened, left, letter, escape = rows
        for i in range(n):
            await self.moved(cursor, "down" if i % 20 < 10 else "up")
        for i in range(n // 4):
            await self.moved(page, "page_down" if i % 4 < 2 else "page_up")
        for _ in range(n // 4):
            await self.turn(queue)
        for _ in range(n // 4):
            await self.case(opened, left)
        await self.reply(letter, escape, n)
        for row in rows:
            row.told()

    async def reply(self, letter: Row, escape: Row, n: int) -> None:
        """Letters of a reply, and Esc out of it."""
        hands = self.hands
        await hands.press("open")
        await hands.until(lambda: _read(hands))
        screen = hands.screen
        assert isinstance(screen, CaseScreen)
        await hands.until(lambda: not screen._awaited)
        for _ in range(n // 20):
            await hands.press("reply")
            await hands.until(lambda: screen.writing)
            assert screen.reply.composer is not None
            field = screen.reply.composer.field
            for sign in LETTERS:
                longer = len(field.text) + 1
                await self.press(letter, sign, partial(_as_long, field, longer))
            await self.press(escape, "back", lambda: not screen.writing)
        await hands.press("back")
        await hands.at(QueueScreen)


def _as_long(field: ReplyField, letters: int) -> bool:
    return len(field.text) >= letters


def _read(hands: Hands) -> bool:
    screen = hands.app.screen
    return isinstance(screen, CaseScreen) and screen.view is not None


def _previewed(queue: QueueScreen) -> bool:
    """Whether the preview shows the case under the cursor."""
    view, row = queue.preview.view, queue.list.current
    return view is not None and row is not None and view.case.id == row.id


def _facts(hands: Hands) -> bool:
    """Whether the facts of a case are on the screen in front."""
    screen = hands.app.screen
    return isinstance(screen, CaseScreen) and screen.facts.painted_at < float("inf")


async def run(file: DeskFile, given: argparse.Namespace) -> None:
    """Print all rows."""
    with closing(open_store(file.path)) as store, write(store.conn) as conn:
        token = tokens.make(conn, store.desk.id, "wang", label="bench", by="gao", now=file.clock())[1]
    line_ = Far(file, given)
    desk = await LinkedDesk.open(line_.where, token, folder=file.path.parent / "line")
    answers = Row("an answer over the line")
    for n in range(20):
        begun = time.perf_counter()
        await desk.ask(QueuePage("all", n + 1))
        answers.found.append((time.perf_counter() - begun) * 1000)
    answers.told()
    local: list[Any] = []

    def instead(here: Any) -> LinkedDesk:
        local.append(here)
        return desk

    async with console(file, around=instead) as hands:
        follow(hands.app)
        keys = Keys(hands, desk)
        await hands.until(lambda: bool(keys.queue.list.window.rows))
        for _ in range(2):  # each was seen once
            await keys.turn(Row("another queue"))
        gc.collect()
        gc.freeze()  # as a console does once it stands
        await keys.all("up", given.keys)
        back = Row("back after the line is", "s ")
        for cut in range(given.cuts):
            line_.tell("cut")
            hands.app.call(_asked(desk))
            await hands.until(lambda: desk.away)
            if cut == 0:
                await keys.all("down", given.keys)
            line_.tell("mend")
            begun = time.perf_counter()
            await hands.until(lambda: not desk.away)
            back.found.append(time.perf_counter() - begun)
        back.told()
    await local[0].close()
    line_.stop()


async def _asked(desk: LinkedDesk) -> None:
    await desk.ask(QueueCounts())


def main() -> None:
    """Build a desk, and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = (
        ("delay", 300),
        ("loss", 10),
        ("keys", 200),
        ("cuts", 5),
        ("cases", 160),
        ("changes", 2),
        ("now", 0),
    )
    for name, value in numbers:
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--far", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.far:
        far(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CSDESK_HOME"] = f"{folder}/home"
        file = build(Path(folder))
        core = file.core("li")
        for _ in range(given.cases):
            core.do(Open(Kind.RETURN, file.order(line(1, 19_900)), (LineQty(1, 1),)))
            file.clock.forward(seconds=60)
        asyncio.run(run(file, given))
        file.close()


if __name__ == "__main__":
    main()
