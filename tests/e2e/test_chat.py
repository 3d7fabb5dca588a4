"""A chat message from a gateway to a case through a running server, and the reply back by it, until it is delivered."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from csdesk.desk.config import Config
from csdesk.domain.cases.conversation import Reply
from csdesk.effects.desk_worker import make_worker
from csdesk.store.verify import verify
from tests.building import DeskFile
from tests.unit.server.conftest import Serve, desk_file, serve

__all__ = ["desk_file", "serve"]

HOOK = "/v1/hooks/messages/gateway"


class Gateway(HTTPServer):
    """Takes every message, and remembers it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.took: list[dict[str, Any]] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    """One request."""

    server: Gateway

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.took.append(message)
        told = json.dumps({"key": message["key"], "status": "sent"}).encode()
        self.send_response(200)
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


def test_a_chat_is_answered_and_its_delivery_is_known(serve: Serve, desk_file: DeskFile, gateway: Gateway):
    served = serve()
    asked = {"id": "c-1", "channel": "chat", "text": "耳机有杂音", "sender": {"external": "wx-1"}}
    receipt = served.post(HOOK, json.dumps(asked).encode()).json()

    wang = desk_file.core("wang")
    case = wang.case_id(receipt["number"])
    wang.do(Reply("您好，请问杂音出现在左耳还是右耳？", "chat"), case)
    held = next(m.id for m in wang.load(case)[0].messages if m.author == "wang")
    early = served.post(HOOK, json.dumps({"key": f"message:{held}", "status": "delivered"}).encode(), ago=60)
    assert early.status_code == 422, "nobody can have heard what may still be recalled"
    # The server lives by the real clock, and what it acknowledged is due too.
    desk_file.clock.forward(days=365)
    worker = make_worker(
        desk_file.core("system"), Config(gateway=gateway.address, gateway_key="env:GATEWAY_SECRET")
    )
    while worker.turn():
        pass
    ((message),) = [one for one in gateway.took if not one["automatic"]]
    assert (message["case"], message["text"]) == (receipt["number"], "您好，请问杂音出现在左耳还是右耳？")

    def state() -> str:
        return next(m.state for m in wang.load(case)[0].messages if m.author == "wang")

    assert state() == "sent"
    report = {"key": message["key"], "status": "delivered"}
    told = served.post(HOOK, json.dumps(report).encode())
    assert (told.status_code, told.json()) == (200, {"key": message["key"], "again": False})
    assert state() == "delivered"
    again = served.post(HOOK, json.dumps(report).encode(), ago=120)
    assert again.json()["again"]
    late = served.post(HOOK, json.dumps({**report, "status": "failed"}).encode())
    assert late.json()["again"] and state() == "delivered"
    other = served.post(HOOK, json.dumps({**report, "key": "message:0"}).encode())
    assert (other.status_code, other.json()["code"]) == (422, "no_such_message")
    answer = {**asked, "id": "c-2", "text": "右耳", "thread": receipt["number"]}
    assert served.post(HOOK, json.dumps(answer).encode()).json()["number"] == receipt["number"]
    assert list(verify(wang.store)) == []
