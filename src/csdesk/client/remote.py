"""`RemoteDesk`: the desk of a server, over HTTP or its Unix socket; the console knows no difference."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import httpx
import msgspec

from csdesk.desk import wire
from csdesk.desk.desk import Ask, Changes, Done, T
from csdesk.desk.link import LinkLost, NotAdmitted, ServerFault
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role

UNIX = "unix:"
JSON = {"Content-Type": "application/json"}
# An agent waits for an answer: 10 s are long, and a look-up over a bad line is still through in them.
CONNECT_S, ANSWER_S = 5.0, 10.0
# What may be sent twice is sent again after these seconds, each up to half longer so that not all come at once.
AGAIN_S = (0.2, 0.6, 1.5)
# Between events a server says every 15 s that it is there.
SILENT_S = 40.0
_CHANGES = msgspec.json.Decoder(Changes)


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
        timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
        limits=httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=60),
        trust_env=unix is None,
    )


class RemoteDesk:
    """A desk behind a server. Made by `open`."""

    def __init__(self, client: httpx.AsyncClient, whoami: Me) -> None:
        self._client = client
        self.whoami = whoami
        self._me = Actor(whoami.id, whoami.role)
        self._last = ""
        # Told when the stream of changes breaks.
        self.on_break: Callable[[], None] | None = None

    @classmethod
    async def open(cls, server: str, token: str = "") -> "RemoteDesk":
        """Ask the server who I am, and stand before its desk. LinkLost, NotAdmitted."""
        client = client_for(server, token)
        try:
            answer = await _sent(client, "GET", "/v1/me", b"", {}, again=True)
            return cls(client, msgspec.json.decode(answer.content, type=Me))
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
        return wire.done(answer.content)

    async def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`; reading, and errands that are `safe`, are sent again when the line fails."""
        again = question.safe or not question.writes
        body = wire.question_body(question)
        answer = await _sent(self._client, "POST", f"/v1/ask/{question.name}", body, {}, again=again)
        return wire.answer(question, answer.content)

    async def watch(self) -> AsyncIterator[Changes]:
        """See `Desk.watch`; goes on behind the last change that came when the line is back."""
        waits: Iterator[float] = iter(())
        while True:
            try:
                async for id_, changes in _events(self._client, self._last):
                    self._last, waits = id_, iter(())
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


def _part(said: str) -> str:
    """A part of a path, whatever somebody typed."""
    from urllib.parse import quote

    return quote(said, safe="")


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
) -> httpx.Response:
    """The answer to a request; Refused, Conflict, NotAdmitted, ServerFault, and LinkLost after the last try."""
    for wait in (*(AGAIN_S if again else ()), None):
        try:
            answer = await client.request(method, path, content=body or None, headers={**JSON, **headers})
        except httpx.TransportError as exc:
            lost = LinkLost(type(exc).__name__)
        else:
            if answer.status_code < 400:
                return answer
            if answer.status_code not in (429, 502, 503, 504):
                raise problem_of(answer)
            lost = LinkLost(f"status {answer.status_code}")
        if wait is None:
            raise lost
        await asyncio.sleep(_jitter(wait))
    raise AssertionError("unreachable")


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
                raise (
                    LinkLost(f"status {answer.status_code}")
                    if answer.status_code >= 429
                    else problem_of(answer)
                )
            changes: Changes | None = None
            async for line in answer.aiter_lines():
                name, _, said = line.partition(": ")
                if name == "id":
                    last = said
                elif name == "data":
                    changes = _CHANGES.decode(said)
                elif not line:  # an event counts once it is whole
                    yield last, changes
                    changes = None
    except httpx.TransportError as exc:
        raise LinkLost(type(exc).__name__) from None
