"""A copy of a database that follows it: where questions that take long are answered, as long as it is there."""

from typing import TYPE_CHECKING

from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.store.file import Store

# How long it may take to let us in, and half of how long it may be silent: whoever waits for a report waits for this.
PATIENT_S = 3
# One that is away is asked for again after so long, and after twice as long each time that it still is, up to a quarter
# of an hour: where the network swallows everything, reports wait for it 15 s in the first hour.
AGAIN_MS, MOST_AGAIN_MS = 60_000, 15 * 60_000
# A question that takes too long there would take as long at the primary, where others work.
KEPT = frozenset({"too_slow"})


class Replica:
    """The replica beside one connection, for the same thread; opened with the first question, left alone while away."""

    def __init__(self, dsn: Dsn) -> None:
        self.dsn = dsn
        # The code of the error for which it was left last; "" while it answers, or was not asked yet.
        self.away = ""
        self._left = 0
        self._pause = AGAIN_MS
        self._store: Store | None = None

    def store(self, primary: "Store", now: int) -> "Store | None":
        """The desk there; None while it is away, or does not know yet who was erased from `primary`. `now`: UTC ms."""
        if self.away and abs(now - self._left) < self._pause:
            return None
        still = bool(self.away)
        try:
            if self._store is None:
                self._store = primary.at(self.dsn, PATIENT_S)
            self._store.heed_erasures()
        except StoreError as exc:
            self.leave(exc, now)
            self._pause = min(2 * self._pause, MOST_AGAIN_MS) if still else AGAIN_MS
            return None
        self.away, self._pause = "", AGAIN_MS
        return self._store if self._store.erased == primary.erased else None

    def leave(self, exc: StoreError, now: int) -> bool:
        """Whether the primary answers in its place what failed there with this error; it is left alone then."""
        if exc.code in KEPT:
            return False
        self.away, self._left = exc.code, now
        self.close()
        return True

    def close(self) -> None:
        """Give the connection back."""
        if self._store is not None:
            store, self._store = self._store, None
            store.close()
