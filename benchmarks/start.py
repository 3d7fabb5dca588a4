"""Start: how long commands and the first painted queue take, each beside its floor, interleaved in one run.

    python benchmarks/start.py [--runs 15] [--cases 2000]

Commands: wall time of a child process. First paint: from spawn in a 120x40 pty until the queue's last row is on it.
The floors are `python -c pass` and a Textual app of one Static.
"""

import argparse
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

MINIMAL = """
from textual.app import App
from textual.widgets import Static
class A(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Static("ready-mark")
A().run()
"""
PYTHON = [sys.executable]
CSDESK = [sys.executable, "-m", "csdesk"]


def wall(command: list[str], env: dict[str, str]) -> float:
    """Milliseconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def paint(command: list[str], env: dict[str, str], mark: bytes) -> float:
    """Milliseconds until `mark` has come out of a pty of 120x40."""
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, env)
    ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while mark not in seen:
            if not select.select([fd], [], [], 20)[0]:
                raise SystemExit(f"{command} painted nothing in 20 s: {seen[-300:]!r}")
            seen += os.read(fd, 65536)
        return (time.perf_counter() - began) * 1000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--cases", type=int, default=2_000)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.db"
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        subprocess.run(
            [*CSDESK, "demo", "--cases", str(args.cases), "--no-open", "--file", str(file)],
            env=env,
            check=True,
        )
        env |= {
            "CSDESK_HOME": str(file.parent / f".{file.name}.home"),
            "CSDESK_FILE": str(file),
            "CSDESK_AGENT": "me",
        }
        commands = {
            "python -c pass": [*PYTHON, "-c", "pass"],
            "csdesk --version": [*CSDESK, "--version"],
            "csdesk --help": [*CSDESK, "--help"],
            "csdesk case --help": [*CSDESK, "case", "--help"],
            "csdesk case list (hot)": [*CSDESK, "case", "list"],
        }
        times: dict[str, list[float]] = {
            name: [] for name in [*commands, "minimal Textual app", "csdesk first queue"]
        }
        for _ in range(args.runs):
            for name, command in commands.items():
                times[name].append(wall(command, env))
            times["minimal Textual app"].append(paint([*PYTHON, "-c", MINIMAL], env, b"ready-mark"))
            times["csdesk first queue"].append(paint(CSDESK, env, b"RT-"))
    report(times)


def report(times: dict[str, list[float]]) -> None:
    """Medians, and ratios to the floor of each half."""
    floors = {"csdesk first queue": "minimal Textual app"}
    print(f"{'':<26}{'median ms':>10}{'ratio':>8}  floor")
    for name, found in times.items():
        floor = floors.get(name, "python -c pass")
        ratio = statistics.median(found) / statistics.median(times[floor])
        print(f"{name:<26}{statistics.median(found):>10.1f}{ratio:>8.2f}  {floor}")


if __name__ == "__main__":
    main()
