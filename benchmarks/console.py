"""The console on a line: bytes and milliseconds of what an agent does all day, beside its peers, in one run.

    python benchmarks/console.py [--many 1000000] [--cases 1000] [--desk FILE] [--runs 30] [--idle 10] [--at-once 20]
                                 [--memory]

A pty of 120x40, true colour, Chinese rows, a desk of a million open cases. Bytes are what leaves for the terminal;
milliseconds run from the key to the last byte that it causes. Peers: the same console with Textual's own output, a
DataTable of Textual, and neomutt and tig where they are installed. At the end each budget stands beside what was found.

The large desk takes three minutes and 8 GB; `--desk FILE` keeps it for the next run. `--many 0` does without it.
"""

import argparse
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

from grown import demo, desk
from peers import Peer, console, environ, peers
from start import MINIMAL, paint

from csdesk.store.connection import sqlite

COLUMNS, LINES = 120, 40
# A key is answered when nothing has come for so long; the preview waits longer than that for the cursor to rest.
QUIET_SECONDS = 0.06
RESTED_SECONDS = 0.5
# A first screen has more bytes than that; what comes before it are questions to the terminal.
FEW = 1_000
# All that a console loads after its first picture is there by then; the law comes last, 2 s after it.
AT_REST_SECONDS = 5.0
# What an agent does before memory is looked at again: a page, a case opened and left, twenty times.
WORK = (b"\x1b[6~", b"\r", b"q") * 20


class Line:
    """A program in a pty, and what it says."""

    def __init__(self, peer: Peer) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execvpe(peer.command[0], peer.command, peer.environ)

    def take(self, quiet: float, first: float | None = None) -> tuple[int, float]:
        """Read until nothing has come for `quiet` seconds (`first`: before anything came); bytes, time of the last."""
        count, last, wait = 0, time.perf_counter(), quiet if first is None else first
        while select.select([self.fd], [], [], wait)[0]:
            try:
                data = os.read(self.fd, 65_536)
            except OSError:
                break
            if not data:
                break
            count, last, wait = count + len(data), time.perf_counter(), quiet
        return count, last

    def key(self, keys: bytes, quiet: float = QUIET_SECONDS) -> tuple[int, float]:
        """Press keys; the bytes that answer, and milliseconds to the last of them."""
        began = time.perf_counter()
        os.write(self.fd, keys)
        count, last = self.take(quiet, 2.0 if quiet < 1 else quiet)
        return count, (last - began) * 1000

    def settle(self, keys: bytes) -> None:
        """Press keys one by one, each answered and rested."""
        for key in keys.decode():
            self.key(key.encode(), RESTED_SECONDS)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that is done again and again.

    `before`: keys of the console, so that all stand alike; `ahead`: how often the key is pressed unmeasured, to be at
    the edge of the screen; `after`: keys of the console after each time. `rested`: what comes when the cursor rests
    counts too. `peers`: other lists can do it. `times`: so often whatever is asked for.
    """

    name: str
    before: bytes
    key: bytes
    after: bytes = b""
    ahead: int = 0
    rested: bool = False
    peers: bool = True
    times: int = 0


DOINGS = (
    Doing("cursor move", b"g", b"j", times=30),  # fewer than a screen has lines
    Doing("scroll a line", b"g", b"j", ahead=40, times=36),  # two half screens, the jumps of both with them
    Doing("page", b"g", b"\x1b[6~"),
    Doing("move and preview", b"g", b"j", rested=True, peers=False, times=30),
    Doing("open a case", b"g", b"\r", b"qj", rested=True, peers=False, times=15),
    Doing("type a sign", b"gg\rr", "您".encode(), peers=False, times=25),
)


@dataclass(slots=True)
class Found:
    """What one doing took, time after time: bytes and milliseconds."""

    sizes: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def size(self) -> float:
        return statistics.mean(self.sizes)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def __str__(self) -> str:
        late = sorted(self.times)[int(len(self.times) * 0.95)]
        return f"{self.size:>8,.0f}{self.median:>8.1f}{late:>8.1f}"


@contextmanager
def opened(peer: Peer) -> Iterator[tuple[Line, int]]:
    """A peer, running, and the bytes of its first screen. The console begins in its queue, at the top."""
    if peer.own:
        conn = sqlite.connect(peer.environ["CSDESK_FILE"])
        with conn:
            conn.execute("DELETE FROM place")
        conn.close()
    line = Line(peer)
    try:
        first, _ = line.take(1.5, 20.0)
        while first < FEW and (more := line.take(1.5, 20.0)[0]):
            first += more
        yield line, first
    finally:
        line.close()


def measure(peer: Peer, doing: Doing, runs: int) -> Found:
    """One doing of one peer, in a session of its own."""
    key, quiet = peer.keys.get(doing.name, doing.key), RESTED_SECONDS if doing.rested else QUIET_SECONDS
    found = Found()
    with opened(peer) as (line, _):
        # The law is read once the hands have rested two seconds: not while keys are measured.
        line.take(2.0, 2.0)
        if peer.own:
            line.settle(doing.before)
        for _ in range(doing.ahead):
            line.key(key)
        for _ in range(doing.times or runs):
            size, took = line.key(key, quiet)
            if size:
                found.sizes.append(size)
                found.times.append(took)
            line.settle(doing.after)
    return found


def processor_seconds(pid: int) -> float:
    """What all threads of a process have used of the processor, to the nanosecond (its ticks are 10 ms)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def pss_mb(pid: int) -> float:
    """The share of memory that is a process's own (proportional set size), in MB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """First screen in bytes; bytes a second and per cent of a processor while idle; MB of one alone."""

    first: int
    said: float
    used: float
    alone: float

    def __str__(self) -> str:
        return f"{self.first:>8,}{self.said:>10.1f}{self.used:>12.2f}{self.alone:>8.1f}"


def standing(peer: Peer, seconds: float) -> Standing:
    """First screen, idling, and memory."""
    with opened(peer) as (line, first):
        line.take(AT_REST_SECONDS, AT_REST_SECONDS)
        began = processor_seconds(line.pid)
        said = 0
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            said += line.take(min(left, 0.5))[0]
        used = (processor_seconds(line.pid) - began) / seconds
        return Standing(first, said / seconds, used * 100, pss_mb(line.pid))


def memory(peer: Peer, count: int, work: Iterable[bytes] = ()) -> tuple[float, float]:
    """MB of each of `count` at once (mean): when all have come to rest, and after `work` in each."""
    lines = [Line(peer) for _ in range(count)]
    try:
        for line in lines:
            line.take(1.5, 20.0)
        for line in lines:
            line.take(AT_REST_SECONDS / count, AT_REST_SECONDS / count)
        rested = statistics.mean(pss_mb(line.pid) for line in lines)
        for key in work:
            for line in lines:
                os.write(line.fd, key)
            for line in lines:
                line.take(QUIET_SECONDS / count, 2.0)
        return rested, statistics.mean(pss_mb(line.pid) for line in lines)
    finally:
        for line in lines:
            line.close()


def memories(file: Path, count: int) -> float:
    """Print what consoles take of which many run on one machine, beside a bare Textual app; MB of one at rest."""
    ours, floor = console(file), Peer("a Textual app of one line", [sys.executable, "-c", MINIMAL], environ())
    # A console stands by as the desk's worker unless it is told not to: a thread and a connection more.
    ready = Peer("csdesk, standing by as worker", ours.command, {**ours.environ, "CSDESK_WORKER": "true"})
    rested, worked = memory(ours, count, WORK)
    print(
        f"\n{count} at once, PSS MB of each: csdesk {rested:.1f} at rest, {worked:.1f} after 20 pages and cases"
    )
    for peer in (ready, floor):
        print(f"  {peer.name} {memory(peer, count)[0]:.1f}", flush=True)
    return rested


def first_queue(peer: Peer, runs: int) -> tuple[float, float]:
    """Median ms until the first queue and until a Textual app of one line is painted, in turns."""
    ours, floor = [], []
    for _ in range(runs):
        floor.append(paint([sys.executable, "-c", MINIMAL], peer.environ, b"ready-mark"))
        ours.append(paint(peer.command, peer.environ, b"RT-"))
    return statistics.median(ours), statistics.median(floor)


def table(found: list[Peer], runs: int) -> dict[str, Found]:
    """Measure all doings, the peers of each one right after the other; print them. Returns the first peer's."""
    print(f"\n{'':<20}{'':<26}{'bytes':>8}{'ms':>8}{'p95 ms':>8}")
    results: dict[str, Found] = {}
    for doing in DOINGS:
        for peer in found:
            if not peer.own and not doing.peers:
                continue
            result = measure(peer, doing, runs)
            results.setdefault(doing.name, result)
            if result.sizes:
                print(f"{doing.name:<20}{peer.name:<26}{result}", flush=True)
    return results


def in_turns(small: Peer, large: Peer, doing: Doing, runs: int) -> tuple[float, float]:
    """Median ms of one doing on two desks, three sessions of each in turns."""
    found = {small.name: Found(), large.name: Found()}
    for _ in range(3):
        for peer in (small, large):
            one = measure(peer, doing, runs)
            found[peer.name].times += one.times
    return found[small.name].median, found[large.name].median


def budgets(rows: list[tuple[str, float, float, str]]) -> None:
    """What was found beside what it may be at most."""
    print(f"\n{'budget':<44}{'found':>10}{'at most':>10}")
    for name, value, most, unit in rows:
        told = "" if value <= most else "  MISSED"
        print(f"{name:<44}{value:>10,.2f}{most:>10,.2f} {unit}{told}")


def run(args: argparse.Namespace, folder: Path) -> None:
    """Make the desks and print the tables."""
    small_file, file = folder / "demo.db", args.desk or folder / "large.db"
    demo(small_file, args.cases)
    if args.many:
        desk(file, args.many)
    if args.memory:
        memories(file if args.many else small_file, args.at_once)
        return
    ours = console(file if args.many else small_file)
    stock = console(file if args.many else small_file, "csdesk, Textual's output", lean=False)
    found = [ours, stock, *peers(folder)]
    print(f"\n{'':<26}{'first B':>8}{'idle B/s':>10}{'idle CPU %':>12}{'PSS MB':>8}")
    stands = []
    for peer in found:
        stands.append(standing(peer, args.idle))
        print(f"{peer.name:<26}{stands[-1]}", flush=True)
    shared = memories(file if args.many else small_file, args.at_once) if args.at_once else 0.0
    queue, minimal = first_queue(ours, args.runs // 2)
    print(f"\nfirst painted queue {queue:.0f} ms, a Textual app of one line {minimal:.0f} ms")
    done, stand = table(found, args.runs), stands[0]
    preview = done["move and preview"].size - done["cursor move"].size
    rows = [
        ("first painted queue / minimal Textual app", queue / minimal, 1.25, "times"),
        ("first screen", stand.first, 12_000, "B"),
        ("cursor move", done["cursor move"].size, 400, "B"),
        ("cursor move, key to last byte", done["cursor move"].median, 3, "ms"),
        ("preview that follows", preview, 2_500, "B"),
        ("scroll a line (mean, with its jumps)", done["scroll a line"].size, 600, "B"),
        ("page", done["page"].size, 6_000, "B"),
        ("typed sign", done["type a sign"].size, 120, "B"),
        ("open a case", done["open a case"].median, 30, "ms"),
        ("idle", stand.said, 0, "B/s"),
        ("idle", stand.used, 0.3, "% of a processor"),
        (f"memory of a console, {args.at_once} at once", shared, 28, "MB"),
    ]
    if args.many:
        few, many = in_turns(console(small_file, "small"), ours, DOINGS[0], args.runs)
        rows.append((f"cursor move, {args.many:,} / {args.cases:,} cases", many / few, 1.2, "times"))
    budgets(rows)


def main() -> None:
    """Read the options and run."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--cases", type=int, default=1_000)
    options.add_argument("--many", type=int, default=1_000_000)
    options.add_argument("--desk", type=Path, help="keep the large desk here, or take it from here")
    options.add_argument("--runs", type=int, default=30)
    options.add_argument("--idle", type=float, default=10.0)
    options.add_argument("--at-once", type=int, default=20)
    options.add_argument("--memory", action="store_true", help="memory alone")
    with tempfile.TemporaryDirectory() as folder:
        run(options.parse_args(), Path(folder))


if __name__ == "__main__":
    main()
