"""The entrance: signing in with a password or a terminal's code, and signing out; nobody is known here yet.

`POST /v1/login`, `/v1/logout`, `/v1/device`, `/v1/device/token`. The last two have the shape of RFC 8628, with the code
of a refusal also as `error`.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from csdesk.desk import sign_in
from csdesk.desk.access_answers import shown
from csdesk.desk.core import Core
from csdesk.desk.wire import Malformed
from csdesk.domain.cases.context import Refused
from csdesk.server.callers import PEER, Caller
from csdesk.server.hall import Hall, Room
from csdesk.server.problems import Problem

Asked = Request[Any, Any, Any]
T = TypeVar("T")
R = TypeVar("R")
JSON = "application/json"
# Each takes 19 MiB and a core for 20 ms; who stands behind so many waits.
AT_ONCE = 2
MOST_PASSWORD = 1_000


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who somebody says to be, on which desk ("" for the server's first), and what the session is to be called."""

    agent: str
    password: str
    desk: str = ""
    label: str = ""

    def __repr__(self) -> str:
        return f"Login({self.agent!r})"


class Terminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A terminal that asks to be let in."""

    desk: str = ""
    label: str = ""


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A terminal that asks whether it was let in."""

    device_code: str


class Entrance:
    """What the routes stand on; `take` reads a body, `caller` says who asks."""

    def __init__(
        self, hall: Hall, take: Callable[[Asked], Awaitable[bytes]], caller: Callable[[Asked], Caller]
    ) -> None:
        self._hall = hall
        self._take = take
        self._caller = caller
        # Where a browser lets in the terminal that shows a code at a desk; "" for nowhere.
        self.page: Callable[[str, str], str] = lambda code, desk: ""
        self._hashing = asyncio.Semaphore(AT_ONCE)

    async def _read(self, request: Asked, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(await self._take(request), type=kind)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise Malformed("$", str(exc)) from None

    async def room(self, desk: str) -> tuple[Room, str]:
        """The room of a desk, and ""; for a desk that is not here the first one, and what no agent is called."""
        with suppress(Problem):
            return await self._hall.room(desk or self._hall.first), ""
        return await self._hall.room(self._hall.first), f"{desk} "

    async def login(self, request: Asked) -> Response[bytes]:
        """Open a session by a password; 401 whatever was wrong, 429 when it was tried too often."""
        told, place = await self._read(request, Login), address(request.scope)
        room, prefix = await self.room(told.desk)
        who = prefix + told.agent[:100]
        begun = await waited(room, lambda core: sign_in.begin(core, who, place))
        async with self._hashing:
            password = told.password[:MOST_PASSWORD]
            right = await asyncio.to_thread(sign_in.right_password, begun, password)
        if not right:
            raise Refused("sign_in_refused")
        return _let_in(await room.enter(lambda core: (sign_in.finish(core, begun, told.label), core)))

    async def logout(self, request: Asked) -> Response[None]:
        """End the session or token by which this is asked."""
        caller = self._caller(request)
        room = await self._hall.room(caller.desk)
        await room.run(caller, sign_in.sign_out, writes=True)
        return Response(None, status_code=204)

    async def device(self, request: Asked) -> Response[bytes]:
        """A terminal begins to wait: what it asks with, and what a person is to read out to whoever lets it in."""
        told, place = await self._read(request, Terminal), address(request.scope)
        room, prefix = await self.room(told.desk)
        made, secret = await waited(
            room, lambda core: sign_in.wait(core, told.label, place, nowhere=bool(prefix))
        )
        desk = told.desk or self._hall.first
        page = self.page(shown(made.code), told.desk)
        return _told(
            {
                "device_code": f"{desk}.{secret}",
                "user_code": shown(made.code),
                "interval": made.pause,
                "expires_in": (made.expires - made.made_at) // 1000,
                **({"verification_uri_complete": page} if page else {}),
            }
        )

    async def polled(self, request: Asked) -> Response[bytes]:
        """Whether the terminal was let in."""
        told = await self._read(request, Again)
        desk, _, secret = told.device_code.rpartition(".")
        room, _ = await self.room(desk)
        try:
            return _let_in(await room.enter(lambda core: (sign_in.poll(core, secret), core)))
        except Refused as exc:
            raise Problem(400, exc.code, error=exc.code) from None


async def waited(room: Room, call: Callable[[Core], R]) -> R:
    """What a counted try gives; Problem 429 with how long to wait."""

    def timed(core: Core) -> R:
        try:
            return call(core)
        except Refused as exc:
            if exc.code != "sign_in_limited":
                raise
            wait = (int(str(exc.detail["until"])) - core.now() + 999) // 1000
            raise Problem(429, exc.code, retry_after=max(wait, 1)) from None

    return await room.enter(timed)


def _told(document: Mapping[str, object]) -> Response[bytes]:
    return Response(msgspec.json.encode(document), media_type=JSON, headers={"Cache-Control": "no-store"})


def _let_in(given: tuple[sign_in.Signed, Core]) -> Response[bytes]:
    signed, core = given
    token = signed.token
    return _told(
        {
            "access_token": signed.secret,
            "token_type": "Bearer",
            "expires_in": (token.expires - token.made_at) // 1000,
            "agent": token.agent,
            "desk": core.desk,
        }
    )


def address(scope: Mapping[str, Any]) -> str:
    """Where a request comes from, for the count of tries.

    What a proxy says of it was read before (`server.proxies`). Of IPv6 its /64: one household has all of those.
    """
    host, port = scope.get("client") or ("", 0)
    if host == PEER:
        return f"{PEER}:{port}"
    with suppress(ValueError):
        found = ipaddress.ip_address(host)
        if found.version == 6:
            return str(ipaddress.ip_network((found, 64), strict=False))
    return str(host)


def routes(entrance: Entrance) -> list[HTTPRouteHandler]:
    """The handlers of the entrance."""

    @post("/v1/login", status_code=200)
    async def login(request: Asked) -> Response[bytes]:
        return await entrance.login(request)

    @post("/v1/logout", status_code=204)
    async def logout(request: Asked) -> Response[None]:
        return await entrance.logout(request)

    @post("/v1/device", status_code=200)
    async def device(request: Asked) -> Response[bytes]:
        return await entrance.device(request)

    @post("/v1/device/token", status_code=200)
    async def polled(request: Asked) -> Response[bytes]:
        return await entrance.polled(request)

    return [login, logout, device, polled]
