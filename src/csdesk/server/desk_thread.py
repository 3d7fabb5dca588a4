"""A Core and the one thread that may touch it: no request holds the loop up while the disk or a system works."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from csdesk.desk.core import Core
from csdesk.server.problems import Problem

R = TypeVar("R")
# Each is done in milliseconds; who stands behind so many is better told to come again than kept waiting.
MOST_WAITING = 200


class DeskThread:
    """Runs calls on a Core of its own, one after the other."""

    def __init__(self, make: Callable[[], Core], name: str, most: int = MOST_WAITING) -> None:
        self._make = make
        self._most = most
        self._waiting = 0
        self._core: Core | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def open(self) -> None:
        """Open the desk in its thread. StoreError, ConfigError."""
        self._core = await asyncio.get_running_loop().run_in_executor(self._thread, self._make)

    async def run(self, call: Callable[[Core], R]) -> R:
        """What `call` makes of the Core; Problem `busy` when too many wait already, `draining` at the end of patience.

        What is given up at a server's end may be done all the same: whoever sends it again hears that it was.
        """
        core = self._core
        if core is None or self._waiting >= self._most:
            raise Problem(503, "busy")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, core)
        except asyncio.CancelledError:
            raise Problem(503, "draining") from None
        finally:
            self._waiting -= 1

    @property
    def waiting(self) -> int:
        """How many calls wait or are being made."""
        return self._waiting

    async def close(self) -> None:
        """Give the connection back after what was begun."""
        if self._core is not None:
            core, self._core = self._core, None
            await asyncio.get_running_loop().run_in_executor(self._thread, core.store.close)
        self._thread.shutdown(wait=True)
