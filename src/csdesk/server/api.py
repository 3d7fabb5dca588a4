"""The API: every verb and every question of the registry as a route, for whoever shows who they are.

`POST /v1/cases` opens a case, `POST /v1/cases/{case}/verbs/{verb}` carries out a verb, `POST /v1/ask/{question}` asks;
bodies are the fields of the registry's classes (`desk.wire`). Questions have no GET form: what is asked for can be
somebody's name, and an address is written into logs.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from csdesk.desk import wire
from csdesk.desk.asking import questions
from csdesk.desk.core import Core
from csdesk.desk.desk import Done
from csdesk.desk.event_queries import EventsAfter
from csdesk.desk.queries import QueuePage, ShowCase
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import QUEUES
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.server import cursors
from csdesk.server.callers import Caller, caller_of
from csdesk.server.hall import Hall
from csdesk.server.live import Watch
from csdesk.server.metrics import MEDIA, Metrics
from csdesk.server.problems import Problem
from csdesk.store import feed, outbox

Asked = Request[Any, Any, Any]
JSON = "application/json"
KEY = "idempotency-key"
# What a client makes up so that a verb sent twice is done once.
_KEY = re.compile(r"[A-Za-z0-9._:/-]{1,80}", re.ASCII)
_VERSION = re.compile(r'"(\d{1,9})"', re.ASCII)
MOST_CHANGES = 500
# No number and no id of a case is longer; what is, is not told back either.
MOST_NAME = 64
# What a refusal is in HTTP; all others are 422.
STATUS = {
    "no_right": 403, "scoped_token": 403, "oidc_unknown": 403, "no_such_case": 404, "bad_number": 404,
    "bad_cursor": 400, "events_gone": 410,
    "sign_in_refused": 401, "sign_in_limited": 429, "devices_many": 429,
    "authorization_pending": 400, "slow_down": 400, "access_denied": 400, "expired_token": 400,
}  # fmt: skip


class Me(msgspec.Struct, frozen=True):
    """Who asks, and where: role and rights as they are now."""

    id: str
    role: str
    rights: tuple[str, ...]
    desk: str
    name: str
    zone: str
    practice: bool
    # Whether there is an order system that can be asked here.
    asks_orders: bool = False
    # The desk's clock as it answers, UTC ms: deadlines are told by it, whatever the clock of who asks says.
    now: int = 0


class Page(msgspec.Struct, frozen=True):
    """Cases of a queue, nearest deadline first; `after`: the cursor of the next page, "" when there is none."""

    cases: list[feed.Row]
    after: str


class Since(msgspec.Struct, frozen=True):
    """Changes, oldest first, up to `last`; `missed`: earlier ones are forgotten, so look at everything."""

    changes: list[feed.Change]
    last: int
    missed: bool


class Api:
    """The routes over the desks of a server; `take` reads a body."""

    def __init__(self, hall: Hall, take: Callable[[Asked], Any], *, asks_orders: bool = False) -> None:
        self.hall = hall
        self._asks_orders = asks_orders
        self._take = take
        self._watches: dict[str, Watch] = {}
        self._ending = False

    def caller(self, request: Asked) -> Caller:
        """Who asks; Problem 401."""
        return caller_of(request.scope, dict(request.headers), self.hall.first)

    async def run(self, request: Asked, call: Callable[[Core], Any], *, writes: bool) -> Any:
        """What `call` makes of the desk for whoever asks."""
        caller = self.caller(request)
        room = await self.hall.room(caller.desk)
        return await room.run(caller, call, writes=writes)

    async def verb(self, request: Asked, verb: str, case: str = "") -> Response[bytes]:
        """Carry out a verb; 412 when somebody was faster, 422 when the case or the rules say no."""
        caller = self.caller(request)
        if len(case) > MOST_NAME:
            raise Problem(404, "not_found")
        if verb not in VERBS or (verb == "open") is bool(case):
            raise Problem(404, "unknown_verb")
        key = request.headers.get(KEY, "")
        if not _KEY.fullmatch(key):
            raise Problem(400, "no_key")
        version = _version(request.headers.get("if-match", ""))
        body = await self._take(request)
        room = await self.hall.room(caller.desk)

        def act(core: Core) -> Done:
            core.need(VERBS[verb].verb.right)  # before anything that was sent is looked at
            return core.do(wire.command(verb, body), case, version=version, key=key)

        done: Done = await room.run(caller, act, writes=True)
        headers = {"ETag": f'"{done.case.version}"'}
        if verb == "open":
            headers["Location"] = f"/v1/cases/{done.number}"
        return Response(
            wire.encode(done), status_code=201 if verb == "open" else 200, media_type=JSON, headers=headers
        )

    async def ask(self, request: Asked, name: str) -> Response[bytes]:
        """Answer a question."""
        caller = self.caller(request)
        found = questions().get(name)
        if found is None or found.local:
            raise Problem(404, "unknown_question")
        sent = await self._take(request)
        room = await self.hall.room(caller.desk)

        def answered(core: Core) -> tuple[bytes, str]:
            core.need(found.right)
            body = wire.encode(core.ask(wire.question(name, sent)))
            return body, "" if found.writes else tag_of(body)

        body, tag = await room.run(caller, answered, writes=found.writes, aside=found.aside)
        headers = {"ETag": tag} if tag else {}
        if tag and request.headers.get("if-none-match") == tag:
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=JSON, headers=headers)

    async def case(self, request: Asked, case: str) -> Response[bytes]:
        """One case with its ETag; 304 for who has this version already."""
        if len(case) > MOST_NAME:
            self.caller(request)
            raise Problem(404, "not_found")
        view = await self.run(request, lambda core: core.ask(ShowCase(case)), writes=False)
        tag = f'"{view.case.version}"'
        if request.headers.get("if-none-match") == tag:
            return Response(b"", status_code=304, headers={"ETag": tag})
        return Response(wire.encode(view), media_type=JSON, headers={"ETag": tag})

    async def me(self, request: Asked) -> Response[bytes]:
        """Who asks, and where."""

        def told(core: Core) -> Me:
            mine = [right.value for right in Right if core.me.may(right)]
            desk = core.store.desk
            asks = self._asks_orders and desk.id == self.hall.first
            return Me(
                core.me.id, core.me.role, tuple(mine), desk.id, desk.name, desk.zone, desk.practice, asks,
                core.now(),
            )  # fmt: skip

        return Response(wire.encode(await self.run(request, told, writes=False)), media_type=JSON)

    async def changes(self, request: Asked, after: int, limit: int) -> Response[bytes]:
        """What changed since a place in the desk's sequence."""

        def told(core: Core) -> Since:
            core.need(ShowCase.right)
            found = feed.changes(core.store.conn, core.desk, after, limit)
            last = found[-1].seq if found else after
            missed = bool(found) and found[0].seq != after + 1
            return Since(found, last, missed)

        return Response(wire.encode(await self.run(request, told, writes=False)), media_type=JSON)

    async def events(self, request: Asked, after: str, limit: int) -> Response[bytes]:
        """What happened, in order, for other systems; 410 for who comes too late."""
        asked = EventsAfter(after, limit)
        page = await self.run(request, lambda core: wire.encode(core.ask(asked)), writes=False)
        return Response(page, media_type=JSON, headers={"Cache-Control": "no-store"})

    async def queue(self, request: Asked, queue: str, limit: int) -> Response[bytes]:
        """A page of a queue; a filter is no queue here, for what one filters by may be somebody's name."""
        cursor = request.query_params.get("after", "")

        def told(core: Core) -> Page:
            core.need(QueuePage.right)
            if queue.startswith(feed.FILTER):
                raise Refused("unknown_queue", queue="", allowed=QUEUES)
            place = cursors.read(core, queue, cursor) if cursor else None
            found = core.ask(QueuePage(queue, limit, place))
            more = len(found) == limit
            return Page(
                found, cursors.written(core, queue, feed.Place(found[-1].due, found[-1].id)) if more else ""
            )

        return Response(wire.encode(await self.run(request, told, writes=False)), media_type=JSON)

    async def described(self, request: Asked) -> Response[bytes]:
        """What this API is, as OpenAPI; made when somebody first asks, apart from all else: it takes half a second."""
        from csdesk.server import openapi

        body, tag = await asyncio.to_thread(openapi.body)
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=JSON, headers=headers)

    async def watch(self, request: Asked) -> Stream:
        """Changes as they happen; resumes behind the `Last-Event-ID` that is sent."""
        caller = self.caller(request)
        room = await self.hall.room(caller.desk)
        await room.run(caller, lambda core: core.need(ShowCase.right), writes=False)
        if self._ending:
            raise Problem(503, "draining")
        watch = self._watches.setdefault(caller.desk, Watch(room))
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None

        async def events() -> AsyncIterator[bytes]:
            async for event in watch.events(caller, after):
                yield event

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Stream(events(), media_type="text/event-stream", headers=headers)

    def watchers(self) -> int:
        """How many event streams are open."""
        return sum(watch.watchers() for watch in self._watches.values())

    async def numbers(self, request: Asked, metrics: Metrics) -> Response[bytes]:
        """What the server counts, for whoever may audit its first desk; elsewhere there is nothing."""
        caller = self.caller(request)

        def told(core: Core) -> bytes:
            core.need(Right.AUDIT)
            if core.desk != self.hall.first:
                raise Problem(404, "not_found")
            return metrics.text(self.hall, outbox.standing(core.store.conn, core.desk, core.now()))

        room = await self.hall.room(caller.desk)
        headers = {"Cache-Control": "no-store"}
        return Response(await room.run(caller, told, writes=False), media_type=MEDIA, headers=headers)

    def end_streams(self) -> None:
        """End every event stream, since the server is to end."""
        self._ending = True
        for watch in self._watches.values():
            watch.end()

    async def close(self) -> None:
        """End every watch."""
        for watch in self._watches.values():
            await watch.close()


def tag_of(body: bytes) -> str:
    """The ETag of an answer: who has the same need not be sent it again. 10 µs for a page of 50."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _version(said: str) -> int | None:
    if not said:
        return None
    found = _VERSION.fullmatch(said)
    if found is None:
        raise Problem(400, "bad_version")
    return int(found[1])


def routes(api: Api) -> list[HTTPRouteHandler]:
    """The handlers of the API."""

    @post("/v1/cases")
    async def open_case(request: Asked) -> Response[bytes]:
        return await api.verb(request, "open")

    @post("/v1/cases/{case:str}/verbs/{verb:str}", status_code=200)
    async def do(request: Asked) -> Response[bytes]:
        return await api.verb(request, request.path_params["verb"], request.path_params["case"])

    @get("/v1/cases/{case:str}")
    async def show(request: Asked) -> Response[bytes]:
        return await api.case(request, request.path_params["case"])

    @post("/v1/ask/{name:str}", status_code=200)
    async def ask(request: Asked) -> Response[bytes]:
        return await api.ask(request, request.path_params["name"])

    @get("/v1/me")
    async def me(request: Asked) -> Response[bytes]:
        return await api.me(request)

    @get("/v1/queues/{queue:str}/cases")
    async def queue(request: Asked) -> Response[bytes]:
        _only(request, "limit", "after")
        limit = _number(request, "limit", 50, wire.MOST_LIMIT, least=1)
        return await api.queue(request, request.path_params["queue"], limit)

    @get("/v1/openapi.json")
    async def described(request: Asked) -> Response[bytes]:
        return await api.described(request)

    @get("/v1/changes")
    async def changes(request: Asked) -> Response[bytes]:
        _only(request, "limit", "after")
        after = _number(request, "after", 0, 10**18)
        return await api.changes(request, after, _number(request, "limit", 100, MOST_CHANGES, least=1))

    @get("/v1/events")
    async def events(request: Asked) -> Response[bytes]:
        _only(request, "limit", "after")
        after = request.query_params.get("after", "")[:200]
        return await api.events(request, after, _number(request, "limit", 100, MOST_CHANGES, least=1))

    @get("/v1/watch")
    async def watch(request: Asked) -> Stream:
        return await api.watch(request)

    return [open_case, do, show, ask, me, queue, described, changes, events, watch]


def _only(request: Asked, *names: str) -> None:
    """Problem `bad_parameter` for one that nobody knows, or that is there twice."""
    for name, _ in request.query_params.multi_items():
        if name not in names or len(request.query_params.getall(name)) > 1:
            raise Problem(400, "bad_parameter", parameter=clean_line(name, limit=40).text)


def _number(request: Asked, name: str, default: int, most: int, *, least: int = 0) -> int:
    said = request.query_params.get(name, str(default))
    if not said.isascii() or not said.isdigit() or len(said) > 19 or not least <= int(said) <= most:
        raise Problem(400, "bad_parameter", parameter=name)
    return int(said)


def refusal(exc: Refused) -> Problem:
    """A refusal as HTTP says it, with everything that words and other desks need."""
    status = STATUS.get(exc.code, 422)
    return Problem(status, exc.code, detail=exc.detail)
