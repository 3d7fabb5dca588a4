"""A console in a pseudo-terminal, its screen emulated by pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from collections.abc import Sequence

import pyte

COLUMNS, LINES = 120, 40
PATIENCE_SECONDS = 20.0
CONSOLE = (sys.executable, "-m", "csdesk")


class Terminal:
    """A console in a pseudo-terminal, its screen emulated by pyte."""

    def __init__(
        self,
        environ: dict[str, str],
        columns: int = COLUMNS,
        lines: int = LINES,
        command: Sequence[str] = CONSOLE,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.sent = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover (the child)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvpe(command[0], [*command], environ)
        self.before = termios.tcgetattr(self.fd)
        self.code: int | None = None

    def read(self, seconds: float) -> bool:
        """Take in what the console says within a time; False when it has ended."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:  # Linux: the child has gone
            data = b""
        self.sent += data
        self._stream.feed(data)
        return bool(data)

    def sees(self, *texts: str) -> None:
        """Wait until all of these stand on the screen."""
        for _ in range(int(PATIENCE_SECONDS / 0.1)):
            shown = self.shown()
            if all(text in shown for text in texts):
                return
            if not self.read(0.1):
                break
        raise AssertionError(f"never seen {texts}:\n{self.shown()}")

    def stands_on(self, text: str) -> None:
        """Wait until the cursor's line holds this."""
        for _ in range(int(PATIENCE_SECONDS / 0.1)):
            if any(row.startswith(">") and text in row for row in self.shown().splitlines()):
                return
            if not self.read(0.1):
                break
        raise AssertionError(f"the cursor never stood on {text}:\n{self.shown()}")

    def shown(self) -> str:
        """The screen as text; the second cell of a wide character is empty."""
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in range(self.screen.columns)) for row in rows)

    def glyphs(self) -> list[list[tuple[object, ...]]]:
        """What a person sees, cell by cell; of a blank only what shows on one."""
        buffer = self.screen.buffer
        return [[_seen(buffer[y][x]) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def settle(self, quiet: float) -> int:
        """Read until nothing has come for so many seconds; the bytes that came."""
        before = -1
        began = len(self.sent)
        while before != len(self.sent):
            before = len(self.sent)
            self.read(quiet)
        return len(self.sent) - began

    def settle_with(self, other: "Terminal", first: float, quiet: float) -> None:
        """Read two terminals until neither has said anything for `quiet` seconds; `first`: for its first word."""
        both = {terminal.fd: terminal for terminal in (self, other)}
        wait = first
        while both and (ready := select.select(list(both), [], [], wait)[0]):
            wait = quiet
            for fd in ready:
                if not both[fd].read(0):
                    del both[fd]

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        while self.read(0.1):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                while self.read(0.05) and select.select([self.fd], [], [], 0)[0]:
                    pass
                return self.code
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def close(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    ground = (cell.data, cell.bg, cell.underscore, cell.strikethrough, cell.reverse)
    return ground if cell.data == " " and not cell.reverse else (*ground, cell.fg, cell.bold, cell.italics)
