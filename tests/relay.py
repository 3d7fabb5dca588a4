"""A relay between a client and a server that keeps every byte of both ways, as a proxy on the line would see them."""

import socket
import threading
from contextlib import suppress

import h11


class Relay:
    """Listens on a port of this machine and passes all on to `to`: a port, or the path of a Unix socket."""

    def __init__(self, to: int | str) -> None:
        self._to = to
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.where = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked: list[bytearray] = []
        self.told: list[bytearray] = []
        self._ends: list[socket.socket] = [self._socket]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._socket.accept()
                far = socket.socket(socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET)
                self._ends += (near, far)
                far.connect(self._to if isinstance(self._to, str) else ("127.0.0.1", self._to))
                self.asked.append(bytearray())
                self.told.append(bytearray())
                for one, other, kept in ((near, far, self.asked[-1]), (far, near, self.told[-1])):
                    thread = threading.Thread(target=self._pass, args=(one, other, kept), daemon=True)
                    thread.start()
                    self._threads.append(thread)

    def _pass(self, one: socket.socket, other: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                kept += data
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def heads(self) -> list[bytes]:
        """The request lines and headers of all that was asked: method, target, names and values."""
        found = []
        for stream in self.asked:
            reading = h11.Connection(h11.SERVER)
            reading.receive_data(bytes(stream))
            while not isinstance(
                event := reading.next_event(), h11.NEED_DATA | h11.ConnectionClosed | h11.PAUSED
            ):
                if isinstance(event, h11.Request):
                    lines = (b": ".join(pair) for pair in event.headers)
                    found.append(b"\n".join((event.method + b" " + event.target, *lines)))
                if isinstance(event, h11.EndOfMessage):
                    reading.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
                    reading.send(h11.EndOfMessage())
                    reading.start_next_cycle()
        return found

    def answers(self) -> list[bytes]:
        """The status lines and headers of all answers."""
        return [
            part.partition(b"\r\n\r\n")[0]
            for stream in self.told
            for part in bytes(stream).split(b"HTTP/1.1 ")[1:]
        ]

    def close(self) -> None:
        """End it; a second time changes nothing."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for end in self._ends:
            end.close()
