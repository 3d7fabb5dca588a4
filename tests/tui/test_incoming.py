"""What comes in from the terminal: keys are keys, and no character of a paste ever is, however it arrives."""

import asyncio
import os
import pty
import selectors
import threading
import tty
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events
from textual.app import App
from textual.message import Message

from csdesk.tui import incoming as room
from csdesk.tui.incoming import (
    BEGIN,
    BRACKET_SECONDS,
    END,
    FRAME_SECONDS,
    PASTE_MAX,
    ConsoleDriver,
    Incoming,
)

# Verbs, newlines and quits, colours, a clipboard's OSC, an escape alone, two of them, and a long unknown sequence.
NASTY = "aaN:q\r\x1b[31mred\x1b[0m\n\x1b]52;c;cm0=\x07\x1bj\x1b\x1b退货。\x1b[" + "1;" * 40 + "x\x03\x1b[200"
TEN_THOUSAND = (NASTY * 200)[:10_000]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(incoming: Incoming, *pieces: str) -> list[str]:
    """What came out of these pieces: the names of keys, and pastes as P and their text."""
    messages = [message for piece in pieces for message in incoming.feed(piece)]
    return [one.key if isinstance(one, events.Key) else f"P{one.text}" for one in messages]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("j", ["j"]),
        ("退货", ["退", "货"]),
        ("\x1b[A\x1bOP\x1b[17~\x1b[1;2B", ["up", "f1", "f6", "shift+down"]),
        ("\r\t\x7f\x03", ["enter", "tab", "backspace", "ctrl+c"]),
    ],
)
def test_keys_are_keys(sent: str, keys: list[str]):
    assert told(Incoming(), sent) == keys
    assert told(Incoming(), *sent) == keys  # one character at a time


@pytest.mark.parametrize(
    "said",
    [
        "\x1b[57441;1:3u", "\x1b[99~", "\x1b[1;99Z", "\x1bOz", "\x1b[?62;22c", "\x1b[>0;276;0c", "\x1b[4;0;0t",
        "\x1b[48;0;0;0;0t", "\x1b[48;99999;99999;0;0t", "\x1b[?9999;7$y",
    ],
)  # fmt: skip
def test_what_a_terminal_says_that_is_no_key_presses_none(said: str):
    assert told(Incoming(), f"j{said}k") == ["j", "k"]
    assert told(Incoming(), *f"j{said}k") == ["j", "k"]


def test_ten_thousand_characters_with_newlines_and_escapes_are_one_paste():
    assert told(Incoming(), f"j{BEGIN}{TEN_THOUSAND}{END}k") == ["j", f"P{TEN_THOUSAND}", "k"]


@given(st.lists(st.integers(1, len(TEN_THOUSAND) + 10), max_size=20), st.integers(0, 2))
@example(cuts=[255, 256], slow=0)
def test_a_paste_in_any_pieces_is_one_paste(cuts: list[int], slow: int):
    whole, at, clock = f"j{BEGIN}{TEN_THOUSAND}{END}k", 0, Clock()
    incoming, came = Incoming(clock=clock), list[str]()
    for cut in sorted({*cuts, len(whole)}):
        came += told(incoming, whole[at:cut])
        at = cut
        clock.now += slow / 10 * FRAME_SECONDS
        # Who stops after the escape character of the frame has pressed Esc, for all that anybody can know.
        came += [key for message in incoming.tick() if (key := getattr(message, "key", "")) != "escape"]
    assert came == ["j", f"P{TEN_THOUSAND}", "k"]


@pytest.mark.parametrize("at", range(1, len(BEGIN)))
def test_a_frame_that_is_cut_in_two_still_begins_and_ends_a_paste(at: int):
    pieces = ["j", BEGIN[:at], f"{BEGIN[at:]}aa:q\r{END[:at]}", f"{END[at:]}k"]
    assert told(Incoming(), *pieces) == ["j", "Paa:q\r", "k"]


def test_the_escape_key_alone_is_told_after_a_moment_and_a_frame_that_comes_even_later_is_one():
    clock = Clock()
    incoming = Incoming(clock=clock)
    assert told(incoming, "\x1b") == []
    clock.now = 0.2
    assert [message.key for message in incoming.tick()] == ["escape"]  # type: ignore[attr-defined]
    assert told(incoming, f"{BEGIN[1:]}aa:q", END) == ["Paa:q"]


def test_what_begins_like_a_frame_and_is_none_is_not_kept_for_ever():
    clock = Clock()
    incoming = Incoming(clock=clock)
    assert told(incoming, "\x1b[2") == []
    assert told(incoming, "~") == ["insert"]
    assert told(incoming, "\x1b[2") == []
    clock.now = 2 * FRAME_SECONDS
    list(incoming.tick())
    assert told(incoming, "~j") == ["insert", "j"]


def test_when_the_end_of_a_paste_was_lost_ctrl_c_ends_it():
    incoming = Incoming(clock=(clock := Clock()))
    assert told(incoming, f"{BEGIN}aaa", "bbb", "\x03") == []  # right behind the rest it is pasted too
    clock.now = BRACKET_SECONDS
    assert told(incoming, "\x03", "j") == ["Paaabbb\x03", "j"]


def test_a_paste_without_end_does_not_fill_the_memory():
    incoming = Incoming()
    assert told(incoming, BEGIN, *["x" * (PASTE_MAX // 2)] * 5) == []
    assert told(incoming, END) == ["P" + "x" * PASTE_MAX]


def test_a_bracket_after_the_escape_key_is_a_key_soon_and_no_begin_of_a_paste():
    clock = Clock()
    incoming = Incoming(clock=clock)
    came = told(incoming, "\x1b")
    clock.now += 0.2
    came += [message.key for message in incoming.tick() if isinstance(message, events.Key)]
    came += told(incoming, "[")
    assert came == ["escape"]
    clock.now += BRACKET_SECONDS
    came += [message.key for message in incoming.tick() if isinstance(message, events.Key)]
    assert came == ["escape", "left_square_bracket"]
    assert told(incoming, "j") == ["j"]


async def test_a_silent_terminal_is_waited_for_and_not_looked_at(monkeypatch: pytest.MonkeyPatch):
    waits: SimpleQueue[float | None] = SimpleQueue()
    came: list[Message] = []

    class Select(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> Any:
            waits.put(timeout)
            return super().select(timeout)

    monkeypatch.setattr(selectors, "SelectSelector", Select)
    monkeypatch.setattr(room, "BEGUN_SECONDS", 0.0)
    here, terminal = pty.openpty()
    tty.setraw(terminal)
    driver = ConsoleDriver(App[None](), mouse=False)
    driver.fileno = terminal
    monkeypatch.setattr(driver, "process_message", came.append)
    for key in ("j", "k"):  # the second time as after a program that was started from the console
        thread = driver._key_thread = threading.Thread(target=driver._run_input_thread)
        thread.start()
        assert await asyncio.to_thread(waits.get, timeout=60) is None
        os.write(here, key.encode())
        assert await asyncio.to_thread(waits.get, timeout=60) is None
        driver.disable_input()
        assert not thread.is_alive()
    driver.close()
    for handle in (here, terminal, driver._wake, driver._woken):
        os.close(handle)
    assert [message.key for message in came if isinstance(message, events.Key)] == ["j", "k"]
