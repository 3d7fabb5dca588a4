"""Signed requests to an order system over HTTP: what is not clearly JSON within the time is a fault and no answer."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from csdesk.domain.value import dataclass
from csdesk.effects.http_provider import sign

if TYPE_CHECKING:
    import httpx

# A page of 500 orders has some 2 MB; what is longer is not read to its end.
MOST_BYTES = 16_000_000


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
    """One order system's address. One request at a time takes at most `seconds`, whatever drips in."""

    def __init__(
        self, address: str, secret: bytes, *, seconds: float = 4.0, now: Callable[[], float] = time.time
    ) -> None:
        self._address = address.rstrip("/")
        self._path = urlsplit(self._address).path
        self._secret = secret
        self._seconds = seconds
        self._now = now
        self._client: httpx.Client | None = None

    def call(self, method: str, place: str, body: bytes = b"", key: str = "") -> Reply | NoReply:
        """Ask; `place` is path and query behind the address, both are signed."""
        import httpx

        stamp = str(int(self._now()))
        headers = {
            "Accept": "application/json",
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(self._secret, stamp, method, self._path + place, body),
        }
        if body:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._client is None:
            # No proxy and no .netrc from the environment: what customers bought goes where the setting says.
            self._client = httpx.Client(timeout=self._seconds, trust_env=False)
        until = time.monotonic() + self._seconds
        try:
            with self._client.stream(
                method, self._address + place, content=body or None, headers=headers
            ) as response:
                return _read(response, until)
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


def _read(response: "httpx.Response", until: float) -> Reply | NoReply:
    status, body = response.status_code, bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
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
