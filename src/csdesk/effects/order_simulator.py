"""An order system to try a desk on: a small real HTTP server that keeps orders and fails when it is told to.

with Simulator(secret) as shop:              # http://127.0.0.1:PORT
    shop.orders["W1"] = {…}                  # what GET /orders/W1 tells
    shop.plan("done_then_silence")           # for the next request; then as it should be
    shop.done                                # what it really did, in order
"""

import hmac
import json
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csdesk.effects.http_provider import sign

# How a request may go wrong. `done_then_*`: it was done, and the answer does not say so.
FAULTS = (
    "done_then_silence",
    "done_then_500",
    "done_then_html",
    "silence",
    "slow",
    "500",
    "html",
    "html_200",
    "garbage",
    "other",
    "busy",
    "declined",
    "pending",
)
# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html", "html_200", "garbage", "busy"})
_HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
_STATUS = {"done": 200, "pending": 202, "failed": 422, "unknown": 404}
# What is slow answers within any `seconds` of a desk that has not given up on it.
SLOW_S = 0.5


class Simulator:
    """The server, its orders and its plans; a context manager. Safe for many threads."""

    def __init__(self, secret: bytes, port: int = 0) -> None:
        self.secret = secret
        self.customers: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, dict[str, Any]] = {}
        self.done: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        # What the next requests are answered with on top of `done`: a waybill.
        self.adds: dict[str, str] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._plans: deque[str] = deque()
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def plan(self, *faults: str) -> None:
        """What goes wrong with the next requests, one each."""
        unknown = [fault for fault in faults if fault not in FAULTS]
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}")
        self._plans.extend(faults)

    def __enter__(self) -> "Simulator":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float | None = None) -> None:
        """Say nothing for so long, or until the server ends."""
        self._gone.wait(seconds)

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, int, dict[str, Any]]:
        """One request: the fault that is planned for it, the status and the document."""
        url = urlsplit(path)
        with self._lock:
            self.asked.append((method, path))
            fault = self._plans.popleft() if self._plans else ""
            if method == "POST":
                return fault, *self._do(json.loads(body), fault)
            if url.path.startswith("/asks/"):
                key = unquote(url.path.removeprefix("/asks/"))
                told = self._known.get(key, {"key": key, "status": "unknown"})
                return fault, _STATUS[told["status"]], told
            if url.path == "/changes":
                cursor = parse_qs(url.query).get("since", [""])[0]
                return fault, 200, self.pages.get(cursor, {"orders": [], "next": cursor, "more": False})
            return fault, *self._found(unquote(url.path.removeprefix("/orders/")), fault)

    def _do(self, document: dict[str, Any], fault: str) -> tuple[int, dict[str, Any]]:
        key = document["key"]
        if key not in self._known:
            told: dict[str, Any] = {"key": key, "status": "done", "reference": f"oms-{len(self.done) + 1}"}
            told |= self.adds
            if fault == "declined":
                told = {"key": key, "status": "failed", "reason": "already_shipped", "final": True}
            elif fault == "pending":
                told = {"key": key, "status": "pending"}
            elif fault not in _NOTHING:
                self.done.append(document)
            if fault in _NOTHING:
                return 503, {"key": key, "status": "failed", "reason": "busy"}
            self._known[key] = told
        told = self._known[key]
        return _STATUS[told["status"]], told | ({"key": "order:another"} if fault == "other" else {})

    def _found(self, number: str, fault: str) -> tuple[int, dict[str, Any]]:
        if fault == "other":
            number = next(one for one in self.orders if one != number)
        if number not in self.orders:
            return 404, {"orders": []}
        return 200, {"customers": self.customers, "orders": [self.orders[number]]}


def _handler(shop: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            stamp = self.headers.get("X-Csdesk-Timestamp", "")
            wanted = sign(shop.secret, stamp, self.command, self.path, body)
            if not hmac.compare_digest(wanted, self.headers.get("X-Csdesk-Signature", "")):
                self._send(401, b'{"reason": "signature"}')
                return
            fault, status, document = shop.answer(self.command, self.path, body)
            if fault in ("silence", "done_then_silence"):
                shop.wait()
                return
            if fault == "slow":
                shop.wait(SLOW_S)
            if fault.endswith("500"):
                status = 500
            if "html" in fault:
                self._send(200 if fault == "html_200" else 502, _HTML)
            elif fault == "garbage":
                self._send(200, b'{"orders": [{"order_id"')
            else:
                self._send(status, json.dumps(document, ensure_ascii=False).encode())

        def _send(self, status: int, body: bytes) -> None:
            with suppress(OSError):  # the desk may have stopped listening
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    return Handler
