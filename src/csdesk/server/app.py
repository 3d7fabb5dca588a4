"""The routes: each hands over what came in to its door, in the thread that owns the desk, and answers what it says."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, InternalServerException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.effects.webhook import Answered
from csdesk.server.desk_thread import DeskThread
from csdesk.server.doors import TRACKING, Doors
from csdesk.server.problems import CODES, MEDIA, Problem, body_of, headers_of
from csdesk.store.connection import translated
from csdesk.store.errors import StoreError

log = logging.getLogger("csdesk.server")

Asked = Request[Any, Any, Any]
D = TypeVar("D")
JSON = "application/json"
# Who sends what to /v1/intake; a hook has the name in its path.
SOURCE = "x-csdesk-source"


class Rooms:
    """What the routes stand on: the doors, the desk in its thread, and a second one that waits for order systems."""

    def __init__(
        self, doors: Doors, desk: DeskThread, asking: DeskThread, words: Words, seconds: float
    ) -> None:
        self.doors = doors
        self.desk = desk
        self.asking = asking
        self.words = words
        self.seconds = seconds
        self.draining = False

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
    """The application over these rooms; no body is read beyond `limit` bytes."""

    @get("/healthz")
    async def healthz() -> Response[bytes]:
        return Response(b'{"status":"ok"}', media_type=JSON)

    @get("/readyz")
    async def readyz() -> Response[bytes]:
        return await rooms.ready()

    @post("/v1/intake")
    async def intake(request: Asked) -> Response[bytes]:
        return await rooms.message(request.headers.get(SOURCE, ""), request)

    @post("/v1/hooks/messages/{source:str}")
    async def messages(request: Asked, source: str) -> Response[bytes]:
        return await rooms.message(source, request)

    @post("/v1/hooks/orders/{source:str}")
    async def orders(request: Asked, source: str) -> Response[bytes]:
        return await rooms.change(source, request)

    @post(f"{TRACKING}/{{source:str}}")
    async def tracking(request: Asked, source: str) -> Response[bytes]:
        return await rooms.scans(source, request)

    app = Litestar(
        route_handlers=[healthz, readyz, intake, messages, orders, tracking],
        exception_handlers={Exception: partial(_failed, rooms.words)},
        request_max_body_size=limit,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return logged(app)


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
        headers=headers_of(problem.status),
    )


def _problem(exc: Exception) -> Problem:
    match exc:
        case Problem():
            return exc
        case HTTPException(status_code=status) if status in CODES:
            return Problem(status, CODES[status])
        case StoreError():
            return Problem(503, "desk_away", fault=exc.code)
        case Refused():
            return Problem(403 if exc.code == "no_right" else 422, exc.code)
    return Problem(500, "fault")


def logged(app: ASGIApp) -> ASGIApp:
    """One line of JSON for each request: what was asked for by its route, never by who or what stands in it."""

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return await app(scope, receive, send)
        began, status = time.monotonic(), 0
        id_ = os.urandom(6).hex()
        scope["csdesk.request"] = id_  # type: ignore[typeddict-unknown-key]

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id_.encode())]
            await send(message)

        try:
            await app(scope, receive, sent)
        finally:
            route = str(scope.get("path_template", "–"))
            ms = round((time.monotonic() - began) * 1000, 1)
            code = str(scope.get("csdesk.code", ""))
            line = {"method": scope.get("method"), "route": route, "status": status, "ms": ms}
            log.info(_line(event="request", request=id_, **line, **({"code": code} if code else {})))

    return around


def _line(**told: object) -> str:
    return msgspec.json.encode(told).decode()
