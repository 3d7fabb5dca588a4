"""The console on a line: bytes and milliseconds of what an agent does all day, beside its peers, in one run.

    python benchmarks/console.py [--cases 1000] [--many 0] [--runs 40] [--idle 10] [--at-once 20]

A pty of 120x40, true colour, Chinese rows. Bytes are what leaves for the terminal; milliseconds run from the key to the
last byte it causes. Peers: the same console with Textual's own output, a DataTable of Textual, and neomutt and tig
where they are installed. `--many 1000000` measures on so many cases too, and prints what that costs against `--cases`.
"""

import argparse
import importlib.util
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

COLUMNS, LINES = 120, 40
# A key is answered when nothing has come for so long; the preview waits longer than that for the cursor to rest.
QUIET_SECONDS = 0.06
RESTED_SECONDS = 0.5
TABLE = """
import sys
from textual.app import App
from textual.widgets import DataTable
class A(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("时限", "编号", "状态", "事由", "商家", "金额", "受理人")
        for n in range(int(sys.argv[1])):
            table.add_row(f"剩 {n % 47} 小时", f"RT-{n:04d}-9QX4", "待商家处理", f"蓝牙耳机左耳没有声音，要求退货 {n}",
                          "山海数码旗舰店", f"¥{n % 900}.00", "王小明")
        table.focus()
A().run(mouse=False)
"""


class Line:
    """A program in a pty, and what it says."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execvpe(command[0], command, environ)

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

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that shows a list: how it is started, and its keys, by what they do."""

    name: str
    command: list[str]
    environ: dict[str, str]
    keys: dict[str, bytes]


CSDESK = [sys.executable, "-m", "csdesk"]
# What one does with each: keys before (so that all stand alike), the key that is measured, keys after each time.
DOES = {
    "cursor move": (b"g", b"j", b""),
    "move and preview": (b"g", b"j", b""),
    "scroll a line (mean)": (b"g", b"j", b""),
    "page": (b"g", b"\x1b[6~", b""),
    "open a case": (b"g", b"\r", b"q"),
    "type a sign": (b"gg\rr", "您".encode(), b""),
}


@dataclass(slots=True)
class Found:
    """What one doing took, time after time: bytes and milliseconds."""

    sizes: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        late = sorted(self.times)[int(len(self.times) * 0.95)]
        return f"{statistics.mean(self.sizes):>8,.0f}{statistics.median(self.times):>8.1f}{late:>8.1f}"


@contextmanager
def opened(peer: Peer) -> Iterator[tuple[Line, int]]:
    """A peer, running, and the bytes of its first screen."""
    line = Line(peer.command, peer.environ)
    try:
        yield line, line.take(1.5, 20.0)[0]
    finally:
        line.close()


def settle(line: Line, keys: bytes) -> None:
    """Press keys one by one, each answered and rested."""
    for key in keys.decode():
        line.key(key.encode(), RESTED_SECONDS)


def measure(peer: Peer, does: str, runs: int) -> Found:
    """One doing of one peer, in a session of its own."""
    before, key, after = DOES[does]
    key = peer.keys.get(does, key)
    quiet = RESTED_SECONDS if does in ("move and preview", "open a case") else QUIET_SECONDS
    found = Found()
    with opened(peer) as (line, _):
        if peer.command[: len(CSDESK)] == CSDESK:
            settle(line, before)
        for _ in range(runs):
            size, took = line.key(key, quiet)
            if size == 0:  # the end of the list
                line.key(peer.keys.get("home", b"g"), RESTED_SECONDS)
                continue
            found.sizes.append(size)
            found.times.append(took)
            if after:
                settle(line, after)
    return found


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    """The share of memory that is a process's own (proportional set size), in MB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024


def standing(peer: Peer, seconds: float, count: int) -> None:
    """First screen, idling, and memory of one and of `count` at once."""
    with opened(peer) as (line, first):
        line.take(3.0, 3.0)
        began = processor_seconds(line.pid)
        said = 0
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            said += line.take(min(left, 0.5))[0]
        used = (processor_seconds(line.pid) - began) / seconds
        alone = pss_mb(line.pid)
    many = [Line(peer.command, peer.environ) for _ in range(count)]
    try:
        for line in many:
            line.take(1.5, 20.0)
        shared = statistics.mean(pss_mb(line.pid) for line in many) if many else 0.0
    finally:
        for line in many:
            line.close()
    print(f"{peer.name:<26}{first:>8,}{said / seconds:>10.1f}{used * 100:>12.2f}{alone:>8.1f}", end="")
    print(f"{shared:>14.1f}" if many else f"{'-':>14}")


def peers(file: Path, cases: int, folder: Path) -> list[Peer]:
    """The console lean and with Textual's own output, a DataTable, and the mail and git readers that are installed."""
    base = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    desk = {
        "CSDESK_HOME": str(file.parent / f".{file.name}.home"), "CSDESK_FILE": str(file), "CSDESK_AGENT": "me",
        "CSDESK_WORKER": "false",
    }  # fmt: skip
    table = folder / "table.py"
    table.write_text(TABLE, encoding="utf-8")
    arrows = {"cursor move": b"\x1b[B", "scroll a line (mean)": b"\x1b[B", "home": b"\x1b[1;5H"}
    found = [
        Peer("csdesk, lean", CSDESK, {**base, **desk, "CSDESK_LEAN": "true"}, {}),
        Peer("csdesk, Textual's output", CSDESK, {**base, **desk, "CSDESK_LEAN": "false"}, {}),
        Peer("Textual DataTable", [sys.executable, str(table), str(min(cases, 10_000))], base, arrows),
    ]
    for name, make in (("neomutt", mailbox), ("tig", history)):
        if shutil.which(name) is None:
            print(f"{name}: not installed, left out")
        else:
            found.append(Peer(name, make(folder), base, {"page": b" " if name == "tig" else b"\x1b[6~"}))
    return found


def mailbox(folder: Path) -> list[str]:
    """A mailbox of a thousand letters with Chinese subjects, and how neomutt opens it."""
    box = folder / "box"
    head = "From a@example.com Mon Nov  2 10:00:00 2026\nFrom: 王小明 <a@example.com>\n"
    letter = head + "Subject: 蓝牙耳机没有声音 {}\n\nx\n\n"
    box.write_text("".join(letter.format(n) for n in range(1_000)), encoding="utf-8")
    return ["neomutt", "-n", "-F", os.devnull, "-R", "-f", str(box)]


def history(folder: Path) -> list[str]:
    """A history of a thousand commits with Chinese subjects, and how tig opens it."""
    told = "".join(
        f"commit refs/heads/main\ncommitter 王小明 <a@example.com> {1_700_000_000 + n} +0800\n"
        f"data <<.\n蓝牙耳机没有声音 {n}\n.\n"
        for n in range(1_000)
    )
    subprocess.run(["git", "init", "--quiet", str(folder / "git")], check=True)
    subprocess.run(
        ["git", "-C", str(folder / "git"), "fast-import", "--quiet"], input=told.encode(), check=True
    )
    return ["tig", "-C", str(folder / "git"), "refs/heads/main"]


def table(found: list[Peer], runs: int) -> dict[tuple[str, str], Found]:
    """Measure all doings, the peers of each one right after the other; print them."""
    print(f"\n{'':<24}{'':<26}{'bytes':>8}{'ms':>8}{'p95 ms':>8}")
    results: dict[tuple[str, str], Found] = {}
    for does in DOES:
        for peer in found:
            own = peer.command[: len(CSDESK)] == CSDESK
            if not own and does not in ("cursor move", "scroll a line (mean)", "page"):
                continue
            # A screen's length of moves for the mean of scrolling, so that its jumps count as often as they come.
            count = {"open a case": 5, "type a sign": 20}.get(does, runs)
            result = results[peer.name, does] = measure(peer, does, count)
            if result.sizes:
                print(f"{does:<24}{peer.name:<26}{result}")
    return results


def grow(file: Path, count: int) -> None:
    """Copy live rows until there are about `count`, as benchmarks/queue.py does; its name is a standard module's."""
    spec = importlib.util.spec_from_file_location("queue_rows", Path(__file__).with_name("queue.py"))
    assert spec is not None and spec.loader is not None
    rows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rows)
    rows.grow(file, count)


def demo(folder: Path, cases: int, many: int) -> tuple[Path, Path | None]:
    """A demonstration desk, and a copy of it with many rows."""
    file = folder / "demo.db"
    made = [*CSDESK, "demo", "--cases", str(cases), "--no-open", "--file", str(file)]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    if not many:
        return file, None
    large = folder / "large.db"
    shutil.copy(file, large)
    shutil.copytree(folder / ".demo.db.home", folder / ".large.db.home")
    grow(large, many)
    return file, large


def main() -> None:
    """Make the desks and print the tables."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--cases", type=int, default=1_000)
    options.add_argument("--many", type=int, default=0)
    options.add_argument("--runs", type=int, default=40)
    options.add_argument("--idle", type=float, default=10.0)
    options.add_argument("--at-once", type=int, default=20)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, large = demo(folder, args.cases, args.many)
        found = peers(file, args.cases, folder)
        told = (
            f"{'first B':>8}{'idle B/s':>10}{'idle CPU %':>12}{'PSS MB':>8}{f'of {args.at_once} at once':>14}"
        )
        print(f"\n{'':<26}{told}")
        for peer in found:
            standing(peer, args.idle, args.at_once if peer.name.startswith("csdesk") else 0)
        small = table(found, args.runs)
        if large is not None:
            print(f"\n{args.many:,} cases")
            grown = table(peers(large, args.many, folder)[:1], args.runs)
            for does in ("cursor move", "page"):
                ours = ("csdesk, lean", does)
                ratio = statistics.median(grown[ours].times) / statistics.median(small[ours].times)
                print(f"{does}: {args.many:,} cases take {ratio:.2f} times what {args.cases:,} take")


if __name__ == "__main__":
    main()
