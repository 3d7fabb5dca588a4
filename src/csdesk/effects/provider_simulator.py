"""A payment provider to try a desk on: a small real HTTP server that keeps books and fails when it is told to.

with Simulator(secret) as provider:          # http://127.0.0.1:PORT
    provider.plan("paid_then_500")           # for the next request; then as it should be
    …
    provider.paid                            # what really left, in order
"""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from csdesk.domain.value import dataclass
from csdesk.effects.simulated import Answer, Request, Simulated
from csdesk.store.errors import StoreError
from csdesk.store.keys import parse_source, secret

# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html_200", "redirect", "busy"})
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


class Simulator(Simulated):
    """The server, its books and its plans. With `paid_then_*` the money has gone, and the answer does not say so."""

    FAULTS = (
        "paid_then_silence",
        "paid_then_500",
        "paid_then_html_200",
        "paid_then_garbage",
        "silence",
        "500",
        "html_200",
        "other_key",
        "redirect",
        "endless",
        "pending",
        "busy",
        "declined",
    )

    def __init__(self, secret: bytes, port: int = 0) -> None:
        super().__init__(secret, port)
        self.paid: list[Paid] = []
        self._known: dict[str, dict[str, Any]] = {}

    def settle(self, key: str) -> None:
        """Pay what was declined or pending, behind everybody's back, as a bank does by the end of a day."""
        with self._lock:
            document = self._known[key]
            if document["answer"]["status"] != "confirmed":
                self._pay(key, document["parts"])
                document["answer"] = _confirmed(key, len(self.paid))

    def answer(self, request: Request) -> Answer:
        """A refund by its key, or what became of one. Only what asks for money goes wrong; without a key it pays."""
        if request.method == "GET":
            key = unquote(request.path.rpartition("/")[2])
            known = self._known.get(key)
            told = known["answer"] if known else {"key": key, "status": "unknown"}
            return Answer(_STATUS[told["status"]], told, "")
        fault, key, parts = self._planned(), request.key, json.loads(request.body)["parts"]
        if key and key in self._known:
            told = self._known[key]["answer"]
        else:
            told = self._asked(key, parts, fault)
            if key and fault not in _NOTHING:
                self._known[key] = {"answer": told, "parts": parts}
        status = _STATUS[told["status"]] if told else 500
        return Answer(status, told | ({"key": "refund:another"} if fault == "other_key" else {}), fault)

    def _asked(self, key: str, parts: list[dict[str, Any]], fault: str) -> dict[str, Any]:
        if any(part.get("kind") != "money" and part.get("method") == "transfer" for part in parts):
            return {"key": key, "status": "failed", "reason": "in_kind_by_transfer", "final": True}
        match fault:
            case "pending":
                return {"key": key, "status": "pending"}
            case "busy":
                return {"key": key, "status": "failed", "reason": "busy", "final": False}
            case "declined":
                return {"key": key, "status": "failed", "reason": "account_closed", "final": True}
            case "silence" | "500" | "html_200" | "redirect":
                return {}
        self._pay(key, parts)
        return _confirmed(key, len(self.paid))

    def _pay(self, key: str, parts: list[dict[str, Any]]) -> None:
        self.paid += [
            Paid(key, part["payment"], part["method"], part["kind"], part["minor"], part["count"])
            for part in parts
        ]


def _confirmed(key: str, n: int) -> dict[str, Any]:
    return {"key": key, "status": "confirmed", "reference": f"SIM-{n:06}"}


def serve(argv: Sequence[str]) -> None:
    """Run a simulator until it is interrupted: PORT SECRET [FAULT …], the secret as file:PATH or env:NAME."""
    try:
        port, source, *faults = argv
        made = Simulator(secret(parse_source(source)), int(port))
        made.plan(*faults)
    except (ValueError, OSError, StoreError) as exc:
        sys.exit(f"PORT SECRET [FAULT …], where FAULT is one of {', '.join(Simulator.FAULTS)}: {exc}")
    with made as simulator:
        print(simulator.address, flush=True)
        with suppress(KeyboardInterrupt):
            simulator.wait()


if __name__ == "__main__":
    serve(sys.argv[1:])
