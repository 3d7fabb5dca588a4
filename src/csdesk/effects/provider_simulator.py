"""A payment provider to try a desk on: a small real HTTP server that keeps books and fails when it is told to.

with Simulator(secret) as provider:          # http://127.0.0.1:PORT
    provider.plan("paid_then_500")           # for the next request; then as it should be
    …
    provider.paid                            # what really left, in order
"""

import hmac
import json
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from csdesk.domain.value import dataclass
from csdesk.effects.http_provider import sign
from csdesk.store.errors import StoreError
from csdesk.store.keys import parse_source, secret

# How a request may go wrong. `paid_then_*`: the money has gone, and the answer does not say so.
FAULTS = (
    "paid_then_silence",
    "paid_then_500",
    "paid_then_html",
    "paid_then_garbage",
    "silence",
    "500",
    "html",
    "other_key",
    "redirect",
    "endless",
    "pending",
    "busy",
    "declined",
)
# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html", "redirect", "busy"})
_MOST_BYTES = 1_000_000
_STATUS = {"confirmed": 200, "pending": 202, "failed": 422, "unknown": 404}


@dataclass(frozen=True, slots=True)
class Paid:
    """Money or something in kind that left: by which payment, as what."""

    key: str
    payment: int
    method: str
    kind: str
    minor: int
    count: int


class Simulator:
    """The server, its books and its plans; a context manager. Safe for many threads."""

    def __init__(self, secret: bytes, port: int = 0) -> None:
        self.secret = secret
        self.paid: list[Paid] = []
        self.asked: list[tuple[str, str]] = []
        self._known: dict[str, dict[str, Any]] = {}
        self._plans: deque[str] = deque()
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def plan(self, *faults: str) -> None:
        """What goes wrong with the next requests for a refund, one each."""
        unknown = [fault for fault in faults if fault not in FAULTS]
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}")
        self._plans.extend(faults)

    def settle(self, key: str) -> None:
        """Pay what was declined or pending, behind everybody's back, as a bank does by the end of a day."""
        with self._lock:
            document = self._known[key]
            if document["answer"]["status"] != "confirmed":
                self._pay(key, document["parts"])
                document["answer"] = _confirmed(key, len(self.paid))

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

    def ask(self, key: str, parts: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        """One request for a refund: the fault that is planned, and the answer. Without a key it pays each time."""
        with self._lock:
            self.asked.append(("POST", key))
            fault = self._plans.popleft() if self._plans else ""
            if key and key in self._known:
                return fault, self._known[key]["answer"]
            answer = self._answer(key, parts, fault)
            if key and fault not in _NOTHING:
                self._known[key] = {"answer": answer, "parts": parts}
            return fault, answer

    def _answer(self, key: str, parts: list[dict[str, Any]], fault: str) -> dict[str, Any]:
        if any(part.get("kind") != "money" and part.get("method") == "transfer" for part in parts):
            return {"key": key, "status": "failed", "reason": "in_kind_by_transfer", "final": True}
        match fault:
            case "pending":
                return {"key": key, "status": "pending"}
            case "busy":
                return {"key": key, "status": "failed", "reason": "busy", "final": False}
            case "declined":
                return {"key": key, "status": "failed", "reason": "account_closed", "final": True}
            case "silence" | "500" | "html" | "redirect":
                return {}
        self._pay(key, parts)
        return _confirmed(key, len(self.paid))

    def _pay(self, key: str, parts: list[dict[str, Any]]) -> None:
        self.paid += [
            Paid(key, part["payment"], part["method"], part["kind"], part["minor"], part["count"])
            for part in parts
        ]

    def find(self, key: str) -> dict[str, Any]:
        """What became of a key."""
        with self._lock:
            self.asked.append(("GET", key))
            known = self._known.get(key)
            return known["answer"] if known else {"key": key, "status": "unknown"}

    def wait(self) -> None:
        """Say nothing until the server closes."""
        self._gone.wait()

    @property
    def closing(self) -> bool:
        """Whether the server is being closed."""
        return self._gone.is_set()


def _confirmed(key: str, n: int) -> dict[str, Any]:
    return {"key": key, "status": "confirmed", "reference": f"SIM-{n:06}"}


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _MOST_BYTES))
            if not self._signed("POST", body):
                return
            document = json.loads(body)
            fault, answer = simulator.ask(self.headers.get("Idempotency-Key", ""), document["parts"])
            if not self._fail(fault.removeprefix("paid_then_"), answer):
                self._say(answer)

        def do_GET(self) -> None:
            if self._signed("GET", b""):
                self._say(simulator.find(unquote(self.path.rpartition("/")[2])))

        def _signed(self, method: str, body: bytes) -> bool:
            stamp = self.headers.get("X-Csdesk-Timestamp", "")
            wanted = sign(simulator.secret, stamp, method, self.path, body)
            if hmac.compare_digest(wanted, self.headers.get("X-Csdesk-Signature", "")):
                return True
            self._send(401, b'{"status": "failed", "reason": "signature"}')
            return False

        def _fail(self, fault: str, answer: dict[str, Any]) -> bool:
            """Answer as the fault has it; False when it is none of the answer."""
            match fault:
                case "silence":
                    simulator.wait()
                case "500":
                    self._send(500, json.dumps(answer).encode())
                case "html":
                    self._send(200, b"<html><title>502 Bad Gateway</title></html>", "text/html")
                case "garbage":
                    self._send(200, b'{"status": "confir')
                case "other_key":
                    self._send(200, json.dumps({**answer, "key": "refund:another"}).encode())
                case "redirect":
                    self._send(302, b"", "text/html", location="/login")
                case "endless":
                    self._endless()
                case _:
                    return False
            return True

        def _endless(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                while not simulator.closing:
                    self.wfile.write(b" " * 8_192)
            except OSError:
                self.close_connection = True  # whoever asked has had enough

        def _say(self, answer: dict[str, Any]) -> None:
            self._send(_STATUS[answer["status"]], json.dumps(answer).encode())

        def _send(self, status: int, body: bytes, kind: str = "application/json", location: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the books are what counts."""

    return Handler


def serve(argv: Sequence[str]) -> None:
    """Run a simulator until it is interrupted: PORT SECRET [FAULT …], the secret as file:PATH or env:NAME."""
    try:
        port, source, *faults = argv
        made = Simulator(secret(parse_source(source)), int(port))
        made.plan(*faults)
    except (ValueError, OSError, StoreError) as exc:
        sys.exit(f"PORT SECRET [FAULT …], where FAULT is one of {', '.join(FAULTS)}: {exc}")
    with made as simulator:
        print(simulator.address, flush=True)
        with suppress(KeyboardInterrupt):
            simulator.wait()


if __name__ == "__main__":
    serve(sys.argv[1:])
