"""A carrier to try a desk on: a small real HTTP server that makes labels and misbehaves when it is told to.

with Simulator(secret) as carrier:           # http://127.0.0.1:PORT
    carrier.scans["SF123"] = [{…}]           # what POST /tracks tells of this waybill
    carrier.plan("done_then_silence")        # for the next request; then as it should be
    carrier.done                             # what it really did, in order
"""

import json
from typing import Any
from urllib.parse import unquote

from csdesk.effects.simulated import Answer, Request, Simulated

# With these nothing is done, and nothing is known of the key afterwards.
_NOTHING = frozenset({"silence", "500", "html", "html_200", "garbage", "busy"})
_STATUS = {"done": 200, "pending": 202, "failed": 422, "unknown": 404}
OTHERS_WAYBILL = "SF0000000000000"


class Simulator(Simulated):
    """The server, its labels and its plans. With `done_then_*`, `twice` it was done and is said badly."""

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

    def __init__(self, secret: bytes, port: int = 0) -> None:
        super().__init__(secret, port)
        self.done: list[dict[str, Any]] = []
        self.tracked: list[list[str]] = []
        self.scans: dict[str, list[dict[str, Any]]] = {}
        # What the next answers say on top of `done`: an agreed slot.
        self.adds: dict[str, Any] = {}
        self._known: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Answer:
        """A track, a label or a pick-up, or what became of one."""
        fault = self._planned()
        if request.path == "/tracks":
            wanted = [parcel["waybill"] for parcel in json.loads(request.body)["parcels"]]
            self.tracked.append(wanted)
            return Answer(200, {"scans": [scan for one in wanted for scan in self.scans.get(one, [])]}, fault)
        if request.method == "POST":
            return Answer(*self._do(json.loads(request.body), fault), fault)
        key = unquote(request.path.removeprefix("/asks/"))
        told = self._known.get(key, {"key": key, "status": "unknown"})
        # What was late is done by the time somebody asks after it.
        return Answer(_STATUS[told["status"]], told, fault)

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
