"""`RemoteDesk`: the desk of a server, over HTTP or its Unix socket; the console knows no difference."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from csdesk.desk import wire
from csdesk.desk.desk import Ask, Changes, Done, T
from csdesk.desk.link import LinkLost, NotAdmitted, ServerFault
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.roles import Role
from csdesk.webclient import httpx

R = TypeVar("R")
UNIX = "unix:"
JSON = {"Content-Type": "application/json"}
# An agent waits for an answer: 10 s are long, and a look-up over a bad line is still through in them.
CONNECT_S, ANSWER_S = 5.0, 10.0
# What a server answers aside, such as a report, may take it a minute. It is not asked for twice: the first would go on.
ASIDE_S = 75.0
# One is the stream of changes; a case that is opened asks for a handful of things, each a round trip of its own.
MOST = 6
# What may be sent twice is sent again after these seconds, each up to half longer so that not all come at once.
AGAIN_S = (0.2, 0.6, 1.5)
# Clocks that are nearer to each other than an answer takes over a bad line are one.
SKEW_MS = 5_000
# Between events a server says every 15 s that it is there.
SILENT_S = 40.0
_CHANGES = msgspec.json.Decoder(Changes)
JSON_MEDIA = ("application/json", "application/problem+json")
MOST_TAG = 80
# How a LinkLost is coded of an answer that no desk gave: a portal's page, a proxy's, half of one.
GARBLED = "garbled"
# How a ServerFault is coded of an answer in a shape that this version does not know.
UNKNOWN_SHAPE = "answer_unreadable"


def clock_ms() -> int:
    """Now, in UTC ms."""
    return time.time_ns() // 1_000_000


class Told(msgspec.Struct, frozen=True):
    """An answer as it came, and its tag ("" when the server gave none); `body` None: it is still what the tag says."""

    body: bytes | None
    tag: str


class Me(msgspec.Struct, frozen=True):
    """Who the server says I am, and where."""

    id: str
    role: Role
    rights: tuple[str, ...]
    desk: str
    name: str
    zone: str
    practice: bool
    # Whether there is an order system that can be asked there.
    asks_orders: bool = False
    # What the desk's clock said, UTC ms.
    now: int = 0


def client_for(server: str, token: str = "") -> httpx.AsyncClient:
    """A client of `https://host` or `unix:/path`; `token` may be empty on a Unix socket, which knows its peer."""
    unix = server.removeprefix(UNIX) if server.startswith(UNIX) else None
    headers = {"X-Csdesk-Session": os.urandom(6).hex(), "Accept-Encoding": "gzip"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(
        base_url="http://desk" if unix else server,
        # Where no TLS is spoken, loading the certificates of this machine would take 30 ms.
        verify=server.startswith("https://"),
        transport=httpx.AsyncHTTPTransport(uds=unix, verify=False) if unix else None,
        headers=headers,
        # To wait for a free connection is no fault of the line.
        timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S, pool=None),
        limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=MOST, keepalive_expiry=60),
        trust_env=unix is None,
    )


class RemoteDesk:
    """A desk behind a server. Made by `open`."""

    def __init__(self, client: httpx.AsyncClient, whoami: Me, ahead: int = 0) -> None:
        self._client = client
        self.whoami = whoami
        # By how many ms the desk's clock is ahead of this machine's: deadlines are the desk's.
        self.ahead = ahead
        self._me = Actor(whoami.id, whoami.role)
        self._last = ""
        # Told when the stream of changes breaks.
        self.on_break: Callable[[], None] | None = None
        # Told when a stream stands that begins with now: what came before it is not in it.
        self.on_fresh: Callable[[], None] | None = None

    @classmethod
    async def open(cls, server: str, token: str = "") -> "RemoteDesk":
        """Ask the server who I am, and stand before its desk. LinkLost, NotAdmitted."""
        client = client_for(server, token)
        try:
            answer = await _sent(client, "GET", "/v1/me", b"", {}, again=True)
            whoami = me_of(answer)
            return cls(client, whoami, _ahead(whoami.now))
        except BaseException:
            await client.aclose()
            raise

    @property
    def me(self) -> Actor:
        """Who works here."""
        return self._me

    async def do(
        self, command: Command, case: str = "", *, version: int | None = None, key: str = ""
    ) -> Done:
        """See `Desk.do`; sent again under its key until an answer says what became of it, or LinkLost."""
        name = command.verb.name
        path = "/v1/cases" if name == "open" else f"/v1/cases/{_part(case) or '-'}/verbs/{name}"
        headers = {"Idempotency-Key": key or os.urandom(16).hex()}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = await _sent(self._client, "POST", path, wire.command_body(command), headers, again=True)
        return read(wire.done, answer.content)

    async def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`; reading, and errands that are `safe`, are sent again when the line fails."""
        told = await self.told(question)
        return read(lambda body: wire.answer(question, body), told.body or b"")

    async def told(self, question: Ask[Any], tag: str = "") -> Told:
        """The same as it came; `tag`: of the answer that one has already, which then need not come again."""
        again = question.safe or not question.writes
        headers = {"If-None-Match": tag} if tag else {}
        path, body = f"/v1/ask/{question.name}", wire.question_body(question)
        answer = await _sent(self._client, "POST", path, body, headers, again=again, aside=question.aside)
        return Told(
            None if answer.status_code == 304 else answer.content, answer.headers.get("etag", "")[:MOST_TAG]
        )

    async def watch(self) -> AsyncIterator[Changes]:
        """See `Desk.watch`; goes on behind the last change that came when the line is back."""
        waits: Iterator[float] = iter(())
        while True:
            fresh = not self._last
            try:
                async for id_, changes in _events(self._client, self._last):
                    self._last, waits = id_, iter(())
                    if fresh and self.on_fresh is not None:
                        self.on_fresh()
                    fresh = False
                    if changes is not None:
                        yield changes
            except LinkLost:
                if self.on_break is not None:
                    self.on_break()
            wait = next(waits, None)
            if wait is None:
                waits = iter(AGAIN_S)
                wait = next(waits)
            await asyncio.sleep(_jitter(wait))

    async def renew(self, client: httpx.AsyncClient) -> None:
        """Go on over other connections as the same session; nothing may be under way on the old ones."""
        client.headers["X-Csdesk-Session"] = self._client.headers["X-Csdesk-Session"]
        old, self._client = self._client, client
        await old.aclose()

    async def close(self) -> None:
        """See `Desk.close`."""
        await self._client.aclose()


def read(how: Callable[[bytes], R], body: bytes) -> R:
    """What an answer says; LinkLost for what is none, ServerFault for one in a shape that is not known here."""
    try:
        return how(body)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError, RecursionError) as error:
        if type(error) is msgspec.DecodeError or isinstance(error, UnicodeDecodeError):
            raise LinkLost(GARBLED) from None
        raise ServerFault(200, UNKNOWN_SHAPE) from None


def me_of(answer: httpx.Response) -> Me:
    """Who a server says I am. LinkLost, ServerFault as `read`."""
    return read(lambda body: msgspec.json.decode(body, type=Me), answer.content)


async def answers(client: httpx.AsyncClient, within_s: float) -> bool:
    """Whether a desk answers there, and not somebody in its place. NotAdmitted."""
    try:
        answer = await client.get("/v1/me", timeout=within_s)
        if no_answer(answer):
            return False
        if answer.status_code >= 400:
            raise problem_of(answer)
        me_of(answer)
    except (httpx.RequestError, LinkLost, ServerFault, Refused):
        return False
    return True


def _part(said: str) -> str:
    """A part of a path, whatever somebody typed."""
    from urllib.parse import quote

    return quote(said, safe="")


def _ahead(there: int) -> int:
    """How far a clock that said `there` a moment ago is ahead; 0 for what the line may have taken, or when it is 0."""
    apart = there - clock_ms() if there else 0
    return apart if abs(apart) >= SKEW_MS else 0


def _jitter(seconds: float) -> float:
    return seconds * random.uniform(1, 1.5)


async def _sent(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    again: bool,
    aside: bool = False,
) -> httpx.Response:
    """The answer to a request; Refused, Conflict, NotAdmitted, ServerFault, and LinkLost after the last try."""
    patience = httpx.Timeout(ASIDE_S, connect=CONNECT_S, pool=None) if aside else httpx.USE_CLIENT_DEFAULT
    said = {**JSON, **headers}
    for wait in (*(AGAIN_S if again else ()), None):
        try:
            answer = await client.request(method, path, content=body or None, headers=said, timeout=patience)
        except httpx.RequestError as exc:  # the line's, and answers that end too early or do not unpack
            if aside and isinstance(exc, httpx.ReadTimeout):
                raise LinkLost(type(exc).__name__) from None
            lost = LinkLost(type(exc).__name__)
        else:
            if wrong := no_answer(answer):
                lost = LinkLost(wrong)
            elif answer.status_code < 400:
                return answer
            else:
                raise problem_of(answer)
        if wait is None:
            raise lost
        await asyncio.sleep(_jitter(wait))
    raise AssertionError("unreachable")


def no_answer(answer: httpx.Response) -> str:
    """How a LinkLost of it is coded, if this did not come from a desk that could answer; "" for all that did.

    No desk sends a client elsewhere, and none answers with a page: that was a portal, or a proxy.
    """
    status = answer.status_code
    if status == 304:
        return ""
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if status in (429, 502, 503, 504) or 300 <= status < 400 or (status >= 400 and media not in JSON_MEDIA):
        return f"status {status}"
    return "" if media in JSON_MEDIA else GARBLED


def problem_of(answer: httpx.Response) -> Exception:
    """What an answer says went wrong, as the local desk would have raised it."""
    try:
        told: dict[str, Any] = msgspec.json.decode(answer.content)
        code = str(told["code"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return ServerFault(answer.status_code, "")
    if answer.status_code == 401:
        return NotAdmitted()
    if code == "conflict":
        return wire.conflict(told["case"], told["came"])
    if "detail" in told:
        return wire.refused(code, told["detail"])
    return ServerFault(answer.status_code, code)


async def _events(client: httpx.AsyncClient, last: str) -> AsyncIterator[tuple[str, Changes | None]]:
    """The id and the changes of each event; LinkLost when the line breaks or is silent too long."""
    headers = {"Last-Event-ID": last} if last else {}
    timeout = httpx.Timeout(SILENT_S, connect=CONNECT_S)
    try:
        async with client.stream("GET", "/v1/watch", headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                await answer.aread()
                # Only whoever may not watch is told so for good.
                closed = answer.status_code in (401, 403)
                raise problem_of(answer) if closed else LinkLost(f"status {answer.status_code}")
            changes: Changes | None = None
            async for line in answer.aiter_lines():
                name, _, said = line.partition(": ")
                if name == "id":
                    last = said
                elif name == "data":
                    changes = read(_CHANGES.decode, said.encode())
                elif not line:  # an event counts once it is whole
                    yield last, changes
                    changes = None
    except httpx.RequestError as exc:
        raise LinkLost(type(exc).__name__) from None
