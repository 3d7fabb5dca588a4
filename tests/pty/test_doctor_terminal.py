"""`csdesk doctor terminal` in a real pty: a terminal that answers, one that is silent, one that answers late."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.tui.probe import SIGNS, Answers, examine, questions, understood

ASKED = b"\x1b[c"
WIDTHS = {"cjk": 4, "ambiguous": 6, "emoji": 2}


def answer(widths: dict[str, int] = WIDTHS, modes: str = "\x1b[?2026;2$y\x1b[?2004;2$y") -> bytes:
    """What a terminal says to all questions."""
    reports = "".join(f"\x1b[7;{widths[name] + 1}R" for name in SIGNS)
    return f"{reports}\x1b]11;rgb:1515/1818/1d1d\x1b\\{modes}\x1b[?62;22c".encode()


class Fake:
    """A terminal that the doctor is run in. It says only what it is told to."""

    def __init__(self, environ: dict[str, str], *more: str) -> None:
        self.said = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover (the child)
            signal.signal(
                signal.SIGINT, signal.SIG_DFL
            )  # a suite run in the background is begun with it ignored
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            command = [sys.executable, "-m", "csdesk", "doctor", "terminal", *more]
            os.execve(sys.executable, command, environ)
        self.before = termios.tcgetattr(self.fd)
        self.code: int | None = None

    def read(self) -> bool:
        """Take in what comes; False at the end."""
        if not select.select([self.fd], [], [], 20)[0]:
            raise AssertionError(f"the doctor hangs after {self.said!r}")
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:  # Linux: the child has gone
            data = b""
        self.said += data
        return bool(data)

    def asked(self) -> None:
        """Wait until everything was asked."""
        while ASKED not in self.said:
            assert self.read(), self.said

    def ends(self) -> int:
        """Read on to the end; the exit code, negative for a signal."""
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def told(self) -> str:
        """What a person sees of it in the end."""
        return re.sub(r"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]", "", self.said.decode()).replace(
            "\r", ""
        )

    def close(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def run(home: Path) -> Iterator[Callable[..., Fake]]:
    made: list[Fake] = []

    def start(*, patient: bool = True, **more: str) -> Fake:
        # However busy the machine is, what these tests say is in time; only silence is not waited for.
        environ = {
            "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
            "PATH": os.environ["PATH"], "CSDESK_HOME": str(home), **more,
        }  # fmt: skip
        made.append(Fake(environ, *(("--wait", "20") if patient else ())))
        return made[-1]

    yield start
    for fake in made:
        fake.close()


def test_a_terminal_that_answers_is_described(run: Callable[..., Fake]):
    fake = run()
    fake.asked()
    os.write(fake.fd, answer())
    assert fake.ends() == 0
    told = fake.told()
    for part in (
        "窗口 120×40",
        "UTF-8",
        "真彩色",
        "毫秒答完",
        "支持同步输出",
        "支持括号粘贴",
        "算的一样",
        "深色",
        "输入法",
    ):
        assert part in told
    assert "注意" not in told
    assert termios.tcgetattr(fake.fd) == fake.before


def test_what_is_wrong_is_told_with_what_to_set(run: Callable[..., Fake]):
    fake = run(COLORTERM="", TERM="xterm", TMUX="/tmp/tmux-0/default,1,0", SSH_CONNECTION="x")
    fake.asked()
    os.write(fake.fd, answer({"cjk": 2, "ambiguous": 12, "emoji": 1}, "\x1b[?2026;0$y\x1b[?2004;0$y"))
    assert fake.ends() == 1
    told = fake.told()
    for part in (
        "tmux-256color",
        "ansi16",
        "经 SSH",
        "不支持同步输出",
        "不支持括号粘贴",
        "占 12 格",
        "ascii = true",
        "汉字会错位",
    ):
        assert part in told


def test_a_silent_terminal_is_not_waited_for(run: Callable[..., Fake]):
    fake = run(patient=False)
    fake.asked()
    assert fake.ends() == 0
    assert "没有应答" in fake.told()
    assert termios.tcgetattr(fake.fd) == fake.before


def test_a_late_answer_still_counts_and_half_an_answer_is_said(run: Callable[..., Fake]):
    fake = run(patient=False)
    fake.asked()
    for part in (answer()[:9], answer()[9:30]):  # in pieces, and never the end
        os.write(fake.fd, part)
    assert fake.ends() == 0
    assert "没有答完" in fake.told()
    assert termios.tcgetattr(fake.fd) == fake.before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_given_back_when_it_is_stopped(run: Callable[..., Fake], number: signal.Signals):
    fake = run()
    fake.asked()
    assert not termios.tcgetattr(fake.fd)[3] & termios.ECHO
    if number is signal.SIGINT:
        os.write(fake.fd, b"\x03")
    else:
        os.kill(fake.pid, number)
    assert fake.ends() != 0
    assert termios.tcgetattr(fake.fd) == fake.before
    assert "Traceback" not in fake.told()


def test_asking_takes_less_than_a_second_of_an_answerless_terminal():
    from csdesk.tui import probe

    assert probe.ANSWER_SECONDS < 1


def test_piped_it_asks_nothing_and_prints_lines(home: Path):
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "csdesk", "doctor", "terminal", "--language", "en"]
    done = subprocess.run(command, env=environ, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"it was not asked" in done.stdout


def test_what_somebody_typed_between_the_answers_is_no_answer():
    first, rest = answer().split(b"R", 1)
    found = understood(b"ls -l\r" + first + b"Rq" + rest + b"\x1b[A")
    assert found.widths == WIDTHS
    assert isinstance(found, Answers)
    assert found.modes == {2026: 2, 2004: 2}
    assert found.dark is True


def test_the_linux_console_is_asked_only_what_it_does_not_print():
    assert b"$p" not in questions("linux")
    assert b"]11" not in questions("linux")
    assert questions("linux").endswith(ASKED)


@pytest.mark.parametrize(
    ("said", "program"),
    [(b"\x1b[>0;10;1c", "Windows Terminal"), (b"\x1b[>83;41000;0c", "GNU screen"), (b"\x1b[>1;2;3c", "")],
)
def test_a_terminal_is_known_by_its_answer_where_no_variable_tells(said: bytes, program: str):
    assert understood(said + answer()).kind == program
    assert understood(said + answer()).widths == WIDTHS


def test_inside_screen_and_on_the_linux_console_the_advice_is_theirs(monkeypatch: pytest.MonkeyPatch):
    def told(**environ: str) -> dict[str, dict[str, object]]:
        return {one.code: dict(one.detail) for one in examine(environ)}

    monkeypatch.setattr("os.isatty", lambda fd: False)  # nothing is asked
    screen = told(TERM="screen", STY="7.here", TERM_PROGRAM="tmux", LANG="C.UTF-8")
    assert {"screen", "few_colours_screen"} <= set(screen) and screen["name"]["program"] == ""
    linux = told(TERM="linux", LANG="C.UTF-8")
    assert "few_colours_linux" in linux and "few_colours" not in linux
