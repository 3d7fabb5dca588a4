"""Carriers over HTTP and JSON, signed: labels and pick-ups under `/asks`, parcels under `/tracks`.

POST {address}/asks asks for something, GET {address}/asks/{key} asks what became of it; what their answers say, a
mapping tells (`answers`). POST {address}/tracks names parcels and gets their scans, which the desk's maps find.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from csdesk.effects.carriers.answers import Answers
from csdesk.effects.carriers.port import Awaited, Booking, Taken, Tracked
from csdesk.effects.ports import Failed, Unknown
from csdesk.effects.wire import NoReply, Reply, Wire

Outcome = Taken | Failed | Unknown


class HttpCarriers:
    """A `CarrierDesk` and `Tracks` behind an address."""

    def __init__(self, wire: Wire, answers: Answers) -> None:
        self._wire = wire
        self._answers = answers

    def ask(self, key: str, booking: Booking) -> Outcome:
        """See `CarrierDesk.ask`."""
        told = asdict(booking)
        what, sender = told.pop("what"), told.pop("sender")
        told |= {name: _iso(told[name]) for name in ("start", "until")}
        document = {"key": key, "ask": what, "from": sender, **told}
        answer = self._meant(self._wire.call("POST", "/asks", msgspec.json.encode(document), key), key)
        # One that answers a request with "unknown" has not said that it did nothing.
        return Unknown("unknown") if answer is None else answer

    def find(self, key: str) -> Outcome | None:
        """See `CarrierDesk.find`; who cannot be reached has said nothing."""
        answer = self._meant(self._wire.call("GET", f"/asks/{quote(key, safe='')}"), key)
        return Unknown(answer.reason) if answer == Failed("unreachable") else answer

    def track(self, parcels: Sequence[Awaited]) -> Tracked | Failed:
        """See `Tracks.track`; an error with a document is no answer."""
        body = msgspec.json.encode({"parcels": [asdict(parcel) for parcel in parcels]})
        reply = self._wire.call("POST", "/tracks", body, "")
        if isinstance(reply, NoReply):
            return Failed(reply.reason)
        return Tracked(reply.document) if reply.status < 300 else Failed(f"http_{reply.status}")

    def _meant(self, reply: Reply | NoReply, key: str) -> Outcome | None:
        """What a reply says about this key; one about anything else says nothing."""
        if isinstance(reply, NoReply):
            return Unknown(reply.reason) if reply.left else Failed(reply.reason)
        if not isinstance(reply.document, dict):
            return Unknown(f"no_answer_{reply.status}")
        told = self._answers.read(reply.document)
        if told.key != key:
            return Unknown(f"other_key_{reply.status}")
        match told.standing:
            # An error together with a yes is no answer: ask again what it was.
            case "done" if reply.status < 300:
                return told.taken
            case "failed" if reply.status < 500:
                return Failed(told.reason or f"http_{reply.status}", final=told.final)
            case "unknown" if reply.status in (200, 404):
                return None
            case "pending":
                return Unknown("pending")
        return Unknown(f"no_answer_{reply.status}")


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat() if ms else ""
