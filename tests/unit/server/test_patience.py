"""Clients that are slow: what they leave unread is not kept for them, and one that reads a little is let go on."""

import select
import socket
from collections.abc import Callable
from typing import Any

from csdesk.server.app import PIECE
from csdesk.server.patience import protocol
from tests.unit.server.conftest import Serve

ASKED = b"GET /v1/openapi.json HTTP/1.1\r\nHost: desk\r\n\r\n"


def test_who_does_not_read_is_cut_off_and_others_are_answered(serve: Serve):
    served = serve(request_seconds="1")
    host, _, port = served.where.rpartition(":")
    whole = served.client.get("/v1/openapi.json", headers={"Accept-Encoding": "identity"})
    assert len(whole.content) > 5 * PIECE and whole.json()["openapi"]
    gone, silent = select.poll(), [socket.socket() for _ in range(5)]
    for made in silent:
        # Small, and set before it connects: what does not fit stays with the server.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        made.connect((host, int(port)))
        made.sendall(ASKED)
        gone.register(made, select.POLLHUP | select.POLLERR)
    left = {one.fileno() for one in silent}
    while left:
        told = gone.poll(20_000)
        assert told, "kept for who reads nothing"
        for number, _ in told:
            gone.unregister(number)
            left.discard(number)
    for one in silent:
        one.close()
    assert served.client.get("/v1/openapi.json").content == whole.content
    assert served.stop() == 0
    assert {line["level"] for line in served.lines} == {"info"}


class Loop:
    """Keeps what is to be called later."""

    def __init__(self) -> None:
        self.later: list[Callable[[], None]] = []

    def call_later(self, seconds: float, call: Callable[..., None], *told: Any) -> None:
        self.later.append(lambda: call(*told))


class Line:
    """A transport with so many bytes left to send."""

    left, cut = 900_000, False

    def get_write_buffer_size(self) -> int:
        return self.left

    def get_extra_info(self, name: str) -> None:
        return None

    def abort(self) -> None:
        self.cut = True


def test_who_reads_a_little_in_time_is_let_go_on():
    made: Any = protocol(10.0).__new__(protocol(10.0))
    made.loop, made.transport = loop, line = Loop(), Line()
    made._unread = made._patience = None
    made._stalled(line.left + 1)
    for _ in range(5):
        line.left -= 1
        loop.later.pop()()
        assert not line.cut
    loop.later.pop()()
    assert line.cut and not loop.later
