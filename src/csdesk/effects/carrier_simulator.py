"""A carrier to try a desk on: a small real HTTP server that makes labels and misbehaves when it is told to.

with Simulator(secret) as carrier:           # http://127.0.0.1:PORT
    carrier.scans["SF123"] = [{…}]           # what POST /tracks tells of this waybill
    carrier.plan("done_then_silence")        # for the next request; then as it should be
    carrier.done                             # what it really did, in order
"""

import hmac
import json
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from csdesk.effects.http_provider import sign

# How a request may go wrong. `done_then_*`, `twice`: it was done, and the answer does not say so.
FAULTS = (
    "done_then_silence",
    "done_then_500",
    "done_then_html",
    "twice",
    "late",
    "wrong_waybill",
    "silence",
    "500",
    "html",
    "html_200",
    "garbage",
    "other",
    "busy",
    "declined",
)
# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html", "html_200", "garbage", "busy"})
_HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
_STATUS = {"done": 200, "pending": 202, "failed": 422, "unknown": 404}
OTHERS_WAYBILL = "SF0000000000000"


class Simulator:
    """The server, its labels and its plans; a context manager. Safe for many threads."""

    def __init__(self, secret: bytes, port: int = 0) -> None:
        self.secret = secret
        self.done: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.tracked: list[list[str]] = []
        self.scans: dict[str, list[dict[str, Any]]] = {}
        # What the next answers say on top of `done`: an agreed slot.
        self.adds: dict[str, Any] = {}
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

    def wait(self) -> None:
        """Say nothing until the server ends."""
        self._gone.wait()

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, int, dict[str, Any]]:
        """One request: the fault that is planned for it, the status and the document."""
        with self._lock:
            self.asked.append((method, path))
            fault = self._plans.popleft() if self._plans else ""
            if path == "/tracks":
                wanted = [parcel["waybill"] for parcel in json.loads(body)["parcels"]]
                self.tracked.append(wanted)
                return fault, 200, {"scans": [scan for one in wanted for scan in self.scans.get(one, [])]}
            if method == "POST":
                return fault, *self._do(json.loads(body), fault)
            key = unquote(path.removeprefix("/asks/"))
            told = self._known.get(key, {"key": key, "status": "unknown"})
            # What was late is done by the time somebody asks after it.
            return fault, _STATUS[told["status"]], told

    def _do(self, document: dict[str, Any], fault: str) -> tuple[int, dict[str, Any]]:
        key = document["key"]
        if key not in self._known:
            if fault in _NOTHING:
                return 503, {"key": key, "status": "failed", "reason": "busy"}
            if fault == "declined":
                told = {"key": key, "status": "failed", "reason": "out_of_area", "final": True}
                self._known[key] = told
                return 422, told
            self.done.append(document)
            self._known[key] = self._made(key, document, fault)
            if fault == "late":
                return 202, {"key": key, "status": "pending"}
        told = self._known[key]
        return _STATUS[told["status"]], told | ({"key": "carrier:another"} if fault == "other" else {})

    def _made(self, key: str, document: dict[str, Any], fault: str) -> dict[str, Any]:
        n = len(self.done)
        told: dict[str, Any] = {"key": key, "status": "done", "reference": f"C-{n}"}
        if document["ask"] != "pickup_cancel":
            waybill = document["waybill"] or f"SF{1_000_000_000_000 + n}"
            told |= {"carrier": document["carrier"] or "SF", "waybill": waybill}
        if document["ask"] == "label":
            told["label"] = f"https://labels.example/{n}.pdf"
        if fault == "wrong_waybill":
            told["waybill"] = OTHERS_WAYBILL
        return told | self.adds


def _handler(carrier: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            stamp = self.headers.get("X-Csdesk-Timestamp", "")
            wanted = sign(carrier.secret, stamp, self.command, self.path, body)
            if not hmac.compare_digest(wanted, self.headers.get("X-Csdesk-Signature", "")):
                self._send(401, b'{"reason": "signature"}')
                return
            fault, status, document = carrier.answer(self.command, self.path, body)
            raw = json.dumps(document, ensure_ascii=False).encode()
            if fault in ("silence", "done_then_silence"):
                carrier.wait()
                return
            if fault.endswith("500"):
                status = 500
            if "html" in fault:
                self._send(200 if fault == "html_200" else 502, _HTML)
            elif fault == "garbage":
                self._send(200, b'{"key": "carrier')
            else:
                self._send(status, raw * 2 if fault == "twice" else raw)

        def _send(self, status: int, body: bytes) -> None:
            with suppress(OSError):  # the desk may have stopped listening
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    return Handler
