"""A copy of a database that follows it: where questions that take long are answered, as long as it is there."""

from typing import TYPE_CHECKING

from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.store.file import Store

# One that is away is asked for again after so long: a question that finds it out waits up to 10 s for the connection.
AGAIN_MS = 60_000
# A question that takes too long there would take as long at the primary, where others work.
KEPT = frozenset({"too_slow"})


class Replica:
    """The replica beside one connection, for the same thread; opened with the first question, left alone while away."""

    def __init__(self, dsn: Dsn) -> None:
        self.dsn = dsn
        # The code of the error for which it was left last; "" while it answers, or was not asked yet.
        self.away = ""
        self._left = 0
        self._store: Store | None = None

    def store(self, primary: "Store", now: int) -> "Store | None":
        """The desk there; None while it is away, or does not know yet who was erased from `primary`. `now`: UTC ms."""
        if self.away and abs(now - self._left) < AGAIN_MS:
            return None
        try:
            if self._store is None:
                self._store = primary.at(self.dsn)
            self._store.heed_erasures()
        except StoreError as exc:
            self.leave(exc, now)
            return None
        self.away = ""
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
