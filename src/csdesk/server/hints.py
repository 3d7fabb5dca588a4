"""What a database tells of writes, brought to the desks of a server: one listener for all of them."""

import asyncio
import logging
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from csdesk.server.hall import Hall
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.store.listening import Listener

log = logging.getLogger("csdesk.server")

# How often it looks whether it shall end; the wait for a hint itself costs nothing.
WAIT_S = 0.5
# A database that is away is tried again after so long; meanwhile every desk is looked at as without hints.
AGAIN_S = 1.0


class Hints:
    """A thread with a connection that hears; without it changes by other servers are seen by looking."""

    def __init__(self, dsn: Dsn, hall: Hall, loop: asyncio.AbstractEventLoop) -> None:
        self._dsn = dsn
        self._hall = hall
        self._loop = loop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End; blocks for up to WAIT_S."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        from csdesk.store.listening import Listener

        while not self._stop.is_set():
            try:
                with closing(Listener(self._dsn)) as listener:
                    self._listen(listener)
            except StoreError as exc:
                log.warning('{"event":"no_hints","code":"%s"}', exc.code)
            self._stop.wait(AGAIN_S)

    def _listen(self, listener: "Listener") -> None:
        self._loop.call_soon_threadsafe(self._hall.hinting, True)
        try:
            while not self._stop.is_set():
                listener.heard(WAIT_S, self._told)
        finally:
            self._loop.call_soon_threadsafe(self._hall.hinting, False)

    def _told(self, desk: str) -> None:
        self._loop.call_soon_threadsafe(self._hall.hint, desk)
