"""The lean output beside Textual's own, in real terminals: the same screens, and how few bytes they take."""

import os
import random
import select
import shutil
import signal
import statistics
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.cells import cell_len
from wcwidth import wcwidth

from csdesk.desk.queries import GetPlace
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.text import clean_line
from tests.building import DeskFile, desk_file, line
from tests.hostile import HOSTILE
from tests.pty.terminal import PATIENCE_SECONDS, Terminal

__all__ = ["desk_file"]

# Longer than a console takes between two frames of one key, shorter than the preview waits.
QUIET_SECONDS = 0.06
RESTED_SECONDS = 0.4
# By then a console has begun to answer a key.
ANSWER_SECONDS = 0.15
PAGE_DOWN, PAGE_UP, ESC = b"\x1b[6~", b"\x1b[5~", b"\x1b"
TERMINALS = {
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "256": {"TERM": "xterm-256color"},
    "screen": {"TERM": "screen-256color"},
    "tmux": {"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
    "linux": {"TERM": "linux"},
    "no-color": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
}
GOODS = (
    "白色圆领T恤",
    "蓝牙耳机",
    "电饭煲",
    "冷冻深海带鱼段 2斤",
    "14英寸轻薄笔记本电脑",
    "进口婴儿配方奶粉3段",
)
# Each ends where it began, in the queue.
WALKS: list[list[bytes]] = [
    [b"jjj"], [b"k"], [b"j", b"j"], [PAGE_DOWN], [PAGE_UP], [b"G"], [b"g"], [b"l"], [b"h"], [b"1"],
    [b"jj", b"\r", b"q"], [b"\r", b"]", b"jj", b"q"], [b"w", b"j", b"w"], [b"x", b"v", b"V"],
    [b"?", ESC], [b"s", ESC], [b"/", "耳机\r".encode(), b"j", ESC], [b"p", "运费".encode(), ESC],
    [b"i", b"j", ESC], [b"n", "客户着急".encode(), ESC], [b"\x10", b"a", ESC], [b"\x0c"],
]  # fmt: skip
SIZES = ((80, 24), (120, 40), (200, 50))


@pytest.fixture
def busy_desk(desk_file: DeskFile) -> DeskFile:
    """A desk with sixty returns; every sixth has a text that a customer sent to break a terminal."""
    li, dice = desk_file.core("li"), random.Random(11)
    texts = dice.sample([text for text in HOSTILE if drawn(text)], 10)
    for n in range(60):
        title = texts[n // 6] if n % 6 == 5 else f"{GOODS[n % len(GOODS)]} {n}"
        order = desk_file.order(line(1, 9_900 + 700 * n, title=title))
        li.do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary=title if n % 6 == 5 else ""))
        desk_file.clock.forward(hours=1)
    return desk_file


def drawn(text: str) -> bool:
    """Whether the emulator draws every sign of a text that came through the gate; some it drops without a trace."""
    told = clean_line(text).text
    return bool(told) and all(wcwidth(sign) > 0 or unicodedata.combining(sign) for sign in told)


Opener = Callable[..., Terminal]


@pytest.fixture
def open_console(busy_desk: DeskFile, home: Path, tmp_path: Path) -> Iterator[Opener]:
    """Open a console on a copy of the desk, as it was when the first one was opened."""
    busy_desk.close()
    opened: list[Terminal] = []

    def begin(*, lean: bool, size: tuple[int, int] = (120, 40), **environ: str) -> Terminal:
        file = tmp_path / f"copy-{len(opened)}.db"
        shutil.copy(busy_desk.path, file)
        own = tmp_path / f"home-{len(opened)}"
        shutil.copytree(home, own)
        base = {
            **TERMINALS["truecolor"], "LANG": "C.UTF-8", "HOME": str(own), "PATH": os.environ["PATH"],
            "CSDESK_HOME": str(own), "CSDESK_FILE": str(file), "CSDESK_AGENT": "wang", "CSDESK_WORKER": "false",
            "CSDESK_LEAN": "true" if lean else "false",
        }  # fmt: skip
        made = Terminal({**base, **environ}, *size)
        opened.append(made)
        made.sees("全部 60", "下一步")
        return made

    yield begin
    for terminal in opened:
        terminal.close()


def doubtful(row: list[tuple[object, ...]]) -> int:
    """Where a row begins to depend on how wide a terminal holds a sign: Textual's own output slips from there on."""
    for x, (sign, *_) in enumerate(row):
        text = str(sign)
        if len(text) > 1 or (text and wcwidth(text) != cell_len(text)):
            return x
    return len(row)


def differences(lean: Terminal, stock: Terminal) -> list[str]:
    """Lines that differ between two terminals, both as they are."""
    found = []
    for y, (ours, theirs) in enumerate(zip(lean.glyphs(), stock.glyphs(), strict=True)):
        sure = min(doubtful(ours), doubtful(theirs))
        if ours[:sure] != theirs[:sure]:
            x = next(x for x in range(sure) if ours[x] != theirs[x])
            found += [
                f"{y}:{x} lean  {''.join(str(cell[0]) for cell in ours)} {ours[x]}",
                f"{y}:{x} stock {''.join(str(cell[0]) for cell in theirs)} {theirs[x]}",
            ]
    return found


def assert_same(lean: Terminal, stock: Terminal, after: object) -> None:
    """Both consoles come to show the same, cell by cell."""
    found: list[str] = []
    for _ in range(int(PATIENCE_SECONDS / ANSWER_SECONDS)):
        lean.settle_with(stock, ANSWER_SECONDS, QUIET_SECONDS)
        found = differences(lean, stock)
        if not found:
            return
    raise AssertionError(f"after {after}:\n" + "\n".join(found))


@pytest.mark.parametrize("kind", TERMINALS)
def test_any_session_shows_the_same_as_textuals_own_output(kind: str, open_console: Opener):
    lean, stock = (open_console(lean=lean, **TERMINALS[kind]) for lean in (True, False))
    dice, size = random.Random(f"walk {kind}"), (120, 40)
    assert_same(lean, stock, "the start")
    walks = list(WALKS) if kind == "truecolor" else dice.sample(WALKS, 9)
    dice.shuffle(walks)
    for n, walk in enumerate(walks):
        if n % 4 == 3:
            size = dice.choice([other for other in SIZES if other != size])
            for terminal in (lean, stock):
                terminal.resize(*size)
            assert_same(lean, stock, size)
        for keys in walk:
            if keys == b"?":
                # Help says what is off in the case under the cursor, once both know it: the preview has come.
                lean.settle_with(stock, 0.5, 0.4)
            before = lean.glyphs(), stock.glyphs()
            for terminal in (lean, stock):
                terminal.press(keys)
            if keys == ESC:
                # A key by itself only after a while; until then both show what they showed, and are the same too early.
                for _ in range(int(PATIENCE_SECONDS / ANSWER_SECONDS)):
                    lean.settle_with(stock, ANSWER_SECONDS, QUIET_SECONDS)
                    if lean.glyphs() != before[0] and stock.glyphs() != before[1]:
                        break
            assert_same(lean, stock, (walk, keys))


def test_a_reply_is_typed_in_few_bytes_and_shows_the_same(open_console: Opener):
    lean, stock = open_console(lean=True), open_console(lean=False)
    for terminal in (lean, stock):
        terminal.press(b"g\r")
        terminal.sees("可办")  # which the preview has not
        terminal.press(b"a")
        terminal.sees("领取，现为", "无理由退货")  # taken, and the law was asked
        terminal.press(b"r")
        terminal.sees("没有引用条款", "F9 发送")  # the field is there and has the keys
    assert_same(lean, stock, "reply")
    costs = []
    for sign in "您好，退款已经受理，三天之内到账。Thanks!":
        for terminal in (lean, stock):
            terminal.press(sign.encode())
        assert_same(lean, stock, sign)
        before = len(lean.sent)
        lean.press(b"\x7f")
        lean.settle(QUIET_SECONDS)
        lean.press(sign.encode())
        lean.settle(QUIET_SECONDS)
        costs.append((len(lean.sent) - before) / 2)
    assert statistics.mean(costs) <= 60


def test_the_first_screen_and_an_idle_hour(open_console: Opener):
    lean = open_console(lean=True)
    lean.settle(1.5)
    assert 3_000 < len(lean.sent) <= 11_500
    assert lean.settle(3.0) == 0


def test_a_cursor_move_costs_few_bytes_and_so_does_what_follows_it(open_console: Opener):
    lean = open_console(lean=True)
    lean.press(b"g")
    lean.settle(RESTED_SECONDS)
    costs = [answer(lean, b"j", y) for y in range(2, 32)]
    # A busy machine lets a preview in now and then; the median does not see it.
    assert statistics.median(costs) <= 375
    rested = []
    for _ in range(8):
        before = len(lean.sent)
        lean.press(b"k")
        lean.settle(RESTED_SECONDS)
        rested.append(len(lean.sent) - before)
    assert 400 < statistics.mean(rested) <= 1_000
    # A sign of a filter that lets through the same as before: the sign, and nothing of the list or the tabs.
    lean.press(b"/")
    lean.settle(RESTED_SECONDS)
    lean.press("金额:>999999".encode())
    lean.sees("筛选  0 张")
    lean.settle(RESTED_SECONDS)
    typed = []
    for _ in range(6):
        before = len(lean.sent)
        lean.press(b"9")
        lean.settle(RESTED_SECONDS)
        typed.append(len(lean.sent) - before)
    assert 0 < statistics.median(typed) <= 120


def test_a_list_that_scrolls_and_a_page_cost_few_bytes(open_console: Opener):
    lean = open_console(lean=True)
    lean.press(b"wg")
    lean.settle(RESTED_SECONDS)
    before = len(lean.sent)
    for _ in range(50):
        lean.press(b"j")
        lean.settle(QUIET_SECONDS)
    assert (len(lean.sent) - before) / 50 <= 525
    lean.press(b"w")
    lean.settle(RESTED_SECONDS)
    pages = []
    for key in (PAGE_UP, PAGE_DOWN) * 3:
        before = len(lean.sent)
        lean.press(key)
        lean.settle(QUIET_SECONDS)
        pages.append(len(lean.sent) - before)
    assert 500 < statistics.median(pages) <= 4_500


def cursor_line(terminal: Terminal) -> int:
    """The line of the list's cursor; -1 for none."""
    return next((y for y, row in enumerate(terminal.shown().splitlines()) if row.startswith(">")), -1)


def answer(terminal: Terminal, key: bytes, y: int) -> int:
    """Press a key and read until the list's cursor stands in line `y`; the bytes."""
    before = len(terminal.sent)
    terminal.press(key)
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        terminal.read(0.01)
        if cursor_line(terminal) == y:
            return len(terminal.sent) - before
    raise AssertionError(f"{key!r} was never answered:\n{terminal.shown()}")


def test_a_line_that_takes_nothing_for_a_while_gets_the_last_picture(
    open_console: Opener, busy_desk: DeskFile, tmp_path: Path
):
    lean, stock = open_console(lean=True), open_console(lean=False)
    stock.press(b"jj")
    stock.settle(RESTED_SECONDS)
    before = len(lean.sent)
    # More than a pseudo-terminal holds, again and again, and nobody reads.
    pages, kept = 60, DeskFile(tmp_path / "copy-0.db", busy_desk.clock)
    lean.press((PAGE_DOWN + PAGE_UP) * pages + PAGE_UP)
    third = stock.shown().splitlines()[cursor_line(stock)][15:27]
    lean.press(b"jj")
    wang = kept.core("wang")
    with closing(kept):
        (case,) = wang.store.conn.execute(
            "SELECT id FROM cases WHERE queue = 'returns' ORDER BY due, id LIMIT 1 OFFSET 2"
        ).fetchone()
        for _ in range(int(PATIENCE_SECONDS / 0.1)):
            if case in (wang.ask(GetPlace()) or ""):
                break
            select.select([], [], [], 0.1)
    lean.settle(RESTED_SECONDS)
    assert third in lean.shown()
    assert_same(lean, stock, "all of it was read")
    assert len(lean.sent) - before < 2 * pages * 500


def test_a_console_that_was_stopped_paints_all_of_it_again(open_console: Opener):
    lean = open_console(lean=True)
    lean.press(b"gj")
    lean.settle(RESTED_SECONDS)
    before = lean.glyphs()
    os.kill(lean.pid, signal.SIGTSTP)
    os.waitpid(lean.pid, os.WUNTRACED)
    lean.settle(QUIET_SECONDS)
    lean._stream.feed(b"\x1b[2J\x1b[5;5Ha shell was here")
    os.kill(lean.pid, signal.SIGCONT)
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        lean.settle(0.2)
        if lean.glyphs() == before:
            break
    again = lean.glyphs() == before
    assert again, lean.shown()


def test_a_terminal_that_was_small_for_a_moment_is_painted_again(open_console: Opener):
    lean = open_console(lean=True)
    lean.settle(RESTED_SECONDS)
    before = lean.glyphs()
    lean.resize(90, 30)
    lean.resize(120, 40)
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        lean.settle(0.2)
        if lean.glyphs() == before:
            break
    assert lean.glyphs() == before
