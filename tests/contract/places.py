"""The places a desk can be: each gives the same desk to the same tests; one class and one entry each."""

from collections.abc import Callable
from typing import Any, Protocol

from csdesk.client.remote import RemoteDesk
from csdesk.desk.desk import Desk
from csdesk.domain.roles import Role
from csdesk.store.verify import verify
from tests.building import STAFF, DeskFile
from tests.serving import Guest


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


class LocalPostgres(LocalSqlite):
    """A desk in a database of PostgreSQL, among others; a connection for every console."""


class RemoteSqlite(LocalSqlite):
    """A file behind a server; every console a client of its own over a real socket."""

    def __init__(self, file: DeskFile) -> None:
        super().__init__(file)
        self._serving = Guest(file)

    async def desk(self, who: str) -> Desk:
        if STAFF[who] is Role.SYSTEM:  # the worker stands beside the desk, wherever its consoles are
            return await super().desk(who)
        desk: Desk = await RemoteDesk.open(self._serving.where, self._serving.token(who))
        self._desks.append(desk)
        return desk

    async def close(self) -> None:
        await super().close()
        self._serving.stop()


class RemotePostgres(RemoteSqlite):
    """A desk in a database behind a server, several of whose threads write."""


PLACES: dict[str, Callable[[DeskFile], Place]] = {
    "local-sqlite": LocalSqlite,
    "local-postgres": LocalPostgres,
    "remote-sqlite": RemoteSqlite,
    "remote-postgres": RemotePostgres,
}
