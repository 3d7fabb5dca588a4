"""Signing in to a server and out again, for commands: all block. LinkLost, NotAdmitted, ServerFault, Refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from csdesk.client.credentials import Credential
from csdesk.client.remote import JSON, client_for, problem_of
from csdesk.desk.core import clock_ms
from csdesk.desk.link import LinkLost, ServerFault
from csdesk.domain.cases.context import Refused
from csdesk.webclient import httpx

# A server says how long it waits for somebody's word; one that said nonsense is not asked for ever.
MOST_ASKED = 1_000
# What a terminal is told while it waits, by which it goes on.
_PENDING, _SLOWER = "authorization_pending", "slow_down"
SLOWER_S = 5
_OVER = frozenset({"access_denied", "expired_token"})


class Waiting(msgspec.Struct, frozen=True):
    """What a terminal shows (`user_code`) and asks with, each `interval` seconds.

    `verification_uri_complete`: where one lets it in oneself; "" where the server knows no provider.
    """

    device_code: str
    user_code: str
    interval: int
    expires_in: int
    verification_uri_complete: str = ""


class _Given(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int
    agent: str
    desk: str


async def _posted(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    try:
        answer = await client.post(path, content=msgspec.json.encode(body), headers=JSON)
    except httpx.TransportError as exc:
        raise LinkLost(type(exc).__name__) from None
    if answer.status_code == 401:
        raise Refused("sign_in_refused")
    if answer.status_code == 429:
        raise Refused("sign_in_limited", seconds=answer.headers.get("retry-after", "60")[:6])
    if answer.status_code >= 400:
        raise problem_of(answer)
    return answer


def _credential(answer: httpx.Response) -> Credential:
    try:
        given = msgspec.json.decode(answer.content, type=_Given)
    except msgspec.DecodeError:
        raise ServerFault(answer.status_code, "") from None
    return Credential(given.access_token, given.agent, clock_ms() + given.expires_in * 1000)


def by_password(server: str, agent: str, password: str, desk: str, label: str) -> Credential:
    """Sign in with a password; Refused `sign_in_refused`, `sign_in_limited`."""

    async def run() -> Credential:
        async with client_for(server) as client:
            body = {"agent": agent, "password": password, "desk": desk, "label": label}
            return _credential(await _posted(client, "/v1/login", body))

    return asyncio.run(run())


def by_device(
    server: str,
    desk: str,
    label: str,
    show: Callable[[Waiting], None],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Credential:
    """Show a code and wait until somebody lets this terminal in; Refused `access_denied`, `expired_token`."""

    async def run() -> Credential:
        async with client_for(server) as client:
            answer = await _posted(client, "/v1/device", {"desk": desk, "label": label})
            try:
                waiting = msgspec.json.decode(answer.content, type=Waiting)
            except msgspec.DecodeError:
                raise ServerFault(answer.status_code, "") from None
            show(waiting)
            return await _let_in(client, waiting, pause)

    return asyncio.run(run())


async def _let_in(
    client: httpx.AsyncClient, waiting: Waiting, pause: Callable[[float], Awaitable[None]]
) -> Credential:
    wait = max(waiting.interval, 1)
    for _ in range(MOST_ASKED):
        await pause(wait)
        try:
            return _credential(
                await _posted(client, "/v1/device/token", {"device_code": waiting.device_code})
            )
        except ServerFault as exc:
            if exc.code in _OVER:
                raise Refused(exc.code) from None
            if exc.code not in (_PENDING, _SLOWER):
                raise
            wait += SLOWER_S if exc.code == _SLOWER else 0
        except LinkLost:  # RFC 8628, 3.5: wait longer, and ask again
            wait = min(wait * 2, 60)
    raise Refused("expired_token")


def sign_out(server: str, token: str) -> None:
    """End a session on its server."""

    async def run() -> None:
        async with client_for(server, token) as client:
            try:
                answer = await client.post("/v1/logout")
            except httpx.TransportError as exc:
                raise LinkLost(type(exc).__name__) from None
            if answer.status_code >= 400:
                raise problem_of(answer)

    asyncio.run(run())
