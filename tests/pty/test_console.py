"""The console in a real terminal: what it leaves behind, what of a hostile text reaches the line."""

import os
import re
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from csdesk.desk.queries import GetPlace
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file, line
from tests.pty.terminal import PATIENCE_SECONDS, Terminal

__all__ = ["desk_file"]

LONG_AGO = 1_600_000_000_000
HOSTILE = "\x1b]0;pwned\x07\x1b]52;c;cm0gLXJm\x07\x9b31m降噪耳机[@click=app.quit]点我[/x]\u202e\x00\x1b[2J"
# What a program may say to a terminal: text, CSI, OSC 22 (the pointer's shape), charset and cursor
# shorthands.
ALLOWED = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\]22;[a-z]*\x07|\x1b[78=>]|\x1b\([B0]")


@pytest.fixture
def environ(desk_file: DeskFile, home: Path) -> dict[str, str]:
    return {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
        "PATH": os.environ["PATH"], "CSDESK_HOME": str(home), "CSDESK_FILE": str(desk_file.path),
        "CSDESK_AGENT": "wang", "CSDESK_WORKER": "false",
    }  # fmt: skip


@pytest.fixture
def terminal(desk_file: DeskFile, environ: dict[str, str]) -> Iterator[Terminal]:
    """A console on a desk with three returns, the second about hostile goods."""
    for title in ("白色圆领T恤", HOSTILE, "电饭煲"):
        order = desk_file.order(line(1, 19_900, title=title), customer=desk_file.customer(HOSTILE))
        desk_file.core("li").do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary=HOSTILE))
        desk_file.clock.forward(hours=1)
    made = Terminal(environ)
    yield made
    made.close()


def test_a_console_at_rest_holds_one_connection_one_catalogue_and_no_tls(
    terminal: Terminal, desk_file: DeskFile
):
    terminal.sees("全部 3", "领取后可见内容")  # the preview: the desk is open
    mapped = Path(f"/proc/{terminal.pid}/maps").read_text()
    assert "zh_Hans.mo" in mapped  # the machine's one copy, not one of each console
    assert not re.search(r"/(en|zh_Hant)\.mo|/_ssl\.", mapped)
    held = [fd.resolve() for fd in Path(f"/proc/{terminal.pid}/fd").iterdir()]
    assert held.count(desk_file.path.resolve()) == 1


def test_a_console_starts_moves_and_leaves_the_terminal_as_it_was(terminal: Terminal):
    terminal.sees("全部 3", "白色圆领T恤", "下一步")
    terminal.press(b"j")
    terminal.sees("> ! 超", "[@click=app")
    terminal.press(b":q\r")
    assert terminal.ends() == 0
    assert termios.tcgetattr(terminal.fd) == terminal.before
    # The alternate screen is left, the cursor shown, bracketed paste and focus reports switched off.
    for mode in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1004l"):
        assert terminal.sent.rfind(mode) > terminal.sent.rfind(
            mode[:-1] + (b"h" if mode[-1:] == b"l" else b"l")
        )
    # Where there is no alternate screen, as in GNU screen, nothing of the desk stays. pyte has none either; it prints
    # the last letter of what Textual says to kitty's keyboard.
    assert "".join(terminal.shown().split()) in ("", "u")


def test_what_customers_write_never_reaches_the_line_as_control(terminal: Terminal):
    terminal.sees("全部 3", "电饭煲")
    terminal.press(b"j")
    terminal.sees("降噪耳机[@click=app")
    terminal.press(b"\r")
    terminal.sees("诉求")
    terminal.press(b"q:q\r")
    terminal.ends()
    assert b"pwned" not in ALLOWED.sub(b"", terminal.sent)
    assert b"]52" not in terminal.sent
    plain = ALLOWED.sub(b"", terminal.sent).decode()
    odd = {sign for sign in plain if (sign < " " and sign not in "\r\n") or "\x7f" <= sign < "\xa0"}
    assert odd == set()
    assert "\u202e" not in plain


def test_no_mouse_no_blink_and_no_kitty_keys_are_asked_for(terminal: Terminal):
    terminal.sees("全部 3")
    terminal.press(b":q\r")
    terminal.ends()
    for asked in (b"\x1b[?1000h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?12h", b"\x1b[>1u", b"\x1b]22;"):
        assert asked not in terminal.sent


def test_who_asks_for_the_mouse_has_clicks_and_the_wheel_and_no_report_of_each_move(
    terminal: Terminal, environ: dict[str, str]
):
    pointed = Terminal({**environ, "CSDESK_MOUSE": "true"})
    try:
        pointed.sees("全部 3", "白色圆领T恤", "下一步")
        pointed.press(b"\x1b[<0;20;4M\x1b[<0;20;4m")
        pointed.stands_on("电饭煲")
        pointed.press(b"\x1b[<65;20;4M\x1b[<64;20;4M")
        pointed.stands_on("白色圆领T恤")
        pointed.press(b"\x1b[<0;20;2M\x1b[<0;20;2m\x1b[<0;20;2M\x1b[<0;20;2m")
        pointed.sees("诉求", "白色圆领T恤")
        pointed.press(b"q:q\r")
        assert pointed.ends() == 0
    finally:
        pointed.close()
    assert b"\x1b[?1003h" not in pointed.sent
    for mode in (b"1000", b"1006"):
        on, off = (pointed.sent.rfind(b"\x1b[?" + mode + end) for end in (b"h", b"l"))
        assert -1 < on < off


def test_a_dropped_line_loses_no_place(terminal: Terminal, desk_file: DeskFile):
    terminal.sees("全部 3", "下一步")
    terminal.press(b"jj")
    terminal.stands_on("电饭煲")
    os.kill(terminal.pid, signal.SIGHUP)
    terminal.ends()
    wang = desk_file.core("wang")
    kept = wang.ask(GetPlace())
    assert kept is not None
    third = wang.store.conn.execute("SELECT id FROM cases ORDER BY due DESC LIMIT 1").fetchone()[0]
    assert third in kept


def test_a_terminal_that_is_too_small_gets_one_sentence(desk_file: DeskFile, environ: dict[str, str]):
    small = Terminal(environ, 60, 20)
    try:
        assert small.ends() == 1
        assert "终端只有 60×20" in small.sent.decode()
        assert b"\x1b" not in small.sent
        assert b"Traceback" not in small.sent
    finally:
        small.close()


def test_a_console_sends_what_is_due_while_nobody_else_does(desk_file: DeskFile, environ: dict[str, str]):
    wang = desk_file.core("wang", now=lambda: LONG_AGO)
    case = wang.do(Open(Kind.INQUIRY)).case
    wang.do(Reply("您好，包裹今天到。"), case.id)
    elected = Terminal({**environ, "CSDESK_WORKER": "true"})
    try:
        elected.sees("全部 1")
        for _ in range(int(PATIENCE_SECONDS / 0.1)):
            elected.read(0.1)
            if wang.load(case.id)[0].messages[-1].state == "sent":
                break
        assert wang.load(case.id)[0].messages[-1].state == "sent"
        elected.press(b":q\r")
        assert elected.ends() == 0
    finally:
        elected.close()


def test_nothing_of_a_paste_into_a_list_is_a_key_however_it_arrives(terminal: Terminal, desk_file: DeskFile):
    terminal.sees("全部 3", "白色圆领T恤")
    conn = desk_file.core("wang").store.conn

    def counted() -> list[tuple[int]]:
        return [conn.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("event", "lease")]

    before = counted()
    # What would take the case, call its menus, quit; with escapes between, in pieces, its frame cut in two.
    text = b"aa:q\r\x1b[31mNNN\x1b]52;c;cm0=\x07\x1bq\x03\x1b\x1b[A" * 400
    for piece in (b"\x1b[2", b"00~" + text[:3_000], text[3_000:7_000], text[7_000:] + b"\x1b[201", b"~"):
        terminal.press(piece)
        terminal.read(0.3)  # longer than Textual waits for the rest of a sequence
    terminal.sees("这里不接受粘贴")
    terminal.press(b"j")
    terminal.stands_on("[@click=app")
    assert counted() == before
    terminal.press(b":q\r")
    assert terminal.ends() == 0


def test_a_keymap_with_a_mistake_is_told_and_the_default_keys_are_there(
    desk_file: DeskFile, environ: dict[str, str], tmp_path: Path
):
    (tmp_path / "keys.toml").write_text('[actions]\nfind = ["f"]\nfly = ["x"]\n', encoding="utf-8")
    terminal = Terminal({**environ, "CSDESK_KEYMAP": str(tmp_path / "keys.toml")})
    try:
        terminal.sees("keys.toml:2", "先用默认按键")
        terminal.press(b"?")
        terminal.sees("队列：按键", "下移")
        terminal.press(b"\x1b")
        terminal.sees("这个队列里没有工单")
        terminal.press(b"\x03")
        terminal.sees("再按一次")
        terminal.press(b"\x03")
        assert terminal.ends() == 0
    finally:
        terminal.close()


def test_a_profile_is_what_the_setting_names(desk_file: DeskFile, environ: dict[str, str]):
    terminal = Terminal({**environ, "CSDESK_KEYMAP": "function"})
    try:
        terminal.sees("全部 0", "Ctrl+G 领下一张")
        terminal.press(b"\x1b[17;2~")  # Shift+F6
        terminal.sees("我的状态")
    finally:
        terminal.close()
