"""The places a desk can be: each gives the same desk to the same tests; one class and one entry each."""

from collections.abc import Callable
from typing import Any, Protocol

from csdesk.desk.desk import Desk
from csdesk.store.verify import verify
from tests.building import DeskFile


class Place(Protocol):
    """Where a desk is kept, with STAFF and the shops of `tests.building`."""

    def order(self, *lines: Any, **facts: Any) -> str:
        """A new order, as `DeskFile.order`; gives its number."""
        ...

    def customer(self, name: str = "张伟", *, phone: str = "13812345678", email: str = "") -> str:
        """A new customer; gives the id."""
        ...

    async def desk(self, who: str) -> Desk:
        """A console of its own for one of STAFF, as in another window."""
        ...

    def wrong(self) -> list[str]:
        """What `csdesk verify` would find: chains, folds, promises, counters, money."""
        ...

    async def close(self) -> None:
        """Close every console that was opened."""
        ...


class LocalSqlite:
    """One SQLite file, and a thread and connection for every console."""

    def __init__(self, file: DeskFile) -> None:
        self._file = file
        self._desks: list[Desk] = []
        self.order = file.order
        self.customer = file.customer

    async def desk(self, who: str) -> Desk:
        desk = await self._file.desk(who)
        self._desks.append(desk)
        return desk

    def wrong(self) -> list[str]:
        return [str(finding) for finding in verify(self._file.store())]

    async def close(self) -> None:
        for desk in self._desks:
            await desk.close()


PLACES: dict[str, Callable[[DeskFile], Place]] = {"local-sqlite": LocalSqlite}
