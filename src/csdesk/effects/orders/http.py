"""An order system over HTTP and JSON: looked up and followed by paths of its own, asked under `/asks`.

POST {address}/asks asks for something, GET {address}/asks/{key} asks what became of it. Both answer with
`{"key": …, "status": "done" | "failed" | "pending" | "unknown", "reference": …, "reason": …, "final": …}`, and where
goods went with `carrier` and `waybill`.
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import msgspec

from csdesk.desk.order_source import Fault, Http, Page, Source, Told, cursor_value, turn_page
from csdesk.domain.text import clean_line
from csdesk.effects.orders.port import Request, Taken
from csdesk.effects.ports import Failed, Unknown
from csdesk.effects.wire import NoReply, Reply, Wire

Answer = Taken | Failed | Unknown


class HttpSource:
    """An `OrderSource` behind an address."""

    def __init__(self, wire: Wire, http: Http, source: Source) -> None:
        self._wire = wire
        self._http = http
        self._source = source

    def find(self, by: str, value: str) -> Told | Fault:
        """See `OrderSource.find`."""
        place = getattr(self._http, by)
        if not place:
            return Fault(f"not_by_{by}")
        reply = self._wire.call("GET", place.replace("{value}", quote(value, safe="")))
        if isinstance(reply, Reply) and reply.status == 404:
            return Told(None)  # in JSON: it is the order system that says so, and no page in between
        told = _document(reply)
        return told if isinstance(told, Fault) else Told(told.document)

    def changes(self, cursor: str) -> Page | Fault:
        """See `OrderSource.changes`."""
        if not self._http.changes:
            return Fault("no_feed")
        value = quote(str(cursor_value(self._source, cursor)), safe="")
        reply = self._wire.call("GET", self._http.changes.replace("{cursor}", value))
        told = _document(reply)
        return told if isinstance(told, Fault) else turn_page(self._source, told.document, cursor)


class HttpDesk:
    """An `OrderDesk` behind an address."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def ask(self, key: str, request: Request) -> Answer:
        """See `OrderDesk.ask`."""
        told = asdict(request)
        document = {"key": key, "ask": told.pop("what"), **told}
        reply = self._wire.call("POST", "/asks", msgspec.json.encode(document), key)
        answer = _meant(reply, key)
        # One that answers a request with "unknown" has not said that it did nothing.
        return Unknown("unknown") if answer is None else answer

    def find(self, key: str) -> Answer | None:
        """See `OrderDesk.find`; who cannot be reached has said nothing."""
        answer = _meant(self._wire.call("GET", f"/asks/{quote(key, safe='')}"), key)
        return Unknown(answer.reason) if answer == Failed("unreachable") else answer


def _document(reply: Reply | NoReply) -> Reply | Fault:
    """The reply when it is an answer; an error with a document is none."""
    if isinstance(reply, NoReply):
        return Fault(reply.reason)
    return reply if reply.status < 300 else Fault(f"http_{reply.status}")


def _meant(reply: Reply | NoReply, key: str) -> Answer | None:
    """What a reply says about this key; one about anything else says nothing."""
    if isinstance(reply, NoReply):
        return Unknown(reply.reason) if reply.left else Failed(reply.reason)
    document, status = reply.document, reply.status
    if not isinstance(document, dict):
        return Unknown(f"no_answer_{status}")
    if document.get("key") != key:
        return Unknown(f"other_key_{status}")
    told = {name: _line(document.get(name)) for name in ("reference", "reason", "carrier", "waybill")}
    match document.get("status"):
        # An error together with a yes is no answer: ask again what it was.
        case "done" if status < 300:
            return Taken(told["reference"], told["carrier"], told["waybill"])
        case "failed" if status < 500:
            return Failed(told["reason"] or f"http_{status}", final=document.get("final") is True)
        case "unknown" if status in (200, 404):
            return None
        case "pending":
            return Unknown("pending")
    return Unknown(f"no_answer_{status}")


def _line(value: Any) -> str:
    """A text of the other side as one harmless line."""
    return clean_line(value, limit=100).text if isinstance(value, str) else ""
