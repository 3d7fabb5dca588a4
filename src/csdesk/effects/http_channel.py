"""Messages out over HTTP: a gateway for chats and apps is asked with a key, and only its own yes counts as sent.

POST {address}/messages with the JSON of a message file (see the integrator's page) and `automatic`. Answers are
`{"key": …, "status": "sent" | "delivered" | "failed" | "queued", "reason": …, "final": …}`; anything else is none,
and the same key is asked again: a message that went twice is worse than one that went late, so the gateway must know
its keys. Requests are signed as effects/wire.py says.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import msgspec

from csdesk.effects.http_provider import MOST_BYTES
from csdesk.effects.ports import Failed, Recipient, Sent
from csdesk.effects.wire import NoReply, Wire


class HttpChannel:
    """A `Channel` behind an address. One request at a time takes at most `seconds`, whatever drips in."""

    def __init__(
        self, address: str, secret: bytes, *, seconds: float = 4.0, now: Callable[[], float] = time.time
    ) -> None:
        self._wire = Wire(address, secret, seconds=seconds, now=now, most=MOST_BYTES)

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """See `Channel.send`; what is not clearly an answer is asked again later with the same key."""
        document = {
            "key": key,
            "case": case,
            "channel": channel,
            "to": asdict(to),
            "text": text,
            "automatic": automatic,
        }
        reply = self._wire.call("POST", "/messages", msgspec.json.encode(document), key)
        if isinstance(reply, NoReply):
            return Failed(reply.reason)
        return _meant(reply.document, key, reply.status)

    def close(self) -> None:
        """Give the connection back."""
        self._wire.close()


def _meant(document: Any, key: str, status: int) -> Sent | Failed:
    if not isinstance(document, dict) or document.get("key") != key:
        return Failed(f"other_key_{status}" if isinstance(document, dict) else f"no_answer_{status}")
    reason = document.get("reason")
    told = reason[:100] if isinstance(reason, str) and reason else f"http_{status}"
    match document.get("status"):
        case "sent" if 200 <= status < 300:
            return Sent()
        case "delivered" if 200 <= status < 300:
            return Sent(delivered=True)
        case "failed" if 200 <= status < 500:
            return Failed(told, final=document.get("final") is True)
        case "queued" if 200 <= status < 300:
            return Failed("queued")
    return Failed(f"no_answer_{status}")
