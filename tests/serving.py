"""A server in this process, on a socket that is real: for tests that speak HTTP to a desk of `tests.building`."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from functools import cache
from zoneinfo import ZoneInfo

import uvicorn

from csdesk.desk.core import Core
from csdesk.desk.entry import SYSTEM
from csdesk.desk.words import Words
from csdesk.server.app import Rooms, make_app
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import Doors
from csdesk.server.hall import Hall
from csdesk.server.oidc import OpenId
from csdesk.server.ordering import LookUp
from csdesk.server.patience import protocol
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from tests.building import ZONE, DeskFile

SECONDS, LIMIT = 10.0, 256 * 1024


def listening() -> socket.socket:
    """A socket on a free port of this machine; who calls before its server is there waits."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.bind(("127.0.0.1", 0))
    made.listen(2048)
    return made


def token_of(file: DeskFile, who: str) -> str:
    """A new token of an agent of a desk."""
    with closing(open_store(file.place, desk_id=file.desk_id)) as store, write(store.conn) as conn:
        made = tokens.make(conn, store.desk.id, who, label="test", by="gao", now=file.clock())
    return made[1]


class Serving:
    """The API of a desk on a free port of this machine; `stop` ends it."""

    def __init__(
        self, file: DeskFile, look: LookUp | None = None, provider: Callable[[str], OpenId] | None = None
    ) -> None:
        """`provider`: who vouches for people at a server that browsers reach under this address."""
        self._file = file
        self._look = look
        self._provider = provider
        self._socket = listening()
        self.where = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="server", daemon=True)
        self._thread.start()
        assert self._started.wait(20), "the server did not start"

    def token(self, who: str) -> str:
        """A new token of an agent."""
        return token_of(self._file, who)

    def _core(self, desk: str) -> Core:
        return Core(
            open_store(self._file.place, desk_id=desk or self._file.desk_id), SYSTEM, now=self._file.clock
        )

    async def _serve(self) -> None:
        hall = Hall(self._core)
        desk = DeskThread(lambda: self._core(""), "desk")
        rooms = Rooms(Doors(), desk, desk, Words("en", ZoneInfo(ZONE)), SECONDS, hall, self._look)
        rooms.provider = self._provider(self.where) if self._provider else None
        settings = uvicorn.Config(
            make_app(rooms, LIMIT), http=protocol(SECONDS), lifespan="off", log_config=None, access_log=False
        )
        self._server = uvicorn.Server(settings)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        try:
            await hall.open()
            await desk.open()
            self._started.set()
            await self._server.serve([self._socket])
        finally:
            await desk.close()
            await hall.close()

    def stop(self) -> None:
        """End it, as a service manager would."""
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()


class House:
    """One server for all tests of a process, and a room in it for each test's desk: a start and an end take 0.25 s."""

    def __init__(self) -> None:
        self._files: dict[str, DeskFile] = {}
        self._socket = listening()
        self.where = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="house", daemon=True).start()
        assert self._started.wait(20), "the server did not start"

    def _run(self) -> None:
        self.loop.run_until_complete(self._serve())

    def _core(self, name: str) -> Core:
        file = self._files.get(name)
        if file is None:
            raise StoreError("no_such_desk", desk=name)
        return Core(open_store(file.place, desk_id=file.desk_id), SYSTEM, now=file.clock)

    async def _serve(self) -> None:
        self.hall = Hall(self._core)
        nobody = DeskThread(lambda: self._core(""), "desk")
        rooms = Rooms(Doors(), nobody, nobody, Words("en", ZoneInfo(ZONE)), SECONDS, self.hall)
        settings = uvicorn.Config(
            make_app(rooms, LIMIT), http=protocol(SECONDS), lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(settings)
        self._started.set()
        # Not `serve`, which would take the signals of whoever runs the tests.
        await server._serve([self._socket])

    def enter(self, file: DeskFile) -> str:
        """Let a desk in; gives the name that its tokens begin with here: files are all of a desk `main`."""
        name = file.desk_id or f"guest-{os.urandom(6).hex()}"
        self._files[name] = file
        return name

    def leave(self, name: str) -> None:
        """Close every connection to a desk."""
        del self._files[name]
        asyncio.run_coroutine_threadsafe(self._closed(name), self.loop).result(20)

    async def _closed(self, name: str) -> None:
        room = self.hall._rooms.pop(name, None)
        if room is not None:
            await room.close()


@cache
def house() -> House:
    """The server of this process, started for the first test that wants it; it ends with the process."""
    return House()


class Guest:
    """As `Serving`, in the process's one server."""

    def __init__(self, file: DeskFile) -> None:
        self._file = file
        self._name = house().enter(file)
        self.where = house().where

    def token(self, who: str) -> str:
        """A new token of an agent."""
        return ".".join((self._name, *token_of(self._file, who).split(".")[1:]))

    def stop(self) -> None:
        """Go."""
        house().leave(self._name)
