"""Terminals that are odd, change under one's hands, say what nobody asked, or go away."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from csdesk.desk.queries import GetDraft
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file, line
from tests.pty.terminal import PATIENCE_SECONDS, Terminal

__all__ = ["desk_file"]

QUIET_SECONDS = 0.3
SIZES = ((20, 5), (1, 1), (300, 100), (80, 24), (100, 30), (2, 50), (119, 41))
# What terminals send without a key: answers that come late or are wrong, reports nobody asked for, keys of protocols
# that are off, bytes that are no text.
UNASKED = (
    b"\x1b[?2026;2$y", b"\x1b[?2026;0$y", b"\x1b[?9999;7$y", b"\x1b[?62;22c", b"\x1b[7;3R", b"\x1b[I", b"\x1b[O",
    b"\x1b[48;0;0;0;0t", b"\x1b[48;99999;99999;0;0t", b"\x1b[4;0;0t",
    b"\x1b[<0;10;10M", b"\x1b[<0;10;10m", b"\x1b[<65;9999;0M", b"\x1b[99~", b"\x1b[1;99Z", b"\x1b[57441;1:3u",
    b"\x1b[>0;276;0c", b"\xff\xfe\xc3", b"\x00\x1c\x1d\x1e\x1f", b"\x1b[200~\x1b[201~",
)  # fmt: skip


@pytest.fixture
def environ(desk_file: DeskFile, home: Path) -> dict[str, str]:
    for title in ("白色圆领T恤", "电饭煲", "降噪耳机"):
        desk_file.core("li").do(Open(Kind.RETURN, desk_file.order(line(title=title)), (LineQty(1, 1),)))
        desk_file.clock.forward(hours=1)
    return {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
        "PATH": os.environ["PATH"], "CSDESK_HOME": str(home), "CSDESK_FILE": str(desk_file.path),
        "CSDESK_AGENT": "wang", "CSDESK_WORKER": "false",
    }  # fmt: skip


@pytest.fixture
def terminal(environ: dict[str, str]) -> Iterator[Terminal]:
    made = Terminal(environ)
    made.sees("全部 3", "下一步")
    yield made
    made.close()


def leaves(terminal: Terminal) -> None:
    terminal.press(b"\x1b")
    terminal.settle(QUIET_SECONDS)
    terminal.press(b":q\r")
    assert terminal.ends() == 0
    assert b"Traceback" not in terminal.sent


def test_what_a_terminal_says_unasked_is_no_key_and_ends_nothing(terminal: Terminal, desk_file: DeskFile):
    conn = desk_file.core("wang").store.conn

    def counted() -> list[tuple[int]]:
        return [conn.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("event", "lease")]

    before = counted()
    for said in UNASKED:
        terminal.press(said)
        terminal.read(0.02)
    terminal.resize(119, 40)  # what a false report of a size did is put right by the true one
    terminal.settle(QUIET_SECONDS)
    terminal.press(b"gj")
    terminal.stands_on("电饭煲")
    assert counted() == before
    leaves(terminal)


def test_a_storm_of_sizes_in_help_ends_in_the_picture_of_the_last_one(terminal: Terminal):
    terminal.press(b"?")
    terminal.sees("队列：按键", "下移")
    terminal.settle(QUIET_SECONDS)
    calm, dice = terminal.glyphs(), random.Random(3)
    for _ in range(200):
        terminal.resize(*dice.choice(SIZES))
        terminal.read(0.005)
    terminal.resize(120, 40)
    for _ in range(int(PATIENCE_SECONDS / QUIET_SECONDS)):
        terminal.settle(QUIET_SECONDS)
        if terminal.glyphs() == calm:
            break
    assert terminal.glyphs() == calm
    leaves(terminal)


@pytest.mark.parametrize("kind", ["linux", "xterm-direct", "vt100", "nonsense"])
def test_a_terminal_of_another_kind_opens_moves_and_is_left(kind: str, environ: dict[str, str]):
    del environ["COLORTERM"]
    other = Terminal({**environ, "TERM": kind}, 300, 100)
    try:
        other.sees("全部 3", "下一步")
        other.press(b"j")
        other.stands_on("电饭煲")
        leaves(other)
    finally:
        other.close()


def test_a_host_that_goes_down_loses_no_word_and_no_place(
    terminal: Terminal, environ: dict[str, str], desk_file: DeskFile
):
    terminal.press(b"j")
    terminal.stands_on("电饭煲")
    terminal.press(b"\r")
    terminal.sees("诉求")
    terminal.press(b"r")
    terminal.press("您好，明天到".encode())
    terminal.sees("您好，明天到")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.ends()
    assert b"\x1b[?1049l" in terminal.sent
    wang = desk_file.core("wang")
    (second,) = wang.store.conn.execute("SELECT id FROM cases ORDER BY due, id LIMIT 1 OFFSET 1").fetchone()
    draft = wang.ask(GetDraft(second))
    assert draft is not None and draft.text == "您好，明天到"
    again = Terminal(environ)
    try:
        again.sees("诉求", "电饭煲", "您好，明天到")
    finally:
        again.close()
