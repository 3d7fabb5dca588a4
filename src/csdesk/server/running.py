"""How the server runs: where it listens, how long it waits for slow clients, how it ends without losing a request."""

import asyncio
import ipaddress
import logging
import resource
import signal
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import h11
import msgspec
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.entry import open_core
from csdesk.desk.words import Words
from csdesk.domain.text import json_safe
from csdesk.server.app import Rooms, make_app
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import open_doors

log = logging.getLogger("csdesk.server")

UNIX = "unix:"
# One order system is asked at a time; behind so many it is better to come again.
MOST_ASKING = 20
KEEP_ALIVE_S = 20
# Connections at once, as far as the process may have that many files; more are closed at once. Without a bound the
# event loop runs out of files, and then writes thousands of lines a second about it until the disk is full.
MOST_CONNECTIONS = 400
# How many are accepted in one go, before the bound is looked at.
BACKLOG = 64
# How often the log says that there were too many.
TELL_S = 60.0


def bind(listen: str) -> socket.socket:
    """A socket for `host:port` of this machine or `unix:/path`; ConfigError for what cannot be listened on."""
    try:
        return _unix(Path(listen.removeprefix(UNIX))) if listen.startswith(UNIX) else _tcp(listen)
    except OSError as exc:
        raise ConfigError("config_listen", value=listen, reason=exc.strerror or str(exc)) from None


def _tcp(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise ConfigError("config_listen", value=listen, reason="address") from None
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigError("config_listen", value=listen, reason="port")
    if not address.is_loopback:
        raise ConfigError("config_listen", value=listen, reason="not_this_machine")
    made = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((str(address), int(port)))
    except OSError:
        made.close()
        raise
    return made


def _unix(path: Path) -> socket.socket:
    """A socket that its owner and group may open; one that a dead server left behind is replaced."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()
        made.bind(str(path))
        path.chmod(0o660)
    except OSError:
        made.close()
        raise
    return made


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except OSError:
            return False
    return True


def address_of(made: socket.socket) -> str:
    """Where a socket listens, as `listen` says it."""
    name = made.getsockname()
    if made.family == socket.AF_UNIX:
        return f"{UNIX}{name}"
    return f"[{name[0]}]:{name[1]}" if made.family == socket.AF_INET6 else f"{name[0]}:{name[1]}"


def most_connections() -> int:
    """How many connections may be open: half of the files that this process may have, the desk needs some too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // 2)


def protocol(seconds: float, most: int = MOST_CONNECTIONS) -> type[H11Protocol]:
    """HTTP/1.1 for which a client must have told what it wants, headers and all, within `seconds`.

    Who was answered before the body was whole (it was too slow, too large, not wanted) has as long to come to its end:
    what still comes is thrown away, and a connection that never ends would never be given back. Of more than `most`
    connections at once the newest are closed.
    """
    told_at = -TELL_S

    def too_many(now: float) -> None:
        nonlocal told_at
        if now - told_at >= TELL_S:
            told_at = now
            log.warning('{"event":"too_many_connections","most":%d}', most)

    class Impatient(H11Protocol):
        _patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                too_many(self.loop.time())
                self.transport.close()
                return
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._wait()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self._answered_early():
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            super().connection_lost(exc)

        def _answered_early(self) -> bool:
            return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

        def _wait(self) -> None:
            if self.conn.their_state is not h11.IDLE and not self._answered_early():
                self._rest()
            elif self._patience is None:
                self._patience = self.loop.call_later(seconds, self._gone)

        def _rest(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

        def _gone(self) -> None:
            if self.conn.their_state is h11.IDLE or self._answered_early():
                self.transport.close()

    return Impatient


class _Server(uvicorn.Server):
    """Says when it listens, and that it drains."""

    def __init__(self, config: uvicorn.Config, rooms: Rooms, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._rooms = rooms
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._rooms.draining = True
        await super().shutdown(sockets)


def run(config: Config, words: Words, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun. ConfigError, StoreError before anything opens."""
    doors = open_doors(config)
    made = bind(config.listen)
    # The framework ends by raising the signal that stopped it once more; we end by coming back from here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _log_lines()

    def system() -> Core:
        return open_core(config, system=True)

    async def serve() -> None:
        desk, asking = DeskThread(system, "desk"), DeskThread(system, "asking", MOST_ASKING)
        rooms = Rooms(doors, desk, asking, words, config.request_seconds)
        try:
            await desk.open()
            await asking.open()
            settings = uvicorn.Config(
                make_app(rooms, config.body_limit_kb * 1024),
                http=protocol(config.request_seconds, most_connections()),
                backlog=BACKLOG,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=config.drain_seconds,
            )
            where = address_of(made)
            await _Server(settings, rooms, lambda: started(where)).serve([made])
        finally:
            await desk.close()
            await asking.close()

    try:
        asyncio.run(serve())
    finally:
        made.close()
        if config.listen.startswith(UNIX):
            with suppress(FileNotFoundError):
                Path(config.listen.removeprefix(UNIX)).unlink()


class _Lines(logging.Formatter):
    """Lines of JSON on the standard error stream: time, level, and what is told."""

    def format(self, record: logging.LogRecord) -> str:
        told = record.getMessage()
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        begin = {"at": at, "level": record.levelname.lower()}
        fields = msgspec.json.decode(told) if told.startswith("{") else {"event": "log", "told": told}
        return json_safe(msgspec.json.encode({**begin, **fields}).decode())


def _log_lines() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("csdesk").setLevel(logging.INFO)
