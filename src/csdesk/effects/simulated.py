"""What the simulators share: a small real HTTP server that signs in who asks, and misbehaves when it is told to.

Each of them (carrier_simulator, order_simulator, provider_simulator) says what it keeps and what it answers; how an
answer goes wrong on its way is the same for all, and stands here.
"""

import hmac
import json
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from csdesk.domain.value import dataclass
from csdesk.effects.wire import sign

# What is slow answers within any `seconds` of a desk that has not given up on it.
SLOW_S = 0.5
_HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked; `key`: its Idempotency-Key."""

    method: str
    path: str
    body: bytes
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say; `fault`: what goes wrong with it, "" for nothing."""

    status: int
    document: dict[str, Any]
    fault: str


class Simulated:
    """The server and its plans; a context manager, safe for many threads. `asked`: method and path of each request."""

    FAULTS: tuple[str, ...] = ()

    def __init__(self, secret: bytes, port: int = 0) -> None:
        self.secret = secret
        self.asked: list[tuple[str, str]] = []
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
        """What goes wrong with the next requests, one each; ValueError when one is none of FAULTS."""
        unknown = [fault for fault in faults if fault not in self.FAULTS]
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}")
        self._plans.extend(faults)

    def __enter__(self) -> Self:
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

    @property
    def closing(self) -> bool:
        """Whether the server is being closed."""
        return self._gone.is_set()

    def met(self, request: Request) -> Answer:
        """One request, whole, while no other is looked at."""
        with self._lock:
            self.asked.append((request.method, request.path))
            return self.answer(request)

    def answer(self, request: Request) -> Answer:
        """What this service says, and what is to go wrong with that."""
        raise NotImplementedError

    def _planned(self) -> str:
        return self._plans.popleft() if self._plans else ""


def _handler(service: Simulated) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(min(int(self.headers.get("Content-Length", "0")), _MOST_BYTES)))

        def _answer(self, body: bytes) -> None:
            stamp = self.headers.get("X-Csdesk-Timestamp", "")
            wanted = sign(service.secret, stamp, self.command, self.path, body)
            if not hmac.compare_digest(wanted, self.headers.get("X-Csdesk-Signature", "")):
                self._send(401, b'{"status": "failed", "reason": "signature"}')
                return
            key = self.headers.get("Idempotency-Key", "")
            answer = service.met(Request(self.command, self.path, body, key))
            self._say(answer, json.dumps(answer.document, ensure_ascii=False).encode())

        def _say(self, answer: Answer, raw: bytes) -> None:
            """The answer as its fault has it."""
            match answer.fault.rpartition("_then_")[2]:
                case "silence":
                    service.wait()
                case "slow":
                    service.wait(SLOW_S)
                    self._send(answer.status, raw)
                case "500":
                    self._send(500, raw)
                case "html":
                    self._send(502, _HTML, "text/html")
                case "html_200":
                    self._send(200, _HTML, "text/html")
                case "garbage":
                    self._send(200, raw[: len(raw) // 2])
                case "twice":
                    self._send(answer.status, raw * 2)
                case "redirect":
                    self._send(302, b"", "text/html", location="/login")
                case "endless":
                    self._endless()
                case _:
                    self._send(answer.status, raw)

        def _endless(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                while not service.closing:
                    self.wfile.write(b" " * 8_192)
            except OSError:
                self.close_connection = True  # whoever asked has had enough

        def _send(self, status: int, body: bytes, kind: str = "application/json", location: str = "") -> None:
            with suppress(OSError):  # the desk may have stopped listening
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    return Handler
