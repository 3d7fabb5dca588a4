"""A desk that is still being opened: the console paints and takes keys, and what it asks is answered then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.desk.desk import Ask, Changes, Desk, Done
    from csdesk.domain.cases.command import Command
    from csdesk.domain.cases.context import Actor

T = TypeVar("T")


class ComingDesk:
    """Stands for a LocalDesk until `open` has made it in its own thread."""

    def __init__(self, make: "Callable[[], Core]") -> None:
        self._make = make
        self._desk: Desk | None = None
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Open the desk, unless it is open; raises StoreError or ConfigError."""
        if self._desk is not None:
            return
        thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        core = await asyncio.get_running_loop().run_in_executor(thread, self._make)
        from csdesk.desk.local import LocalDesk

        self._desk = LocalDesk(core, thread)
        self._opened.set()

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
