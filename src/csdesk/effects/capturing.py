"""A listing page becomes evidence: fetched with care or read from a file, kept as it came and as what was read of it.

Fetching asks as nobody (no cookies, no login, no proxy, no `.netrc`), by https on its own port, at addresses of the
public internet only: each name is looked up once, every address that it has is judged, and the connection goes to the
judged one, so that a second answer of the same name leads nowhere else. Every redirect is judged anew. The whole takes
`SECONDS` at most and `MOST_PAGE` bytes unpacked, whatever drips in. Nothing of the page runs, and nothing that it
names is fetched.
"""

import asyncio
import io
import ipaddress
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import look_into
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import CAPTURE, MOST_EXHIBITS
from csdesk.domain.media import media
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line, file_name
from csdesk.domain.value import dataclass
from csdesk.effects.captured import Captured, Changed, compared, packed, read, unpacked
from csdesk.effects.evidence_in import Filed, file_one, opened

if TYPE_CHECKING:
    from csdesk.webclient import httpx

SECONDS = 20.0
MOST_PAGE = 5_000_000
MOST_REDIRECTS = 5
MOST_ADDRESS = 2_000
_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_TOLD = ("date", "last-modified", "content-type")
_AGENT = "csdesk-capture/1 (evidence for a customer's case)"
_MOVED = frozenset({301, 302, 303, 307, 308})
_PORTS = {"https": 443, "http": 80}
# Looks a name up: its addresses. A test may answer otherwise.
Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Doors:
    """What is allowed beyond https to the public internet: `plain` http; `private` addresses and other ports."""

    plain: bool = False
    private: bool = False


SHUT = Doors()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a capture left in a case: the page as it came, the JSON of what was read, and that itself."""

    page: Filed
    told: Filed
    captured: Captured


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name; OSError."""
    return list(
        dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    )


def capture(
    core: Core, case: str, what: str, doors: Doors = SHUT, *, seconds: float = SECONDS, look_up: Resolve = resolve
) -> Kept:  # fmt: skip
    """Keep a page as evidence of a case: an address, or a file that somebody saved. Refused `capture_…`, StoreError."""
    core.need(Right.WORK)
    found, _ = core.load(core.case_id(case))
    if len(found.evidence) > MOST_EXHIBITS - 2:
        raise Refused("evidence_case_full", most=MOST_EXHIBITS)
    path = Path(what)
    if "://" not in what and path.is_file():
        with opened(path, follow=True) as file:
            content = file.read(MOST_PAGE + 1)
        if len(content) > MOST_PAGE:
            raise Refused("capture_large", most_mb=MOST_PAGE // 1_000_000)
        captured = read(content, at=core.now())
        name = path.stem
    else:
        content, captured = _fetched(what, doors, seconds, look_up, core.now())
        name = urlsplit(captured.final).hostname or ""
    # A page that is something else by its first bytes is no page, whatever its sender says; it is kept as text, so
    # that no system ever opens it as a page.
    if media(content[:65_536]) not in ("", "text/plain"):
        raise Refused("capture_type", media=media(content[:65_536]))
    stem = file_name(name)[:80]
    page = file_one(
        core, case, io.BytesIO(content), f"{stem}.html.txt", CAPTURE, MOST_PAGE, said="text/plain"
    )
    told = file_one(core, case, io.BytesIO(packed(captured)), f"{stem}.json", CAPTURE, 2 * MOST_PAGE)
    return Kept(page, told, captured)


def differences(core: Core, case: str, before: str, after: str) -> Changed:
    """What changed between two captures of a case, each by the beginning of its hash; both looks are on record.

    Refused as `look_into`.
    """
    found = [unpacked(look_into(core, case, said, 2 * MOST_PAGE)) for said in (before, after)]
    return compared(found[0], found[1])


def _fetched(what: str, doors: Doors, seconds: float, look_up: Resolve, now: int) -> tuple[bytes, Captured]:
    asked = what if "://" in what else f"https://{what}"
    try:
        return asyncio.run(asyncio.wait_for(_followed(asked, doors, look_up, now), seconds))
    except TimeoutError:
        raise Refused("capture_slow", seconds=int(seconds)) from None


async def _followed(asked: str, doors: Doors, look_up: Resolve, now: int) -> tuple[bytes, Captured]:
    """The page at an address or where that leads."""
    from csdesk.webclient import httpx

    at, trail = asked, list[str]()
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        while True:
            request = await _judged(client, at, doors, look_up)
            try:
                response = await client.send(request, stream=True)
                try:
                    to = response.headers.get("location", "") if response.status_code in _MOVED else ""
                    content = b"" if to else await _body(response)
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
                raise Refused("capture_failed", host=_host(at), why=type(exc).__name__) from None
            client.cookies.clear()
            if not to:
                break
            trail.append(at)
            if len(trail) > MOST_REDIRECTS:
                raise Refused("capture_redirects", most=MOST_REDIRECTS)
            at = _onward(at, to)
    headers = {name: clean_line(response.headers[name]).text for name in _TOLD if name in response.headers}
    bare = [clean_line(one, limit=MOST_ADDRESS).text for one in (asked, at, *trail)]
    found = read(
        content, asked=bare[0], final=bare[1], redirects=tuple(bare[2:]), at=now, status=response.status_code,
        headers=headers,
    )  # fmt: skip
    return content, found


def _onward(at: str, to: str) -> str:
    """Where a redirect leads; from https never to http."""
    try:
        onward = urljoin(at, to)
        if urlsplit(at).scheme == "https" and urlsplit(onward).scheme != "https":
            raise Refused("capture_plain")
    except ValueError:
        raise Refused("capture_address") from None
    return onward


def _host(at: str) -> str:
    return clean_line(urlsplit(at).hostname or "", limit=100).text


async def _judged(client: "httpx.AsyncClient", at: str, doors: Doors, look_up: Resolve) -> "httpx.Request":
    """A request to an address that may be asked, bound to one numeric address that was judged; or Refused."""
    from csdesk.webclient import httpx

    try:
        parts = urlsplit(at)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port or _PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise Refused("capture_address") from None
    if parts.scheme not in _PORTS or not host or len(at) > MOST_ADDRESS:
        raise Refused("capture_address")
    if parts.username is not None or parts.password is not None:
        raise Refused("capture_login")
    if parts.scheme == "http" and not doors.plain:
        raise Refused("capture_plain")
    if port != _PORTS[parts.scheme] and not doors.private:
        raise Refused("capture_port", port=port)
    try:
        found = await asyncio.get_running_loop().run_in_executor(None, look_up, host, port)
    except (OSError, UnicodeError):
        raise Refused("capture_failed", host=_host(at), why="DNS") from None
    if not found or not (doors.private or all(map(public, found))):
        raise Refused("capture_private", host=_host(at))
    numeric = f"[{found[0]}]" if ":" in found[0] else found[0]
    bound = urlunsplit((parts.scheme, f"{numeric}:{port}", parts.path or "/", parts.query, ""))
    named = host if port == _PORTS[parts.scheme] else f"{host}:{port}"
    headers = {"Host": named, "User-Agent": _AGENT, "Accept": ", ".join(_TYPES), "Accept-Encoding": "gzip"}
    try:
        return client.build_request("GET", bound, headers=headers, extensions={"sni_hostname": host})
    except httpx.InvalidURL:
        raise Refused("capture_address") from None


def public(address: str) -> bool:
    """Whether a numeric address is one of the public internet: no loopback, private, link-local, shared or multicast.

    An IPv4 address inside an IPv6 one counts as what it is.
    """
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        inside = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if one in _NAT64 or int(one) >> 32 == 0:
            inside = ipaddress.IPv4Address(int(one) & 0xFFFF_FFFF)
        if inside is not None:
            return public(str(inside))
    return one.is_global and not one.is_multicast


# RFC 6052: the last four bytes are an IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def _body(response: "httpx.Response") -> bytes:
    """The content, unpacked, at most `MOST_PAGE` bytes; Refused."""
    if response.status_code != 200:
        raise Refused("capture_status", status=response.status_code)
    type_ = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ and type_ not in _TYPES:
        raise Refused("capture_type", media=clean_line(type_, limit=60).text)
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", ""):
        raise Refused("capture_packed", coding=clean_line(coding, limit=40).text)
    unpack = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    body = bytearray()
    async for piece in response.aiter_raw():
        try:
            body += piece if unpack is None else unpack.decompress(piece, MOST_PAGE + 1 - len(body))
        except zlib.error:
            raise Refused("capture_packed", coding="gzip") from None
        if len(body) > MOST_PAGE or (unpack is not None and unpack.unconsumed_tail):
            raise Refused("capture_large", most_mb=MOST_PAGE // 1_000_000)
    if unpack is not None and not unpack.eof:
        raise Refused("capture_packed", coding="gzip")
    return bytes(body)
