"""The routes: each hands over what came in to its door, in the thread that owns the desk, and answers what it says."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.config.compression import CompressionConfig
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, InternalServerException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.wire import Malformed
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.effects.webhook import Answered
from csdesk.server import entrance, ordering, vouched
from csdesk.server.api import Api, refusal, routes
from csdesk.server.callers import PEER
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import TRACKING, Doors
from csdesk.server.files import Files
from csdesk.server.files import routes as evidence
from csdesk.server.hall import Hall
from csdesk.server.metrics import NOWHERE, Metrics
from csdesk.server.oidc import OpenId
from csdesk.server.problems import CODES, MEDIA, Problem, body_of, headers_of
from csdesk.server.proxies import Proxies
from csdesk.store.connection import translated
from csdesk.store.errors import StoreError

log = logging.getLogger("csdesk.server")

Asked = Request[Any, Any, Any]
D = TypeVar("D")
JSON = "application/json"
# Who sends what to /v1/intake; a hook has the name in its path.
SOURCE = "x-csdesk-source"
# What a client may call its request in our log: nothing that could be somebody's name in Chinese, nor a second line.
_REQUEST = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_TWO_LENGTHS = {b"content-length", b"transfer-encoding"}
# From 1 kB on, where it is accepted; 1 is a third of the time of 6 for 5 % more. An answer that holds a secret (a new
# token) is left out, so that its length says nothing of it (BREACH, CVE-2013-3587); in all others there is none, and a
# bearer token is not sent by a browser of itself as a cookie would be. Streams and files flow as they are.
_SMALL = CompressionConfig(
    backend="gzip",
    minimum_size=1_000,
    gzip_compress_level=1,
    exclude=["^/v1/watch$", "/evidence", "^/v1/login$", "^/v1/device", "^/v1/oidc", "^/v1/ask/.*token"],
)
# A client that does not read keeps no more than two of these in memory, however long its answer is.
PIECE = 64 * 1024
# The routes that ask nobody who they are, and why; a test walks all others with every role and without any.
PUBLIC = {
    "/healthz": "for service managers, and says nothing of a desk",
    "/readyz": "likewise",
    "/v1/openapi.json": "what there is to ask, and nothing of a desk",
    "/v1/intake": "signed by the sender",
    "/v1/hooks/messages/{source:str}": "signed by the sender",
    "/v1/hooks/orders/{source:str}": "signed by the sender",
    f"{TRACKING}/{{source:str}}": "signed by the carrier",
    "/v1/login": "a password lets in",
    "/v1/device": "waits for somebody who lets it in",
    "/v1/device/token": "likewise",
    "/v1/device/approve": "an OpenID provider says who it is",
    "/v1/oidc/back": "likewise",
}


class Rooms:
    """What the routes stand on: the doors, the desk in its thread, and a second one that waits for order systems."""

    def __init__(
        self,
        doors: Doors,
        desk: DeskThread,
        asking: DeskThread,
        words: Words,
        seconds: float,
        hall: Hall,
        look: ordering.LookUp | None = None,
        proxies: Proxies | None = None,
        provider: OpenId | None = None,
    ) -> None:
        self.doors = doors
        self.hall = hall
        self.desk = desk
        self.asking = asking
        self.words = words
        self.seconds = seconds
        self.look = look
        self.draining = False
        self.metrics = Metrics()
        self.end_streams: Callable[[], None] = lambda: None
        self.proxies = proxies or Proxies("127.0.0.1 ::1")
        self.provider = provider

    async def take(self, request: Asked) -> bytes:
        """The body, whole and in time; Problem for one that is no JSON by its own account."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != JSON or request.headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "not_json_media")
        try:
            async with asyncio.timeout(self.seconds):
                return await request.body()
        except TimeoutError:
            raise Problem(408, "too_slow") from None
        except (
            InternalServerException
        ):  # the client went away in the middle: nobody reads this, and it is no fault
            raise Problem(400, "bad_request") from None

    async def message(self, name: str, request: Asked) -> Response[bytes]:
        """What a sender's door makes of a message."""
        doorman = _door(self.doors.senders, name)
        body, path = await self.take(request), request.scope["path"]
        headers = dict(request.headers)
        return _answer(
            await self.desk.run(_kept(lambda core: doorman.answer(core, "POST", path, headers, body)))
        )

    async def change(self, name: str, request: Asked) -> Response[bytes]:
        """What becomes of the news that orders changed."""
        door = _door(self.doors.orders, name)
        body, path = await self.take(request), request.scope["path"]
        headers = dict(request.headers)
        return _answer(
            await self.asking.run(_kept(lambda core: door.answer(core, "POST", path, headers, body)))
        )

    async def scans(self, name: str, request: Asked) -> Response[bytes]:
        """What a carrier's door makes of scans."""
        door = _door(self.doors.tracking, name)
        body, headers = await self.take(request), dict(request.headers)
        return _answer(await self.desk.run(_kept(lambda core: door.answer(core, headers, body))))

    async def ready(self) -> Response[bytes]:
        """Whether requests are taken: the desk's file answers, and nobody has told this server to end."""
        if self.draining:
            raise Problem(503, "draining")
        await self.desk.run(_kept(lambda core: core.store.conn.execute("SELECT 1").fetchone()))
        return Response(b'{"status":"ready"}', media_type=JSON)


def _door(doors: Mapping[str, D], name: str) -> D:
    door = doors.get(name)
    if door is None:
        raise Problem(404, "unknown_source")
    return door


def _kept(call: Callable[[Core], D]) -> Callable[[Core], D]:
    """The call with errors of file and disk as StoreError."""

    def kept(core: Core) -> D:
        with translated(core.store.conn.path):
            return call(core)

    return kept


def _answer(answered: Answered) -> Response[bytes]:
    """A door's answer; one that refuses is a problem with the door's code, its details and where the copy lies."""
    if answered.status < 400:
        return Response(answered.body, status_code=answered.status, media_type=JSON)
    told = dict(answered.document)
    raise Problem(answered.status, told.pop("refused"), **told)


def make_app(rooms: Rooms, limit: int) -> ASGIApp:
    """The application over these rooms, with a line in the log for each request."""
    return logged(make_routes(rooms, limit), rooms.metrics, rooms.proxies)


def make_routes(rooms: Rooms, limit: int) -> Litestar:
    """The routes over these rooms; no body is read beyond `limit` bytes."""
    api = Api(rooms.hall, rooms.take, asks_orders=rooms.look is not None)
    files = Files(rooms.hall, api.caller, rooms.seconds)
    door = entrance.Entrance(rooms.hall, rooms.take, api.caller)
    browser = vouched.Vouched(door, rooms.provider, rooms.words)
    door.page = browser.link
    ask_order = ordering.route(rooms.hall, rooms.asking, rooms.look, api.caller, rooms.take)

    @get("/healthz")
    async def healthz() -> Response[bytes]:
        return Response(b'{"status":"ok"}', media_type=JSON)

    @get("/metrics")
    async def metrics(request: Asked) -> Response[bytes]:
        return await api.numbers(request, rooms.metrics)

    @get("/readyz")
    async def readyz() -> Response[bytes]:
        return await rooms.ready()

    @post("/v1/intake")
    async def intake(request: Asked) -> Response[bytes]:
        return await rooms.message(request.headers.get(SOURCE, ""), request)

    @post("/v1/hooks/messages/{source:str}")
    async def messages(request: Asked) -> Response[bytes]:
        return await rooms.message(request.path_params["source"], request)

    @post("/v1/hooks/orders/{source:str}")
    async def orders(request: Asked) -> Response[bytes]:
        return await rooms.change(request.path_params["source"], request)

    @post(f"{TRACKING}/{{source:str}}")
    async def tracking(request: Asked) -> Response[bytes]:
        return await rooms.scans(request.path_params["source"], request)

    rooms.metrics.watchers, rooms.end_streams = api.watchers, api.end_streams
    doors: list[HTTPRouteHandler] = [healthz, readyz, metrics, intake, messages, orders, tracking]
    return Litestar(
        route_handlers=[
            *doors,
            *routes(api),
            *evidence(files),
            ask_order,
            *entrance.routes(door),
            *vouched.routes(browser),
        ],
        on_shutdown=[api.close],
        exception_handlers={Exception: partial(_failed, rooms.words)},
        request_max_body_size=limit,
        compression_config=_SMALL,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _failed(words: Words, request: Asked, exc: Exception) -> Response[bytes]:
    """Any error as a problem; what nobody foresaw is named in the log by its kind and place, never by its words."""
    problem = _problem(exc)
    id_ = str(request.scope.get("csdesk.request", ""))
    if problem.status == 500:
        place = exc.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else ""
        log.error(_line(event="fault", request=id_, kind=type(exc).__name__, place=where))
    request.scope["csdesk.code"] = problem.code  # type: ignore[typeddict-unknown-key]
    return Response(
        body_of(problem, words, id_),
        status_code=problem.status,
        media_type=MEDIA,
        headers={**headers_of(problem), **({"Allow": _allowed(request)} if problem.status == 405 else {})},
    )


def _allowed(request: Asked) -> str:
    """The methods that an address takes."""
    asked = [part for part in request.scope["path"].split("/") if part]
    found: set[str] = set()
    for route in request.app.routes:
        parts = route.path_components
        if len(parts) == len(asked) and all(
            not isinstance(part, str) or part == said for part, said in zip(parts, asked, strict=True)
        ):
            found |= set(getattr(route, "methods", ()))
    return ", ".join(sorted(found))


def _problem(exc: Exception) -> Problem:
    match exc:
        case Problem():
            return exc
        case HTTPException(status_code=status) if status in CODES:
            return Problem(status, CODES[status])
        case StoreError(code="too_slow"):  # away is nobody, and the same again would take as long
            return refusal(Refused("took_too_long"))
        case StoreError():
            return Problem(503, "desk_away", fault=exc.code)
        case Refused():
            return refusal(exc)
        case Conflict():
            return Problem(412, "conflict", case=exc.case, came=exc.came)
        case Malformed():
            return Problem(400, "malformed", where=exc.where, why=exc.why)
    return Problem(500, "fault")


def logged(app: ASGIApp, metrics: Metrics, proxies: Proxies) -> ASGIApp:
    """One line of JSON for each request: what was asked for by its route, never by who or what stands in it."""

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return await app(scope, receive, send)
        began, status = time.monotonic(), 0
        host, port = scope.get("client") or ("", 0)
        if host != PEER:
            scope["client"] = (proxies.origin(host, scope["headers"]), port)
        told = dict(scope["headers"])
        said = told.get(b"x-request-id", b"").decode("latin-1")
        # Where a proxy took the other length, what follows is not of whom it seems to be (RFC 9112, 6.1).
        ends = [(b"connection", b"close")] if told.keys() >= _TWO_LENGTHS else []
        id_ = said if _REQUEST.fullmatch(said) else os.urandom(6).hex()
        scope["csdesk.request"] = id_  # type: ignore[typeddict-unknown-key]

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id_.encode()), *ends]
            for piece in _pieces(message):
                await send(piece)

        try:
            await app(scope, receive, sent)
        finally:
            route = str(scope.get("path_template", NOWHERE))
            ms = round((time.monotonic() - began) * 1000, 1)
            code = str(scope.get("csdesk.code", ""))
            metrics.count(str(scope.get("method")), route, status, ms)
            line = {"method": scope.get("method"), "route": route, "status": status, "ms": ms}
            log.info(_line(event="request", request=id_, **line, **({"code": code} if code else {})))

    return around


def _pieces(message: Message) -> Iterator[Message]:
    """A message, or a long body as several."""
    if message["type"] != "http.response.body" or len(body := message["body"]) <= PIECE:
        yield message
        return
    for at in range(0, len(body), PIECE):
        more = at + PIECE < len(body) or message["more_body"]
        yield {"type": "http.response.body", "body": body[at : at + PIECE], "more_body": more}


def _line(**told: object) -> str:
    return msgspec.json.encode(told).decode()
