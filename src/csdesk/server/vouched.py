"""A browser's way to let one's own terminal in: a page that asks, the OpenID provider, and back.

`GET /v1/device/approve`, `GET /v1/oidc/back`. The page's link is the only place where the state stands, and its cookie
goes to nobody else, so no other site can take the step for whoever reads it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from csdesk.desk import vouching
from csdesk.desk.access_queries import DeviceView
from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line
from csdesk.server.api import STATUS
from csdesk.server.entrance import Entrance, address, waited
from csdesk.server.hall import Room
from csdesk.server.oidc import Flow, OpenId, refused
from csdesk.server.problems import Problem, headers_of

Asked = Request[Any, Any, Any]
PAGE = "/v1/device/approve"
# As long as a code waits.
COOKIE_MS = 600_000
MOST_COOKIE, MOST_SAID = 2_000, 2_000
_STYLE = "body{font:1.1em/1.6 sans-serif;max-width:34em;margin:3em auto;padding:0 1em}b{font-size:1.5em}"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class _Ticket(msgspec.Struct, frozen=True):
    """What a cookie keeps: which terminal of which desk, which way through the provider, until when (UTC ms)."""

    desk: str
    code: str
    state: str
    until: int


def _sealed(ticket: _Ticket, key: bytes) -> str:
    body = base64.urlsafe_b64encode(msgspec.json.encode(ticket)).decode()
    return f"{body}.{hmac.new(key, body.encode(), hashlib.sha256).hexdigest()}"


class Vouched:
    """What the two routes stand on; without a provider neither is there."""

    def __init__(self, entrance: Entrance, provider: OpenId | None, words: Words) -> None:
        self._entrance = entrance
        self._provider = provider
        self._words = words
        secure = provider is not None and provider.terms.url.startswith("https:")
        # With this prefix a browser takes it from this very host alone, and over https.
        self._name = "__Host-csdesk-oidc" if secure else "csdesk-oidc"
        self._flags = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

    async def page(self, request: Asked) -> Response[bytes]:
        """Which terminal asks, since when, and the way to the provider; beginning is the reader's own step."""
        provider = self._known()
        code, desk = _one(request, "user_code"), _one(request, "desk")
        room, elsewhere = await self._entrance.room(desk)
        place = address(request.scope)
        seen = await waited(room, lambda core: vouching.look(core, "" if elsewhere else code, place))
        key, now = await room.look(_key_and_now)
        flow = Flow.of(key, secrets.token_urlsafe(24))
        begin = await provider.begin(flow)
        cookie = _sealed(_Ticket(desk, seen.code, flow.state, min(now + COOKIE_MS, seen.expires)), key)
        return self._answer(
            200, self._question(_words(request, self._words), seen, begin), self._cookie(cookie, COOKIE_MS)
        )

    async def back(self, request: Asked) -> Response[bytes]:
        """Let the terminal in as whoever the provider says has come back."""
        provider = self._known()
        ticket, room, flow = await self._ticket(request)
        if (issuer := _one(request, "iss")) and issuer != provider.terms.issuer:  # RFC 9207
            raise refused("iss")
        if not (code := _one(request, "code")):
            raise refused("error")
        said = await provider.finish(flow, code)
        await room.enter(lambda core: vouching.approve(core, ticket.code, said))
        words = _words(request, self._words)
        body = _paragraphs(words("oidc.done", code=ticket.code), words("oidc.close"))
        return self._answer(200, (words, body), self._cookie("", 0))

    async def _ticket(self, request: Asked) -> tuple[_Ticket, Room, Flow]:
        """What the cookie says that this server's desk has sealed; Problem `oidc_state` for any other, or none."""
        body, _, mac = request.cookies.get(self._name, "")[:MOST_COOKIE].rpartition(".")
        try:
            ticket = msgspec.json.decode(base64.urlsafe_b64decode(body.encode()), type=_Ticket)
        except (ValueError, msgspec.DecodeError):
            raise Problem(400, "oidc_state") from None
        room, _ = await self._entrance.room(ticket.desk)
        key, now = await room.look(_key_and_now)
        good = hmac.compare_digest(_sealed(ticket, key).encode(), f"{body}.{mac}".encode())
        same = hmac.compare_digest(ticket.state.encode(), _one(request, "state").encode())
        if not good or not same or now >= ticket.until:
            raise Problem(400, "oidc_state")
        return ticket, room, Flow.of(key, ticket.state)

    def _known(self) -> OpenId:
        if self._provider is None:
            raise Problem(404, "not_found")
        return self._provider

    def link(self, code: str, desk: str) -> str:
        """The page for a code, as a terminal shows it; "" without a provider."""
        if self._provider is None:
            return ""
        asked = {"user_code": code, **({"desk": desk} if desk else {})}
        return f"{self._provider.terms.url}{PAGE}?{urlencode(asked)}"

    def _cookie(self, value: str, ms: int) -> str:
        return f"{self._name}={value}; Max-Age={ms // 1000}; {self._flags}"

    def _question(self, words: Words, seen: DeviceView, begin: str) -> tuple[Words, str]:
        told = _paragraphs(words("oidc.ask", label=seen.label or "–", at=words.moment(seen.made_at)))
        code = f"<p><b>{escape(seen.code)}</b></p>"
        link = f'<p><a href="{escape(begin)}">{escape(words("oidc.go"))}</a></p>'
        return words, told + code + _paragraphs(words("oidc.warn")) + link

    def _answer(self, status: int, told: tuple[Words, str], cookie: str = "", **more: str) -> Response[bytes]:
        words, body = told
        page = (
            f'<!doctype html><html lang="{words.language}"><meta charset="utf-8"><title>csdesk</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
            f"<h1>{escape(words('oidc.title'))}</h1>{body}</html>"
        )
        headers = {**_HEADERS, **more, **({"Set-Cookie": cookie} if cookie else {})}
        return Response(page.encode(), status_code=status, media_type="text/html", headers=headers)

    async def shown(
        self, request: Asked, call: Callable[[Asked], Awaitable[Response[bytes]]]
    ) -> Response[bytes]:
        """What a route answers; a refusal as a page, since a person reads it."""
        words = _words(request, self._words)
        try:
            return await call(request)
        except Problem as exc:
            problem, told = exc, _told(words, exc)
        except Refused as exc:
            problem, told = Problem(STATUS.get(exc.code, 404), exc.code), words.refused(exc)
        request.scope["csdesk.code"] = problem.code  # type: ignore[typeddict-unknown-key]
        return self._answer(problem.status, (words, _paragraphs(told)), **headers_of(problem))


def _told(words: Words, problem: Problem) -> str:
    if words.has(f"problem.{problem.code}"):
        return words(f"problem.{problem.code}")
    return words.refused(Refused(problem.code, **problem.more.get("detail", {})))


def _key_and_now(core: Core) -> tuple[bytes, int]:
    return vouching.seal_key(core), core.now()


def _paragraphs(*told: str) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in told)


def _one(request: Asked, name: str) -> str:
    """A parameter; Problem for one that is there twice or too long."""
    found = request.query_params.getall(name, [""])
    if len(found) > 1 or len(found[0]) > MOST_SAID:
        raise Problem(400, "bad_parameter", parameter=name)
    return clean_line(found[0], limit=MOST_SAID).text


def _words(request: Asked, own: Words) -> Words:
    """The language that the browser likes best, of those that we have; else the server's."""
    first = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip().lower()
    if first.startswith("en"):
        return Words("en", own.zone)
    if first.startswith("zh"):
        traditional = any(part in first for part in ("hant", "tw", "hk", "mo"))
        return Words("zh-Hant" if traditional else "zh-Hans", own.zone)
    return own


def routes(vouched: Vouched) -> list[HTTPRouteHandler]:
    """The handlers of a browser's way."""

    @get(PAGE)
    async def approve(request: Asked) -> Response[bytes]:
        return await vouched.shown(request, vouched.page)

    @get("/v1/oidc/back")
    async def back(request: Asked) -> Response[bytes]:
        return await vouched.shown(request, vouched.back)

    return [approve, back]
