"""A desk that is still being opened: the console paints and takes keys, and what it asks is answered then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.desk.desk import Ask, Changes, Desk, Done
    from csdesk.desk.link import Line
    from csdesk.domain.cases.command import Command
    from csdesk.domain.cases.context import Actor

T = TypeVar("T")


class ComingDesk:
    """Stands for a LocalDesk until `open` has made it in its own thread, which `thread` is."""

    def __init__(self, make: "Callable[[], Core]", thread: ThreadPoolExecutor | None = None) -> None:
        self._make = make
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._desk: Desk | None = None
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Open the desk, unless it is open; raises StoreError or ConfigError."""
        if self._desk is None:
            self._desk = await self._made()
            self._opened.set()

    async def _made(self) -> "Desk":
        core = await asyncio.get_running_loop().run_in_executor(self._thread, self._make)
        from csdesk.desk.local import LocalDesk

        return LocalDesk(core, self._thread)

    async def _ready(self) -> "Desk":
        await self._opened.wait()
        assert self._desk is not None
        return self._desk

    @property
    def me(self) -> "Actor":
        """Who works here. Only to be asked once something else was answered."""
        if self._desk is None:
            raise RuntimeError("the desk is not open yet")
        return self._desk.me

    async def do(
        self, command: "Command", case: str = "", *, version: int | None = None, key: str = ""
    ) -> "Done":
        """See `Desk.do`."""
        return await (await self._ready()).do(command, case, version=version, key=key)

    async def ask(self, question: "Ask[T]") -> T:
        """See `Desk.ask`."""
        return await (await self._ready()).ask(question)

    async def watch(self) -> "AsyncIterator[Changes]":
        """See `Desk.watch`."""
        async for changes in (await self._ready()).watch():
            yield changes

    async def close(self) -> None:
        """See `Desk.close`."""
        if self._desk is not None:
            await self._desk.close()


class ComingRemote(ComingDesk):
    """Stands for the desk of a server until it is reached; its `open` raises LinkLost, NotAdmitted, ServerFault too."""

    def __init__(self, reach: "Callable[[], Awaitable[Desk]]") -> None:
        super().__init__(_no_core)
        self._reach = reach

    async def _made(self) -> "Desk":
        return await self._reach()

    @property
    def line(self) -> "Line | None":
        """The line to it; None until it is open."""
        from csdesk.desk.link import line_of

        return line_of(self._desk)


def _no_core() -> "Core":
    raise AssertionError("a remote desk has no core here")
