"""What happens once the hands have rested: one timer for a whole run of keys."""

import time
from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer

# A timer that wakes this much too early is not set again.
NEAR_SECONDS = 0.002


class Rest:
    """Calls `then` when nothing has said `again` for so many seconds.

    A timer of Textual's costs 0.2 ms to begin and to stop; a held key would do both at each of its strokes.
    """

    def __init__(self, owner: MessagePump, seconds: float, then: Callable[[], object]) -> None:
        self._owner, self._seconds, self._then = owner, seconds, then
        self._until = 0.0
        self._timer: Timer | None = None

    def again(self) -> None:
        """Something moved: wait anew."""
        self._until = time.monotonic() + self._seconds
        if self._timer is None:
            self._wait(self._seconds)

    def stop(self) -> None:
        """Wait for nothing."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _wait(self, seconds: float) -> None:
        self._timer = self._owner.set_timer(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        left = self._until - time.monotonic()
        if left > NEAR_SECONDS:
            self._wait(left)
        else:
            self._then()
