"""The console over a bad line: a key answered from local state, online and away, and how long it takes to come back.

    python -m benchmarks.slowlink [--delay 300] [--loss 10] [--keys 200] [--cuts 5] [--cases 60]

A server in this process, a TCP proxy before it (`tests/proxy.py`): `--delay` is a round trip in milliseconds, `--loss`
the per cent of segments that are lost, each a stall of one retransmission (200 ms and a round trip, doubled for the
next).
The console is the real one without a terminal. A key counts from its event to the frame that it causes.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from csdesk.client.offline import LinkedDesk
from csdesk.desk.queries import QueueCounts
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.tui.away import follow
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.queue import QueueScreen
from tests.building import DeskFile, build, line
from tests.proxy import Proxy, Weather
from tests.serving import Serving
from tests.tui.consoles import Hands, console


async def keyed(hands: Hands, action: str) -> float:
    """Milliseconds from a key to its frame."""
    begun = time.perf_counter()
    key = next(
        k for k in hands.app.keymap.keys[action] if hands.app.keymap.action(hands.screen.context, k) == action
    )
    await hands.keys(key)
    return (time.perf_counter() - begun) * 1000


def told(what: str, found: list[float], unit: str = "ms") -> None:
    """A row of the table."""
    found.sort()
    worst = found[min(len(found) - 1, int(len(found) * 0.99))]
    print(
        f"{what:44} median {statistics.median(found):7.1f} {unit}   p99 {worst:7.1f} {unit}   n {len(found)}"
    )


async def moves(hands: Hands, n: int) -> list[float]:
    """The cursor of the queue, up and down."""
    hands.rests = False
    return [await keyed(hands, "down" if i % 20 < 10 else "up") for i in range(n)]


async def run(file: DeskFile, given: argparse.Namespace) -> None:
    """Print all rows."""
    serving = Serving(file)
    weather = Weather(given.delay / 2000, given.loss / 100, 0.02)
    proxy = Proxy(int(serving.where.rsplit(":", 1)[1]), weather)
    with closing(open_store(file.path)) as store, write(store.conn) as conn:
        token = tokens.make(conn, store.desk.id, "wang", label="bench", by="gao", now=file.clock())[1]
    desk = await LinkedDesk.open(proxy.where, token, folder=file.path.parent / "line")
    asked = []
    for _ in range(30):
        begun = time.perf_counter()
        await desk.ask(QueueCounts())
        asked.append((time.perf_counter() - begun) * 1000)
    told("an answer over the line", asked)
    local = []
    async with console(file, around=lambda here: local.append(here) or desk) as hands:
        follow(hands.app)
        await hands.until(lambda: bool(hands.screen.list.window.rows))  # type: ignore[attr-defined]
        told("cursor key, line up", await moves(hands, given.keys))
        await hands.press("open")
        await hands.until(lambda: isinstance(hands.screen, CaseScreen) and hands.screen.view is not None)
        await hands.press("back")
        await hands.at(QueueScreen)
        back = []
        for cut in range(given.cuts):
            proxy.cut()
            await hands.until(lambda: desk.away)
            if cut == 0:
                told("cursor key, line down", await moves(hands, given.keys))
                opened = []
                for _ in range(20):
                    begun = time.perf_counter()
                    await hands.press("open")
                    while not (isinstance(hands.screen, CaseScreen) and hands.screen.view is not None):
                        await hands.pilot.pause(0)
                    opened.append((time.perf_counter() - begun) * 1000)
                    await hands.press("back")
                    await hands.at(QueueScreen)
                told("a case that was read, opened, line down", opened)
            proxy.mend()
            begun = time.perf_counter()
            await hands.until(lambda: not desk.away)
            back.append(time.perf_counter() - begun)
        told("back after the line is", back, "s")
    await local[0].close()
    proxy.stop()
    serving.stop()


def main() -> None:
    """Build a desk, and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("delay", 300), ("loss", 10), ("keys", 200), ("cuts", 5), ("cases", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CSDESK_HOME"] = f"{folder}/home"
        file = build(Path(folder))
        core = file.core("li")
        for _ in range(given.cases):
            core.do(Open(Kind.RETURN, file.order(line(1, 19_900)), (LineQty(1, 1),)))
            file.clock.forward(hours=1)
        asyncio.run(run(file, given))
        file.close()


if __name__ == "__main__":
    main()
