"""An order system to try a desk on: a small real HTTP server that keeps orders and fails when it is told to.

with Simulator(secret) as shop:              # http://127.0.0.1:PORT
    shop.orders["W1"] = {…}                  # what GET /orders/W1 tells
    shop.plan("done_then_silence")           # for the next request; then as it should be
    shop.done                                # what it really did, in order
"""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csdesk.effects.simulated import Answer, Request, Simulated

# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html", "html_200", "garbage", "busy"})
_STATUS = {"done": 200, "pending": 202, "failed": 422, "unknown": 404}


class Simulator(Simulated):
    """The server, its orders and its plans. With `done_then_*` it was done, and the answer does not say so."""

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

    def __init__(self, secret: bytes, port: int = 0) -> None:
        super().__init__(secret, port)
        self.customers: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, dict[str, Any]] = {}
        self.done: list[dict[str, Any]] = []
        # What the next requests are answered with on top of `done`: a waybill.
        self.adds: dict[str, str] = {}
        self._known: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Answer:
        """Something asked of it, what became of that, what changed lately, or an order."""
        fault, url = self._planned(), urlsplit(request.path)
        if request.method == "POST":
            return Answer(*self._do(json.loads(request.body), fault), fault)
        if url.path.startswith("/asks/"):
            key = unquote(url.path.removeprefix("/asks/"))
            told = self._known.get(key, {"key": key, "status": "unknown"})
            return Answer(_STATUS[told["status"]], told, fault)
        if url.path == "/changes":
            cursor = parse_qs(url.query).get("since", [""])[0]
            return Answer(200, self.pages.get(cursor, {"orders": [], "next": cursor, "more": False}), fault)
        return Answer(*self._found(unquote(url.path.removeprefix("/orders/")), fault), fault)

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
