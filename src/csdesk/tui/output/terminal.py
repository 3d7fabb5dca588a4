"""The console's way to its terminal in place of Textual's own: what this terminal can do, and when to write."""

import os
import sys
from functools import cached_property
from typing import Any

from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App

from csdesk.tui.output.encode import Able
from csdesk.tui.output.painter import Painter

SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
# Said by nearly every terminal window there is, Windows Terminal among them; its entry has bce, ech, csr and ri.
XTERM = "xterm-256color"
# What a terminal keeps of the lines that scrolled off its screen (xterm's ED 3; tmux and screen take it as theirs).
ERASE_SAVED = "\x1b[3J"
# A frame of so few bytes travels in one packet anyway; marking it would cost sixteen more.
WHOLE = 600
# While the terminal has not taken what it was given, it is looked at again after so long, then each time after twice as
# long; what it missed meanwhile goes as one frame. Mostly the writing thread has only not had its turn yet.
AGAIN_SECONDS, AT_MOST_SECONDS = 0.004, 0.06


def able() -> Able:
    """What the terminal at standard output can do, by its terminfo entry; nothing where there is none.

    What the commonest entry says is known without it. tmux can do more than its entries say (since 2.4 it erases in
    colour), unless GNU screen is in between.
    """
    environ = os.environ
    if environ.get("TERM") == XTERM:
        return Able(bce=True, ech=True, csr=True)
    inside = environ.get("TERM", "").startswith(("screen", "tmux"))
    if environ.get("TMUX") and inside and not environ.get("STY"):
        return Able(bce=True, ech=True, csr=True)
    try:
        import curses  # 2 ms with the entry, once
    except ImportError:  # a Python without it
        return Able()
    try:
        curses.setupterm(fd=sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except (OSError, curses.error):
        return Able()
    has = curses.tigetstr
    return Able(bce=curses.tigetflag("bce") == 1, ech=bool(has("ech")), csr=bool(has("csr") and has("ri")))


class LeanOutput(App[int], inherit_bindings=False):
    """An app whose frames go out as the difference to what its terminal shows.

    It leans on `App._display`, which hands over what the compositor made; anything else goes Textual's way, and the
    next frame after that begins with a cleared screen. `lean` False leaves all of it to Textual.
    """

    lean = True
    _painter: Painter | None = None
    _writer: object = None
    _later = False
    _wait = AGAIN_SECONDS
    _in_band = False
    _copied = False
    # While one is named, frames of no other screen go out.
    only: object = None

    @cached_property
    def _able(self) -> Able:
        return able()

    def _display(self, screen: Any, renderable: Any) -> None:
        if self.only is not None and screen is not self.only:
            return
        if not self.lean or not self._can_write():
            super()._display(screen, renderable)
        elif isinstance(renderable, LayoutUpdate | ChopsUpdate):
            self._show(renderable)
        else:
            if renderable is not None:
                self.forget_terminal()
            super()._display(screen, renderable)

    def _show(self, update: LayoutUpdate | ChopsUpdate) -> None:
        try:
            if not self._batch_count:  # after a batch all of it comes again
                before, painter = self._painter, self._painter_now()
                painter.take(update)
                if painter is not before and not _covers(update, painter.size):
                    self.screen.refresh()  # what this painter has not seen
                self._send()
        except Exception as error:  # noqa: BLE001 - as Textual does: the app ends and tells
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def on_resize(self, event: events.Resize) -> None:
        """Paint anew when the terminal was another size for a moment, or the console was stopped and goes on.

        Either leaves a terminal that shows something else, at a size that Textual finds unchanged.
        """
        in_band = bool(getattr(self._driver, "_in_band_window_resize", False))
        answered, self._in_band = in_band and not self._in_band, in_band
        # The first report of a terminal that reports sizes by itself answers the question; nothing has changed.
        if answered or self._painter is None or self._painter.size != (event.size.width, event.size.height):
            return
        # Not `_painter_now`: the app learns its size after this.
        self._writer = getattr(self._driver, "_writer_thread", None)
        self._painter.forget()
        self._send()

    def _can_write(self) -> bool:
        driver = self._driver
        return (
            self._running
            and not self._closed
            and not self.is_headless
            and driver is not None
            and not driver.is_inline
        )

    def _painter_now(self) -> Painter:
        """The painter of this terminal as it is: another size or another session begins anew."""
        width, height = self.size
        writer = getattr(self._driver, "_writer_thread", None)
        if self._painter is None or self._painter.size != (width, height):
            self._painter = Painter(width, height, self._able, self.console._color_system)
        elif writer is not self._writer:
            self._painter.forget()  # the console was stopped, and the shell has written since
        self._writer = writer
        return self._painter

    def forget_terminal(self) -> None:
        """Somebody else may have written to the terminal: the next frame clears it and paints all of it."""
        if self._painter is not None:
            self._painter.forget()

    def _set_pointer_shape(self, shape: str) -> None:
        """Nothing: 13 bytes with each screen, for a pointer that does nothing here that needs another shape."""

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by OSC 52, and remember that the clipboard holds what was copied here."""
        super().copy_to_clipboard(text)
        self._copied = True

    def wipe(self) -> None:
        """Clear what the terminal keeps of earlier pictures, and the clipboard if it was filled from here.

        A blank takes the place of what was copied: tmux ignores an empty clipboard.
        """
        if self._copied:
            self.copy_to_clipboard(" ")
            self._copied, self._clipboard = False, ""
        self.forget_terminal()
        if self._driver is not None:
            self._driver.write(ERASE_SAVED)

    def _send(self) -> None:
        """Write what is new, unless the line is still busy with what was written before."""
        painter, driver = self._painter, self._driver
        if painter is None or driver is None or not self._can_write():
            return
        if _waiting(driver):
            if not self._later:
                self._later = True
                self.set_timer(self._wait, self._send_later)
                self._wait = min(self._wait * 2, AT_MOST_SECONDS)
            return
        self._wait = AGAIN_SECONDS
        x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
        text = painter.flush((y, x))
        if not text:
            return
        if self._sync_available and len(text) > WHOLE:
            text = f"{SYNC_BEGIN}{text}{SYNC_END}"
        driver.write(text)
        driver.flush()

    def _send_later(self) -> None:
        self._later = False
        self._send()


def _covers(update: LayoutUpdate | ChopsUpdate, size: tuple[int, int]) -> bool:
    """Whether an update tells all of a screen of this size."""
    return isinstance(update, LayoutUpdate) and update.region == (0, 0, *size)


def _waiting(driver: Any) -> bool:
    """Whether the terminal has not yet taken what it was given."""
    writer = getattr(driver, "_writer_thread", None)
    return writer is not None and writer._queue.qsize() > 0
