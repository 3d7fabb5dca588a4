"""Messages out over HTTP, against a real server that answers as it is told: only its own yes is a yes."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from csdesk.effects.http_channel import HttpChannel
from csdesk.effects.ports import Failed, Recipient, Sent
from csdesk.effects.wire import sign

SECRET = b"a secret of desk and gateway"
TO = Recipient("p1", "王五", "13900000000", "", "zh-Hans")


class Gateway(HTTPServer):
    """Answers with what a test plans, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}/hook"


class Asked(BaseHTTPRequestHandler):
    """One request."""

    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), body))
        status, told = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def channel(gateway: Gateway) -> Iterator[HttpChannel]:
    made = HttpChannel(gateway.address, SECRET, now=lambda: 1_793_584_800.0)
    yield made
    made.close()


def send(channel: HttpChannel) -> Sent | Failed:
    return channel.send("message:1", TO, "您好", channel="chat", case="IQ-1", automatic=True)


def test_a_message_goes_out_signed_under_its_key(gateway: Gateway, channel: HttpChannel):
    gateway.answers = [(200, b'{"key": "message:1", "status": "sent"}')]
    assert send(channel) == Sent()
    ((headers, body),) = gateway.asked
    assert json.loads(body) == {
        "key": "message:1",
        "case": "IQ-1",
        "channel": "chat",
        "to": {"person": "p1", "name": "王五", "phone": "13900000000", "email": "", "language": "zh-Hans"},
        "text": "您好",
        "automatic": True,
    }
    assert headers["Idempotency-Key"] == "message:1"
    assert headers["X-Csdesk-Signature"] == sign(SECRET, "1793584800", "POST", "/hook/messages", body)


@pytest.mark.parametrize(
    ("status", "told", "answer"),
    [
        (200, b'{"key": "message:1", "status": "queued"}', Failed("queued")),
        (200, b'{"key": "message:1", "status": "delivered"}', Sent(delivered=True)),
        (
            404,
            b'{"key": "message:1", "status": "failed", "reason": "gone", "final": true}',
            Failed("gone", True),
        ),
        (429, b'{"key": "message:1", "status": "failed", "reason": "busy"}', Failed("busy")),
        (500, b'{"key": "message:1", "status": "sent"}', Failed("no_answer_500")),
        (500, b'{"key": "message:1", "status": "failed", "final": true}', Failed("no_answer_500")),
        (200, b'{"key": "message:2", "status": "sent"}', Failed("other_key_200")),
        (200, b"<html>OK</html>", Failed("html_200")),
        (200, b"[]", Failed("no_answer_200")),
        (302, b"", Failed("http_302")),
        (200, b"x" * 70_000, Failed("too_long_200")),
    ],
)
def test_anything_but_a_clear_yes_is_asked_again_unless_it_is_a_clear_no(
    gateway: Gateway, channel: HttpChannel, status: int, told: bytes, answer: Sent | Failed
):
    gateway.answers = [(status, told)]
    assert send(channel) == answer


def test_a_gateway_that_is_away_is_asked_again():
    assert send(HttpChannel("http://127.0.0.1:1", SECRET)) == Failed("unreachable")
