"""Messages out over HTTP: a gateway for chats and apps is asked with a key, and only its own yes counts as sent.

POST {address}/messages with the JSON of a message file (see the integrator's page) and `automatic`. Answers are
`{"key": …, "status": "sent" | "delivered" | "failed" | "queued", "reason": …, "final": …}`; anything else is none,
and the same key is asked again: a message that went twice is worse than one that went late, so the gateway must know
its keys. Requests are signed as those to a payment provider are.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from csdesk.effects.http_provider import MOST_BYTES, sign
from csdesk.effects.ports import Failed, Recipient, Sent

if TYPE_CHECKING:
    import httpx


class HttpChannel:
    """A `Channel` behind an address. One request at a time takes at most `seconds`, whatever drips in."""

    def __init__(
        self, address: str, secret: bytes, *, seconds: float = 4.0, now: Callable[[], float] = time.time
    ) -> None:
        self._address = address.rstrip("/")
        self._path = urlsplit(self._address).path
        self._secret = secret
        self._seconds = seconds
        self._now = now
        self._client: httpx.Client | None = None

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
        import httpx

        body, stamp = msgspec.json.encode(document), str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": key,
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(self._secret, stamp, "POST", f"{self._path}/messages", body),
        }
        if self._client is None:
            # No proxy and no .netrc from the environment: messages go where the setting says.
            self._client = httpx.Client(timeout=self._seconds, trust_env=False)
        until = time.monotonic() + self._seconds
        try:
            with self._client.stream(
                "POST", f"{self._address}/messages", content=body, headers=headers
            ) as response:
                return _read(response, key, until)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Failed("unreachable")
        except httpx.TimeoutException:
            return Failed("timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return Failed(f"broken: {type(exc).__name__}")

    def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _read(response: "httpx.Response", key: str, until: float) -> Sent | Failed:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            return Failed(f"too_long_{response.status_code}")
        if time.monotonic() > until:
            return Failed("timeout")
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Failed(f"no_answer_{response.status_code}")
    return _meant(document, key, response.status_code)


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
