"""`LocalDesk`: a desk in this process, its store owned by one thread, so that no key waits for the disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from csdesk.desk.core import Core
from csdesk.desk.desk import Ask, Changes, Done, T
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor
from csdesk.store import feed
from csdesk.store.connection import data_version

R = TypeVar("R")
# Looking costs 2 µs; half a second is what a person does not notice.
WATCH_SECONDS = 0.5
MANY = 500


class Beside:
    """The same desk for the same person, read only, in a thread of its own: for what takes long."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._own: Core | None = None
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="beside")

    def ask(self, question: Ask[T]) -> T:
        """Answer, in `thread`."""
        if self._own is None:
            self._own = self._core.reading()
        return self._own.ask(question)

    def close(self) -> None:
        """Give the connection back, in `thread`."""
        if self._own is not None:
            self._own.store.close()


class LocalDesk:
    """The asynchronous face of a Core. `open` runs in the thread that then owns the connection."""

    def __init__(self, core: Core, thread: ThreadPoolExecutor) -> None:
        self._core = core
        self._thread = thread
        self._beside: Beside | None = None

    @classmethod
    async def open(cls, make: Callable[[], Core]) -> "LocalDesk":
        """Make the core in its own thread and stand before it."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        core = await asyncio.get_running_loop().run_in_executor(thread, make)
        return cls(core, thread)

    @property
    def me(self) -> Actor:
        """Who works here."""
        return self._core.me

    async def _run(self, call: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def do(
        self, command: Command, case: str = "", *, version: int | None = None, key: str = ""
    ) -> Done:
        """See `Desk.do`."""
        return await self._run(lambda: self._core.do(command, case, version=version, key=key))

    async def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`."""
        if question.aside:
            return await self._aside(question)
        return await self._run(lambda: self._core.ask(question))

    async def _aside(self, question: Ask[T]) -> T:
        """Answer in a thread with a connection of its own, both made with the first such question."""
        if self._beside is None:
            self._beside = Beside(self._core)
        return await asyncio.get_running_loop().run_in_executor(
            self._beside.thread, self._beside.ask, question
        )

    async def watch(self) -> AsyncIterator[Changes]:
        """See `Desk.watch`: looks twice a second whether the file or this desk has changed."""
        # The stamp first: a change between the two is then seen twice rather than never.
        seen = await self._run(self._stamp)
        last = await self._run(lambda: feed.last_change(self._core.store.conn, self._core.desk))
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = await self._run(self._stamp)
            if now == seen:
                continue
            seen, after = now, last
            changes = await self._run(partial(self._changes, after))
            if changes:
                # A gap after the last look: the worker has pruned what this console was too slow to read.
                missed = len(changes) == MANY or changes[0].seq != after + 1
                last = changes[-1].seq
                cases = tuple(dict.fromkeys(c.case for c in changes if c.case))
                yield Changes(cases, everything=missed, beside=missed or any(not c.case for c in changes))

    def _changes(self, after: int) -> list[feed.Change]:
        return feed.changes(self._core.store.conn, self._core.desk, after, MANY)

    def _stamp(self) -> tuple[int, int]:
        """Differs after a commit by another process (data_version) or by this connection (total_changes)."""
        conn = self._core.store.conn
        return data_version(conn), conn.total_changes

    async def close(self) -> None:
        """See `Desk.close`."""
        if self._beside is not None:
            await asyncio.get_running_loop().run_in_executor(self._beside.thread, self._beside.close)
            self._beside.thread.shutdown(wait=False)
        await self._run(self._core.store.close)
        self._thread.shutdown(wait=False)
