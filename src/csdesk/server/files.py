"""Evidence over HTTP: a file of a case given out in clear, and one taken in; both flow, neither is held in memory.

`GET /v1/cases/{case}/evidence/{hash}` is on record before its first byte leaves. `PUT /v1/cases/{case}/evidence` takes
the content as it is; what it is, its content says. The same content is kept once per case, so it may be sent again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from io import RawIOBase
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote

import msgspec
from litestar import Request, Response, get, put
from litestar.exceptions import InternalServerException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import hand_out
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.effects.evidence_in import Filed, file_one
from csdesk.server.callers import Caller
from csdesk.server.hall import Hall
from csdesk.server.problems import Problem
from csdesk.store.evidence import Kept

Asked = Request[Any, Any, Any]
# What the file is called at home, percent-encoded.
NAME = "x-csdesk-name"
MOST_NAME = 200
# Longer than any desk may allow (`evidence_limit_mb`), so that the desk's own refusal names its limit.
MOST_BODY = 512 * 1024 * 1024
# By which door it came, as the case tells it.
DOOR = "api"
# Blocks that wait for a slow reader; each is 256 KiB at most.
MOST_BLOCKS = 4


class Incoming(RawIOBase):
    """A body as a file that a thread reads, while the loop waits for what comes; too slow a client ends it."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        super().__init__()
        self._pieces = pieces
        self._loop = loop
        self._seconds = seconds
        self._held = bytearray()
        self._over = False

    def read(self, size: int = -1, /) -> bytes:
        while not self._over and (size < 0 or len(self._held) < size):
            piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            self._over = piece is None
            self._held += piece or b""
        size = len(self._held) if size < 0 else size
        given = bytes(self._held[:size])
        del self._held[:size]
        return given

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await anext(self._pieces, None)
        except TimeoutError:
            raise Problem(408, "too_slow") from None
        except InternalServerException:  # the client went away in the middle: nobody reads this
            raise Problem(400, "bad_request") from None


class Outgoing:
    """Blocks that a thread gives and the loop sends; whoever stops reading stops the thread within `seconds`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.begun: asyncio.Future[tuple[Kept, str]] = loop.create_future()
        self._loop = loop
        self._seconds = seconds
        self._blocks: asyncio.Queue[bytes] = asyncio.Queue(MOST_BLOCKS)

    def begin(self, kept: Kept, name: str) -> Callable[[bytes], object]:
        """Called in the thread, once the file is proven and on record."""
        self._loop.call_soon_threadsafe(self.begun.set_result, (kept, name))
        return self._put

    def _put(self, block: bytes) -> None:
        told: Future[None] = asyncio.run_coroutine_threadsafe(self._wait(block), self._loop)
        told.result()

    async def _wait(self, block: bytes) -> None:
        async with asyncio.timeout(self._seconds):
            await self._blocks.put(block)

    async def blocks(self, work: "asyncio.Task[None]", size: int) -> AsyncIterator[bytes]:
        """All `size` bytes; what went wrong in the thread is raised here, so that the answer breaks off."""
        sent = 0
        while sent < size:
            getting = asyncio.ensure_future(self._blocks.get())
            await asyncio.wait({getting, work}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and self._blocks.empty():
                getting.cancel()
                await work
                return
            block = await getting
            sent += len(block)
            yield block
        await work


class Files:
    """The routes of evidence; `seconds` for each piece of a slow line. How long a file may be is the desk's policy."""

    def __init__(self, hall: Hall, caller: Callable[[Asked], Caller], seconds: float) -> None:
        self._hall = hall
        self._caller = caller
        self._seconds = seconds

    async def give(self, request: Asked, case: str, sha256: str) -> Stream:
        """A file in clear, for whoever has the case; its hash is its ETag."""
        going = Outgoing(asyncio.get_running_loop(), self._seconds)
        caller = self._caller(request)

        def out(core: Core) -> None:
            hand_out(core, case, sha256, going.begin)

        work = asyncio.create_task(self._hall.apart(caller, out))
        either: set[asyncio.Future[Any]] = {work, going.begun}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not going.begun.done():
            await work
        kept, name = await going.begun
        headers = {
            "ETag": f'"{kept.sha256}"',
            "Content-Length": str(kept.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Csdesk-Media": kept.media,
        }
        return Stream(going.blocks(work, kept.size), media_type="application/octet-stream", headers=headers)

    async def take(self, request: Asked, case: str) -> Response[bytes]:
        """Keep a body as evidence of a case: 201, or 200 when the case had it already."""
        caller = self._caller(request)
        name = clean_line(unquote(request.headers.get(NAME, "")), limit=MOST_NAME).text.strip()
        coming = Incoming(request.stream(), asyncio.get_running_loop(), self._seconds)

        def take(core: Core) -> Filed:
            core.need(Right.WORK)
            if not name:
                raise Problem(400, "no_file_name")
            return file_one(core, case, cast(BinaryIO, coming), name, DOOR, core.policy.file_most)

        filed = await self._hall.apart(caller, take)
        return Response(
            msgspec.json.encode(filed), status_code=200 if filed.again else 201, media_type="application/json"
        )


def routes(files: Files) -> list[HTTPRouteHandler]:
    """The handlers of evidence."""

    @get("/v1/cases/{case:str}/evidence/{sha256:str}")
    async def give(request: Asked) -> Stream:
        return await files.give(request, request.path_params["case"], request.path_params["sha256"])

    @put("/v1/cases/{case:str}/evidence", request_max_body_size=MOST_BODY)
    async def take(request: Asked) -> Response[bytes]:
        return await files.take(request, request.path_params["case"])

    return [give, take]
