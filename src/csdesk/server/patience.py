"""How long the server waits for clients that are slow to say what they want, or to read what they are told."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from csdesk.server.callers import PEER

log = logging.getLogger("csdesk.server")

# Connections at once, as far as the process may have that many files; more are closed at once. Without a bound the
# event loop runs out of files, and then writes thousands of lines a second about it until the disk is full. A console
# has one that listens and one or two that ask, each some 30 KB: enough for a thousand consoles.
MOST_CONNECTIONS = 4_000
# As much of an answer waits in the system for a client that does not read; the rest waits here, where it is seen.
UNSENT = 64 * 1024
# How often the log says that there were too many.
TELL_S = 60.0


class Impatient(H11Protocol):
    """HTTP/1.1 for which a client must have told what it wants, headers and all, within `seconds`.

    Who was answered before the body was whole (it was too slow, too large, not wanted) has as long to come to its end:
    what still comes is thrown away, and a connection that never ends would never be given back. Who reads nothing of an
    answer for as long is cut off: the answer lies in memory until then. Of more than `most` connections at once the
    newest are closed.
    """

    seconds: ClassVar[float]
    most: ClassVar[int]
    told_at: ClassVar[float] = -TELL_S

    @staticmethod
    def admitted(host: str) -> bool:
        """Whether somebody at this address may connect."""
        return True

    @staticmethod
    def counted(how_many: Callable[[], int]) -> None:
        """Told how to ask how many connections there are."""

    _patience: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.counted(self.connections.__len__)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple) and not self.admitted(peer[0]):
            self.transport.close()
            return
        if len(self.connections) > self.most:
            self._too_many(self.loop.time())
            self.transport.close()
            return
        _keep_little(transport)
        if (uid := _peer(transport)) is not None:
            self.client = (PEER, uid)
        self._wait()

    def _too_many(self, now: float) -> None:
        if now - self.told_at >= TELL_S:
            type(self).told_at = now
            log.warning('{"event":"too_many_connections","most":%d}', self.most)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._answered_early():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.seconds, self._stalled, self._left())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._cut_off_later()

    def _left(self) -> int:
        return self.transport.get_write_buffer_size()

    def _stalled(self, before: int) -> None:
        """Look whether anything was read since there were so many bytes left; a slow line may take its time."""
        if self._left() >= before:
            self._cut_off()
        else:
            self._unread = self.loop.call_later(self.seconds, self._stalled, self._left())

    def _cut_off_later(self) -> None:
        """Closing waits until all was read that was written: for ever, where nobody reads."""
        self.loop.call_later(self.seconds, self._cut_off)

    def _cut_off(self) -> None:
        """End it with what the system itself still keeps for this client (socket(7), SO_LINGER)."""
        if (made := self.transport.get_extra_info("socket")) is not None and made.fileno() >= 0:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _answered_early(self) -> bool:
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _wait(self) -> None:
        if self.conn.their_state is not h11.IDLE and not self._answered_early():
            self._rest()
        elif self._patience is None:
            self._patience = self.loop.call_later(self.seconds, self._gone)

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _gone(self) -> None:
        if self.conn.their_state is h11.IDLE or self._answered_early():
            self.transport.close()
            self._cut_off_later()


def protocol(
    seconds: float,
    most: int = MOST_CONNECTIONS,
    admitted: Callable[[str], bool] = lambda _: True,
    counted: Callable[[Callable[[], int]], None] = lambda _: None,
) -> type[Impatient]:
    """`Impatient` with these numbers; `admitted` says of an address whether it may connect."""
    told = {"seconds": seconds, "most": most, "admitted": staticmethod(admitted)}
    return type("Protocol", (Impatient,), {**told, "counted": staticmethod(counted)})


def _keep_little(transport: asyncio.Transport) -> None:
    """Have the system keep little that it cannot send yet, where it can be told (tcp(7)): by itself up to 4 MB."""
    made = transport.get_extra_info("socket")
    if made is not None and made.family != socket.AF_UNIX and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


def _peer(transport: asyncio.Transport) -> int | None:
    """The login at the other end of a Unix socket, as the kernel knows it (unix(7), SO_PEERCRED); None elsewhere."""
    made = transport.get_extra_info("socket")
    if made is None or made.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    told = made.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", told)[1]
    return uid
