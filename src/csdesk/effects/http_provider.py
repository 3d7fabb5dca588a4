"""A payment provider over HTTP: signed JSON with an idempotency key; what is not clearly an answer is Unknown.

POST {address}/refunds asks for a refund, GET {address}/refunds/{key} asks after one. Both answer with
`{"key": …, "status": "confirmed" | "failed" | "pending" | "unknown", "reference": …, "reason": …, "final": …}`.
Only such a document speaks for the provider, whatever the HTTP status: a page of HTML comes from something in
between, which cannot know whether money went.

Each request has `X-Csdesk-Timestamp` (s) and `X-Csdesk-Signature: v1=` HMAC-SHA256, in hex, by the shared secret,
of timestamp, method, path and body, with a line feed between each.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from csdesk.effects.ports import Confirmed, Failed, Part, Unknown

if TYPE_CHECKING:
    import httpx

# An answer has some hundred bytes. What is longer is a page, and is not read to its end.
MOST_BYTES = 65_536
_LOCAL = ("localhost", "127.0.0.1", "::1")

Answer = Confirmed | Failed | Unknown


def checked(address: str) -> str:
    """Why an address cannot be used (a code), or ""; http only to this machine, and never with a password in it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "address"
    if parts.scheme not in ("https", "http") or not host:
        return "address"
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "credentials"
    return "" if parts.scheme == "https" or host in _LOCAL else "http"


def sign(secret: bytes, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The signature header of a request."""
    told = "\n".join((timestamp, method, path, "")).encode() + body
    return f"v1={hmac.new(secret, told, hashlib.sha256).hexdigest()}"


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
        self._address = address.rstrip("/")
        self._path = urlsplit(self._address).path
        self._secret = secret
        self._seconds = seconds
        self._now = now
        self._client: httpx.Client | None = None

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
        import httpx

        stamp = str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(self._secret, stamp, method, self._path + place, body),
        }
        if method == "POST":
            headers["Idempotency-Key"] = key
        if self._client is None:
            # No proxy and no .netrc from the environment: money goes where the setting says.
            self._client = httpx.Client(timeout=self._seconds, trust_env=False)
        until = time.monotonic() + self._seconds
        try:
            with self._client.stream(
                method, self._address + place, content=body or None, headers=headers
            ) as response:
                return _read(response, key, until)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Failed("unreachable")  # not a byte of the request has left
        except httpx.TimeoutException:
            return Unknown("timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return Unknown(f"broken: {type(exc).__name__}")


def _read(response: "httpx.Response", key: str, until: float) -> Answer | None:
    status = response.status_code
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            return Unknown(f"too_long_{status}")
        if time.monotonic() > until:
            return Unknown("timeout")
    if status < 200 or 300 <= status < 400:
        return Unknown(f"http_{status}")
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        document = None
    if not isinstance(document, dict):
        return Unknown(f"no_answer_{status}")
    return _meant(document, key, status)


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
