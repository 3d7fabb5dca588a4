"""Signed requests over HTTP: what is not clearly JSON within the time is a fault and no answer.

Each request has `X-Csdesk-Timestamp` (s) and `X-Csdesk-Signature: v1=` HMAC-SHA256, in hex, by the shared secret,
of timestamp, method, path and body, with a line feed between each.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.webclient import httpx

_LOCAL = ("localhost", "127.0.0.1", "::1")
# A page of 500 orders has some 2 MB; what is longer is not read to its end.
MOST_BYTES = 16_000_000


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


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON document with its HTTP status."""

    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no document; `left`: a byte of the request may have reached somebody."""

    reason: str
    left: bool = True


class Wire:
    """One address. One request at a time takes at most `seconds`, whatever drips in, and `most` bytes are read."""

    def __init__(
        self,
        address: str,
        secret: bytes,
        *,
        seconds: float = 4.0,
        now: Callable[[], float] = time.time,
        most: int = MOST_BYTES,
    ) -> None:
        self._address = address.rstrip("/")
        self._path = urlsplit(self._address).path
        self._secret = secret
        self._seconds = seconds
        self._now = now
        self._most = most
        self._client: httpx.Client | None = None

    def call(self, method: str, place: str, body: bytes = b"", key: str = "") -> Reply | NoReply:
        """Ask; `place` is path and query behind the address, both are signed."""
        from csdesk.webclient import httpx

        stamp = str(int(self._now()))
        headers = {
            "Accept": "application/json",
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(self._secret, stamp, method, self._path + place, body),
        }
        if body:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._client is None:
            # No proxy and no .netrc from the environment: money and what customers bought go where the setting says.
            self._client = httpx.Client(timeout=self._seconds, trust_env=False)
        until = time.monotonic() + self._seconds
        try:
            with self._client.stream(
                method, self._address + place, content=body or None, headers=headers
            ) as response:
                return _read(response, until, self._most)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NoReply("unreachable", left=False)
        except httpx.TimeoutException:
            return NoReply("timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return NoReply(f"broken: {type(exc).__name__}")

    def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _read(response: "httpx.Response", until: float, most: int) -> Reply | NoReply:
    status, body = response.status_code, bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > most:
            return NoReply(f"too_long_{status}")
        if time.monotonic() > until:
            return NoReply("timeout")
    if status < 200 or 300 <= status < 400:
        return NoReply(f"http_{status}")
    try:
        return Reply(status, msgspec.json.decode(bytes(body)))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        html = bytes(body[:1_000]).lstrip().lower().startswith((b"<!doctype html", b"<html"))
        return NoReply(f"{'html' if html else 'no_json'}_{status}")
