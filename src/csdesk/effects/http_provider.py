"""A payment provider over HTTP: signed JSON with an idempotency key; what is not clearly an answer is Unknown.

POST {address}/refunds asks for a refund, GET {address}/refunds/{key} asks after one. Both answer with
`{"key": …, "status": "confirmed" | "failed" | "pending" | "unknown", "reference": …, "reason": …, "final": …}`.
Only such a document speaks for the provider, whatever the HTTP status: a page of HTML comes from something in
between, which cannot know whether money went. Requests are signed as effects/wire.py says.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import msgspec

from csdesk.effects.ports import Confirmed, Failed, Part, Unknown
from csdesk.effects.wire import NoReply, Wire

# An answer has some hundred bytes. What is longer is a page, and is not read to its end.
MOST_BYTES = 65_536

Answer = Confirmed | Failed | Unknown


class HttpProvider:
    """A `PaymentProvider` behind an address. One request at a time takes at most `seconds`, whatever drips in."""

    def __init__(
        self,
        address: str,
        secret: bytes,
        *,
        seconds: float = 4.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._wire = Wire(address, secret, seconds=seconds, now=now, most=MOST_BYTES)

    def refund(
        self, key: str, parts: tuple[Part, ...], *, currency: str, case: str, order: str, cause: str
    ) -> Confirmed | Failed | Unknown:
        """See `PaymentProvider.refund`."""
        document = {
            "key": key,
            "case": case,
            "order": order,
            "cause": cause,
            "currency": currency,
            "minor": sum(part.minor for part in parts),
            "parts": [asdict(part) for part in parts],
        }
        answer = self._call("POST", "/refunds", key, msgspec.json.encode(document))
        # A provider that answers a request with "unknown" has not said that it did nothing.
        return Unknown("unknown") if answer is None else answer

    def find(self, key: str) -> Confirmed | Failed | Unknown | None:
        """See `PaymentProvider.find`; a provider that cannot be reached has said nothing."""
        answer = self._call("GET", f"/refunds/{quote(key, safe='')}", key, b"")
        return Unknown(answer.reason) if answer == Failed("unreachable") else answer

    def _call(self, method: str, place: str, key: str, body: bytes) -> Answer | None:
        reply = self._wire.call(method, place, body, key)
        if isinstance(reply, NoReply):
            return Unknown(reply.reason) if reply.left else Failed(reply.reason)
        if not isinstance(reply.document, dict):
            return Unknown(f"no_answer_{reply.status}")
        return _meant(reply.document, key, reply.status)


def _meant(document: dict[str, Any], key: str, status: int) -> Answer | None:
    """What a document says; only one about this key says anything."""
    if document.get("key") != key:
        return Unknown(f"other_key_{status}")
    reference, reason = document.get("reference"), document.get("reason")
    match document.get("status"):
        # An error together with a yes is no answer: ask again what it was.
        case "confirmed" if status < 300 and isinstance(reference, str) and reference:
            return Confirmed(reference[:200])
        case "failed" if status < 500:
            told = reason[:100] if isinstance(reason, str) and reason else f"http_{status}"
            return Failed(told, final=document.get("final") is True)
        case "unknown" if status in (200, 404):
            return None
        case "pending":
            return Unknown("pending")
    return Unknown(f"no_answer_{status}")
