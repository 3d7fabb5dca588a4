"""What the terminal at hand can do: asked of it within a second, and read from what the environment says."""

import os
import re
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from types import FrameType
from typing import Any

from csdesk.domain.value import dataclass

# From the question to the end of listening. What comes later is thrown away with the last switch of modes.
ANSWER_SECONDS = 0.7
_READ = 4096
_REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")
_MODE = re.compile(rb"\x1b\[\?(\d+);(\d)\$y")
_GROUND = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)")
_KIND = re.compile(rb"\x1b\[>(\d+);(\d+);\d+c")
# Who answers so to the question of its kind (secondary device attributes); over SSH nothing else tells. The first
# number alone where a program has one for itself; Windows' own terminals and PuTTY are a VT100 of some version.
KINDS = {
    (41, None): "xterm", (65, None): "VTE", (77, None): "mintty", (83, None): "GNU screen", (84, None): "tmux",
    (85, None): "rxvt", (0, 10): "Windows Terminal", (0, 95): "iTerm2", (0, 115): "Konsole", (0, 136): "PuTTY",
}  # fmt: skip
# Device attributes: the last question, which every terminal answers; nothing more comes after it.
_DONE = re.compile(rb"\x1b\[\?[\d;]*c")
SYNC, PASTE = 2026, 2004
# Signs whose width terminals disagree about, each with the cells that the console takes it for. Ambiguous (UAX #11) are
# the console's own ornaments and the quotes of Chinese texts; where they take two cells the lines shift.
SIGNS = {"cjk": ("中文", 4), "ambiguous": ("·×–⋯“”", 6), "emoji": ("😀", 2)}


@dataclass(slots=True)
class Answers:
    """What the terminal said. `seconds`: until its last answer; None when it did not answer all in time.

    `modes` by number as DECRQM reports them (0 unknown, 1 set, 2 reset, 3 and 4 for good); `widths` in cells, by the
    names in `SIGNS`; `dark`: whether its ground is, None when it does not tell; `kind`: which program it is, "" when it
    says nothing that is known.
    """

    seconds: float | None = None
    modes: dict[int, int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    dark: bool | None = None
    kind: str = ""


def questions(term: str) -> bytes:
    """What is written to the terminal: the signs, each with a question where the cursor is, and modes; line erased."""
    asked = "".join(f"\r{sign}\x1b[6n" for sign, _ in SIGNS.values()) + "\r\x1b[K"
    if term != "linux":
        # The Linux console prints the end of what it does not know.
        asked += f"\x1b]11;?\x1b\\\x1b[?{SYNC}$p\x1b[?{PASTE}$p\x1b[>c\r\x1b[K"
    return (asked + "\x1b[c").encode()


def understood(said: bytes) -> Answers:
    """What an answer means, as far as it is one; anything else in it is what somebody typed."""
    found = Answers()
    columns = [int(report[2]) - 1 for report in _REPORT.finditer(said)]
    found.widths = dict(zip(SIGNS, columns, strict=False))
    found.modes = {int(mode[1]): int(mode[2]) for mode in _MODE.finditer(said)}
    if kind := _KIND.search(said):
        first, second = int(kind[1]), int(kind[2])
        found.kind = KINDS.get((first, second)) or KINDS.get((first, None), "")
    if ground := _GROUND.search(said):
        # Each part in one to four digits; its share of the brightness by ITU-R BT.709.
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in ground.groups())
        found.dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5
    return found


def ask(read_fd: int, write_fd: int, term: str, seconds: float = ANSWER_SECONDS) -> Answers:
    """Ask the terminal and listen so long. It is left as it was, whatever happens; the shell gets no late answers."""
    with _raw(read_fd):
        begun = time.monotonic()
        # Stopped by Ctrl+S a terminal takes nothing: then there is nothing to wait for.
        ready = select.select([], [write_fd], [], seconds)[1]
        if ready:
            os.write(write_fd, questions(term))
        said, done = b"", not ready
        while not done and (left := begun + seconds - time.monotonic()) > 0:
            if not select.select([read_fd], [], [], left)[0]:
                break
            data = os.read(read_fd, _READ)
            said += data
            done = not data or _DONE.search(said) is not None
        found = understood(said)
        if _DONE.search(said):
            found.seconds = time.monotonic() - begun
    return found


class _Stopped(Exception):
    """Somebody ended the program while the terminal was in another mode."""


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    """No echo and no lines while asking; Ctrl+C, a hang-up and a kill still give the terminal back first."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped(number)

    before = termios.tcgetattr(fd)
    # Suspended halfway, a shell would have this mode.
    handlers = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        tty.setcbreak(fd, termios.TCSANOW)
        yield
    except _Stopped as stopped:
        _restore(fd, before)
        number = int(stopped.args[0])
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    finally:
        _restore(fd, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _restore(fd: int, before: list[Any]) -> None:
    # What the terminal answered too late is not typed into the shell. Not TCSAFLUSH, which waits for a stopped output.
    termios.tcflush(fd, termios.TCIFLUSH)
    termios.tcsetattr(fd, termios.TCSANOW, before)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing about this terminal: `code` is worded as `terminal.<code>`; level ok, warn or error."""

    code: str
    level: str = "ok"
    detail: Mapping[str, object] = field(default_factory=dict)


def examine(environ: Mapping[str, str] = os.environ, seconds: float = ANSWER_SECONDS) -> list[Found]:
    """Look this terminal over, with so long for its answers. Nothing is asked when keys or output go elsewhere."""
    both = os.isatty(0) and os.isatty(1)
    found = [*_place(environ), *_size(), _charset(environ), _colours(environ)]
    if not both:
        return [*found, Found("not_asked")]
    sys.stdout.flush()
    answers = ask(0, 1, environ.get("TERM", ""), seconds)
    if environ.get("TMUX"):
        answers.modes.setdefault(PASTE, 2)  # every tmux since 1.7 has it, and none says so
    return [*found, *_answered(answers, seconds), *_input_method(environ)]


def _place(environ: Mapping[str, str]) -> Iterator[Found]:
    term = environ.get("TERM", "")
    program = environ.get("TERM_PROGRAM", "") or ("Windows Terminal" if environ.get("WT_SESSION") else "")
    if environ.get("STY") and not environ.get("TMUX"):
        program = ""  # screen hands on what the terminal around it was called
    if term in ("", "dumb", "unknown"):
        yield Found("dumb", "error", {"term": term or "–"})
    else:
        yield Found("name", detail={"term": term, "program": program})
    if environ.get("TMUX"):
        fits = term.startswith(("tmux", "screen"))
        yield Found("tmux" if fits else "tmux_term", "ok" if fits else "warn", {"term": term})
    elif environ.get("STY"):
        yield Found("screen")
    if environ.get("MOSH_CONNECTION") or environ.get("MOSH_KEY"):
        yield Found("mosh")
    elif environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        yield Found("ssh")


def _size() -> Iterator[Found]:
    from csdesk.tui.launch import COLUMNS, LINES

    for fd in (1, 0, 2):
        if os.isatty(fd):
            size = os.get_terminal_size(fd)
            detail = {"columns": size.columns, "lines": size.lines, "least": f"{COLUMNS}×{LINES}"}
            if not size.columns:
                yield Found("size_unknown", "warn", detail)
            elif size.columns < COLUMNS or size.lines < LINES:
                yield Found("small", "error", detail)
            else:
                yield Found("size", detail=detail)
            return


def _charset(environ: Mapping[str, str]) -> Found:
    from csdesk.tui.launch import codeset

    named = codeset(environ)
    if named.replace("-", "").lower() == "utf8":
        return Found("utf8")
    return Found("not_utf8", "error", {"codeset": named})


def _colours(environ: Mapping[str, str]) -> Found:
    if environ.get("NO_COLOR"):
        return Found("no_color")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Found("truecolor")
    count = _terminfo_colours(environ.get("TERM", ""))
    if count >= 256:
        return Found("colours", detail={"n": count})
    where = "_linux" if environ.get("TERM") == "linux" else "_screen" if environ.get("STY") else ""
    return Found(f"few_colours{where}", "warn", {"n": max(count, 0)})


def _terminfo_colours(term: str) -> int:
    """How many colours its terminfo entry gives a terminal; 0 when there is no such entry."""
    import curses

    try:
        curses.setupterm(term or None, 1)
    except (curses.error, OSError):
        return 0
    return curses.tigetnum("colors")


def _answered(answers: Answers, seconds: float) -> Iterator[Found]:
    if answers.seconds is None:
        said = bool(answers.widths or answers.modes)
        yield Found("late" if said else "silent", "warn", {"seconds": seconds})
    else:
        yield Found("answers", detail={"ms": round(answers.seconds * 1000)})
    if answers.kind:
        yield Found("kind", detail={"program": answers.kind})
    yield Found("sync" if answers.modes.get(SYNC) else "no_sync")
    if PASTE in answers.modes:
        known = answers.modes[PASTE] != 0
        yield Found("paste" if known else "no_paste", "ok" if known else "warn")
    else:
        yield Found("paste_unknown")
    yield from _widths(answers.widths)
    if answers.dark is not None:
        yield Found("dark" if answers.dark else "light")


def _widths(widths: Mapping[str, int]) -> Iterator[Found]:
    wrong = {name: cells for name, cells in widths.items() if cells != SIGNS[name][1]}
    if not widths:
        yield Found("widths_unknown")
    elif not wrong:
        yield Found("widths", detail={"n": len(widths)})
    for name, cells in wrong.items():
        sign, wanted = SIGNS[name]
        level = "error" if name == "cjk" else "warn"
        # Our own ornaments can be left out; what customers write cannot.
        yield Found(f"width_{name}", level, {"sign": sign, "cells": cells, "wanted": wanted})


def _input_method(environ: Mapping[str, str]) -> Iterator[Found]:
    """A Chinese input method takes letters; the console's twins work with it on."""
    if environ.get("TERM") == "linux":
        yield Found("no_input_method", "warn")
    else:
        yield Found("input_method")
