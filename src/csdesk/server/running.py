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
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvicorn

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.entry import open_core
from csdesk.desk.words import Words
from csdesk.domain.text import json_safe
from csdesk.domain.value import replace
from csdesk.server.app import Rooms, make_app
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import open_doors
from csdesk.server.hall import Hall
from csdesk.server.hints import Hints
from csdesk.server.oidc import OpenId, terms_of
from csdesk.server.ordering import order_system
from csdesk.server.patience import MOST_CONNECTIONS, protocol
from csdesk.server.proxies import Proxies
from csdesk.server.standby import Standby
from csdesk.store.dsn import dsn_of

log = logging.getLogger("csdesk.server")

UNIX = "unix:"
# One order system is asked at a time; behind so many it is better to come again.
MOST_ASKING = 20
KEEP_ALIVE_S = 20
# How many are accepted in one go, before the bound is looked at.
BACKLOG = 64


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
        # They would never end by themselves, and keep this server from ending until its patience does.
        self._rooms.end_streams()
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
