"""What comes in from the terminal: keys as Textual reads them, and pastes of which no character is ever a key.

Textual's own reader takes an escape character inside a paste for a key: up to 32 characters that follow it are then
pressed, and a paste whose frame arrives in two pieces is pressed whole.
"""

import os
import re
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.message import Message

BEGIN, END = "\x1b[200~", "\x1b[201~"
ESCAPE, QUIT = "\x1b", "\x03"
# More than a page of any log; what comes beyond it is dropped, so that nobody's clipboard fills the memory.
PASTE_MAX = 1_000_000
# How long a begun frame is waited for: two retransmissions on a bad line. No key of a person begins like it.
FRAME_SECONDS = 1.0
# After an escape character that has become the key, `[` is a key of its own, which nobody shall wait for so long.
BRACKET_SECONDS = 0.3
READ_BYTES = 4096
# A whole control sequence (ECMA-48 5.4), or a key of the keypad (SS3).
_WHOLE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])").fullmatch
# What Textual reads after it has looked for a key: mouse and modes. Two begin with what looks whole by itself.
_READ_LATER = re.compile(r"\x1b\[(?:<?[-\d;]+[mM]|\?\d+;\d\$y|M|\[)").fullmatch
# No window is larger; a terminal that says so would have its console paint gigabytes.
MOST_CELLS = 2_000
SELECT_SECONDS = 0.1
# So long after the last byte something may be begun that ends with time: a frame, or an escape that is a key by itself.
BEGUN_SECONDS = FRAME_SECONDS + 2 * constants.ESCAPE_DELAY + SELECT_SECONDS


class Incoming(XTermParser):
    """The stream of a terminal in messages; what stands in the frame of a paste is one Paste, whatever it holds."""

    def __init__(
        self, debug: bool = False, clock: Callable[[], float] = time.monotonic, *, mouse: bool = False
    ) -> None:
        super().__init__(debug)
        self._clock = clock
        self._mouse = mouse
        self._pasted: list[str] = []
        self._size = 0
        self._pasting = False
        # The begin of what may become a frame, and since when it waits.
        self._rest = ""
        self._since = 0.0
        # Whether an escape character, which has by now become the key, was the last that came before `_rest`.
        self._escaped = False

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        """The keys of a sequence. Textual presses the letters of one that it does not know: here it is no key."""
        unknown = len(sequence) > 2 and sequence not in ANSI_SEQUENCES_KEYS and _WHOLE(sequence)
        if unknown and not _READ_LATER(sequence):
            return (events.Key(Keys.Ignore, sequence),)
        return super()._sequence_to_key_events(sequence, alt)

    def parse_mouse_code(self, code: str) -> Message | None:
        """Nothing while the mouse is off: whoever reports it then was not asked, in whatever units."""
        return super().parse_mouse_code(code) if self._mouse else None

    def _read(self, text: str) -> Iterable[Message]:
        """The messages in a text without pastes; a size that no window has is none."""
        for message in super().feed(text):
            if not isinstance(message, events.Resize) or all(
                0 < cells <= MOST_CELLS for cells in message.size
            ):
                yield message

    def feed(self, data: str) -> Iterable[Message]:
        """The messages in the next piece; "" ends the stream."""
        if not data:
            yield from self._read(data)
            return
        if self._pasting and data == QUIT and self._clock() - self._since >= BRACKET_SECONDS:
            # The end was lost with the line, and somebody wants out; in a paste it comes with what is around it.
            yield self._paste("")
            return
        text, self._rest = self._rest + data, ""
        if self._escaped and text.startswith(BEGIN[1:]):
            text = ESCAPE + text
        elif self._escaped and BEGIN[1:].startswith(text):
            self._rest, self._since = text, self._clock()
            return
        self._escaped = False
        while text:
            if self._pasting:
                inside, end, text = text.partition(END)
                if end:
                    yield self._paste(inside)
                else:
                    self._keep(self._hold(inside, END))
                continue
            before, begin, text = text.partition(BEGIN)
            self._pasting = bool(begin)
            if not begin:
                before = self._hold(before, BEGIN)
            if before:
                yield from self._read(before)

    def tick(self) -> Iterable[Message]:
        """What is certain now that nothing came for a while."""
        yield from super().tick()
        if self._pasting or not self._rest:
            return
        waited = self._clock() - self._since
        if self._rest == ESCAPE and waited >= constants.ESCAPE_DELAY:
            self._rest, self._escaped = "", True
            yield events.Key("escape", ESCAPE)
        elif waited >= (BRACKET_SECONDS if self._escaped else FRAME_SECONDS):
            rest, self._rest, self._escaped = self._rest, "", False
            yield from self._read(rest)

    def _hold(self, text: str, frame: str) -> str:
        """Put aside what may be the begin of a frame at the end of a text; the text before it."""
        held = next((n for n in range(len(frame) - 1, 0, -1) if text.endswith(frame[:n])), 0)
        self._rest, self._since = text[len(text) - held :], self._clock()
        return text[: len(text) - held]

    def _keep(self, text: str) -> None:
        self._pasted.append(text[: PASTE_MAX - self._size])
        self._size += len(self._pasted[-1])

    def _paste(self, last: str) -> events.Paste:
        self._keep(last)
        whole = "".join(self._pasted).replace("\x00", "")
        self._pasted, self._size, self._pasting, self._rest = [], 0, False, ""
        return events.Paste(whole)


# Buttons, told in SGR's way (xterm's control sequences, "Mouse Tracking").
MOUSE_ON, MOUSE_OFF = "\x1b[?1000h\x1b[?1006h", "\x1b[?1000l\x1b[?1006l"
# Plain, the whole screen, and the cursor in its corner (ECMA-48).
CLEARED = "\x1b[0m\x1b[r\x1b[2J\x1b[H"


class ConsoleDriver(LinuxDriver):
    """Textual's driver, reading by `Incoming`; a terminal from which nothing comes is waited for, not looked at.

    Ten looks a second take 0.2 % of a processor, as much as all else that an idle console does.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # What is written into it ends the wait. It stays as long as the program: a stopped console closes its driver.
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._wake, False)

    def _enable_mouse_support(self) -> None:
        """Ask for clicks and the wheel; each move of the hand (1003), which Textual asks for, is a burden to a line."""
        if self._mouse:
            self.write(MOUSE_ON)

    def _enable_mouse_pixels(self) -> None:
        """Cells will do."""

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self.write(MOUSE_OFF)

    def disable_input(self) -> None:
        """Let the thread that waits know that it is over, and await its end."""
        if self._key_thread is not None and self._key_thread.is_alive():
            os.write(self._woken, b"\0")
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back; nothing of the desk stays where there is no second screen to leave.

        GNU screen has none unless it is told to (`altscreen on`), nor has the Linux console.
        """
        if self._writer_thread is not None:
            self.write(CLEARED)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Hand messages on until the console ends."""
        incoming = Incoming(self._debug, mouse=self._mouse)
        # A byte that is no UTF-8 becomes a sign that no key has; Textual's driver would end the console.
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            with suppress(BlockingIOError):
                os.read(self._wake, READ_BYTES)  # of the last time
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            came = time.monotonic()
            while not self.exit_event.is_set():
                begun = time.monotonic() - came < BEGUN_SECONDS
                ready = {key.fd for key, _ in selector.select(SELECT_SECONDS if begun else None)}
                if self.fileno in ready and (text := decode(self._read())):
                    came = time.monotonic()
                    for message in incoming.feed(text):
                        self.process_message(message)
                for message in incoming.tick():
                    self.process_message(message)
                if self._wake in ready:
                    self.exit_event.wait(SELECT_SECONDS)

    def _read(self) -> bytes:
        """What the terminal sent; nothing when it is gone, of which the hang-up signal tells the app."""
        try:
            data = os.read(self.fileno, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self.exit_event.wait(SELECT_SECONDS)
        return data
