"""How the server runs: where it listens, how long it waits for slow clients, how it ends without losing a request."""

import asyncio
import gc
import ipaddress
import logging
import resource
import signal
import socket
import ssl
import stat
import struct
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
from csdesk.domain.value import replace
from csdesk.server.app import Rooms, make_app
from csdesk.server.callers import PEER
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import open_doors
from csdesk.server.hall import Hall
from csdesk.server.hints import Hints
from csdesk.server.oidc import OpenId, terms_of
from csdesk.server.ordering import order_system
from csdesk.server.proxies import Proxies
from csdesk.server.standby import Standby
from csdesk.store.dsn import dsn_of

log = logging.getLogger("csdesk.server")

UNIX = "unix:"
# One order system is asked at a time; behind so many it is better to come again.
MOST_ASKING = 20
KEEP_ALIVE_S = 20
# Connections at once, as far as the process may have that many files; more are closed at once. Without a bound the
# event loop runs out of files, and then writes thousands of lines a second about it until the disk is full. A console
# has one that listens and one or two that ask, each some 30 KB: enough for a thousand consoles.
MOST_CONNECTIONS = 4_000
# How many are accepted in one go, before the bound is looked at.
BACKLOG = 64
# How often the log says that there were too many.
TELL_S = 60.0


def bind(listen: str, *, abroad: bool = False) -> socket.socket:
    """A socket for `host:port` or `unix:/path`; ConfigError for what cannot be listened on.

    abroad: whether other machines may connect, since what they send cannot be read on its way.
    """
    try:
        return _unix(Path(listen.removeprefix(UNIX))) if listen.startswith(UNIX) else _tcp(listen, abroad)
    except OSError as exc:
        raise ConfigError("config_listen", value=listen, reason=exc.strerror or str(exc)) from None


def _tcp(listen: str, abroad: bool) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise ConfigError("config_listen", value=listen, reason="address") from None
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigError("config_listen", value=listen, reason="port")
    if not address.is_loopback and not abroad:
        raise ConfigError("config_listen", value=listen, reason="not_this_machine")
    # By its protocol asyncio knows TCP and turns Nagle's waiting off; without, each answer would be 40 ms late.
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((str(address), int(port)))
    except OSError:
        made.close()
        raise
    return made


def _here(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


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
    """How many connections may be open: half of the files that this process may have, the desk needs some too.

    Of files it takes as many as it may: what a process gets unasked (1024, often) is for programs that use `select`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2 * MOST_CONNECTIONS:
        soft = 2 * MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * MOST_CONNECTIONS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // 2)


def secured(config: Config) -> bool:
    """Whether files of TLS are set; ConfigError for such as do not serve."""
    if not config.tls_cert and not config.tls_key:
        return False
    if not config.tls_cert or not config.tls_key:
        missing = "tls_key" if config.tls_cert else "tls_cert"
        raise ConfigError("config_tls", path=config.tls_cert or config.tls_key, reason=f"{missing}?")
    try:
        if Path(config.tls_key).stat().st_mode & 0o007:
            raise ConfigError("config_tls", path=config.tls_key, reason="permissions")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_cert, config.tls_key, "")
    except ssl.SSLError as exc:
        reason = (exc.reason or "").lower().replace("_", " ") or "not PEM"
        raise ConfigError("config_tls", path=config.tls_cert, reason=reason) from None
    except OSError as exc:
        raise ConfigError(
            "config_tls", path=exc.filename or config.tls_cert, reason=exc.strerror or ""
        ) from None
    return True


def protocol(
    seconds: float,
    most: int = MOST_CONNECTIONS,
    admitted: Callable[[str], bool] = lambda _: True,
    counted: Callable[[Callable[[], int]], None] = lambda _: None,
) -> type[H11Protocol]:
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
            counted(self.connections.__len__)
            peer = transport.get_extra_info("peername")
            if isinstance(peer, tuple) and not admitted(peer[0]):
                self.transport.close()
                return
            if len(self.connections) > most:
                too_many(self.loop.time())
                self.transport.close()
                return
            if (uid := _peer(transport)) is not None:
                self.client = (PEER, uid)
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


def _peer(transport: asyncio.Transport) -> int | None:
    """The login at the other end of a Unix socket, as the kernel knows it (unix(7), SO_PEERCRED); None elsewhere."""
    made = transport.get_extra_info("socket")
    if made is None or made.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    told = made.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", told)[1]
    return uid


class _Server(uvicorn.Server):
    """Says when it listens, and that it drains."""

    def __init__(self, config: uvicorn.Config, rooms: Rooms, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._rooms = rooms
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is loaded by now stays: a full collection that looks through it all again would hold everybody up.
        gc.collect()
        gc.freeze()
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._rooms.draining = True
        await super().shutdown(sockets)


def run(config: Config, words: Words, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun. ConfigError, StoreError before anything opens."""
    doors, look = open_doors(config), order_system(config)
    proxies, tls, terms = Proxies(config.proxies), secured(config), terms_of(config)
    made = bind(config.listen, abroad=tls or proxies.elsewhere)
    # The framework ends by raising the signal that stopped it once more; we end by coming back from here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _log_lines()

    def system() -> Core:
        return open_core(config, system=True)

    async def serve() -> None:
        desk, asking = DeskThread(system, "desk"), DeskThread(system, "asking", MOST_ASKING)
        hall = Hall(lambda of: open_core(replace(config, desk=of or config.desk), system=True))
        provider = OpenId(terms) if terms else None
        rooms = Rooms(doors, desk, asking, words, config.request_seconds, hall, look, proxies, provider)
        standby, hints = Standby(config) if config.worker else None, None
        dsn = dsn_of(config.file)
        try:
            await hall.open()
            if standby:
                standby.start()
            if dsn:
                hints = Hints(dsn, hall, asyncio.get_running_loop())
                hints.start()
            await desk.open()
            await asking.open()
            settings = uvicorn.Config(
                make_app(rooms, config.body_limit_kb * 1024),
                http=protocol(
                    config.request_seconds,
                    most_connections(),
                    (lambda _: True) if tls else lambda host: _here(host) or host in proxies,
                    rooms.metrics.connected,
                ),
                ssl_certfile=config.tls_cert or None,
                ssl_keyfile=config.tls_key or None,
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
            for beside in (standby, hints):
                if beside:
                    await asyncio.to_thread(beside.stop)
            await desk.close()
            await asking.close()
            await hall.close()

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
